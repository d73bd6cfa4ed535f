"""Charges: what a payment's attempt did, its money and its refusals."""

from __future__ import annotations

from typing import Any

from saleor_tiktok_stripe.sandbox.stripe.buyer_methods import Decline, Method
from saleor_tiktok_stripe.sandbox.stripe.events import emit
from saleor_tiktok_stripe.sandbox.stripe.expand import expandable, includable
from saleor_tiktok_stripe.sandbox.stripe.hooks import charge_taken
from saleor_tiktok_stripe.sandbox.stripe.money import AVAILABLE_AFTER, DAY, book, card_fee
from saleor_tiktok_stripe.sandbox.stripe.paging import listing
from saleor_tiktok_stripe.sandbox.stripe.payment_methods import bank_facts, behaviour, card_facts
from saleor_tiktok_stripe.sandbox.stripe.world import Account, Object

AUTHORIZATION_LASTS = 7 * DAY
_UNAVAILABLE = {"status": "unavailable"}
_NO_AUTHENTICATION = dict.fromkeys(
    (
        "authentication_flow", "electronic_commerce_indicator", "exemption_indicator", "result",
        "result_reason", "transaction_id", "version",
    )
)  # fmt: skip

expandable(
    "charge",
    balance_transaction="balance_transaction",
    customer="customer",
    failure_balance_transaction="balance_transaction",
    payment_intent="payment_intent",
    review="review",
    transfer="transfer",
)


def refunds_of(account: Account, charge_id: str) -> list[Object]:
    """The refunds of a charge, newest first."""
    ids = account.note(charge_id).get("refunds", [])
    return [account.objects["refund"][id_] for id_ in reversed(ids)]


def _refunds(account: Account, charge: Object) -> Object:
    return listing(
        refunds_of(account, charge["id"])[:10],
        f"/v1/charges/{charge['id']}/refunds",
        len(account.note(charge["id"]).get("refunds", [])) > 10,
    )


includable("charge", "refunds", _refunds)


def _card_details(method: Method, payment: Object, authenticated: bool) -> Object:
    three_d_secure = None
    if authenticated:
        three_d_secure = {
            **_NO_AUTHENTICATION,
            "authentication_flow": "challenge",
            "electronic_commerce_indicator": "05",
            "result": "authenticated",
            "version": "2.2.0",
        }
    return {
        **card_facts(method),
        "amount_authorized": payment["amount"],
        "authorization_code": "123456",
        "extended_authorization": {"status": "disabled"},
        "incremental_authorization": _UNAVAILABLE,
        "installments": None,
        "mandate": None,
        "multicapture": _UNAVAILABLE,
        "network": method.brand,
        "network_token": {"used": False},
        "network_transaction_id": "741852963741852",
        "overcapture": {"maximum_amount_capturable": payment["amount"], "status": "unavailable"},
        "three_d_secure": three_d_secure,
        "transaction_link_id": None,
    }


def _outcome(decline: Decline | None) -> Object:
    reason = decline and (decline.decline_code or decline.code)
    return {
        "advice_code": "try_again_later" if decline else None,
        "network_advice_code": None,
        "network_decline_code": "05" if decline else None,
        "network_status": "declined_by_network" if decline else "approved_by_network",
        "reason": reason,
        "risk_level": "normal",
        "risk_score": 24,
        "seller_message": (
            "The bank did not return any further details with this decline."
            if decline
            else "Payment complete."
        ),
        "type": "issuer_declined" if decline else "authorized",
    }


def new(
    account: Account, payment: Object, payment_method: Object, authenticated: bool = False
) -> Object:
    """A charge of a payment, not yet decided (pending)."""
    method = behaviour(account, payment_method["id"])
    details: Any = bank_facts(method)
    if method.type == "card":
        details = _card_details(method, payment, authenticated)
    id_ = account.new_id("py" if method.type != "card" else "ch")
    charge = account.put(
        {
            "id": id_,
            "object": "charge",
            "amount": payment["amount"],
            "amount_captured": 0,
            "amount_refunded": 0,
            "application": None,
            "application_fee": None,
            "application_fee_amount": None,
            "balance_transaction": None,
            "billing_details": payment_method["billing_details"],
            "calculated_statement_descriptor": "SANDBOX SHOP",
            "captured": False,
            "created": account.now(),
            "currency": payment["currency"],
            "customer": None,
            "description": payment["description"],
            "disputed": False,
            "failure_balance_transaction": None,
            "failure_code": None,
            "failure_message": None,
            "fraud_details": {},
            "livemode": account.livemode,
            "metadata": dict(payment["metadata"]),
            "on_behalf_of": None,
            "outcome": _outcome(None),
            "paid": False,
            "payment_intent": payment["id"],
            "payment_method": payment_method["id"],
            "payment_method_details": {method.type: details, "type": method.type},
            "receipt_email": payment["receipt_email"],
            "receipt_number": None,
            "receipt_url": f"{account.world.base_url}/pages/receipts/{id_}",
            "refunded": False,
            "review": None,
            "shipping": payment["shipping"],
            "source": None,
            "source_transfer": None,
            "statement_descriptor": payment["statement_descriptor"],
            "statement_descriptor_suffix": payment["statement_descriptor_suffix"],
            "status": "pending",
            "transfer_data": None,
            "transfer_group": None,
        }
    )
    account.note(id_)["method"] = method
    return charge


def fail(account: Account, charge: Object, decline: Decline) -> None:
    """The attempt was declined."""
    charge.update(
        status="failed",
        failure_code=decline.code,
        failure_message=decline.message,
        outcome=_outcome(decline),
    )
    emit(account, "charge.failed", charge)


def authorize(account: Account, charge: Object) -> None:
    """The money is held, not taken."""
    charge.update(status="succeeded", paid=True)
    card = charge["payment_method_details"].get("card")
    if card is not None:
        card["capture_before"] = account.now() + AUTHORIZATION_LASTS
    emit(account, "charge.succeeded", charge)


def take(account: Account, charge: Object, amount: int) -> None:
    """The money is taken: all of it at once, or `amount` of what was held."""
    held = charge["paid"]
    charge.update(status="succeeded", paid=True, captured=True, amount_captured=amount)
    if account.balance_delay:
        account.later(account.balance_delay, lambda: _book_late(account, charge))
    else:
        _book(account, charge)
    emit(account, "charge.captured" if held else "charge.succeeded", charge)
    charge_taken(account, charge, account.note(charge["id"])["method"].name)


def _book(account: Account, charge: Object) -> None:
    method: Method = account.note(charge["id"])["method"]
    row = book(
        account,
        "charge" if method.type == "card" else "payment",
        charge["amount_captured"],
        charge["currency"],
        charge["id"],
        fee=card_fee(charge["amount_captured"], charge["currency"]),
        description=charge["description"],
        available_after=0 if method.bypass_pending else AVAILABLE_AFTER,
    )
    charge["balance_transaction"] = row["id"]


def _book_late(account: Account, charge: Object) -> None:
    _book(account, charge)
    emit(account, "charge.updated", charge, {"balance_transaction": None})


def release(account: Account, charge: Object, *, expired: bool) -> None:
    """What was held is given back: no money moved, and nothing is refunded."""
    if expired:
        emit(account, "charge.expired", charge)
