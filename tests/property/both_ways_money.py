"""Money compared: what TikTok's books say of every order, statement and payout, what Saleor shows,
and what our ledger has; and the report of differences, which has to agree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db.models import Sum

from saleor_tiktok_stripe import drift
from saleor_tiktok_stripe.models import Difference, LedgerEntry, Payout, Statement
from saleor_tiktok_stripe.sandbox.tiktok import money
from saleor_tiktok_stripe.sandbox.tiktok.model import Cancellation, Order, Return

if TYPE_CHECKING:
    from .both_ways_histories import BothWays

ZERO = Decimal(0)
MAY_STAND = {
    # The payouts of the sandbox fail now and then, and adjustments are made that nobody expects.
    "PAYMENT_FAILED", "UNEXPECTED_ADJUSTMENT", "PAYOUT_MISSING",
    # Refunds after the last statement, and those of an order that is not delivered.
    "REFUND_NOT_IN_STATEMENT",
}  # fmt: skip
"""Classes of differences that are facts, not faults."""


def money_differences(histories: BothWays, asked: set[str]) -> list[str]:
    """In words."""
    return [
        *_of_orders(histories, asked),
        *_of_ledger(histories),
        *_of_report(histories, asked),
    ]


# --- refunds --------------------------------------------------------------------------------------


def _of_orders(histories: BothWays, asked: set[str]) -> Iterator[str]:
    for sale in histories.sales:
        saleor_id = histories.stage.saleor_id(sale.order_id)
        if not saleor_id:
            continue
        order = histories.order_of(sale)
        shown = histories.stage.saleor.order("orderPayments", saleor_id)
        wanted = f"tiktok:{sale.order_id}"
        rows = [row for row in shown["transactions"] if row["pspReference"] == wanted]
        if len(rows) != 1:
            if order.total:
                yield f"{sale.order_id}: {len(rows)} transactions in Saleor"
            continue
        yield from _of_transaction(sale.order_id, order, rows[0])


def _of_transaction(order_id: str, order: Order, row: dict[str, Any]) -> Iterator[str]:
    sums = {name: Decimal(str(row[f"{name}Amount"]["amount"])) for name in
            ("authorized", "charged", "refunded", "refundPending")}  # fmt: skip
    paid = sums["charged"] + sums["refunded"]
    back = min(given_back(order), paid)
    # A discount on the payment is spread over the items here; TikTok takes it off at the end.
    known = not order.cash_on_delivery and not order.payment_discount
    if known and sums["refunded"] != back:
        yield f"{order_id}: {sums['refunded']} refunded in Saleor, {back} at TikTok"
    if sums["refunded"] > given_back(order):
        yield f"{order_id}: {sums['refunded']} refunded in Saleor, more than {given_back(order)}"
    if sums["refundPending"] > on_the_road(order):
        yield f"{order_id}: {sums['refundPending']} is still to be refunded in Saleor"
    counted = Counter(
        event["pspReference"] for event in row["events"] if event["type"] == "REFUND_SUCCESS"
    )
    for reference, times in counted.items():
        if times > 1:
            yield f"{order_id}: refund {reference} is in Saleor {times} times"


def given_back(order: Order) -> Decimal:
    """To the buyer, less the fees that are between buyer and TikTok."""
    done = [one for one in order.cancellations if one.status.endswith("COMPLETE")]
    return _refunds(order, [*done, *(one for one in order.returns if one.paid_back)])


def on_the_road(order: Order) -> Decimal:
    """Of returns whose parcel the buyer has sent: they wait for it, and it may never arrive."""
    return _refunds(order, [one for one in order.returns if one.status == "BUYER_SHIPPED_ITEM"])


def _refunds(order: Order, cases: Sequence[Cancellation | Return]) -> Decimal:
    minor = sum(
        one.refund.total - one.refund.retail_delivery_fee - one.refund.buyer_service_fee
        for one in cases
    )
    return money.decimal(minor, order.exponent) if order.paid_time else ZERO


# --- ledger ---------------------------------------------------------------------------------------


def _of_ledger(histories: BothWays) -> Iterator[str]:
    tiktok = histories.tiktok
    ledger = tiktok.world.ledger(tiktok.world.shops[0])
    exponent = tiktok.world.shops[0].region.exponent
    now = tiktok.world.clock.now()
    theirs = {one.id: one for one in ledger.statements()}
    ours = {one.statement_id: one for one in Statement.objects.all()}
    if set(theirs) != set(ours):
        yield f"statements at TikTok {sorted(theirs)}, here {sorted(ours)}"
        return
    booked = _by("statement__statement_id")
    reserved = _by("statement__statement_id", reserve=True)
    for key, statement in theirs.items():
        wanted = money.decimal(statement.total("settlement"), exponent)
        if not ours[key].settlement == booked.get(key, ZERO) == wanted:
            here = (ours[key].settlement, booked.get(key))
            yield f"statement {key} settles {wanted}, here {here}"
        held = money.decimal(statement.total("reserve"), exponent)
        if reserved.get(key, ZERO) != held:
            yield f"statement {key} holds {held} back, here {reserved.get(key)}"
    payouts = {one.id: one for one in ledger.payouts(now)}
    known = {one.payout_id: one for one in Payout.objects.all()}
    if set(payouts) != set(known) and tiktok.world.shops[0].region.code not in {"ID", "TH"}:
        yield f"payouts at TikTok {sorted(payouts)}, here {sorted(known)}"
    for key in set(payouts) & set(known):
        wanted = money.decimal(payouts[key].payable, exponent)
        if known[key].amount != wanted or known[key].state.upper() != payouts[key].status:
            yield f"payout {key}: {known[key].amount} {known[key].state}, at TikTok {wanted}"
    for sale in histories.sales:
        settled = Decimal(tiktok.truth(sale.order_id)["settled"])
        found = _sum(order_id=sale.order_id, in_settlement=True, expected=False)
        if found != settled:
            yield f"{sale.order_id}: {found} settled here, {settled} at TikTok"


def _sum(**wanted: object) -> Decimal:
    rows = LedgerEntry.objects.filter(connection__vendor="tiktok", **wanted)
    found: Decimal | None = rows.exclude(kind="reserve").aggregate(sum=Sum("amount"))["sum"]
    return found or ZERO


def _by(name: str, *, reserve: bool = False) -> dict[str, Decimal]:
    rows = LedgerEntry.objects.filter(connection__vendor="tiktok", expected=False)
    if reserve:
        rows = rows.filter(kind="reserve")
    else:
        rows = rows.filter(in_settlement=True).exclude(kind="reserve")
    return dict(rows.values(name).annotate(sum=Sum("amount")).values_list(name, "sum"))


def _fees_given_back(order: Order) -> Decimal:
    """With a part that was cancelled: the ledger cannot tell them from the price of the goods."""
    fees = sum(
        one.refund.retail_delivery_fee + one.refund.buyer_service_fee
        for one in order.cancellations
        if one.status.endswith("COMPLETE")
    )
    return money.decimal(fees, order.exponent)


# --- the report -----------------------------------------------------------------------------------


def _of_report(histories: BothWays, asked: set[str]) -> Iterator[str]:
    """Checked, repaired once, checked again: what is left is a fact or a person's."""
    stage = histories.stage
    drift.ask(stage.connection)
    stage.run_all()
    if drift.repair(stage.connection, None, dry_run=False, actor="test").asked:
        stage.run_all()
        stage.turn(4_000)
        histories.reconcile()
        drift.ask(stage.connection)
        stage.run_all()
    rows = Difference.objects.exclude(state="gone").exclude(subject__in=asked)
    fees = {one.order_id: _fees_given_back(histories.order_of(one)) for one in histories.sales}
    for row in rows.exclude(code__in=MAY_STAND).order_by("pk"):
        if row.code == "REVENUE_DIFFERS" and fees.get(row.subject) == row.amount:
            histories.seen["known: buyer fees of a cancelled part count as its goods"] += 1
            continue
        yield (
            f"difference {row.area} {row.subject} {row.code} is {row.state}: "
            f"{row.amount} {row.ours} {row.theirs} {row.note}"
        )
