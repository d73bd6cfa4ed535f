"""Cancellations and returns as the API shows them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from saleor_tiktok_stripe.sandbox.tiktok import money
from saleor_tiktok_stripe.sandbox.tiktok.model import Cancellation, Line, Order, Refund, Return
from saleor_tiktok_stripe.sandbox.tiktok.plan import DAY
from saleor_tiktok_stripe.sandbox.tiktok.render import IMAGE


def refund(order: Order, given: Refund) -> dict[str, str]:
    """What goes back to the buyer, by component."""
    amounts = {
        "refund_total": given.total,
        "refund_subtotal": given.subtotal,
        "refund_shipping_fee": given.shipping,
        "refund_tax": given.tax,
        "buyer_service_fee": given.buyer_service_fee,
        "retail_delivery_fee": given.retail_delivery_fee,
    }
    shown = {name: money.text(value, order.exponent) for name, value in amounts.items()}
    return {"currency": order.currency, **shown}


def _case_line(order: Order, line: Line) -> dict[str, Any]:
    single = Refund(line.sale, line.tax, 0, line.retail_delivery_fee, line.buyer_service_fee)
    return {
        "order_line_item_id": line.id,
        "sku_id": line.sku.sku_id,
        "sku_name": line.sku.sku_name,
        "seller_sku": line.sku.seller_sku,
        "product_name": line.sku.product_name,
        "product_image": {"url": IMAGE.format(line.sku.sku_id), "width": 200, "height": 200},
        "refund_amount": refund(order, single),
    }


def cancellation(order: Order, case: Cancellation) -> dict[str, Any]:
    """One row of the cancellation search."""
    lines = [line for line in order.lines if line.id in case.line_ids]
    shown: dict[str, Any] = {
        "cancel_id": case.id,
        "order_id": order.id,
        "cancel_type": case.kind,
        "cancel_status": case.status,
        "role": case.role,
        "cancel_reason": case.reason,
        "cancel_reason_text": case.reason_text,
        "create_time": case.create_time,
        "update_time": case.update_time,
        "seller_next_action_response": [],
        "refund_amount": refund(order, case.refund),
        "should_replenish_stock": case.replenish,
        "cancel_line_items": [
            {"cancel_line_item_id": f"{int(case.id) + place + 1}", **_case_line(order, line)}
            for place, line in enumerate(lines)
        ],
    }
    if case.status.endswith("PENDING"):
        deadline = {"action": "SELLER_RESPOND_CANCEL", "deadline": case.create_time + 2 * DAY}
        shown["seller_next_action_response"] = [deadline]
    return shown


_NEXT_ACTION = {
    "RETURN_OR_REFUND_REQUEST_PENDING": "SELLER_RESPOND_RETURN",
    "BUYER_SHIPPED_ITEM": "SELLER_RESPOND_RECEIVE_PACKAGE",
    "REPLACEMENT_REQUEST_PENDING": "SELLER_RESPOND_REPLACEMENT",
}


def returned(order: Order, case: Return) -> dict[str, Any]:
    """One row of the return search."""
    lines = [line for line in order.lines if line.id in case.line_ids]
    with_parcel = case.kind != "REFUND" and not case.buyer_keeps
    return _offer(order, case) | {
        "return_id": case.id,
        "order_id": order.id,
        "return_type": case.kind,
        "return_status": case.status,
        "arbitration_status": case.arbitration,
        "role": case.role,
        "return_reason": case.reason,
        "return_reason_text": case.reason_text,
        "return_method": "PLATFORM_SHIPPED" if with_parcel else "",
        "shipment_type": (case.shipment_type or "PLATFORM") if with_parcel else "",
        "handover_method": (case.handover_method or "DROP_OFF") if with_parcel else "",
        "return_shipping_document_type": "SHIPPING_LABEL" if with_parcel else "",
        "return_tracking_number": case.tracking,
        "return_provider_id": "",
        "return_provider_name": "",
        "can_buyer_keep_item": not with_parcel,
        "is_combined_return": False,
        "is_quick_refund": False,
        "combined_return_id": "0",
        "pre_return_id": case.former_id,
        "next_return_id": case.next_id,
        "create_time": case.create_time,
        "update_time": case.update_time,
        "refund_amount": refund(order, case.refund),
        **_amounts_besides(order, lines),
        "return_warehouse_address": {"full_address": "1 Warehouse Way"},
        "seller_next_action_response": _next_actions(case),
        "return_line_items": [
            {
                "return_line_item_id": f"{int(case.id) + 5 * 10**12 + place}",
                **_case_line(order, line),
            }
            for place, line in enumerate(lines)
        ],
    }


def _offer(order: Order, case: Return) -> dict[str, Any]:
    if not case.proposed:
        return {}
    amount = money.text(case.offer, order.exponent)
    return {
        "seller_proposed_return_type": case.proposed,
        "partial_refund": {"amount": amount, "currency": order.currency},
        "buyer_rejected_partial_refund": case.offer_refused,
    }


def _amounts_besides(order: Order, lines: Sequence[Line]) -> dict[str, Any]:
    by_seller = sum(line.seller_discount for line in lines)
    by_platform = sum(line.platform_discount for line in lines)
    discounts = {
        "currency": order.currency,
        "product_seller_discount": money.text(by_seller, order.exponent),
        "product_platform_discount": money.text(by_platform, order.exponent),
        "shipping_fee_seller_discount": "0",
        "shipping_fee_platform_discount": "0",
    }
    way_back = {
        "currency": order.currency,
        "seller_paid_return_shipping_fee": "0",
        "platform_paid_return_shipping_fee": "0",
        "buyer_paid_return_shipping_fee": "0",
    }
    return {"discount_amount": [discounts], "shipping_fee_amount": [way_back]}


def _next_actions(case: Return) -> list[dict[str, Any]]:
    action = _NEXT_ACTION.get(case.status, "")
    if action == "SELLER_RESPOND_RETURN" and case.kind == "REFUND":
        action = "SELLER_RESPOND_REFUND"
    deadline = case.deadline or case.update_time + 2 * DAY
    return [{"action": action, "deadline": deadline}] if action else []
