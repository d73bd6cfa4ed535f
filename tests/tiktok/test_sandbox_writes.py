"""The client's writes over real HTTP against the sandbox, by market, and what reads show then."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from saleor_tiktok_stripe.errors import InDoubt, Parked
from saleor_tiktok_stripe.sandbox.tiktok import TikTokSandbox
from saleor_tiktok_stripe.tiktok.aftersales_types import (
    Awaited,
    Decision,
    ReturnKind,
    ReturnState,
)
from saleor_tiktok_stripe.tiktok.endpoints import HOSTS, RATES
from saleor_tiktok_stripe.tiktok.fulfilment_types import Handover, PackageState, Tracking
from saleor_tiktok_stripe.tiktok.reasons import cancel_reason, return_reason
from saleor_tiktok_stripe.tiktok.regions import Capability, region
from saleor_tiktok_stripe.tiktok.stock_types import NewPrice, NewStock
from saleor_tiktok_stripe.tiktok.types import OrderState
from saleor_tiktok_stripe.transport import Rate, Transport

from .test_sandbox import Connected

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


class Market(Connected):
    def __init__(self, sandbox):
        super().__init__(sandbox)
        self.door = Transport(
            HOSTS, user_agent="tests", allow_loopback=True, rates=dict.fromkeys(RATES, Rate(10_000))
        )
        self.api = self.client(self.shop.cipher)
        self.twin = next(one.id for one in self.all_orders() if one.fulfilled_by.value == "seller")
        warehouse = next(one for one in self.api.warehouses() if one.sells)
        self.warehouse = warehouse.id
        option = next(
            one for one in self.api.delivery_options(warehouse.id) if one.kind == "SEND_BY_SELLER"
        )
        self.carrier = self.api.shipping_providers(option.id)[0]

    def buy(self, *counts, status="AWAITING_SHIPMENT", shipping_type="SELLER"):
        """A fresh order that the seller fulfils."""
        wanted = [
            (sku["sku_id"], number)
            for sku, number in zip(self.sandbox.catalog(), counts, strict=False)
        ]
        return self.order(
            self.sandbox.create_order(
                wanted, status=status, shipping_type=shipping_type, buyer_of=self.twin
            )
        )

    def order(self, order_id):
        (found,) = self.api.orders([order_id]).orders
        return found

    def parcel(self, number):
        return Tracking(number, self.carrier.id)

    def case(self, return_id):
        (found,) = self.api.search_returns(return_ids=[return_id]).returns
        return found


@pytest.fixture(scope="module")
def market_of():
    with_exit, made = [], {}

    def get(code):
        if code not in made:
            sandbox = TikTokSandbox(orders=30, seed=7, regions=(code,), rate_burst=10_000)
            with_exit.append(sandbox.__enter__())
            made[code] = Market(sandbox)
        return made[code]

    yield get
    for sandbox in with_exit:
        sandbox.__exit__(None, None, None)


@pytest.mark.parametrize("code", ["US", "DE"])
def test_units_are_marked_as_shipped_in_two_parcels(market_of, code):
    market = market_of(code)
    order = market.buy(2, 1)
    first, *others = [unit.id for unit in order.units]

    one = market.api.mark_shipped(order.id, market.parcel(f"{code}0000000001"), [first])
    halfway = market.order(order.id)
    two = market.api.mark_shipped(order.id, market.parcel(f"{code}0000000002"), others)

    assert halfway.state is OrderState.PARTIALLY_SHIPPED
    assert market.order(order.id).state is OrderState.AWAITING_COLLECTION
    assert (one.unit_ids, sorted(two.unit_ids)) == ((first,), sorted(others))
    packages = {key: market.api.package(key) for key in (one.package_id, two.package_id)}
    assert {found.tracking_number for found in packages.values()} == {
        f"{code}0000000001",
        f"{code}0000000002",
    }
    assert {found.carrier_id for found in packages.values()} == {market.carrier.id}
    assert all(found.state is PackageState.PROCESSING for found in packages.values())


def test_the_tracking_is_corrected_once(market_of):
    market = market_of("DE")
    order = market.buy(1)
    made = market.api.mark_shipped(order.id, market.parcel("DE1000000001"))

    market.api.update_tracking(order.id, market.parcel("DE1000000002"))

    assert market.api.package(made.package_id).tracking_number == "DE1000000002"
    with pytest.raises(Parked) as failed:
        market.api.update_package_tracking(made.package_id, market.parcel("DE1000000003"))
    assert failed.value.problem.code == "TIKTOK_TRACKING_CHANGED_ONCE"


def test_where_packages_exist_they_are_shipped(market_of):
    market = market_of("TH")
    own, labelled = market.buy(1), market.buy(1, shipping_type="TIKTOK")

    with pytest.raises(Parked) as failed:
        market.api.mark_shipped(own.id, market.parcel("TH0000000001"))
    market.api.ship_package(own.units[0].package_id, tracking=market.parcel("TH0000000001"))
    market.api.ship_package(labelled.units[0].package_id, handover=Handover.DROP_OFF)

    assert failed.value.problem.code == "TIKTOK_NOT_IN_REGION"
    assert market.order(own.id).units[0].tracking_number == "TH0000000001"
    for order in (own, labelled):
        assert market.order(order.id).state is OrderState.AWAITING_COLLECTION
    with pytest.raises(Parked) as again:
        market.api.ship_package(labelled.units[0].package_id, handover=Handover.DROP_OFF)
    assert again.value.problem.code == "TIKTOK_ALREADY_SHIPPED"


def test_an_order_is_split_and_its_packages_leave_on_their_own(market_of):
    market = market_of("TH")
    order = market.buy(1, 1)
    first, second = (unit.id for unit in order.units)
    (rule,) = market.api.split_rules([order.id])

    packages = market.api.split(order.id, {"a": [first], "b": [second]})
    market.api.ship_package(packages["a"], tracking=market.parcel("TH2000000001"))

    assert (rule.order_id, rule.can_split) == (order.id, True)
    states = {unit.id: unit.state for unit in market.order(order.id).units}
    assert states == {
        first: OrderState.AWAITING_COLLECTION,
        second: OrderState.AWAITING_SHIPMENT,
    }


def test_orders_of_one_buyer_leave_together_and_are_taken_apart(market_of):
    market = market_of("TH")
    one, two = market.buy(1), market.buy(1)
    drafts = market.api.combinable().packages
    draft = next(found for found in drafts if {one.id, two.id} <= {*found.order_ids})

    (made,) = market.api.combine([type(draft)(draft.id, (one.id, two.id))]).packages
    both = market.api.package(made.id)
    apart = market.api.uncombine(made.id, [two.id])

    assert set(both.order_ids) == {one.id, two.id}
    assert set(both.unit_ids) == {unit.id for order in (one, two) for unit in order.units}
    assert {key for found in apart for key in found.order_ids} >= {two.id}


@pytest.mark.parametrize("fault", ["lost_answer", "internal_error"])
def test_a_shipment_whose_answer_is_lost_is_settled_by_reading_again(market_of, fault):
    market = market_of("DE")
    order = market.buy(1)
    market.sandbox.inject_fault(fault, path=f"/orders/{order.id}/packages")

    with pytest.raises(InDoubt):
        market.api.mark_shipped(order.id, market.parcel(f"DE30000{len(fault):05}"))

    shipped = market.order(order.id).state is OrderState.AWAITING_COLLECTION
    assert shipped is (fault == "lost_answer")
    assert market.sandbox.armed_faults() == []


@pytest.mark.parametrize("code", ["US", "GB", "DE", "TH"])
def test_a_seller_cancels_for_a_reason_of_the_market(market_of, code):
    market = market_of(code)
    order = market.buy(1)

    opened = market.api.cancel(order.id, cancel_reason(code, "out_of_stock"))

    (found,) = market.api.search_cancellations(order_ids=[order.id]).cancellations
    assert (found.id, found.role) == (opened.id, "SELLER")
    assert found.reason.startswith("seller_cancel_reason_out_of_stock")
    assert found.awaited is Awaited.NOTHING
    assert market.order(order.id).state is OrderState.CANCELLED


@pytest.mark.parametrize("code", ["US", "GB", "DE"])
def test_single_units_are_cancelled_where_the_market_lets_them(market_of, code):
    market = market_of(code)
    order = market.buy(2)
    reason = cancel_reason(code, "out_of_stock")

    if Capability.PARTIAL_CANCEL in region(code).capabilities:
        market.api.cancel(order.id, reason, [order.units[0].id])
        states = [unit.state for unit in market.order(order.id).units]
        assert states == [OrderState.CANCELLED, OrderState.AWAITING_SHIPMENT]
    else:
        with pytest.raises(Parked) as failed:
            market.api.cancel(order.id, reason, [order.units[0].id])
        assert failed.value.problem.code == "TIKTOK_NO_PARTIAL_CANCEL"
        assert market.order(order.id).state is OrderState.AWAITING_SHIPMENT


@pytest.mark.parametrize("accept", [True, False])
def test_a_buyers_request_to_cancel_is_answered(market_of, accept):
    market = market_of("US")
    order = market.buy(1)
    market.sandbox.request_cancel(order.id)
    (asked,) = market.api.search_cancellations(order_ids=[order.id]).cancellations

    reasons = market.api.reject_reasons(asked.id)
    market.api.answer_cancellation(
        asked.id,
        accept=accept,
        reason="" if accept else reasons[0].key,
        comment="" if accept else "packed",
        key=f"answer-{asked.id}",
    )

    assert asked.awaited is Awaited.ANSWER_CANCELLATION
    assert asked.due_by is not None
    assert all(one.text for one in reasons)
    state = market.order(order.id).state
    assert state is (OrderState.CANCELLED if accept else OrderState.AWAITING_SHIPMENT)
    (after,) = market.api.search_cancellations(cancel_ids=[asked.id]).cancellations
    assert (after.pending, after.awaited) == (False, Awaited.NOTHING)


@pytest.mark.parametrize("code", ["US", "GB", "DE"])
def test_a_seller_gives_a_part_back_and_no_more_than_was_paid(market_of, code):
    market = market_of(code)
    order = market.buy(2, status="DELIVERED")
    units = [order.units[0].id]
    reason = return_reason(code, ReturnKind.REFUND)

    allowed = {one.request for one in market.api.eligibility(order.id) if one.eligible}
    paid, currency = order.payment.total, order.payment.currency
    with pytest.raises(Parked) as failed:
        market.api.open_return(
            order.id,
            ReturnKind.REFUND,
            reason,
            unit_ids=units,
            amount=paid + 1,
            currency=currency,
            key=f"high-{order.id}",
        )
    opened = market.api.open_return(
        order.id,
        ReturnKind.REFUND,
        reason,
        unit_ids=units,
        amount=Decimal("0.50"),
        currency=currency,
        key=f"part-{order.id}",
    )

    assert "refund" in allowed
    assert failed.value.problem.code == "TIKTOK_REFUND_TOO_HIGH"
    found = market.case(opened.id)
    assert (found.amount, found.currency) == (Decimal("0.50"), currency)
    assert found.role == "SELLER"
    assert [unit.unit_id for unit in found.units] == units


def test_a_return_goes_its_way_from_request_to_money(market_of):
    market = market_of("US")
    order = market.buy(1, status="DELIVERED")
    return_id = market.sandbox.request_return(order.id)
    asked = market.case(return_id)

    market.api.answer_return(return_id, Decision.APPROVE_RETURN, key=f"a-{return_id}")
    approved = market.case(return_id)
    market.sandbox.buyer_ships(return_id, "940010000000")
    shipped = market.case(return_id)
    market.sandbox.parcel_arrives(return_id)
    market.api.answer_return(return_id, Decision.APPROVE_PARCEL, key=f"b-{return_id}")

    assert (asked.kind, asked.state) == (ReturnKind.RETURN_AND_REFUND, ReturnState.PENDING)
    assert asked.awaited is Awaited.ANSWER_RETURN
    assert approved.state is ReturnState.AWAITING_BUYER_SHIP
    assert (shipped.state, shipped.tracking_number) == (
        ReturnState.BUYER_SHIPPED,
        "940010000000",
    )
    assert market.case(return_id).state in {ReturnState.APPROVED, ReturnState.COMPLETE}
    with pytest.raises(Parked):
        market.api.answer_return(return_id, Decision.APPROVE_PARCEL, key=f"c-{return_id}")


def test_an_offer_waits_for_the_buyer(market_of):
    market = market_of("US")
    order = market.buy(1, status="DELIVERED")
    return_id = market.sandbox.request_return(order.id)

    market.api.answer_return(
        return_id, Decision.OFFER_PART, offer=Decimal("1.00"), currency="USD", key="offer"
    )
    offered = market.case(return_id)
    market.sandbox.answer_offer(return_id, accept=True)

    assert (offered.state, offered.offer) == (ReturnState.OFFERED, Decimal("1.00"))
    assert market.case(return_id).amount == Decimal("1.00")


def test_a_rejection_takes_one_of_the_reasons_offered(market_of):
    market = market_of("DE")
    order = market.buy(1, status="DELIVERED")
    return_id = market.sandbox.request_return(order.id)
    reason = market.api.reject_reasons(return_id)[0].key

    market.api.answer_return(
        return_id, Decision.REJECT_RETURN, reason=reason, comment="as described", key="reject"
    )

    assert market.case(return_id).state is ReturnState.REJECTED


def test_stock_is_set_and_read_again(market_of):
    market = market_of("US")
    skus = [one for one in market.api.iter_skus() if one.status == "ACTIVATE"][:1]
    (sku,) = skus
    (before,) = market.api.stock([sku.sku_id])

    refused = market.api.set_stock(
        sku.product_id, [NewStock(sku.sku_id, dict.fromkeys(before.warehouses, 17))]
    )
    (after,) = market.api.stock([sku.sku_id])
    unknown = market.api.set_stock(sku.product_id, [NewStock("999", {market.warehouse: 5})])

    assert refused == ()
    assert after.available == 17 * len(before.warehouses)
    assert after.committed == before.committed
    assert [one.sku_id for one in unknown] == ["999"]
    assert market.api.stock(["999"]) == ()


def test_prices_are_set(market_of):
    market = market_of("US")
    sku = next(one for one in market.api.iter_skus() if one.status == "ACTIVATE")

    refused = market.api.set_prices(sku.product_id, [NewPrice(sku.sku_id, Decimal("21.50"), "USD")])

    assert refused == ()


@pytest.mark.parametrize("code", ["US", "TH"])
def test_every_statement_is_the_sum_of_its_rows_and_every_row_of_its_parts(code):
    with TikTokSandbox(orders=120, seed=11, regions=(code,), rate_burst=10_000) as sandbox:
        market = Market(sandbox)
        page = market.api.statements(since=LONG_AGO)
        assert page.statements
        assert page.broken == ()
        for statement in page.statements[:25]:
            found = market.api.settled(statement.id)
            assert (found.broken, found.next_token) == ((), "")
            assert found.settlement == statement.settlement
            assert sum(row.settlement for row in found.rows) == found.settlement
            assert found.payable == found.settlement + found.reserve
            for row in found.rows:
                blocks = row.revenue + row.shipping + row.fee_tax + row.adjustment
                assert row.settlement == blocks
                if row.parts:
                    assert sum(row.parts.get("revenue", {}).values()) == row.revenue
                    assert sum(row.parts.get("shipping", {}).values()) == row.shipping
        row = next(row for row in found.rows if row.kind == "ORDER")
        assert row.id in {
            one.id for s in page.statements for one in market.api.settled(s.id).rows[:50]
        }
        if Capability.PAYMENTS in region(code).capabilities:
            assert market.api.payments(LONG_AGO).broken == ()
        else:
            assert market.api.withdrawals(LONG_AGO).withdrawals
        assert market.api.expected().broken == ()
