"""SKUs of the shop: what each sells, how many of it TikTok may sell and why, and its price."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from django.http import HttpResponse

from .... import accounts, catalog
from ....catalog import Change, Explanation, PriceExplanation
from ....catalog.listing import LinkLine, counted, links
from ....catalog.numbers import Terms, Why
from ....errors import InvalidInput
from ....models import Connection, LinkMethod, Vendor
from ....saleor_api import get_saleor
from .. import terms
from ..parts import (
    Attention,
    Badge,
    Code,
    Column,
    Fact,
    Filter,
    Form,
    Input,
    Lines,
    Link,
    Money,
    Table,
    table,
)
from ..visits import Visit

_LINKED: Final = "linked"
_WRONG: Final = "wrong"
_TABS: Final[Mapping[str, tuple[str, dict[str, Any]]]] = {
    "": ("All", {}),
    _LINKED: ("Linked", {"linked": True}),
    "missing": ("Not linked", {"method": LinkMethod.MISSING.value}),
    "unlinked": ("Unlinked by hand", {"method": LinkMethod.UNLINKED.value}),
    _WRONG: ("Problems", {"problem": True}),
}
_SHOWN: Final = 100
"""So many changes of a dry run are shown."""


def show_list(
    visit: Visit, changes: Sequence[Change] | None = None, what: str = ""
) -> HttpResponse:
    """SKUs by ``?list=`` and ``?search=``. ``changes``: what TikTok would be told."""
    shop = visit.connection_or_none(Vendor.TIKTOK)
    if shop is None:
        return visit.show("stock.html", shop=None)
    tab = visit.query("list") if visit.query("list") in _TABS else ""
    search = visit.query("search")
    page = links(shop, **_TABS[tab][1], search=search, after=visit.query("after"))
    numbers = counted(shop)
    policy = accounts.policy(shop)
    return visit.show(
        "stock.html",
        shop=shop,
        name=_TABS[tab][0] if tab else "All SKUs",
        tabs=[
            (Link(_label(name, numbers), visit.url(query={"list": name})), name == tab)
            for name in _TABS
        ],
        off=not policy.stock_push,
        plans=_plan_forms(price=policy.price_push),
        changes=None if changes is None else _changes(changes, what),
        filter=_filter(tab, search),
        table=_table(visit, page.items, price=policy.price_push),
        pager=visit.pager(page.next, list=tab, search=search),
    )


def show(visit: Visit) -> HttpResponse:
    """Why one SKU has its number and its price."""
    shop = visit.connection(Vendor.TIKTOK)
    found = catalog.explain(shop, visit.arguments["id"])
    return visit.show(
        "sku.html",
        found.title or f"SKU {found.seller_sku or found.sku_id}",
        found=found,
        badges=(terms.badge(terms.PUSHED, found.state),),
        facts=list(_facts(found)),
        sums=_sum(found.terms) if found.terms else None,
        told=list(_told(found)),
        waiting=_waiting(visit, found),
        price=_price(found.price) if found.price else None,
        problem=_problem(found),
        link=_link_form(visit, found),
        unlink=_unlink_form() if found.variant_id else None,
    )


def link(visit: Visit) -> HttpResponse:
    """Let the SKU sell a variant, named by its id or its SKU."""
    shop = visit.connection(Vendor.TIKTOK)
    sku_id = catalog.explain(shop, visit.arguments["id"]).sku_id
    row = catalog.link(shop, sku_id, _variant(visit, shop), visit.actor)
    said = (
        f"It sells {row.variant_sku or row.variant_id} now. Orders that waited import themselves."
    )
    return visit.go(visit.url("sku", id=sku_id), said)


def unlink(visit: Visit) -> HttpResponse:
    """Cut the link for good."""
    shop = visit.connection(Vendor.TIKTOK)
    sku_id = catalog.explain(shop, visit.arguments["id"]).sku_id
    catalog.unlink(shop, sku_id, visit.actor)
    return visit.go(visit.url("sku", id=sku_id), "The link is cut.")


def plan_stock(visit: Visit) -> HttpResponse:
    """Say what TikTok would be told; nothing is sent."""
    changes = catalog.push_stock(visit.connection(Vendor.TIKTOK), dry_run=True)
    return show_list(visit, changes, "stock")


def push_stock(visit: Visit) -> HttpResponse:
    """Tell TikTok the numbers that differ."""
    changes = catalog.push_stock(visit.connection(Vendor.TIKTOK), actor=visit.actor)
    return visit.go(visit.url(), _said(len(changes), "number", "numbers"))


def plan_prices(visit: Visit) -> HttpResponse:
    """Say what TikTok would be told; nothing is sent."""
    changes = catalog.push_prices(visit.connection(Vendor.TIKTOK), dry_run=True)
    return show_list(visit, changes, "prices")


def push_prices(visit: Visit) -> HttpResponse:
    """Tell TikTok the prices that changed."""
    changes = catalog.push_prices(visit.connection(Vendor.TIKTOK), actor=visit.actor)
    return visit.go(visit.url(), _said(len(changes), "price", "prices"))


def _said(count: int, one: str, many: str) -> str:
    if not count:
        return f"TikTok has all {many} already."
    return f"TikTok is told {count:,} {one if count == 1 else many} now."


def _variant(visit: Visit, shop: Connection) -> str:
    """The variant's id. Raises ``InvalidInput``."""
    entered = visit.entered("variant")
    if not entered:
        raise InvalidInput("VARIANT_NOT_FOUND", "Enter the variant's SKU or id.", field="variant")
    found = get_saleor().find_variants(shop.channel_slug, skus=[entered])
    return found[0].id if found else entered


