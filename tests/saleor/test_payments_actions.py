"""Staff capture, cancel and refund through Saleor's own API: exact sums, and the exact events."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection as database
from saleor.app.models import App
from saleor.channel.models import Channel
from saleor.checkout.models import Checkout
from saleor.order.models import OrderGrantedRefund
from saleor.payment.models import TransactionEvent, TransactionItem
from saleor.payment.tasks import transaction_release_funds_for_checkout_task

from saleor_tiktok_stripe.models import CaptureRequest, Job, RefundRequest
from saleor_tiktok_stripe.saleor_api.ids import global_id
from saleor_tiktok_stripe.saleor_api.in_process.actions import HELD_BY_TIKTOK
from saleor_tiktok_stripe.saleor_api.in_process.adapter import InProcessSaleor

from .payments import (
    OPERATIONS,
    begin,
    charge_later,
    checkout,
    confirm,
    events,
    money_of,
    paid_order,
    process,
    row,
    run,
    send,
    staff_token,
    sums,
    switch,
    work,
)
from .shop import line, order

pytestmark = pytest.mark.django_db(transaction=True)

CHARGED = [
    ("CHARGE_REQUEST", "25.00", False),
    ("CHARGE_ACTION_REQUIRED", "25.00", True),
    ("CHARGE_SUCCESS", "25.00", True),
]
AUTHORIZED = [
    ("AUTHORIZATION_REQUEST", "25.00", False),
    ("AUTHORIZATION_ACTION_REQUIRED", "25.00", True),
    ("AUTHORIZATION_SUCCESS", "25.00", True),
]


@pytest.fixture
def staff(shop) -> str:
    return staff_token()


def ask(name: str, staff: str, transaction_id: str, **variables: str) -> None:
    """Staff ask; what is asked for is taken, whatever becomes of it."""
    answer = run(f"staff/{name}", staff, id=transaction_id, **variables)
    assert answer["errors"] == []


def last(transaction_id: str) -> TransactionEvent:
    return row(transaction_id).events.order_by("pk").last()


def test_a_manual_capture_of_all(shop, stripe, staff):
    charge_later(shop)
    order_id, transaction_id = paid_order(shop, stripe)

    ask("transactionCapture", staff, transaction_id)
    before = sums(transaction_id)
    work()

    assert before == {"authorized": "25.00"}
    assert sums(transaction_id) == {"charged": "25.00"}
    assert events(transaction_id) == [
        *AUTHORIZED,
        ("CHARGE_REQUEST", "25.00", True),
        ("CHARGE_SUCCESS", "25.00", True),
    ]
    assert money_of(order_id) == ("full", 25, "full", 0)
    assert row(transaction_id).available_actions == ["refund"]
    [payment] = stripe.control.objects("payment_intent")
    assert (payment["status"], payment["amount_received"]) == ("succeeded", 2500)


def test_a_partial_capture_releases_the_rest(shop, stripe, staff):
    charge_later(shop)
    order_id, transaction_id = paid_order(shop, stripe)

    ask("transactionCapture", staff, transaction_id, amount="10")
    work()

    assert sums(transaction_id) == {"charged": "10.00", "canceled": "15.00"}
    assert events(transaction_id) == [
        *AUTHORIZED,
        ("CHARGE_REQUEST", "10.00", True),
        ("CHARGE_SUCCESS", "10.00", True),
        ("CANCEL_SUCCESS", "15.00", True),
    ]
    assert money_of(order_id) == ("partial", 10, "partial", 0)
    [payment] = stripe.control.objects("payment_intent")
    assert payment["amount_received"] == 1000


def test_a_cancellation_releases_all(shop, stripe, staff):
    charge_later(shop)
    order_id, transaction_id = paid_order(shop, stripe)

    ask("transactionCancel", staff, transaction_id)
    work()

    assert sums(transaction_id) == {"canceled": "25.00"}
    assert events(transaction_id) == [
        *AUTHORIZED,
        ("CANCEL_REQUEST", "25.00", True),
        ("CANCEL_SUCCESS", "25.00", True),
    ]
    assert money_of(order_id) == ("none", 0, "none", 0)
    assert row(transaction_id).available_actions == []
    [payment] = stripe.control.objects("payment_intent")
    assert payment["status"] == "canceled"


def test_refunds_in_parts_until_nothing_is_left(shop, stripe, staff):
    order_id, transaction_id = paid_order(shop, stripe)

    ask("transactionRefund", staff, transaction_id, amount="3")
    work()
    after_first = sums(transaction_id), money_of(order_id)
    ask("transactionRefund", staff, transaction_id)
    work()

    assert after_first == (
        {"charged": "22.00", "refunded": "3.00"},
        ("partial", 22, "partial", 0),
    )
    assert sums(transaction_id) == {"refunded": "25.00"}
    assert events(transaction_id) == [
        *CHARGED,
        ("REFUND_REQUEST", "3.00", True),
        ("REFUND_SUCCESS", "3.00", True),
        ("REFUND_REQUEST", "22.00", True),
        ("REFUND_SUCCESS", "22.00", True),
    ]
    assert row(transaction_id).available_actions == []
    assert [refund["amount"] for refund in stripe.control.objects("refund")] == [300, 2200]


def test_a_refund_before_the_payment_was_looked_at_is_taken(shop, stripe, staff):
    checkout_id = checkout(shop)
    begun = begin(checkout_id)
    transaction_id = begun["transaction"]["id"]
    confirm(stripe, begun["data"])
    process(transaction_id)
    run("storefront/checkoutComplete", id=checkout_id)

    ask("transactionRefund", staff, transaction_id, amount="3")
    work()

    assert sums(transaction_id) == {"charged": "22.00", "refunded": "3.00"}


def test_two_refunds_that_are_more_than_all_are_not_both_made(shop, stripe, staff):
    _, transaction_id = paid_order(shop, stripe)

    ask("transactionRefund", staff, transaction_id, amount="20")
    ask("transactionRefund", staff, transaction_id, amount="10")
    refusal = last(transaction_id)
    work()

    assert (refusal.type, refusal.amount_value) == ("refund_failure", 10)
    assert "5" in refusal.message
    assert "left to refund" in refusal.message
    assert sums(transaction_id) == {"charged": "5.00", "refunded": "20.00"}
    assert [refund["amount"] for refund in stripe.control.objects("refund")] == [2000]
    assert sorted(events(transaction_id)) == sorted(
        [
            *CHARGED,
            ("REFUND_REQUEST", "20.00", True),
            ("REFUND_REQUEST", "10.00", False),
            ("REFUND_FAILURE", "10.00", False),
            ("REFUND_SUCCESS", "20.00", True),
        ]
    )


def a_grant(staff: str, order_id: str, transaction_id: str, amount: str) -> str:
    made = run(
        "staff/orderGrantRefundCreate",
        staff,
        id=order_id,
        input={"amount": amount, "reason": "Came late", "transactionId": transaction_id},
    )
    assert made["errors"] == []
    return made["grantedRefund"]["id"]


def status_of_grant(staff: str, order_id: str) -> str:
    [grant] = run("staff/orderPayments", staff, id=order_id)["grantedRefunds"]
    return grant["status"]


def test_a_granted_refund_is_paid_out(shop, stripe, staff):
    order_id, transaction_id = paid_order(shop, stripe)
    grant = a_grant(staff, order_id, transaction_id, "4")

    paid = run("staff/transactionRequestRefundForGrantedRefund", staff, grantedRefundId=grant)
    assert paid["errors"] == []
    between = status_of_grant(staff, order_id)
    again = run("staff/transactionRequestRefundForGrantedRefund", staff, grantedRefundId=grant)
    work()

    assert between == "PENDING"
    assert [error["code"] for error in again["errors"]] == ["REFUND_IS_PENDING"]
    assert status_of_grant(staff, order_id) == "SUCCESS"
    assert sums(transaction_id) == {"charged": "21.00", "refunded": "4.00"}
    assert events(transaction_id) == [
        *CHARGED,
        ("REFUND_REQUEST", "4.00", True),
        ("REFUND_SUCCESS", "4.00", True),
    ]
    [asked] = RefundRequest.objects.all()
    assert (asked.granted_refund_id, asked.note) == (grant, "Came late")
    assert asked.actor.startswith("staff:")
    assert money_of(order_id) == ("full", 21, "full", 0)  # of 25 less the 4 that were granted


def test_a_granted_refund_that_is_refused_can_be_asked_for_again(shop, stripe, staff):
    order_id, transaction_id = paid_order(shop, stripe)
    ask("transactionRefund", staff, transaction_id, amount="23")
    grant = a_grant(staff, order_id, transaction_id, "4")

    run("staff/transactionRequestRefundForGrantedRefund", staff, grantedRefundId=grant)

    assert status_of_grant(staff, order_id) == "FAILURE"
    assert last(transaction_id).type == "refund_failure"
    assert OrderGrantedRefund.objects.get().transaction_events.count() == 2


def test_a_capture_that_stripe_refuses_is_told_in_words(shop, stripe, staff):
    charge_later(shop)
    _, transaction_id = paid_order(shop, stripe)
    ask("transactionCapture", staff, transaction_id, amount="10")
    ask("transactionCapture", staff, transaction_id, amount="12")

    work()

    assert sums(transaction_id) == {"charged": "10.00", "canceled": "15.00"}
    failures = row(transaction_id).events.filter(type="charge_failure")
    assert [event.amount_value for event in failures] == [12]
    assert "10.00 USD of this payment was captured before" in failures[0].message


def test_what_tiktok_holds_is_not_refunded_by_stripe(shop, stripe, staff):
    [made] = InProcessSaleor().create_orders([order(shop, line(shop))], lambda results: None)
    item = TransactionItem.objects.get()
    transaction_id = global_id("TransactionItem", item.token)

    for name in ("transactionRefund", "transactionCapture", "transactionCancel"):
        ask(name, staff, transaction_id)

    assert sums(transaction_id) == {"charged": "15.00"}
    assert [(event.type, event.message) for event in item.events.order_by("pk")[1:]] == [
        ("refund_request", None),
        ("refund_failure", HELD_BY_TIKTOK),
        ("charge_request", None),
        ("charge_failure", HELD_BY_TIKTOK),
        ("cancel_request", None),
        ("cancel_failure", HELD_BY_TIKTOK),
    ]
    assert not RefundRequest.objects.exists()
    assert not CaptureRequest.objects.exists()
    assert stripe.control.calls("POST", "refunds") == []
    assert InProcessSaleor().transaction(transaction_id).order_id == made.order_id


def test_another_apps_transaction_is_left_to_it(shop, stripe, staff):
    order_id, _ = paid_order(shop, stripe)
    other = App.objects.create(name="Other", identifier="other.app", is_active=True)
    item = TransactionItem.objects.get()
    item.pk, item.app, item.app_identifier = None, other, "other.app"
    item.token = "11111111-1111-4111-8111-111111111111"
    item.idempotency_key = None
    item.save()
    transaction_id = global_id("TransactionItem", item.token)

    ask("transactionRefund", staff, transaction_id, amount="3")

    assert [(event.type, event.message) for event in item.events.order_by("pk")] == [
        ("refund_request", None),
        ("refund_failure", "Cannot find a webhook that can process the action."),  # Saleor's own
    ]
    assert not RefundRequest.objects.exists()
    assert order_id


def test_an_app_that_is_switched_off_refuses_in_words(shop, stripe, staff):
    _, transaction_id = paid_order(shop, stripe)
    App.objects.update(is_active=False)

    ask("transactionRefund", staff, transaction_id, amount="3")

    assert events(transaction_id)[3:] == [
        ("REFUND_REQUEST", "3.00", False),
        ("REFUND_FAILURE", "3.00", False),
    ]
    assert last(transaction_id).message == (
        "The app 'TikTok Shop with Stripe' is switched off in Saleor. Switch it on under "
        "Extensions in the Dashboard."
    )
    assert sums(transaction_id) == {"charged": "25.00"}
    assert not RefundRequest.objects.exists()


def test_a_switched_off_channel_is_told_by_saleor(shop, stripe, staff):
    _, transaction_id = paid_order(shop, stripe)
    switch(shop, active=False)

    answer = run("staff/transactionRefund", staff, id=transaction_id, amount="3")

    assert [error["code"] for error in answer["errors"]] == [
        "MISSING_TRANSACTION_ACTION_REQUEST_WEBHOOK"
    ]
    assert sums(transaction_id) == {"charged": "25.00"}
    assert not RefundRequest.objects.exists()


def test_who_may_not_handle_payments_asks_in_vain(shop, stripe):
    _, transaction_id = paid_order(shop, stripe)
    query = (OPERATIONS / "staff/transactionRefund.graphql").read_text("utf-8")

    said = send(query, id=transaction_id)

    assert said["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"
    assert events(transaction_id) == CHARGED
    assert not Job.objects.filter(kind="payment.refund").exists()


def test_an_error_of_ours_leaves_no_refund_pending(shop, stripe, staff):
    # The database cannot take the request: about the worst moment there is.
    order_id, transaction_id = paid_order(shop, stripe)
    grant = a_grant(staff, order_id, transaction_id, "4")
    rename = "ALTER TABLE saleor_tiktok_stripe_refundrequest RENAME TO {}"
    back = "ALTER TABLE refund_away RENAME TO saleor_tiktok_stripe_refundrequest"
    with database.cursor() as cursor:
        cursor.execute(rename.format("refund_away"))
    try:
        said = send(
            "mutation ($id: ID!) { transactionRequestRefundForGrantedRefund(grantedRefundId: $id)"
            " { errors { code } } }",
            staff,
            id=grant,
        )
    finally:
        with database.cursor() as cursor:
            cursor.execute(back)

    assert "errors" in said
    assert status_of_grant(staff, order_id) == "FAILURE"
    assert sums(transaction_id) == {"charged": "25.00"}
    assert "could not be written down" in last(transaction_id).message


@pytest.mark.parametrize("later", [False, True], ids=["charged", "authorized"])
def test_a_checkout_left_behind_gives_the_money_back(shop, stripe, later):
    if later:
        charge_later(shop)
    begun = begin(checkout(shop))
    confirm(stripe, begun["data"])
    transaction_id = begun["transaction"]["id"]
    process(transaction_id)
    work()
    Channel.objects.update(
        release_funds_for_expired_checkouts=True,
        checkout_ttl_before_releasing_funds=timedelta(0),
        checkout_release_funds_cut_off_date=None,
    )
    Checkout.objects.update(automatically_refundable=True)

    transaction_release_funds_for_checkout_task()
    transaction_release_funds_for_checkout_task()
    work()

    done = "canceled" if later else "refunded"
    assert sums(transaction_id) == {done: "25.00"}
    kind = "CANCEL" if later else "REFUND"
    assert events(transaction_id)[3:] == [
        (f"{kind}_REQUEST", "25.00", True),
        (f"{kind}_SUCCESS", "25.00", True),
    ]
    assert len(stripe.control.objects("refund")) == (0 if later else 1)
