"""The client against the sandbox Stripe, which shares no code with it."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from saleor_tiktok_stripe.errors import (
    InDoubt,
    InvalidInput,
    NeedsReauthorization,
    RetryLater,
    VendorBug,
)
from saleor_tiktok_stripe.sandbox.stripe import StripeSandbox
from saleor_tiktok_stripe.stripe_api import (
    Address,
    Authorization,
    Capability,
    Declined,
    DisputeState,
    NewPayment,
    NewRecord,
    NotFound,
    PaymentState,
    PermissionMissing,
    RefundState,
    Refused,
    StripeAccess,
    StripeClient,
    oauth,
    webhooks,
)

START = datetime(2020, 1, 1, tzinfo=UTC)
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJg"
    "gg=="
)


@pytest.fixture(scope="module")
def sandbox():
    with StripeSandbox(seed=11, clock_rate=0, auto_deliver=False) as running:
        yield running


@pytest.fixture
def account(sandbox):
    return sandbox.control.new_account()


@pytest.fixture
def client_of(sandbox, door):
    def make(key, account_id=""):
        return StripeClient(
            StripeAccess(key, account_id),
            door,
            api_url=sandbox.base_url,
            files_url=sandbox.files_url,
        )

    return make


@pytest.fixture
def client(account, client_of):
    return client_of(account.secret_key)


def new(amount="100.00", method="pm_card_visa", *, capture_later=False):
    return NewPayment(
        Decimal(amount),
        "USD",
        capture_later=capture_later,
        metadata={"saleor_payment": "k"},
        description="Order 7",
        receipt_email="ada@example.com",
        shipping=Address(name="Ada", line1="Weg 1", city="Bonn", postal_code="53111", country="DE"),
        statement_descriptor_suffix="SHOP",
        allow_redirects=False,
        payment_method=method,
        confirm=True,
    )


def test_a_payment_is_authorized_captured_in_part_and_refunded(client):
    payment = client.create_payment(new(capture_later=True), key="k1")
    assert payment.state is PaymentState.AUTHORIZED
    assert (payment.authorized, payment.captured) == (Decimal("100.00"), Decimal("0.00"))

    taken = client.capture(payment.id, Decimal("60.00"), "USD", key="k2")
    assert taken.state is PaymentState.SUCCEEDED
    assert (taken.authorized, taken.captured) == (Decimal("0.00"), Decimal("60.00"))

    first = client.create_refund(
        payment.id, Decimal("10.00"), "USD", reason="duplicate",
        metadata={"saleor_refund": "r1"}, key="k3",
    )  # fmt: skip
    second = client.create_refund(payment.id, Decimal("10.00"), "USD", key="k4")
    with pytest.raises(Refused) as too_much:
        client.create_refund(payment.id, Decimal("40.01"), "USD", key="k5")

    assert too_much.value.param == "amount"
    assert client.refunds(payment.id) == (client.refund(first.id), client.refund(second.id))
    assert first.state is RefundState.SUCCEEDED
    assert first.metadata == {"saleor_refund": "r1"}
    now = client.payment(payment.id)
    assert now.metadata == {"saleor_payment": "k"}
    assert now.method is not None
    assert (now.method.type, now.method.brand, now.method.last4) == ("card", "visa", "4242")
    assert now.charge is not None
    assert (now.charge.captured, now.charge.refunded) == (Decimal("60.00"), Decimal("20.00"))
    assert now.charge.fee is not None
    assert now.charge.net == Decimal("60.00") - now.charge.fee
    assert [one.id for one in client.payments(since=START)] == [payment.id]


def test_a_payment_waits_for_its_buyer_and_can_be_cancelled(client):
    payment = client.create_payment(NewPayment(Decimal(5), "USD"), key="k1")
    assert payment.state is PaymentState.OPEN
    assert payment.client_secret.startswith(payment.id + "_secret_")

    changed = client.update_payment(
        payment.id, amount=Decimal(6), currency="USD", metadata={"saleor_order": "o"}, key="k2"
    )
    with pytest.raises(Declined) as declined:
        client.confirm(
            payment.id, payment_method="pm_card_visa_chargeDeclinedInsufficientFunds",
            return_url="https://shop.example/", key="k3",
        )  # fmt: skip
    after = client.payment(payment.id)
    gone = client.cancel(payment.id, reason="abandoned", key="k4")
    with pytest.raises(Refused) as refused:
        client.capture(payment.id, None, "USD", key="k5")

    assert (changed.amount, changed.metadata) == (Decimal("6.00"), {"saleor_order": "o"})
    assert declined.value.decline.decline_code == "insufficient_funds"
    assert declined.value.payment_id == payment.id
    assert after.state is PaymentState.OPEN
    assert after.decline is not None
    assert after.decline.decline_code == "insufficient_funds"
    assert (gone.state, gone.cancellation_reason) == (PaymentState.CANCELED, "abandoned")
    assert refused.value.stripe_code == "payment_intent_unexpected_state"


@pytest.mark.parametrize("fault", ["lost_answer", "cut_before"])
def test_doubt_ends_by_repeating_with_the_same_key(account, client, fault):
    """medusajs/medusa#16681: a repetition under a new key refunded twice."""
    payment = client.create_payment(new(), key="k1")
    account.fault(fault, path="/v1/refunds")

    with pytest.raises(InDoubt):
        client.create_refund(payment.id, Decimal(30), "USD", key="refund:1")
    refund = client.create_refund(payment.id, Decimal(30), "USD", key="refund:1")

    assert client.refunds(payment.id) == (refund,)


