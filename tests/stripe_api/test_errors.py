"""Every refusal of Stripe's, as it comes over the wire, becomes the error the rooms act on."""

from __future__ import annotations

import logging
from dataclasses import replace

import pytest

from saleor_tiktok_stripe.errors import InDoubt, NeedsReauthorization, RetryLater, VendorBug
from saleor_tiktok_stripe.stripe_api import Declined, NotFound, PermissionMissing, Refused
from saleor_tiktok_stripe.stripe_api.endpoints import PAYMENT, PAYMENT_CANCEL
from saleor_tiktok_stripe.stripe_api.gateway import Gateway
from saleor_tiktok_stripe.transport import Lane
from tests.stripe_api import samples
from tests.stripe_api.stub import SECRET, refuses, says
from tests.transport.servers import answer, hanging, reset, serving

INVALID = "invalid_request_error"


def read(client):
    return client.payment("pi_1")


def write(client):
    return client.cancel("pi_1", key="k1")


@pytest.mark.parametrize("call", [read, write])
@pytest.mark.parametrize(
    ("status", "error", "kind", "code", "retry_after"),
    [
        (401, {"type": INVALID}, NeedsReauthorization, "STRIPE_KEY_REFUSED", None),
        (401, {"code": "api_key_expired"}, NeedsReauthorization, "STRIPE_KEY_EXPIRED", None),
        (403, {"code": "account_invalid"}, NeedsReauthorization, "STRIPE_ACCESS_ENDED", None),
        (403, {"type": INVALID}, PermissionMissing, "STRIPE_PERMISSION_MISSING", None),
        (402, {"type": "card_error", "code": "card_declined"}, Declined, "STRIPE_DECLINED", None),
        (400, {"type": "card_error", "code": "expired_card"}, Declined, "STRIPE_DECLINED", None),
        (
            400,
            {"type": "idempotency_error"},
            VendorBug,
            "STRIPE_IDEMPOTENCY_MISMATCH",
            None,
        ),
        (
            409,
            {"type": "idempotency_error", "code": "idempotency_key_in_use"},
            RetryLater,
            "STRIPE_REQUEST_RUNNING",
            0.5,
        ),
        (409, {"type": INVALID}, RetryLater, "STRIPE_CONFLICT", 0.5),
        (429, {"code": "rate_limit"}, RetryLater, "STRIPE_RATE_LIMITED", 1.0),
        (429, {"code": "lock_timeout"}, RetryLater, "STRIPE_LOCKED", 0.5),
        (400, {"code": "rate_limit"}, RetryLater, "STRIPE_RATE_LIMITED", 1.0),
        (404, {"type": INVALID, "code": "resource_missing"}, NotFound, "STRIPE_NOT_FOUND", None),
        (400, {"type": INVALID, "code": "resource_missing"}, NotFound, "STRIPE_NOT_FOUND", None),
        (
            400,
            {"type": INVALID, "code": "payment_intent_unexpected_state"},
            Refused,
            "STRIPE_REFUSED",
            None,
        ),
        (400, {"type": INVALID, "param": "amount"}, Refused, "STRIPE_REFUSED", None),
        (418, {"type": "brand_new_error"}, VendorBug, "STRIPE_UNKNOWN_REFUSAL", None),
    ],
)
def test_a_refusal_is_classified(client_for, call, status, error, kind, code, retry_after):
    reply = refuses(status, message="Words.", **error)
    with serving(reply) as server, pytest.raises(kind) as raised:
        call(client_for(server))

    assert type(raised.value) is kind
    assert raised.value.code == code
    assert raised.value.request_id == "req_stub"
    assert getattr(raised.value, "retry_after", None) == retry_after
    assert len(server.requests) == 1


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_failure_inside_stripe_leaves_a_write_in_doubt_and_a_read_for_later(client_for, status):
    with serving(refuses(status, type="api_error", message="Oops")) as server:
        with pytest.raises(InDoubt) as doubt:
            write(client_for(server))
        with pytest.raises(RetryLater) as later:
            read(client_for(server))

    assert (doubt.value.code, doubt.value.retry_after) == ("STRIPE_BUSY", None)
    assert type(later.value) is RetryLater
    assert later.value.request_id == "req_stub"


def test_an_answer_not_seen_leaves_a_write_in_doubt(client_for):
    with serving(reset) as server, pytest.raises(InDoubt) as doubt:
        write(client_for(server))

    assert doubt.value.code == "BROKEN_OFF"
    assert len(server.requests) == 1


