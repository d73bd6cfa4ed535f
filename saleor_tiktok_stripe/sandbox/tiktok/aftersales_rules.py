"""What a seller may cancel, refund and take back, and the codes that TikTok refuses the rest with.

Who may act when: reference sheet, lifecycle. Codes: its business codes of cancel and return.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from saleor_tiktok_stripe.sandbox.tiktok import money, reasons
from saleor_tiktok_stripe.sandbox.tiktok.errors import ApiError
from saleor_tiktok_stripe.sandbox.tiktok.generator import refund_for
from saleor_tiktok_stripe.sandbox.tiktok.life_returns import left_of, part_of, refundable
from saleor_tiktok_stripe.sandbox.tiktok.model import SHIPPED, Line, Order, Refund
from saleor_tiktok_stripe.sandbox.tiktok.shop import Shop

BAD_PARAMETER, WRONG_STATUS, ALREADY_OVER, IN_PROCESS = 25001001, 25001003, 25001010, 25001011
UNKNOWN_REASON, NOT_SELLERS_REASON, REASON_MISFIT = 25001014, 25001015, 25001021
ALREADY_SHIPPED, ORDER_OVER, TOO_MUCH = 25001045, 25001051, 25005005
NO_SINGLE_LINES, TOO_MANY_LINES, NO_ORDER, OPERATED = 25005010, 25005011, 25007006, 25011010
# Where sellers may start a refund without goods: the table, the market where it is "US only".
_REFUND_FROM = {"AWAITING_COLLECTION", "IN_TRANSIT", "DELIVERED"}


def find_order(shop: Shop, order_id: str) -> Order:
    """The order; 25007006 when there is none."""
    order = shop.find(order_id)
    if order is None:
        raise ApiError(NO_ORDER, "the order is not found")
    return order


def named_lines(order: Order, body: Mapping[str, Any]) -> list[Line]:
    """The lines that a body names: by id, or by SKU and quantity; all active ones by default."""
    known = {line.id: line for line in order.active_lines()}
    wanted = [str(line_id) for line_id in body.get("order_line_item_ids") or ()]
    wanted += [str(row.get("order_line_item_id")) for row in body.get("order_line_list") or ()]
    for row in body.get("skus") or ():
        fitting = [ln.id for ln in known.values() if ln.sku.sku_id == str(row.get("sku_id"))]
        count = int(row.get("quantity") or 0)
        if count < 1 or count > len(fitting):
            raise ApiError(TOO_MANY_LINES, "more units than the order has")
        wanted += fitting[:count]
    if len(set(wanted)) != len(wanted) or not set(wanted) <= known.keys():
        raise ApiError(BAD_PARAMETER, "a line is not one of the order, or is named twice")
    return [known[line_id] for line_id in wanted] or list(known.values())


def check_cancel(shop: Shop, order: Order, lines: Sequence[Line]) -> None:
    """Whether the seller may cancel these lines now, whatever the reason."""
    if order.status in {"CANCELLED", "COMPLETED"}:
        raise ApiError(ALREADY_OVER, f"the order is {order.status}")
    if order.platform_fulfilled:
        raise ApiError(OPERATED, "the order is handed to the platform operator")
    if any(case.status.endswith("PENDING") for case in order.cancellations):
        raise ApiError(IN_PROCESS, "a cancellation is in process")
    if order.status == "UNPAID":
        raise ApiError(WRONG_STATUS, "sellers cannot cancel unpaid orders")
    if not lines or any(line.status in SHIPPED for line in lines):
        raise ApiError(ALREADY_SHIPPED, "it is shipped and cannot be cancelled")
    if len(lines) < len(order.active_lines()) and not shop.region.partial_cancel:
        raise ApiError(NO_SINGLE_LINES, "single lines cannot be cancelled")


def cancel_reason(shop: Shop, order: Order, lines: Sequence[Line], key: str) -> str:
    """The words of a reason that fits; 25001014, 25001015, 25001021 or 25005010 when it does
    not."""
    code = shop.region.code
    text = reasons.text_of(key, code, reasons.SELLER_PAID)
    if text is None:
        if reasons.text_of(key, code, reasons.SELLER_UNPAID):
            raise ApiError(REASON_MISFIT, "the reason does not fit the order's status")
        if reasons.text_of(key, code, reasons.BUYER, reasons.SYSTEM):
            raise ApiError(NOT_SELLERS_REASON, "the reason is not for sellers")
        raise ApiError(UNKNOWN_REASON, "the reason is unknown")
    if not reasons.seller_may_say(key, code):
        raise ApiError(UNKNOWN_REASON, "this market does not have the reason")
    whole = len(lines) == len(order.active_lines())
    if not whole and reasons.plain(key, code) != reasons.OUT_OF_STOCK:
        raise ApiError(NO_SINGLE_LINES, "single lines are cancelled only when out of stock")
    return text


def check_return(shop: Shop, order: Order, lines: Sequence[Line], kind: str) -> None:
    """Whether the seller may start a refund (or return) for these lines now."""
    if order.status in {"CANCELLED", "COMPLETED"}:
        raise ApiError(ORDER_OVER, f"the order is {order.status}")
    if order.locked_lines() & {line.id for line in lines}:
        raise ApiError(IN_PROCESS, "a request for a line is in process")
    states = {line.status for line in lines}
    allowed = _REFUND_FROM if kind == "REFUND" else {"DELIVERED"}
    if shop.region.code != "US":
        allowed = allowed - {"IN_TRANSIT"}
    if not lines or not states <= allowed:
        raise ApiError(WRONG_STATUS, "the order's status does not allow it")
    if not sum(left_of(line) for line in lines):
        raise ApiError(TOO_MUCH, "everything was refunded")


def return_reason(shop: Shop, kind: str, key: str) -> str:
    """The words of a reason that fits the kind; 25001014 or 25001021 when it does not."""
    text = reasons.text_of(key, shop.region.code, reasons.OF_KIND[kind])
    if text is not None:
        return text
    if reasons.text_of(key, shop.region.code, reasons.RETURN, reasons.REFUND):
        raise ApiError(REASON_MISFIT, "the reason does not fit the kind of request")
    raise ApiError(UNKNOWN_REASON, "the reason is unknown")


def whole_refund(order: Order, lines: Sequence[Line], kind: str) -> Refund:
    """All that a request would give back: shipping too, when everything is called off or refunded
    without goods."""
    everything = len(lines) == len(order.active_lines())
    if kind == "CANCEL":
        return refund_for(order, lines, with_shipping=everything)
    untouched = not any(line.refunded for line in order.lines) and not order.returns
    return refundable(order, lines, with_shipping=everything and untouched and kind == "REFUND")


def wanted_refund(order: Order, whole: Refund, body: Mapping[str, Any]) -> Refund:
    """The whole, or the part that a body asks for; 25005005 when it is more than the whole."""
    if not body.get("refund_total"):
        return whole
    amount = read_amount(order, body["refund_total"], body.get("currency"))
    if amount > whole.total:
        raise ApiError(TOO_MUCH, "the refund is above the refundable amount")
    return part_of(whole, amount)


def read_amount(order: Order, text: Any, currency: Any) -> int:
    """An amount of a body in minor units; 25001001 when it is none in the order's currency."""
    if currency != order.currency:
        raise ApiError(BAD_PARAMETER, "the currency is not the order's")
    try:
        amount = money.minor(str(text), order.exponent)
    except (ValueError, ArithmeticError) as error:
        raise ApiError(BAD_PARAMETER, "the amount is no amount") from error
    if amount <= 0:
        raise ApiError(BAD_PARAMETER, "the amount must be more than nothing")
    return amount
