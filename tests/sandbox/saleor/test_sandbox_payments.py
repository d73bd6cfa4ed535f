"""Payments in the sandbox Saleor, step by step as a real one was observed."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator

import pytest

from saleor_tiktok_stripe.sandbox.saleor import SaleorSandbox

from .paying import GATEWAY, SECRET, App, Store, events, payment_app, pens, queries, sums

WAITING = {
    "pspReference": "pi_1",
    "result": "CHARGE_ACTION_REQUIRED",
    "amount": "25.00",
    "data": {"clientSecret": "pi_1_secret"},
}
PAID = {"pspReference": "pi_1", "result": "CHARGE_SUCCESS", "actions": ["REFUND"]}


@pytest.fixture
def app() -> Iterator[App]:
    with payment_app() as running:
        yield running


@pytest.fixture
def store(app) -> Iterator[Store]:
    with SaleorSandbox() as sandbox:
        sandbox.courier.first_pause = 0.01
        pens(sandbox)
        sandbox.add_webhooks(app.url, SECRET, queries())
        yield Store(sandbox)


def paid(store: Store, app: App) -> tuple[str, str]:
    """An order of 25.00, charged; its id and its transaction's."""
    app.answers = {
        "TRANSACTION_INITIALIZE_SESSION": (200, WAITING),
        "TRANSACTION_PROCESS_SESSION": (200, PAID),
    }
    checkout = store.checkout()
    begun = store.initialize(checkout)
    store.process(begun["transaction"]["id"])
    done = store.complete(checkout)
    assert done["errors"] == []
    return done["order"]["id"], begun["transaction"]["id"]


def test_gateway_is_asked_by_a_signed_webhook_with_what_it_subscribed_to(store, app):
    app.answers["PAYMENT_GATEWAY_INITIALIZE_SESSION"] = (200, {"data": {"publishableKey": "pk_1"}})
    checkout = store.checkout()

    said = store.run(
        "storefront/paymentGatewayInitialize",
        id=checkout,
        paymentGateways=[{"id": GATEWAY, "data": {"a": 1}}, {"id": "another.app"}],
    )

    ours, other = said["gatewayConfigs"]
    assert (ours["data"], ours["errors"]) == ({"publishableKey": "pk_1"}, [])
    assert [error["code"] for error in other["errors"]] == ["NOT_FOUND"]
    [(event, body)] = app.asked
    assert event == "PAYMENT_GATEWAY_INITIALIZE_SESSION"
    assert body["__typename"] == "PaymentGatewayInitializeSession"
    assert (body["amount"], body["data"]) == (25.0, {"a": 1})
    assert body["sourceObject"]["id"] == checkout
    assert body["sourceObject"]["channel"]["slug"] == "tiktok-us"
    expected = hmac.new(SECRET.encode(), app.bodies[0], hashlib.sha256).hexdigest()
    assert app.headers[0]["Saleor-Signature"] == expected
    assert app.headers[0]["Saleor-Api-Url"] == store.sandbox.url


def test_a_checkout_is_paid_and_becomes_an_order_that_takes_the_payment_along(store, app):
    app.answers = {
        "TRANSACTION_INITIALIZE_SESSION": (200, WAITING),
        "TRANSACTION_PROCESS_SESSION": (200, PAID),
    }
    checkout = store.checkout()

    begun = store.initialize(checkout)
    early = store.complete(checkout)
    processed = store.process(begun["transaction"]["id"])
    again = store.process(begun["transaction"]["id"])
    done = store.complete(checkout)
    repeated = store.complete(checkout)

    assert begun["data"] == {"clientSecret": "pi_1_secret"}
    assert begun["transactionEvent"]["type"] == "CHARGE_ACTION_REQUIRED"
    assert [error["code"] for error in early["errors"]] == ["CHECKOUT_NOT_FULLY_PAID"]
    assert processed["transactionEvent"]["type"] == "CHARGE_SUCCESS"
    assert again["transactionEvent"]["type"] == "CHARGE_SUCCESS"
    assert [event for event, _ in app.asked].count("TRANSACTION_PROCESS_SESSION") == 1
    assert (done["order"]["chargeStatus"], done["order"]["authorizeStatus"]) == ("FULL", "FULL")
    assert repeated["order"]["id"] == done["order"]["id"]
    [transaction] = store.payments(done["order"]["id"])["transactions"]
    assert transaction["id"] == begun["transaction"]["id"]
    assert transaction["actions"] == ["REFUND"]
    assert sums(transaction) == {"charged": "25.00"}
    assert events(transaction) == [
        ("CHARGE_REQUEST", "pi_1", "25.00"),
        ("CHARGE_ACTION_REQUIRED", "pi_1", "25.00"),
        ("CHARGE_SUCCESS", "pi_1", "25.00"),
    ]
    stock = store.sandbox.state.stock("default", "PEN")
    assert (stock.quantity, stock.allocated) == (1000, 2)


