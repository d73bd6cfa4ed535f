"""Order endpoints."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from saleor_tiktok_stripe.sandbox.tiktok import paging, render
from saleor_tiktok_stripe.sandbox.tiktok.errors import ApiError
from saleor_tiktok_stripe.sandbox.tiktok.fields import Field
from saleor_tiktok_stripe.sandbox.tiktok.gateway import Call, Endpoint
from saleor_tiktok_stripe.sandbox.tiktok.model import Order
from saleor_tiktok_stripe.sandbox.tiktok.plan import STATUSES
from saleor_tiktok_stripe.sandbox.tiktok.shop import Shop

_BAD_PARAMETER = 21001001
_NOT_OF_SELLER = 21008111
_MOST_IDS = 50
_SCOPE = "seller.order.info"
PLATFORMS = (
    "AMAZON", "BIGCOMMERCE", "CHANNEL_ADVISOR", "ERP_SYSTEM", "MAGENTO",
    "ORDER_MANAGEMENT_SYSTEM", "SALESFORCE_COMMERCE_CLOUD", "SHOPIFY",
    "WAREHOUSE_MANAGEMENT_SYSTEM", "WOOCOMMERCE",
)  # fmt: skip


def _shown(call: Call, order: Order, detail: bool = False) -> dict[str, Any]:
    flip = call.fault("mask_flip")
    force = "" if flip is None else str(flip.get("to", "MASKED"))
    shop = call.the_shop
    return render.order(
        order,
        shop.warehouse_id(order),
        call.world.clock.now(),
        detail=detail,
        force_address=force,
    )


def _filter(call: Call, shop: Shop) -> Callable[[int], bool] | None:
    wanted = {name: value for name, value in call.body.items() if value is not None}
    status = wanted.pop("order_status", None)
    for name in ("create_time_ge", "create_time_lt", "update_time_ge", "update_time_lt"):
        wanted.pop(name, None)
    created = call.body["create_time_ge"], call.body["create_time_lt"]
    both = call.query["sort_field"] == "update_time" and any(t is not None for t in created)
    updated = call.body["update_time_ge"], call.body["update_time_lt"]
    if call.query["sort_field"] == "create_time":
        both = any(t is not None for t in updated)
    if status is None and not wanted and not both:
        return None

    def fits(index: int) -> bool:
        if status is not None and shop.status_of(index) != status:
            return False
        if not wanted and not both:
            return True
        order = shop.order(index)
        return (
            _within(order.create_time, *created)
            and _within(order.update_time, *updated)
            and _attributes_fit(shop, order, wanted)
        )

    return fits


def _within(time: int, low: int | None, high: int | None) -> bool:
    return (low is None or time >= low) and (high is None or time < high)


def _attributes_fit(shop: Shop, order: Order, wanted: dict[str, Any]) -> bool:
    actual = {
        "shipping_type": order.shipping_type,
        "buyer_user_id": order.buyer_id,
        "is_buyer_request_cancel": order.buyer_requests_cancel,
    }
    if "warehouse_ids" in wanted and shop.warehouse_id(order) not in wanted["warehouse_ids"]:
        return False
    return all(actual[name] == value for name, value in wanted.items() if name in actual)


def search(call: Call) -> dict[str, Any]:
    """POST /order/202309/orders/search."""
    shop = call.the_shop
    by = call.query["sort_field"]
    index = shop.by_update if by == "update_time" else shop.by_create
    low, high = call.body[f"{by}_ge"], call.body[f"{by}_lt"]
    page = paging.by_time(call, index, low, high, _filter(call, shop))
    moved = call.fault("moves_while_paging")
    if moved is not None:
        for slot in page.slots[: int(moved.get("orders", 1))]:
            shop.file(shop.order(slot), call.world.clock.now())
    orders = [_shown(call, shop.order(slot)) for slot in page.slots]
    return paging.answer(call, page.next_token, total_count=page.total, orders=orders)


def by_ids(call: Call) -> dict[str, Any]:
    """GET /order/{202309|202507}/orders. Unknown ids are missing from the answer."""
    detail = "/202507/" in call.path
    found = (call.the_shop.find(order_id) for order_id in call.query["ids"])
    return {"orders": [_shown(call, order, detail) for order in found if order is not None]}


def _order(call: Call, order_id: str) -> Order:
    order = call.the_shop.find(order_id)
    if order is None:
        raise ApiError(_NOT_OF_SELLER, f"order {order_id} does not belong to this seller")
    return order


def price_detail(call: Call) -> dict[str, Any]:
    """GET /order/202407/orders/{order_id}/price_detail."""
    return render.price_detail(_order(call, call.parts["order_id"]))


def _refused(code: int, message: str, order_id: str, external: Any) -> dict[str, Any]:
    return {
        "code": str(code),
        "message": message,
        "detail": {"order_id": order_id, "external_order": external},
    }


def add_external(call: Call) -> dict[str, Any]:
    """POST /order/202406/orders/external_orders: keep a connector's own references."""
    shop, errors = call.the_shop, []
    for entry in call.body["orders"]:
        order_id = str(entry.get("id", ""))
        external = entry.get("external_order") or {}
        if shop.find(order_id) is None:
            errors.append(_refused(_NOT_OF_SELLER, "order not found", order_id, external))
        elif not external.get("id") or external.get("platform") not in PLATFORMS:
            errors.append(_refused(_BAD_PARAMETER, "external_order invalid", order_id, external))
        elif call.fault("partial_errors") is not None:
            errors.append(_refused(10037002, "try again", order_id, external))
        else:
            kept = shop.external.setdefault(order_id, [])
            kept[:] = [row for row in kept if row["platform"] != external["platform"]]
            kept.append(external)
    return {"errors": errors} if errors else {}


