"""Ending a connection, switching it off and on; and that no secret shows anywhere."""

from __future__ import annotations

import logging
import traceback
from dataclasses import replace

import pytest
from django.db import connection as database

from saleor_tiktok_stripe import accounts
from saleor_tiktok_stripe.accounts import form
from saleor_tiktok_stripe.accounts import jobs as account_jobs
from saleor_tiktok_stripe.accounts.tiktok import vendor
from saleor_tiktok_stripe.errors import ChannelError, InvalidInput, RetryLater
from saleor_tiktok_stripe.jobs import enqueue
from saleor_tiktok_stripe.models import AuditEntry, Connection, ConnectionState, Job, JobStatus

from .conftest import CHANNEL, connect, consent, entered, grant
from .test_refreshing import job

pytestmark = pytest.mark.django_db


def test_disconnecting_leaves_no_webhook_no_secret_and_no_open_job(connected, tiktok):
    accounts.verify(connected)
    other = accounts.client(connected)
    other.register_webhook("NEW_MESSAGE", "https://elsewhere.example.com/")
    enqueue("order.sync", connected, "1")
    vendor._door.cache_clear()  # as if a second had passed: limits

    found = accounts.disconnect(connected, "staff:1")

    assert found == []
    shop = tiktok.world.shops[0]
    assert [row.address for row in other.webhooks()] == ["https://elsewhere.example.com/"]
    assert grant(tiktok) is not None
    stored = Connection.objects.get()
    assert (stored.state, stored.state_reason) == (
        ConnectionState.DISABLED,
        "The shop was disconnected.",
    )
    held = accounts.credentials(stored)
    assert (held.access_token, held.refresh_token, held.app.app_secret) == ("", "", "")
    assert held.app.app_key
    assert stored.access_expires_at is None
    assert Job.objects.get(kind="order.sync").status == JobStatus.DONE
    assert Job.objects.get(kind="order.sync").outcome == "disconnected"
    # Else housekeeping never clears it away.
    assert Job.objects.get(kind="order.sync").finished_at is not None
    entry = AuditEntry.objects.get(action="connection.disconnected")
    assert (entry.actor, entry.data) == ("staff:1", {"closed_jobs": "2"})
    assert stored.account_id == shop.id


def test_the_authorization_is_ended_at_tiktok_on_request(connected, tiktok):
    accounts.disconnect(connected, "staff:1", end_authorization=True)

    assert grant(tiktok) is None


def test_tiktok_being_away_does_not_keep_a_shop_connected(connected, tiktok):
    tiktok.inject_fault("unavailable", times=None)

    found = accounts.disconnect(connected, "staff:1")

    assert [one.code for one in found] == ["TIKTOK_NOT_TOLD"]
    stored = Connection.objects.get()
    assert stored.state == ConnectionState.DISABLED
    assert not accounts.credentials(stored).refresh_token


def test_a_dead_authorization_is_disconnected_without_asking(connected, tiktok):
    accounts.mark_needs_reauth(connected, "The seller withdrew.")
    tiktok.inject_fault("unavailable", times=None)

    assert accounts.disconnect(connected, "staff:1") == []
    assert Connection.objects.get().state == ConnectionState.DISABLED


def test_a_disconnected_channel_is_connected_again(connected, tiktok):
    accounts.disconnect(connected, "staff:1")

    again = connect(tiktok)

    assert (again.pk, again.state) == (connected.pk, ConnectionState.ACTIVE)
    assert accounts.client(again).shops()


def test_switched_off_and_on_again_it_goes_on_without_a_consent(connected, tiktok):
    before = accounts.credentials(connected)
    enqueue("order.sync", connected, "1")

    changed = accounts.switch_off(connected, "staff:1"), accounts.switch_off(connected, "staff:1")
    off = Connection.objects.get().state
    back = accounts.switch_on(connected, "staff:1"), accounts.switch_on(connected, "staff:1")

    assert (changed, off, back) == ((True, False), ConnectionState.DISABLED, (True, False))
    stored = Connection.objects.get()
    assert stored.state == ConnectionState.ACTIVE
    assert accounts.credentials(stored) == before
    assert Job.objects.get(kind="order.sync").status == JobStatus.QUEUED


def test_a_shop_taken_meanwhile_is_not_taken_back(connected, tiktok):
    accounts.switch_off(connected, "staff:1")
    connect(tiktok, "tiktok-us-2")

    with pytest.raises(InvalidInput) as caught:
        accounts.switch_on(connected, "staff:1")

    assert caught.value.code == "SHOP_TAKEN"
    connected.refresh_from_db()
    assert connected.state == ConnectionState.DISABLED


