"""Stripe's events: what is believed, whose they are, what work they lead to."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from typing import Any

import pytest

from saleor_tiktok_stripe import inbox
from saleor_tiktok_stripe.models import Connection, InboundEvent, Job, Vendor
from saleor_tiktok_stripe.stripe_api import webhooks

pytestmark = pytest.mark.django_db(transaction=True)

CHANNEL = "tiktok-us"
ACCOUNT = "acct_1Channel"
SECRET = "whsec_canary_newest"
ROLLED = "whsec_canary_rolled"
PAYMENT = "pi_3Nothing0001"
OURS = {
    "saleor_instance": "shop.example.com",
    "saleor_channel": CHANNEL,
    "saleor_payment": "8f7f6c0e-6f0b-4dd5-9a52-5f8b3c7f0001",
}
OUR_REFUND = {"saleor_refund": "0d5bb1f6", "saleor_payment": OURS["saleor_payment"]}


@pytest.fixture(autouse=True)
def _public(settings):
    settings.TIKTOK_STRIPE_PUBLIC_URL = "https://shop.example.com"


def connect(channel: str = CHANNEL, **fields: Any) -> Connection:
    values = {
        "vendor": Vendor.STRIPE,
        "channel_slug": channel,
        "state": "active",
        "account_id": ACCOUNT,
        "livemode": False,
        "credentials": {"webhook_secrets": [SECRET, ROLLED]},
    }
    return Connection.objects.create(**(values | fields))


def event(kind: str, thing: dict[str, Any], event_id: str = "evt_1", **fields: Any) -> bytes:
    envelope = {
        "id": event_id,
        "object": "event",
        "type": kind,
        "created": 1763859600,
        "livemode": False,
        "data": {"object": thing},
    }
    return json.dumps(envelope | fields).encode()


def payment(metadata: dict[str, str] | None = None) -> dict[str, Any]:
    return {
        "id": PAYMENT,
        "object": "payment_intent",
        "metadata": OURS if metadata is None else metadata,
    }


def sign(raw: bytes, *, secret: str = SECRET, at: float | None = None) -> str:
    stamp = int(time.time() if at is None else at)
    signed = hmac.new(secret.encode(), f"{stamp}.".encode() + raw, hashlib.sha256).hexdigest()
    return f"t={stamp},v1={signed}"


def receive(raw: bytes, header: str | None = None, channel: str = CHANNEL) -> tuple[int, str]:
    answer = inbox.receive(Vendor.STRIPE, channel, raw, sign(raw) if header is None else header)
    return answer.status, answer.outcome


def stored() -> tuple[int, int]:
    return InboundEvent.objects.count(), Job.objects.count()


def test_a_payment_event_is_stored_and_becomes_a_job():
    connection = connect()
    raw = event("payment_intent.succeeded", payment())

    assert receive(raw) == (200, "handed_over")

    kept, job = InboundEvent.objects.get(), Job.objects.get()
    assert (kept.provider, kept.connection_id, kept.event_key) == ("stripe", connection.pk, "evt_1")
    assert (kept.event_type, kept.subject) == ("payment_intent.succeeded", PAYMENT)
    assert (kept.status, kept.body) == ("handed_over", raw.decode())
    assert (job.kind, job.connection_id, job.subject) == ("payment.sync", connection.pk, PAYMENT)


@pytest.mark.parametrize(
    ("kind", "thing"),
    [
        ("charge.refunded", {"object": "charge", "id": "ch_1", "metadata": OURS}),
        ("refund.created", {"object": "refund", "id": "re_1", "metadata": {}}),
        ("refund.failed", {"object": "refund", "id": "re_1", "metadata": OUR_REFUND}),
        ("charge.dispute.created", {"object": "dispute", "id": "du_1", "metadata": {}}),
        ("radar.early_fraud_warning.created", {"object": "radar.early_fraud_warning", "id": "i"}),
    ],
)
def test_whatever_touches_a_payment_asks_to_look_at_it(kind, thing):
    connect()

    assert receive(event(kind, thing | {"payment_intent": PAYMENT})) == (200, "handed_over")

    job = Job.objects.get()
    assert (job.kind, job.subject) == ("payment.sync", PAYMENT)


@pytest.mark.parametrize(
    ("kind", "job"),
    [
        ("account.updated", "accounts.verify"),
        ("capability.updated", "accounts.verify"),
        ("account.application.deauthorized", "accounts.deauthorized"),
    ],
)
def test_what_touches_the_account_asks_to_look_at_it(kind, job):
    connect()

    assert receive(event(kind, {"object": "account", "id": ACCOUNT})) == (200, "handed_over")

    assert list(Job.objects.values_list("kind", "subject")) == [(job, "")]


@pytest.mark.parametrize(
    "raw",
    [
        event("payment_intent.succeeded", payment(OURS | {"saleor_instance": "other.example.com"})),
        event("payment_intent.succeeded", payment(OURS | {"saleor_channel": "other"})),
        event("payment_intent.succeeded", payment({})),
        event("payment_intent.succeeded", payment(), livemode=True),
        event("payment_intent.succeeded", payment(), account="acct_other"),
        event("charge.captured", {"object": "charge", "id": "ch", "payment_intent": PAYMENT}),
        event("charge.refunded", {"object": "charge", "id": "ch_1", "metadata": OURS}),
        event("payout.paid", {"object": "payout", "id": "po_1"}),
        event("invoice.paid", {"object": "invoice", "id": "in_1"}),
    ],
    ids=[
        "another installation",
        "another channel",
        "other software",
        "live in a test connection",
        "another account",
        "a charge that bears no mark",
        "a charge without a payment intent",
        "a payout",
        "a type that nobody asked for",
    ],
)
def test_what_is_not_ours_is_kept_and_answered_but_no_work(raw):
    connect()

    assert receive(raw) == (200, "ignored")

    assert stored() == (1, 0)


def test_the_same_event_twice_is_one_job_and_one_row():
    """dj-stripe/dj-stripe#429, #1239: an event delivered twice was two, or an error."""
    connect()
    raw = event("payment_intent.succeeded", payment())
    receive(raw)

    assert receive(raw, sign(raw, at=time.time() - 60)) == (200, "duplicate")

    assert stored() == (1, 1)
    assert Job.objects.get().generation == 0


