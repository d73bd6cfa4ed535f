"""What Saleor's mutations answer when they refuse, as our errors: one table for both hosts. And
what Saleor is answered when we refuse."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from ..errors import ChannelError, Parked, Problem, VendorBug

HELD_BY_TIKTOK: Final = (
    "TikTok Shop holds this money: it can be refunded, not captured or voided. What does not "
    "belong to an order of this channel is refunded in TikTok's Seller Center."
)

CURES: Final[Mapping[str, str]] = {
    "INSUFFICIENT_STOCK": "Correct the stock of the product in Saleor, then try again.",
    "CANNOT_FULFILL_UNPAID_ORDER": (
        "Allow fulfillment of unpaid orders in Saleor's site settings, then try again."
    ),
    "CANNOT_CANCEL_ORDER": "Cancel the order's fulfillments in Saleor, then try again.",
    "GIFT_CARD_LINE": "Cancel the gift card of this order in Saleor by hand.",
    "NOT_AVAILABLE_IN_CHANNEL": "Make the product available in the channel, then try again.",
    "CHANNEL_INACTIVE": "Activate the channel in Saleor, then try again.",
    "MISSING_ADDRESS_DATA": "Complete the order's address in Saleor, then try again.",
    "BILLING_ADDRESS_NOT_SET": "Give the order a billing address in Saleor, then try again.",
    "ORDER_NO_SHIPPING_ADDRESS": "Give the order a shipping address in Saleor, then try again.",
    "TAX_ERROR": "Mend the channel's tax configuration in Saleor, then try again.",
    "NOT_FOUND": "The object was deleted in Saleor: nothing can be done to it any more.",
    "NOT_CONFIGURED": "Complete the refund settings in Saleor, then try again.",
    "AMOUNT_GREATER_THAN_AVAILABLE": "Look at the order's refunds in Saleor and settle the rest.",
    "FULFILL_ORDER_LINE": "Look at the order's packages in Saleor: its units left already.",
}
"""Codes behind which something stands that a merchant can mend. Every other code means that we
asked wrongly: ``VendorBug``."""


def refusal(operation: str, errors: Sequence[Mapping[str, Any]], subject: str) -> ChannelError:
    """The error to raise for a mutation's ``errors``; the first one decides."""
    first = errors[0]
    code = str(first.get("code") or "UNKNOWN")
    said = str(first.get("message") or "no reason given")
    if code not in CURES:
        return VendorBug(f"SALEOR_{code}", f"Saleor refused {operation}: {said}")
    return Parked(
        Problem(
            code=f"SALEOR_{code}",
            stage="follow",
            cause=f"Saleor refused {operation}: {said}",
            cure=CURES[code],
            params={"operation": operation, "subject": subject, "field": str(first.get("field"))},
        )
    )
