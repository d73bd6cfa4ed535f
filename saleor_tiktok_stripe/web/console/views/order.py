"""One order: where it stands on both sides, its money, what TikTok was asked to do, what differs;
and refunds of what TikTok collected."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from django.http import HttpResponse

from .... import access, aftersales, drift, fulfilment, jobs
from ....aftersales import OrderRefund, Wish
from ....drift import Line
from ....errors import InvalidInput
from ....fulfilment.steps import Plan
from ....models import AfterSalesCase, Connection, MarketplaceRequest, Vendor
from ....orders import listing
from ....orders.listing import OneOrder, OrderLine, Sync
from ....payments import ledger
from ....payments.ledger import OrderMoney, Standing
from .. import amounts, entries, terms
from ..entries import KEY
from ..parts import Attention, Code, Column, Fact, Form, Input, Lines, Link, Money, Table, table
from ..visits import Visit
from . import moneys, repairing
from .orders import CHECKED_AGAIN, retry_form

PUSH_FORM: Final = Form("push", "Send to TikTok again", tone="plain")
PLAN_FORM: Final = Form("plan", "What would be sent?", tone="plain")


def show(
    visit: Visit, told: Plan | None = None, checked: OrderRefund | None = None
) -> HttpResponse:
    """Everything about it. ``told``: what TikTok would be told; ``checked``: what a refund would
    come to."""
    shop, one = _order(visit)
    line = one.line
    books = _books(visit, line)
    may_pay = visit.may(access.MONEY)
    return visit.show(
        "order.html",
        f"Order #{line.saleor_number}" if line.saleor_number else f"Order {line.order_id}",
        line=line,
        badges=_badges(line),
        facts=list(_facts(line)),
        problem=_problem(visit, line),
        push=(PLAN_FORM, PUSH_FORM) if line.saleor_order_id else (),
        plan=None if told is None else told.lines(),
        may_pay=may_pay,
        books=[
            (list(moneys.order_facts(visit, book)), moneys.lines_table(visit, book.lines))
            for book in books
        ],
        money_differs=[told_ for book in books for told_ in moneys.differing(book.differences)],
        requests=_requests(one),
        cases=_cases(visit, shop, line),
        differences=repairing.differences_table(
            visit,
            _differences(shop, line),
            empty="TikTok and Saleor agree on this order."
            if line.saleor_order_id
            else "It is compared once it is in Saleor.",
            subject=False,
        ),
        refund=_refund_form(visit, line) if may_pay and line.saleor_order_id else None,
        checked=None if checked is None else _checked(visit, checked),
    )


def retry(visit: Visit) -> HttpResponse:
    """Try the order's work again."""
    _, one = _order(visit)
    if one.line.job_id is None or not jobs.retry([one.line.job_id], visit.actor):
        raise InvalidInput("JOB_NOT_WAITING", "Nothing of this order waits any more.")
    return visit.go(visit.url(), "The order is tried again now.")


def plan(visit: Visit) -> HttpResponse:
    """Say what TikTok would be told; nothing is sent."""
    shop, one = _order(visit)
    return show(visit, told=fulfilment.plan_push(shop, one.line.order_id))


def push(visit: Visit) -> HttpResponse:
    """Tell TikTok again what was shipped, tracked or cancelled."""
    shop, one = _order(visit)
    if not fulfilment.retry_push(shop, [one.line.order_id], visit.actor):
        raise InvalidInput("ORDER_NOT_IMPORTED", "This order is not in Saleor.")
    return visit.go(visit.url(), "TikTok is told now. What comes of it stands below.")


def repair(visit: Visit) -> HttpResponse:
    """Bring one difference in step."""
    return visit.go(visit.url(), repairing.repair_one(visit))


def accept(visit: Visit) -> HttpResponse:
    """Accept one difference."""
    return visit.go(visit.url(), repairing.accept_one(visit))


def check_refund(visit: Visit) -> HttpResponse:
    """Say what a refund would come to; nothing is written or sent."""
    return show(visit, checked=_refund(visit, dry_run=True))


def refund(visit: Visit) -> HttpResponse:
    """Ask TikTok to give the money back, once for each form."""
    done = _refund(visit, dry_run=False)
    assert done.request is not None  # noqa: S101  (not a dry run)
    words = amounts.words(done.request.amount or Decimal(0), done.currency)
    return visit.go(visit.url(), f"The refund of {words} is on its way to TikTok.")


def _refund(visit: Visit, *, dry_run: bool) -> OrderRefund:
    shop, one = _order(visit)
    if not one.line.saleor_order_id:
        raise InvalidInput("ORDER_NOT_IMPORTED", "This order is not in Saleor.")
    wish = Wish(
        amount=entries.amount(visit),
        note=visit.entered("note"),
        request_key=entries.sent_key(visit),
    )
    return aftersales.refund_order(
        [shop],
        order_id=one.line.saleor_order_id,
        wish=wish,
        actor=visit.actor,
        dry_run=dry_run,
    )


def _order(visit: Visit) -> tuple[Connection, OneOrder]:
    shop = visit.connection(Vendor.TIKTOK)
    return shop, listing.one(shop, visit.arguments["id"])


def _badges(line: OrderLine) -> tuple[object, ...]:
    state = (terms.badge(terms.ORDER, line.state),) if line.state else ()
    return (*state, terms.badge(terms.SYNC, line.sync.value))


