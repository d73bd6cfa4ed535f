"""No idempotency key exists for shipping: lost answers, crashes and two workers at once."""

from __future__ import annotations

import threading

import pytest
from django.db import close_old_connections

from saleor_tiktok_stripe import conf, jobs
from saleor_tiktok_stripe.accounts.tiktok import vendor
from saleor_tiktok_stripe.errors import InDoubt
from saleor_tiktok_stripe.fulfilment import adopting, pushing, requests
from saleor_tiktok_stripe.jobs import ClaimedJob, clock
from saleor_tiktok_stripe.models import MarketplaceRequest, OrderLink
from saleor_tiktok_stripe.saleor_api.keys import PACKAGE_KEY
from tests.support.shop import ConnectedShop

from .conftest import OpenShop
from .staff import PUSH, Staff
from .test_shipping import (
    MARK,
    SHIP_PACKAGE,
    an_order,
    providers,
    pushed,
    shipping_calls,
    units,
)

LATER = conf.doubt_seconds() + 60


def settle(shop: ConnectedShop) -> None:
    """Time goes by, and everything that waits runs."""
    with clock.turned(LATER):
        for _ in range(3):
            shop.run_all()


def test_a_shipment_whose_answer_is_lost_is_found_not_repeated(shop: ConnectedShop):
    order_id = an_order(shop)
    fulfillment = Staff(shop).fulfill(order_id, tracking="TRACKONE1")
    shop.tiktok.inject_fault("lost_answer", path=f"{order_id}/packages", times=1)

    Staff(shop).push(order_id)
    row = MarketplaceRequest.objects.get()
    assert (row.state, pushed(order_id).status) == ("in_doubt", "queued")
    settle(shop)

    row.refresh_from_db()
    [one] = shop.read(order_id).fulfillments
    package = units(shop, order_id)[0]["package_id"]
    assert (row.state, row.reference) == ("succeeded", package)
    assert (one.id, one.metadata[PACKAGE_KEY]) == (fulfillment, package)
    assert shipping_calls(shop) == {MARK: 1}


def test_a_call_that_never_arrived_is_sent_again_once_it_cannot_arrive_any_more(
    shop: ConnectedShop,
):
    order_id = an_order(shop)
    Staff(shop).fulfill(order_id, tracking="TRACKONE1")
    shop.tiktok.inject_fault("reset", path=f"{order_id}/packages", times=1)

    Staff(shop).push(order_id)
    shop.run_all()
    assert MarketplaceRequest.objects.get().state == "in_doubt"
    assert shipping_calls(shop) == {}

    settle(shop)
    row = MarketplaceRequest.objects.get()
    assert (row.state, row.attempt) == ("succeeded", 2)
    assert shipping_calls(shop) == {MARK: 1}


def test_a_call_that_was_certainly_not_done_is_repeated_soon(shop: ConnectedShop):
    order_id = an_order(shop)
    Staff(shop).fulfill(order_id, tracking="TRACKONE1")
    shop.tiktok.inject_fault("rate_limit", path=f"{order_id}/packages", times=20)

    Staff(shop).push(order_id)
    assert MarketplaceRequest.objects.get().state == "waiting"
    shop.tiktok.clear_faults()
    vendor._door.cache_clear()  # it would rest for a real second
    settle(shop)

    assert MarketplaceRequest.objects.get().state == "succeeded"
    assert shipping_calls(shop) == {MARK: 1}


def test_another_units_shipment_does_not_take_those_in_doubt(shop: ConnectedShop):
    order_id = an_order(shop, 2)
    staff = Staff(shop)
    staff.fulfill(order_id, 1, tracking="TRACKONE1")
    shop.tiktok.inject_fault("lost_answer", path=f"{order_id}/packages", times=1)
    staff.push(order_id)
    staff.fulfill(order_id, 1, tracking="TRACKTWO2")

    staff.push(order_id)
    settle(shop)

    assert sorted(one["tracking_number"] for one in units(shop, order_id)) == [
        "TRACKONE1", "TRACKTWO2",
    ]  # fmt: skip
    assert shipping_calls(shop) == {MARK: 2}
    known = {
        one.tracking_number: one.metadata[PACKAGE_KEY] for one in shop.read(order_id).fulfillments
    }
    assert known == {one["tracking_number"]: one["package_id"] for one in units(shop, order_id)}


