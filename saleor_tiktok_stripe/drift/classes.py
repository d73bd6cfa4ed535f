"""Every class of difference of this room: what it is, which job ends it, or what a person does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ..payments.ledger import classes as ledger

ORDER: Final = "order"
"""Area of differences whose subject is a marketplace order."""
SKU: Final = "sku"
PAYMENT: Final = "payment"
"""Area of those whose subject is a payment at Stripe."""
AREAS: Final = (ORDER, SKU, PAYMENT)


@dataclass(frozen=True)
class Class:
    """``words`` say what a difference of this class is. ``job`` is the kind of job that brings both
    sides in step; "": only a person can, as ``cure`` says."""

    words: str
    job: str = ""
    cure: str = ""


_ACCEPT: Final = "If it is right as it is, accept the difference."

ORDERS: Final[Mapping[str, Class]] = {
    "ORDER_MISSING_IN_SALEOR": Class(
        "TikTok has this order, and it should be in Saleor, but is not.", "order.sync"
    ),
    "ORDER_GONE": Class(
        "The order is in Saleor, but TikTok does not know it for this shop.",
        cure="Check that the channel is connected to the shop that the order is from. " + _ACCEPT,
    ),
    "SALEOR_ORDER_MISSING": Class(
        "The order was imported, but does not exist in Saleor any more.",
        cure="Nothing, if it was deleted on purpose: it is not made again. " + _ACCEPT,
    ),
    "STATE_DIFFERS": Class("The order's state is not the same on both sides.", "order.sync"),
    "UNITS_DIFFER": Class("The items of the order are not the same on both sides.", "order.sync"),
    "TOTAL_DIFFERS": Class(
        "The order does not come to the same amount on both sides.",
        cure="Compare the order in Saleor with TikTok Seller Center: its total was changed, or "
        "TikTok's amounts do not add up. " + _ACCEPT,
    ),
    "SHIPMENT_MISSING_IN_SALEOR": Class(
        "TikTok shows a package that Saleor has no fulfillment of.", "order.sync"
    ),
    "TRACKING_DIFFERS": Class("A package's tracking is newer at TikTok.", "order.sync"),
    "CHARGE_DIFFERS": Class(
        "Cash on delivery was collected, but Saleor does not show it.", "order.sync"
    ),
    "REFUND_DIFFERS": Class(
        "The buyer got money back that Saleor does not show as refunded.", "order.sync"
    ),
    "RETURN_DIFFERS": Class("Goods came back that Saleor does not show as returned.", "order.sync"),
    "ADDRESS_DIFFERS": Class("The delivery address is newer at TikTok.", "order.sync"),
    "FACTS_DIFFER": Class(
        "What the order's metadata says of it is older than at TikTok.", "order.sync"
    ),
    "LINK_STALE": Class("Our own row of the order is older than the order.", "order.sync"),
    "CASE_STALE": Class(
        "A cancellation or return request is newer at TikTok than in the queue.", "case.sync"
    ),
    "SHIPMENT_NOT_TOLD": Class("Saleor shipped goods, but TikTok was not told.", "order.push"),
    "TRACKING_NOT_TOLD": Class(
        "A tracking number was changed in Saleor, but TikTok was not told.", "order.push"
    ),
    "CANCEL_NOT_TOLD": Class(
        "Items were cancelled in Saleor, but TikTok still expects them.", "order.push"
    ),
}

SKUS: Final[Mapping[str, Class]] = {
    "SKU_UNLINKED": Class(
        "No variant in Saleor fits this TikTok SKU: its orders wait, its stock is not kept.",
        cure="Give a variant the same SKU or barcode, or link it by hand. If this SKU is not to be "
        "sold from Saleor, unlink it.",
    ),
    "STOCK_NOT_PUSHED": Class("TikTok was not told how many there are now.", "stock.push"),
    "STOCK_DIFFERS": Class("TikTok has another number than it was told.", "stock.push"),
    "PRICE_DIFFERS": Class("TikTok was told another price than the rule makes now.", "price.push"),
}

PAYMENTS: Final[Mapping[str, Class]] = {
    "PAYMENT_OUT_OF_STEP": Class(
        "A payment is not the same at Stripe, in Saleor and here.", "payment.sync"
    ),
    "PAYMENT_GONE": Class(
        "Stripe does not know this payment.",
        cure="Check that the channel is connected to the Stripe account the payment was made with. "
        "Test data that was deleted in Stripe's dashboard: accept the difference.",
    ),
    "PAYMENT_WITHOUT_TRANSACTION": Class(
        "Stripe holds money of a payment whose transaction Saleor does not have any more.",
        cure="Refund or cancel the payment in Stripe's dashboard, then accept the difference.",
    ),
}

CLASSES: Final[Mapping[str, Mapping[str, Class]]] = {
    ORDER: ORDERS,
    SKU: SKUS,
    PAYMENT: PAYMENTS,
}
_IMPORTED_BY: Final = {"SETTLED_WITHOUT_ORDER": "order.sync"}
"""Differences of the ledger that a job of another room may end."""
_UNKNOWN: Final = Class("An earlier version found this.", cure="Check again, or accept it.")


def class_of(area: str, code: str) -> Class:
    """What is known of a difference, the ledger's among them."""
    if area in CLASSES:
        return CLASSES[area].get(code, _UNKNOWN)
    found = ledger.CLASSES.get(code)
    if found is None:
        return _UNKNOWN
    return Class(found.words, _IMPORTED_BY.get(code, ""), found.cure)
