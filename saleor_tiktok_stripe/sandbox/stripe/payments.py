"""The life of a PaymentIntent (reference: statuses): attempts, capture, cancel, expiry."""

from __future__ import annotations

from typing import Any

from saleor_tiktok_stripe.sandbox.stripe import charges
from saleor_tiktok_stripe.sandbox.stripe.buyer_methods import CAPTURE_LATER, REDIRECTS, Decline
from saleor_tiktok_stripe.sandbox.stripe.errors import (
    INVALID,
    StripeError,
    invalid,
)
from saleor_tiktok_stripe.sandbox.stripe.events import copied, emit
from saleor_tiktok_stripe.sandbox.stripe.payment_methods import behaviour
from saleor_tiktok_stripe.sandbox.stripe.world import Account, Object

CONFIRMABLE = ("requires_payment_method", "requires_confirmation", "requires_action")
CANCELABLE = (
    "requires_payment_method",
    "requires_capture",
    "requires_confirmation",
    "requires_action",
)
_AUTHENTICATION_FAILED = (
    "The provided PaymentMethod has failed authentication. You can provide payment_method_data or "
    "a new PaymentMethod to attempt to fulfill this PaymentIntent again."
)


def unexpected(payment: Object, said: str) -> StripeError:
    """400 payment_intent_unexpected_state; the error carries the payment."""
    return StripeError(
        400,
        INVALID,
        "payment_intent_unexpected_state",
        message=said,
        payment_intent=copied(payment),
    )


def only_in(payment: Object, allowed: tuple[str, ...], doing: str, done: str) -> None:
    """Refuse what the payment's status does not allow."""
    if payment["status"] not in allowed:
        raise unexpected(
            payment,
            f"{doing} because it has a status of {payment['status']}. Only a PaymentIntent with "
            f"one of the following statuses may be {done}: {', '.join(allowed)}.",
        )


def captures_later(payment: Object, type_: str) -> bool:
    """Whether paying with a method of this type only holds the money."""
    own = (payment["payment_method_options"].get(type_) or {}).get("capture_method")
    return type_ in CAPTURE_LATER and "manual" in (own, payment["capture_method"])


def confirm(
    account: Account, payment: Object, payment_method: Object, options: dict[str, Any]
) -> None:
    """Let the buyer's attempt begin; StripeError 402 for a decline (the payment stays open).

    `options`: return_url, off_session, error_on_requires_action.
    """
    type_ = payment_method["type"]
    if type_ not in payment["payment_method_types"]:
        raise invalid(
            f"The PaymentMethod provided ({type_}) is not allowed for this PaymentIntent. Please "
            "attach an allowed PaymentMethod and try again.",
            "payment_method",
        )
    payment.update(payment_method=payment_method["id"], last_payment_error=None, next_action=None)
    method = behaviour(account, payment_method["id"])
    if not method.authentication:
        attempt(account, payment)
        return
    if options.get("off_session") or options.get("error_on_requires_action"):
        said = "Your card was declined. This transaction requires authentication."
        decline = Decline("authentication_required", "authentication_required", said)
        _declined(account, payment, decline)
    _ask_buyer(account, payment, type_, options.get("return_url"))


def _ask_buyer(account: Account, payment: Object, type_: str, return_url: str | None) -> None:
    page = f"{account.world.base_url}/pages/authenticate/{account.id}/{payment['id']}"
    if return_url or type_ in REDIRECTS:
        action = {
            "redirect_to_url": {"return_url": return_url, "url": page},
            "type": "redirect_to_url",
        }
    else:
        action = {
            "type": "use_stripe_sdk",
            "use_stripe_sdk": {"type": "three_d_secure_redirect", "stripe_js": page},
        }
    payment.update(status="requires_action", next_action=action)
    account.note(payment["id"])["return_url"] = return_url
    emit(account, "payment_intent.requires_action", payment)


def authenticated(account: Account, payment: Object, *, passed: bool) -> None:
    """The buyer went through the bank's page, or failed there."""
    if payment["status"] != "requires_action":
        raise unexpected(payment, "This PaymentIntent does not wait for its buyer.")
    payment["next_action"] = None
    if not passed:
        method = account.get("payment_method", payment["payment_method"])
        _open_again(
            account,
            payment,
            {
                "code": "payment_intent_authentication_failure",
                "message": _AUTHENTICATION_FAILED,
                "payment_method": copied(method),
                "type": INVALID,
            },
        )
        return
    try:
        attempt(account, payment, was_authenticated=True)
    except StripeError as declined:
        # The buyer's page knows no error: the payment itself tells it.
        if declined.status != 402:
            raise


