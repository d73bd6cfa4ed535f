"""Verification: each thing that can be wrong, with its exact code; what can be mended is mended."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from saleor_tiktok_stripe import accounts, conf
from saleor_tiktok_stripe.accounts import Severity, host
from saleor_tiktok_stripe.models import Connection, ConnectionState, Job, JobStatus
from saleor_tiktok_stripe.saleor_api import get_saleor
from saleor_tiktok_stripe.sandbox.tiktok import TikTokSandbox
from saleor_tiktok_stripe.tiktok import endpoints
from saleor_tiktok_stripe.tiktok.webhooks import SUBSCRIBED

from .conftest import CHANNEL, connect, entered

pytestmark = pytest.mark.django_db


def codes(connection: Connection, *severities: Severity) -> list[str]:
    found = accounts.verify(connection)
    return [one.code for one in found if not severities or one.severity in severities]


def wrong(connection: Connection) -> list[str]:
    """Codes of what is not ok; no server stands at the address of these tests."""
    found = codes(connection, Severity.WARNING, Severity.ERROR)
    return [code for code in found if code != "WEBHOOK_UNREACHABLE"]


def test_a_sound_connection_has_nothing_to_mend(connected):
    first, second = codes(connected), codes(connected)

    assert first == [
        "SCOPES_OK",
        "TOKEN_OK",
        "SHOP_OK",
        "REGION_OK",
        "WEBHOOKS_REPAIRED",
        "CLOCK_OK",
        "CURRENCY_OK",
        "WAREHOUSE_OK",
        "SALEOR_APP_OK",
        "WEBHOOK_UNREACHABLE",
    ]
    assert second[4] == "WEBHOOKS_OK"
    stored = Connection.objects.get()
    assert [one.code for one in accounts.findings(stored)] == second
    assert timezone.now() - stored.verified_at < timedelta(minutes=1)


def test_each_finding_that_is_not_ok_has_a_cure(connected, settings):
    settings.TIKTOK_STRIPE_PUBLIC_URL = ""
    Connection.objects.update(scopes=[], policy={"warehouse": "gone"}, region="GB")

    found = accounts.verify(connected)

    bad = [one for one in found if one.severity != Severity.OK]
    assert len(bad) >= 8
    assert all(one.cure for one in bad)
    assert not any(one.cure for one in found if one.severity == Severity.OK)


def test_webhooks_are_registered_checked_and_repaired(connected, tiktok):
    accounts.verify(connected)
    address = conf.channel_url(CHANNEL, "webhooks/tiktok/")
    client = accounts.client(connected)
    registered = {row.event_type: row.address for row in client.webhooks()}
    client.register_webhook("ORDER_STATUS_CHANGE", "https://elsewhere.example.com/")
    client.delete_webhook("PACKAGE_UPDATE")

    found = {one.code: one for one in accounts.verify(connected)}

    assert registered == dict.fromkeys(SUBSCRIBED, address)
    assert found["WEBHOOKS_REPAIRED"].subject == "ORDER_STATUS_CHANGE, PACKAGE_UPDATE"
    assert {row.event_type: row.address for row in client.webhooks()} == registered


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://shop.example.com", "WEBHOOK_ADDRESS_INVALID"),
        ("https://shop.example.com:8443", "WEBHOOK_ADDRESS_INVALID"),
        ("https://192.0.2.7", "WEBHOOK_ADDRESS_INVALID"),
        ("https://shop", "WEBHOOK_ADDRESS_INVALID"),
        ("", "WEBHOOK_ADDRESS_INVALID"),
        ("https://shop.example.com", None),
        ("http://127.0.0.1:8000", None),
    ],
)
def test_tiktok_only_calls_https_at_a_domain_name(connected, settings, url, code):
    settings.TIKTOK_STRIPE_PUBLIC_URL = url

    problem = host.address_problem(connected)

    assert (problem.code if problem else None) == code


def test_an_address_that_tiktok_would_not_take_is_not_registered(connected, settings, tiktok):
    settings.TIKTOK_STRIPE_PUBLIC_URL = ""

    assert wrong(connected) == ["WEBHOOK_ADDRESS_INVALID"]
    assert accounts.client(connected).webhooks() == ()


@pytest.mark.django_db(transaction=True)
def test_the_address_is_reachable_as_registered(connected, app_url, settings):
    settings.TIKTOK_STRIPE_PUBLIC_URL = app_url

    found = {one.code: one for one in accounts.verify(connected)}

    assert found.get("WEBHOOK_REACHABLE"), found["WEBHOOK_UNREACHABLE"]
    assert wrong(connected) == []


@pytest.mark.parametrize(
    ("days", "subject"), [(31, None), (29, "30"), (6, "7"), (0.5, "1"), (-1, "1")]
)
def test_the_end_of_the_authorization_is_announced(connected, days, subject):
    Connection.objects.update(refresh_expires_at=timezone.now() + timedelta(days=days))

    found = [one for one in accounts.verify(connected) if one.code == "AUTHORIZATION_ENDS"]

    assert [(one.subject, one.severity) for one in found] == (
        [(subject, Severity.WARNING)] if subject else []
    )


def test_missing_permissions_are_named(connected):
    Connection.objects.update(
        scopes=["seller.authorization.info", "seller.return_refund.basic", "seller.shop.info"]
    )

    found = [one for one in accounts.verify(connected) if one.code == "SCOPE_MISSING"]

    assert [(one.subject, one.severity) for one in found] == [
        ("seller.order.info", Severity.ERROR),
        ("seller.product.basic", Severity.WARNING),
        ("seller.order.ext_ref.write", Severity.WARNING),
        ("seller.fulfillment.basic", Severity.WARNING),
        ("seller.fulfillment.package.write", Severity.WARNING),
        ("seller.product.write", Severity.WARNING),
        ("seller.finance.info", Severity.WARNING),
        ("seller.logistics", Severity.WARNING),
    ]


def test_every_permission_that_is_used_is_checked():
    used = {one.scope for one in vars(endpoints).values() if isinstance(one, endpoints.Endpoint)}

    assert used == {*accounts.tiktok.scopes.ESSENTIAL, *accounts.tiktok.scopes.HELPFUL}


def test_a_withdrawn_authorization_is_an_error_and_stays_one(connected, tiktok):
    tiktok.world.authority.withdraw()

    assert wrong(connected) == ["AUTHORIZATION_ENDED"]
    assert Connection.objects.get().state == ConnectionState.NEEDS_REAUTH
    assert wrong(connected) == ["AUTHORIZATION_ENDED"]


def test_a_shop_that_is_no_longer_covered(connected, tiktok):
    Connection.objects.update(account_id="7000000000000000009")

    assert wrong(connected) == ["SHOP_MISSING"]


def test_a_renamed_shop_is_taken_over(connected, tiktok):
    tiktok.world.shops[0].name = "New name"

    assert wrong(connected) == []
    assert Connection.objects.get().account_name == "New name"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"region": "GB"}, "CURRENCY_MISMATCH"),
        ({"policy": {"warehouse": "gone"}}, "WAREHOUSE_MISSING"),
        ({"channel_slug": "nowhere"}, "SALEOR_FAILED"),
        ({"refresh_pending_since": timezone.now()}, "REFRESH_IN_DOUBT"),
    ],
)
def test_what_does_not_fit_together(connected, changes, code):
    Connection.objects.update(**changes)

    assert wrong(connected) == [code]


def test_what_a_refresh_during_the_verification_settled_is_not_found_any_more(connected):
    now = timezone.now()
    Connection.objects.update(
        access_expires_at=now, refresh_pending_since=now - timedelta(minutes=5), scopes=[]
    )

    assert wrong(Connection.objects.get()) == []
    assert Connection.objects.get().refresh_pending_since is None


def test_the_wrong_region_group(connected, tiktok):
    accounts.configure(CHANNEL, entered(tiktok, region_group="ROW"), "staff:1")

    assert wrong(connected) == ["REGION_GROUP_MISMATCH"]


@pytest.mark.parametrize(
    ("skew", "expected"),
    [(60, ["CLOCK_SKEW"]), (280, ["CLOCK_SKEW"]), (600, ["TIKTOK_FAILED", "CLOCK_SKEW"])],
)
def test_a_wrong_clock(connected, tiktok, skewed, skew, expected):
    tiktok.configure(gateway_skew=skew)
    skewed(skew)

    assert wrong(connected) == expected
    severity = {one.code: one.severity for one in accounts.findings(Connection.objects.get())}
    assert severity["CLOCK_SKEW"] == (Severity.WARNING if skew == 60 else Severity.ERROR)


def test_tiktok_being_down_is_said(connected, tiktok):
    tiktok.inject_fault("unavailable", times=None)

    assert wrong(connected) == ["TIKTOK_FAILED"]
    assert Connection.objects.get().state == ConnectionState.ACTIVE


def test_an_app_without_permissions(connected, saleor, settings):
    saleor.add_app("poor-app-token", permissions=["MANAGE_ORDERS"])
    settings.SALEOR_APP_TOKEN = "poor-app-token"
    get_saleor.cache_clear()

    found = [one for one in accounts.verify(connected) if one.code == "SALEOR_PERMISSION_MISSING"]

    assert found
    assert all(one.severity == Severity.ERROR for one in found)
    missing = get_saleor().app_status().missing_permissions
    assert {one.subject for one in found} == set(missing)


def test_saleor_being_away(connected, saleor):
    saleor.stop()

    assert wrong(connected) == ["SALEOR_FAILED"]


def test_work_that_nobody_takes(connected):
    Job.objects.create(
        kind="order.sync",
        connection=connected,
        subject="1",
        dedup_key="order.sync:1",
        run_after=timezone.now() - timedelta(minutes=20),
    )

    assert wrong(connected) == ["WORK_STALLED"]


def test_a_long_queue_that_somebody_works_at(connected):
    now = timezone.now()
    for number, status in ((1, JobStatus.QUEUED), (2, JobStatus.RUNNING)):
        Job.objects.create(
            kind="order.sync",
            connection=connected,
            subject=str(number),
            dedup_key=f"order.sync:{number}",
            status=status,
            run_after=now - timedelta(minutes=20),
            lease_owner="worker" if status == JobStatus.RUNNING else "",
            lease_until=now + timedelta(minutes=1) if status == JobStatus.RUNNING else None,
        )

    assert wrong(connected) == []

    Job.objects.update(lease_until=now - timedelta(minutes=1))  # it is lost
    assert wrong(connected) == ["WORK_STALLED"]


def test_a_silent_beat(connected):
    heartbeat = Job.objects.create(
        kind="accounts.refresh",
        connection=connected,
        dedup_key="accounts.refresh",
        status=JobStatus.DONE,
    )
    alive = codes(connected)
    Job.objects.filter(pk=heartbeat.pk).update(created_at=timezone.now() - timedelta(hours=1))

    assert "BACKGROUND_OK" in alive
    assert wrong(connected) == ["BEAT_SILENT"]


@pytest.mark.parametrize(
    ("state", "code"),
    [
        (ConnectionState.PENDING, "NOT_CONNECTED"),
        (ConnectionState.DISABLED, "DISCONNECTED"),
        (ConnectionState.NEEDS_REAUTH, "AUTHORIZATION_ENDED"),
    ],
)
def test_a_connection_that_is_not_active_says_why(connected, state, code):
    Connection.objects.update(state=state)

    assert wrong(connected) == [code]


def test_a_market_that_is_not_known(db, deploy):
    with TikTokSandbox(orders=10, seed=3, regions=("GB",)) as server:
        tiktok = deploy(server)
        connection = connect(tiktok, "tiktok-gb")
        Connection.objects.update(region="XX")
        [shop] = tiktok.world.shops
        object.__setattr__(shop.region, "code", "XX")
        try:
            assert wrong(connection) == ["REGION_UNKNOWN"]
        finally:
            object.__setattr__(shop.region, "code", "GB")


@pytest.fixture
def skewed(connected, monkeypatch):
    """TikTok's ``Date`` header follows the gateway's clock, as a real server's would."""
    import time
    from email.utils import formatdate

    import uvicorn.protocols.http.h11_impl  # noqa: F401  (the sandbox's server)

    def turn(seconds: int) -> None:
        date = formatdate(time.time() + seconds, usegmt=True).encode()
        monkeypatch.setattr(
            "uvicorn.server.ServerState.default_headers",
            property(lambda self: [(b"date", date)], lambda self, value: None),
            raising=False,
        )

    return turn
