"""What staff ship in Saleor, at the marketplace: over HTTP on both sides."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from saleor_tiktok_stripe.fulfilment import link_carrier, refresh_carriers
from saleor_tiktok_stripe.models import Carrier, Job, MarketplaceRequest
from saleor_tiktok_stripe.saleor_api import get_saleor
from saleor_tiktok_stripe.saleor_api.keys import PACKAGE_KEY
from tests.support.shop import ConnectedShop

from .conftest import OpenShop
from .staff import PUSH, Staff

SHIP_PACKAGE = "POST /fulfillment/packages/{package_id}/ship"
MARK = "POST /fulfillment/orders/{order_id}/packages"


def an_order(shop: ConnectedShop, *counts: int, ships: str = "SELLER", **options: Any) -> str:
    """An imported order that waits to be shipped: so many units of so many SKUs. ``by``: who ships
    it (the shop makes some orders that the marketplace ships)."""
    skus = [one["sku_id"] for one in shop.tiktok.catalog() if one["linked"]]
    lines = [[sku, n] for sku, n in zip(skus, counts or (2,), strict=False)]
    wanted = f"FULFILLMENT_BY_{options.pop('by', 'SELLER')}"
    options = {"status": "AWAITING_SHIPMENT", "shipping_type": ships} | options
    for _ in range(60):
        order_id = str(shop.tiktok.create_order(lines, **options))
        if shop.tiktok.order(order_id)["fulfillment_type"] == wanted:
            shop.sync(order_id)
            return order_id
    raise AssertionError(f"no order is {wanted}")


def pushed(order_id: str) -> Job:
    return Job.objects.filter(kind=PUSH, subject=order_id).latest("id")


def units(shop: ConnectedShop, order_id: str) -> list[dict[str, Any]]:
    return list(shop.tiktok.order(order_id)["line_items"])


def providers(shop: ConnectedShop) -> list[str]:
    """Names of the market's carriers."""
    refresh_carriers(shop.connection, shop.client)
    return list(Carrier.objects.order_by("carrier_id").values_list("name", flat=True))


def shipping_calls(shop: ConnectedShop) -> dict[str, int]:
    """Writes of shipping at the marketplace, by path."""
    return {path: n for path, n in shop.tiktok.writes().items() if "fulfillment" in path}


def test_a_whole_fulfillment_is_marked_as_shipped_once(shop: ConnectedShop):
    order_id = an_order(shop)
    fulfillment = Staff(shop).fulfill(order_id, tracking="9405511899223197428490")

    Staff(shop).push(order_id)
    Staff(shop).push(order_id)

    shown = shop.tiktok.order(order_id)
    assert pushed(order_id).problem is None
    assert shown["status"] == "AWAITING_COLLECTION"
    assert {one["tracking_number"] for one in shown["line_items"]} == {"9405511899223197428490"}
    assert {one["shipping_provider_name"] for one in shown["line_items"]} == {"USPS"}
    [one] = shop.read(order_id).fulfillments
    assert one.id == fulfillment
    assert one.metadata[PACKAGE_KEY] == shown["line_items"][0]["package_id"]
    assert one.metadata["tiktok.carrier"] == "USPS"
    assert shipping_calls(shop) == {MARK: 1}
    [row] = MarketplaceRequest.objects.all()
    assert (row.kind, row.state, row.subject) == ("ship", "succeeded", fulfillment)
    assert pushed(order_id).outcome == "nothing_to_tell"


