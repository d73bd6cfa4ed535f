"""Signatures (the sheet's vectors) and events."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, datetime

import pytest

from saleor_tiktok_stripe.errors import InvalidInput
from saleor_tiktok_stripe.stripe_api import webhooks
from tests.stripe_api import samples

SECRET = "whsec_test_secret"
ROLLED = "whsec_rolled_secret"
T = 1492774577
BODY = (
    b'{"id":"evt_test_1","object":"event","type":"charge.dispute.created","livemode":false,'
    b'"data":{"object":{"id":"dp_test_1","object":"dispute"}}}'
)
V1 = "2541371a0ade23a20de310515400f31c7e6de78313ae0afc63944a61f7718078"
V1_ROLLED = "07619f2b6f85e66a24c470538037c29acbafc59b6d76ffc54dab664156c149b5"
UMLAUT = '{"id":"evt_ü","object":"event"}'.encode()
V1_UMLAUT = "72f7c70b5719823622743ff007b91bfa2859fea989ce0704e005109cc1f821b4"


@pytest.mark.parametrize(
    ("secrets", "body", "header"),
    [
        ([SECRET], BODY, f"t={T},v1={V1}"),
        ([SECRET], UMLAUT, f"t={T},v1={V1_UMLAUT}"),
        ([SECRET], BODY, f"t={T},v1={V1_ROLLED},v1={V1}"),
        ([ROLLED], BODY, f"t={T},v1={V1_ROLLED},v1={V1}"),
        ([ROLLED, SECRET], BODY, f"t={T},v1={V1}"),
        (["", "  ", SECRET], BODY, f"t={T},v1={V1},v0=ignored"),
    ],
    ids=["one", "utf-8", "rolling-old", "rolling-new", "second-stored", "empty-stored"],
)
def test_what_stripe_signed_is_accepted(secrets, body, header):
    assert len(BODY) == 141
    assert webhooks.verify(secrets, body, header, T) is True


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "garbage",
        f"t={T}",
        f"v1={V1}",
        f"t={T},v0={V1}",
        f"t={T},v1=",
        f"t={T},v1={V1[:-1]}0",
        f"t={T + 1},v1={V1}",
        f"t=,v1={V1}",
        f"t=-{T},v1={V1}",
        f"t={T}.5,v1={V1}",
        f"t={'9' * 400},v1={V1}",
        f"t={T},v1=ü",
        "t=\u0661\u0664,v1=x",
        "=,=,=",
    ],
)
def test_any_other_header_is_refused(header):
    assert webhooks.verify([SECRET], BODY, header, T) is False


@pytest.mark.parametrize(
    ("drift", "accepted"),
    [(0, True), (300, True), (301, False), (86400, False), (-300, True), (-301, False),
     (-86400, False)],
)  # fmt: skip
def test_old_and_future_stamps_are_refused_alike(drift, accepted):
    """The package accepts any time in the future: such a delivery could be replayed for ever."""
    assert webhooks.verify([SECRET], BODY, f"t={T},v1={V1}", T + drift) is accepted


@pytest.mark.parametrize("body", [BODY + b" ", BODY.replace(b"false", b"true "), b"", b"\xff\xfe"])
def test_changed_bytes_are_refused(body):
    assert webhooks.verify([SECRET], body, f"t={T},v1={V1}", T) is False


@pytest.mark.parametrize("secrets", [[], [""], [" "], [ROLLED]])
def test_without_the_right_secret_nothing_is_accepted(secrets):
    # given a signature made with an empty key
    forged = hmac.new(b"", f"{T}.".encode() + BODY, hashlib.sha256).hexdigest()

    assert webhooks.verify(secrets, BODY, f"t={T},v1={forged}", T) is False


def test_an_event_is_read():
    raw = json.dumps(samples.event()).encode()

    found = webhooks.parse(raw)

    assert found.event_id == "evt_1"
    assert found.kind == "payment_intent.succeeded"
    assert found.object_type == "payment_intent"
    assert found.object_id == found.payment_id == "pi_1"
    assert found.charge_id == ""
    assert found.account_id == ""
    assert found.livemode is False
    assert found.created_at == datetime(2026, 1, 1, tzinfo=UTC)
    assert found.metadata == {"saleor_payment": "k"}
    assert found.raw == raw.decode()
    assert "pi_1_secret_abc" not in repr(found)


@pytest.mark.parametrize(
    ("subject", "object_id", "payment_id", "charge_id"),
    [
        (samples.payment(latest_charge="ch_9"), "pi_1", "pi_1", "ch_9"),
        (samples.charge(), "ch_1", "pi_1", "ch_1"),
        (samples.charge(payment_intent={"id": "pi_7", "object": "payment_intent"}), "ch_1",
         "pi_7", "ch_1"),
        (samples.refund(), "re_1", "pi_1", "ch_1"),
        (samples.refund(payment_intent=None), "re_1", "", "ch_1"),
        (samples.dispute(), "du_1", "pi_1", "ch_1"),
        ({"id": "issfr_1", "object": "radar.early_fraud_warning", "charge": "ch_1",
          "payment_intent": "pi_1"}, "issfr_1", "pi_1", "ch_1"),
        ({"id": "po_1", "object": "payout"}, "po_1", "", ""),
        ({"object": "balance"}, "", "", ""),
        ({"id": 7, "object": "charge", "payment_intent": 5}, "", "", ""),
    ],
)  # fmt: skip
def test_the_payment_and_charge_are_found_whatever_the_object(
    subject, object_id, payment_id, charge_id
):
    found = webhooks.parse(json.dumps(samples.event(data={"object": subject})).encode())

    assert (found.object_id, found.payment_id, found.charge_id) == (
        object_id,
        payment_id,
        charge_id,
    )


def test_unknown_types_and_odd_fields_are_no_error():
    found = webhooks.parse(
        json.dumps(
            {"id": "evt_2", "object": "event", "type": "brand.new", "account": "acct_1",
             "livemode": "yes", "created": "soon", "data": None, "surprise": [1]}
        ).encode()
    )  # fmt: skip

    assert found.kind == "brand.new"
    assert found.account_id == "acct_1"
    assert found.livemode is False
    assert found.created_at is None
    assert found.metadata == {}


@pytest.mark.parametrize(
    "raw",
    [
        b"", b"{", b"[]", b'"event"', b"null", b'{"object":"charge","id":"ch_1"}',
        b'{"object":"event"}', b'{"object":"event","id":"evt_1"}',
        b'{"object":"event","id":"","type":"x"}', b'{"object":"event","id":5,"type":"x"}',
        b'{"object":"v2.core.event","id":"evt_1","type":"v1.billing.meter.error_report_triggered"}',
        b"[" * 100_000, b'{"object":"event","id":"evt_1","type":"x","created":NaN}', b"\xff",
    ],
)  # fmt: skip
def test_what_is_no_event_is_refused(raw):
    with pytest.raises(InvalidInput) as refused:
        webhooks.parse(raw)

    assert refused.value.code == "NOT_AN_EVENT"


def test_an_event_that_is_listed_can_be_stored_whatever_is_in_it():
    half = json.loads('"\\ud83d \\u0000"')

    found = webhooks.of_event(
        {"object": "event", "id": "evt_1", "type": "x", "data": {"object": {"name": half}}}
    )

    assert json.loads(found.raw.encode())["data"]["object"]["name"] == half


@pytest.mark.parametrize("kind", ["x\u0000", "\ud800", "x" * 300])
def test_a_type_that_no_table_can_hold_is_no_event(kind):
    with pytest.raises(InvalidInput, match="^NOT_AN_EVENT: "):
        webhooks.of_event({"object": "event", "id": "evt_1", "type": kind})


def test_the_events_to_hear_of_are_each_named_once():
    assert len(set(webhooks.EVENTS)) == len(webhooks.EVENTS) == 25
    assert set(webhooks.CONNECT_EVENTS) - set(webhooks.EVENTS) == {
        "account.application.deauthorized"
    }
