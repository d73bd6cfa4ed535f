"""Fulfillment: shipping, tracking, labels, splitting and combining."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from saleor_tiktok_stripe.sandbox.tiktok import money, paging
from saleor_tiktok_stripe.sandbox.tiktok import shipping_rules as rules
from saleor_tiktok_stripe.sandbox.tiktok.errors import ApiError
from saleor_tiktok_stripe.sandbox.tiktok.fields import Field
from saleor_tiktok_stripe.sandbox.tiktok.gateway import Call, Endpoint
from saleor_tiktok_stripe.sandbox.tiktok.life import Life
from saleor_tiktok_stripe.sandbox.tiktok.model import Order, Package
from saleor_tiktok_stripe.sandbox.tiktok.plan import DAY

_READ, _WRITE = "seller.fulfillment.basic", "seller.fulfillment.package.write"
_LABEL = "7158000000000000001"
_SHORTEST_USUAL_TRACKING = 8


def _ship(call: Call, package_id: str, given: Mapping[str, Any]) -> None:
    shop, life = call.the_shop, Life(call.world)
    order, package = rules.find_package(shop, package_id)
    members = [rules.find_order(shop, order_id) for order_id in package.order_ids]
    for member in members:
        if member.platform_fulfilled:
            rules.check_shippable(member)
    if package.status != "TO_FULFILL":
        raise ApiError(rules.ALREADY_SHIPPED, "the package is shipped")
    for member in members:
        rules.check_shippable(member)
    own = given.get("self_shipment")
    provider = tracking = ""
    if order.shipping_type == "SELLER":
        provider, tracking = rules.check_carrier(shop, own)
    elif own:
        raise ApiError(rules.TRACKING_INVALID, "the platform ships this package")
    for member in members:
        rules.settle_request(life, shop, member)
    life.ship_package(package_id, provider=provider, tracking=tracking)


def ship_package(call: Call) -> dict[str, Any]:
    """POST /fulfillment/202309/packages/{package_id}/ship."""
    _ship(call, call.parts["package_id"], call.body)
    return {}


def _error(code: int, message: str, package_id: str) -> dict[str, Any]:
    return {"code": code, "message": message, "detail": {"package_id": package_id}}


def ship_packages(call: Call) -> dict[str, Any]:
    """POST /fulfillment/202309/packages/ship: several, each refused for itself."""
    errors = []
    for entry in call.body["packages"]:
        package_id = str(entry.get("id", ""))
        if call.fault("partial_errors") is not None:
            errors.append(_error(36009003, "the system is busy", package_id))
            continue
        try:
            _ship(call, package_id, entry)
        except ApiError as error:
            errors.append(_error(error.code, error.message, package_id))
    return {"errors": errors} if errors else {}


def _first_shipment(call: Call) -> Mapping[str, Any]:
    """The carrier of a body: flat, or the one of a list as version 202610 has it."""
    several = call.body.get("shipping_info_list")
    return several[0] if several else call.body


def mark_shipped(call: Call) -> dict[str, Any]:
    """POST /fulfillment/{202309|202610}/orders/{order_id}/packages."""
    shop, life = call.the_shop, Life(call.world)
    if not shop.region.mark_as_shipped:
        raise ApiError(rules.REGION_CLOSED, "This interface is not open in this region")
    order = rules.find_order(shop, call.parts["order_id"])
    rules.check_shippable(order)
    if order.shipping_type != "SELLER":
        raise ApiError(rules.NOT_ALLOWED, "the platform ships this order: buy a label")
    named = [str(line_id) for line_id in call.body["order_line_item_ids"] or ()]
    named += [str(line["order_line_id"]) for line in call.body["order_line_list"] or ()]
    lines = rules.choose_lines(order, named)
    provider, tracking = rules.check_carrier(shop, _first_shipment(call))
    rules.settle_request(life, shop, order)
    line_ids = [line.id for line in lines]
    package_id = life.ship(order.id, line_ids, provider=provider, tracking=tracking)
    shown: dict[str, Any] = {"order_id": order.id, "package_id": package_id}
    shown["order_line_item_ids"] = line_ids
    if len(tracking) < _SHORTEST_USUAL_TRACKING:
        shown["warning"] = {"message": "The tracking number does not look like the provider's"}
    return shown


def _change(call: Call, order: Order, package: Package) -> dict[str, Any]:
    shop = call.the_shop
    rules.check_change(shop, order, package, call.world.clock.now())
    provider, tracking = rules.check_carrier(shop, _first_shipment(call))
    Life(call.world).change_tracking(package.id, provider, tracking)
    return {}


def update_order_shipping(call: Call) -> dict[str, Any]:
    """POST /fulfillment/202309/orders/{order_id}/shipping_info/update."""
    order = rules.find_order(call.the_shop, call.parts["order_id"])
    shipped = [package for package in order.packages if package.status != "TO_FULFILL"]
    if not shipped:
        raise ApiError(rules.NOT_ALLOWED, "nothing of the order is shipped")
    if len(shipped) > 1:
        raise ApiError(rules.NAME_LINES, "the order has several packages")
    return _change(call, order, shipped[0])


def update_package_shipping(call: Call) -> dict[str, Any]:
    """POST /fulfillment/{202309|202610}/packages/{package_id}/shipping_info/update."""
    order, package = rules.find_package(call.the_shop, call.parts["package_id"])
    return _change(call, order, package)


def split_attributes(call: Call) -> dict[str, Any]:
    """GET /fulfillment/202309/orders/split_attributes."""
    rows = []
    for order_id in call.query["order_ids"]:
        order = rules.find_order(call.the_shop, order_id)
        refusal = rules.split_refusal(call.the_shop, order)
        row = {"order_id": order.id, "can_split": not refusal, "must_split": False}
        rows.append({**row, "must_split_reasons": [], "reason": refusal})
    return {"split_attributes": rows}


def split(call: Call) -> dict[str, Any]:
    """POST /fulfillment/202309/orders/{order_id}/split."""
    shop = call.the_shop
    order = rules.find_order(shop, call.parts["order_id"])
    entries = call.body["splittable_groups"]
    groups = [[str(i) for i in entry.get("order_line_item_ids") or ()] for entry in entries]
    rules.check_groups(shop, order, groups)
    made = Life(call.world).split(order.id, groups)
    return {
        "packages": [
            {"id": package, "splittable_group_id": str(entry.get("id", ""))}
            for package, entry in zip(made, entries, strict=True)
        ]
    }


def _group_id(orders: list[Order]) -> str:
    own = next((package.id for order in orders for package in order.packages), "")
    return own or str(int(orders[0].id) + 7)


def search_combinable(call: Call) -> dict[str, Any]:
    """GET /fulfillment/202309/combinable_packages/search."""
    rows = [
        {"id": _group_id(orders), "order_ids": [order.id for order in orders]}
        for orders in rules.combinable(call.the_shop)
    ]
    page, token = paging.of_list(call, rows)
    return paging.answer(call, token, total_count=len(rows), combinable_packages=page)


def combine(call: Call) -> dict[str, Any]:
    """POST /fulfillment/202309/packages/combine."""
    shop, packages, errors = call.the_shop, [], []
    for entry in call.body["combinable_packages"]:
        own_id = str(entry.get("id", ""))
        wanted = [str(order_id) for order_id in entry.get("order_ids") or ()]
        orders = [rules.find_order(shop, order_id) for order_id in wanted]
        fitting = [{order.id for order in group} for group in rules.combinable(shop)]
        if any(order.tag == "COMBINED" for order in orders):
            errors.append(_error(rules.ALREADY_COMBINED, "already combined", own_id))
        elif len(wanted) < 2 or not any(set(wanted) <= group for group in fitting):  # noqa: PLR2004
            errors.append(_error(rules.NOT_ALLOWED, "these cannot be combined", own_id))
        else:
            packages.append({"id": Life(call.world).combine(wanted), "order_ids": wanted})
    return {"packages": packages, "errors": errors} if errors else {"packages": packages}


def uncombine(call: Call) -> dict[str, Any]:
    """POST /fulfillment/202309/packages/{package_id}/uncombine."""
    _, package = rules.find_package(call.the_shop, call.parts["package_id"])
    leaving = [str(order_id) for order_id in call.body["order_ids"] or ()]
    if package.tag != "COMBINED" or not set(leaving) <= set(package.order_ids):
        raise ApiError(rules.NOT_IN_PACKAGE, "an order is not in the package")
    if package.status != "TO_FULFILL":
        raise ApiError(rules.ALREADY_SHIPPED, "the package is shipped")
    made = Life(call.world).uncombine(package.id, leaving)
    left = [package] if package.line_ids else []
    left += [rules.find_package(call.the_shop, new_id)[1] for new_id in made]
    return {"packages": [{"id": one.id, "order_ids": list(one.order_ids)} for one in left]}


def tracking(call: Call) -> dict[str, Any]:
    """GET /fulfillment/202309/orders/{order_id}/tracking. Times are in milliseconds."""
    order = rules.find_order(call.the_shop, call.parts["order_id"])
    moments = (
        (order.delivery_time, "Delivered"),
        (order.collection_time, "Picked up by the carrier"),
        (order.ship_time, "Shipping label created"),
    )
    return {
        "tracking": [
            {"description": words, "update_time_millis": when * 1000}
            for when, words in moments
            if when
        ]
    }


def _slots(now: int) -> dict[str, Any]:
    morning = (now // DAY + 1) * DAY + 9 * 3600
    times = [(morning + days * DAY, morning + days * DAY + 4 * 3600) for days in range(3)]
    return {
        "can_pickup": True,
        "can_drop_off": True,
        "can_van_collection": False,
        "drop_off_point_url": "https://example.invalid/drop-off",
        "pickup_slots": [
            {"start_time": start, "end_time": end, "avaliable": True} for start, end in times
        ],
    }


def package_slots(call: Call) -> dict[str, Any]:
    """GET /fulfillment/202309/packages/{package_id}/handover_time_slots."""
    rules.find_package(call.the_shop, call.parts["package_id"])
    return _slots(call.world.clock.now())


def order_slots(call: Call) -> dict[str, Any]:
    """GET /fulfillment/202309/orders/{order_id}/handover_time_slots."""
    rules.find_order(call.the_shop, call.parts["order_id"])
    return _slots(call.world.clock.now())


def _service(call: Call) -> dict[str, Any]:
    region = call.the_shop.region
    number, name = region.providers[0]
    return {
        "id": _LABEL,
        "name": f"{name} Ground",
        "price": money.text(region.price(540), region.exponent),
        "currency": region.currency,
        "earliest_delivery_days": 2,
        "latest_delivery_days": 5,
        "shipping_provider_id": number,
        "shipping_provider_name": name,
    }


def _check_label(call: Call, order_id: str) -> Order:
    if call.the_shop.region.code != "US":
        raise ApiError(rules.REGION_CLOSED, "This interface is not open in this region")
    order = rules.find_order(call.the_shop, order_id)
    rules.check_shippable(order)
    if order.shipping_type != "TIKTOK":
        raise ApiError(rules.NOT_ALLOWED, "the seller ships this order")
    return order


_DIMENSION = {"length": "10", "width": "8", "height": "4", "unit": "INCH"}
_WEIGHT = {"value": "1.5", "unit": "POUND"}


def shipping_services(call: Call) -> dict[str, Any]:
    """POST /fulfillment/202309/orders/{order_id}/shipping_services/query (US)."""
    order = _check_label(call, call.parts["order_id"])
    return {
        "order_id": order.id,
        "order_line_id": [line.id for line in order.active_lines()],
        "weight": call.body["weight"] or _WEIGHT,
        "dimension": call.body["dimension"] or _DIMENSION,
        "shipping_services": [{**_service(call), "is_default": True}],
    }


def buy_label(call: Call) -> dict[str, Any]:
    """POST /fulfillment/{202309|202512}/packages (US): buy a label, and have a package."""
    order = _check_label(call, call.body["order_id"])
    named = [str(line_id) for line_id in call.body["order_line_item_ids"] or ()]
    named += [str(line["order_line_id"]) for line in call.body["order_line_item"] or ()]
    if call.body["shipping_service_id"] not in {None, _LABEL}:
        raise ApiError(rules.WRONG_PROVIDER, "the shipping service is wrong")
    waiting = [ln.id for ln in order.active_lines() if ln.status == "AWAITING_SHIPMENT"]
    lines = [line.id for line in rules.choose_lines(order, named or waiting)]
    life = Life(call.world)
    rules.settle_request(life, call.the_shop, order)
    return {
        "package_id": life.buy_label(order.id, lines),
        "shipping_service_info": _service(call),
        "dimension": call.body["dimension"] or _DIMENSION,
        "weight": call.body["weight"] or _WEIGHT,
        "create_time": call.world.clock.now(),
    }


_OBJECTS = {name: Field("object") for name in ("dimension", "weight")}
_SHIP = {
    "handover_method": Field("str", choices=("PICKUP", "DROP_OFF"), code=rules.BAD_PARAMETER),
    "pickup_slot": Field("object", code=rules.BAD_PARAMETER),
    "self_shipment": Field("object", code=rules.BAD_PARAMETER),
}
_CARRIER = {
    "tracking_number": Field("str", code=rules.TRACKING_INVALID),
    "shipping_provider_id": Field("str", code=rules.WRONG_PROVIDER),
    "shipping_info_list": Field("list", longest=1, code=rules.BAD_PARAMETER),
}
_LINES = {name: Field("list") for name in ("order_line_item_ids", "order_line_list")}
_BOTH = ("202309", "202610")
_PACKAGE, _ORDER = "/fulfillment/packages/{package_id}", "/fulfillment/orders/{order_id}"

_writes = partial(Endpoint, "POST", scope=_WRITE, write=True)

ENDPOINTS = (
    _writes(f"{_PACKAGE}/ship", ship_package, body=_SHIP),
    _writes(
        "/fulfillment/packages/ship", ship_packages,
        body={"packages": Field("list", required=True, longest=100, code=rules.BAD_PARAMETER)},
    ),
    _writes(f"{_ORDER}/packages", mark_shipped, versions=_BOTH, body={**_CARRIER, **_LINES}),
    _writes(f"{_ORDER}/shipping_info/update", update_order_shipping, body=_CARRIER),
    _writes(
        f"{_PACKAGE}/shipping_info/update", update_package_shipping, versions=_BOTH, body=_CARRIER
    ),
    Endpoint(
        "GET", "/fulfillment/orders/split_attributes", split_attributes, _READ,
        query={"order_ids": Field("list", required=True, longest=50)},
    ),
    _writes(
        f"{_ORDER}/split", split,
        body={"splittable_groups": Field("list", required=True, code=rules.BAD_PARAMETER)},
    ),
    Endpoint(
        "GET", "/fulfillment/combinable_packages/search", search_combinable, _READ,
        query={
            **paging.query_fields(1, 50, 20),
            "page_size": Field("int", required=True, low=1, high=50),
        },
    ),
    _writes(
        "/fulfillment/packages/combine", combine,
        body={"combinable_packages": Field("list", required=True, code=rules.BAD_PARAMETER)},
    ),
    _writes(f"{_PACKAGE}/uncombine", uncombine, body={"order_ids": Field("list")}),
    Endpoint("GET", f"{_ORDER}/tracking", tracking, _READ),
    Endpoint("GET", f"{_PACKAGE}/handover_time_slots", package_slots, _READ),
    Endpoint(
        "GET", f"{_ORDER}/handover_time_slots", order_slots, _READ,
        query={"order_line_item_ids": Field("list")},
    ),
    Endpoint(
        "POST", f"{_ORDER}/shipping_services/query", shipping_services, _READ,
        body={**_OBJECTS, **_LINES},
    ),
    _writes(
        "/fulfillment/packages", buy_label, versions=("202309", "202512"),
        body={
            **_OBJECTS,
            "order_id": Field("str", required=True, code=rules.BAD_PARAMETER),
            "order_line_item_ids": Field("list"),
            "order_line_item": Field("list"),
            "shipping_service_id": Field("str"),
        },
    ),
)  # fmt: skip
