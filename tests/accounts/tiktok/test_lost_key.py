"""A missing or other encryption key: said in words everywhere, and there is a way out."""

from __future__ import annotations

import pytest
from cryptography.fernet import Fernet
from django.test import Client

from saleor_tiktok_stripe import accounts, health, inbox
from saleor_tiktok_stripe.accounts import form
from saleor_tiktok_stripe.errors import ChannelError
from saleor_tiktok_stripe.models import Connection, ConnectionState, EventStatus, InboundEvent
from tests.inbox.signed import body
from tests.support.factories import make_connection, make_stripe_connection

pytestmark = pytest.mark.django_db
CHANNEL = "tiktok-us"
FORM = {"app_key": "newkey0001", "service_id": "7001", "region_group": "ROW", "shop": ""}


@pytest.fixture(params=[[], ["malformed"], [Fernet.generate_key().decode()]])
def lost(request, settings) -> Connection:
    connection = make_connection(CHANNEL)
    inbox.forget()
    settings.TIKTOK_STRIPE_ENCRYPTION_KEYS = request.param
    return Connection.objects.get(pk=connection.pk)


def test_a_notification_is_answered_so_that_tiktok_sends_it_again(lost):
    address = f"/plugins/channel/{CHANNEL}/saleor.tiktok_stripe/webhooks/tiktok/"

    answer = Client(raise_request_exception=True).post(address, b"{}", "application/json")

    assert (answer.status_code, answer.content) == (503, b"")


def test_the_form_still_opens_and_says_what_to_do(lost):
    shown = form.outputs(CHANNEL, "staff:1")

    assert "TIKTOK_STRIPE_ENCRYPTION_KEYS" in shown["state"]
    assert "connect_link" not in shown


def test_verifying_finds_it(lost):
    [found] = accounts.verify(lost)

    assert found.code in {"SECRET_UNREADABLE", "ENCRYPTION_KEYS_NOT_USABLE"}
    assert found.severity == accounts.Severity.ERROR
    assert accounts.findings(Connection.objects.get()) == [found]


def test_health_does_not_say_that_all_is_well(lost):
    assert health.summary(lost) == {"status": "attention"}
    assert "TIKTOK_STRIPE_ENCRYPTION_KEYS" in health.details(lost)["connection"]["reason"]


def test_entering_the_secret_anew_is_the_way_out_of_a_lost_key(saleor, settings):
    make_connection(CHANNEL)
    settings.TIKTOK_STRIPE_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]

    kept = form.save(CHANNEL, {**FORM, "app_secret": "new-secret-0001"}, active=True)

    connection = Connection.objects.get()
    held = accounts.credentials(connection)
    assert kept["app_secret"] == form.MASK
    assert (held.app.app_secret, held.access_token) == ("new-secret-0001", "")
    assert connection.state == ConnectionState.NEEDS_REAUTH
    assert "could not be read" in connection.state_reason


@pytest.mark.parametrize("secret", [form.MASK, ""])
def test_without_the_secret_nothing_is_overwritten(saleor, settings, secret):
    key = Fernet.generate_key().decode()
    settings.TIKTOK_STRIPE_ENCRYPTION_KEYS = [key]
    before = accounts.credentials(make_connection(CHANNEL))
    settings.TIKTOK_STRIPE_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]

    with pytest.raises(ChannelError, match="SECRET_UNREADABLE"):
        form.save(CHANNEL, {**FORM, "app_secret": secret}, active=True)

    settings.TIKTOK_STRIPE_ENCRYPTION_KEYS = [key]
    assert accounts.credentials(Connection.objects.get()) == before


@pytest.mark.parametrize("secret", [form.MASK, ""])
def test_whoever_switches_the_plugin_off_is_not_kept_from_it(lost, secret):
    make = Connection.objects.values_list("credentials", flat=True)
    stored = make.get().stored

    kept = form.save(CHANNEL, {**FORM, "app_secret": secret}, active=False)

    assert kept == {}
    connection = Connection.objects.get()
    assert connection.state == ConnectionState.DISABLED
    assert make.get().stored == stored


def test_a_stripe_account_is_switched_off_as_well(settings):
    stripe = make_stripe_connection(CHANNEL)
    settings.TIKTOK_STRIPE_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    values = {
        "stripe_secret_key": form.MASK,
        "stripe_publishable_key": stripe.credentials["publishable_key"],
    }

    asked = form.ask_first(CHANNEL, values, active=False)
    form.save(CHANNEL, values, active=False, asked=asked)

    assert Connection.objects.get().state == ConnectionState.DISABLED
    assert accounts.unreadable(Connection.objects.get()) is not None


@pytest.mark.parametrize(
    ("make", "code"),
    [(make_connection, "TIKTOK_NOT_TOLD"), (make_stripe_connection, "STRIPE_NOT_TOLD")],
)
@pytest.mark.parametrize("state", [ConnectionState.ACTIVE, ConnectionState.NEEDS_REAUTH])
def test_what_cannot_be_read_can_still_be_disconnected(settings, make, code, state):
    make(CHANNEL, state=state)
    settings.TIKTOK_STRIPE_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]

    found = accounts.disconnect(Connection.objects.get(), "staff:1")

    told = [] if state == ConnectionState.NEEDS_REAUTH else [(code, "SECRET_UNREADABLE")]
    assert [(one.code, one.subject) for one in found] == told
    connection = Connection.objects.get()
    assert connection.state == ConnectionState.DISABLED
    assert accounts.unreadable(connection) is None
    assert not any(connection.credentials[name] for name in connection.credentials if "sec" in name)


def test_notifications_that_cannot_be_read_keep_no_others_from_being_handed_over(settings):
    settings.TIKTOK_STRIPE_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    connection = make_connection(CHANNEL)
    gone = make_event(connection, "1")
    settings.TIKTOK_STRIPE_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    Connection.objects.update(credentials=make_connection("other", shop_id="2").credentials)
    there = make_event(connection, "2")

    report = inbox.replay([gone.pk, there.pk], "staff:1")

    assert (report.replayed, report.ignored) == (1, 1)
    assert list(InboundEvent.objects.order_by("pk").values_list("replays", flat=True)) == [0, 1]


def test_what_a_notification_holds_of_a_buyer_is_erased_though_it_cannot_be_read(settings):
    connection = make_connection(CHANNEL)
    event = make_event(connection, "1")
    settings.TIKTOK_STRIPE_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]

    planned = inbox.erase([connection], [event.subject], dry_run=True)
    erased = inbox.erase([connection], [event.subject])

    assert (planned, erased) == (1, 1)
    assert InboundEvent.objects.get().body == ""
    assert inbox.erase([connection], [event.subject]) == 0


def test_the_secret_of_notices_is_made_anew(settings):
    make_connection(CHANNEL)
    accounts.configure_notices(CHANNEL, {"webhook_url": "https://shop.example/notices"})
    settings.TIKTOK_STRIPE_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]

    accounts.configure_notices(CHANNEL, {"digest_hour": 9})
    with pytest.raises(ChannelError, match="SECRET_UNREADABLE"):
        accounts.notice_secrets(CHANNEL)
    made = accounts.rotate_notice_secret(CHANNEL)

    assert accounts.notice_secrets(CHANNEL) == (made,)


def make_event(connection: Connection, key: str) -> InboundEvent:
    return InboundEvent.objects.create(
        provider="tiktok",
        connection=connection,
        event_key=key,
        event_type="ORDER_STATUS_CHANGE",
        subject="576653688135258178",
        body=body(event_id=key).decode(),
        status=EventStatus.HANDED_OVER,
    )
