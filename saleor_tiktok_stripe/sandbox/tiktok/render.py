"""Orders, packages and cases as the API shows them (reference: the order object)."""

from __future__ import annotations

from typing import Any

from saleor_tiktok_stripe.sandbox.tiktok import address, money
from saleor_tiktok_stripe.sandbox.tiktok.model import (
    PACKAGE_OF_LINE,
    Line,
    Order,
    Package,
)
from saleor_tiktok_stripe.sandbox.tiktok.plan import DAY

_METHODS = ("Credit card", "PayPal", "Apple Pay", "TikTok Balance")
IMAGE = "https://example.invalid/img/{}.jpg"
_NO_FEES = ("shipping_fee_cofunded_discount", "item_insurance_tax", "payment_discount_service_fee")


def _payment(order: Order) -> dict[str, str]:
    amounts = {
        "original_total_product_price": order.total_of("original"),
        "seller_discount": order.total_of("seller_discount"),
        "platform_discount": order.total_of("platform_discount"),
        "sub_total": order.total_of("sale"),
        "original_shipping_fee": order.shipping_original,
        "shipping_fee_seller_discount": order.shipping_seller_discount,
        "shipping_fee_platform_discount": order.shipping_platform_discount,
        "shipping_fee": order.shipping_fee,
        "product_tax": order.total_of("tax"),
        "shipping_fee_tax": order.shipping_tax,
        "tax": order.tax,
        "retail_delivery_fee": order.total_of("retail_delivery_fee"),
        "buyer_service_fee": order.total_of("buyer_service_fee"),
        "small_order_fee": order.total_of("small_order_fee"),
        "handling_fee": order.handling_fee,
        "shipping_insurance_fee": order.shipping_insurance,
        "item_insurance_fee": order.item_insurance,
        "payment_platform_discount": order.payment_discount,
        "total_amount": order.total,
    }
    shown = {key: money.text(value, order.exponent) for key, value in amounts.items()}
    return {"currency": order.currency, **shown, **dict.fromkeys(_NO_FEES, "0")}


def _line(order: Order, line: Line) -> dict[str, Any]:
    def cash(value: int) -> str:
        return money.text(value, order.exponent)

    package = next((p for p in order.packages if p.id == line.package_id), None)
    shown: dict[str, Any] = {
        "id": line.id,
        "product_id": line.sku.product_id,
        "product_name": line.sku.product_name,
        "sku_id": line.sku.sku_id,
        "sku_name": line.sku.sku_name,
        "seller_sku": line.sku.seller_sku,
        "sku_image": IMAGE.format(line.sku.sku_id),
        "sku_type": order.order_type or "NORMAL",
        "currency": order.currency,
        "original_price": cash(line.original),
        "sale_price": cash(line.sale),
        "seller_discount": cash(line.seller_discount),
        "platform_discount": cash(line.platform_discount),
        "display_status": line.status,
        "package_status": PACKAGE_OF_LINE[line.status],
        "package_id": line.package_id,
        "tracking_number": package.tracking if package else "",
        "shipping_provider_id": package.provider_id if package else "",
        "shipping_provider_name": package.provider_name if package else "",
        "is_gift": line.gift,
        "is_dangerous_good": False,
        "needs_prescription": False,
        "gift_retail_price": cash(line.gift_value),
        "retail_delivery_fee": cash(line.retail_delivery_fee),
        "buyer_service_fee": cash(line.buyer_service_fee),
        "small_order_fee": cash(line.small_order_fee),
        "item_tax": [],
        "combined_listing_skus": [
            {
                "sku_id": part.sku_id,
                "product_id": part.product_id,
                "seller_sku": part.seller_sku,
                "sku_count": part.count,
            }
            for part in line.sku.bundle
        ],
    }
    if line.tax_rate:
        rate = money.rate_text(line.tax_rate)
        shown["item_tax"] = [
            {"tax_type": "SALES_TAX", "tax_amount": cash(line.tax), "tax_rate": rate}
        ]
    if line.pfand:
        shown["pfand_fee"] = cash(line.pfand)
    if line.shipped_at:
        shown["rts_time"] = line.shipped_at
    if not line.active:
        shown |= {"cancel_reason": line.cancel_reason, "cancel_user": line.cancel_user}
    return shown


