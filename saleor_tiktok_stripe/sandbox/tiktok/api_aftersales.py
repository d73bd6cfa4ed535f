"""Packages, cancellations and returns: searches and details."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from saleor_tiktok_stripe.sandbox.tiktok import ids, paging, render, render_cases
from saleor_tiktok_stripe.sandbox.tiktok.errors import ApiError
from saleor_tiktok_stripe.sandbox.tiktok.fields import Field
from saleor_tiktok_stripe.sandbox.tiktok.gateway import Call, Endpoint
from saleor_tiktok_stripe.sandbox.tiktok.model import Cancellation, Order, Package, Return

_SORTS = ("create_time", "update_time")
_FIELD = {"create_time": "create_time", "update_time": "update_time", "order_pay_time": "pay_time"}
# The search takes another spelling than the answers use.
_SPELLINGS = {"CANCELLATION_REQUEST_CANCEL": "CANCELLATION_REQUEST_CANCELLED"}
Thing = Package | Cancellation | Return


def _search(
    call: Call, kind: str, fits: Callable[[Order, Any], bool] | None
) -> tuple[list[tuple[Order, Thing]], paging.Page]:
    shop = call.the_shop
    by = _FIELD[call.query["sort_field"]]
    times = {name: call.body.get(name) for name in _TIMES}
    other = [name for name in times if not name.startswith(by) and times[name] is not None]

    def passes(slot: int) -> bool:
        found = shop.thing(kind, slot)
        if found is None:
            return False
        order, thing = found
        for name in other:
            moment = getattr(thing, name[:-3])
            bound = times[name] or 0
            if moment < bound if name.endswith("_ge") else moment >= bound:
                return False
        return fits is None or fits(order, thing)

    index = shop.side_index(kind, by)
    low, high = times.get(f"{by}_ge"), times.get(f"{by}_lt")
    page = paging.by_time(call, index, low, high, passes if fits or other else None)
    found = (shop.thing(kind, slot) for slot in page.slots)
    return [entry for entry in found if entry is not None], page


def search_packages(call: Call) -> dict[str, Any]:
    """POST /fulfillment/202309/packages/search."""
    wanted = call.body["package_status"]
    fits = (lambda _, package: package.status == wanted) if wanted else None
    found, page = _search(call, "packages", fits)
    shown = [render.package(package) for _, package in found if isinstance(package, Package)]
    return paging.answer(call, page.next_token, total_count=page.total, packages=shown)


def package_detail(call: Call) -> dict[str, Any]:
    """GET /fulfillment/202309/packages/{package_id}."""
    shop = call.the_shop
    slot = ids.package_slot(shop.number, call.parts["package_id"])
    found = shop.thing("packages", slot) if slot is not None else None
    if found is None or not isinstance(found[1], Package):
        raise ApiError(21011028, "the package does not belong to this shop")
    orders = [order for order_id in found[1].order_ids if (order := shop.find(order_id))]
    return render.package_detail(found[1], orders, call.world.clock.now())


def _case_filter(call: Call, id_name: str, names: dict[str, str]) -> Callable[[Order, Any], bool]:
    wanted = {attribute: call.body[name] for name, attribute in names.items() if call.body[name]}
    own_ids, order_ids = call.body[id_name], call.body["order_ids"]
    buyers = call.body["buyer_user_ids"]

    def fits(order: Order, case: Cancellation | Return) -> bool:
        if own_ids and case.id not in own_ids:
            return False
        if (order_ids and order.id not in order_ids) or (buyers and order.buyer_id not in buyers):
            return False
        for attribute, values in wanted.items():
            accepted = {_SPELLINGS.get(value, value) for value in values}
            if getattr(case, attribute, "") not in accepted:
                return False
        return True

    return fits


def search_cancellations(call: Call) -> dict[str, Any]:
    """POST /return_refund/{202309|202602}/cancellations/search."""
    names = {"cancel_types": "kind", "cancel_status": "status"}
    used = any(call.body[name] for name in (*names, "cancel_ids", "order_ids", "buyer_user_ids"))
    fits = _case_filter(call, "cancel_ids", names) if used else None
    found, page = _search(call, "cancellations", fits)
    shown = [
        render_cases.cancellation(o, case) for o, case in found if isinstance(case, Cancellation)
    ]
    return paging.answer(call, page.next_token, total_count=page.total, cancellations=shown)


def search_returns(call: Call) -> dict[str, Any]:
    """POST /return_refund/{202309|202602}/returns/search."""
    names = {
        "return_types": "kind",
        "return_status": "status",
        "arbitration_status": "arbitration",
        "seller_proposed_return_type": "proposed",
    }
    used = any(call.body[name] for name in (*names, "return_ids", "order_ids", "buyer_user_ids"))
    fits = _case_filter(call, "return_ids", names) if used else None
    found, page = _search(call, "returns", fits)
    shown = [render_cases.returned(o, case) for o, case in found if isinstance(case, Return)]
    return paging.answer(call, page.next_token, total_count=page.total, return_orders=shown)


_TIMES = {
    f"{name}_{bound}": Field("int", low=0)
    for name in ("create_time", "update_time")
    for bound in ("ge", "lt")
}
_PACKAGE_STATUS = ("TO_FULFILL", "PROCESSING", "FULFILLING", "COMPLETED", "CANCELLED")
_LISTS = {name: Field("list") for name in ("order_ids", "buyer_user_ids")}
_VERSIONS = ("202309", "202602")

ENDPOINTS = (
    Endpoint(
        "POST",
        "/fulfillment/packages/search",
        search_packages,
        "seller.fulfillment.basic",
        query={
            **paging.query_fields(1, 50, 20, (*_SORTS, "order_pay_time"), "DESC"),
            "page_size": Field("int", required=True, low=1, high=50),
        },
        body={**_TIMES, "package_status": Field("str", choices=_PACKAGE_STATUS)},
    ),
    Endpoint(
        "GET", "/fulfillment/packages/{package_id}", package_detail, "seller.fulfillment.basic"
    ),
    Endpoint(
        "POST",
        "/return_refund/cancellations/search",
        search_cancellations,
        "seller.return_refund.basic",
        versions=_VERSIONS,
        query=paging.query_fields(1, 50, 10, _SORTS),
        body={
            **_TIMES,
            **_LISTS,
            "cancel_ids": Field("list"),
            "cancel_types": Field("list", choices=("CANCEL", "BUYER_CANCEL")),
            "cancel_status": Field("list"),
            "locale": Field("str"),
        },
    ),
    Endpoint(
        "POST",
        "/return_refund/returns/search",
        search_returns,
        "seller.return_refund.basic",
        versions=_VERSIONS,
        query=paging.query_fields(10, 50, 10, _SORTS),
        body={
            **_TIMES,
            **_LISTS,
            "return_ids": Field("list"),
            "return_types": Field("list", choices=("REFUND", "RETURN_AND_REFUND", "REPLACEMENT")),
            "return_status": Field("list"),
            "arbitration_status": Field("list"),
            "seller_proposed_return_type": Field("list"),
            "locale": Field("str"),
        },
    ),
)
