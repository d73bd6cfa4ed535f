"""Payments with Stripe: the list, and one with what happened to it and its refund form."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from django.http import HttpResponse

from .... import access, aftersales
from ....aftersales import RefundCheck
from ....aftersales.words import NEEDS_RESPONSE
from ....models import CaptureRequest, Connection, Dispute, RefundRequest, Vendor
from ....payments.listing import TransactionLine, find_charge, transaction, transactions
from .. import amounts, entries, terms
from ..entries import KEY
from ..parts import (
    Attention,
    Badge,
    Choice,
    Code,
    Column,
    Due,
    Fact,
    Figure,
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

_REASONS: Final = {
    "": "The channel's usual reason",
    "requested_by_customer": "The buyer asked for it",
    "duplicate": "The buyer paid twice",
    "fraudulent": "It was not the buyer who paid",
}
_SOURCES: Final = {
    "dashboard": "In Saleor",
    "api": "By console or API",
    "stripe": "In Stripe's dashboard",
}
_NOTES: Final = 500


def show_list(visit: Visit) -> HttpResponse:
    """Payments by ``?state=``, ``?search=`` and ``?problem=yes``."""
    asked = {name: visit.query(name) for name in ("state", "search", "problem")}
    page = transactions(
        _accounts(visit),
        state=asked["state"],
        search=asked["search"],
        problem=True if asked["problem"] == "yes" else None,
        after=visit.query("after"),
    )
    tabs = (("", "All"), ("yes", "Need attention"))
    return visit.show(
        "transactions.html",
        tabs=[
            (Link(label, visit.url(query={"problem": one})), one == asked["problem"])
            for one, label in tabs
        ],
        name="Payments that need attention" if asked["problem"] else "All payments",
        filter=_filter(asked),
        table=_table(visit, page.items),
        pager=visit.pager(page.next, **asked),
    )


def show(visit: Visit, checked: RefundCheck | None = None) -> HttpResponse:
    """One payment. ``checked``: what a refund would come to."""
    one = _line(visit)
    problem = one.problem_code and Attention(
        "warn", one.problem_cause, "", one.problem_cure, tuple(_settled(one))
    )
    return visit.show(
        "transaction.html",
        f"Payment {one.payment_id or one.id}",
        badges=(terms.badge(terms.PAYMENT, one.state), *_mode(one)),
        figures=list(_figures(one)),
        facts=list(_facts(visit, one)),
        problem=[problem] if problem else [],
        happened=_timeline(visit, one),
        refund=_refund_form(visit, one) if one.refundable > 0 else None,
        left=Money(one.refundable, one.currency),
        checked=None if checked is None else _checked(visit, checked),
    )


def check_refund(visit: Visit) -> HttpResponse:
    """Say what a refund would come to; nothing is written or sent."""
    charge = find_charge(_accounts(visit), visit.arguments["id"])
    found = aftersales.refund(charge, dry_run=True, **_wish(visit))
    return show(visit, checked=found)


def refund(visit: Visit) -> HttpResponse:
    """Give money back, once for each form."""
    charge = find_charge(_accounts(visit), visit.arguments["id"])
    row = aftersales.refund(charge, **_wish(visit))
    said = f"The refund of {amounts.words(row.amount, row.currency)} is on its way to Stripe."
    return visit.go(visit.url(), said)


def acknowledge(visit: Visit) -> HttpResponse:
    """A refund that failed was settled another way."""
    aftersales.acknowledge(find_charge(_accounts(visit), visit.arguments["id"]), visit.actor)
    return visit.go(visit.url(), "Noted: it is not shown as a problem any more.")


def _accounts(visit: Visit) -> list[Connection]:
    return [one for one in visit.connections if one.vendor == Vendor.STRIPE]


def _line(visit: Visit) -> TransactionLine:
    return transaction(_accounts(visit), visit.arguments["id"])


def _wish(visit: Visit) -> dict[str, Any]:
    return {
        "amount": entries.amount(visit),
        "reason": visit.entered("reason"),
        "note": visit.entered("note")[:_NOTES],
        "actor": visit.actor,
        "request_key": entries.sent_key(visit),
    }


def _table(visit: Visit, lines: tuple[TransactionLine, ...]) -> Table:
    rows = [
        (
            Lines((Link(_title(one), visit.url("transaction", id=one.id)), Code(one.payment_id))),
            Lines((_badges(one), one.problem_cause or one.decline)),
            one.paid_at or one.created_at,
            Lines((Money(one.amount, one.currency), *_taken_back(one))),
            Money(one.fee, one.settlement_currency),
            Money(one.net, one.settlement_currency),
        )
        for one in lines
    ]
    columns: list[str | Column] = ["Payment", "State", "When"]
    columns += [Column(label, number=True) for label in ("Amount", "Fee", "Net")]
    return table(
        "Payments with Stripe, newest first", columns, rows, empty="No payment is like this."
    )


def _title(one: TransactionLine) -> str:
    return f"Order #{one.order_number}" if one.order_number else "Checkout"


def _badges(one: TransactionLine) -> tuple[Badge, ...]:
    return (terms.badge(terms.PAYMENT, one.state), *_mode(one))


def _mode(one: TransactionLine) -> Iterator[Badge]:
    if one.refunded > 0:
        all_of = one.refunded >= one.captured
        yield Badge("Refunded" if all_of else "Partly refunded", "plain")
    if one.disputed > 0:
        yield Badge("Disputed", "warn")
    if one.problem_code:
        yield Badge("Needs attention", "warn")
    if not one.livemode:
        yield Badge("Test", "plain")


def _taken_back(one: TransactionLine) -> Iterator[Any]:
    if one.refunded > 0:
        yield ("Refunded", Money(one.refunded, one.currency))
    if one.disputed > 0:
        yield ("Disputed", Money(one.disputed, one.currency))


def _figures(one: TransactionLine) -> Iterator[Figure]:
    for label, amount in (
        ("Captured", one.captured),
        ("Refunded", one.refunded),
        ("Disputed", one.disputed),
        ("Can be refunded", one.refundable),
    ):
        yield Figure(label, f"{amounts.plain(amount, one.currency)}", one.currency)
    for label, booked in (("Stripe's fee", one.fee), ("Net", one.net)):
        if booked is not None:
            shown = amounts.plain(booked, one.settlement_currency)
            yield Figure(label, shown, one.settlement_currency)


def _facts(visit: Visit, one: TransactionLine) -> Iterator[Fact]:
    yield Fact("Amount", Money(one.amount, one.currency))
    if one.authorized:
        yield Fact("Can be captured", Money(one.authorized, one.currency))
    yield Fact("Paid with", one.method.replace("_", " ").capitalize() or None)
    yield Fact("Begun", one.created_at)
    yield Fact("Paid", one.paid_at)
    if one.decline:
        yield Fact("Last attempt", one.decline)
    number = f"#{one.order_number}" if one.order_number else None
    yield Fact("Order in Saleor", Lines((number, Code(one.order_id))) if one.order_id else None)
    yield Fact("At Stripe", Lines(tuple(Code(name) for name in (one.payment_id, one.charge_id))))
    yield Fact("Transaction in Saleor", Code(one.transaction_id))


def _settled(one: TransactionLine) -> Iterator[Form]:
    if one.problem_code == "REFUND_FAILED":
        yield Form(
            "acknowledge",
            "It was settled another way",
            tone="plain",
            summary="Settled another way…",
            confirm="The buyer got the money outside of Stripe. This problem is not shown any "
            "more.",
        )


def _timeline(visit: Visit, one: TransactionLine) -> Table:
    """All that happened to it, oldest first."""
    events: list[tuple[datetime, tuple[Any, ...]]] = [
        (one.created_at, ("Payment begun", None, Money(one.amount, one.currency), ""))
    ]
    events += [(row.created_at, _capture(row)) for row in one.captures]
    if one.paid_at is not None:
        amount = Money(one.captured, one.currency)
        events.append((one.paid_at, ("Paid", Badge("Done", "good"), amount, "The buyer")))
    events += [(row.created_at, _refund(row)) for row in one.refunds]
    events += [(row.opened_at, _dispute(visit, row)) for row in one.disputes]
    # Stripe's times are whole seconds: nothing comes before the payment was begun.
    events.sort(key=lambda each: max(each[0], one.created_at))
    rows = [(what, state, amount, by, at) for at, (what, state, amount, by) in events]
    columns = ("What", "State", Column("Amount", number=True), "By", "When")
    return table("What happened, oldest first", columns, rows)


def _capture(row: CaptureRequest) -> tuple[Any, ...]:
    what = "Release of what was set aside" if row.cancel else "Capture"
    state = Lines((terms.badge(terms.REQUEST, row.state), row.message))
    return what, state, Money(row.amount, row.currency), terms.person(row.actor)


def _refund(row: RefundRequest) -> tuple[Any, ...]:
    reason = _REASONS.get(row.reason, terms.readable(row.reason)) if row.reason else ""
    what = Lines(("Refund", reason, row.note, Code(row.refund_id)))
    state = Lines((terms.badge(terms.REQUEST, row.state), row.message))
    source = _SOURCES.get(row.source, row.source)
    return (
        what,
        state,
        Money(row.amount, row.currency),
        Lines((terms.person(row.actor) or source, source if row.actor else "")),
    )


def _dispute(visit: Visit, row: Dispute) -> tuple[Any, ...]:
    name = Link("Dispute", visit.url("dispute", id=row.dispute_id))
    shown = name if visit.may(access.CASES) else "Dispute"
    what = Lines((shown, terms.words(terms.REASON, row.reason)))
    due = Due(row.due_by) if row.due_by and row.state in NEEDS_RESPONSE else None
    state = Lines((terms.badge(terms.DISPUTE, row.state), due))
    return what, state, Money(row.amount, row.currency), "The buyer's bank"


def _filter(asked: dict[str, str]) -> Filter:
    states = (Choice(name, label) for name, (label, _) in terms.PAYMENT.items())
    return Filter(
        (
            Input(
                "search",
                "Order number, or pi_…", value=asked["search"],
                id="filter-search",
            ),
            Input(
                "state", "State", "select", value=asked["state"],
                choices=(Choice("", "All"), *states), id="filter-state",
            ),
        ),
        hidden={"problem": asked["problem"]} if asked["problem"] else {},
        submit="Search",
    )  # fmt: skip


def _refund_form(visit: Visit, one: TransactionLine) -> Form:
    again = visit.entered("do") in ("check_refund", "refund")

    def value(name: str) -> str:
        return visit.entered(name) if again else ""

    left = amounts.plain(one.refundable, one.currency)
    reasons = tuple(Choice(name, label) for name, label in _REASONS.items())
    return Form(
        "check_refund",
        "Check the refund",
        (
            Input(
                "amount",
                f"Amount in {one.currency}",
                help=f"At most {left}. Empty: all of it.",
                value=value("amount"),
                inputmode="decimal",
            ),
            Input("reason", "Reason", "select", value=value("reason"), choices=reasons),
            Input(
                "note", "Note", help="For staff; the buyer does not see it.", value=value("note")
            ),
        ),
        tone="plain",
        hidden={KEY: entries.form_key(visit)},
    )


def _checked(visit: Visit, found: RefundCheck) -> dict[str, object]:
    """What would happen, and the button that does it."""
    hidden = {
        "amount": amounts.plain(found.amount, found.currency),
        "reason": visit.entered("reason"),
        "note": visit.entered("note"),
        KEY: visit.entered(KEY),
    }
    words = f"Refund {amounts.words(found.amount, found.currency)}"
    confirm = Form("refund", words, tone="danger", hidden=hidden)
    return {
        "facts": [
            Fact("Goes back to the buyer", Money(found.amount, found.currency)),
            Fact("Left afterwards", Money(found.left - found.amount, found.currency)),
            Fact("By", "Stripe. Its fee is not given back."),
        ],
        "refused": [Attention("bad", one.message) for one in found.refused],
        "done": found.earlier is not None,
        "form": None if found.refused or found.earlier is not None else confirm,
    }
