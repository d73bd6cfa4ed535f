"""Refunds: what may be refunded, and how a refund ends (reference: refunds)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from saleor_tiktok_stripe.sandbox.stripe import disputes
from saleor_tiktok_stripe.sandbox.stripe.buyer_methods import Method
from saleor_tiktok_stripe.sandbox.stripe.currencies import check_fineness, words
from saleor_tiktok_stripe.sandbox.stripe.errors import refused
from saleor_tiktok_stripe.sandbox.stripe.events import emit
from saleor_tiktok_stripe.sandbox.stripe.expand import expandable
from saleor_tiktok_stripe.sandbox.stripe.hooks import charge_refunded
from saleor_tiktok_stripe.sandbox.stripe.money import DAY, book
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
_UNDER_WAY = frozenset({"pending", "requires_action"})

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
    """Refund a part of a charge. `outcome` (pending, requires_action, succeeded, or failed
    = first succeeded) decides instead of the buyer's method."""
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
    refund.update(_begin(account, outcome))
    _count(charge, amount)
    emit(account, "refund.created", refund)
    emit(
        account, "charge.refunded", charge, {"amount_refunded": charge["amount_refunded"] - amount}
    )
    charge_refunded(account, charge)
    if outcome in _NEXT:
        after, follow = _NEXT[outcome]
        account.later(after, lambda: follow(account, refund))
    return refund


def _begin(account: Account, outcome: str) -> Object:
    if outcome == "pending":
        return {"status": "pending", "pending_reason": "processing"}
    if outcome == "requires_action":
        sent = {"email_sent_at": account.now(), "email_sent_to": "buyer@shop.example"}
        details = {"email_sent": sent, "expires_at": account.now() + 45 * DAY}
        action = {"type": "display_details", "display_details": details}
        return {"status": "requires_action", "next_action": action}
    return {}


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
    """A refund under way arrives; nothing happens to one that has ended."""
    if refund["status"] not in _UNDER_WAY:
        return
    former = _ended(refund, "succeeded")
    _updated(account, refund, former)


def fail(account: Account, refund: Object, reason: str) -> None:
    """A refund fails, also one that had succeeded: the money comes back to the balance."""
    if refund["status"] in _DEAD:
        return
    refund["failure_reason"] = reason
    _give_back(account, refund, "failed")


def cancel(account: Account, refund: Object) -> None:
    """A refund that waits for its buyer is given up; any other cannot be."""
    if refund["status"] != "requires_action":
        raise refused("Canceling this refund is unsupported.")
    _give_back(account, refund, "canceled")


def _ended(refund: Object, status: str) -> Object:
    former = {"status": refund["status"]}
    for name in ("pending_reason", "next_action"):
        if name in refund:
            former[name] = refund.pop(name)
    refund["status"] = status
    return former


def _give_back(account: Account, refund: Object, status: str) -> None:
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
    refund["failure_balance_transaction"] = row["id"]
    former = _ended(refund, status)
    _count(charge, -refund["amount"])
    if status == "failed":
        emit(account, "refund.failed", refund, former)
    _updated(account, refund, former)
    charge_refunded(account, charge)


# How a refund goes on after it was made: after how many seconds, and how.
_NEXT: Mapping[str, tuple[int, Callable[[Account, Object], None]]] = {
    "pending": (SETTLES_AFTER, succeed),
    "failed": (FAILS_AFTER, lambda account, refund: fail(account, refund, FAILURE_REASONS[1])),
    "succeeded": (REFERENCE_AFTER, _give_reference),
}