def test_a_failure_after_the_deed_stays_in_doubt_until_stripe_is_asked(account, client):
    payment = client.create_payment(new(), key="k1")
    account.fault("error_after", path="/v1/refunds")

    for _ in range(2):
        with pytest.raises(InDoubt):
            client.create_refund(payment.id, Decimal(30), "USD", key="refund:1")

    assert [one.amount for one in client.refunds(payment.id)] == [Decimal("30.00")]


def test_a_key_cannot_be_used_for_something_else(client):
    client.create_payment(new("1.00"), key="k1")
    with pytest.raises(VendorBug) as mismatch:
        client.create_payment(new("2.00"), key="k1")

    assert mismatch.value.code == "STRIPE_IDEMPOTENCY_MISMATCH"


@pytest.mark.parametrize(
    ("fault", "kind", "code"),
    [
        ("rate_limit", RetryLater, "STRIPE_RATE_LIMITED"),
        ("lock_timeout", RetryLater, "STRIPE_LOCKED"),
        ("conflict", RetryLater, "STRIPE_REQUEST_RUNNING"),
        ("error_before", InDoubt, "STRIPE_BUSY"),
        ("unavailable", InDoubt, "STRIPE_BUSY"),
        ("key_expired", NeedsReauthorization, "STRIPE_KEY_EXPIRED"),
    ],
)
def test_what_goes_wrong_at_stripe_is_told_apart(account, client, fault, kind, code):
    account.fault(fault, path="/v1/payment_intents")

    with pytest.raises(kind) as raised:
        client.create_payment(new(), key="k1")

    assert type(raised.value) is kind
    assert raised.value.code == code
    assert raised.value.request_id.startswith("req_")
    assert account.objects("payment_intent") == []


def test_a_key_without_rights_learns_which_it_needs(account, client_of):
    poor = client_of(account.restricted_key())
    missing = {}
    for capability in Capability:
        with pytest.raises(PermissionMissing) as raised:
            poor.probe(capability)
        missing[capability] = raised.value
    named = [error.permission for error in missing.values()]
    rich = client_of(account.restricted_key(*named))

    for capability in Capability:
        rich.probe(capability)
    assert {error.account for error in missing.values()} == {account.account_id}
    assert len(set(named)) == len(Capability)
    assert missing[Capability.DISPUTES].permission == "rak_dispute_read"
    assert missing[Capability.ACCOUNT].permission == "rak_accounts_kyc_basic_read"


def test_a_revoked_key_asks_for_a_new_one(account, client_of):
    key = account.restricted_key()
    account.revoke_key(key)

    with pytest.raises(NeedsReauthorization) as refused:
        client_of(key).livemode()

    assert refused.value.code == "STRIPE_KEY_REFUSED"
    assert key not in str(refused.value)


def test_the_account_and_its_mode_are_told(account, client, client_of):
    found = client.account()

    assert (found.id, found.country, found.default_currency) == (account.account_id, "US", "USD")
    assert found.charges_enabled is True
    assert found.requirements == ()
    assert client.livemode() is False
    assert client_of(account.other_mode().secret_key).livemode() is True


def test_consent_connects_an_account_and_its_end_disconnects_it(sandbox, account, client_of, door):
    platform = account
    merchant = sandbox.control.new_account()
    platform.platform(signed_in=merchant.account_id)
    code = platform.oauth_code()

    granted = oauth.exchange(platform.secret_key, code, door, connect_url=sandbox.connect_url)
    with pytest.raises(InvalidInput) as used:
        oauth.exchange(platform.secret_key, code + "x", door, connect_url=sandbox.connect_url)
    connected = client_of(platform.secret_key, granted.account_id)
    payment = connected.create_payment(new(), key="k1")

    assert granted == Authorization(
        merchant.account_id, "read_write", False, merchant.publishable_key
    )
    assert used.value.code == "STRIPE_CONSENT_CODE_INVALID"
    assert connected.account().id == merchant.account_id
    assert client_of(merchant.secret_key).payment(payment.id).id == payment.id
    with pytest.raises(NotFound):
        client_of(platform.secret_key).payment(payment.id)

    oauth.deauthorize(
        platform.client_id, platform.secret_key, merchant.account_id, door,
        connect_url=sandbox.connect_url,
    )  # fmt: skip
    with pytest.raises(NotFound):
        oauth.deauthorize(
            platform.client_id, platform.secret_key, merchant.account_id, door,
            connect_url=sandbox.connect_url,
        )  # fmt: skip
    with pytest.raises(NeedsReauthorization) as ended:
        connected.payment(payment.id)
    assert ended.value.code == "STRIPE_ACCESS_ENDED"


