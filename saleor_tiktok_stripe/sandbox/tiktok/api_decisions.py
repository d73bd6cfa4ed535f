"""Cancelling, refunding, taking back, and answering what buyers ask for."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from saleor_tiktok_stripe.sandbox.tiktok import aftersales_rules as rules
from saleor_tiktok_stripe.sandbox.tiktok import life_returns as states
from saleor_tiktok_stripe.sandbox.tiktok import reasons, render_cases
from saleor_tiktok_stripe.sandbox.tiktok.errors import ApiError
from saleor_tiktok_stripe.sandbox.tiktok.fields import Field
from saleor_tiktok_stripe.sandbox.tiktok.gateway import Call, Endpoint, Handler
from saleor_tiktok_stripe.sandbox.tiktok.life import Life
from saleor_tiktok_stripe.sandbox.tiktok.model import SHIPPED, Cancellation, Line, Order, Return
from saleor_tiktok_stripe.sandbox.tiktok.shop import Shop

_SCOPE = "seller.return_refund.basic"
_NOT_REJECTABLE, _NOT_APPROVABLE, _NOT_RECEIVABLE = 25011011, 25011012, 25011013
_MISFIT, _CANCELLED, _APPROVED = 25020003, 25020009, 25020010
_KINDS = ("REFUND", "RETURN_AND_REFUND")


def once(handler: Handler) -> Handler:
    """A repeat with the same idempotency key gets the former answer and does nothing."""

    def answer(call: Call) -> dict[str, Any]:
        key = (call.path, call.query["idempotency_key"] or "")
        answers = call.world.answers
        if not key[1]:
            return handler(call)
        if key not in answers:
            answers[key] = handler(call)
        return answers[key]

    return answer


def cancel(call: Call) -> dict[str, Any]:
    """POST /return_refund/{202309|202602}/cancellations: the seller cancels. No idempotency key."""
    shop, body = call.the_shop, call.body
    order = rules.find_order(shop, body["order_id"])
    lines = rules.named_lines(order, body)
    rules.check_cancel(shop, order, lines)
    words = rules.cancel_reason(shop, order, lines, body["cancel_reason"])
    life, line_ids = Life(call.world), [line.id for line in lines]
    case = life.seller_cancel(order.id, line_ids, body["cancel_reason"], words)
    return {"cancel_id": case.id, "cancel_status": case.status}


def _cancellation(call: Call) -> tuple[Life, Order, Cancellation]:
    life = Life(call.world)
    try:
        shop, order, case = life.find_cancellation(call.parts["cancel_id"])
    except KeyError as error:
        raise ApiError(rules.BAD_PARAMETER, "there is no such cancellation") from error
    if shop is not call.the_shop:
        raise ApiError(rules.BAD_PARAMETER, "there is no such cancellation")
    if case.status.endswith("CANCELLED"):
        raise ApiError(_CANCELLED, "the request is cancelled already")
    if not case.status.endswith("PENDING"):
        raise ApiError(_APPROVED, "the request is approved already")
    return life, order, case


def approve_cancellation(call: Call) -> dict[str, Any]:
    """POST /return_refund/202309/cancellations/{cancel_id}/approve."""
    life, order, case = _cancellation(call)
    if any(line.status in SHIPPED for line in order.lines if line.id in case.line_ids):
        raise ApiError(rules.ALREADY_SHIPPED, "it is shipped and cannot be cancelled")
    life.resolve_cancel(case.id, approve=True)
    life.pay_back_later(case.id)
    return {}


def reject_cancellation(call: Call) -> dict[str, Any]:
    """POST /return_refund/202309/cancellations/{cancel_id}/reject."""
    life, _, case = _cancellation(call)
    allowed = reasons.to_reject_cancellation(call.the_shop.region.code)
    if call.body["reject_reason"] not in allowed:
        raise ApiError(rules.UNKNOWN_REASON, "the reason is unknown")
    life.resolve_cancel(case.id, approve=False)
    return {}


def create_return(call: Call) -> dict[str, Any]:
    """POST /return_refund/{202309|202602}/returns: the seller starts it for the buyer."""
    shop, body, life = call.the_shop, call.body, Life(call.world)
    kind = body["return_type"]
    order = rules.find_order(shop, body["order_id"])
    lines = rules.named_lines(order, body)
    rules.check_return(shop, order, lines, kind)
    words = rules.return_reason(shop, kind, body["return_reason"])
    refund = rules.wanted_refund(order, rules.whole_refund(order, lines, kind), body)
    shop.hold_changed(order)
    case = life.open_return(
        shop, order, lines, refund, kind=kind, role="SELLER",
        reason=(body["return_reason"], words),
    )  # fmt: skip
    if kind == "REFUND":
        life.approve_money(shop, order, case, "SELLER")
    else:
        case.shipment_type = body["shipment_type"] or "PLATFORM"
        case.handover_method = body["handover_method"] or "DROP_OFF"
        life.set_return(shop, order, case, states.TO_SHIP, "SELLER")
    return {"return_id": case.id, "return_status": case.status}


def _return(call: Call) -> tuple[Life, Order, Return]:
    life = Life(call.world)
    try:
        shop, order, case = life.find_return(call.parts["return_id"])
    except KeyError as error:
        raise ApiError(rules.BAD_PARAMETER, "there is no such return") from error
    if shop is not call.the_shop:
        raise ApiError(rules.BAD_PARAMETER, "there is no such return")
    return life, order, case


def _check_answer(case: Return, kinds: set[str], status: str, refusal: int) -> None:
    if case.kind not in kinds:
        raise ApiError(_MISFIT, "the decision does not fit the kind of return")
    if case.status == status:
        return
    if case.status.endswith("CANCEL"):
        raise ApiError(_CANCELLED, "the request is cancelled already")
    if case.status in {states.APPROVED, states.COMPLETE, states.REPLACED, states.REPLACE_REFUND}:
        raise ApiError(_APPROVED, "the request is approved already")
    raise ApiError(refusal, f"the return is {case.status}")


# Decision: the kinds it fits, the status it needs, the code when the status is another.
_APPROVALS: dict[str, tuple[set[str], str, int]] = {
    "APPROVE_REFUND": ({"REFUND"}, states.PENDING, _NOT_APPROVABLE),
    "APPROVE_RETURN": ({"RETURN_AND_REFUND"}, states.PENDING, _NOT_APPROVABLE),
    "APPROVE_RECEIVED_PACKAGE": ({"RETURN_AND_REFUND"}, states.SENT, _NOT_RECEIVABLE),
    "APPROVE_REPLACEMENT": ({"REPLACEMENT"}, states.REPLACE_PENDING, _NOT_APPROVABLE),
    "ISSUE_REPLACEMENT_REFUND": ({"REPLACEMENT"}, states.REPLACE_PENDING, _NOT_APPROVABLE),
    "OFFER_PARTIAL_REFUND": (set(_KINDS), states.PENDING, _NOT_APPROVABLE),
}
_REJECTIONS: dict[str, tuple[set[str], str, str]] = {
    "REJECT_REFUND": ({"REFUND"}, states.PENDING, states.REJECTED),
    "REJECT_RETURN": ({"RETURN_AND_REFUND"}, states.PENDING, states.REJECTED),
    "REJECT_RECEIVED_PACKAGE": ({"RETURN_AND_REFUND"}, states.SENT, states.PARCEL_REJECTED),
    "REJECT_REPLACEMENT": ({"REPLACEMENT"}, states.REPLACE_PENDING, states.REPLACE_REJECTED),
}


def approve_return(call: Call) -> dict[str, Any]:
    """POST /return_refund/202309/returns/{return_id}/approve."""
    shop, decision = call.the_shop, call.body["decision"]
    life, order, case = _return(call)
    _check_answer(case, *_APPROVALS[decision])
    move = partial(life.set_return, shop, order, case, role="SELLER")
    if decision == "OFFER_PARTIAL_REFUND":
        _offer(call, order, case)
        move(status=states.OFFERED)
    elif decision == "APPROVE_RETURN" and not call.body["buyer_keep_item"]:
        move(status=states.TO_SHIP)
    elif decision == "APPROVE_REPLACEMENT":
        move(status=states.REPLACED)
    elif decision == "ISSUE_REPLACEMENT_REFUND":
        move(status=states.REPLACE_REFUND)
    else:
        case.buyer_keeps = decision == "APPROVE_RETURN"
        life.approve_money(shop, order, case, "SELLER")
    return {}


def _offer(call: Call, order: Order, case: Return) -> None:
    given = call.body["partial_refund"] or {}
    amount = rules.read_amount(order, given.get("amount"), given.get("currency"))
    if amount >= case.refund.total:
        raise ApiError(rules.TOO_MUCH, "an offer must be less than what was asked")
    case.offer, case.proposed, case.offer_refused = amount, "PARTIAL_REFUND", False


def reject_return(call: Call) -> dict[str, Any]:
    """POST /return_refund/{202309|202606}/returns/{return_id}/reject."""
    life, order, case = _return(call)
    kinds, needed, after = _REJECTIONS[call.body["decision"]]
    _check_answer(case, kinds, needed, _NOT_REJECTABLE)
    if call.body["reject_reason"] not in reasons.to_reject_return(case.status):
        raise ApiError(rules.UNKNOWN_REASON, "the reason is unknown")
    note = call.body["comment"] or ""
    life.set_return(call.the_shop, order, case, after, "SELLER", note)
    return {}


def records(call: Call) -> dict[str, Any]:
    """GET /return_refund/202309/returns/{return_id}/records."""
    _, _, case = _return(call)
    return {
        "records": [
            {
                "event": "ORDER_RETURN",
                "role": record.role,
                "description": record.description,
                "reason_text": record.reason_text,
                "note": record.note,
                "images": [],
                "videos": [],
                "create_time": record.create_time,
            }
            for record in case.records
        ]
    }


def calculate(call: Call) -> dict[str, Any]:
    """POST /return_refund/{202309|202602}/refunds/calculate."""
    shop, body = call.the_shop, call.body
    order = rules.find_order(shop, body["order_id"])
    lines, kind = rules.named_lines(order, body), body["request_type"]
    if kind == "CANCEL":
        rules.check_cancel(shop, order, lines)
    else:
        rules.check_return(shop, order, lines, kind)
    shown = render_cases.refund(order, rules.whole_refund(order, lines, kind))
    del shown["buyer_service_fee"]
    return {"order_refund_amount": shown}


def reject_reasons(call: Call) -> dict[str, Any]:
    """GET /return_refund/202309/reject_reasons."""
    life, case_id, found = Life(call.world), call.query["return_or_cancel_id"], None
    try:
        found = reasons.to_reject_return(life.find_return(case_id)[2].status)
    except KeyError:
        try:
            life.find_cancellation(case_id)
        except KeyError as error:
            raise ApiError(rules.BAD_PARAMETER, "there is no such request") from error
        found = reasons.to_reject_cancellation(call.the_shop.region.code)
    return {"reasons": [{"name": key, "text": text} for key, text in found.items()]}


def _verdicts(
    shop: Shop, order: Order, lines: list[Line]
) -> list[tuple[str, list[Line], ApiError | None]]:
    checks: dict[str, Callable[[list[Line]], None]] = {
        "CANCEL": lambda chosen: rules.check_cancel(shop, order, chosen),
        "REFUND": lambda chosen: rules.check_return(shop, order, chosen, "REFUND"),
        "RETURN_AND_REFUND": lambda chosen: rules.check_return(
            shop, order, chosen, "RETURN_AND_REFUND"
        ),
    }
    verdicts: list[tuple[str, list[Line], ApiError | None]] = []
    for kind, check in checks.items():
        groups: dict[int, tuple[list[Line], ApiError | None]] = {}
        for line in lines:
            error = _why_not(check, [line], order if kind == "CANCEL" else None)
            groups.setdefault(error.code if error else 0, ([], error))[0].append(line)
        verdicts += [(kind, chosen, error) for chosen, error in groups.values()]
    return verdicts


def _why_not(
    check: Callable[[list[Line]], None], lines: list[Line], whole: Order | None
) -> ApiError | None:
    try:
        check(lines)
    except ApiError as error:
        if whole is not None and error.code == rules.NO_SINGLE_LINES:
            return _why_not(check, whole.active_lines(), None)
        return error
    return None


def eligibility(call: Call) -> dict[str, Any]:
    """GET /return_refund/{202309|202512|202602}/orders/{order_id}/aftersale_eligibility."""
    shop = call.the_shop
    order = rules.find_order(shop, call.parts["order_id"])
    by_sku: dict[str, list[Line]] = {}
    for line in order.lines:
        by_sku.setdefault(line.sku.sku_id, []).append(line)
    return {
        "sku_eligibility": [
            {
                "sku_id": sku_id,
                "line_item_eligibility": [
                    {
                        "request_type": kind,
                        "eligible": error is None,
                        "ineligible_code": error.code if error else 0,
                        "ineligible_reason": error.message if error else "",
                        "order_line_items_ids": [line.id for line in chosen],
                    }
                    for kind, chosen, error in _verdicts(shop, order, lines)
                ],
            }
            for sku_id, lines in by_sku.items()
        ]
    }


_BAD = rules.BAD_PARAMETER
_KEY = {"idempotency_key": Field("str", longest=255, code=_BAD)}
_LINES = {name: Field("list") for name in ("order_line_item_ids", "skus", "order_line_list")}
_WAY = {
    "shipment_type": Field("str", choices=("PLATFORM", "BUYER_ARRANGE"), code=_BAD),
    "handover_method": Field("str", choices=("DROP_OFF", "PICKUP"), code=_BAD),
}
_ORDER = {"order_id": Field("str", required=True, code=_BAD), **_LINES}
_REJECT = {
    "reject_reason": Field("str", required=True, code=_BAD),
    "comment": Field("str"),
    "images": Field("list"),
}
_NEWER = ("202309", "202602")
_writes = partial(Endpoint, "POST", scope=_SCOPE, write=True)

ENDPOINTS = (
    _writes(
        "/return_refund/cancellations", cancel, versions=_NEWER,
        body={**_ORDER, "cancel_reason": Field("str", required=True, code=_BAD)},
    ),
    _writes(
        "/return_refund/cancellations/{cancel_id}/approve", once(approve_cancellation), query=_KEY
    ),
    _writes(
        "/return_refund/cancellations/{cancel_id}/reject", once(reject_cancellation), query=_KEY,
        body=_REJECT,
    ),
    _writes(
        "/return_refund/returns", once(create_return), versions=_NEWER, query=_KEY,
        body={
            **_ORDER,
            **_WAY,
            "return_type": Field("str", required=True, choices=_KINDS, code=_BAD),
            "return_reason": Field("str", required=True, code=_BAD),
            "refund_total": Field("str", code=_BAD),
            "currency": Field("str", code=_BAD),
        },
    ),
    _writes(
        "/return_refund/returns/{return_id}/approve", once(approve_return), query=_KEY,
        body={
            "decision": Field("str", required=True, choices=tuple(_APPROVALS), code=_BAD),
            "buyer_keep_item": Field("bool", default=False),
            "partial_refund": Field("object", code=_BAD),
        },
    ),
    _writes(
        "/return_refund/returns/{return_id}/reject", once(reject_return), query=_KEY,
        versions=("202309", "202606"),
        body={
            **_REJECT,
            "decision": Field("str", required=True, choices=tuple(_REJECTIONS), code=_BAD),
        },
    ),
    Endpoint("GET", "/return_refund/returns/{return_id}/records", records, _SCOPE),
    Endpoint(
        "POST", "/return_refund/refunds/calculate", calculate, _SCOPE, versions=_NEWER,
        body={
            **_ORDER,
            **_WAY,
            "request_type": Field("str", required=True, choices=("CANCEL", *_KINDS), code=_BAD),
            "reason_name": Field("str", required=True, code=_BAD),
        },
    ),
    Endpoint(
        "GET", "/return_refund/reject_reasons", reject_reasons, _SCOPE,
        query={"return_or_cancel_id": Field("str", required=True), "locale": Field("str")},
    ),
    Endpoint(
        "GET", "/return_refund/orders/{order_id}/aftersale_eligibility", eligibility, _SCOPE,
        versions=("202309", "202512", "202602"),
        query={"initiate_aftersale_user": Field("str", choices=("SELLER", "BUYER"))},
    ),
)  # fmt: skip