def test_a_package_that_somebody_shipped_in_the_meantime_is_adopted(open_shop: OpenShop):
    shop = open_shop("MX")
    order_id = an_order(shop, 2)
    staff = Staff(shop)
    fulfillment = staff.fulfill(order_id, tracking="TRACKONE1", carrier=providers(shop)[0])
    package = units(shop, order_id)[0]["package_id"]
    pusher = pushing.Pusher(shop.connection)
    link = shop.link(order_id)
    both = pusher.read([link])[order_id]
    [step] = pusher.plan(link, both).steps
    shop.tiktok.ship(order_id, tracking="OTHER1")

    sent = pusher.sender.send(both[1], step, ())

    assert (sent.made, sent.refused) == ((), None)
    assert MarketplaceRequest.objects.get().state == "in_doubt"
    staff.push(order_id)
    assert MarketplaceRequest.objects.get().state == "succeeded"
    [one] = shop.read(order_id).fulfillments
    assert (one.id, one.metadata[PACKAGE_KEY]) == (fulfillment, package)
    assert one.metadata["tiktok.tracking_number"] == "OTHER1"
    assert SHIP_PACKAGE not in shipping_calls(shop)


def test_what_an_order_looked_at_too_early_did_not_know_is_written_afterwards(open_shop: OpenShop):
    # Given two packages left Saleor as one, and the answer about the second was lost.
    shop = open_shop("MY")
    order_id = an_order(shop, 1, 1, ships="TIKTOK")
    packages = shop.tiktok.split(order_id, [[one["id"]] for one in units(shop, order_id)])
    shop.sync(order_id)
    staff = Staff(shop)
    staff.fulfill(order_id, carrier="")
    shop.tiktok.inject_fault("lost_answer", path=f"{max(packages)}/ship", times=1)
    staff.push(order_id)
    shop.sync(order_id)  # nothing changes at the marketplace after this

    settle(shop)

    [one] = shop.read(order_id).fulfillments
    assert one.metadata[PACKAGE_KEY] == ",".join(sorted(packages))
    assert one.metadata["tiktok.delivery"] == "awaiting_collection"


def test_an_order_half_of_which_was_told_goes_on_with_the_rest(open_shop: OpenShop):
    # Given the goods are in two packages at the marketplace, and left Saleor as one.
    shop = open_shop("MY")
    order_id = an_order(shop, 1, 1, ships="TIKTOK")
    lines = [one["id"] for one in units(shop, order_id)]
    packages = shop.tiktok.split(order_id, [[line] for line in lines])
    shop.sync(order_id)
    staff = Staff(shop)
    fulfillment = staff.fulfill(order_id, carrier="")
    shop.tiktok.inject_fault("reset", path=f"{max(packages)}/ship", times=1)

    staff.push(order_id)
    assert shop.tiktok.order(order_id)["status"] == "PARTIALLY_SHIPPING"
    settle(shop)

    assert shipping_calls(shop)[SHIP_PACKAGE] == 2
    row = MarketplaceRequest.objects.get()
    assert (row.state, sorted(row.body["made"])) == ("succeeded", sorted(packages))
    [one] = shop.read(order_id).fulfillments
    assert one.id == fulfillment
    assert sorted(one.metadata[PACKAGE_KEY].split(",")) == sorted(packages)
    assert pushed(order_id).status == shop.job(order_id).status == "done"


class Killed(BaseException):
    """The worker ends here."""


@pytest.mark.parametrize("point", ["begin", "succeed", "adopt"])
def test_a_worker_killed_between_its_steps_leaves_one_shipment(
    shop: ConnectedShop, monkeypatch: pytest.MonkeyPatch, point: str
):
    order_id = an_order(shop)
    fulfillment = Staff(shop).fulfill(order_id, tracking="TRACKONE1")
    owner = pushing if point == "adopt" else requests
    original = getattr(owner, point)

    def killed(*args: object, **kwargs: object) -> object:
        if point == "begin":
            original(*args, **kwargs)  # the row is there, the call is not made
        raise Killed

    monkeypatch.setattr(owner, point, killed)
    with pytest.raises(Killed):
        Staff(shop).push(order_id)
    monkeypatch.undo()

    with clock.turned(3600):
        jobs.sweep()
    settle(shop)

    [one] = shop.read(order_id).fulfillments
    assert (one.id, one.metadata.get(PACKAGE_KEY)) == (
        fulfillment, units(shop, order_id)[0]["package_id"],
    )  # fmt: skip
    assert shipping_calls(shop) == {MARK: 1}