def _deadlines(order: Order) -> dict[str, int]:
    start = order.create_time
    return {
        "rts_sla_time": start + 3 * DAY,
        "tts_sla_time": start + 4 * DAY,
        "shipping_due_time": start + 5 * DAY,
        "collection_due_time": start + 8 * DAY,
        "cancel_order_sla_time": start + 5 * DAY,
        "delivery_sla_time": start + 10 * DAY,
    }


def _moments(order: Order) -> dict[str, int]:
    moments = {
        "paid_time": order.paid_time,
        "rts_time": order.ship_time,
        "collection_time": order.collection_time,
        "delivery_time": order.delivery_time,
        "cancel_time": order.cancel_time,
        "request_cancel_time": order.request_cancel_time,
    }
    return {name: value for name, value in moments.items() if value}


def _on_hold_flow(order: Order) -> bool:
    if order.status == "ON_HOLD":
        return True
    return order.hold and order.status in {"UNPAID", "AWAITING_SHIPMENT"}


def order(
    order: Order, warehouse_id: str, now: int, *, detail: bool = False, force_address: str = ""
) -> dict[str, Any]:
    """One order; `detail` adds the payment fields that only version 202507 of detail has."""
    shipped = [package for package in order.packages if package.tracking]
    last = shipped[0] if shipped else None
    by_tiktok = order.platform_fulfilled
    seller_ships = order.shipping_type == "SELLER"
    method = "Cash on delivery" if order.cash_on_delivery else _METHODS[order.index % len(_METHODS)]
    shown: dict[str, Any] = {
        "id": order.id,
        "status": order.status,
        "order_type": order.order_type,
        "commerce_platform": "TIKTOK_SHOP",
        "user_id": order.buyer_id,
        "buyer_email": f"v2b{int(order.buyer_id) % 10**8:08x}@chat.seller.tiktok.com",
        "buyer_nickname": f"buyer_{order.buyer_id[-6:]}",
        "buyer_avatar": "https://example.invalid/avatar.jpg",
        "buyer_message": order.message,
        "seller_note": "",
        "create_time": order.create_time,
        "update_time": order.update_time,
        **_moments(order),
        **_deadlines(order),
        "fulfillment_type": "FULFILLMENT_BY_TIKTOK" if by_tiktok else "FULFILLMENT_BY_SELLER",
        "shipping_type": order.shipping_type,
        "delivery_type": "HOME_DELIVERY",
        "delivery_option_id": "7091146663229650002" if seller_ships else "7091146663229650001",
        "delivery_option_name": "Send by seller" if seller_ships else "Standard Shipping",
        "warehouse_id": warehouse_id,
        "payment_method_name": method,
        "is_cod": order.cash_on_delivery,
        "is_sample_order": order.sample,
        "is_on_hold_order": _on_hold_flow(order),
        "is_replacement_order": False,
        "is_exchange_order": False,
        "is_buyer_request_cancel": order.buyer_requests_cancel,
        "has_updated_recipient_address": order.address_updated,
        "shipping_provider": last.provider_name if last else "",
        "shipping_provider_id": last.provider_id if last else "",
        "tracking_number": last.tracking if last else "",
        "packages": [{"id": package.id} for package in order.packages],
        "payment": _payment(order),
        "line_items": [_line(order, line) for line in order.lines],
        "recipient_address": address.shown(order, now, force_address),
    }
    return shown | _where_they_apply(order, detail)


def _where_they_apply(order: Order, detail: bool) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    if order.tag:
        shown["split_or_combine_tag"] = order.tag
    if order.cancel_reason:
        shown |= {
            "cancel_reason": order.cancel_reason,
            "cancellation_initiator": order.cancel_by,
        }
    if order.order_type == "PRE_ORDER":
        shown["release_date"] = order.create_time + 14 * DAY
    if detail:
        shown |= {
            "payment_method_code": "CREDIT_CARD",
            "payment_card_type": "",
            "payment_auth_code": "",
            "channel_entity_national_registry_id": "",
        }
    return shown