def test_the_same_idempotency_key_asks_again_but_makes_no_other_transaction(store, app):
    app.answers["TRANSACTION_INITIALIZE_SESSION"] = (200, WAITING)
    checkout = store.checkout()

    first = store.initialize(checkout, idempotencyKey="cart-1")
    second = store.initialize(checkout, idempotencyKey="cart-1")
    other_amount = store.initialize(checkout, idempotencyKey="cart-1", amount="1.00")
    other_checkout = store.initialize(store.checkout(), idempotencyKey="cart-1")

    assert second["transaction"]["id"] == first["transaction"]["id"]
    assert [body["idempotencyKey"] for _, body in app.asked] == ["cart-1", "cart-1"]
    assert [error["code"] for error in other_amount["errors"]] == ["UNIQUE"]
    assert [error["code"] for error in other_checkout["errors"]] == ["UNIQUE"]


@pytest.mark.parametrize(
    ("answer", "event"),
    [
        ((503, {}), "CHARGE_FAILURE"),
        ((200, {"result": "charge_success", "pspReference": "pi_1"}), "CHARGE_FAILURE"),
        ((200, {"result": "CHARGE_SUCCESS"}), "CHARGE_FAILURE"),
    ],
)
def test_what_saleor_cannot_use_becomes_a_failure_that_does_not_end_the_session(
    store, app, answer, event
):
    app.answers = {
        "TRANSACTION_INITIALIZE_SESSION": (200, WAITING),
        "TRANSACTION_PROCESS_SESSION": [answer, (200, PAID)],
    }
    begun = store.initialize(store.checkout())

    failed = store.process(begun["transaction"]["id"])
    retried = store.process(begun["transaction"]["id"])

    assert failed["transactionEvent"]["type"] == event
    assert retried["transactionEvent"]["type"] == "CHARGE_SUCCESS"


def test_a_failure_the_app_tells_ends_the_session(store, app):
    declined = {"pspReference": "pi_1", "result": "CHARGE_FAILURE", "message": "Declined."}
    app.answers = {
        "TRANSACTION_INITIALIZE_SESSION": (200, WAITING),
        "TRANSACTION_PROCESS_SESSION": (200, declined),
    }
    begun = store.initialize(store.checkout())

    store.process(begun["transaction"]["id"])
    again = store.process(begun["transaction"]["id"])

    assert again["transactionEvent"]["message"] == "Declined."
    assert [event for event, _ in app.asked].count("TRANSACTION_PROCESS_SESSION") == 1


def test_a_pending_payment_makes_an_order_that_is_paid_once_the_money_came(store, app):
    pending = {"pspReference": "pi_1", "result": "CHARGE_REQUEST", "amount": "25.00"}
    app.answers = {
        "TRANSACTION_INITIALIZE_SESSION": (200, WAITING),
        "TRANSACTION_PROCESS_SESSION": (200, pending),
    }
    checkout = store.checkout()
    begun = store.initialize(checkout)
    store.process(begun["transaction"]["id"])

    done = store.complete(checkout)
    before = store.payments(done["order"]["id"])
    store.report(begun["transaction"]["id"], "CHARGE_SUCCESS", "pi_1", "25.00")
    after = store.payments(done["order"]["id"])

    assert (before["chargeStatus"], sums(before["transactions"][0])) == (
        "NONE",
        {"chargePending": "25.00"},
    )
    assert (after["chargeStatus"], sums(after["transactions"][0])) == (
        "FULL",
        {"charged": "25.00"},
    )