def _facts(line: OrderLine) -> Iterator[Fact]:
    yield Fact("At TikTok", Code(line.order_id))
    saleor = (f"#{line.saleor_number}", Code(line.saleor_order_id))
    yield Fact("In Saleor", Lines(saleor) if line.saleor_order_id else "Not yet")
    yield Fact("Buyer paid", Money(line.buyer, line.currency))
    yield Fact("Placed", line.placed_at)
    if line.ship_by is not None:
        yield Fact("Ship by", (line.ship_by, terms.left(line.ship_by)))
    yield Fact("Looked at last", line.updated_at)
    if line.oversold:
        short = tuple(f"{count} × {sku}" for sku, count in line.oversold.items())
        yield Fact("Sold, and not in stock", Lines(short))


def _problem(visit: Visit, line: OrderLine) -> list[Attention]:
    if line.sync is Sync.IN_STEP:
        return []
    if line.sync is Sync.WAITING:
        return [_looked_at(line)]
    actions: tuple[Form | Link, ...] = (retry_form(line),)
    if line.code == "SKU_NOT_LINKED" and visit.may(access.CATALOG):
        url = visit.url("stock", {"list": "missing"})
        actions = (Link("Open SKUs that are not linked", url, button=True), *actions)
    return [Attention("warn", line.cause, "", line.cure, actions)]


def _looked_at(line: OrderLine) -> Attention:
    """It waits for nobody: what it waited for before is gone from the job that is tried again."""
    title = CHECKED_AGAIN if line.again else "On its way"
    told = "Nothing is asked of you. What comes of it stands here afterwards."
    return Attention("info", title, line.cause or told)


def _books(visit: Visit, line: OrderLine) -> list[OrderMoney]:
    if not visit.may(access.MONEY):
        return []
    found = [ledger.order_money(one, line.order_id) for one in visit.connections]
    return [book for book in found if book.standing is not Standing.UNKNOWN or book.sold]


def _requests(one: OneOrder) -> Table:
    rows = [
        (
            Lines((terms.words(terms.ASKED, row.kind), *_about(row))),
            Lines((terms.badge(terms.REQUEST, row.state), *_why(row))),
            Money(row.amount, row.currency) if row.currency else None,
            terms.person(row.actor) or "Saleor",
            row.sent_at or row.created_at,
        )
        for row in one.requests
    ]
    columns = ("What", "State", Column("Amount", number=True), "Asked by", "When")
    return table(
        "What TikTok was asked to do, oldest first",
        columns,
        rows,
        empty="TikTok was not asked to do anything about this order.",
    )


def _about(row: MarketplaceRequest) -> Iterator[object]:
    if row.reference:
        yield (terms.readable(_MADE.get(row.kind, "reference")), Code(row.reference))


_MADE: Final = {"ship": "package", "track": "package", "cancel": "cancellation", "return": "return"}


def _why(row: MarketplaceRequest) -> tuple[str, ...]:
    problem = row.problem or {}
    return str(problem.get("cause", "")), str(problem.get("cure", ""))


def _cases(visit: Visit, shop: Connection, line: OrderLine) -> Table | None:
    found = AfterSalesCase.objects.filter(connection=shop, order_id=line.order_id)
    rows = [
        (
            Link(terms.words(terms.CASE_KIND, one.kind), visit.url("case", id=one.case_id)),
            terms.badge(terms.CASE, one.state),
            Money(one.amount, one.currency) if one.currency else None,
            one.opened_at,
        )
        for one in found.order_by("opened_at", "pk")
    ]
    columns = ("Request", "State", Column("Amount", number=True), "Opened")
    return table("What the buyer asked for", columns, rows) if rows else None


def _differences(shop: Connection, line: OrderLine) -> tuple[Line, ...]:
    return drift.lines_of(shop, "order", [line.order_id])


def _refund_form(visit: Visit, line: OrderLine) -> Form:
    again = visit.entered("do") in ("check_refund", "refund")
    return Form(
        "check_refund",
        "Check the refund",
        (
            Input(
                "amount",
                f"Amount in {line.currency}" if line.currency else "Amount",
                help="Empty: all that is left.",
                value=visit.entered("amount") if again else "",
                inputmode="decimal",
            ),
            Input(
                "note",
                "Note",
                help="Why, for staff. TikTok is given its own reason.",
                value=visit.entered("note") if again else "",
            ),
        ),
        tone="plain",
        hidden={KEY: entries.form_key(visit)},
    )


def _checked(visit: Visit, found: OrderRefund) -> dict[str, object]:
    """What would happen, and the button that does it."""
    amount = found.amount if found.amount is not None else Decimal(0)
    confirm = Form(
        "refund",
        f"Refund {amounts.words(amount, found.currency)}",
        tone="danger",
        hidden={
            "amount": amounts.plain(amount, found.currency),
            "note": visit.entered("note"),
            KEY: visit.entered(KEY),
        },
    )
    facts = [
        Fact("Goes back to the buyer", Money(amount, found.currency)),
        Fact("Could be asked for", Money(found.left, found.currency)),
        Fact("By", "TikTok, which holds the money"),
    ]
    refused = [Attention("bad", one.message) for one in found.refused]
    done = found.request is not None
    return {
        "facts": facts,
        "refused": refused,
        "done": done,
        "form": None if refused or done else confirm,
    }