def get_external(call: Call) -> dict[str, Any]:
    """GET /order/202406/orders/{order_id}/external_orders."""
    order = _order(call, call.parts["order_id"])
    platform = call.query["platform"]
    kept = call.the_shop.external.get(order.id, [])
    return {"external_orders": [row for row in kept if row["platform"] == platform]}


def search_external(call: Call) -> dict[str, Any]:
    """POST /order/202406/orders/external_order_search."""
    platform, wanted = call.query["platform"], call.query["external_order_id"]
    found = [
        {"id": order_id, "external_order": row}
        for order_id, rows in call.the_shop.external.items()
        for row in rows
        if row["platform"] == platform and row["id"] == wanted
    ]
    return {"orders": found}


_TIMES = {
    name: Field("int", low=0, code=_BAD_PARAMETER)
    for name in ("create_time_ge", "create_time_lt", "update_time_ge", "update_time_lt")
}
_SEARCH_BODY = {
    **_TIMES,
    "order_status": Field("str", choices=STATUSES, code=_BAD_PARAMETER),
    "shipping_type": Field("str", choices=("TIKTOK", "SELLER"), code=_BAD_PARAMETER),
    "buyer_user_id": Field("str", code=_BAD_PARAMETER),
    "is_buyer_request_cancel": Field("bool", code=_BAD_PARAMETER),
    "warehouse_ids": Field("list", longest=100, code=_BAD_PARAMETER),
}
_SEARCH_QUERY = {
    **paging.query_fields(1, 100, 20, ("create_time", "update_time"), "DESC"),
    "page_size": Field("int", required=True, low=1, high=100),
}
_PLATFORM = Field("str", required=True, choices=PLATFORMS)

ENDPOINTS = (
    Endpoint(
        "POST", "/order/orders/search", search, _SCOPE, query=_SEARCH_QUERY, body=_SEARCH_BODY
    ),
    Endpoint(
        "GET",
        "/order/orders",
        by_ids,
        _SCOPE,
        versions=("202309", "202507"),
        query={"ids": Field("list", required=True, longest=_MOST_IDS)},
    ),
    Endpoint(
        "GET",
        "/order/orders/{order_id}/price_detail",
        price_detail,
        _SCOPE,
        versions=("202407",),
    ),
    Endpoint(
        "POST",
        "/order/orders/external_orders",
        add_external,
        "seller.order.ext_ref.write",
        versions=("202406",),
        body={"orders": Field("list", required=True, longest=100)},
    ),
    Endpoint(
        "GET",
        "/order/orders/{order_id}/external_orders",
        get_external,
        "seller.order.ext_ref.read",
        versions=("202406",),
        query={"platform": _PLATFORM},
    ),
    Endpoint(
        "POST",
        "/order/orders/external_order_search",
        search_external,
        "seller.order.ext_ref.read",
        versions=("202406",),
        query={"platform": _PLATFORM, "external_order_id": Field("str", required=True)},
    ),
)