def test_an_authorized_payment_is_captured_in_part_and_the_rest_released(app):
    with SaleorSandbox() as sandbox:
        pens(sandbox, flow="AUTHORIZATION")
        sandbox.add_webhooks(app.url, SECRET, queries())
        store = Store(sandbox)
        app.answers = {
            "TRANSACTION_INITIALIZE_SESSION": (
                200,
                {"pspReference": "pi_1", "result": "AUTHORIZATION_SUCCESS"},
            ),
            "TRANSACTION_CHARGE_REQUESTED": (200, {"pspReference": "pi_1"}),
        }
        checkout = store.checkout()
        begun = store.initialize(checkout)
        order = store.complete(checkout)["order"]
        transaction = begun["transaction"]["id"]

        store.staff("transactionCapture", id=transaction, amount="20.00")
        assert sandbox.courier.wait_idle()
        asked = store.payments(order["id"])["transactions"][0]
        store.report(transaction, "CHARGE_SUCCESS", "pi_1", "20.00")
        store.report(transaction, "CANCEL_SUCCESS", "pi_1", "5.00")
        done = store.payments(order["id"])

    assert app.asked[-1][1]["action"] == {
        "actionType": "CHARGE",
        "amount": 20.0,
        "currency": "USD",
    }
    assert sums(asked) == {"authorized": "5.00", "chargePending": "20.00"}
    assert sums(done["transactions"][0]) == {"charged": "20.00", "canceled": "5.00"}
    assert done["chargeStatus"] == "PARTIAL"


def test_a_refund_is_pending_until_reported_and_reported_once(store, app):
    order, transaction = paid(store, app)
    app.answers["TRANSACTION_REFUND_REQUESTED"] = (200, {"pspReference": "re_1"})

    store.staff("transactionRefund", id=transaction, amount="3.00")
    assert store.sandbox.courier.wait_idle()
    pending = store.payments(order)["transactions"][0]
    first = store.report(transaction, "REFUND_SUCCESS", "re_1", "3.00")
    again = store.report(transaction, "REFUND_SUCCESS", "re_1", "3.00")
    other = store.report(transaction, "REFUND_SUCCESS", "re_1", "4.00")
    done = store.payments(order)

    assert sums(pending) == {"charged": "22.00", "refundPending": "3.00"}
    assert (first["alreadyProcessed"], again["alreadyProcessed"]) == (False, True)
    assert [error["code"] for error in other["errors"]] == ["INCORRECT_DETAILS"]
    assert sums(done["transactions"][0]) == {"charged": "22.00", "refunded": "3.00"}
    assert (done["chargeStatus"], done["totalCharged"]["amount"]) == ("PARTIAL", 22.0)
    assert events(done["transactions"][0])[-2:] == [
        ("REFUND_SUCCESS", "re_1", "3.00"),
        ("REFUND_FAILURE", "re_1", "4.00"),
    ]
    [payload] = [body for event, body in app.asked if event == "TRANSACTION_REFUND_REQUESTED"]
    assert payload["issuingPrincipal"] == {"__typename": "User", "email": "staff@example.com"}
    assert payload["transaction"]["events"][-1]["pspReference"] == ""


def test_a_refund_that_fails_after_its_success_is_reversed(store, app):
    order, transaction = paid(store, app)
    store.report(transaction, "REFUND_SUCCESS", "re_1", "3.00")

    store.report(transaction, "REFUND_REVERSE", "re_1", "3.00")

    assert sums(store.payments(order)["transactions"][0]) == {"charged": "25.00"}


def test_a_failure_after_the_success_undoes_it_and_an_earlier_one_does_not(store, app):
    order, transaction = paid(store, app)
    store.report(transaction, "REFUND_FAILURE", "re_1", "3.00", time="2020-01-01T00:00:00+00:00")
    store.report(transaction, "REFUND_SUCCESS", "re_1", "3.00")
    before = sums(store.payments(order)["transactions"][0])
    store.report(transaction, "REFUND_SUCCESS", "re_2", "4.00")
    store.report(transaction, "REFUND_FAILURE", "re_2", "4.00")

    assert before == {"charged": "22.00", "refunded": "3.00"}
    assert sums(store.payments(order)["transactions"][0]) == before


def test_a_chargeback_takes_the_money_and_a_later_charge_brings_it_back(store, app):
    order, transaction = paid(store, app)

    store.report(transaction, "CHARGE_BACK", "dp_1", "25.00")
    lost = store.payments(order)
    store.report(transaction, "CHARGE_SUCCESS", "dp_1-reinstated", "25.00")

    assert (lost["chargeStatus"], sums(lost["transactions"][0])) == ("NONE", {})
    assert sums(store.payments(order)["transactions"][0]) == {"charged": "25.00"}


