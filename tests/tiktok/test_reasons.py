from __future__ import annotations

import pytest

from saleor_tiktok_stripe.tiktok.aftersales_types import ReturnKind
from saleor_tiktok_stripe.tiktok.reasons import cancel_reason, return_reason
from saleor_tiktok_stripe.tiktok.regions import REGIONS


@pytest.mark.parametrize(
    ("region", "why", "key"),
    [
        ("US", "out_of_stock", "seller_cancel_reason_out_of_stock"),
        ("DE", "wrong_price", "seller_cancel_reason_wrong_price"),
        ("JP", "cannot_deliver", "seller_cancel_paid_reason_address_not_deliver"),
        ("BR", "buyer_requested", "seller_cancel_paid_reason_buyer_requested_cancellation"),
        ("GB", "out_of_stock", "seller_cancel_reason_out_of_stock_uk"),
        ("uk", "wrong_price", "seller_cancel_reason_wrong_price_uk"),
        ("GB", "buyer_requested", None),
        ("ID", "buyer_requested", None),
        ("MY", "buyer_requested", None),
        ("US", "bad weather", None),
        ("ZZ", "out_of_stock", None),
    ],
)
def test_reasons_to_cancel_are_those_of_the_market(region, why, key):
    assert cancel_reason(region, why) == key


def test_every_market_can_cancel_for_want_of_stock():
    assert all(cancel_reason(region, "out_of_stock") for region in REGIONS)


@pytest.mark.parametrize(
    ("region", "kind", "why", "key"),
    [
        ("US", ReturnKind.REFUND, "", "ecom_order_delivered_refund_reason_none"),
        ("US", ReturnKind.REFUND, "damaged", "ecom_order_delivered_refund_reason_damaged"),
        ("GB", ReturnKind.REFUND, "", "ecom_order_delivered_refund_reason_none_uk"),
        (
            "DE",
            ReturnKind.RETURN_AND_REFUND,
            "",
            "ecom_order_delivered_refund_and_return_reason_no_need",
        ),
        (
            "DE",
            ReturnKind.RETURN_AND_REFUND,
            "wrong_item",
            "ecom_order_delivered_refund_and_return_reason_wrong_product",
        ),
        ("US", ReturnKind.REFUND, "wrong_item", None),
        ("US", ReturnKind.REPLACEMENT, "", None),
        ("ZZ", ReturnKind.REFUND, "", None),
    ],
)
def test_reasons_to_give_money_back_fit_the_kind(region, kind, why, key):
    assert return_reason(region, kind, why) == key
