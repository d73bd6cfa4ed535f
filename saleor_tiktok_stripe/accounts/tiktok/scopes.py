"""The permissions asked of a TikTok app, and what stops without each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

ESSENTIAL: Final[Mapping[str, str]] = {
    "seller.authorization.info": "the shop cannot be connected",
    "seller.order.info": "orders cannot be read",
    "seller.return_refund.basic": "cancellations and returns can be neither read nor answered",
}
"""Without one of these the channel cannot work at all."""

HELPFUL: Final[Mapping[str, str]] = {
    "seller.product.basic": "TikTok's SKUs cannot be linked to variants ahead of their first order",
    "seller.order.ext_ref.write": "Saleor's order numbers cannot be shown at TikTok",
    "seller.fulfillment.basic": "packages and their tracking cannot be read",
    "seller.fulfillment.package.write": "what is shipped in Saleor cannot be told to TikTok",
    "seller.product.write": "stock and prices cannot be sent to TikTok",
    "seller.finance.info": "statements, fees and payouts cannot be imported",
    "seller.logistics": "TikTok's warehouses and carriers cannot be listed",
    "seller.shop.info": "what the seller may do cannot be read",
}
"""Without one of these that one thing is missing."""
