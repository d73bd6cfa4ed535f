"""What every host of ``Saleor`` must do, as tests that take a fixture ``host``.

A host's test module defines the fixture (returning a ``Host``) and imports everything from here.
"""

from __future__ import annotations

import base64
import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from saleor_tiktok_stripe.errors import Parked, VendorBug
from saleor_tiktok_stripe.saleor_api.interface import Saleor
from saleor_tiktok_stripe.saleor_api.transactions import EventReport
from saleor_tiktok_stripe.saleor_api.types import (
    AddressData,
    Charge,
    CreatedOrder,
    GoodsReturn,
    NewFulfillment,
    NewLine,
    NewOrder,
    NewTransaction,
    Package,
    Refund,
    SaleorOrderStatus,
    WarehouseStock,
)

D = Decimal
ORDERED_AT = datetime(2026, 11, 1, 12, 30, tzinfo=UTC)
_numbers = itertools.count(1)
BUYER = AddressData(
    first_name="Ada",
    last_name="L***",
    company_name="",
    street_address_1="16** Amph***",
    street_address_2="",
    city="MOUNTAIN VIEW",
    city_area="",
    postal_code="940**",
    country="US",
    country_area="CA",
    phone="",
)


@dataclass(frozen=True)
class Host:
    """A Saleor with a channel of a currency and two variants, ``stock(n)`` of which is its
    quantity in the first warehouse. ``allocates`` False: everything comes back unallocated."""

    saleor: Saleor
    channel: str
    currency: str
    warehouse_id: str
    variant_ids: tuple[str, ...]
    skus: tuple[str, ...]
    stock: Callable[[int], int]
    allocates: bool

    def line(self, variant: int = 0, quantity: int = 1, unit: str = "10.00", **changes) -> NewLine:
        price = D(unit)
        line = NewLine(
            key=f"line-{variant}",
            variant_id=self.variant_ids[variant],
            quantity=quantity,
            product_name="Article",
            variant_name="Size",
            sku=self.skus[variant],
            unit_net=price,
            unit_gross=price,
            undiscounted_unit_net=price,
            undiscounted_unit_gross=price,
            tax_rate=None,
            allocate=True,
        )
        return replace(line, **changes)

    def order(self, *lines: NewLine, shipping: str = "5.00", **changes) -> NewOrder:
        lines = lines or (self.line(),)
        number = next(_numbers)
        total = sum((line.unit_gross * line.quantity for line in lines), D(shipping))
        paid = NewTransaction("TikTok Shop", "Paid", f"pay-{number}", total, D(0), D(0))
        order = NewOrder(
            external_reference=f"tiktok:{number}",
            channel_slug=self.channel,
            currency=self.currency,
            status=SaleorOrderStatus.UNFULFILLED,
            created_at=ORDERED_AT,
            email="relay@scs.tiktok.example",
            language_code="en",
            billing_address=BUYER,
            shipping_address=BUYER,
            shipping_method_name="TikTok Standard",
            shipping_net=D(shipping),
            shipping_gross=D(shipping),
            undiscounted_shipping_gross=D(shipping),
            shipping_tax_rate=None,
            lines=lines,
            transactions=(paid,),
            metadata={"tiktok.order_id": str(number)},
        )
        return replace(order, **changes)

    def create(self, *orders: NewOrder) -> list[CreatedOrder]:
        return self.saleor.create_orders(orders, lambda results: None)

    def made(self, *lines: NewLine, **changes) -> CreatedOrder:
        [result] = self.create(self.order(*lines, **changes))
        assert result.error == ""
        return result

    def state(self, order_id: str):
        return self.saleor.orders([order_id])[order_id]


def test_channel_and_its_warehouses(host):
    channel = host.saleor.channel(host.channel)

    assert (channel.slug, channel.currency, channel.is_active) == (
        host.channel,
        host.currency,
        True,
    )
    assert channel.default_country == "US"
    assert host.warehouse_id in [warehouse.id for warehouse in channel.warehouses]


def test_unknown_channel_is_parked(host):
    with pytest.raises(Parked) as caught:
        host.saleor.channel("no-such-channel")

    assert "no-such-channel" in caught.value.message


def test_variants_are_found_by_sku_and_id_each_once(host):
    found = host.saleor.find_variants(
        host.channel, skus=[host.skus[0], "no-such-sku"], ids=[host.variant_ids[0]]
    )

    assert [(variant.id, variant.sku) for variant in found] == [(host.variant_ids[0], host.skus[0])]
    assert found[0].in_channel
    assert host.saleor.find_variants("elsewhere", skus=[host.skus[0]])[0].in_channel is False


