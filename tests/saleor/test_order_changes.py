"""What happens to an order after its import, through Saleor's own mutations run in process."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from saleor.order.models import Fulfillment, Order, OrderEvent, OrderGrantedRefund
from saleor.payment.models import TransactionEvent
from saleor.site.models import SiteSettings
from saleor.warehouse.models import Stock

from saleor_tiktok_stripe.errors import Parked, VendorBug
from saleor_tiktok_stripe.saleor_api.ids import global_id
from saleor_tiktok_stripe.saleor_api.in_process.adapter import InProcessSaleor
from saleor_tiktok_stripe.saleor_api.in_process.app import ensure_app
from saleor_tiktok_stripe.saleor_api.in_process.execute import execute
from saleor_tiktok_stripe.saleor_api.types import (
    Charge,
    CreatedOrder,
    NewTransaction,
    Package,
    Refund,
    SaleorOrder,
    SaleorOrderStatus,
)
from tests.saleor.shop import BUYER, ORDERED_AT, Shop, line, make_shop, order

pytestmark = pytest.mark.django_db
saleor = InProcessSaleor()


def create(new) -> CreatedOrder:
    [made] = saleor.create_orders([new], lambda results: None)
    assert made.created, made.error
    return made


def state(made: CreatedOrder) -> SaleorOrder:
    return saleor.orders([made.order_id])[made.order_id]


def stock(shop: Shop, variant: int = 0, warehouse: int = 0) -> tuple[int, int]:
    row = shop.stock(variant, warehouse)
    return row.quantity, row.quantity_allocated


def package(made: CreatedOrder, key: str = "P1", touch_stock: bool = True, **units: int) -> Package:
    quantities = {made.line_ids[f"sku-{name[-1]}"]: count for name, count in units.items()}
    return Package(key, quantities, "TRACK", touch_stock, {"tiktok.carrier": "UPS"})


def test_a_shipment_leaves_the_stock_once_however_often_it_is_told() -> None:
    shop = make_shop(stocks=(10,))
    made = create(order(shop, line(shop, 0, 3), line(shop, 1, 1)))

    first = saleor.fulfill(made.order_id, package(made, sku0=2))
    again = saleor.fulfill(made.order_id, package(made, sku0=2))

    assert again == first
    assert stock(shop) == (8, 1)
    now = state(made)
    assert now.status == SaleorOrderStatus.PARTIALLY_FULFILLED
    [shipped] = now.fulfillments
    assert (shipped.id, shipped.status, shipped.tracking_number) == (first, "FULFILLED", "TRACK")
    assert shipped.quantities == {made.line_ids["sku-0"]: 2}
    assert shipped.metadata == {"tiktok.package_id": "P1", "tiktok.carrier": "UPS"}

    saleor.fulfill(made.order_id, package(made, "P2", sku0=1, sku1=1))

    assert state(made).status == SaleorOrderStatus.FULFILLED
    assert (stock(shop), stock(shop, 1)) == ((7, 0), (9, 0))


def test_oversold_units_leave_all_the_same() -> None:
    shop = make_shop(stocks=(2,))
    made = create(order(shop, line(shop, 0, 3)))
    assert made.unallocated == {"sku-0": 1}

    saleor.fulfill(made.order_id, package(made, sku0=3))

    assert stock(shop) == (-1, 0)
    assert state(made).status == SaleorOrderStatus.FULFILLED


def test_a_package_from_two_warehouses_is_one_package_to_us() -> None:
    shop = make_shop(stocks=(2, 9))
    made = create(order(shop, line(shop, 0, 3)))

    first = saleor.fulfill(made.order_id, package(made, sku0=3))
    assert saleor.fulfill(made.order_id, package(made, sku0=3)) == first
    saleor.update_tracking(first, "NEW")

    assert (stock(shop), stock(shop, 0, 1)) == ((0, 0), (8, 0))
    shipped = state(made).fulfillments
    assert [sum(part.quantities.values()) for part in shipped] == [2, 1]
    assert {part.tracking_number for part in shipped} == {"NEW"}
    assert {part.metadata["tiktok.package_id"] for part in shipped} == {"P1"}


def test_a_parcel_from_the_marketplaces_warehouse_touches_no_stock() -> None:
    shop = make_shop(stocks=(10,))
    made = create(order(shop, line(shop, 0, 2, allocate=False), line(shop, 1, 1)))

    first = saleor.fulfill(made.order_id, package(made, touch_stock=False, sku0=2))
    again = saleor.fulfill(made.order_id, package(made, touch_stock=False, sku0=2))

    assert first == again
    assert (stock(shop), stock(shop, 1)) == ((10, 0), (10, 1))
    assert state(made).status == SaleorOrderStatus.PARTIALLY_FULFILLED
    assert OrderEvent.objects.filter(type="fulfillment_fulfilled_items").count() == 1


def test_what_was_set_aside_for_such_a_parcel_is_freed() -> None:
    shop = make_shop(stocks=(10,))
    made = create(order(shop, line(shop, 0, 5)))

    saleor.fulfill(made.order_id, package(made, touch_stock=False, sku0=2))

    assert stock(shop) == (10, 3)


def test_more_units_than_were_ordered_are_parked() -> None:
    shop = make_shop(stocks=(10,))
    made = create(order(shop, line(shop, 0, 1)))

    owed = NewTransaction("TikTok Shop", "COD", "T1", Decimal(0), Decimal(0), Decimal("15.00"))
    unpaid = create(order(shop, line(shop, 0, 1), transactions=(owed,)))
    SiteSettings.objects.update(fulfillment_allow_unpaid=False)

    for late, touch_stock in ((made, True), (made, False), (unpaid, True)):
        with pytest.raises(Parked) as parked:
            saleor.fulfill(late.order_id, package(late, touch_stock=touch_stock, sku0=2))
        assert parked.value.problem.code == "SALEOR_FULFILL_ORDER_LINE"

    assert Fulfillment.objects.count() == 0
    assert stock(shop) == (10, 2)


def test_unpaid_orders_ship_and_take_the_charge_later() -> None:
    shop = make_shop()
    SiteSettings.objects.update(fulfillment_allow_unpaid=False)
    owed = NewTransaction("TikTok Shop", "COD", "T1", Decimal(0), Decimal(0), Decimal("15.00"))
    made = create(order(shop, transactions=(owed,)))

    saleor.fulfill(made.order_id, package(made, sku0=1))
    saleor.record_charge(made.order_id, Charge("T1", "COD-1", Decimal("15.00"), "Paid at the door"))
    saleor.record_charge(made.order_id, Charge("T1", "COD-1", Decimal("15.00"), "Paid at the door"))

    now = state(made)
    assert (now.status, now.charged) == (SaleorOrderStatus.FULFILLED, Decimal(15))
    assert (now.transactions[0].authorized, now.transactions[0].charged) == (0, 15)
    assert now.transactions[0].event_references == ("T1", "COD-1")


def test_a_shop_that_approves_shipments_by_hand_has_nothing_to_approve() -> None:
    shop = make_shop(stocks=(10,))
    SiteSettings.objects.update(fulfillment_auto_approve=False)
    made = create(order(shop, line(shop, 0, 1)))

    saleor.fulfill(made.order_id, package(made, sku0=1))

    assert state(made).fulfillments[0].status == "FULFILLED"
    assert stock(shop) == (9, 0)


def test_a_cancelled_order_frees_its_stock_once() -> None:
    shop = make_shop(stocks=(10,))
    made = create(order(shop, line(shop, 0, 3)))
    other = create(order(shop, line(shop, 0, 2)))

    saleor.cancel_order(made.order_id)
    saleor.cancel_order(made.order_id)

    assert state(made).status == SaleorOrderStatus.CANCELED
    assert stock(shop) == (10, 2)
    assert state(other).lines[0].quantity_allocated == 2


def test_of_an_order_partly_shipped_the_rest_is_cancelled() -> None:
    shop = make_shop(stocks=(10,))
    made = create(order(shop, line(shop, 0, 3), line(shop, 1, 1)))
    saleor.fulfill(made.order_id, package(made, sku0=1))

    saleor.cancel_order(made.order_id)
    saleor.cancel_order(made.order_id)

    now = state(made)
    assert now.status == SaleorOrderStatus.PARTIALLY_RETURNED
    assert [part.status for part in now.fulfillments] == ["FULFILLED", "RETURNED"]
    assert (stock(shop), stock(shop, 1)) == ((9, 0), (10, 0))


def test_cancelled_lines_become_returned_units_with_a_note() -> None:
    shop = make_shop(stocks=(10,))
    made = create(order(shop, line(shop, 0, 3)))

    saleor.cancel_lines(made.order_id, {made.line_ids["sku-0"]: 1}, "Buyer changed their mind")

    now = state(made)
    assert now.status == SaleorOrderStatus.PARTIALLY_RETURNED
    assert now.lines[0].quantity_to_fulfill == 2
    assert stock(shop) == (10, 2)
    note = OrderEvent.objects.get(order__number=made.number, type="note_added")
    assert note.parameters == {"message": "Buyer changed their mind"}
    assert note.app == ensure_app()

    saleor.fulfill(made.order_id, package(made, sku0=2))
    assert stock(shop) == (8, 0)


def test_cancelling_oversold_units_gives_up_no_stock_that_is_still_needed() -> None:
    shop = make_shop(stocks=(1, 2))
    made = create(order(shop, line(shop, 0, 5)))
    assert made.unallocated == {"sku-0": 2}

    saleor.cancel_lines(made.order_id, {made.line_ids["sku-0"]: 2}, "")
    assert (stock(shop), stock(shop, 0, 1)) == ((1, 1), (2, 2))

    saleor.cancel_lines(made.order_id, {made.line_ids["sku-0"]: 1}, "")
    assert stock(shop)[1] + stock(shop, 0, 1)[1] == 2
    assert state(made).lines[0].quantity_allocated == 2


def test_refunds_are_recorded_once_each() -> None:
    shop = make_shop()
    new = order(shop)
    made = create(new)
    refunds = [
        Refund(new.external_reference, "R1", Decimal("4.00"), "Damaged", ORDERED_AT),
        Refund(new.external_reference, "R2", Decimal("1.00"), "Late"),
    ]

    saleor.record_refunds(made.order_id, refunds)
    saleor.record_refunds(made.order_id, [replace(refunds[0], amount=Decimal("9.00")), refunds[1]])

    now = state(made)
    assert (now.charged, now.transactions[0].refunded) == (Decimal(10), Decimal(5))
    assert now.transactions[0].event_references == (new.external_reference, "R1", "R2")
    assert TransactionEvent.objects.get(psp_reference="R1").created_at == ORDERED_AT
    assert not TransactionEvent.objects.filter(type="refund_failure").exists()
    with pytest.raises(VendorBug, match="TRANSACTION_MISSING"):
        saleor.record_refunds(made.order_id, [replace(refunds[0], transaction_reference="other")])


def test_a_refund_is_granted_once_per_key_also_beyond_one_transaction() -> None:
    shop = make_shop()
    parts = (
        NewTransaction("TikTok Shop", "", "T1", Decimal("9.00"), Decimal(0), Decimal(0)),
        NewTransaction("Platform discount", "", "T2", Decimal("6.00"), Decimal(0), Decimal(0)),
    )
    made = create(order(shop, transactions=parts))
    units = {made.line_ids["sku-0"]: 1}
    grant = saleor.grant_refund

    for _ in range(2):
        grant(made.order_id, key="C1", amount=Decimal(4), quantities={}, reason="Late")
        grant(made.order_id, key="C2", amount=Decimal(11), quantities=units, reason="Never came")

    rows = OrderGrantedRefund.objects.order_by("pk")
    assert [(row.amount_value, row.reason) for row in rows] == [
        (Decimal(4), "Late\nC1"),
        (Decimal(11), "Never came\nC2"),
    ]
    assert rows[1].lines.get().quantity == 1
    assert state(made).granted_refunds == Decimal(15)
    assert Order.objects.get().charge_status == "overcharged"


def test_small_changes_reach_the_order(django_capture_on_commit_callbacks) -> None:
    shop = make_shop()
    made = create(order(shop, status=SaleorOrderStatus.UNCONFIRMED))
    moved = replace(BUYER, first_name="A***", postal_code="94***", phone="(+1)650***00")

    with django_capture_on_commit_callbacks(execute=True):
        saleor.confirm_order(made.order_id)
        saleor.confirm_order(made.order_id)
    saleor.update_address(made.order_id, moved)
    saleor.set_metadata(made.order_id, {"tiktok.status": "DELIVERED"})
    saleor.set_metadata(made.line_ids["sku-0"], {"tiktok.state": "x"})
    saleor.add_note(made.order_id, "Looked into it")

    now = state(made)
    assert now.status == SaleorOrderStatus.UNFULFILLED
    assert now.shipping_address == replace(moved, phone="")
    addressed = Order.objects.get()
    assert addressed.billing_address.first_name == addressed.shipping_address.first_name == "A***"
    assert addressed.billing_address.pk != addressed.shipping_address.pk
    assert addressed.should_refresh_prices is False
    assert now.metadata["tiktok.status"] == "DELIVERED"
    assert "tiktok.order_id" in now.metadata
    assert now.lines[0].metadata == {"tiktok.state": "x"}
    assert OrderEvent.objects.filter(type="confirmed").count() == 1
    assert OrderEvent.objects.filter(type="note_added").count() == 1


def test_an_order_deleted_in_saleor_is_parked() -> None:
    with pytest.raises(Parked) as parked:
        saleor.cancel_order(global_id("Order", "11111111-1111-1111-1111-111111111111"))

    assert parked.value.problem.code == "ORDER_DELETED"


def test_refusals_say_what_saleor_said() -> None:
    shop = make_shop()
    made = create(order(shop))
    saleor.cancel_order(made.order_id)

    with pytest.raises(Parked) as parked:
        execute("orderCancel", {"id": made.order_id})
    with pytest.raises(VendorBug, match="SALEOR_GRAPHQL_ERROR"):
        execute("orderNoteAdd", {"order": "nonsense", "message": "x"})

    assert parked.value.problem.code == "SALEOR_CANNOT_CANCEL_ORDER"
    assert parked.value.problem.params["subject"] == made.order_id


def test_what_the_app_may_not_do_is_parked() -> None:
    shop = make_shop()

    with pytest.raises(Parked) as parked:
        saleor.set_metadata(shop.variant_id(), {"tiktok.sku_id": "1"})

    assert parked.value.problem.code == "APP_PERMISSION_MISSING"
    shop.variants[0].refresh_from_db()
    assert shop.variants[0].metadata == {}


def test_an_app_that_was_switched_off_stays_off_and_says_so() -> None:
    shop = make_shop()
    made = create(order(shop))
    app = ensure_app()
    app.is_active = False
    app.save()

    with pytest.raises(Parked) as parked:
        saleor.cancel_order(made.order_id)

    assert parked.value.problem.code == "APP_SWITCHED_OFF"
    assert state(made).status == SaleorOrderStatus.UNFULFILLED
    assert not saleor.app_status().is_active


def test_the_app_is_made_on_demand_and_gets_lost_permissions_back() -> None:
    before = saleor.app_status()
    app = ensure_app()
    app.permissions.clear()
    robbed = saleor.app_status()

    again = ensure_app()

    assert (before.is_active, before.missing_permissions) == (True, ())
    assert robbed.missing_permissions == ("order.manage_orders", "payment.handle_payments")
    assert again.pk == app.pk
    healed = saleor.app_status()
    assert healed.permissions == ("order.manage_orders", "payment.handle_payments")
    assert healed.missing_permissions == ()
    assert (again.identifier, again.webhooks.count()) == ("saleor.tiktok_stripe", 0)


def test_stock_of_other_orders_is_never_touched_by_a_shipment() -> None:
    shop = make_shop(stocks=(10,))
    mine, theirs = create(order(shop, line(shop, 0, 2))), create(order(shop, line(shop, 0, 4)))

    saleor.fulfill(mine.order_id, package(mine, sku0=2))

    assert Stock.objects.filter(quantity_allocated=4).count() == 1
    assert state(theirs).lines[0].quantity_allocated == 4
