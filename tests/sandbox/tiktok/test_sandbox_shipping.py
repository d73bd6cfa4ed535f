"""Shipping, splitting, combining and labels, with every refusal's code."""

from __future__ import annotations

import pytest
import requests

ORDERS, PACKAGES = "/fulfillment/202309/orders", "/fulfillment/202309/packages"
SHOP = ("US", "DE", "TH")


@pytest.fixture(scope="module", params=SHOP)
def market(request, sandbox_server, connect):
    sandbox = sandbox_server(regions=(request.param,), orders=30, rate_burst=10_000)
    return sandbox, connect(sandbox), request.param


@pytest.fixture(scope="module")
def shop_of(sandbox_server, connect):
    made = {}

    def get(region):
        if region not in made:
            sandbox = sandbox_server(regions=(region,), orders=30, rate_burst=10_000)
            made[region] = (sandbox, connect(sandbox))
        return made[region]

    return get


def skus(sandbox, *counts):
    return [(sku["sku_id"], n) for sku, n in zip(sandbox.catalog(), counts, strict=False)]


def own(sandbox, *counts, status="AWAITING_SHIPMENT"):
    return new(sandbox, *(counts or (1,)), status=status, shipping_type="SELLER")


def new(sandbox, *counts, status="AWAITING_SHIPMENT", shipping_type="TIKTOK"):
    """An order that the seller fulfils (not TikTok)."""
    twin = next(
        order_id
        for order_id in sandbox.order_ids()
        if sandbox.order(order_id)["fulfillment_type"] == "FULFILLMENT_BY_SELLER"
    )
    return sandbox.create_order(
        skus(sandbox, *counts), status=status, shipping_type=shipping_type, buyer_of=twin
    )


def by_tiktok(sandbox):
    return next(
        order_id
        for order_id in (sandbox.create_order(status="AWAITING_SHIPMENT") for _ in range(200))
        if sandbox.order(order_id)["fulfillment_type"] == "FULFILLMENT_BY_TIKTOK"
    )


def providers(caller):
    place = caller.data("GET", "/logistics/202309/warehouses")["warehouses"][0]["id"]
    options = caller.data("GET", f"/logistics/202309/warehouses/{place}/delivery_options")
    option = options["delivery_options"][0]["id"]
    found = caller.data("GET", f"/logistics/202309/delivery_options/{option}/shipping_providers")
    return [row["id"] for row in found["shipping_providers"]]


def mark(caller, order_id, tracking, lines=(), provider=None):
    body = {
        "tracking_number": tracking,
        "shipping_provider_id": provider or providers(caller)[0],
    }
    if lines:
        body["order_line_item_ids"] = list(lines)
    return caller.call("POST", f"{ORDERS}/{order_id}/packages", {}, body).json()


def lines_of(sandbox, order_id):
    return [line["id"] for line in sandbox.order(order_id)["line_items"]]


def test_marking_as_shipped_whole_and_in_parts(shop_of):
    sandbox, caller = shop_of("DE")
    order_id = own(sandbox, 2, 1)
    lines = lines_of(sandbox, order_id)

    first = mark(caller, order_id, "DE-PART-1", lines[:1])
    assert first["data"]["order_line_item_ids"] == lines[:1]
    assert sandbox.order(order_id)["status"] == "PARTIALLY_SHIPPING"
    assert mark(caller, order_id, "DE-PART-2")["code"] == 21011048
    assert mark(caller, order_id, "DE-PART-2", lines[:1])["code"] == 21011006
    assert mark(caller, order_id, "DE-PART-1", lines[1:])["code"] == 21011025
    second = mark(caller, order_id, "DE-PART-2", lines[1:])

    order = sandbox.order(order_id)
    assert order["status"] == "AWAITING_COLLECTION"
    assert [line["tracking_number"] for line in order["line_items"]] == [
        "DE-PART-1",
        "DE-PART-2",
        "DE-PART-2",
    ]
    assert {p["id"] for p in order["packages"]} == {
        first["data"]["package_id"],
        second["data"]["package_id"],
    }
    assert mark(caller, order_id, "DE-PART-3")["code"] == 21011006


