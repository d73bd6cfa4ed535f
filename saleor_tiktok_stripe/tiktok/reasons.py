"""The reasons that sellers may give, by market, as the marketplace spells them.

Source: the reason tables of the Open API. Keys of the United Kingdom end with ``_uk``. Where a
market's own list may differ, ``TikTokClient.eligibility`` and ``reject_reasons`` tell it per order.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from .aftersales_types import ReturnKind
from .regions import REGIONS, region

OUT_OF_STOCK: Final = "out_of_stock"
WRONG_PRICE: Final = "wrong_price"
CANNOT_DELIVER: Final = "cannot_deliver"
BUYER_REQUESTED: Final = "buyer_requested"

_CANCEL: Final[Mapping[str, str]] = {
    OUT_OF_STOCK: "seller_cancel_reason_out_of_stock",
    WRONG_PRICE: "seller_cancel_reason_wrong_price",
    CANNOT_DELIVER: "seller_cancel_paid_reason_address_not_deliver",
    BUYER_REQUESTED: "seller_cancel_paid_reason_buyer_requested_cancellation",
}
_BUYER_REQUESTED_IN: Final = frozenset({"US", "DE", "ES", "FR", "IE", "IT", "BR", "JP"})

_RETURN: Final[Mapping[ReturnKind, Mapping[str, str]]] = {
    ReturnKind.REFUND: {
        "": "ecom_order_delivered_refund_reason_none",
        "not_received": "ecom_order_delivered_refund_reason_not_received",
        "damaged": "ecom_order_delivered_refund_reason_damaged",
        "defective": "ecom_order_delivered_refund_reason_defective",
    },
    ReturnKind.RETURN_AND_REFUND: {
        "": "ecom_order_delivered_refund_and_return_reason_no_need",
        "not_as_described": "ecom_order_delivered_refund_and_return_reason_not_match_description",
        "missing": "ecom_order_delivered_refund_and_return_reason_missing_product",
        "damaged": "ecom_order_delivered_refund_and_return_reason_damaged",
        "defective": "ecom_order_delivered_refund_and_return_reason_defective",
        "wrong_item": "ecom_order_delivered_refund_and_return_reason_wrong_product",
    },
}
_SUFFIX: Final[Mapping[str, str]] = {"GB": "_uk"}


def cancel_reason(region_code: str, why: str) -> str | None:
    """The key with which a seller cancels a paid order, for ``out_of_stock``, ``wrong_price``,
    ``cannot_deliver`` or ``buyer_requested``. None: this market has no such reason."""
    market = region(region_code).code
    if why == BUYER_REQUESTED and market not in _BUYER_REQUESTED_IN:
        return None
    return _key(market, _CANCEL.get(why))


def return_reason(region_code: str, kind: ReturnKind, why: str = "") -> str | None:
    """The key with which a seller opens a refund (``not_received``, ``damaged``, ``defective``) or
    a return (``not_as_described``, ``missing``, ``damaged``, ``defective``, ``wrong_item``) for a
    buyer; nothing in particular: the most general one. None: there is no such reason."""
    return _key(region(region_code).code, _RETURN.get(kind, {}).get(why))


def _key(market: str, name: str | None) -> str | None:
    if name is None or market not in REGIONS:
        return None
    return name + _SUFFIX.get(market, "")