def _price_lines(order: Order, line: Line | None) -> dict[str, int]:
    def part(name: str) -> int:
        return order.total_of(name) if line is None else int(getattr(line, name))

    whole = line is None
    sale, tax = part("sale"), part("tax")
    shipping = order.shipping_fee if whole else 0
    total_tax = order.tax if whole else tax
    return {
        "total": sale + shipping + total_tax + part("small_order_fee"),
        "payment": sale + shipping + total_tax + part("small_order_fee"),
        "sku_list_price": part("original"),
        "sku_sale_price": sale,
        "subtotal": sale + tax,
        "subtotal_tax_amount": tax,
        "subtotal_deduction_seller": part("seller_discount"),
        "subtotal_deduction_platform": part("platform_discount"),
        "shipping_list_price": order.shipping_original if whole else 0,
        "shipping_sale_price": shipping,
        "shipping_fee_deduction_seller": order.shipping_seller_discount if whole else 0,
        "shipping_fee_deduction_platform": order.shipping_platform_discount if whole else 0,
        "shipping_fee_deduction_platform_voucher": 0,
        "voucher_deduction_platform": 0,
        "voucher_deduction_seller": 0,
        "tax_amount": total_tax,
        "net_price_amount": sale,
        "sku_gift_original_price": part("gift_value"),
        "sku_gift_net_price": 0,
        "cod_fee": 0,
        "cod_fee_net_amount": 0,
    }


def price_detail(order: Order) -> dict[str, Any]:
    """The price breakdown of an order and of each line."""

    def block(line: Line | None, rate: int) -> dict[str, str]:
        amounts = _price_lines(order, line)
        shown = {name: money.text(value, order.exponent) for name, value in amounts.items()}
        return {"currency": order.currency, **shown, "tax_rate": money.rate_text(rate)}

    lines = [{"id": line.id, **block(line, line.tax_rate)} for line in order.lines]
    return {**block(None, order.lines[0].tax_rate), "line_items": lines}


def package(package: Package) -> dict[str, Any]:
    """One row of the package search."""
    return {
        "id": package.id,
        "status": package.status,
        "create_time": package.create_time,
        "update_time": package.update_time,
        "order_line_item_ids": list(package.line_ids),
        "orders": [{"id": order_id, "skus": []} for order_id in package.order_ids],
        "shipping_provider_id": package.provider_id,
        "shipping_provider_name": package.provider_name,
        "tracking_number": package.tracking,
    }


def _sku_rows(order: Order, line_ids: list[str]) -> list[dict[str, Any]]:
    counts: dict[str, dict[str, Any]] = {}
    for line in order.lines:
        if line.id in line_ids:
            row = counts.setdefault(
                line.sku.sku_id,
                {
                    "id": line.sku.sku_id,
                    "name": line.sku.sku_name,
                    "quantity": 0,
                    "image_url": IMAGE.format(line.sku.sku_id),
                },
            )
            row["quantity"] += 1
    return list(counts.values())


def package_detail(package: Package, orders: list[Order], now: int) -> dict[str, Any]:
    """One package, whole."""
    first = orders[0]
    return {
        "package_id": package.id,
        "package_status": package.status,
        "order_line_item_ids": list(package.line_ids),
        "orders": [{"id": o.id, "skus": _sku_rows(o, package.line_ids)} for o in orders],
        "shipping_type": first.shipping_type,
        "tracking_number": package.tracking,
        "last_mile_tracking_number": "",
        "shipping_provider_id": package.provider_id,
        "shipping_provider_name": package.provider_name,
        "handover_method": "DROP_OFF" if package.tracking else "",
        "dimension": {"length": "10", "width": "8", "height": "4", "unit": "INCH"},
        "weight": {"value": "1.5", "unit": "POUND"},
        "recipient_address": address.shown(first, now),
        "delivery_option_id": "7091146663229650001",
        "delivery_option_name": "Standard Shipping",
        "split_and_combine_tag": package.tag,
        "create_time": package.create_time,
        "update_time": package.update_time,
    }
