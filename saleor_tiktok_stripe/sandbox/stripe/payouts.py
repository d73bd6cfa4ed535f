"""Payouts as they live: made of what is available, reconciled, arrived or failed."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from saleor_tiktok_stripe.sandbox.stripe import money
from saleor_tiktok_stripe.sandbox.stripe.events import emit
from saleor_tiktok_stripe.sandbox.stripe.payout_batches import Entry, batches
from saleor_tiktok_stripe.sandbox.stripe.world import Account, Object

DAY = 86_400
RECONCILED_AFTER = 3600
ARRIVES_AFTER = 2 * DAY


def _unpaid(account: Account) -> Iterator[Entry]:
    for row in account.of("balance_transaction"):
        if "payout" not in account.note(row["id"]):
            yield Entry(row["id"], row["net"], row["currency"], row["available_on"])


def members(account: Account, payout_id: str) -> list[Object]:
    """What an automatic payout is made of, oldest first: the payout's own row is among it."""
    return [
        row
        for row in account.of("balance_transaction")
        if account.note(row["id"]).get("payout") == payout_id
    ]


def pay_out(account: Account, arrives_after: int = ARRIVES_AFTER) -> list[Object]:
    """The automatic payouts of now, one per currency in which something is available.

    An hour later its members can be listed, `arrives_after` seconds later it is paid.
    """
    made = []
    for batch in batches(_unpaid(account), account.now()):
        payout = _start(account, batch.amount, batch.currency, arrives_after, automatic=True)
        for id_ in (*batch.members, payout["balance_transaction"]):
            account.note(id_)["payout"] = payout["id"]
        account.later(RECONCILED_AFTER, partial(_reconcile, account, payout))
        made.append(payout)
    return made


def pay_out_by_hand(
    account: Account, amount: int, currency: str, arrives_after: int = ARRIVES_AFTER
) -> Object:
    """A payout that the merchant asked for: what it is made of is not told."""
    return _start(account, amount, currency, arrives_after, automatic=False)


def _start(
    account: Account, amount: int, currency: str, arrives_after: int, *, automatic: bool
) -> Object:
    payout = account.put(
        {
            "id": account.new_id("po"),
            "object": "payout",
            "amount": amount,
            "application_fee": None,
            "application_fee_amount": None,
            "arrival_date": account.now() + arrives_after,
            "automatic": automatic,
            "balance_transaction": None,
            "created": account.now(),
            "currency": currency,
            "description": "STRIPE PAYOUT",
            "destination": f"ba_1{account.id[6:]}",
            "failure_balance_transaction": None,
            "failure_code": None,
            "failure_message": None,
            "livemode": account.livemode,
            "metadata": {},
            "method": "standard",
            "original_payout": None,
            "payout_method": None,
            "reconciliation_status": "in_progress" if automatic else "not_applicable",
            "reversed_by": None,
            "source_type": "card",
            "statement_descriptor": None,
            "status": "in_transit",
            "trace_id": {"status": "pending", "value": None},
            "type": "bank_account",
        }
    )
    row = money.book(
        account, "payout", -amount, currency, payout["id"], description="STRIPE PAYOUT",
        available_after=0,
    )  # fmt: skip
    payout["balance_transaction"] = row["id"]
    emit(account, "payout.created", payout)
    account.later(arrives_after, lambda: _arrive(account, payout))
    return payout


def _reconcile(account: Account, payout: Object) -> None:
    payout["reconciliation_status"] = "completed"
    emit(account, "payout.reconciliation_completed", payout)


def _arrive(account: Account, payout: Object) -> None:
    if payout["status"] == "in_transit":
        payout["status"] = "paid"
        emit(account, "payout.paid", payout)


def fail(account: Account, payout: Object, code: str, message: str) -> None:
    """The bank sends the money back, also days after it was paid; it goes out with a later one."""
    row = money.book(
        account, "payout_failure", payout["amount"], payout["currency"], payout["id"],
        description="PAYOUT FAILURE", available_after=0,
    )  # fmt: skip
    payout.update(
        failure_balance_transaction=row["id"],
        failure_code=code,
        failure_message=message,
        status="failed",
    )
    emit(account, "payout.failed", payout)