def test_a_granted_refund_follows_its_refund(store, app):
    order, transaction = paid(store, app)
    app.answers["TRANSACTION_REFUND_REQUESTED"] = [
        (200, {"pspReference": "re_1"}),
        (200, {"result": "REFUND_FAILURE", "message": "No."}),
    ]

    def grant(amount: str) -> str:
        made = store.staff(
            "orderGrantRefundCreate",
            id=order,
            input={"amount": amount, "transactionId": transaction, "reason": "Broken"},
        )
        return str(made["grantedRefund"]["id"])

    def pay_out(granted: str) -> list[str]:
        said = store.staff("transactionRequestRefundForGrantedRefund", grantedRefundId=granted)
        assert store.sandbox.courier.wait_idle()
        return [error["code"] for error in said["errors"]]

    def statuses() -> list[str]:
        return [item["status"] for item in store.payments(order)["grantedRefunds"]]

    first, second = grant("4.00"), grant("5.00")
    assert pay_out(first) == []
    pending = statuses()
    assert pay_out(first) == ["REFUND_IS_PENDING"]
    store.report(transaction, "REFUND_SUCCESS", "re_1", "4.00")
    assert pay_out(first) == ["REFUND_ALREADY_PROCESSED"]
    assert pay_out(second) == []

    assert pending == ["PENDING", "NONE"]
    assert statuses() == ["SUCCESS", "FAILURE"]
    paid_back = store.payments(order)
    assert sums(paid_back["transactions"][0]) == {"charged": "21.00", "refunded": "4.00"}
    payloads = [body for event, body in app.asked if event == "TRANSACTION_REFUND_REQUESTED"]
    assert [body["grantedRefund"]["id"] for body in payloads] == [first, second]


def test_a_server_error_is_asked_again_with_the_same_body(store, app):
    _, transaction = paid(store, app)
    app.answers["TRANSACTION_REFUND_REQUESTED"] = [(503, {}), (200, {"pspReference": "re_1"})]

    store.staff("transactionRefund", id=transaction, amount="3.00")
    assert store.sandbox.courier.wait_idle()

    assert app.bodies[-1] == app.bodies[-2]
    assert store.sandbox.courier.sent[-2:] == [
        ("TRANSACTION_REFUND_REQUESTED", 503),
        ("TRANSACTION_REFUND_REQUESTED", 200),
    ]


def test_who_may_do_what(store, app):
    order, transaction = paid(store, app)
    text = "mutation M($id: ID!) { transactionRequestAction(id: $id, actionType: REFUND) { errors { code } } }"  # noqa: E501

    anonymous = store.send(text, id=transaction)
    reported = store.send(
        'mutation M($id: ID!) { transactionEventReport(id: $id, type: INFO, pspReference: "x") '
        "{ errors { code } } }",
        store.sandbox.staff_token,
        id=transaction,
    )
    chosen = store.send(
        "mutation M($id: ID!, $g: PaymentGatewayToInitialize!) { transactionInitialize(id: $id, "
        "action: AUTHORIZATION, paymentGateway: $g) { errors { code } } }",
        id=order,
        g={"id": GATEWAY},
    )

    for answer in (anonymous, reported, chosen):
        assert answer["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"


def test_a_refund_nobody_takes_is_refused_and_remembered(store, app):
    order, transaction = paid(store, app)
    store.sandbox.app.hooks.clear()

    said = store.staff("transactionRefund", id=transaction, amount="3.00")

    assert [error["code"] for error in said["errors"]] == [
        "MISSING_TRANSACTION_ACTION_REQUEST_WEBHOOK"
    ]
    [transaction] = store.payments(order)["transactions"]
    assert events(transaction)[-2:] == [
        ("REFUND_REQUEST", "", "3.00"),
        ("REFUND_FAILURE", "", "3.00"),
    ]
    assert sums(transaction) == {"charged": "25.00"}


def test_an_app_registers_its_own_webhooks(app):
    with SaleorSandbox() as sandbox:
        store = Store(sandbox)
        text = (
            "mutation W($input: WebhookCreateInput!) { webhookCreate(input: $input) "
            "{ webhook { id syncEvents { eventType } } errors { code } } }"
        )
        event = "TRANSACTION_PROCESS_SESSION"
        given = {
            "targetUrl": app.url,
            "secretKey": SECRET,
            "syncEvents": [event],
            "query": queries()[event],
        }

        made = store.send(text, sandbox.token, input=given)
        wrong = store.send(text, sandbox.token, input={**given, "query": "query { shop { name } }"})

    assert made["data"]["webhookCreate"]["webhook"]["syncEvents"] == [{"eventType": event}]
    assert wrong["data"]["webhookCreate"]["errors"][0]["code"] == "UNABLE_TO_PARSE"
    assert sandbox.app.hooks[event].target_url == app.url
