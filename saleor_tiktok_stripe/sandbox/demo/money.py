"""The day is settled and paid out: each story's order to the bank, beside TikTok's own books."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from saleor_tiktok_stripe import drift, jobs
from saleor_tiktok_stripe.models import Connection, LedgerEntry, Payout, Statement
from saleor_tiktok_stripe.payments import ledger
from saleor_tiktok_stripe.sandbox.demo.both_ways import Told
from saleor_tiktok_stripe.sandbox.demo.stack import Stack
from saleor_tiktok_stripe.sandbox.demo.waiting import until

KEPT: Final = (
    LedgerEntry.Kind.FEE,
    LedgerEntry.Kind.COMMISSION,
    LedgerEntry.Kind.TAX,
)
"""What TikTok charges for an order."""
_ZERO: Final = Decimal(0)


@dataclass(frozen=True)
class Row:
    """One order from what the buyer paid to the bank, in major units. ``theirs``: refunded,
    settled and paid out by TikTok's own books; ``ours`` by Saleor and the ledger."""

    number: str
    story: str
    state: str
    paid: Decimal
    kept: Decimal
    theirs: tuple[Decimal, Decimal, Decimal]
    ours: tuple[Decimal, Decimal, Decimal]

    @property
    def difference(self) -> Decimal:
        """Between both sides, whatever its sign; 0 when they agree."""
        pairs = zip(self.theirs, self.ours, strict=True)
        return sum((abs(theirs - ours) for theirs, ours in pairs), _ZERO)


@dataclass(frozen=True)
class Closing:
    """The ledger as a whole: what statements and payouts come to, and their parts. ``reserve`` is
    what TikTok holds back, ``words`` what the open differences say."""

    statements: int
    settled: Decimal
    rows: Decimal
    reserve: Decimal
    payouts: int
    paid_out: Decimal
    parts: Decimal
    words: tuple[str, ...]

    @property
    def difference(self) -> Decimal:
        """What the sums are off by, whatever its sign."""
        kept_back = self.settled - self.reserve - self.paid_out
        return abs(self.settled - self.rows) + abs(self.paid_out - self.parts) + abs(kept_back)


def settle(stack: Stack, connection: Connection, told: Sequence[Told]) -> list[Row]:
    """TikTok closes the day and pays; the ledger takes it in. A row for each story."""
    stack.tiktok.add_adjustment("PLATFORM_PENALTY", "-1.20")
    stack.tiktok.settle_day()
    payment = stack.tiktok.pay_out()
    jobs.enqueue("ledger.import", connection, lane=jobs.LANE_CLICK)
    done = Payout.objects.filter(connection=connection, payout_id=payment, entries_complete=True)
    until(done.exists, "The payout")
    jobs.enqueue("ledger.reconcile", connection, lane=jobs.LANE_CLICK)
    return [_row(stack, connection, one) for one in told]


def close(connection: Connection) -> Closing:
    """The sums of everything that was settled and paid out."""
    statements = list(Statement.objects.filter(connection=connection))
    payouts = list(Payout.objects.filter(connection=connection))
    traces = [ledger.payout_trace(connection, one.payout_id) for one in payouts]
    rows = LedgerEntry.objects.filter(
        connection=connection, statement__isnull=False, in_settlement=True
    ).exclude(kind=LedgerEntry.Kind.RESERVE)
    return Closing(
        statements=len(statements),
        settled=sum((one.settlement for one in statements), _ZERO),
        reserve=-sum((one.reserve or _ZERO for one in statements), _ZERO),
        rows=sum(rows.values_list("amount", flat=True), _ZERO),
        payouts=len(payouts),
        paid_out=sum((one.amount for one in traces), _ZERO),
        parts=sum((one.total for one in traces), _ZERO),
        words=_words(drift.counts([connection])),
    )


def _words(found: Sequence[drift.Count]) -> tuple[str, ...]:
    return tuple(
        f"{one.number} {one.code}: {drift.class_of(one.area, one.code).words}"
        for one in found
        if one.area in {"money", "payout"}
    )


def _row(stack: Stack, connection: Connection, told: Told) -> Row:
    sale = told.sale
    truth = stack.tiktok.truth(sale.order_id)
    ours = ledger.order_money(connection, sale.order_id)
    by_kind = ours.by_kind.get(ours.currency, {})
    paid_out = (one.amount for one in ours.payouts if one.state == Payout.State.PAID)
    return Row(
        number=sale.number,
        story=told.words,
        state=str(truth["status"]).lower(),
        paid=Decimal(truth["paid"]),
        kept=-sum((by_kind.get(kind, _ZERO) for kind in KEPT), _ZERO),
        theirs=(
            # The buyer's fees are no part of the merchant's order.
            Decimal(truth["refunded"]) - Decimal(truth["refunded_fees"]),
            Decimal(truth["settled"]),
            Decimal(truth["paid_out"]),
        ),
        ours=(
            sale.refunded(),
            ours.settled.get(ours.currency, _ZERO),
            sum(paid_out, _ZERO),
        ),
    )
