"""Small answers as TikTok sends them: our own data, consistent in its sums."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

SAMPLES = Path(__file__).parents[3] / "shared" / "reference" / "tiktok-samples"

ADDRESS: dict[str, Any] = {
    "name": "Ada Moreau",
    "first_name": "Ada",
    "last_name": "Moreau",
    "phone_number": "(+1)6145550142",
    "full_address": "United States, Ohio, Franklin, Columbus, 12 High Street",
    "address_line1": "12 High Street",
    "address_line2": "",
    "address_detail": "12 High Street",
    "postal_code": "43215",
    "region_code": "US",
    "post_town": "",
    "district_info": [
        {"address_level": "L0", "address_level_name": "Country", "address_name": "United States",
         "iso_code": "US"},
        {"address_level": "L1", "address_level_name": "State", "address_name": "Ohio",
         "iso_code": "OH"},
        {"address_level": "L2", "address_level_name": "County", "address_name": "Franklin",
         "iso_code": ""},
        {"address_level": "L3", "address_level_name": "City", "address_name": "Columbus",
         "iso_code": ""},
    ],
}  # fmt: skip


def line(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "id": f"57708760000002001{number}",
        "product_id": "1729582718000000302",
        "product_name": "Cotton tee",
        "sku_id": "1729582718000000402",
        "sku_name": "Black, M",
        "seller_sku": " TEE-BLK-M ",
        "sku_image": "https://example.invalid/img.jpg",
        "currency": "USD",
        "original_price": "20",
        "sale_price": "16.5",
        "seller_discount": "1.5",
        "platform_discount": "2",
        "display_status": "AWAITING_SHIPMENT",
        "package_id": "1153132168120000201",
        "item_tax": [{"tax_type": "SALES_TAX", "tax_amount": "1.24", "tax_rate": "0.075"}],
        "rts_time": 0,
        **changes,
    }


ORDER: dict[str, Any] = {
    "id": "576461413000000002",
    "status": "AWAITING_SHIPMENT",
    "order_type": "NORMAL",
    "commerce_platform": "TIKTOK_SHOP",
    "fulfillment_type": "FULFILLMENT_BY_SELLER",
    "shipping_type": "SELLER",
    "create_time": 1767052800,
    "paid_time": 1767052804,
    "update_time": 1767200000,
    "rts_sla_time": 1767312000,
    "cancel_time": 0,
    "user_id": "7494960000000000102",
    "buyer_email": "v2b2v5x9@chat.seller.tiktok.com",
    "buyer_message": "Please leave with neighbour",
    "warehouse_id": "7000714532876270001",
    "delivery_option_name": "Standard Shipping",
    "payment_method_name": "Credit card",
    "is_cod": False,
    "is_on_hold_order": False,
    "split_or_combine_tag": "SPLIT",
    "payment": {
        "currency": "USD",
        "original_total_product_price": "40",
        "seller_discount": "3",
        "platform_discount": "4",
        "sub_total": "33",
        "original_shipping_fee": "5.99",
        "shipping_fee_seller_discount": "1",
        "shipping_fee_platform_discount": "0.5",
        "shipping_fee_cofunded_discount": "0",
        "shipping_fee": "4.49",
        "product_tax": "2.48",
        "shipping_fee_tax": "0.34",
        "tax": "2.82",
        "retail_delivery_fee": "0.28",
        "total_amount": "40.59",
    },
    "line_items": [line(1), line(2)],
    "recipient_address": ADDRESS,
    "a_field_of_tomorrow": {"x": [1]},
}


def order_row(**changes: Any) -> dict[str, Any]:
    """A fresh copy of the order; ``a__b=1`` changes ``row["a"]["b"]``."""
    row = copy.deepcopy(ORDER)
    for name, value in changes.items():
        where = row
        *path, last = name.split("__")
        for part in path:
            where = where[part]
        where[last] = value
    return row


def envelope(data: Any = None, code: int = 0, message: str = "Success") -> bytes:
    content = {"code": code, "message": message, "request_id": "2025ABC", "data": data}
    return json.dumps(content).encode()


def page(*rows: Any, token: str = "", total: int | None = None) -> bytes:
    count = len(rows) if total is None else total
    return envelope({"orders": list(rows), "next_page_token": token, "total_count": count})
