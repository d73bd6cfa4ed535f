"""The permissions asked of a TikTok app, and what stops without each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

ESSENTIAL: Final[Mapping[str, str]] = {
    "seller.authorization.info": "the shop cannot be connected",
    "seller.order.info": "orders cannot be read",
    "seller.return_refund.basic": "cancellations and refunds cannot be read",
}
"""Without one of these the channel cannot work at all."""

HELPFUL: Final[Mapping[str, str]] = {
    "seller.product.basic": "TikTok's SKUs cannot be linked to variants ahead of their first order",
    "seller.order.ext_ref.write": "Saleor's order numbers cannot be shown at TikTok",
    "seller.logistics": "TikTok's warehouses cannot be listed",
    "seller.shop.info": "what the seller may do cannot be read",
}
"""Without one of these that one thing is missing."""