def test_results_come_in_the_order_given_and_are_recorded_once(host):
    orders = [host.order(), host.order(), host.order()]
    recorded = []

    results = host.saleor.create_orders(orders, recorded.append)

    assert recorded == [results]
    assert [r.external_reference for r in results] == [o.external_reference for o in orders]
    assert all(result.created and result.error == "" for result in results)
    assert host.saleor.find_orders([o.external_reference for o in orders] + ["none"]) == {
        result.external_reference: result.order_id for result in results
    }


def test_created_order_has_the_money_and_state_it_was_given(host):
    order = host.order(
        host.line(0, 3, "7.33", undiscounted_unit_net=D("8.00"), undiscounted_unit_gross=D("8.00")),
        host.line(1, 1, "0.01", metadata={"tiktok.line_ids": "1,2"}),
        shipping="4.99",
    )

    [made] = host.create(order)

    state = host.state(made.order_id)
    assert (state.number, state.external_reference) == (made.number, order.external_reference)
    assert (state.channel_slug, state.currency) == (host.channel, host.currency)
    assert state.status is SaleorOrderStatus.UNFULFILLED
    assert (state.total_gross, state.shipping_gross) == (D("26.99"), D("4.99"))
    assert (state.charged, state.granted_refunds) == (D("26.99"), D(0))
    assert state.metadata["tiktok.order_id"] == order.metadata["tiktok.order_id"]
    lines = {line.id: line for line in state.lines}
    first, second = (lines[made.line_ids[key]] for key in ("line-0", "line-1"))
    assert (first.quantity, first.unit_gross, first.total_gross) == (3, D("7.33"), D("21.99"))
    assert (first.variant_id, first.sku) == (host.variant_ids[0], host.skus[0])
    assert second.metadata["tiktok.line_ids"] == "1,2"
    [paid] = state.transactions
    assert (paid.name, paid.psp_reference) == ("TikTok Shop", order.transactions[0].psp_reference)
    assert (paid.charged, paid.refunded, paid.authorized) == (D("26.99"), D(0), D(0))
    assert state.shipping_address is not None
    assert state.shipping_address.postal_code == "940**"


def test_stock_is_set_aside_or_reported(host):
    before = host.stock(0)

    made = host.made(host.line(0, 2), host.line(1, 1, allocate=False))

    state = {line.id: line for line in host.state(made.order_id).lines}
    allocated = state[made.line_ids["line-0"]].quantity_allocated
    assert allocated == (2 if host.allocates else 0)
    assert made.unallocated == ({} if host.allocates else {"line-0": 2})
    assert host.stock(0) == before


def test_an_order_that_exists_is_found_with_its_lines_and_not_made_again(host):
    order = host.order(host.line(0), host.line(1))
    [first] = host.create(order)

    again, other = host.create(order, host.order())

    assert again.created is False
    assert (again.order_id, again.line_ids) == (first.order_id, first.line_ids)
    assert other.created is True


def test_the_same_order_twice_in_a_batch_is_refused_before_anything_is_made(host):
    order = host.order()
    recorded = []

    with pytest.raises(VendorBug):
        host.saleor.create_orders([order, order], recorded.append)

    assert recorded == []
    assert host.saleor.find_orders([order.external_reference]) == {}


def test_one_refused_order_does_not_stop_the_others(host):
    gone = "UHJvZHVjdFZhcmlhbnQ6OTk5OTk5OTk="  # ProductVariant:99999999
    bad = host.order(host.line(0, variant_id=gone))

    good, refused, last = host.create(host.order(), bad, host.order())

    assert (good.error, last.error) == ("", "")
    assert refused.order_id == ""
    assert refused.error != ""
    assert host.saleor.find_orders([bad.external_reference]) == {}


def test_placeholder_line_has_no_variant(host):
    made = host.made(host.line(0, 2, variant_id=None, sku="UNLINKED"), host.line(1))

    lines = {line.id: line for line in host.state(made.order_id).lines}
    line = lines[made.line_ids["line-0"]]
    assert (line.variant_id, line.sku, line.total_gross) == (None, "UNLINKED", D("20.00"))


