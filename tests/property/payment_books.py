"""Both sides compared: what Stripe has of every payment, what Saleor has, and what our rows say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Protocol

from saleor_tiktok_stripe.models import (
    CaptureRequest,
    Charge,
    Dispute,
    Job,
    RefundRequest,
)
from saleor_tiktok_stripe.sandbox.stripe.control import Control
from saleor_tiktok_stripe.sandbox.stripe.control_payments import Totals

PLACES = {"JPY": 0, "KWD": 3}
"""Decimals of Stripe's minor unit where they are not two."""
OPEN = ("waiting", "in_doubt")
RETURNED = ("failed", "canceled")
REQUEST_STATES = {
    "pending": "pending",
    "requires_action": "pending",
    "succeeded": "succeeded",
    "failed": "failed",
    "canceled": "canceled",
}
PAYMENT_STATES = {
    "requires_payment_method": "open",
    "requires_confirmation": "open",
    "requires_action": "action_required",
    "processing": "processing",
    "requires_capture": "authorized",
    "succeeded": "succeeded",
    "canceled": "canceled",
}
FAILURES = ("CHARGE_FAILURE", "AUTHORIZATION_FAILURE", "CANCEL_FAILURE", "REFUND_FAILURE")


class Stage(Protocol):
    control: Control
    answered_failures: int

    def books(self, transaction_id: str) -> Any:
        """What Saleor has of a transaction."""


def differences(stage: Stage, transactions: Sequence[str], currency: str) -> list[str]:
    """Everything that is not as it should be, in words; empty when both sides are equal."""
    return [*of_transactions(stage, transactions, currency), *_of_jobs()]


def of_transactions(stage: Stage, transactions: Sequence[str], currency: str) -> list[str]:
    """As ``differences``, without the jobs."""
    unit = Decimal(1).scaleb(-PLACES.get(currency, 2))
    return [*_of_transactions(stage, transactions, unit), *_of_stripe(stage.control, unit)]


def _of_transactions(stage: Stage, transactions: Sequence[str], unit: Decimal) -> Iterator[str]:
    charges = {one.transaction_id: one for one in Charge.objects.all()}
    failed = {
        event["data"]["object"]["id"]
        for event in stage.control.objects("event")
        if event["type"] == "payment_intent.payment_failed"
    }
    unnamed = 0
    for transaction_id in transactions:
        charge, books = charges.get(transaction_id), stage.books(transaction_id)
        unnamed += sum(e.type in FAILURES and e.counts and not e.reference for e in books.events)
        if charge is None or not charge.payment_id:
            if any(books.sums.values()):
                yield f"{transaction_id}: money without a payment: {books}"
            continue
        payment = stage.control.payment(charge.payment_id)
        totals = stage.control.totals(charge.payment_id)
        wanted = _sums(payment, totals, unit)
        found = dict(books.sums)
        found["pending"] = found.pop("authorize_pending") + found.pop("charge_pending")
        if not _announced(books, charge.payment_id):
            wanted["pending"] = Decimal(0)
        elif _cannot_be_ended(books, charge.payment_id):
            wanted["pending"] = found["pending"]
        if found != wanted:
            yield f"{charge.payment_id}: Saleor has {found}, Stripe {wanted}: {books.events}"
        yield from _of_row(charge, payment, totals, unit)
        yield from _of_events(stage.control, charge, payment, books, failed)
    if unnamed > stage.answered_failures:
        yield f"{unnamed} failures without a name, {stage.answered_failures} were answered"


def _sums(payment: Mapping[str, Any], totals: Totals, unit: Decimal) -> dict[str, Decimal]:
    gone = 0
    if payment["status"] == "canceled":
        gone = payment["amount"]
    elif payment["status"] == "succeeded":
        gone = payment["amount"] - payment["amount_received"]
    amounts = {
        "authorized": totals.authorized,
        "charged": totals.kept - totals.refund_pending,
        "refunded": totals.refunded,
        "canceled": gone,
        "refund_pending": totals.refund_pending,
        "cancel_pending": 0,
        "pending": payment["amount"] if payment["status"] == "processing" else 0,
    }
    return {name: amount * unit for name, amount in amounts.items()}


def _announced(books: Any, reference: str) -> bool:
    """Saleor takes a payment for pending only when the storefront asked meanwhile: a report of what
    a session began with is one that it has already. After a failure it never does, though buyers
    may try the same payment again."""
    own = {one.type for one in books.events if one.counts and one.reference in (reference, "")}
    began = own & {"CHARGE_REQUEST", "AUTHORIZATION_REQUEST"}
    return bool(began) and not own & {"CHARGE_FAILURE", "AUTHORIZATION_FAILURE"}


def _cannot_be_ended(books: Any, reference: str) -> bool:
    """Saleor itself wrote a failure that does not count (our process died while it waited), and
    takes the one that we report for the same: what was announced later stays pending there."""
    own = [one for one in books.events if one.reference == reference and not one.counts]
    return any(one.type.endswith("_FAILURE") for one in own)