def test_a_short_tracking_number_is_taken_with_a_warning(shop_of):
    sandbox, caller = shop_of("DE")

    answer = mark(caller, own(sandbox), "SHORT")

    assert answer["code"] == 0
    assert answer["data"]["warning"]["message"]


@pytest.mark.parametrize(
    ("case", "code"),
    [
        ("unpaid", 21011003),
        ("cancelled", 21011041),
        ("platform label", 21011003),
        ("by tiktok", 21008025),
        ("no tracking", 21011022),
        ("wrong provider", 21008116),
        ("foreign line", 21001001),
        ("unknown order", 21008111),
        ("cancel request", 21011007),
    ],
)
def test_marking_as_shipped_is_refused(shop_of, case, code):
    sandbox, caller = shop_of("DE")
    order_id, tracking, provider, lines = own(sandbox), "DE-NO-1", None, ()
    if case == "unpaid":
        order_id = own(sandbox, status="UNPAID")
    elif case == "cancelled":
        sandbox.cancel(order_id)
    elif case == "platform label":
        order_id = new(sandbox, 1)
    elif case == "by tiktok":
        order_id = by_tiktok(sandbox)
    elif case == "no tracking":
        tracking = ""
    elif case == "wrong provider":
        provider = "1"
    elif case == "foreign line":
        lines = lines_of(sandbox, own(sandbox))
    elif case == "unknown order":
        order_id = "576460000000000001"
    elif case == "cancel request":
        sandbox.request_cancel(order_id)

    assert mark(caller, order_id, tracking, lines, provider)["code"] == code
    if case != "unknown order":
        assert sandbox.order(order_id)["tracking_number"] == ""


def test_in_the_us_shipping_refuses_the_buyers_cancel_request(shop_of):
    sandbox, caller = shop_of("US")
    order_id = own(sandbox)
    case = sandbox.request_cancel(order_id)

    assert mark(caller, order_id, "US-RACE-1")["code"] == 0

    found = caller.data(
        "POST", "/return_refund/202309/cancellations/search", {}, {"cancel_ids": [case]}
    )["cancellations"]
    assert found[0]["cancel_status"] == "CANCELLATION_REQUEST_CANCELLED"
    assert not sandbox.order(order_id)["is_buyer_request_cancel"]


def test_markets_without_mark_as_shipped_ship_packages(shop_of):
    sandbox, caller = shop_of("TH")
    order_id = own(sandbox)
    package = sandbox.order(order_id)["packages"][0]["id"]
    assert mark(caller, order_id, "TH-1")["code"] == 21008106

    path = f"{PACKAGES}/{package}/ship"
    assert caller.code("POST", path, {}, {})[1] == 21011022
    shipment = {"tracking_number": "TH-1", "shipping_provider_id": providers(caller)[0]}
    assert caller.data("POST", path, {}, {"self_shipment": shipment}) == {}

    assert sandbox.order(order_id)["status"] == "AWAITING_COLLECTION"
    assert caller.code("POST", path, {}, {"self_shipment": shipment})[1] == 21011006


def test_platform_packages_get_their_number_from_tiktok(shop_of):
    sandbox, caller = shop_of("TH")
    order_id = new(sandbox, 1)
    package = sandbox.order(order_id)["packages"][0]["id"]
    path = f"{PACKAGES}/{package}/ship"
    shipment = {"tracking_number": "MINE", "shipping_provider_id": providers(caller)[0]}

    assert caller.code("POST", path, {}, {"self_shipment": shipment})[1] == 21011022
    caller.data("POST", path, {}, {"handover_method": "DROP_OFF"})

    assert sandbox.order(order_id)["tracking_number"].startswith("TT")


def test_a_us_platform_order_has_a_package_only_after_a_label(shop_of):
    sandbox, caller = shop_of("US")
    order_id = new(sandbox, 2)
    assert sandbox.order(order_id)["packages"] == []
    assert mark(caller, order_id, "US-L-1")["code"] == 21011003

    services = caller.data("POST", f"{ORDERS}/{order_id}/shipping_services/query", {}, {})
    body = {"order_id": order_id, "shipping_service_id": services["shipping_services"][0]["id"]}
    bought = caller.data("POST", PACKAGES, {}, body)
    assert sandbox.order(order_id)["status"] == "AWAITING_SHIPMENT"
    caller.data("POST", f"{PACKAGES}/{bought['package_id']}/ship", {}, {})

    order = sandbox.order(order_id)
    assert order["status"] == "AWAITING_COLLECTION"
    assert order["tracking_number"].startswith("9400100")