def test_the_job_ends_what_the_form_cleared_unless_it_was_connected_again(connected, tiktok):
    skipped = account_jobs.end(connected, [job(connected)])
    kept = Connection.objects.get().state
    values = form_values(tiktok)
    form.save(CHANNEL, {**values, "app_secret": ""}, active=True)
    held = accounts.credentials(Connection.objects.get()).app.app_secret

    ended = account_jobs.end(connected, [job(connected)])

    assert (skipped[1].outcome, kept) == ("skipped", ConnectionState.ACTIVE)
    assert held == tiktok.credentials["app_secret"]
    assert ended[1].outcome == "ok"
    assert not accounts.credentials(Connection.objects.get()).app.app_secret


def test_the_form_chooses_among_several_shops_and_keeps_the_choice(connected, tiktok):
    values = form_values(tiktok)

    kept = form.save(CHANNEL, {**values, "shop": connected.account_id}, active=True)
    with pytest.raises(InvalidInput) as other:
        form.save(CHANNEL, {**values, "shop": "123"}, active=True)

    assert kept == {"app_secret": "********", "shop": connected.account_id, "region_group": "US"}
    assert other.value.code == "SHOP_UNKNOWN"
    assert other.value.field == "shop"


def test_a_choice_that_the_form_does_not_show_stays(connected, tiktok):
    policy = accounts.policy(connected).model_copy(update={"sku_match": ("barcode",)})
    accounts.configure(CHANNEL, entered(tiktok, policy=policy), "staff:1")

    form.save(CHANNEL, {**form_values(tiktok), "stock_buffer": "2"}, active=True)

    chosen = accounts.policy(Connection.objects.get())
    assert (chosen.sku_match, chosen.stock_buffer) == (("barcode",), 2)


def test_a_disconnect_waits_for_tiktok_three_times(connected, tiktok):
    accounts.switch_off(connected, "staff:1")
    tiktok.inject_fault("unavailable", times=None)

    with pytest.raises(RetryLater):
        account_jobs.end(connected, [job(connected)])
    held = accounts.credentials(Connection.objects.get()).refresh_token
    ended = account_jobs.end(connected, [replace(job(connected), attempts=3)])

    assert held
    assert ended[1].outcome == "warning"
    assert not accounts.credentials(Connection.objects.get()).refresh_token


def test_a_date_in_the_form_fetches_the_history_since_then_once(connected, tiktok):
    values = {**form_values(tiktok), "import_from": "2026-10-01"}

    form.save(CHANNEL, values, active=True)
    form.save(CHANNEL, values, active=True)

    [asked] = Job.objects.filter(kind="orders.backfill")
    assert asked.payload["from"] == "2026-10-01T00:00:00+00:00"
    assert asked.generation == 0


def test_no_secret_in_logs_errors_reprs_audit_or_database(tiktok, caplog):
    caplog.set_level(logging.DEBUG)
    texts: list[str] = []
    url = accounts.begin_connect(CHANNEL, entered(tiktok), "staff:1")
    answer = consent(url)
    connection = accounts.complete_connect(answer["state"], answer["code"])
    secrets = [
        tiktok.credentials["app_secret"],
        grant(tiktok).access_token,
        grant(tiktok).refresh_token,
    ]
    accounts.verify(connection)
    texts += [repr(accounts.credentials(connection)), repr(connection), str(connection)]
    texts += [repr(accounts.client(connection)), repr(entered(tiktok))]
    for break_it in (
        lambda: tiktok.inject_fault("unavailable", times=1),
        lambda: tiktok.inject_fault("internal_error", times=1),
        lambda: tiktok.world.authority.withdraw(),
    ):
        break_it()
        try:
            accounts.client(connection).shops()
        except ChannelError as error:
            texts += [str(error), repr(error), error.message]
            texts.append("".join(traceback.format_exception(error)))
    with database.cursor() as cursor:
        for table in ("connection", "oauthstate", "auditentry", "job"):
            cursor.execute(f"SELECT t::text FROM saleor_tiktok_stripe_{table} t")
            texts += [row[0] for row in cursor.fetchall()]
    texts += [record.getMessage() for record in caplog.records if "sandbox" not in record.name]

    everything = "\n".join(texts)
    for secret in [*secrets, answer["code"], answer["state"]]:
        assert len(secret) > 20
        assert secret not in everything


def form_values(tiktok) -> dict[str, str]:
    app = tiktok.credentials
    return {
        "app_key": app["app_key"],
        "app_secret": form.MASK,
        "service_id": app["service_id"],
        "region_group": "US",
    }
