"""Orders of the shop: which are in step, and which wait for somebody, by their cause."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from django.http import HttpResponse

from .... import jobs
from ....errors import InvalidInput
from ....jobs import RetryGroup
from ....models import Connection, Vendor
from ....orders import listing
from ....orders.listing import OrderLine, Sync
from .. import terms, words
from ..entries import number
from ..parts import (
    Attention,
    Choice,
    Code,
    Column,
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

TABS: Final = (
    ("", "All"),
    (Sync.IN_STEP.value, "In step"),
    (Sync.WAITING.value, "On their way"),
    (Sync.PARKED.value, "Need attention"),
)
_NAMES: Final = {
    "": "All orders",
    Sync.IN_STEP.value: "Orders in step",
    Sync.WAITING.value: "Orders on their way",
    Sync.PARKED.value: "Orders that need attention",
}
CHECKED_AGAIN: Final = "Being checked again"
_AGAIN: Final = Column("Again", hidden=True)


def show(visit: Visit) -> HttpResponse:
    """Orders by ``?sync=``, ``?state=`` and ``?search=``; of those that need attention also the
    causes."""
    shop = visit.connection_or_none(Vendor.TIKTOK)
    if shop is None:
        return visit.show("orders.html", shop=None)
    asked = {name: visit.query(name) for name in ("sync", "state", "search")}
    page = listing.listed(
        shop,
        sync=asked["sync"],
        state=asked["state"],
        search=asked["search"],
        after=visit.query("after"),
    )
    counted = listing.counted(shop)
    causes = _groups(shop, visit.actor) if asked["sync"] == Sync.PARKED else ()
    return visit.show(
        "orders.html",
        shop=shop,
        name=_NAMES.get(asked["sync"], _NAMES[""]),
        tabs=[
            (
                Link(_tab(label, sync, counted), visit.url(query={"sync": sync})),
                sync == asked["sync"],
            )
            for sync, label in TABS
        ],
        groups=[_group(one) for one in causes],
        filter=_filter(asked),
        table=orders_table(visit, page.items, retry=asked["sync"] == Sync.PARKED),
        pager=visit.pager(page.next, **asked),
    )


def retry_all(visit: Visit) -> HttpResponse:
    """Try again all orders that wait for one cause."""
    kind, code = visit.entered("kind"), visit.entered("code")
    if kind not in listing.KINDS or not code:
        raise InvalidInput("JOB_NOT_FOUND", "Choose what is to be tried again.", field="code")
    groups = jobs.retry_many(
        [visit.connection(Vendor.TIKTOK)], kinds=[kind], codes=[code], actor=visit.actor
    )
    count = sum(one.count for one in groups)
    back = visit.url(query={"sync": Sync.PARKED.value})
    if not count:
        return visit.go(back, "No order waits for this any more.", "info")
    return visit.go(back, f"{_orders(count)} tried again now.")


def retry(visit: Visit) -> HttpResponse:
    """Try one order again."""
    found = jobs.find_job([visit.connection(Vendor.TIKTOK)], number(visit, "job"))
    if not jobs.retry([found.id], visit.actor):
        raise InvalidInput("JOB_NOT_WAITING", "This order is being worked on already.")
    back = visit.url(query={"sync": Sync.PARKED.value} if visit.query("sync") else {})
    return visit.go(back, f"Order {found.subject} is tried again now.")


def retry_form(line: OrderLine) -> Form:
    """For one order that needs attention."""
    return Form(
        "retry",
        "Try again",
        tone="plain",
        name=f"retry-{line.job_id}",
        hidden={"job": str(line.job_id)},
    )


def orders_table(visit: Visit, lines: Sequence[OrderLine], *, retry: bool) -> Table:
    """Orders as a table; with ``retry`` a button for each, and its own cause."""
    rows = []
    for one in lines:
        row = [
            _name(visit, one),
            Lines(tuple(_standing(one, causes=retry))),
            one.placed_at,
            _ship_by(one),
            Money(one.buyer, one.currency),
        ]
        rows.append([*row, retry_form(one) if one.job_id else None] if retry else row)
    columns: list[str | Column] = ["Order", "State", "Placed", "Ship by"]
    columns.append(Column("Buyer paid", number=True))
    return table(
        "Orders, newest first",
        [*columns, _AGAIN] if retry else columns,
        rows,
        empty="No order is like this.",
    )


def _name(visit: Visit, one: OrderLine) -> Lines:
    url = visit.url("order", id=one.order_id)
    number_ = f"#{one.saleor_number}" if one.saleor_number else "Not in Saleor yet"
    return Lines((Link(number_, url), Code(one.order_id)))


def _ship_by(one: OrderLine) -> object:
    if one.ship_by is None or not terms.is_over(one.ship_by):
        return one.ship_by
    return Lines((terms.left(one.ship_by), one.ship_by))


def _standing(one: OrderLine, *, causes: bool) -> list[object]:
    """What many orders have in common is said by its name only: its cause and cure stand on the
    order's page, and above those that need attention."""
    state = (terms.badge(terms.ORDER, one.state),) if one.state else ()
    told: list[object] = [(terms.badge(terms.SYNC, one.sync.value), *state)]
    if one.sync is Sync.PARKED:
        told.append(one.cause if causes else words.code(one.code))
    elif one.again:
        told.append(CHECKED_AGAIN)
    if one.oversold:
        short = ", ".join(f"{count} × {sku}" for sku, count in one.oversold.items())
        told.append(f"Sold, and not in stock: {short}")
    return told


def _tab(label: str, sync: str, counted: listing.Counted) -> str:
    count = getattr(counted, sync) if sync else None
    return label if count is None else f"{label} ({count:,})"


def _groups(shop: Connection, actor: str) -> tuple[RetryGroup, ...]:
    return jobs.retry_many([shop], kinds=listing.KINDS, actor=actor, dry_run=True)


def _group(one: RetryGroup) -> Attention:
    title = f"{_orders(one.count, sentence=False)}: {words.code(one.code)}"
    cause = one.cause if one.count == 1 else f"For example: {one.cause}"
    return Attention("warn", title, cause, one.cure, (_retry_all_form(one),))


def _retry_all_form(one: RetryGroup) -> Form:
    named = ", ".join(one.subjects)
    rest = one.count - len(one.subjects)
    more = f" and {rest:,} more" if rest > 0 else ""
    return Form(
        "retry_all",
        f"Try {one.count:,} again" if one.count > 1 else "Try it again",
        tone="primary",
        name=f"all-{one.kind}-{one.code}".replace(".", "-").lower(),
        hidden={"kind": one.kind, "code": one.code},
        summary="Try all again…" if one.count > 1 else "Try again…",
        confirm=f"{words.job(one.kind)}. This would try: {named}{more}. Whatever still stands in "
        "the way is listed here again afterwards; nothing is done twice.",
    )


def _orders(count: int, *, sentence: bool = True) -> str:
    if not sentence:
        return "1 order" if count == 1 else f"{count:,} orders"
    return "1 order is" if count == 1 else f"{count:,} orders are"


def _filter(asked: dict[str, str]) -> Filter:
    states = tuple(Choice(name, label) for name, (label, _) in terms.ORDER.items())
    return Filter(
        (
            Input(
                "search",
                "Number or id",
                value=asked["search"],
                id="filter-search",
            ),
            Input(
                "state",
                "At TikTok",
                "select",
                value=asked["state"],
                choices=(Choice("", "All"), *states),
                id="filter-state",
            ),
        ),
        hidden={"sync": asked["sync"]} if asked["sync"] else {},
        submit="Search",
    )