def test_a_batch_refuses_each_package_for_itself(shop_of):
    sandbox, caller = shop_of("TH")
    good, gone = new(sandbox, 1), new(sandbox, 1)
    packages = [sandbox.order(order_id)["packages"][0]["id"] for order_id in (good, gone)]
    sandbox.cancel(gone)

    answer = caller.data(
        "POST", f"{PACKAGES}/ship", {}, {"packages": [{"id": p} for p in (*packages, "12")]}
    )

    assert [(row["code"], row["detail"]["package_id"]) for row in answer["errors"]] == [
        (21011041, packages[1]),
        (21011028, "12"),
    ]
    assert sandbox.order(good)["status"] == "AWAITING_COLLECTION"
    sandbox.inject_fault("partial_errors", path="/packages/ship")
    again = sandbox.order(new(sandbox, 1))["packages"][0]["id"]
    struck = caller.data("POST", f"{PACKAGES}/ship", {}, {"packages": [{"id": again}]})
    assert struck["errors"][0]["code"] == 36009003


def test_tracking_changes_once_and_within_72_hours(shop_of):
    sandbox, caller = shop_of("DE")
    order_id, late = own(sandbox), own(sandbox)
    mark(caller, order_id, "DE-CHG-1")
    package = mark(caller, late, "DE-CHG-LATE")["data"]["package_id"]
    path = f"{ORDERS}/{order_id}/shipping_info/update"

    def body(tracking):
        return {"tracking_number": tracking, "shipping_provider_id": providers(caller)[1]}

    assert caller.code("POST", path, {}, body("DE-CHG-LATE"))[1] == 21011025
    caller.data("POST", path, {}, body("DE-CHG-2"))
    assert sandbox.order(order_id)["tracking_number"] == "DE-CHG-2"
    assert caller.code("POST", path, {}, body("DE-CHG-3"))[1] == 21011051
    sandbox.advance_time(72 * 3600 + 1)
    by_package = f"{PACKAGES}/{package}/shipping_info/update"
    assert caller.code("POST", by_package, {}, body("DE-CHG-4"))[1] == 21011050
    assert sandbox.order(late)["tracking_number"] == "DE-CHG-LATE"
    platform = new(sandbox, 1, status="AWAITING_COLLECTION")
    path = f"{ORDERS}/{platform}/shipping_info/update"
    assert caller.code("POST", path, {}, body("DE-CHG-5"))[1] == 21011003


def test_splitting_by_unit_or_by_whole_sku(market):
    sandbox, caller, region = market
    order_id = own(sandbox, 2, 1)
    lines = lines_of(sandbox, order_id)
    rule = caller.data("GET", f"{ORDERS}/split_attributes", {"order_ids": order_id})
    assert rule["split_attributes"][0]["can_split"]
    path = f"{ORDERS}/{order_id}/split"

    def split(*groups):
        named = [{"id": str(n), "order_line_item_ids": g} for n, g in enumerate(groups)]
        return caller.call("POST", path, {}, {"splittable_groups": named}).json()

    assert split(lines)["code"] == 21011035
    assert split(lines[:1], lines[:2])["code"] == 21001001
    by_unit = split(lines[:1], lines[1:])
    assert by_unit["code"] == (21011035 if region == "TH" else 0)
    answer = split(lines[:2], lines[2:])
    assert answer["code"] == 0
    packages = answer["data"]["packages"]
    assert [row["splittable_group_id"] for row in packages] == ["0", "1"]
    assert sandbox.order(order_id)["split_or_combine_tag"] == "SPLIT"
    detail = caller.data("GET", f"{PACKAGES}/{packages[0]['id']}")
    assert detail["order_line_item_ids"] == lines[:2]