def _of_row(
    charge: Charge, payment: Mapping[str, Any], totals: Totals, unit: Decimal
) -> Iterator[str]:
    wanted = (
        PAYMENT_STATES[payment["status"]],
        totals.authorized * unit,
        totals.charged * unit,
        (totals.refunded + totals.refund_pending) * unit,
        totals.charged_back * unit,
    )
    found = (charge.state, charge.authorized, charge.captured, charge.refunded, charge.disputed)
    if found != wanted:
        yield f"{charge.payment_id}: our row has {found}, Stripe {wanted}"
    if totals.refunded + totals.refund_pending > totals.charged:
        yield f"{charge.payment_id}: more refunded than charged: {totals}"


def _of_events(
    control: Control,
    charge: Charge,
    payment: Mapping[str, Any],
    books: Any,
    failed: Collection[str],
) -> Iterator[str]:
    """Failures that count, each with its reason; nothing told twice."""
    ended_badly = payment["status"] == "canceled" or charge.payment_id in failed
    refused = {str(one.key) for one in RefundRequest.objects.filter(charge=charge, state="refused")}
    asked = CaptureRequest.objects.filter(charge=charge, state="refused")
    refused_acts = {str(one.key): one for one in asked}
    dead = {one["id"] for one in control.objects("refund") if one["status"] in RETURNED}
    for event in books.events:
        if event.type not in FAILURES or not event.counts or not event.reference:
            continue
        if event.type == "REFUND_FAILURE":
            fits = event.reference in refused | dead
        elif event.reference == charge.payment_id:
            fits = ended_badly or bool(refused_acts)
        else:
            fits = event.reference in refused_acts
        if not fits:
            yield f"{charge.payment_id}: a failure without a reason: {event}"
    counted = [event for event in books.events if event.counts and event.type != "INFO"]
    twice = Counter((event.type, event.reference) for event in counted)
    for (kind, reference), times in twice.items():
        if times > 1 and not kind.endswith(("_ACTION_REQUIRED", "_REQUEST")):
            yield f"{charge.payment_id}: {kind} {reference} was told {times} times"


def _of_stripe(control: Control, unit: Decimal) -> Iterator[str]:
    yield from _of_payments(control)
    yield from _of_refunds(control, unit)
    yield from _of_disputes(control, unit)


def _of_payments(control: Control) -> Iterator[str]:
    """Of what was made for one row, the buyer could pay only the one that the row names."""
    known = set(Charge.objects.exclude(payment_id="").values_list("payment_id", flat=True))
    for payment in control.objects("payment_intent"):
        paid = payment["amount_received"] or payment["amount_capturable"]
        if paid and payment["id"] not in known:
            yield f"{payment['id']}: paid, and nobody knows"


def _of_refunds(control: Control, unit: Decimal) -> Iterator[str]:
    theirs = {one["id"]: one for one in control.objects("refund")}
    ours = {one.refund_id: one for one in RefundRequest.objects.exclude(refund_id="")}
    if set(theirs) != set(ours):
        yield f"refunds at Stripe {sorted(theirs)}, here {sorted(ours)}"
        return
    for refund_id, refund in theirs.items():
        row = ours[refund_id]
        wanted = (REQUEST_STATES[refund["status"]], refund["amount"] * unit)
        if (row.state, row.amount) != wanted:
            yield f"{refund_id}: our row has {(row.state, row.amount)}, Stripe {wanted}"
        marked = refund["metadata"].get("saleor_refund", "")
        if marked != ("" if row.source == "stripe" else str(row.key)):
            yield f"{refund_id}: made for {marked or 'nobody'}, here for {row.key} ({row.source})"
    keys = Counter(one["metadata"].get("saleor_refund", "") for one in theirs.values())
    del keys[""]
    for key, times in keys.items():
        if times > 1:
            yield f"request {key} was refunded {times} times"
    made = [one for one in control.calls("POST", "/v1/refunds") if one.status == 200]
    fresh = {one.idempotency_key for one in made if not one.replayed}
    if len(fresh) > sum(keys.values()):
        yield f"{len(fresh)} keys refunded {sum(keys.values())} requests"


def _of_disputes(control: Control, unit: Decimal) -> Iterator[str]:
    theirs = {one["id"]: one for one in control.objects("dispute")}
    ours = {one.dispute_id: one for one in Dispute.objects.all()}
    if set(theirs) != set(ours):
        yield f"disputes at Stripe {sorted(theirs)}, here {sorted(ours)}"
        return
    for dispute_id, dispute in theirs.items():
        row = ours[dispute_id]
        moved = [one["amount"] for one in dispute["balance_transactions"]]
        wanted = (
            dispute["status"],
            dispute["amount"] * unit,
            -sum(one for one in moved if one < 0) * unit,
            sum(one for one in moved if one > 0) * unit,
        )
        found = (row.raw_state, row.amount, row.withdrawn, row.reinstated)
        if found != wanted:
            yield f"{dispute_id}: our row has {found}, Stripe {wanted}"


def _of_jobs() -> Iterator[str]:
    # Staff gave up a dispute that the bank had decided meanwhile: they are told.
    told = {"kind": "dispute.answer", "status": "parked", "error_code": "DISPUTE_MOVED_ON"}
    for job in Job.objects.exclude(status="done").exclude(**told):
        yield f"job {job.kind} {job.subject} is {job.status}: {job.error_code} {job.problem}"
    for model in (CaptureRequest, RefundRequest):
        for row in model.objects.filter(state__in=OPEN):
            yield f"{model.__name__} {row.key} is {row.state}: {row.error_code}"