def test_parts_become_packages_of_their_own_and_each_unit_leaves_once(shop: ConnectedShop):
    order_id = an_order(shop, 3, 1)
    staff = Staff(shop)

    first = staff.fulfill(order_id, 1, 0, tracking="TRACKONE1")
    staff.push(order_id)
    assert shop.tiktok.order(order_id)["status"] == "PARTIALLY_SHIPPING"
    second = staff.fulfill(order_id, 1, 1, tracking="TRACKTWO2", carrier="UPS")
    third = staff.fulfill(order_id, 1, 0, tracking="TRACKTHREE3")
    staff.push(order_id)

    shown = units(shop, order_id)
    by_number = {one["tracking_number"]: one["package_id"] for one in shown}
    known = {one.id: one.metadata[PACKAGE_KEY] for one in shop.read(order_id).fulfillments}
    assert known == {
        first: by_number["TRACKONE1"],
        second: by_number["TRACKTWO2"],
        third: by_number["TRACKTHREE3"],
    }
    assert [one["tracking_number"] for one in shown].count("TRACKTWO2") == 2
    asked = [set(row.body["unit_ids"]) for row in MarketplaceRequest.objects.all()]
    assert sum(len(one) for one in asked) == len(set.union(*asked)) == 4
    assert shop.job(order_id).status == "done"


def test_a_fulfillment_without_tracking_waits_until_it_is_added(shop: ConnectedShop):
    order_id = an_order(shop)
    staff = Staff(shop)
    fulfillment = staff.fulfill(order_id)

    staff.push(order_id)
    assert (pushed(order_id).status, pushed(order_id).error_code) == ("parked", "TRACKING_MISSING")
    assert not MarketplaceRequest.objects.exists()

    staff.track(fulfillment, "1Z999AA10123456784")
    staff.push(order_id)
    assert pushed(order_id).outcome == "told"
    assert units(shop, order_id)[0]["tracking_number"] == "1Z999AA10123456784"


def test_an_unknown_carrier_waits_for_its_link(shop: ConnectedShop):
    order_id = an_order(shop)
    staff = Staff(shop)
    staff.fulfill(order_id, tracking="LOCAL-1", carrier="Bob's Vans")

    staff.push(order_id)

    job = pushed(order_id)
    assert (job.status, job.error_code) == ("parked", "CARRIER_UNKNOWN")
    assert "none is called bobs vans" in job.problem["cause"]
    assert "USPS" in job.problem["cause"]

    usps = Carrier.objects.get(name="USPS")
    link_carrier(shop.connection, "Bob's vans", usps.carrier_id, "staff:1")
    shop.work()
    assert pushed(order_id).outcome == "told"
    assert units(shop, order_id)[0]["shipping_provider_id"] == usps.carrier_id


def test_what_is_shipped_in_the_hold_window_is_told_when_it_ends(shop: ConnectedShop):
    shop.set_policy(hold_policy="import_unconfirmed")
    order_id = an_order(shop, status="ON_HOLD")
    staff = Staff(shop)
    get_saleor().confirm_order(shop.link(order_id).saleor_order_id)
    staff.fulfill(order_id, tracking="TRACKONE1")

    staff.push(order_id)
    waiting = pushed(order_id)
    assert waiting.status == "queued"
    assert waiting.run_after > waiting.created_at + timedelta(minutes=9)
    assert shipping_calls(shop) == {}

    shop.tiktok.end_hold(order_id)
    shop.run_all()
    assert pushed(order_id).outcome == "told"
    assert shop.tiktok.order(order_id)["status"] == "AWAITING_COLLECTION"
    [one] = shop.read(order_id).fulfillments
    assert one.metadata[PACKAGE_KEY] == units(shop, order_id)[0]["package_id"]


def test_nothing_is_told_where_that_is_switched_off(shop: ConnectedShop):
    shop.set_policy(ship_push=False)
    order_id = an_order(shop)
    Staff(shop).fulfill(order_id, tracking="TRACKONE1")

    Staff(shop).push(order_id)

    assert shipping_calls(shop) == {}
    assert pushed(order_id).outcome == "nothing_to_tell"


def test_a_fulfillment_cancelled_before_it_was_told_is_not_told(shop: ConnectedShop):
    order_id = an_order(shop)
    staff = Staff(shop)
    staff.call_back(staff.fulfill(order_id, tracking="TRACKONE1"))

    staff.push(order_id)

    assert shipping_calls(shop) == {}
    assert pushed(order_id).outcome == "nothing_to_tell"


