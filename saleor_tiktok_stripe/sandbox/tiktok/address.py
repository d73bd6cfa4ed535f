"""Recipient addresses as the API shows them: readable, masked, or not there at all."""

from __future__ import annotations

from typing import Any

from saleor_tiktok_stripe.sandbox.tiktok.model import Address, Order
from saleor_tiktok_stripe.sandbox.tiktok.plan import DAY
from saleor_tiktok_stripe.sandbox.tiktok.regions import REGIONS

READABLE, MASKED, HIDDEN = "READABLE", "MASKED", "HIDDEN"
_KEPT_AFTER_COMPLETION = 30 * DAY


def visibility(order: Order, now: int) -> str:
    """Whether the address of an order is readable, masked or hidden, by state and shipping type."""
    united_states = order.region == "US"
    if order.status in {"UNPAID", "ON_HOLD"}:
        return HIDDEN
    if order.status == "CANCELLED":
        if united_states:
            return MASKED
        if now - order.cancel_time > _KEPT_AFTER_COMPLETION:
            return HIDDEN
    old = order.status == "COMPLETED" and now - order.end_time > _KEPT_AFTER_COMPLETION
    if united_states and old:
        return MASKED
    by_platform = order.platform_fulfilled or order.shipping_type == "TIKTOK"
    return MASKED if by_platform else READABLE


def masked_words(words: str) -> str:
    """`140 Sample Road` becomes `1** S** R**`."""
    return " ".join(word[0] + "**" for word in words.split())


def _masked_name(name: str) -> str:
    return f"{name[:1]}***"


def _masked_phone(phone: str) -> str:
    head, _, digits = phone.partition(")")
    return f"{head}){digits[:3]}*****{digits[-2:]}"


def _districts(address: Address, country: str, code: str) -> list[dict[str, str]]:
    levels = (
        ("L0", "Country", country, code),
        ("L1", "State", address.state, address.state_code),
        ("L2", "County", address.county, ""),
        ("L3", "City", address.city, ""),
    )
    return [
        {
            "address_level_name": level_name,
            "address_name": name,
            "address_level": level,
            "iso_code": iso,
        }
        for level, level_name, name, iso in levels
    ]


def _block(region: str, **values: str) -> dict[str, Any]:
    empty = (
        "name", "first_name", "last_name", "first_name_local_script", "last_name_local_script",
        "phone_number", "full_address", "address_detail", "address_line1", "address_line2",
        "address_line3", "address_line4", "postal_code", "post_town",
    )  # fmt: skip
    return {key: values.get(key, "") for key in empty} | {"region_code": region}


def shown(order: Order, now: int, force: str = "") -> dict[str, Any]:
    """The `recipient_address` block; `force` overrides the masking rules."""
    how = force or visibility(order, now)
    if how == HIDDEN:
        return _block(order.region)
    address, market = order.address, REGIONS[order.region]
    street = f"{address.street} {address.extra}".strip()
    first, last, phone = address.first_name, address.last_name, address.phone
    line1, line2, postal = address.street, address.extra, address.postal_code
    if how == MASKED:
        street, line1, line2 = masked_words(street), masked_words(street), ""
        first, last, phone = _masked_name(first), _masked_name(last), _masked_phone(phone)
        if order.index % 3 == 0:
            postal = f"{postal[:2]}***"
    where = ", ".join((market.country, address.state, address.county, address.city, street))
    block = _block(
        order.region,
        name=f"{first} {last}",
        first_name=first,
        last_name=last,
        phone_number=phone,
        full_address=where,
        address_detail=street,
        address_line1=line1,
        address_line2=line2,
        postal_code=postal,
        post_town=address.city if order.region == "GB" else "",
    )
    block["district_info"] = _districts(address, market.country, order.region)
    block["delivery_preferences"] = {"drop_off_location": ""}
    return block
