"""Refunds: what may be refunded, and how a refund ends (reference: refunds)."""

from __future__ import annotations

from collections.abc import Mapping

from saleor_tiktok_stripe.sandbox.stripe import disputes
from saleor_tiktok_stripe.sandbox.stripe.buyer_methods import Method
from saleor_tiktok_stripe.sandbox.stripe.currencies import check_fineness, words
from saleor_tiktok_stripe.sandbox.stripe.errors import refused
from saleor_tiktok_stripe.sandbox.stripe.events import emit
from saleor_tiktok_stripe.sandbox.stripe.expand import expandable
from saleor_tiktok_stripe.sandbox.stripe.hooks import charge_refunded
from saleor_tiktok_stripe.sandbox.stripe.money import book
from saleor_tiktok_stripe.sandbox.stripe.world import Account, Object

SETTLES_AFTER = 3600
FAILS_AFTER = 3600
REFERENCE_AFTER = 300
FAILURE_REASONS = (
    "lost_or_stolen_card",
    "expired_or_canceled_card",
    "charge_for_pending_refund_disputed",
    "insufficient_funds",
    "declined",
    "merchant_request",
    "unknown",
)
_DEAD = frozenset({"failed", "canceled"})

expandable(
    "refund",
    balance_transaction="balance_transaction",
    charge="charge",
    failure_balance_transaction="balance_transaction",
    payment_intent="payment_intent",
)


def check(account: Account, charge: Object, amount: int | None) -> int:
    """The amount to refund (default: all that is left); refuses as Stripe does."""
    if charge["status"] != "succeeded":
        raise refused(f"Charge {charge['id']} is not a successful charge; nothing to refund.")
    if not charge["captured"]:
        raise refused(
            f"Charge {charge['id']} has not been captured. To release the authorized funds, "
            "cancel its PaymentIntent.",
        )
    if disputes.charged_back(account, charge["id"]):
        raise refused(
            f"Charge {charge['id']} has been charged back; cannot issue a refund.",
            "charge_disputed",
        )
    left = charge["amount_captured"] - charge["amount_refunded"]
    if left <= 0:
        raise refused(
            f"Charge {charge['id']} has already been refunded.", "charge_already_refunded"
        )
    wanted = left if amount is None else amount
    if wanted > left:
        currency = charge["currency"]
        raise refused(
            f"Refund amount ({words(wanted, currency)}) is greater than unrefunded amount on "
            f"charge ({words(left, currency)})",
            None,
            "amount",
        )
    check_fineness(wanted, charge["currency"])
    return wanted


def make(
    account: Account,
    charge: Object,
    amount: int,
    *,
    reason: str | None = None,
    metadata: Mapping[str, str] | None = None,
    outcome: str = "",
) -> Object:
    """Refund a part of a charge. `outcome` (succeeded, pending, failed = first succeeded)
    decides instead of the buyer's method."""
    method: Method = account.note(charge["id"])["method"]
    outcome = outcome or (method.refund if method.type == "card" else "pending")
    refund = account.put(_new(account, charge, amount, reason, dict(metadata or {})))
    account.note(charge["id"]).setdefault("refunds", []).append(refund["id"])
    row = book(
        account,
        "refund" if method.type == "card" else "payment_refund",
        -amount,
        charge["currency"],
        refund["id"],
        description=f"REFUND FOR CHARGE ({charge['description'] or charge['id']})",
        available_after=0,
    )
    refund["balance_transaction"] = row["id"]
    if outcome == "pending":
        refund.update(status="pending", pending_reason="processing")
    _count(charge, amount)
    emit(account, "refund.created", refund)
    emit(
        account, "charge.refunded", charge, {"amount_refunded": charge["amount_refunded"] - amount}
    )
    charge_refunded(account, charge)
    if outcome == "pending":
        account.later(SETTLES_AFTER, lambda: succeed(account, refund))
    elif outcome == "failed":
        account.later(FAILS_AFTER, lambda: fail(account, refund, "expired_or_canceled_card"))
    else:
        account.later(REFERENCE_AFTER, lambda: _give_reference(account, refund))
    return refund


def _new(
    account: Account, charge: Object, amount: int, reason: str | None, metadata: dict[str, str]
) -> Object:
    type_ = charge["payment_method_details"]["type"]
    details: Object = {"type": type_, type_: {}}
    if type_ == "card":
        details["card"] = {
            "reference_status": "pending",
            "reference_type": "acquirer_reference_number",
            "type": "refund",
        }
    return {
        "id": account.new_id("re" if type_ == "card" else "pyr"),
        "object": "refund",
        "amount": amount,
        "balance_transaction": None,
        "charge": charge["id"],
        "created": account.now(),
        "currency": charge["currency"],
        "customer": None,
        "customer_account": None,
        "destination_details": details,
        "metadata": metadata,
        "payment_intent": charge["payment_intent"],
        "payment_method": charge["payment_method"],
        "reason": reason,
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "succeeded",
        "transfer_reversal": None,
    }


def _count(charge: Object, amount: int) -> None:
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] >= charge["amount_captured"]


def _updated(account: Account, refund: Object, previous: Object) -> None:
    emit(account, "refund.updated", refund, previous)
    emit(account, "charge.refund.updated", refund, previous)


def _give_reference(account: Account, refund: Object) -> None:
    card = refund["destination_details"].get("card")
    if refund["status"] != "succeeded" or not card:
        return
    card.update(reference="74859365" + refund["id"][-3:], reference_status="available")
    _updated(account, refund, {"destination_details": {"card": {"reference_status": "pending"}}})


def succeed(account: Account, refund: Object) -> None:
    """A pending refund arrives; nothing happens to one that is not pending any more."""
    if refund["status"] != "pending":
        return
    refund["status"] = "succeeded"
    refund.pop("pending_reason", None)
    _updated(account, refund, {"status": "pending", "pending_reason": "processing"})


def fail(account: Account, refund: Object, reason: str) -> None:
    """A refund fails, also one that had succeeded: the money comes back to the balance."""
    if refund["status"] in _DEAD:
        return
    former = refund["status"]
    charge = account.get("charge", refund["charge"])
    card = charge["payment_method_details"]["type"] == "card"
    row = book(
        account,
        "refund_failure" if card else "payment_failure_refund",
        refund["amount"],
        refund["currency"],
        refund["id"],
        description=f"REFUND FAILURE FOR CHARGE ({charge['description'] or charge['id']})",
        available_after=0,
    )
    refund.update(status="failed", failure_reason=reason, failure_balance_transaction=row["id"])
    refund.pop("pending_reason", None)
    _count(charge, -refund["amount"])
    emit(account, "refund.failed", refund, {"status": former})
    _updated(account, refund, {"status": former})
    charge_refunded(account, charge)
