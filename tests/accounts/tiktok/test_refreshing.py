"""The access token: one refresh at a time, stored before use, and what a lost answer leads to."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import pytest
from django.conf import settings as django_settings
from django.utils import timezone

from saleor_tiktok_stripe import accounts
from saleor_tiktok_stripe.accounts import jobs as account_jobs
from saleor_tiktok_stripe.accounts.tiktok import refreshing
from saleor_tiktok_stripe.errors import NeedsReauthorization, Parked, RetryLater
from saleor_tiktok_stripe.jobs import ClaimedJob
from saleor_tiktok_stripe.models import AuditEntry, Connection, ConnectionState, Job
from saleor_tiktok_stripe.tiktok.errors import TokensInDoubt

from .conftest import connect, grant, token_of

pytestmark = pytest.mark.django_db


def pairs_issued(tiktok) -> int:
    """Token texts issued so far: two for each pair, one for each code."""
    return tiktok.world.authority._issued


def age(connection: Connection, *, left: timedelta, life: timedelta = timedelta(days=7)) -> None:
    now = timezone.now()
    Connection.objects.filter(pk=connection.pk).update(
        access_expires_at=now + left, access_issued_at=now + left - life
    )
    connection.refresh_from_db()


@pytest.mark.parametrize(
    ("life", "left", "due"),
    [
        (timedelta(days=7), timedelta(hours=17), False),
        (timedelta(days=7), timedelta(hours=16, minutes=47), True),
        (timedelta(hours=4), timedelta(minutes=61), False),
        (timedelta(hours=4), timedelta(minutes=59), True),
        (timedelta(minutes=30), timedelta(minutes=16), False),
        (timedelta(minutes=30), timedelta(minutes=14), True),
        (timedelta(days=7), timedelta(seconds=-1), True),
    ],
)
def test_a_token_is_refreshed_ahead_of_its_end_but_never_in_its_first_half(life, left, due):
    now = timezone.now()
    connection = Connection(access_issued_at=now + left - life, access_expires_at=now + left)

    assert refreshing.refresh_due(connection, now) is due


def test_a_fresh_token_is_left_alone(connected, tiktok):
    before = grant(tiktok)

    assert accounts.refresh_if_needed(connected) is False
    assert grant(tiktok) is before


def test_a_refresh_stores_both_tokens_and_the_answers_expiries(connected, tiktok):
    tiktok.configure_tokens(access_life=3 * 86_400)
    age(connected, left=timedelta(hours=1))

    assert accounts.refresh_if_needed(connected) is True

    stored = Connection.objects.get()
    held = accounts.credentials(stored)
    assert held.access_token == grant(tiktok).access_token
    assert held.refresh_token == grant(tiktok).refresh_token
    assert stored.access_expires_at.timestamp() == grant(tiktok).access_expires
    assert stored.refresh_expires_at.timestamp() == grant(tiktok).refresh_expires
    assert stored.refresh_lease_until is None
    assert stored.refresh_pending_since is None
    assert AuditEntry.objects.filter(action="connection.refreshed").count() == 1


@pytest.mark.django_db(transaction=True)
def test_eight_threads_and_two_processes_make_one_call(connected, tiktok):
    age(connected, left=timedelta(seconds=-1))
    before = pairs_issued(tiktok)

    children = [start_child(tiktok) for _ in range(2)]
    for child in children:
        assert child.stdout.readline() == "ready\n"
    for child in children:
        child.stdin.write("go\n")
        child.stdin.flush()
    with ThreadPoolExecutor(8) as pool:
        ours = set(pool.map(token_of, [connected.pk] * 8))
    theirs = [json.loads(child.communicate(timeout=60)[0]) for child in children]

    assert pairs_issued(tiktok) == before + 2
    assert ours == {grant(tiktok).access_token}
    assert theirs == [[grant(tiktok).access_token]] * 2


@pytest.mark.django_db(transaction=True)
def test_a_crash_between_rotation_and_commit_is_visible_and_ends_in_a_new_consent(
    connected, tiktok
):
    age(connected, left=timedelta(seconds=-1))
    child = start_child(tiktok, "crash")
    assert child.stdout.readline() == "ready\n"
    child.communicate("go\n", timeout=60)
    assert child.returncode == 9
    lost = Connection.objects.get()
    held = accounts.credentials(lost).refresh_token
    visible = [found.code for found in accounts.verify(lost)]
    with pytest.raises(RetryLater) as leased:
        accounts.client(lost)

    Connection.objects.update(refresh_lease_until=timezone.now() - timedelta(seconds=1))
    with pytest.raises(NeedsReauthorization) as ended:
        accounts.client(lost)

    assert lost.refresh_pending_since is not None
    assert held != grant(tiktok).refresh_token
    assert "REFRESH_IN_DOUBT" in visible
    assert leased.value.code == "TOKEN_REFRESH_RUNNING"
    assert "was lost" in ended.value.message
    stored = Connection.objects.get()
    assert stored.state == ConnectionState.NEEDS_REAUTH
    assert "was lost" in stored.state_reason
    assert connect(tiktok).state == ConnectionState.ACTIVE
    assert Connection.objects.get().refresh_pending_since is None


def test_losers_go_on_with_the_old_token_while_it_is_valid(connected, tiktok):
    age(connected, left=timedelta(hours=1))
    Connection.objects.update(refresh_lease_until=timezone.now() + timedelta(seconds=25))
    old = accounts.credentials(connected).access_token
    before = grant(tiktok)

    assert refreshing.usable(connected).access_token == old
    assert grant(tiktok) is before


def test_losers_come_back_when_the_old_token_is_no_longer_valid(connected, tiktok):
    age(connected, left=timedelta(seconds=30))
    Connection.objects.update(refresh_lease_until=timezone.now() + timedelta(seconds=25))
    before = grant(tiktok)

    with pytest.raises(RetryLater) as caught:
        refreshing.usable(connected)

    assert caught.value.code == "TOKEN_REFRESH_RUNNING"
    assert caught.value.retry_after == 2.0
    assert grant(tiktok) is before


@pytest.mark.parametrize(("left", "usable"), [(timedelta(hours=1), True), (timedelta(), False)])
def test_a_lost_answer_keeps_the_old_token_while_it_lasts(connected, lossy_auth, left, usable):
    age(connected, left=left)
    old = accounts.credentials(connected).access_token

    if usable:
        assert refreshing.usable(connected).access_token == old
    else:
        with pytest.raises(TokensInDoubt):
            refreshing.usable(connected)

    stored = Connection.objects.get()
    assert stored.state == ConnectionState.ACTIVE
    assert stored.refresh_pending_since is not None
    assert stored.refresh_lease_until > timezone.now()


def test_tiktok_being_away_leaves_no_doubt_behind(connected, settings):
    settings.TIKTOK_STRIPE_TIKTOK_AUTH_URL = "http://127.0.0.1:9"
    age(connected, left=timedelta(hours=1))
    old = accounts.credentials(connected).access_token

    assert refreshing.usable(connected).access_token == old
    assert Connection.objects.get().refresh_pending_since is None


def test_a_terminal_refusal_stops_the_connection_and_its_jobs(connected, tiktok):
    tiktok.world.authority.withdraw()
    age(connected, left=timedelta(hours=1))

    with pytest.raises(NeedsReauthorization) as caught:
        accounts.refresh_if_needed(connected)

    assert caught.value.code == "TIKTOK_REFRESH_TOKEN_UNKNOWN"
    stored = Connection.objects.get()
    assert stored.state == ConnectionState.NEEDS_REAUTH
    assert "does not know this authorization" in stored.state_reason
    assert stored.refresh_lease_until is None
    assert AuditEntry.objects.filter(action="connection.needs_reauth").count() == 1


def test_a_call_survives_the_end_of_its_token(connected, tiktok):
    client = accounts.client(connected)
    grant(tiktok).access_expires = 1
    before = pairs_issued(tiktok)

    shops = client.shops()

    assert [shop.id for shop in shops] == [connected.account_id]
    assert pairs_issued(tiktok) == before + 2
    assert accounts.credentials(Connection.objects.get()).access_token == grant(tiktok).access_token


def test_a_call_with_a_token_that_another_rotated_takes_the_newer_one(connected, tiktok):
    client = accounts.client(connected)
    age(connected, left=timedelta(hours=1))
    accounts.refresh_if_needed(Connection.objects.get())
    before = pairs_issued(tiktok)

    assert client.shops()
    assert pairs_issued(tiktok) == before
    assert Connection.objects.get().state == ConnectionState.ACTIVE


def test_a_call_after_the_seller_withdrew_marks_the_connection(connected, tiktok):
    client = accounts.client(connected)
    tiktok.world.authority.withdraw()

    with pytest.raises(NeedsReauthorization):
        client.shops()

    assert Connection.objects.get().state == ConnectionState.NEEDS_REAUTH


def test_a_job_of_before_a_new_consent_does_not_stop_the_connection_again(connected, tiktok):
    begun_before = Connection.objects.get()
    connect(tiktok)

    stopped = accounts.mark_needs_reauth(begun_before, "The permission was missing.")

    assert stopped is False
    stored = Connection.objects.get()
    assert (stored.state, stored.state_reason) == (ConnectionState.ACTIVE, "")
    assert not AuditEntry.objects.filter(action="connection.needs_reauth").exists()


@pytest.mark.parametrize("expired", [False, True])
def test_a_missing_helpful_permission_parks_that_one_thing(connected, tiktok, expired):
    client = accounts.client(connected)
    if expired:
        grant(tiktok).access_expires = 1
    tiktok.inject_fault("scope_missing", path="/logistics/")

    with pytest.raises(Parked) as caught:
        client.warehouses()

    assert caught.value.problem.code == "TIKTOK_SCOPE_MISSING"
    assert caught.value.problem.params == {"scope": "seller.logistics"}
    assert Connection.objects.get().state == ConnectionState.ACTIVE


def test_the_job_refreshes_and_asks_for_a_daily_verification(connected, tiktok):
    age(connected, left=timedelta(hours=1))

    result = account_jobs.refresh(connected, [job(connected)])
    asked = Job.objects.filter(kind="accounts.verify").count()
    accounts.verify(connected)
    Job.objects.all().delete()
    account_jobs.refresh(connected, [job(connected)])

    assert result[1].outcome == "refreshed"
    assert asked == 1
    assert Job.objects.count() == 0


@pytest.mark.parametrize(
    ("failing", "minutes", "asked"),
    [(True, 14, 0), (True, 16, 1), (False, 16, 0), (False, 24 * 60 + 1, 1)],
)
def test_what_did_not_work_is_looked_at_again_soon(connected, tiktok, failing, minutes, asked):
    if failing:
        tiktok.inject_fault("unavailable", times=None)
    accounts.verify(connected)
    tiktok.clear_faults()
    Connection.objects.update(verified_at=timezone.now() - timedelta(minutes=minutes))

    account_jobs.refresh(Connection.objects.get(), [job(connected)])

    assert Job.objects.filter(kind="accounts.verify").count() == asked


def test_the_job_of_a_withdrawal_asks_tiktok_first(connected, tiktok):
    doubted = account_jobs.deauthorized(connected, [job(connected)])
    state = Connection.objects.get().state
    tiktok.world.authority.withdraw()

    believed = account_jobs.deauthorized(connected, [job(connected)])

    assert (doubted[1].outcome, state) == ("ok", ConnectionState.ACTIVE)
    assert believed[1].outcome == "needs_reauth"
    assert Connection.objects.get().state == ConnectionState.NEEDS_REAUTH


def job(connection: Connection) -> ClaimedJob:
    return ClaimedJob(
        id=1,
        kind="accounts.refresh",
        connection_id=connection.pk,
        subject="",
        payload={},
        attempts=0,
        generation=0,
        progress={},
        lease="",
    )


def start_child(tiktok, *arguments: str) -> subprocess.Popen:
    """Another process on the same database and sandbox."""
    known = django_settings.DATABASES["default"]
    names = [name for name in dir(django_settings) if name.startswith(("TIKTOK_", "SALEOR_A"))]
    environment = {name: getattr(django_settings, name) for name in names}
    environment["TIKTOK_STRIPE_ENCRYPTION_KEYS"] = ",".join(
        django_settings.TIKTOK_STRIPE_ENCRYPTION_KEYS
    )
    password = f":{known['PASSWORD']}" if known.get("PASSWORD") else ""
    environment["DATABASE_URL"] = (
        f"postgres://{known['USER']}{password}@{known['HOST']}:{known['PORT']}/{known['NAME']}"
    )
    environment["DJANGO_SETTINGS_MODULE"] = "saleor_tiktok_stripe.sandbox.sidecar.settings"
    return subprocess.Popen(
        [sys.executable, "-m", "tests.accounts.tiktok.refresher", *arguments],
        env={**os.environ, **environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def lossy_auth(tiktok, settings) -> Iterator[None]:
    """TikTok's auth address behind a line that breaks off before any answer arrives."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            target = urlsplit(tiktok.auth_url)
            upstream = http.client.HTTPConnection(target.hostname, target.port, timeout=60)
            upstream.request("GET", self.path)
            upstream.getresponse().read()
            self.close_connection = True
            self.connection.close()

        log_message: Callable[..., None] = lambda *_: None  # noqa: E731

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    settings.TIKTOK_STRIPE_TIKTOK_AUTH_URL = f"http://127.0.0.1:{server.server_port}"
    yield
    server.shutdown()
    thread.join()
    server.server_close()