def test_a_fulfillment_cancelled_after_it_was_told_is_said_and_healed_by_another(
    shop: ConnectedShop,
):
    order_id = an_order(shop)
    staff = Staff(shop)
    fulfillment = staff.fulfill(order_id, tracking="TRACKONE1")
    staff.push(order_id)

    staff.call_back(fulfillment)
    staff.push(order_id)
    job = pushed(order_id)
    assert (job.status, job.error_code) == ("parked", "SHIPMENT_CANNOT_BE_UNDONE")

    again = staff.fulfill(order_id, tracking="TRACKONE1")
    staff.push(order_id)
    shop.run_all()
    live = {one.id: one for one in shop.read(order_id).fulfillments if one.status == "FULFILLED"}
    assert live.keys() == {again}
    assert live[again].metadata[PACKAGE_KEY] == units(shop, order_id)[0]["package_id"]
    assert pushed(order_id).status == "done"
    assert sum(shipping_calls(shop).values()) == 1


def test_what_was_called_back_is_recorded_again_once_the_marketplace_says_that_it_travels(
    shop: ConnectedShop,
):
    order_id = an_order(shop)
    staff = Staff(shop)
    fulfillment = staff.fulfill(order_id, tracking="TRACKONE1")
    staff.push(order_id)
    shop.run_all()
    staff.call_back(fulfillment)
    staff.push(order_id)

    shop.tiktok.in_transit(order_id)
    shop.sync(order_id)

    [again] = [one for one in shop.read(order_id).fulfillments if one.status == "FULFILLED"]
    assert again.id != fulfillment
    assert again.metadata[PACKAGE_KEY] == units(shop, order_id)[0]["package_id"]
    assert sum(again.quantities.values()) == len(units(shop, order_id))
    assert sum(shipping_calls(shop).values()) == 1


def test_a_new_tracking_number_is_told_once_and_a_second_change_is_refused(shop: ConnectedShop):
    order_id = an_order(shop)
    staff = Staff(shop)
    fulfillment = staff.fulfill(order_id, tracking="TRACKONE1")
    staff.push(order_id)

    staff.track(fulfillment, "TRACKTWO2")
    staff.push(order_id)
    staff.push(order_id)
    assert units(shop, order_id)[0]["tracking_number"] == "TRACKTWO2"
    [one] = shop.read(order_id).fulfillments
    assert one.metadata["tiktok.tracking_number"] == "TRACKTWO2"
    assert one.metadata["tiktok.tracking_told"] == "TRACKTWO2"

    before = shipping_calls(shop)
    staff.track(fulfillment, "TRACKTHREE3")
    staff.push(order_id)
    job = pushed(order_id)
    assert (job.status, job.error_code) == ("parked", "TRACKING_FINAL")
    assert "changed once already" in job.problem["cause"]
    assert shipping_calls(shop) == before


def test_a_shipment_somebody_made_at_the_marketplace_is_adopted_not_repeated(shop: ConnectedShop):
    # Given the same parcel was recorded in Saleor and, by another tool, at the marketplace.
    order_id = an_order(shop, 2)
    staff = Staff(shop)
    package = shop.tiktok.ship(order_id, [units(shop, order_id)[0]["id"]], tracking="TRACKONE1")
    fulfillment = staff.fulfill(order_id, 1, tracking="TRACKONE1")

    staff.push(order_id)
    shop.run_all()

    [one] = shop.read(order_id).fulfillments
    assert (one.id, one.metadata[PACKAGE_KEY]) == (fulfillment, package)
    assert shipping_calls(shop) == {}
    assert shop.tiktok.order(order_id)["status"] == "PARTIALLY_SHIPPING"


def test_an_order_that_the_marketplace_ships_is_refused_clearly(shop: ConnectedShop):
    order_id = an_order(shop, by="TIKTOK")
    staff = Staff(shop)
    fulfillment = staff.fulfill(order_id, tracking="TRACKONE1")

    staff.push(order_id)
    job = pushed(order_id)
    assert (job.status, job.error_code) == ("parked", "SHIPPED_BY_MARKETPLACE")
    assert shipping_calls(shop) == {}

    shop.tiktok.ship(order_id, tracking="THEIRS1")
    shop.sync(order_id)
    shop.run_all()
    [one] = shop.read(order_id).fulfillments
    assert one.id == fulfillment
    assert one.metadata[PACKAGE_KEY] == units(shop, order_id)[0]["package_id"]
    assert pushed(order_id).status == "done"