def test_a_read_whose_answer_broke_off_is_repeated(client_for):
    with serving(reset, says(samples.payment())) as server:
        assert read(client_for(server)).id == "pi_1"

    assert len(server.requests) == 2


def test_silence_after_a_write_is_doubt(door):
    with hanging() as server:
        gateway = Gateway(SECRET, door, api_url=server.url)
        with pytest.raises(InDoubt) as doubt:
            gateway.call(replace(PAYMENT_CANCEL, timeout=(1.0, 0.2)), of="pi_1", key="k1")

    assert doubt.value.code == "TIMED_OUT"


@pytest.mark.parametrize(
    "body", [b"", b"<html>ok</html>", b"[1]", b'{"amount": NaN}', b"[" * 100_000, b"\xff\xfe"]
)
def test_success_that_cannot_be_read_is_a_bug_for_a_read_and_doubt_for_a_write(client_for, body):
    with serving(answer(body)) as server:
        with pytest.raises(VendorBug) as bug:
            read(client_for(server))
        with pytest.raises(InDoubt) as doubt:
            write(client_for(server))

    assert bug.value.code == doubt.value.code == "STRIPE_UNREADABLE_ANSWER"


@pytest.mark.parametrize("status", ["301 Moved", "400 Bad Request", "418 I'm a teapot"])
def test_a_page_of_something_else_is_no_success(client_for, status):
    reply = answer(b"<html>proxy</html>", status, Location="https://evil.example/")
    with serving(reply) as server, pytest.raises((VendorBug, Refused)):
        write(client_for(server))

    assert len(server.requests) == 1


def test_a_missing_permission_names_what_to_add_and_where(client_for):
    message = (
        f"The provided key '{SECRET}' does not have the required permissions for this endpoint on"
        " account 'acct_1A2b'. Having the 'rak_dispute_write' permission would allow this request"
        " to continue."
    )
    reply = refuses(403, type=INVALID, message=message)
    with serving(reply) as server, pytest.raises(PermissionMissing) as missing:
        read(client_for(server))

    assert missing.value.permission == "rak_dispute_write"
    assert missing.value.account == "acct_1A2b"
    assert "rak_dispute_write" in missing.value.message
    assert SECRET not in str(missing.value)


def test_a_decline_keeps_what_the_buyer_may_read(client_for):
    error = {
        "type": "card_error", "code": "card_declined", "decline_code": "insufficient_funds",
        "message": "Your card has insufficient funds.", "charge": "ch_1",
        "payment_intent": samples.payment(),
    }  # fmt: skip
    with serving(refuses(402, **error)) as server, pytest.raises(Declined) as declined:
        client_for(server).confirm("pi_1", payment_method="pm_x", key="k1")

    decline = declined.value.decline
    assert (decline.code, decline.decline_code) == ("card_declined", "insufficient_funds")
    assert decline.message == "Your card has insufficient funds."
    assert decline.charge_id == "ch_1"
    assert declined.value.payment_id == "pi_1"
    assert "pi_1_secret_abc" not in repr(declined.value)


def test_a_refusal_keeps_stripes_code_parameter_and_words(client_for):
    error = {"type": INVALID, "code": "charge_already_refunded", "param": "charge",
             "message": "Charge ch_1 has already been refunded."}  # fmt: skip
    with serving(refuses(400, **error)) as server, pytest.raises(Refused) as refused:
        write(client_for(server))

    assert refused.value.stripe_code == "charge_already_refunded"
    assert refused.value.param == "charge"
    assert refused.value.status == 400
    assert refused.value.message == "Charge ch_1 has already been refunded."
    assert refused.value.retryable is False


def test_no_error_log_line_or_repr_holds_a_secret(client_for, caplog):
    caplog.set_level(logging.DEBUG)
    words = f"Bad {SECRET} rk_test_1234 sk_live_9 whsec_abc pi_1_secret_xyz client_secret=abc"
    with serving(refuses(400, type=INVALID, message=words), says(samples.payment())) as server:
        client = client_for(server)
        with pytest.raises(Refused) as refused:
            client.update_payment("pi_1", metadata={"note": "buyers-words"}, key="k1")
        payment = client.payment("pi_1")

    told = f"{refused.value} {refused.value!r} {client!r} {payment!r} {caplog.text}"
    for secret in (
        SECRET, "rk_test_1234", "sk_live_9", "whsec_abc", "secret_xyz", "pi_1_secret_abc",
        "buyers-words",
    ):  # fmt: skip
        assert secret not in told
    assert refused.value.message.startswith("Bad *** *** *** *** pi_1_secret_***")
    assert refused.value.__cause__ is None