def test_two_workers_at_once_ship_once(shop: ConnectedShop):
    order_id = an_order(shop)
    Staff(shop).fulfill(order_id, tracking="TRACKONE1")
    results: list[object] = []
    gate = threading.Barrier(2)

    def work(number: int) -> None:
        try:
            gate.wait()
            job = ClaimedJob(number, PUSH, shop.connection.pk, order_id, {}, 0, 0, {}, "lease")
            results.append(pushing.push(shop.connection, [job])[number])
        finally:
            close_old_connections()

    workers = [threading.Thread(target=work, args=(n,)) for n in (1, 2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert len(results) == 2
    assert shipping_calls(shop) == {MARK: 1}
    settle(shop)
    assert MarketplaceRequest.objects.filter(state="succeeded").count() == 1
    assert adopting.keys_of(shop.read(order_id).fulfillments[0])


def test_a_worker_that_read_the_order_before_another_shipped_it_asks_nothing(
    shop: ConnectedShop,
):
    order_id = an_order(shop)
    Staff(shop).fulfill(order_id, tracking="TRACKONE1")
    link = OrderLink.objects.get(order_id=order_id)
    late = pushing.Pusher(shop.connection)
    stale = late.read([link])[order_id]
    Staff(shop).push(order_id)
    asked = shop.tiktok.writes()
    job = ClaimedJob(1, PUSH, shop.connection.pk, order_id, {}, 0, 0, {}, "lease")

    with pytest.raises(InDoubt) as said:
        late.push(job, link, stale)

    assert (said.value.code, said.value.retry_after) == ("REQUEST_IN_DOUBT", 5.0)
    assert shop.tiktok.writes() == asked
    assert MarketplaceRequest.objects.get().state == "succeeded"


def test_a_refusal_parks_the_order_in_its_words_and_another_number_releases_it(
    shop: ConnectedShop,
):
    taken, order_id = an_order(shop), an_order(shop)
    staff = Staff(shop)
    staff.fulfill(taken, tracking="TRACKONE1")
    staff.push(taken)
    fulfillment = staff.fulfill(order_id, tracking="TRACKONE1")

    staff.push(order_id)
    shop.run_all()
    job, row = pushed(order_id), MarketplaceRequest.objects.get(subject=fulfillment)
    assert (job.status, row.state) == ("parked", "refused")
    assert job.problem["cause"].startswith(f"Order {order_id}: ")
    assert job.problem["params"]["tiktok_code"] == "21011025"
    assert row.problem["code"] == job.error_code

    staff.track(fulfillment, "TRACKTWO2")
    staff.push(order_id)
    assert pushed(order_id).outcome == "told"
    assert shipping_calls(shop) == {MARK: 2}


def test_what_was_done_before_but_never_shows_is_refused_after_three_tries(shop: ConnectedShop):
    order_id = an_order(shop)
    fulfillment = Staff(shop).fulfill(order_id, tracking="TRACKONE1")
    kept = {"unit_ids": [one["id"] for one in units(shop, order_id)]}
    row = requests.begin(shop.connection, order_id, "ship", fulfillment, kept, ())
    assert row is not None
    code = "TIKTOK_ALREADY_SHIPPED"
    told = {
        "code": code,
        "stage": "fulfil",
        "cause": "So it says.",
        "cure": "-",
    }
    [order] = shop.client.orders([order_id]).orders

    MarketplaceRequest.objects.filter(pk=row.pk).update(problem=told)
    row.refresh_from_db()
    assert requests.settle(row, order, shop.client)
    row.refresh_from_db()
    assert (row.state, row.attempt) == ("waiting", 2)

    MarketplaceRequest.objects.filter(pk=row.pk).update(
        problem=told, state="in_doubt", attempt=requests.TRIES
    )
    row.refresh_from_db()
    assert requests.settle(row, order, shop.client)
    row.refresh_from_db()
    assert (row.state, row.problem["code"]) == ("refused", code)
    assert shipping_calls(shop) == {}


def test_a_call_that_may_be_under_way_is_never_repeated(shop: ConnectedShop):
    order_id = an_order(shop)
    fulfillment = Staff(shop).fulfill(order_id, tracking="TRACKONE1")
    kept = {"unit_ids": [one["id"] for one in units(shop, order_id)]}
    row = requests.begin(shop.connection, order_id, "ship", fulfillment, kept, ())

    assert requests.begin(shop.connection, order_id, "ship", fulfillment, kept, ()) is None
    Staff(shop).push(order_id)

    assert row is not None
    assert (pushed(order_id).status, pushed(order_id).error_code) == ("queued", "REQUEST_IN_DOUBT")
    assert shipping_calls(shop) == {}