def test_a_label_that_must_be_bought_is_said_and_its_tracking_comes_back(shop: ConnectedShop):
    order_id = an_order(shop, ships="TIKTOK")
    staff = Staff(shop)
    fulfillment = staff.fulfill(order_id, carrier="")

    staff.push(order_id)
    job = pushed(order_id)
    assert (job.status, job.error_code) == ("parked", "LABEL_NEEDS_PURCHASE")
    assert shipping_calls(shop) == {}

    package = shop.tiktok.ship(order_id, tracking="LABEL1")
    shop.sync(order_id)
    shop.run_all()
    [one] = shop.read(order_id).fulfillments
    assert (one.id, one.tracking_number) == (fulfillment, "LABEL1")
    assert one.metadata[PACKAGE_KEY] == package
    assert pushed(order_id).status == "done"


def test_shipping_rejects_a_buyers_request_in_the_us(shop: ConnectedShop):
    order_id = an_order(shop)
    shop.tiktok.request_cancel(order_id)
    shop.sync(order_id)
    Staff(shop).fulfill(order_id, tracking="TRACKONE1")

    Staff(shop).push(order_id)

    assert pushed(order_id).outcome == "told"
    assert shop.tiktok.order(order_id)["status"] == "AWAITING_COLLECTION"


def shipped_over_a_request(shop: ConnectedShop) -> tuple[str, str]:
    """An order whose buyer asks to cancel it, and that staff ship; with the request's id."""
    order_id = an_order(shop)
    case = str(shop.tiktok.request_cancel(order_id))
    shop.sync(order_id)
    Staff(shop).fulfill(order_id, tracking="TRACKONE1", carrier="Royal Mail")
    Staff(shop).push(order_id)
    return order_id, case


def test_an_open_request_of_the_buyer_blocks_shipping_elsewhere(open_shop: OpenShop):
    shop = open_shop("GB")
    order_id, case = shipped_over_a_request(shop)
    job = pushed(order_id)
    assert (job.status, job.error_code) == ("parked", "CANCEL_REQUEST_OPEN")
    assert shipping_calls(shop) == {}

    shop.tiktok.resolve_cancel(case, approve=False)
    shop.sync(order_id)
    shop.run_all()
    assert pushed(order_id).outcome == "told"


@pytest.mark.parametrize(
    ("later", "says"), [(0.9, "SHIPPED_BUT_CANCELLED"), (6, "CANCEL_REQUEST_OPEN")]
)
def test_what_changed_in_the_second_of_the_push_is_seen_by_the_next(
    open_shop: OpenShop, later: float, says: str
):
    shop = open_shop("GB")
    order_id, case = shipped_over_a_request(shop)
    assert pushed(order_id).error_code == "CANCEL_REQUEST_OPEN"
    shop.tiktok.resolve_cancel(case, approve=True)
    changed = shop.tiktok.order(order_id)["update_time"]  # whole seconds
    ran = datetime.fromtimestamp(changed, UTC) + timedelta(seconds=later)
    Job.objects.filter(kind=PUSH, subject=order_id).update(started_at=ran)

    shop.sync(order_id)
    shop.run_all()

    assert shop.job(order_id).error_code == "CANCELLED_AFTER_SHIPMENT"
    assert pushed(order_id).error_code == says
    assert shipping_calls(shop) == {}


def test_own_carrier_where_packages_are_shipped(open_shop: OpenShop):
    shop = open_shop("MX")
    order_id = an_order(shop, 2)
    [(name)] = {shop.tiktok.order(order_id)["line_items"][0]["package_id"]}
    staff = Staff(shop)
    staff.fulfill(order_id, tracking="TRACKONE1", carrier=providers(shop)[0])

    staff.push(order_id)

    assert {one["package_id"] for one in units(shop, order_id)} == {name}
    assert shop.tiktok.order(order_id)["status"] == "AWAITING_COLLECTION"
    assert shipping_calls(shop) == {SHIP_PACKAGE: 1}


