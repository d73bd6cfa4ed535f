"""Reason keys of cancellations and returns, by market (reference: reason keys)."""

from __future__ import annotations

from collections.abc import Mapping

OUT_OF_STOCK = "seller_cancel_reason_out_of_stock"
BUYER_ASKED_PAID = "seller_cancel_paid_reason_buyer_requested_cancellation"
_WITH_BUYER_ASKED = frozenset({"US", "DE", "ES", "FR", "IE", "IT", "BR", "JP"})
_EU = frozenset({"DE", "ES", "FR", "IE", "IT"})

SELLER_PAID: Mapping[str, str] = {
    OUT_OF_STOCK: "Out of stock",
    "seller_cancel_reason_wrong_price": "Pricing error",
    "seller_cancel_paid_reason_address_not_deliver": "Unable to deliver to buyer address",
    BUYER_ASKED_PAID: "Buyer requested cancellation",
}
SELLER_UNPAID: Mapping[str, str] = {
    f"seller_cancel_unpaid_reason_{name}": text
    for name, text in (
        ("out_of_stock", "Out of stock"),
        ("wrong_price", "Pricing error"),
        ("buyer_hasnt_paid_within_time_allowed", "Not paid in time"),
        ("buyer_requested_cancellation", "Buyer requested cancellation"),
    )
}
BUYER: Mapping[str, str] = {
    "ecom_order_to_ship_canceled_reason_no_longer_needed": "No longer needed",
    "ecom_order_to_ship_canceled_reason_created_by_mistakes": "Created by mistake",
    "ecom_order_to_ship_canceled_reason_better_price": "Better price available",
    "ecom_order_to_ship_canceled_reason_wrong_delivery_info": "Wrong delivery information",
    "ecom_order_to_ship_canceled_reason_not_shipped_on_time": "Not shipped on time",
    "ecom_order_unpaid_canceled_reason_no_longer_needed": "No longer needed",
}
SYSTEM: Mapping[str, str] = {
    "system_cancel_order_reason_shipping_timeout": "Not shipped in time",
    "system_cancel_unpaid_time_out": "Not paid in time",
    "package_lost": "Package lost",
}
RETURN: Mapping[str, str] = {
    f"ecom_order_delivered_refund_and_return_reason_{name}": text
    for name, text in (
        ("no_need", "No longer needed"),
        ("not_match_description", "Product doesn't match description"),
        ("missing_product", "Missing product or parts"),
        ("defective", "Product is defective"),
        ("wrong_product", "Wrong product was sent"),
        ("damaged", "Package or product is damaged"),
    )
}
REFUND: Mapping[str, str] = {
    f"ecom_order_delivered_refund_reason_{name}": text
    for name, text in (
        ("not_received", "Package not received"),
        ("damaged", "Package or product is damaged"),
        ("defective", "Product is defective"),
        ("none", "Other"),
    )
}
OF_KIND: Mapping[str, Mapping[str, str]] = {
    "REFUND": REFUND,
    "RETURN_AND_REFUND": RETURN,
    "REPLACEMENT": RETURN,
}
_REJECT_CANCEL = {
    "order_manage_list_action_respond_popup_reject_reason_invalid_cancellation_reason": (
        "Invalid reason for cancellation"
    ),
    "order_manage_list_action_respond_popup_reject_reason_delivered": "Product was delivered",
    "order_manage_list_action_respond_popup_reject_reason_buyer_agree": (
        "Reached agreement with buyer"
    ),
    "seller_reject_apply_product_has_been_packed": "Product has been packed",
}
_REJECT_RETURN = {
    f"reverse_reject_request_reason_{number}": text
    for number, text in enumerate(
        (
            "Evidence is not clear",
            "Buyer's reason is not true",
            "The product is as described",
            "Reached agreement with buyer",
            "The product cannot be returned",
        ),
        1,
    )
}
_REJECT_PARCEL = {
    f"reverse_reject_return_parcel_reason_{number}": text
    for number, text in enumerate(
        ("Parcel is empty", "Wrong product was sent back", "The product is damaged"), 1
    )
}


def plain(key: str, region: str) -> str:
    """A key without the ending that the UK puts to most of them."""
    return key.removesuffix("_uk") if region == "GB" else key


def text_of(key: str, region: str, *tables: Mapping[str, str]) -> str | None:
    """The words of a key in one of the tables, None when it is in none."""
    bare = plain(key, region)
    return next((table[bare] for table in tables if bare in table), None)


def seller_may_say(key: str, region: str) -> bool:
    """Whether a market has this reason for sellers."""
    return plain(key, region) != BUYER_ASKED_PAID or region in _WITH_BUYER_ASKED


def to_reject_cancellation(region: str) -> dict[str, str]:
    """Reasons to refuse a cancellation in a market."""
    if region in _EU:
        return {"ecom_reverse_reject_cancel_reason_product_packed": "Product has been packed"}
    if region == "BR":
        change = {"seller_reject_apply_unable_to_change_address": "Unable to change the address"}
        return _REJECT_CANCEL | change
    if region == "GB":
        return {f"{key}_uk": text for key, text in _REJECT_CANCEL.items()}
    return dict(_REJECT_CANCEL)


def to_reject_return(status: str) -> dict[str, str]:
    """Reasons to refuse a return in a status: the request, or the parcel that came back."""
    return dict(_REJECT_PARCEL if status == "BUYER_SHIPPED_ITEM" else _REJECT_RETURN)