def test_amounts_given_back_before_the_import_are_on_the_transaction(host):
    paid = NewTransaction("TikTok Shop", "Paid", "pay-back", D("11.00"), D("4.00"), D(0))

    made = host.made(transactions=(paid,), granted_refund=D("4.00"))

    state = host.state(made.order_id)
    assert [(t.charged, t.refunded) for t in state.transactions] == [(D("11.00"), D("4.00"))]
    assert (state.charged, state.granted_refunds) == (D("11.00"), D("4.00"))


def test_order_first_seen_late_is_created_as_it_is_and_touches_no_stock(host):
    before = host.stock(0)
    package = NewFulfillment("pkg-1", {"line-0": 2}, tracking_number="1Z999", metadata={"a": "b"})
    cancelled = NewFulfillment("gone-1", {"line-0": 1}, returned=True)
    order = host.order(
        host.line(0, 3, allocate=False),
        status=SaleorOrderStatus.PARTIALLY_RETURNED,
        fulfillments=(package, cancelled),
    )

    [made] = host.create(order)
    [again] = host.create(order)

    assert (made.error, again.error, again.created) == ("", "", False)
    state = host.state(made.order_id)
    line = made.line_ids["line-0"]
    assert state.status is SaleorOrderStatus.PARTIALLY_RETURNED
    groups = sorted((f.status, f.tracking_number, dict(f.quantities)) for f in state.fulfillments)
    assert groups == [("FULFILLED", "1Z999", {line: 2}), ("RETURNED", "", {line: 1})]
    keys = {f.metadata["tiktok.package_id"]: f.metadata.get("a") for f in state.fulfillments}
    assert keys == {"pkg-1": "b", "gone-1": None}
    assert host.stock(0) == before


def test_shipment_is_recorded_once_and_takes_stock_once(host):
    before = host.stock(0)
    made = host.made(host.line(0, 3))
    package = Package("pkg-9", {made.line_ids["line-0"]: 2}, "TRACK", True, {"carrier": "UPS"})

    first = host.saleor.fulfill(made.order_id, package)
    again = host.saleor.fulfill(made.order_id, package)

    assert first == again
    state = host.state(made.order_id)
    assert state.status is SaleorOrderStatus.PARTIALLY_FULFILLED
    [group] = state.fulfillments
    assert (group.id, group.status, group.tracking_number) == (first, "FULFILLED", "TRACK")
    assert dict(group.quantities) == {made.line_ids["line-0"]: 2}
    assert group.metadata["carrier"] == "UPS"
    assert state.lines[0].quantity_to_fulfill == 1
    assert host.stock(0) == before - 2


def test_tracking_number_follows(host):
    made = host.made()
    shipped = host.saleor.fulfill(
        made.order_id, Package("pkg-t", {made.line_ids["line-0"]: 1}, "", True)
    )

    host.saleor.update_tracking(shipped, "NEW-NUMBER")

    assert host.state(made.order_id).fulfillments[0].tracking_number == "NEW-NUMBER"


def test_shipping_more_than_is_left_changes_nothing(host):
    made = host.made(host.line(0, 1))
    before = host.stock(0)

    with pytest.raises(Parked):
        host.saleor.fulfill(made.order_id, Package("pkg-x", {made.line_ids["line-0"]: 2}, "", True))

    assert host.state(made.order_id).fulfillments == ()
    assert host.stock(0) == before


def test_whole_order_is_cancelled_once_and_its_stock_is_free(host):
    before = host.stock(0)
    made = host.made(host.line(0, 2))

    host.saleor.cancel_order(made.order_id)
    host.saleor.cancel_order(made.order_id)

    state = host.state(made.order_id)
    assert state.status is SaleorOrderStatus.CANCELED
    assert [line.quantity_allocated for line in state.lines] == [0]
    assert host.stock(0) == before


def test_cancelled_lines_become_a_returned_group(host):
    before = host.stock(0)
    made = host.made(host.line(0, 3))

    host.saleor.cancel_lines(made.order_id, {made.line_ids["line-0"]: 1}, "Out of stock")

    state = host.state(made.order_id)
    [group] = state.fulfillments
    assert (group.status, dict(group.quantities)) == ("RETURNED", {made.line_ids["line-0"]: 1})
    assert state.lines[0].quantity_to_fulfill == 2
    assert state.lines[0].quantity_allocated == (2 if host.allocates else 0)
    assert host.stock(0) == before


def test_refund_is_granted_once_per_key(host):
    made = host.made()
    lines = {made.line_ids["line-0"]: 1}

    for _ in range(2):
        host.saleor.grant_refund(
            made.order_id, key="case-1", amount=D("3.50"), quantities=lines, reason="Damaged"
        )

    assert host.state(made.order_id).granted_refunds == D("3.50")