def test_one_unit_cannot_be_split(shop_of):
    sandbox, caller = shop_of("DE")
    order_id = own(sandbox, 1)

    rule = caller.data("GET", f"{ORDERS}/split_attributes", {"order_ids": order_id})

    row = rule["split_attributes"][0]
    assert (row["can_split"], row["reason"]) == (False, "nothing to split")
    body = {"splittable_groups": [{"id": "1", "order_line_item_ids": lines_of(sandbox, order_id)}]}
    assert caller.code("POST", f"{ORDERS}/{order_id}/split", {}, body)[1] == 21011035


def test_combining_and_taking_apart(market):
    sandbox, caller, _ = market
    first = own(sandbox, 1)
    second = sandbox.create_order(skus(sandbox, 1), status="AWAITING_SHIPMENT", buyer_of=first)
    found = caller.data("GET", "/fulfillment/202309/combinable_packages/search", {"page_size": 50})[
        "combinable_packages"
    ]
    group = next(row for row in found if first in row["order_ids"])
    assert second in group["order_ids"]

    wanted = {"id": group["id"], "order_ids": [first, second]}
    body = {"combinable_packages": [wanted]}
    made = caller.data("POST", f"{PACKAGES}/combine", {}, body)["packages"]
    again = caller.data("POST", f"{PACKAGES}/combine", {}, body)
    assert [row["order_ids"] for row in made] == [[first, second]]
    assert [row["code"] for row in again["errors"]] == [21011033]
    path = f"{PACKAGES}/{made[0]['id']}/uncombine"
    assert caller.code("POST", path, {}, {"order_ids": ["1"]})[1] == 21011029
    apart = caller.data("POST", path, {}, {"order_ids": [second]})["packages"]

    assert [row["order_ids"] for row in apart] == [[first], [second]]
    assert "split_or_combine_tag" not in sandbox.order(second)
    detail = caller.data("GET", f"{PACKAGES}/{made[0]['id']}")
    assert detail["order_line_item_ids"] == lines_of(sandbox, first)


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_cancelled_order_is_taken_out_and_the_others_stay_together(shop_of, place):
    sandbox, caller = shop_of("DE")
    orders = [own(sandbox, 1)]
    for _ in range(2):
        more = {"status": "AWAITING_SHIPMENT", "buyer_of": orders[0]}
        orders.append(sandbox.create_order(skus(sandbox, 1), **more))
    package = sandbox.combine(orders)
    cancelled = orders.pop(place)
    sandbox.cancel(cancelled)
    shipment = {"tracking_number": package, "shipping_provider_id": providers(caller)[0]}
    given = {"self_shipment": shipment}
    assert caller.code("POST", f"{PACKAGES}/{package}/ship", {}, given)[1] == 21011041

    path = f"{PACKAGES}/{package}/uncombine"
    [left] = caller.data("POST", path, {}, {"order_ids": [cancelled]})["packages"]

    assert left["order_ids"] == orders
    assert caller.code("POST", f"{PACKAGES}/{left['id']}/ship", {}, given)[1] == 0
    assert {sandbox.order(one)["status"] for one in orders} == {"AWAITING_COLLECTION"}
    assert sandbox.order(cancelled)["status"] == "CANCELLED"


def test_tracking_events_and_time_slots(shop_of):
    sandbox, caller = shop_of("DE")
    order_id = own(sandbox, 1, status="DELIVERED")

    events = caller.data("GET", f"{ORDERS}/{order_id}/tracking")["tracking"]
    slots = caller.data("GET", f"{ORDERS}/{order_id}/handover_time_slots")

    assert [event["description"] for event in events] == [
        "Delivered",
        "Picked up by the carrier",
        "Shipping label created",
    ]
    assert all(event["update_time_millis"] > 10**12 for event in events)
    assert slots["pickup_slots"][0]["avaliable"] is True
    package = sandbox.order(order_id)["packages"][0]["id"]
    assert caller.data("GET", f"{PACKAGES}/{package}/handover_time_slots") == slots


def test_an_answer_that_is_lost_was_still_a_shipment(shop_of):
    sandbox, caller = shop_of("DE")
    order_id = own(sandbox)
    sandbox.inject_fault("lost_answer", path="/packages")

    with pytest.raises(requests.ConnectionError):
        mark(caller, order_id, "DE-LOST-1")

    assert sandbox.order(order_id)["tracking_number"] == "DE-LOST-1"
    assert mark(caller, order_id, "DE-LOST-2")["code"] == 21011006
