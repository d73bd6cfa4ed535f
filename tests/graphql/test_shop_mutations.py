"""SKUs, stock, prices, orders, carriers, differences and the ledger of a shop, through the API."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from saleor_tiktok_stripe.graphql.core.ids import global_id
from saleor_tiktok_stripe.models import AuditEntry, CarrierLink, Difference, Job, SkuLink
from saleor_tiktok_stripe.saleor_api.requestors import Requestor
from tests.catalog.conftest import Shelf
from tests.drift.support import an_order
from tests.support.shop import ConnectedShop
from tests.support.stored import everything

from .asking import STAFF, ask
from .operations import OTHER_CHANNEL, done, refused


@pytest.fixture
def shelf(shop: ConnectedShop) -> Shelf:
    """Four SKUs of it are linked; nothing was told yet."""
    return Shelf(shop)


# --- SKUs


def test_a_sku_is_linked_and_unlinked(shop: ConnectedShop):
    sku = shop.tiktok.catalog()[0]
    variant = shop.saleor.state.by_sku[sku["seller_sku"]]
    sku_id = sku["sku_id"]

    linked = done("tiktokStripeSkuLinkCreate", skuId=sku_id, variantId=variant.id)["skuLink"]
    cut = done("tiktokStripeSkuLinkDelete", skuId=sku_id)["skuLink"]

    assert (linked["skuId"], linked["variantId"], linked["method"]) == (
        sku_id,
        variant.id,
        "MANUAL",
    )
    assert (cut["variantId"], cut["method"]) == ("", "UNLINKED")
    actions = AuditEntry.objects.filter(action__startswith="sku.").order_by("pk")
    assert list(actions.values_list("action", "actor")) == [
        ("sku.link", "admin@example.com"),
        ("sku.unlink", "admin@example.com"),
    ]


def test_a_variant_that_is_not_there_is_not_linked(shop: ConnectedShop):
    told = refused("tiktokStripeSkuLinkCreate", skuId="1", variantId="UHJvZHVjdFZhcmlhbnQ6OTk5")

    assert told == [("VARIANT_NOT_FOUND", "variantId")]
    assert not SkuLink.objects.exists()


def test_stock_is_pushed_after_a_look(shelf: Shelf):
    before = everything()
    ids = [one["sku_id"] for one in shelf.skus[:2]]

    dry = done("tiktokStripeStockPush", skuIds=ids, dryRun=True)["changes"]
    assert everything() == before
    assert shelf.told() == 0
    real = done("tiktokStripeStockPush", skuIds=ids)["changes"]
    shelf.shop.work()

    assert dry == real
    assert sorted(one["skuId"] for one in dry) == sorted(ids)
    assert [one["after"] for one in dry] == shelf.offered()[:2]
    assert shelf.told() > 0


def test_prices_are_pushed_after_a_look_where_that_is_on(shelf: Shelf):
    before = everything()

    assert refused("tiktokStripePricePush") == [("PRICE_PUSH_OFF", "pricePush")]
    dry = done("tiktokStripePricePush", dryRun=True)["changes"]
    assert everything() == before
    shelf.shop.set_policy(price_push=True)
    real = done("tiktokStripePricePush")["changes"]
    shelf.shop.work()

    assert len(dry) == 4
    assert [one["after"] for one in real] == [one["after"] for one in dry]
    assert {one["currency"] for one in real} == {"USD"}
    assert shelf.priced() > 0


# --- orders


def test_what_is_new_is_looked_for_at_once(shop: ConnectedShop):
    shown = done("tiktokStripeSyncStart")["jobs"]

    kinds = {one["kind"] for one in shown}
    assert {"orders.poll", "cases.poll", "ledger.import", "stock.push"} <= kinds
    assert {one["status"] for one in shown} == {"QUEUED"}
    assert refused("tiktokStripeSyncStart", vendor="STRIPE") == [("NOT_CONFIGURED", None)]
    assert AuditEntry.objects.get(action="sync.start").actor == "admin@example.com"


def test_nothing_is_looked_for_where_nothing_is_connected(shop: ConnectedShop):
    shop.connection.state = "needs_reauth"
    shop.connection.save(update_fields=["state"])
    before = everything()

    assert refused("tiktokStripeSyncStart") == [("NOT_CONNECTED", None)]
    assert refused("tiktokStripeSyncStart", in_channel=OTHER_CHANNEL) == [("NOT_CONNECTED", None)]
    assert refused("tiktokStripeLedgerImport") == [("NOT_CONNECTED", None)]
    assert everything() == before


def test_the_history_is_imported_after_a_look(shop: ConnectedShop):
    ids = {str(shop.tiktok.create_order(status="AWAITING_SHIPMENT")) for _ in range(3)}
    now = datetime.now(UTC)
    window = {
        "since": (now - timedelta(days=1)).isoformat(),
        "until": (now + timedelta(minutes=5)).isoformat(),
    }
    before = everything()

    dry = done("tiktokStripeBackfillStart", dryRun=True, **window)
    assert everything() == before
    real = done("tiktokStripeBackfillStart", **window)
    shop.work()

    assert (dry["progress"], dry["preview"]["created"], dry["preview"]["complete"]) == (
        None,
        3,
        True,
    )
    assert dry["preview"]["states"] == [{"name": "awaiting_shipment", "count": 3}]
    assert (real["preview"], real["progress"]["status"]) == (None, "QUEUED")
    assert {shop.link(one).order_id for one in ids} == ids


def test_a_window_is_said_with_its_time_zone_and_does_not_end_before_it_starts(
    shop: ConnectedShop,
):
    name = "tiktokStripeBackfillStart"
    before = everything()

    assert refused(name, since="2026-11-01T00:00:00") == [("TIME_ZONE_REQUIRED", "since")]
    assert refused(name, since="2026-11-02T00:00:00Z", until="2026-11-01T00:00:00Z") == [
        ("BACKFILL_WINDOW", "since")
    ]
    assert everything() == before


def test_orders_are_told_to_tiktok_after_a_look(shop: ConnectedShop):
    order_id = an_order(shop)
    before = everything()

    dry = done("tiktokStripeOrderPush", orderIds=[order_id], dryRun=True)
    assert everything() == before
    real = done("tiktokStripeOrderPush", orderIds=[order_id, "77"])

    assert dry == {"queued": None, "plans": [{"orderId": order_id, "lines": [], "problems": []}]}
    assert real == {"queued": 1, "plans": None}
    assert Job.objects.filter(kind="order.push", subject=order_id, status="queued").exists()
    assert refused("tiktokStripeOrderPush", orderIds=["77"], dryRun=True) == [
        ("ORDER_NOT_IMPORTED", None)
    ]
    assert refused("tiktokStripeOrderPush", orderIds=[]) == [("ORDERS_REQUIRED", "orderIds")]


# --- carriers


def test_carriers_are_asked_for_linked_and_unlinked(shop: ConnectedShop):
    known = done("tiktokStripeCarriersRefresh")["known"]
    carrier = shop.client.shipping_providers(
        shop.client.delivery_options(shop.client.warehouses()[0].id)[0].id
    )[0]

    linked = done("tiktokStripeCarrierLinkCreate", name="Our van", carrierId=carrier.id)
    cut = done("tiktokStripeCarrierLinkDelete", name="our VAN")

    assert known > 0
    assert linked["carrierLink"] == {
        "name": "Our van",
        "carrierId": carrier.id,
        "carrierName": carrier.name,
    }
    assert cut == {"name": "our VAN"}
    assert not CarrierLink.objects.exists()
    assert refused("tiktokStripeCarrierLinkDelete", name="our VAN") == [
        ("CARRIER_LINK_NOT_FOUND", "name")
    ]
    told = refused("tiktokStripeCarrierLinkCreate", name="x", carrierId="nobody")
    assert [reason for reason, _ in told] == ["CARRIER_ID_UNKNOWN"]


# --- differences


def differing(shop: ConnectedShop) -> str:
    """An order that left without Saleor being told; its id."""
    shop.set_policy(stock_push=False)
    order_id = an_order(shop)
    shop.tiktok.ship(order_id, tracking="TRACK1")
    return order_id


def test_differences_are_found_repaired_after_a_look_and_accepted(shop: ConnectedShop):
    order_id = differing(shop)

    found = done("tiktokStripeDriftCheck", area="ORDER", subjects=[order_id])
    ids = [one["id"] for one in found["differences"]]
    before = everything()
    dry = done("tiktokStripeDriftRepair", ids=ids, dryRun=True)
    assert everything() == before
    real = done("tiktokStripeDriftRepair", ids=ids)

    assert found["queued"] is False
    assert {one["subject"] for one in found["differences"]} == {order_id}
    assert dry == real
    assert [one["id"] for one in real["steps"]] == ids
    assert set(Difference.objects.values_list("state", flat=True)) == {"repairing"}
    accepted = done("tiktokStripeDriftAccept", ids=ids, note="All right.")
    assert accepted == {"accepted": len(ids)}
    row = Difference.objects.first()
    assert row is not None
    assert (row.state, row.actor, row.note) == ("accepted", "admin@example.com", "All right.")


def test_everything_is_compared_in_the_background(shop: ConnectedShop):
    assert done("tiktokStripeDriftCheck") == {"differences": None, "queued": True}
    assert Job.objects.filter(kind="drift.check", subject="").exists()


@pytest.mark.parametrize(
    ("name", "given", "told"),
    [
        ("tiktokStripeDriftRepair", {}, ("DIFFERENCES_REQUIRED", "ids")),
        ("tiktokStripeDriftRepair", {"all": True, "ids": ["x"]}, ("DIFFERENCES_REQUIRED", "ids")),
        ("tiktokStripeDriftRepair", {"ids": ["x"]}, ("ID_UNKNOWN", "ids")),
        ("tiktokStripeDriftAccept", {"ids": []}, ("DIFFERENCES_REQUIRED", "ids")),
        ("tiktokStripeDriftCheck", {"subjects": ["1"]}, ("DRIFT_AREA_REQUIRED", "area")),
        (
            "tiktokStripeDriftCheck",
            {"area": "PAYMENT", "subjects": ["1"]},
            ("DRIFT_AREA_REQUIRED", "area"),
        ),
        (
            "tiktokStripeDriftCheck",
            {"area": "ORDER", "subjects": ["1"] * 51},
            ("TOO_MANY_SUBJECTS", "subjects"),
        ),
    ],
)
def test_what_is_not_named_rightly_is_refused(
    shop: ConnectedShop, name: str, given: dict[str, Any], told: tuple[str, str]
):
    before = everything()

    assert refused(name, **given) == [told]
    assert everything() == before


@pytest.mark.parametrize("name", ["tiktokStripeDriftRepair", "tiktokStripeDriftAccept"])
def test_differences_of_another_channel_are_not_touched(shop: ConnectedShop, name: str):
    row = Difference.objects.create(
        connection=shop.connection, area="order", subject="1", code="ORDER_MISSING"
    )
    before = everything()

    told = refused(
        name, in_channel=OTHER_CHANNEL, ids=[global_id("TiktokStripeDifference", row.pk)]
    )

    assert told == [("DIFFERENCE_UNKNOWN", "ids")]
    assert everything() == before


def test_differences_of_the_books_take_the_permission_of_the_books(shop: ConnectedShop):
    values = {"connection": shop.connection, "currency": "USD"}
    order = Difference.objects.create(**values, area="order", subject="1", code="STATE_DIFFERS")
    money = Difference.objects.create(
        **values, area="money", subject="1", code="REVENUE_DIFFERS", amount=-3
    )
    names = {row.pk: global_id("TiktokStripeDifference", row.pk) for row in (order, money)}
    clerk = Requestor("staff", "VXNlcjoz", "clerk@example.com", frozenset({"MANAGE_ORDERS"}))
    query = """query ($of: TiktokStripeDriftArea) { tiktokStripe {
        differences(filter: {area: $of}) { totalCount edges { node { id } } }
        driftReport { counts { area } } } }"""

    def seen(who: Requestor, **given: Any) -> tuple[set[str], set[str]]:
        found = ask(query, who, **given)["data"]["tiktokStripe"]
        edges, counts = found["differences"]["edges"], found["driftReport"]["counts"]
        return {one["node"]["id"] for one in edges}, {one["area"] for one in counts}

    assert seen(STAFF) == (set(names.values()), {"ORDER", "MONEY"})
    assert seen(clerk) == ({names[order.pk]}, {"ORDER"})
    [error] = ask(query, clerk, of="MONEY")["errors"]
    assert error["extensions"]["code"] == "PERMISSION_DENIED"
    for name in ("tiktokStripeDriftRepair", "tiktokStripeDriftAccept"):
        told = refused(name, who=clerk, ids=[names[money.pk]])
        assert told == [("DIFFERENCE_UNKNOWN", "ids")]
    done("tiktokStripeDriftRepair", who=clerk, all=True)
    states = dict(Difference.objects.values_list("pk", "state"))
    assert states == {order.pk: "repairing", money.pk: "open"}


# --- the ledger


def test_the_ledger_is_brought_in_and_compared(shop: ConnectedShop):
    order_id = an_order(shop, status="COMPLETED")

    asked = done("tiktokStripeLedgerImport")["jobs"]
    one = done("tiktokStripeLedgerReconcile", orderIds=[order_id])
    all_of = done("tiktokStripeLedgerReconcile", vendor="TIKTOK")

    assert [job["kind"] for job in asked] == ["ledger.import"]
    assert (one["orders"], one["jobs"]) == (1, None)
    assert [job["kind"] for job in all_of["jobs"]] == ["ledger.reconcile"]
    noted = AuditEntry.objects.filter(action__startswith="ledger.").order_by("pk")
    assert list(noted.values_list("action", "actor", "connection")) == [
        ("ledger.import", "admin@example.com", shop.connection.pk),
        ("ledger.reconcile", "admin@example.com", shop.connection.pk),
        ("ledger.reconcile", "admin@example.com", shop.connection.pk),
    ]
    assert refused("tiktokStripeLedgerReconcile", orderIds=["1"] * 101) == [
        ("TOO_MANY_ORDERS", "orderIds")
    ]