def _label(name: str, numbers: Mapping[str, int]) -> str:
    label = _TABS[name][0]
    return f"{label} ({numbers[name]:,})" if name in numbers else label


def _table(visit: Visit, lines: Sequence[LinkLine], *, price: bool) -> Table:
    rows = [
        (
            Lines(
                (
                    Link(_title(one), visit.url("sku", id=one.sku_id)),
                    Code(one.seller_sku),
                    Code(one.sku_id),
                )
            ),
            Lines((_badges(one), one.variant_sku or one.note, one.problem_cause, one.problem_cure)),
            Lines((one.wanted, f"{one.short:,} more sold than there are" if one.short else "")),
            one.pushed,
            *((Money(one.price_pushed, one.currency) if one.currency else None,) if price else ()),
        )
        for one in lines
    ]  # fmt: skip
    columns: tuple[str | Column, ...] = (
        "SKU",
        "In Saleor",
        Column("Should be", number=True),
        Column("TikTok has", number=True),
        *((Column("Price told", number=True),) if price else ()),
    )
    return table("SKUs of the shop", columns, rows, empty="No SKU is like this.")


def _title(one: LinkLine) -> str:
    return one.title or one.seller_sku or one.sku_id


def _badges(one: LinkLine) -> tuple[Badge, ...]:
    wrong = (Badge("Refused by TikTok", "bad"),) if one.problem_code else ()
    return (terms.badge(terms.LINK, one.method), *wrong)


def _filter(tab: str, search: str) -> Filter:
    entry = Input(
        "search",
        "SKU, barcode, id or title",
        value=search,
        id="filter-search",
    )
    return Filter((entry,), hidden={"list": tab} if tab else {}, submit="Search")


def _plan_forms(*, price: bool) -> tuple[Form, ...]:
    stock = Form("plan_stock", "Compare stock", tone="plain")
    return (stock, Form("plan_prices", "Compare prices", tone="plain")) if price else (stock,)


def _changes(changes: Sequence[Change], what: str) -> dict[str, Any]:
    rows = [
        (
            Lines((Code(one.seller_sku or one.sku_id), one.why)),
            _value(one.before, one.currency),
            _value(one.after, one.currency),
        )
        for one in changes[:_SHOWN]
    ]
    columns = ("SKU", Column("TikTok has", number=True), Column("Should be", number=True))
    can = [one for one in changes if one.after is not None]
    send = Form(f"push_{what}", f"Tell TikTok {len(can):,} now")
    return {
        "count": len(changes),
        "more": max(0, len(changes) - _SHOWN),
        "table": table("What TikTok would be told", columns, rows),
        "form": send if can else None,
    }