def attempt(account: Account, payment: Object, *, was_authenticated: bool = False) -> None:
    """Charge the payment's method now; StripeError 402 for a decline."""
    payment_method = account.get("payment_method", payment["payment_method"])
    method = behaviour(account, payment_method["id"])
    if method.decline and not method.delay:
        _declined(account, payment, method.decline)
    charge = charges.new(account, payment, payment_method, was_authenticated)
    payment["latest_charge"] = charge["id"]
    if method.delay:
        payment.update(status="processing", processing=None)
        emit(account, "charge.pending", charge)
        emit(account, "payment_intent.processing", payment)
        account.later(method.delay, lambda: settle(account, payment))
    elif captures_later(payment, method.type):
        _authorized(account, payment, charge)
    else:
        _received(account, payment, charge, payment["amount"])


def settle(account: Account, payment: Object, *, outcome: bool | None = None) -> None:
    """A delayed method's end: the money comes or does not (`outcome` decides against the method).
    Nothing happens to a payment that is not processing any more."""
    if payment["status"] != "processing":
        return
    charge = account.get("charge", payment["latest_charge"])
    decline = behaviour(account, payment["payment_method"]).decline
    comes = decline is None if outcome is None else outcome
    if comes:
        _received(account, payment, charge, payment["amount"])
        return
    said = "The customer's bank refused the payment."
    decline = decline or Decline("payment_intent_payment_attempt_failed", "generic_decline", said)
    charges.fail(account, charge, decline)
    _open_again(account, payment, _payment_error(account, payment, decline, charge["id"]))


def _declined(account: Account, payment: Object, decline: Decline) -> None:
    payment_method = account.get("payment_method", payment["payment_method"])
    charge = charges.new(account, payment, payment_method)
    payment["latest_charge"] = charge["id"]
    charges.fail(account, charge, decline)
    error = _payment_error(account, payment, decline, charge["id"])
    _open_again(account, payment, error)
    extra = {name: value for name, value in error.items() if name in {"charge", "payment_method"}}
    if decline.decline_code:
        extra["decline_code"] = decline.decline_code
    raise StripeError(
        402,
        "card_error",
        decline.code,
        message=decline.message,
        payment_intent=copied(payment),
        **extra,
    )


def _payment_error(
    account: Account, payment: Object, decline: Decline, charge_id: str
) -> dict[str, Any]:
    payment_method = account.get("payment_method", payment["payment_method"])
    error = {
        "charge": charge_id,
        "code": decline.code,
        "doc_url": f"https://stripe.com/docs/error-codes/{decline.code.replace('_', '-')}",
        "message": decline.message,
        "payment_method": copied(payment_method),
        "type": "card_error" if payment_method["type"] == "card" else INVALID,
    }
    if decline.decline_code:
        error["decline_code"] = decline.decline_code
    return error


def _open_again(account: Account, payment: Object, error: dict[str, Any]) -> None:
    payment.update(
        status="requires_payment_method",
        payment_method=None,
        last_payment_error=error,
        processing=None,
    )
    emit(account, "payment_intent.payment_failed", payment)


def _authorized(account: Account, payment: Object, charge: Object) -> None:
    charges.authorize(account, charge)
    payment.update(status="requires_capture", amount_capturable=payment["amount"])
    emit(account, "payment_intent.amount_capturable_updated", payment)
    account.later(charges.AUTHORIZATION_LASTS, lambda: expire(account, payment))


def _received(account: Account, payment: Object, charge: Object, amount: int) -> None:
    charges.take(account, charge, amount)
    payment.update(status="succeeded", amount_received=amount, amount_capturable=0, processing=None)
    emit(account, "payment_intent.succeeded", payment)


def capture(account: Account, payment: Object, amount: int | None) -> None:
    """Take what is held, or a part of it; the rest is released."""
    only_in(payment, ("requires_capture",), "This PaymentIntent could not be captured", "captured")
    most = payment["amount_capturable"]
    if amount is not None and amount > most:
        raise StripeError(
            400,
            INVALID,
            "amount_too_large",
            "amount_to_capture",
            f"The amount_to_capture ({amount}) must be less than or equal to the amount that can "
            f"be captured ({most}).",
        )
    charge = account.get("charge", payment["latest_charge"])
    _received(account, payment, charge, most if amount is None else amount)


def cancel(account: Account, payment: Object, reason: str | None) -> None:
    """Give up the payment; what was held is released."""
    only_in(payment, CANCELABLE, "You cannot cancel this PaymentIntent", "canceled")
    _canceled(account, payment, reason, expired=False)


def expire(account: Account, payment: Object) -> None:
    """An authorization runs out; nothing happens when it was captured or canceled meanwhile."""
    if payment["status"] == "requires_capture":
        _canceled(account, payment, "automatic", expired=True)


def _canceled(account: Account, payment: Object, reason: str | None, *, expired: bool) -> None:
    if payment["status"] == "requires_capture":
        charge = account.get("charge", payment["latest_charge"])
        charges.release(account, charge, expired=expired)
    payment.update(
        status="canceled",
        amount_capturable=0,
        canceled_at=account.now(),
        cancellation_reason=reason,
        next_action=None,
    )
    emit(account, "payment_intent.canceled", payment)
