"""Events and webhook deliveries of the Stripe sandbox (reference: webhooks)."""

from __future__ import annotations

import json

import pytest
import stripe

from saleor_tiktok_stripe.sandbox.stripe import StripeSandbox

URL = "http://127.0.0.1:9/hook"
HOUR, DAY = 3600, 86_400
ALL = ["*"]


class Receiver:
    """Takes deliveries instead of HTTP, and verifies them with Stripe's own code."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.types, self.ids, self.headers, self.bodies = [], [], [], []

    def __call__(self, url, body, header):
        event = json.loads(body)
        self.types.append(event["type"])
        self.ids.append(event["id"])
        self.headers.append(header)
        self.bodies.append(body)
        return self.answers.pop(0) if self.answers else 200

    def valid(self, secret, which=-1):
        try:
            stripe.WebhookSignature.verify_header(
                self.bodies[which].decode(), self.headers[which], secret, 300
            )
        except stripe.SignatureVerificationError:
            return False
        return True


@pytest.fixture
def endpoint(api):
    return api.webhook_endpoints.create({"url": URL, "enabled_events": ALL})


def test_the_secret_is_told_once(api, endpoint, stripe_server):
    again = api.webhook_endpoints.retrieve(endpoint.id)

    assert endpoint.secret.startswith("whsec_")
    assert "secret" not in again
    assert (again.status, again.url, again.enabled_events) == ("enabled", URL, ALL)


def test_the_first_endpoint_gets_the_secret_that_the_program_prints():
    with StripeSandbox(seed=5) as sandbox:
        assert sandbox.control.add_endpoint(URL) == sandbox.webhook_secret
        assert sandbox.control.add_endpoint(URL) != sandbox.webhook_secret


def test_an_endpoint_is_changed_listed_and_deleted(api, endpoint):
    changed = api.webhook_endpoints.update(
        endpoint.id, {"enabled_events": ["refund.created"], "disabled": "true"}
    )
    assert (changed.enabled_events, changed.status) == (["refund.created"], "disabled")
    assert [row.id for row in api.webhook_endpoints.list()] == [endpoint.id]

    assert api.webhook_endpoints.delete(endpoint.id).deleted is True
    with pytest.raises(stripe.InvalidRequestError) as caught:
        api.webhook_endpoints.retrieve(endpoint.id)
    assert (caught.value.http_status, caught.value.code) == (404, "resource_missing")


def test_the_version_of_an_endpoint_cannot_be_changed(api, endpoint):
    with pytest.raises(stripe.InvalidRequestError) as caught:
        api.webhook_endpoints.update(endpoint.id, {"api_version": "2025-04-30.basil"})

    assert caught.value.code == "parameter_unknown"


def test_live_mode_needs_https_and_sixteen_endpoints_are_the_most(api, control, connect):
    live = connect(control.other_mode().secret_key).v1
    with pytest.raises(stripe.InvalidRequestError) as caught:
        live.webhook_endpoints.create({"url": URL, "enabled_events": ALL})
    assert (caught.value.code, caught.value.param) == ("url_invalid", "url")

    for _ in range(16):
        api.webhook_endpoints.create({"url": URL, "enabled_events": ALL})
    with pytest.raises(stripe.InvalidRequestError, match="maximum of 16 test webhook endpoints"):
        api.webhook_endpoints.create({"url": URL, "enabled_events": ALL})


def test_deliveries_are_signed_and_hold_the_object_as_it_was(api, endpoint, pay, control):
    payment = pay()
    received = Receiver()

    assert control.deliver(received) == 3

    assert received.types == [
        "payment_intent.created", "charge.succeeded", "payment_intent.succeeded",
    ]  # fmt: skip
    assert all(received.valid(endpoint.secret, which) for which in range(3))
    assert not received.valid("whsec_other")
    created = json.loads(received.bodies[0])
    assert created["data"]["object"]["status"] == "requires_payment_method"
    assert created["data"]["object"]["id"] == payment.id
    assert created["request"]["id"].startswith("req_")
    assert created["pending_webhooks"] == 1
    assert control.deliver(received) == 0


def test_an_event_names_the_idempotency_key_that_caused_it(api, control):
    api.payment_intents.create({"amount": 1000, "currency": "usd"}, {"idempotency_key": "k-1"})

    assert api.events.list().data[0].request.idempotency_key == "k-1"


def test_only_what_was_asked_for_is_delivered(api, pay, control):
    api.webhook_endpoints.create({"url": URL, "enabled_events": ["charge.succeeded"]})
    pay()
    received = Receiver()

    control.deliver(received)

    assert received.types == ["charge.succeeded"]


def test_deliveries_over_http_reach_a_server(api, pay, control, httpserver):
    httpserver.expect_request("/hook", method="POST").respond_with_data("", status=200)
    made = api.webhook_endpoints.create(
        {"url": httpserver.url_for("/hook"), "enabled_events": ["charge.succeeded"]}
    )
    pay()

    assert control.deliver() == 1

    request, _ = httpserver.log[0]
    event = stripe.Webhook.construct_event(
        request.get_data(), request.headers["Stripe-Signature"], made.secret
    )
    assert event.type == "charge.succeeded"
    assert control.attempts()[0].answer == 200


@pytest.mark.parametrize("answer", [None, 500, 400, 302])
def test_what_is_not_taken_is_sent_again_twice_with_a_fresh_signature(
    api, endpoint, control, answer
):
    api.payment_intents.create({"amount": 1000, "currency": "usd"})
    received = Receiver(answer, answer, answer)

    tried = [control.deliver(received)]
    event = api.events.list({"delivery_success": "false"}).data[0]
    assert event.pending_webhooks == 1
    for _ in range(3):
        control.turn(4 * HOUR)
        control.account.signature_skew += 4
        tried.append(control.deliver(received))

    assert tried == [1, 1, 1, 0]
    assert len(set(received.ids)) == 1
    assert len(set(received.headers)) == 3
    assert all(received.valid(endpoint.secret, which) for which in range(3))


def test_live_mode_tries_for_three_days(control):
    live = control.other_mode()
    live.add_endpoint("https://shop.example/hook")
    live.account_state("due")
    received = Receiver(*[500] * 20)
    for _ in range(8 * 24):
        live.deliver(received)
        live.turn(HOUR // 2)

    assert len(received.ids) == 10


def test_a_retry_that_is_taken_ends_the_retries(api, endpoint, control):
    api.payment_intents.create({"amount": 1000, "currency": "usd"})
    received = Receiver(500, 200)
    control.deliver(received)
    control.turn(HOUR)
    control.deliver(received)

    assert control.pending() == []
    assert api.events.list({"delivery_success": "false"}).data == []
    assert api.events.list({"delivery_success": "true"}).data[0].pending_webhooks == 0


def test_deliveries_are_doubled_delayed_and_lost_on_demand(api, endpoint, pay, control):
    control.fault("webhook_duplicate", path="charge.succeeded", times=1)
    control.fault("webhook_drop", path="payment_intent.created")
    control.fault("webhook_delay", path="payment_intent.succeeded", seconds=90)
    pay()
    received = Receiver()
    control.deliver(received)
    assert received.types == ["charge.succeeded", "charge.succeeded"]

    control.turn(90)
    control.deliver(received)

    assert received.types[2:] == ["payment_intent.succeeded"]
    lost = api.events.list({"delivery_success": "false"})
    assert [event.type for event in lost] == ["payment_intent.created"]


def test_what_waits_is_held_doubled_and_lost_by_hand(endpoint, pay, control):
    control.hold()
    pay()
    received = Receiver()
    assert control.deliver(received) == 0

    assert control.duplicate("charge.succeeded") == 1
    assert control.drop("payment_intent.succeeded") == 1
    control.hold(False)
    control.deliver(received)

    assert received.types == ["payment_intent.created", "charge.succeeded", "charge.succeeded"]


def test_deliveries_are_reordered_on_demand(endpoint, pay, control):
    control.reorder()
    for _ in range(4):
        pay()
    received = Receiver()
    control.deliver(received)

    created = [event["id"] for event in control.objects("event")]
    assert sorted(received.ids) == sorted(created)
    assert received.ids != created


def test_a_wrong_signature_is_sent_on_demand(api, endpoint, control):
    control.fault("webhook_wrong_signature")
    api.payment_intents.create({"amount": 1000, "currency": "usd"})
    received = Receiver()
    control.deliver(received)

    assert not received.valid(endpoint.secret)


def test_while_a_secret_is_rolled_both_sign(api, endpoint, control):
    fresh = control.roll_secret(keep=DAY)
    received = Receiver()
    api.payment_intents.create({"amount": 1000, "currency": "usd"})
    control.deliver(received)
    assert received.valid(endpoint.secret)
    assert received.valid(fresh)

    control.turn(DAY)
    api.payment_intents.create({"amount": 1000, "currency": "usd"})
    control.deliver(received)

    assert not received.valid(endpoint.secret)
    assert received.valid(fresh)


def test_a_disabled_or_deleted_endpoint_gets_nothing_more(api, endpoint, control):
    api.payment_intents.create({"amount": 1000, "currency": "usd"})
    control.disable_endpoint(endpoint.id)
    received = Receiver()
    control.deliver(received)
    api.payment_intents.create({"amount": 1000, "currency": "usd"})

    assert api.webhook_endpoints.retrieve(endpoint.id).status == "disabled"
    assert control.deliver(received) == 0
    assert received.ids == []


def test_events_of_connected_accounts_go_to_connect_endpoints_and_name_the_account(control):
    shop = control.new_account()
    shop.connect(control.account_id)
    control.add_endpoint(URL, connect=True)
    own = Receiver()
    control.account_state("due")
    assert control.deliver(own) == 0

    shop.account_state("due")
    control.deliver(own)

    assert own.types == ["account.updated"]
    assert json.loads(own.bodies[0])["account"] == shop.account_id


def test_the_log_is_filtered_by_type(api, pay):
    pay()
    payments = api.events.list({"type": "payment_intent.*"})
    two = api.events.list({"types": ["charge.succeeded", "payment_intent.succeeded"]})

    assert [event.type for event in payments] == [
        "payment_intent.succeeded", "payment_intent.created",
    ]  # fmt: skip
    assert [event.type for event in two] == ["payment_intent.succeeded", "charge.succeeded"]
    with pytest.raises(stripe.InvalidRequestError):
        api.events.list({"type": "charge.*", "types": ["charge.succeeded"]})
    with pytest.raises(stripe.InvalidRequestError, match="up to 20 types"):
        api.events.list({"types": [f"kind.{n}" for n in range(21)]})


def test_the_log_is_walked_forward_from_the_last_event_seen(api, pay):
    pay()
    seen = api.events.list().data[0]
    pay()
    after = api.events.list({"ending_before": seen.id, "types": ["charge.succeeded"]})

    assert [event.type for event in after] == ["charge.succeeded"]
    assert api.events.list({"starting_after": seen.id, "type": "charge.*"}).data != []


def test_the_log_goes_back_thirty_days(api, control):
    api.payment_intents.create({"amount": 1000, "currency": "usd"})
    event = api.events.list().data[0]
    control.turn(30 * DAY - 1)
    assert api.events.retrieve(event.id).type == "payment_intent.created"

    control.turn(1)

    assert api.events.list().data == []
    with pytest.raises(stripe.InvalidRequestError):
        api.events.retrieve(event.id)


def test_with_auto_deliver_events_are_sent_by_themselves(httpserver):
    httpserver.expect_oneshot_request("/hook", method="POST").respond_with_data("")
    with StripeSandbox(seed=6, auto_deliver=True) as sandbox:
        sandbox.control.add_endpoint(httpserver.url_for("/hook"), ["account.updated"])
        with httpserver.wait(timeout=60) as waiting:
            sandbox.control.account_state("due")

    assert waiting.result
