"""From facts to the texts of evidence. Pure; people read and change it before it is sent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from ...saleor_api.transactions import OrderFacts
from ...saleor_api.types import AddressData
from ..words import money
from .facts import EvidenceFacts, OtherCharge
from .limits import TEXT_LIMIT

_CHECKS: Final = {
    "cvc_check": "Card security code (CVC)",
    "address_line1_check": "Street address (AVS)",
    "address_postal_code_check": "Postal code (AVS)",
    "three_d_secure": "3-D Secure",
}
_RESULTS: Final = {
    "pass": "confirmed by the bank",
    "fail": "not confirmed by the bank",
    "unavailable": "not checked by the bank",
    "unchecked": "not checked",
    "authenticated": "the cardholder was authenticated",
    "attempt_acknowledged": "attempted, acknowledged by the bank",
    "exempted": "exempted by the bank",
    "failed": "failed",
    "not_supported": "not supported by the card",
    "processing_error": "not completed",
}
_TOLD: Final = frozenset({"pass", "authenticated", "attempt_acknowledged", "exempted"})
"""Results that speak for the merchant; the others are left out."""


def fill(facts: EvidenceFacts) -> dict[str, str]:
    """Texts by Stripe's field names; what is not known is missing."""
    texts = {
        "uncategorized_text": _narrative(facts),
        "customer_purchase_ip": facts.buyer_ip,
    }
    if facts.order is not None:
        texts |= _of_order(facts.order)
    if facts.reason == "duplicate":
        texts |= _of_duplicate(facts)
    if facts.reason == "credit_not_processed" and facts.refunds:
        texts["refund_refusal_explanation"] = _refunds(facts)
    return {name: text[:TEXT_LIMIT] for name, text in texts.items() if text}


def _of_order(order: OrderFacts) -> dict[str, str]:
    shipped = [each for each in order.shipments if each.tracking_number or each.carrier]
    dates = dict.fromkeys(f"{each.shipped_at:%Y-%m-%d}" for each in order.shipments)
    return {
        "product_description": product_description(order),
        "customer_name": order.customer_name,
        "customer_email_address": order.email,
        "billing_address": address(order.billing_address),
        "shipping_address": address(order.shipping_address),
        "shipping_carrier": _joined(each.carrier for each in shipped),
        "shipping_tracking_number": _joined(each.tracking_number for each in shipped),
        "shipping_date": ", ".join(dates),
    }


def product_description(order: OrderFacts) -> str:
    """The order's lines as a bank's reader wants them."""
    lines = [
        f"{line.quantity} x {line.name}{f' ({line.sku})' if line.sku else ''}: "
        f"{money(line.total_gross, order.currency)}"
        for line in order.lines
    ]
    if order.shipping_gross:
        lines.append(f"Shipping: {money(order.shipping_gross, order.currency)}")
    head = f"Order {order.number} of {order.created_at:%Y-%m-%d}"
    return "\n".join([head, *lines, f"Total: {money(order.total_gross, order.currency)}"])


def address(given: AddressData | None) -> str:
    """One line per part, as on a parcel."""
    if given is None:
        return ""
    town = " ".join(filter(None, (given.postal_code, given.city, given.country_area)))
    parts = (
        f"{given.first_name} {given.last_name}".strip(),
        given.company_name,
        given.street_address_1,
        given.street_address_2,
        given.city_area,
        town,
        given.country,
    )
    return "\n".join(part for part in parts if part)


def checks(found: Mapping[str, str]) -> list[str]:
    """The bank's own checks that speak for the merchant, one line each."""
    return [
        f"{name}: {_RESULTS[found[key]]}"
        for key, name in _CHECKS.items()
        if found.get(key) in _TOLD
    ]


def _narrative(facts: EvidenceFacts) -> str:
    lines = []
    if facts.order is not None:
        lines.append(
            f"Order {facts.order.number} was placed on {_day(facts.order.created_at)} for "
            f"{money(facts.order.total_gross, facts.order.currency)}."
        )
    paid = f" on {_day(facts.paid_at)}" if facts.paid_at else ""
    lines.append(
        f"It was paid{paid} with {facts.method}: {money(facts.paid_amount, facts.paid_currency)} "
        f"(payment {facts.charge_id or facts.payment_id})."
    )
    lines += [f"{check}." for check in checks(facts.checks)]
    if facts.order is not None:
        for each in facts.order.shipments:
            carrier = f" with {each.carrier}" if each.carrier else ""
            number = f", tracking number {each.tracking_number}" if each.tracking_number else ""
            lines.append(f"Shipped on {_day(each.shipped_at)}{carrier}{number}.")
    if facts.refunds:
        lines.append(_refunds(facts))
    return "\n".join(lines)


def _refunds(facts: EvidenceFacts) -> str:
    return "\n".join(
        f"Refunded {money(each.amount, each.currency)} on {_day(each.at)} (refund {each.refund_id}"
        f"{f', reference {each.reference}' if each.reference else ''})."
        for each in facts.refunds
    )


def _of_duplicate(facts: EvidenceFacts) -> dict[str, str]:
    if not facts.others:
        return {}
    texts = {"duplicate_charge_id": facts.others[0].charge_id}
    own = facts.order.number if facts.order is not None else ""
    separate = [each for each in facts.others if each.order_number and each.order_number != own]
    if own and len(separate) == len(facts.others):
        # Two payments of one order may well be a duplicate: nothing is claimed then.
        lines = [f"Payment {facts.charge_id} is for order {own}.", *map(_other, separate)]
        texts["duplicate_charge_explanation"] = "\n".join([*lines, "They are separate purchases."])
    return texts


def _other(each: OtherCharge) -> str:
    paid = f", paid on {_day(each.paid_at)}" if each.paid_at else ""
    return (
        f"Payment {each.charge_id} is for order {each.order_number}: "
        f"{money(each.amount, each.currency)}{paid}."
    )


def _joined(values: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(value for value in values if value))


def _day(at: datetime) -> str:
    return f"{at:%Y-%m-%d}"