def test_marketplace_refund_is_reported_once_per_reference(host):
    order = host.order()
    [made] = host.create(order)
    paid = order.transactions[0].psp_reference
    refunds = [Refund(paid, "refund-1", D("4.00"), "a"), Refund(paid, "refund-2", D("1.50"), "b")]

    host.saleor.record_refunds(made.order_id, refunds)
    host.saleor.record_refunds(made.order_id, refunds)

    [transaction] = host.state(made.order_id).transactions
    assert (transaction.charged, transaction.refunded) == (D("9.50"), D("5.50"))
    refunded = [name for name in transaction.event_references if name.startswith("refund")]
    assert sorted(refunded) == ["refund-1", "refund-2"]


def test_refund_on_an_unknown_transaction_is_refused_for_good(host):
    made = host.made()

    with pytest.raises((Parked, VendorBug)):
        host.saleor.record_refunds(made.order_id, [Refund("other", "r", D(1), "")])

    assert host.state(made.order_id).transactions[0].refunded == D(0)


def test_cash_on_delivery_is_charged_once(host):
    due = NewTransaction("TikTok Shop", "Cash on delivery", "cod-1", D(0), D(0), D("15.00"))
    made = host.made(transactions=(due,))
    charge = Charge("cod-1", "delivered-1", D("15.00"), "Delivered")

    host.saleor.record_charge(made.order_id, charge)
    host.saleor.record_charge(made.order_id, charge)

    [transaction] = host.state(made.order_id).transactions
    assert (transaction.authorized, transaction.charged) == (D(0), D("15.00"))


def test_unconfirmed_order_is_confirmed_once(host):
    made = host.made(status=SaleorOrderStatus.UNCONFIRMED)
    assert host.state(made.order_id).status is SaleorOrderStatus.UNCONFIRMED

    host.saleor.confirm_order(made.order_id)
    host.saleor.confirm_order(made.order_id)

    assert host.state(made.order_id).status is SaleorOrderStatus.UNFULFILLED


def test_shipping_address_is_replaced_unvalidated(host):
    made = host.made()

    host.saleor.update_address(made.order_id, replace(BUYER, postal_code="9*", city="ELSEWHERE"))

    address = host.state(made.order_id).shipping_address
    assert (address.postal_code, address.city) == ("9*", "ELSEWHERE")


def test_metadata_is_merged_on_orders_lines_and_fulfillments(host):
    made = host.made()
    line = made.line_ids["line-0"]
    shipped = host.saleor.fulfill(made.order_id, Package("pkg-m", {line: 1}, "", True))

    for object_id in (made.order_id, line, shipped):
        host.saleor.set_metadata(object_id, {"tiktok.state": "DELIVERED"})

    state = host.state(made.order_id)
    assert state.metadata["tiktok.state"] == "DELIVERED"
    assert "tiktok.order_id" in state.metadata
    assert state.lines[0].metadata["tiktok.state"] == "DELIVERED"
    assert state.fulfillments[0].metadata == {
        "tiktok.package_id": "pkg-m",
        "tiktok.state": "DELIVERED",
    }


def test_unknown_orders_are_left_out(host):
    made = host.made()

    gone = base64.b64encode(b"Order:00000000-0000-4000-8000-0000000fffff").decode()

    found = host.saleor.orders([made.order_id, gone])

    assert list(found) == [made.order_id]


@pytest.mark.parametrize(
    "key",
    [
        "",
        "garbage",
        "Order:1",
        "Order:9999999999999999999999999999999999999999",
        "TransactionItem:1",
        "ProductVariant:99999999999999999999",
        "ProductVariant:00000000-0000-4000-8000-0000000fffff",
        "User:1",
    ],
)
def test_what_is_no_id_is_what_does_not_exist(host, key: str):
    for value in (key, base64.b64encode(key.encode()).decode()):
        assert host.saleor.orders([value]) == {}
        assert host.saleor.transaction(value) is None
        assert host.saleor.find_variants(host.channel, ids=[value]) == []
        assert host.saleor.stock(host.channel, [value]) == {}
        assert host.saleor.prices(host.channel, [value]) == {}


def test_exclusive_holds_and_releases(host):
    made = host.made()

    with host.saleor.exclusive(made.order_id):
        host.saleor.set_metadata(made.order_id, {"held": "yes"})

    assert host.state(made.order_id).metadata["held"] == "yes"