def test_stripes_words_are_cut_to_a_bearable_length(client_for):
    reply = refuses(400, type=INVALID, message="x" * 5000)
    with serving(reply) as server, pytest.raises(Refused) as refused:
        write(client_for(server))

    assert len(refused.value.message) == 300


@pytest.mark.parametrize(
    ("status", "error", "headers", "slept"),
    [
        (429, {"code": "lock_timeout"}, {}, 0.5),
        (409, {"code": "idempotency_key_in_use"}, {}, 0.5),
        (429, {"code": "lock_timeout"}, {"Retry_After": "2"}, 2.0),
        (503, {"type": "api_error"}, {"Stripe_Should_Retry": "true"}, 0.5),
        (400, {"type": INVALID}, {"Stripe_Should_Retry": "true"}, 1.0),
    ],
)
def test_a_person_is_spared_a_short_pause(gateway_for, status, error, headers, slept):
    with serving(refuses(status, headers, **error), says(samples.payment())) as server:
        gateway, pauses = gateway_for(server, lane=Lane.INTERACTIVE)
        found = gateway.call(PAYMENT_CANCEL, of="pi_1", key="k1")

    assert found["id"] == "pi_1"
    assert len(pauses) == 1
    assert slept <= pauses[0] <= slept * 1.5
    first, second = server.requests
    assert first == second


@pytest.mark.parametrize(
    ("endpoint", "status", "error", "headers", "kind"),
    [
        (PAYMENT_CANCEL, 500, {"type": "api_error"}, {}, InDoubt),
        (PAYMENT_CANCEL, 500, {"type": "api_error"}, {"Stripe_Should_Retry": "false"}, InDoubt),
        (PAYMENT, 500, {"type": "api_error"}, {"Stripe_Should_Retry": "false"}, RetryLater),
        (PAYMENT, 409, {}, {"Stripe_Should_Retry": "false"}, RetryLater),
        (PAYMENT, 429, {"code": "lock_timeout"}, {"Retry_After": "30"}, RetryLater),
        (PAYMENT_CANCEL, 402, {"type": "card_error"}, {}, Declined),
    ],
)
def test_nothing_else_is_repeated(gateway_for, endpoint, status, error, headers, kind):
    with serving(refuses(status, headers, **error)) as server:
        gateway, pauses = gateway_for(server, lane=Lane.INTERACTIVE)
        key = "k1" if endpoint is PAYMENT_CANCEL else ""
        with pytest.raises(kind):
            gateway.call(endpoint, of="pi_1", key=key)

    assert len(server.requests) == 1
    assert pauses == []


def test_a_background_call_never_waits(gateway_for):
    with serving(refuses(429, {"Retry_After": "1"}, code="lock_timeout")) as server:
        gateway, pauses = gateway_for(server)
        with pytest.raises(RetryLater) as later:
            gateway.call(PAYMENT, of="pi_1")

    assert later.value.retry_after == 1.0
    assert pauses == []


def test_a_person_waits_twice_and_no_more(gateway_for):
    with serving(refuses(429, code="lock_timeout")) as server:
        gateway, pauses = gateway_for(server, lane=Lane.INTERACTIVE)
        with pytest.raises(RetryLater):
            gateway.call(PAYMENT, of="pi_1")

    assert len(server.requests) == 3
    assert len(pauses) == 2


def test_a_rate_limit_holds_back_this_account_and_not_another(client_for):
    with serving(refuses(429, code="rate_limit"), says(samples.payment())) as server:
        with pytest.raises(RetryLater):
            read(client_for(server))
        with pytest.raises(RetryLater) as held:
            read(client_for(server))
        assert read(client_for(server, key="rk_live_another0123456")).id == "pi_1"

    assert held.value.code == "VENDOR_PAUSE"
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    "reply",
    [
        refuses(429, code="lock_timeout"),
        refuses(429, {"Stripe_Rate_Limited_Reason": "resource-specific"}, code="rate_limit"),
    ],
)
def test_a_lock_on_one_object_holds_back_nothing_else(client_for, reply):
    with serving(reply, says(samples.payment())) as server:
        with pytest.raises(RetryLater):
            read(client_for(server))
        assert read(client_for(server)).id == "pi_1"