def test_while_a_secret_is_rolled_both_are_taken():
    connect()
    raw = event("payment_intent.succeeded", payment())

    assert receive(raw, sign(raw, secret=ROLLED)) == (200, "handed_over")


@pytest.mark.parametrize(
    "header",
    [
        "",
        "garbage",
        "t=,v1=",
        "t=1492774577",
        f"v1={'0' * 64}",
        sign(event("payment_intent.succeeded", payment()), secret="whsec_other"),
        sign(event("payment_intent.succeeded", payment())).replace("v1=", "v0="),
    ],
    ids=["none", "garbage", "empty", "stamp only", "no stamp", "other secret", "old scheme"],
)
def test_a_signature_that_does_not_fit_stores_nothing(header):
    connect()

    assert receive(event("payment_intent.succeeded", payment()), header) == (401, "rejected")

    assert stored() == (0, 0)


@pytest.mark.parametrize("seconds", [-301, 302, 86_400])
def test_a_stamp_from_the_past_or_the_future_is_refused(seconds):
    connect()
    raw = event("payment_intent.succeeded", payment())

    assert receive(raw, sign(raw, at=time.time() + seconds)) == (401, "rejected")

    assert stored() == (0, 0)


def test_one_changed_byte_is_refused():
    connect()
    raw = event("payment_intent.succeeded", payment())
    header = sign(raw)

    for place in range(0, len(raw), 7):
        changed = raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :]
        assert receive(changed, header) == (401, "rejected")

    assert stored() == (0, 0)


def test_what_is_signed_but_no_event_is_kept_as_unreadable():
    connect()

    assert receive(b'{"object": "v2.core.event"}') == (200, "ignored")

    kept = InboundEvent.objects.get()
    assert (kept.event_type, kept.event_key[:7]) == ("UNREADABLE", "sha256:")
    assert not Job.objects.exists()


def test_the_channels_of_one_account_each_take_their_own_payments():
    connect()
    connect("tiktok-de")
    raw = event("payment_intent.succeeded", payment())

    assert receive(raw, channel="tiktok-de") == (200, "ignored")
    assert receive(raw) == (200, "handed_over")

    assert Job.objects.get().connection.channel_slug == CHANNEL


def test_the_secrets_of_tiktok_do_not_open_stripes_door():
    Connection.objects.create(
        vendor=Vendor.TIKTOK,
        channel_slug=CHANNEL,
        state="active",
        account_id="7495540735365777507",
        credentials={"app_key": "key", "app_secret": SECRET},
    )
    raw = event("payment_intent.succeeded", payment())

    assert receive(raw) == (404, "unknown_channel")

    assert stored() == (0, 0)


def test_listed_events_are_taken_in_once_however_they_came():
    connection = connect()
    arrived = event("payment_intent.succeeded", payment(), "evt_arrived")
    missed = event("refund.created", {"object": "refund", "payment_intent": PAYMENT}, "evt_missed")
    receive(arrived)

    assert inbox.adopt(connection, [webhooks.parse(arrived), webhooks.parse(missed)]) == 1
    assert inbox.adopt(connection, [webhooks.parse(arrived), webhooks.parse(missed)]) == 0

    kinds = InboundEvent.objects.order_by("pk").values_list("event_key", "status")
    assert list(kinds) == [("evt_arrived", "handed_over"), ("evt_missed", "handed_over")]


def test_a_stored_event_can_be_handed_over_again():
    connection = connect()
    receive(event("payment_intent.succeeded", payment()))
    Job.objects.all().delete()
    kept = InboundEvent.objects.get()

    assert inbox.replay([kept.pk], "staff:1") == inbox.ReplayReport(replayed=1, ignored=0)

    job = Job.objects.get()
    assert (job.kind, job.subject, job.connection_id) == ("payment.sync", PAYMENT, connection.pk)