def test_notes_are_added(host):
    made = host.made()

    host.saleor.add_note(made.order_id, "Cancelled by the buyer. " + "x" * 300)


def shipped(host, quantity: int = 2, key: str = "pkg-r"):
    """An order of which all units left, and its line's id."""
    made = host.made(host.line(0, quantity))
    line = made.line_ids["line-0"]
    host.saleor.fulfill(made.order_id, Package(key, {line: quantity}, "T", True))
    return made, line


def test_returned_goods_are_recorded_once_and_put_back_once(host):
    before = host.stock(0)
    made, line = shipped(host, 3)
    goods = GoodsReturn("return-1", {line: 2}, True, {"tiktok.why": "Damaged"})

    first = host.saleor.return_goods(made.order_id, goods)
    again = host.saleor.return_goods(made.order_id, goods)

    assert first == again
    state = host.state(made.order_id)
    assert state.status is SaleorOrderStatus.PARTIALLY_RETURNED
    groups = {one.id: one for one in state.fulfillments}
    assert sorted((one.status, dict(one.quantities)) for one in groups.values()) == [
        ("FULFILLED", {line: 1}),
        ("RETURNED", {line: 2}),
    ]
    assert groups[first].metadata == {"tiktok.return_id": "return-1", "tiktok.why": "Damaged"}
    assert groups[first].created_at is not None
    assert host.stock(0) == before - 3 + 2


def test_goods_that_are_not_put_back_leave_stock_alone(host):
    before = host.stock(0)
    made, line = shipped(host)

    host.saleor.return_goods(made.order_id, GoodsReturn("return-2", {line: 2}, False))

    assert host.state(made.order_id).status is SaleorOrderStatus.RETURNED
    assert host.stock(0) == before - 2


def test_two_returns_of_the_same_units_are_two(host):
    before = host.stock(0)
    made, line = shipped(host)

    ids = {
        host.saleor.return_goods(made.order_id, GoodsReturn(key, {line: 1}, True))
        for key in ("return-a", "return-b")
    }

    assert len(ids) == 2
    assert {one.id for one in host.state(made.order_id).fulfillments} == ids
    assert host.stock(0) == before


def test_goods_come_back_out_of_the_package_that_the_marketplace_knows(host):
    before = host.stock(0)
    made = host.made(host.line(0, 4))
    line = made.line_ids["line-0"]
    host.saleor.fulfill(made.order_id, Package("", {line: 1}, "HAND1", True))
    host.saleor.fulfill(made.order_id, Package("pkg-k", {line: 2}, "T", True))

    host.saleor.return_goods(made.order_id, GoodsReturn("return-5", {line: 2}, True))

    groups = host.state(made.order_id).fulfillments
    assert sorted((one.status, one.tracking_number, dict(one.quantities)) for one in groups) == [
        ("FULFILLED", "HAND1", {line: 1}),
        ("RETURNED", "", {line: 2}),
    ]
    assert host.stock(0) == before - 1


def test_units_taken_out_of_an_order_are_no_returned_goods(host):
    before = host.stock(0)
    made = host.made(host.line(0, 2))
    line = made.line_ids["line-0"]
    host.saleor.fulfill(made.order_id, Package("pkg-c", {line: 1}, "T", True))
    host.saleor.cancel_lines(made.order_id, {line: 1}, "Out of stock")

    host.saleor.return_goods(made.order_id, GoodsReturn("return-3", {line: 1}, True))

    state = host.state(made.order_id)
    assert [(one.status, dict(one.quantities)) for one in state.fulfillments] == [
        ("RETURNED", {line: 1}),
        ("RETURNED", {line: 1}),
    ]
    assert host.stock(0) == before


def test_more_returned_than_shipped_is_parked_and_changes_nothing(host):
    made, line = shipped(host, 1)
    before = host.stock(0)

    with pytest.raises(Parked) as caught:
        host.saleor.return_goods(made.order_id, GoodsReturn("return-4", {line: 2}, True))

    assert caught.value.problem.code == "RETURN_EXCEEDS_SHIPPED"
    assert [one.status for one in host.state(made.order_id).fulfillments] == ["FULFILLED"]
    assert host.stock(0) == before


def all_changed(host, cursor: str):
    found, more = {}, True
    while more:
        page = host.saleor.orders_changed(host.channel, cursor, limit=2)
        found |= {one.external_reference: one for one in page.orders}
        cursor, more = page.cursor, page.more
    return found, cursor