def test_a_dispute_is_answered_with_a_file_once(client):
    payment = client.create_payment(new(method="pm_card_createDispute"), key="k1")
    (dispute,) = client.disputes(payment.id)
    file = client.upload_evidence_file("pixel.png", "image/png", PIXEL, key="k2")

    staged = client.stage_evidence(
        dispute.id, {"receipt": file.id, "uncategorized_text": "winning_evidence"}, key="k3"
    )
    assert (staged.state, staged.has_evidence, staged.submission_count) == (
        DisputeState.NEEDS_RESPONSE,
        True,
        0,
    )
    submitted = client.submit_evidence(dispute.id, {"customer_name": "Ada"}, key="k4")
    assert (submitted.state, submitted.submission_count) == (DisputeState.UNDER_REVIEW, 1)
    assert submitted.evidence["receipt"] == file.id
    assert submitted.evidence["customer_name"] == "Ada"

    assert dispute.amount == Decimal("100.00")
    assert dispute.balance[0].net == -(Decimal("100.00") + dispute.balance[0].fee)
    assert [one.id for one in client.disputes_since(START)] == [dispute.id]


def test_a_dispute_is_accepted(client):
    payment = client.create_payment(new(method="pm_card_createDisputeInquiry"), key="k1")
    (inquiry,) = client.disputes(payment.id)
    other = client.create_payment(new(method="pm_card_createDispute"), key="k2")
    (dispute,) = client.disputes(other.id)

    assert inquiry.is_inquiry is True
    assert inquiry.balance == ()
    assert client.close_dispute(dispute.id, key="k3").state is DisputeState.LOST
    assert client.dispute(dispute.id).state is DisputeState.LOST


def test_events_are_heard_verified_and_listed(account, client):
    delivered = []

    def send(url, body, header):
        delivered.append((url, body, header))
        return 200

    endpoint = client.create_webhook_endpoint(
        "https://shop.example/hook/", webhooks.EVENTS, metadata={"plugin": "p"}, key="k1"
    )
    payment = client.create_payment(new(), key="k2")
    client.create_refund(payment.id, Decimal(1), "USD", key="k3")
    account.deliver(send)

    assert endpoint.secret.startswith("whsec_")
    assert client.webhook_endpoint(endpoint.id).secret == ""
    heard = []
    for url, body, header in delivered:
        assert url == "https://shop.example/hook/"
        signed_at = float(header.partition("t=")[2].partition(",")[0])
        assert webhooks.verify(["whsec_other", endpoint.secret], body, header, signed_at) is True
        assert webhooks.verify(["whsec_other"], body, header, signed_at) is False
        assert webhooks.verify([endpoint.secret], body + b" ", header, signed_at) is False
        heard.append(webhooks.parse(body))
    listed = list(client.events(since=START, kinds=webhooks.EVENTS))
    assert {one.event_id for one in listed} == {one.event_id for one in heard}
    assert [one.kind for one in listed] == [
        "payment_intent.succeeded",
        "refund.created",
        "charge.refunded",
    ]
    assert {one.payment_id for one in heard} == {one.payment_id for one in listed} == {payment.id}
    assert listed[0].metadata == {"saleor_payment": "k"}


def test_an_endpoint_is_kept_repaired_and_removed(client):
    endpoint = client.create_webhook_endpoint("https://a.example/", ["refund.failed"], key="k1")

    off = client.update_webhook_endpoint(endpoint.id, enabled=False, key="k2")
    changed = client.update_webhook_endpoint(
        endpoint.id, url="https://b.example/", events=["refund.created"], enabled=True,
        key="k3",
    )  # fmt: skip
    listed = client.webhook_endpoints()
    client.delete_webhook_endpoint(endpoint.id)
    client.delete_webhook_endpoint(endpoint.id)

    assert off.enabled is False
    assert (changed.enabled, changed.url, changed.events) == (
        True,
        "https://b.example/",
        ("refund.created",),
    )
    assert listed == (changed,)
    assert client.webhook_endpoints() == ()
    with pytest.raises(NotFound):
        client.webhook_endpoint(endpoint.id)


def test_a_payment_collected_elsewhere_is_reported(client):
    noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
    new_record = NewRecord(Decimal("12.50"), "USD", "576", noon, noon, metadata={"order": "576"})

    record = client.report_payment(new_record, key="k1")
    again = client.report_payment(new_record, key="k1")
    after = client.report_refund(
        record.id, Decimal("2.50"), "USD", reference="576:1", happened_at=noon, key="k2"
    )

    assert again == record
    assert (record.amount, record.refunded, record.currency) == (
        Decimal("12.50"),
        Decimal("0.00"),
        "USD",
    )
    assert after.refunded == Decimal("2.50")
    assert client.payment_record(record.id) == after
    assert after.metadata == {"order": "576"}
