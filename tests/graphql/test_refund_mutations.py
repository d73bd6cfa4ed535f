"""Refunds through the API: of Stripe's money and of TikTok's, by amount and by lines."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from saleor_tiktok_stripe.graphql.core.ids import global_id
from saleor_tiktok_stripe.models import (
    AuditEntry,
    Charge,
    Job,
    MarketplaceRequest,
    OrderLink,
    RefundRequest,
)
from saleor_tiktok_stripe.saleor_api import get_saleor
from tests.aftersales.case_shop import payment, refunds, sold, writes
from tests.aftersales.conftest import Till
from tests.support.shop import ConnectedShop
from tests.support.stored import everything

from .operations import OTHER_CHANNEL, done, refused

REFUND = "tiktokStripeOrderRefund"


def usd(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "USD"}


# --- money that Stripe holds


def test_a_part_of_a_payment_goes_back_once_for_a_key(till: Till):
    charge = till.pay()
    asked: dict[str, Any] = {
        "orderId": charge.order_id,
        "input": {"amount": "5.50", "reason": "DUPLICATE", "note": "Twice."},
        "idempotencyKey": "k-1",
    }

    first, second = done(REFUND, **asked), done(REFUND, **asked)
    till.work()

    assert first == second
    assert first["marketplaceRequest"] is None
    assert first["check"] is None
    shown = first["refund"]
    assert (shown["amount"]["amount"], shown["amount"]["currency"]) == ("5.50", "USD")
    assert (shown["state"], shown["source"], shown["reason"]) == ("WAITING", "API", "DUPLICATE")
    assert (shown["note"], shown["actor"]) == ("Twice.", "admin@example.com")
    assert till.at_stripe(charge) == [(550, "succeeded")]
    assert done(REFUND, **asked)["refund"]["state"] == "SUCCEEDED"
    assert RefundRequest.objects.count() == 1


def test_all_that_is_left_goes_back_where_nothing_is_named(till: Till):
    charge = till.pay()

    shown = done(REFUND, orderId=charge.order_id)["refund"]
    till.work()

    assert Decimal(shown["amount"]["amount"]) == 25
    assert till.sums(charge) == ("0.00", "25.00")


def test_lines_become_what_was_paid_for_them(till: Till):
    charge = till.pay()
    order = get_saleor().orders([charge.order_id])[charge.order_id]
    line = order.lines[0]
    one = (line.total_gross / line.quantity).quantize(Decimal("0.01"))

    shown = done(
        REFUND,
        orderId=charge.order_id,
        input={"lines": [{"orderLineId": line.id, "quantity": 1}]},
    )["refund"]

    assert Decimal(shown["amount"]["amount"]) == one


@pytest.mark.parametrize(
    ("given", "code", "field"),
    [
        ({"amount": "25.01"}, "REFUND_ABOVE_REST", "amount"),
        ({"amount": "0"}, "AMOUNT_NOT_POSITIVE", "amount"),
        ({"amount": "-1"}, "AMOUNT_NOT_POSITIVE", "amount"),
        ({"amount": "1.001"}, "AMOUNT_TOO_FINE", "amount"),
        ({"lines": [{"orderLineId": "x", "quantity": 1}]}, "ORDER_LINE_UNKNOWN", "lines"),
        ({"lines": [{"orderLineId": "x", "quantity": 0}]}, "QUANTITY_INVALID", "lines"),
        ({"lines": [{"orderLineId": "x", "quantity": 1}] * 2}, "ORDER_LINE_TWICE", "lines"),
        (
            {"amount": "1", "lines": [{"orderLineId": "x", "quantity": 1}]},
            "REFUND_AMOUNT_OR_LINES",
            "lines",
        ),
        ({"transactionId": "VHJhbnNhY3Rpb25JdGVtOjA="}, "PAYMENT_NOT_FOUND", "transactionId"),
    ],
)
def test_what_cannot_go_back_is_refused_and_nothing_is_written(
    till: Till, given: dict[str, Any], code: str, field: str
):
    charge = till.pay()
    before = everything()

    assert refused(REFUND, orderId=charge.order_id, input=given) == [(code, field)]
    assert everything() == before
    assert till.posts("/v1/refunds") == 0


def test_a_key_is_for_one_refund(till: Till):
    charge = till.pay()
    done(REFUND, orderId=charge.order_id, input={"amount": "5"}, idempotencyKey="k")

    told = refused(REFUND, orderId=charge.order_id, input={"amount": "6"}, idempotencyKey="k")
    long = refused(REFUND, orderId=charge.order_id, idempotencyKey="k" * 129)

    assert told == [("REQUEST_KEY_REUSED", "idempotencyKey")]
    assert long == [("REQUEST_KEY_TOO_LONG", "idempotencyKey")]
    assert RefundRequest.objects.count() == 1


def test_a_dry_run_says_what_would_be_and_writes_nothing(till: Till):
    charge = till.pay()
    before = everything()

    well = done(REFUND, orderId=charge.order_id, input={"amount": "5"}, dryRun=True)
    badly = done(REFUND, orderId=charge.order_id, input={"amount": "26"}, dryRun=True)

    assert (well["refund"], well["check"]) == (
        None,
        {"amount": usd("5.00"), "left": usd("25.00"), "refused": []},
    )
    [why] = badly["check"]["refused"]
    assert (why["reason"], badly["check"]["amount"]) == ("REFUND_ABOVE_REST", usd("0.00"))
    assert everything() == before


def test_an_order_of_another_channel_is_not_refunded(till: Till):
    charge = till.pay()
    before = everything()

    told = refused(REFUND, in_channel=OTHER_CHANNEL, orderId=charge.order_id)

    assert told == [("PAYMENT_NOT_FOUND", "orderId")]
    assert everything() == before


def test_failed_refunds_that_were_settled_another_way_are_no_problem_any_more(till: Till):
    charge = till.pay()
    Charge.objects.filter(pk=charge.pk).update(
        problem={"code": "REFUND_FAILED", "stage": "refund", "cause": "c", "cure": "c"}
    )
    name = global_id("TiktokStripeTransaction", charge.pk)

    elsewhere = refused("tiktokStripeRefundFailureAcknowledge", in_channel=OTHER_CHANNEL, id=name)
    shown = done("tiktokStripeRefundFailureAcknowledge", id=name)["transaction"]

    assert elsewhere == [("PAYMENT_NOT_FOUND", "id")]
    assert (shown["paymentId"], shown["problem"]) == (charge.payment_id, None)


# --- money that TikTok holds


def test_an_order_paid_at_tiktok_is_refunded_there_once_for_a_key(shop: ConnectedShop):
    order_id = sold(shop)
    saleor_id = shop.link(order_id).saleor_order_id
    charged = payment(shop, order_id).charged
    asked: dict[str, Any] = {"orderId": saleor_id, "idempotencyKey": "k-1"}

    first, second = done(REFUND, **asked), done(REFUND, **asked)
    shop.work()

    assert first == second
    assert first["refund"] is None
    shown = first["marketplaceRequest"]
    assert (shown["kind"], shown["state"], shown["actor"]) == (
        "RETURN",
        "WAITING",
        "admin@example.com",
    )
    assert Decimal(shown["amount"]["amount"]) == charged
    request = MarketplaceRequest.objects.get()
    assert (request.saleor_event, request.request_key) == ("", "k-1")
    assert request.state in {"pending", "succeeded"}
    assert writes(shop, "/returns") == 1
    shop.run_all()
    shop.sync(order_id)
    told = {kind for kind, _, amount in refunds(payment(shop, order_id)) if amount == charged}
    assert "REFUND_SUCCESS" in told
    again = done(REFUND, **asked)["marketplaceRequest"]
    assert again["state"] == MarketplaceRequest.objects.get().state.upper()


def test_lines_name_tiktoks_items_at_the_buyers_price(shop: ConnectedShop):
    order_id = sold(shop, units=2)
    link = shop.link(order_id)
    line = next(iter(link.line_map.values()))
    charged = payment(shop, order_id).charged

    dry = done(
        REFUND,
        orderId=link.saleor_order_id,
        input={"lines": [{"orderLineId": line, "quantity": 1}]},
        dryRun=True,
    )
    shown = done(
        REFUND,
        orderId=link.saleor_order_id,
        input={"lines": [{"orderLineId": line, "quantity": 1}]},
    )["marketplaceRequest"]
    shop.work()

    assert dry["check"]["refused"] == []
    assert dry["check"]["amount"] == shown["amount"]
    assert 0 < Decimal(shown["amount"]["amount"]) < charged
    assert MarketplaceRequest.objects.get().body["unit_ids"] != []


def test_what_tiktok_would_refuse_is_said_before_anything_is_written(shop: ConnectedShop):
    order_id = sold(shop, status="AWAITING_SHIPMENT")
    saleor_id = shop.link(order_id).saleor_order_id
    before = everything()

    part = done(REFUND, orderId=saleor_id, input={"amount": "0.01"}, dryRun=True)["check"]
    much = refused(REFUND, orderId=saleor_id, input={"amount": "100000"})

    [why] = part["refused"]
    assert (why["reason"], part["amount"]) in [
        ("ITEMS_NOT_NAMED", usd("0.00")),
        ("WHOLE_ORDER_ONLY", usd("0.00")),
    ]
    assert much == [("REFUND_ABOVE_LEFT", None)]
    assert everything() == before


def test_a_shop_that_is_not_connected_refunds_nothing(shop: ConnectedShop):
    order_id = sold(shop)
    shop.connection.state = "needs_reauth"
    shop.connection.save(update_fields=["state"])
    before = everything()

    told = refused(REFUND, orderId=shop.link(order_id).saleor_order_id)

    assert told == [("SHOP_NOT_CONNECTED", None)]
    assert everything() == before
    assert not MarketplaceRequest.objects.exists()


# --- what is kept of buyers


def test_what_is_kept_of_a_buyer_is_erased_after_a_look(shop: ConnectedShop):
    order_id = sold(shop, status="COMPLETED")
    link = shop.link(order_id)
    OrderLink.objects.filter(pk=link.pk).update(address_hash="h" * 64, ship_by=None)
    before = everything()
    asked = {"orderIds": [link.saleor_order_id]}

    dry = done("tiktokStripeBuyerDataErase", dryRun=True, **asked)
    assert everything() == before
    real = done("tiktokStripeBuyerDataErase", **asked)
    again = done("tiktokStripeBuyerDataErase", **asked)

    [counts] = real["erased"]
    assert dry == real
    assert (counts["orderId"], counts["deliveryAddresses"], counts["kept"]) == (
        link.saleor_order_id,
        1,
        [],
    )
    assert [one["deliveryAddresses"] for one in again["erased"]] == [0]
    entry = AuditEntry.objects.filter(action="buyer_data.erase").first()
    assert entry is not None
    assert (entry.actor, entry.subject) == ("admin@example.com", link.saleor_order_id)


def test_an_order_of_another_channel_is_not_erased(shop: ConnectedShop):
    link = shop.link(sold(shop))
    before = everything()

    told = refused(
        "tiktokStripeBuyerDataErase", in_channel=OTHER_CHANNEL, orderIds=[link.saleor_order_id]
    )

    assert told == [("ORDER_NOT_FOUND", "orderIds")]
    assert refused("tiktokStripeBuyerDataErase", orderIds=[]) == [("ORDERS_REQUIRED", "orderIds")]
    assert everything() == before
    assert Job.objects.filter(kind="case.open").count() == 0