def _value(value: Any, currency: str) -> Any:
    return Money(value, currency) if currency and value is not None else value


def _facts(found: Explanation) -> Iterator[Fact]:
    yield Fact("SKU at TikTok", Lines((Code(found.seller_sku), Code(found.sku_id))))
    variant = Lines((Code(found.variant_sku), Code(found.variant_id)))
    yield Fact("Variant in Saleor", variant if found.variant_id else "None")
    yield Fact("Should be", found.wanted)
    yield Fact("Told TikTok last", found.pushed)
    if found.seen is not None:
        yield Fact("TikTok said it had", Lines((found.seen, found.seen_at)))
    if found.others:
        yield Fact("Also sold as", Lines(tuple(Code(one) for one in found.others)))


def _sum(made: Terms) -> Table:
    """The terms of a number, below each other as one would add them up."""
    rows: list[tuple[Any, Any]] = []
    if made.why is Why.COUNTED:
        for name, place in made.warehouses.items():
            rows.append((Lines((f"In warehouse {name}",)), place.quantity))
            rows += _less(
                ("allocated to orders", place.allocated), ("held by checkouts", place.reserved)
            )
        rows += _less(
            ("sold, and not in Saleor yet", made.waiting),
            ("in orders without stock set aside", made.owed),
        )
        if made.percent != 100:
            rows.append((f"Of that, {made.percent} %, rounded down", None))
        rows += _less(("kept back as a buffer", made.buffer))
        if made.shared_by > 1:
            rows.append((f"Shared by {made.shared_by} SKUs", None))
        if made.most is not None:
            rows.append(("At most", made.most))
    rows.append(("TikTok may sell", made.number))
    columns = ("Term", Column("Pieces", number=True))
    return table("How the number comes about", columns, rows)


def _less(*parts: tuple[str, int]) -> list[tuple[str, int]]:
    return [(f"Less {label}", -count) for label, count in parts if count]


def _told(found: Explanation) -> Iterator[Fact]:
    told = found.told
    if told.at is None and not told.answer:
        return
    yield Fact("Told", told.at)
    yield Fact("Number", found.pushed)
    if told.job_id is not None:
        yield Fact("By", f"Job {told.job_id}")
    yield Fact("TikTok answered", told.answer or None)
    if told.retry_at is not None:
        yield Fact("Tried again", told.retry_at)


def _waiting(visit: Visit, found: Explanation) -> list[Fact]:
    def orders(ids: Sequence[str]) -> tuple[Any, ...]:
        opens = visit.may_open("orders/x/")
        return tuple(Link(one, visit.url("order", id=one)) if opens else Code(one) for one in ids)

    parts = (
        ("Orders not in Saleor yet", found.waiting_orders),
        ("Orders without stock set aside", found.owed_orders),
    )
    return [Fact(label, Lines(orders(ids))) for label, ids in parts if ids]


def _price(found: PriceExplanation) -> dict[str, Any]:
    facts = [
        Fact("Should be", Money(found.wanted, found.currency)),
        Fact("Told TikTok last", Money(found.pushed, found.currency)),
        Fact("Told", found.told.at),
        Fact("TikTok answered", found.told.answer or None),
    ]
    return {
        "badge": terms.badge(terms.PUSHED, found.state),
        "words": found.words,
        "why": found.why,
        "facts": facts,
    }


def _problem(found: Explanation) -> list[Attention]:
    each = [found.told.problem, found.price.told.problem if found.price else None]
    return [Attention("bad", one.cause, "", one.cure) for one in each if one is not None]


def _link_form(visit: Visit, found: Explanation) -> Form:
    entry = Input(
        "variant", "Variant's SKU or id in Saleor", required=True, help="As the Dashboard shows it."
    )
    label = "Link to another variant" if found.variant_id else "Link to a variant"
    return Form("link", "Link", (entry,), tone="primary", summary=f"{label}…")


def _unlink_form() -> Form:
    return Form(
        "unlink",
        "Cut the link",
        tone="danger",
        summary="Cut the link…",
        confirm="TikTok's stock of it is not updated any more, and new orders of it wait. It is "
        "not linked by itself again.",
    )