def test_changed_orders_are_told_oldest_first_page_by_page(host):
    orders = [host.order() for _ in range(5)]
    made = host.create(*orders)
    first, cursor = all_changed(host, "")

    host.saleor.cancel_order(made[3].order_id)
    host.saleor.cancel_order(made[1].order_id)
    then, _ = all_changed(host, cursor)

    references = [one.external_reference for one in orders]
    assert [name for name in first if name in references] == references
    changed = [then[references[3]], then[references[1]]]
    assert [one.id for one in changed] == [made[3].order_id, made[1].order_id]
    assert changed[0].updated_at <= changed[1].updated_at
    assert [name for name in then if name in (references[3], references[1])][-1] == references[1]


def test_an_order_tells_how_it_is_sent_and_when_it_changed(host):
    made = host.made()

    state = host.state(made.order_id)

    assert state.shipping_method_name == "TikTok Standard"
    assert state.updated_at is not None
    assert state.updated_at.tzinfo is not None


def toured(host, of, cursor: str):
    found, complete = set(), False
    while not complete:
        page = of(host.channel, cursor)
        found |= set(page.variant_ids)
        cursor, complete = page.cursor, page.complete
    return found, cursor


def test_stock_is_told_by_warehouse_of_the_channel(host):
    before = host.stock(0)
    warehouses = host.saleor.channel(host.channel).warehouses
    slug = next(one.slug for one in warehouses if one.id == host.warehouse_id)
    made = host.made(host.line(0, 2))
    host.saleor.fulfill(made.order_id, Package("pkg-s", {made.line_ids["line-0"]: 1}, "", True))
    gone = "UHJvZHVjdFZhcmlhbnQ6OTk5OTk5OTk="  # ProductVariant:99999999

    found = host.saleor.stock(host.channel, [*host.variant_ids, gone])

    assert set(found) == set(host.variant_ids)
    first = found[host.variant_ids[0]]
    assert (first.variant_id, first.tracks_inventory, first.sellable) == (
        host.variant_ids[0],
        True,
        True,
    )
    assert first.warehouses[slug] == WarehouseStock(before - 1, 1 if host.allocates else 0, 0)
    with pytest.raises(Parked):
        host.saleor.stock("no-such-channel", host.variant_ids)


def test_variants_whose_stock_changed_are_among_those_to_look_at(host):
    _, cursor = toured(host, host.saleor.stock_changes, "")
    made = host.made(host.line(1, 1))
    host.saleor.fulfill(made.order_id, Package("pkg-w", {made.line_ids["line-1"]: 1}, "", True))

    found, _ = toured(host, host.saleor.stock_changes, cursor)

    assert host.variant_ids[1] in found


def test_prices_are_those_of_the_channel(host):
    found = host.saleor.prices(host.channel, host.variant_ids)

    assert set(found) == set(host.variant_ids)
    first = found[host.variant_ids[0]]
    assert (first.currency, first.discounted) == (host.currency, first.price)
    assert first.price > 0
    assert host.saleor.prices("elsewhere", host.variant_ids) == {}
    toured(host, host.saleor.price_changes, "")


def test_a_payment_made_at_the_import_is_ours_and_can_be_reported_about(host):
    paid = NewTransaction(
        "TikTok Shop", "Paid", "tiktok:own", D("15.00"), D(0), D(0), actions=("REFUND",)
    )
    made = host.made(transactions=(paid,))
    [item] = host.state(made.order_id).transactions

    known = host.saleor.transaction(item.id)
    failed = EventReport("REFUND_FAILURE", "return:7", D("5.00"), "TikTok refused it.")
    given = EventReport("REFUND_SUCCESS", "return:8", D("4.00"))
    for _ in range(2):
        host.saleor.report_events(item.id, [failed, given], ["REFUND"])

    assert (known.order_id, known.psp_reference) == (made.order_id, "tiktok:own")
    assert (known.order_number, known.channel_slug) == (made.number, host.channel)
    assert (known.app_identifier, known.actions) == ("saleor.tiktok_stripe", ("REFUND",))
    then = host.saleor.transaction(item.id)
    assert (then.charged, then.refunded, then.actions) == (D("11.00"), D("4.00"), ("REFUND",))
    told = [event.psp_reference for event in then.events if event.type.startswith("REFUND")]
    assert sorted(told) == ["return:7", "return:8"]