def test_a_part_leaves_a_package_by_a_split_where_units_may_be_split(open_shop: OpenShop):
    shop = open_shop("MX")
    order_id = an_order(shop, 3)
    staff = Staff(shop)
    staff.fulfill(order_id, 1, tracking="TRACKONE1", carrier=providers(shop)[0])
    staff.fulfill(order_id, 2, tracking="TRACKTWO2", carrier=providers(shop)[0])

    staff.push(order_id)

    shown = units(shop, order_id)
    assert sorted(one["tracking_number"] for one in shown) == [
        "TRACKONE1", "TRACKTWO2", "TRACKTWO2",
    ]  # fmt: skip
    known = {one.metadata[PACKAGE_KEY] for one in shop.read(order_id).fulfillments}
    assert known == {one["package_id"] for one in shown}
    assert pushed(order_id).status == "done"


def test_a_part_of_a_skus_pieces_is_refused_where_only_whole_skus_split(open_shop: OpenShop):
    shop = open_shop("MY")
    order_id = an_order(shop, 2, 1)
    staff = Staff(shop)
    torn = staff.fulfill(order_id, 1, 0, tracking="TRACKONE1", carrier=providers(shop)[0])

    staff.push(order_id)
    job = pushed(order_id)
    assert (job.status, job.error_code) == ("parked", "SPLIT_BY_SKU_ONLY")
    assert shipping_calls(shop) == {}

    staff.call_back(torn)
    staff.fulfill(order_id, 2, 0, tracking="TRACKONE1", carrier=providers(shop)[0])
    staff.push(order_id)
    assert pushed(order_id).outcome == "told"
    assert shop.tiktok.order(order_id)["status"] == "PARTIALLY_SHIPPING"


def test_a_label_of_the_marketplace_is_handed_over_and_tracked_back(open_shop: OpenShop):
    shop = open_shop("MY")
    order_id = an_order(shop, 2, ships="TIKTOK")
    staff = Staff(shop)
    fulfillment = staff.fulfill(order_id, carrier="")

    staff.push(order_id)

    number = units(shop, order_id)[0]["tracking_number"]
    assert number
    [one] = shop.read(order_id).fulfillments
    assert (one.id, one.tracking_number) == (fulfillment, number)
    assert one.metadata[PACKAGE_KEY] == units(shop, order_id)[0]["package_id"]
    before = shipping_calls(shop)
    staff.push(order_id)
    assert shipping_calls(shop) == before


def test_a_combined_package_ships_once_for_all_of_its_orders(open_shop: OpenShop):
    shop = open_shop("MY")
    one, other = an_order(shop, ships="TIKTOK"), an_order(shop, ships="TIKTOK")
    shop.tiktok.combine([one, other])
    shop.sync(one, other)
    staff = Staff(shop)
    for order_id in (one, other):
        staff.fulfill(order_id, carrier="")

    staff.push(one, other)
    shop.run_all()

    package = units(shop, one)[0]["package_id"]
    assert shipping_calls(shop) == {SHIP_PACKAGE: 1}
    for order_id in (one, other):
        [left] = shop.read(order_id).fulfillments
        assert left.metadata[PACKAGE_KEY] == package
        assert pushed(order_id).status == "done"


def test_after_a_contradicted_fulfillment_was_cancelled_the_marketplaces_is_recorded(
    shop: ConnectedShop,
):
    order_id = an_order(shop, 3)
    first = units(shop, order_id)[0]["id"]
    shop.tiktok.ship(order_id, [first])
    staff = Staff(shop)
    fulfillment = staff.fulfill(order_id, tracking="TRACKONE1")
    staff.push(order_id)
    for _ in range(6):
        shop.run_all()
    assert pushed(order_id).error_code == "SHIPMENTS_DIFFER"

    staff.call_back(fulfillment)
    staff.push(order_id)

    left = [one for one in shop.read(order_id).fulfillments if one.status == "FULFILLED"]
    assert [sum(one.quantities.values()) for one in left] == [1]
    assert pushed(order_id).status == "done"
