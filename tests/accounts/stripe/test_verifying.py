"""Verification at Stripe: permission by permission, the account, the webhook endpoint."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.fernet import Fernet
from django.db import connection as database
from django.utils import timezone

from saleor_tiktok_stripe import accounts, conf
from saleor_tiktok_stripe.accounts import Severity, host
from saleor_tiktok_stripe.accounts import jobs as account_jobs
from saleor_tiktok_stripe.accounts.stripe import endpoints as endpoint_module
from saleor_tiktok_stripe.accounts.stripe.credentials import credentials, write
from saleor_tiktok_stripe.errors import RetryLater
from saleor_tiktok_stripe.models import Connection, ConnectionState, Job, Vendor
from saleor_tiktok_stripe.stripe_api.endpoints import API_VERSION
from saleor_tiktok_stripe.stripe_api.webhooks import EVENTS

from .conftest import ALL_SCOPES, CHANNEL, connect, endpoints

pytestmark = pytest.mark.django_db


def codes(connection: Connection, *severities: Severity) -> list[str]:
    found = accounts.verify(connection)
    return [one.code for one in found if not severities or one.severity in severities]


def wrong(connection: Connection) -> list[str]:
    """Codes of what is not ok; no server stands at the address of these tests."""
    found = codes(connection, Severity.WARNING, Severity.ERROR)
    return [code for code in found if code != "WEBHOOK_UNREACHABLE"]


def found_one(connection: Connection, code: str) -> accounts.Finding:
    [one] = [found for found in accounts.verify(connection) if found.code == code]
    return one


def test_a_sound_connection_has_nothing_to_mend(connected):
    first, second = codes(connected), codes(connected)

    assert first == [
        "STRIPE_CONNECTED",
        "STRIPE_ACCOUNT_OK",
        *["STRIPE_SCOPE_OK"] * 7,
        "STRIPE_WEBHOOK_REPAIRED",
        "CLOCK_OK",
        "STRIPE_CURRENCY_OK",
        "SALEOR_APP_OK",
        "WEBHOOK_UNREACHABLE",
    ]
    assert second == [*(code.replace("REPAIRED", "OK") for code in first), "BACKGROUND_OK"]
    assert [one.code for one in accounts.findings(Connection.objects.get())] == second


@pytest.mark.parametrize(
    ("scope", "capability", "add", "severity"),
    [
        ("rak_payment_intent", "payments", "Payment Intents: Write", Severity.ERROR),
        ("rak_charge", "refunds", "Charges and Refunds: Write", Severity.ERROR),
        ("rak_dispute", "disputes", "Disputes: Write", Severity.ERROR),
        ("rak_file", "evidence_files", "Files: Write", Severity.ERROR),
        ("rak_webhook", "webhooks", "Webhook Endpoints: Write", Severity.ERROR),
        ("rak_event", "events", "Events: Read", Severity.ERROR),
        ("rak_payout", "payouts", "Payouts: Read", Severity.WARNING),
        ("rak_payment_record", "payment_records", "Payment Records: Write", Severity.WARNING),
    ],
)
def test_each_permission_that_is_missing_is_named_with_what_stops(
    stripe, scope, capability, add, severity
):
    key = stripe.restricted_key(*(one for one in ALL_SCOPES if not one.startswith(scope)))
    connection = connect(stripe, secret_key=key, policy=accounts.StripePolicy(mirror_tiktok=True))

    found = [one for one in accounts.verify(connection) if one.code == "STRIPE_SCOPE_MISSING"]

    assert [(one.subject, one.severity) for one in found] == [(capability, severity)]
    assert add in found[0].cure
    assert Connection.objects.get().state == ConnectionState.ACTIVE


def test_records_are_only_asked_for_while_sales_are_mirrored(stripe):
    key = stripe.restricted_key(*(one for one in ALL_SCOPES if "payment_record" not in one))

    assert wrong(connect(stripe, secret_key=key)) == []


def test_a_key_that_may_not_read_the_account_is_no_fault(stripe):
    key = stripe.restricted_key(*(one for one in ALL_SCOPES if "accounts" not in one))
    connection = connect(stripe, secret_key=key)

    assert wrong(connection) == []
    assert found_one(connection, "STRIPE_ACCOUNT_UNKNOWN").subject == "UNKNOWN"


def test_a_standard_secret_key_works_with_a_warning(stripe):
    connection = connect(stripe, secret_key=stripe.secret_key)

    assert wrong(connection) == ["STRIPE_KEY_FULL_ACCESS"]


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("due", [("STRIPE_ACCOUNT_ATTENTION", "ATTENTION")]),
        (
            "payouts_off",
            [("STRIPE_PAYOUTS_DISABLED", "RESTRICTED"), ("STRIPE_ACCOUNT_OVERDUE", "ATTENTION")],
        ),
        (
            "past_due",
            [
                ("STRIPE_CHARGES_DISABLED", "RESTRICTED"),
                ("STRIPE_PAYOUTS_DISABLED", "RESTRICTED"),
                ("STRIPE_ACCOUNT_OVERDUE", "ATTENTION"),
            ],
        ),
        (
            "rejected",
            [("STRIPE_CHARGES_DISABLED", "RESTRICTED"), ("STRIPE_PAYOUTS_DISABLED", "RESTRICTED")],
        ),
    ],
)
def test_the_account_has_a_verdict(stripe, connected, state, expected):
    stripe.account_state(state)

    found = [
        (one.code, one.subject)
        for one in accounts.verify(connected)
        if one.subject in {"ATTENTION", "RESTRICTED", "OK", "UNKNOWN"}
    ]

    assert found == expected


def test_what_is_due_is_told_with_its_deadline(stripe, connected):
    stripe.account_state("due")

    told = found_one(connected, "STRIPE_ACCOUNT_ATTENTION").message

    assert "individual.verification.document" in told
    deadline = stripe.account.profile["requirements"]["current_deadline"]
    assert f"until {datetime.fromtimestamp(deadline, UTC):%Y-%m-%d %H:%M} UTC" in told


def test_the_endpoint_is_created_with_version_events_and_marks(stripe, verified):
    [endpoint] = endpoints(stripe)

    assert endpoint["url"] == conf.channel_url(CHANNEL, "webhooks/stripe/")
    assert endpoint["api_version"] == API_VERSION
    assert set(endpoint["enabled_events"]) == set(EVENTS)
    assert endpoint["status"] == "enabled"
    assert endpoint["metadata"] == {
        "plugin": "saleor.tiktok_stripe",
        "saleor_instance": "127.0.0.1:9",
        "saleor_channel": CHANNEL,
    }
    assert credentials(verified).endpoint_id == endpoint["id"]
    [secret] = accounts.stripe_webhook_secrets(verified)
    assert secret.startswith("whsec_")


def test_a_changed_endpoint_is_mended_in_place(stripe, verified, settings):
    [before] = endpoints(stripe)
    held = accounts.stripe_webhook_secrets(verified)
    stripe.disable_endpoint(before["id"])
    client = accounts.stripe_client(verified)
    client.update_webhook_endpoint(before["id"], events=("payout.paid",), key="by-hand")
    settings.TIKTOK_STRIPE_PUBLIC_URL = "http://127.0.0.1:10"

    found = found_one(verified, "STRIPE_WEBHOOK_REPAIRED")

    [after] = endpoints(stripe)
    assert found.subject == "url, events, enabled"
    assert (after["id"], after["status"]) == (before["id"], "enabled")
    assert after["url"].startswith("http://127.0.0.1:10/")
    assert set(after["enabled_events"]) == set(EVENTS)
    assert accounts.stripe_webhook_secrets(Connection.objects.get()) == held


def test_an_endpoint_that_is_gone_is_made_again_and_the_old_secret_kept(stripe, verified):
    [old] = accounts.stripe_webhook_secrets(verified)
    accounts.stripe_client(verified).delete_webhook_endpoint(credentials(verified).endpoint_id)

    found = found_one(verified, "STRIPE_WEBHOOK_REPAIRED")

    assert found.subject == "created"
    [endpoint] = endpoints(stripe)
    assert credentials(verified).endpoint_id == endpoint["id"]
    newest, kept = accounts.stripe_webhook_secrets(verified)
    assert kept == old
    assert newest != old


@pytest.mark.parametrize("fault", ["unavailable", "rate_limit", "cut_before"])
def test_an_endpoint_that_cannot_be_read_now_is_not_made_twice(stripe, verified, fault):
    stripe.fault(fault, path="/v1/webhook_endpoints", times=None)
    try:
        found = wrong(verified)
    finally:
        stripe.clear_faults()

    assert found == ["STRIPE_WEBHOOK_FAILED"]
    assert len(endpoints(stripe)) == 1
    assert wrong(verified) == []


def test_an_endpoint_whose_making_was_not_seen_is_removed_and_replaced(stripe, connected):
    stripe.fault("lost_answer", path="POST /v1/webhook_endpoints")
    lost = codes(connected)
    assert "STRIPE_WEBHOOK_FAILED" in lost
    [orphan] = endpoints(stripe)

    assert wrong(connected) == []

    [endpoint] = endpoints(stripe)
    assert endpoint["id"] != orphan["id"]
    assert credentials(Connection.objects.get()).endpoint_id == endpoint["id"]


def test_another_version_is_replaced_and_both_secrets_count(stripe, verified):
    [before] = endpoints(stripe)
    stripe.account.get("webhook_endpoint", before["id"])["api_version"] = "2020-08-27"

    found = found_one(verified, "STRIPE_WEBHOOK_REPAIRED")

    [after] = endpoints(stripe)
    assert found.subject == "version"
    assert (after["api_version"], after["id"] != before["id"]) == (API_VERSION, True)
    assert len(accounts.stripe_webhook_secrets(Connection.objects.get())) == 2


def test_a_lost_secret_means_a_new_endpoint(stripe, verified):
    held = write(credentials(verified)) | {"webhook_secrets": []}
    Connection.objects.filter(pk=verified.pk).update(credentials=held)

    assert found_one(verified, "STRIPE_WEBHOOK_REPAIRED").subject == "secret"
    assert len(endpoints(stripe)) == 1
    assert len(accounts.stripe_webhook_secrets(Connection.objects.get())) == 1


def test_endpoints_of_others_stay_and_one_at_our_address_is_named(stripe, connected):
    address = conf.channel_url(CHANNEL, "webhooks/stripe/")
    stripe.add_endpoint("https://elsewhere.example.com/hook")
    stripe.add_endpoint(address)
    by_hand = stripe.endpoint_id(address)

    assert found_one(connected, "STRIPE_WEBHOOK_FOREIGN").subject == by_hand
    assert len(endpoints(stripe)) == 3


def test_an_endpoint_made_by_hand_is_used_when_its_secret_was_entered(stripe):
    address = conf.channel_url(CHANNEL, "webhooks/stripe/")
    secret = stripe.add_endpoint(address)
    connection = connect(stripe, webhook_secret=secret)

    assert wrong(connection) == []

    assert [one["id"] for one in endpoints(stripe)] == [stripe.endpoint_id(address)]
    assert accounts.stripe_webhook_secrets(connection) == (secret,)


def test_without_the_permission_an_endpoint_made_by_hand_is_asked_for(stripe):
    key = stripe.restricted_key(*(one for one in ALL_SCOPES if "webhook" not in one))
    connection = connect(stripe, secret_key=key)

    assert wrong(connection) == ["STRIPE_SCOPE_MISSING", "STRIPE_WEBHOOK_SECRET_MISSING"]

    connection = connect(stripe, secret_key=None, webhook_secret="whsec_byhand0001")
    assert wrong(connection) == ["STRIPE_SCOPE_MISSING"]


@pytest.mark.django_db(transaction=True)
def test_of_two_checks_at_once_one_waits_and_both_see_the_one_endpoint(stripe, connected):
    def check(_: int) -> tuple[str, ...]:
        try:
            mine = Connection.objects.get(pk=connected.pk)
            return endpoint_module.ensure_endpoint(mine, accounts.stripe_client(mine)).repaired
        finally:
            database.close()

    with ThreadPoolExecutor(2) as threads:
        repaired = sorted(threads.map(check, range(2)))

    assert repaired == [(), ("created",)]
    assert len(endpoints(stripe)) == 1


def test_a_check_that_never_ends_elsewhere_is_not_waited_for_long(stripe, connected, monkeypatch):
    monkeypatch.setattr(endpoint_module, "PATIENCE", 0.0)
    assert endpoint_module._take_lease(connected)

    with pytest.raises(RetryLater) as busy:
        endpoint_module.ensure_endpoint(connected, accounts.stripe_client(connected))

    assert busy.value.code == "STRIPE_WEBHOOK_BUSY"
    assert endpoints(stripe) == []


@pytest.mark.parametrize(
    ("url", "livemode", "fits"),
    [
        ("https://shop.example.com", True, True),
        ("https://shop.example.com:8443", True, True),
        ("http://shop.example.com", True, False),
        ("http://shop.example.com", False, True),
        ("https://localhost", False, False),
        ("", False, False),
    ],
)
def test_stripe_needs_https_in_live_mode(connected, settings, url, livemode, fits):
    settings.TIKTOK_STRIPE_SANDBOX = "0"
    settings.TIKTOK_STRIPE_PUBLIC_URL = url
    connected.livemode = livemode

    problem = host.address_problem(connected)

    assert (problem is None) == fits
    assert problem is None or problem.code == "STRIPE_WEBHOOK_ADDRESS_INVALID"


def test_events_that_were_not_delivered_are_told(stripe, verified):
    stripe.account_state("due")
    stripe.account_state("ok")
    for event in stripe.objects("event"):
        stripe.account.get("event", event["id"])["created"] -= 1800

    told = found_one(verified, "STRIPE_DELIVERIES_PENDING")

    assert told.subject == str(len(stripe.objects("event")))


def test_a_refused_key_ends_it_and_stays_ended(stripe, connected):
    stripe.revoke_key(credentials(connected).secret_key)

    assert wrong(connected) == ["STRIPE_KEY_ENDED"]
    assert Connection.objects.get().state == ConnectionState.NEEDS_REAUTH
    assert wrong(connected) == ["STRIPE_KEY_ENDED"]


def test_a_key_of_another_account_in_the_store_is_seen(stripe, connected):
    Connection.objects.update(account_id="acct_1Another")

    assert "STRIPE_ACCOUNT_CHANGED" in wrong(connected)


def test_stripe_being_down_is_said_and_nothing_is_lost(stripe, connected):
    stripe.fault("unavailable", times=None)
    try:
        found = wrong(connected)
    finally:
        stripe.clear_faults()

    assert found == ["STRIPE_FAILED"]
    assert Connection.objects.get().state == ConnectionState.ACTIVE


def test_a_currency_that_stripe_does_not_take(connected, saleor):
    saleor.add_channel("tiktok-ir", "IRR", "IR")
    Connection.objects.update(channel_slug="tiktok-ir")

    assert wrong(connected) == ["STRIPE_CURRENCY_UNKNOWN"]


@pytest.mark.parametrize(
    ("state", "code"),
    [
        (ConnectionState.PENDING, "STRIPE_NOT_CONNECTED"),
        (ConnectionState.DISABLED, "STRIPE_DISCONNECTED"),
        (ConnectionState.NEEDS_REAUTH, "STRIPE_KEY_ENDED"),
    ],
)
def test_a_connection_that_is_not_active_says_why_and_asks_nobody(stripe, connected, state, code):
    Connection.objects.update(state=state)
    asked = len(stripe.calls())

    assert wrong(connected) == [code]
    assert len(stripe.calls()) == asked


def test_it_is_verified_once_a_day(connected):
    Job.objects.all().delete()
    Connection.objects.update(verified_at=timezone.now() - timedelta(hours=2))
    connected.refresh_from_db()
    account_jobs.refresh(connected, [])
    early = Job.objects.count()

    Connection.objects.update(verified_at=timezone.now() - timedelta(hours=25))
    connected.refresh_from_db()
    account_jobs.refresh(connected, [])

    assert early == 0
    assert Job.objects.get().kind == "accounts.verify"


def test_a_lost_encryption_key_is_a_finding_and_new_keys_are_the_way_out(
    stripe, connected, settings
):
    settings.TIKTOK_STRIPE_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    stored = Connection.objects.get(vendor=Vendor.STRIPE)

    [found] = accounts.verify(stored)

    assert (found.code, "Stripe's keys" in found.cure) == ("SECRET_UNREADABLE", True)
    connection = connect(stripe)
    assert accounts.stripe_client(connection).account().id == stripe.account_id
