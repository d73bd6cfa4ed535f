"""Notices in Saleor's hands: its own mail settings, and the settings form."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.cache import cache
from saleor.plugins.models import PluginConfiguration

from saleor_tiktok_stripe import jobs, notices
from saleor_tiktok_stripe.accounts import channel_connections
from saleor_tiktok_stripe.jobs import clock
from saleor_tiktok_stripe.models import NoticeDelivery
from saleor_tiktok_stripe.saleor_api.mail import staff_mail_server
from tests.support.factories import make_connection
from tests.support.receivers import Mailbox, mail_server

pytestmark = pytest.mark.django_db
ADMIN_EMAILS = "mirumee.notifications.admin_email"
SMTP = "django.core.mail.backends.smtp.EmailBackend"
CHANNEL = "tiktok-us"


@pytest.fixture(autouse=True)
def deployment(settings):
    settings.TIKTOK_STRIPE_PUBLIC_URL = "https://shop.example.com"
    settings.EMAIL_BACKEND, settings.EMAIL_HOST, settings.EMAIL_PORT = SMTP, "", ""
    settings.DEFAULT_FROM_EMAIL = "server@example.com"
    # Only what this is about: other tests' settings have fewer plugins than a shop.
    settings.PLUGINS = ["saleor.plugins.admin_email.plugin.AdminEmailPlugin"]
    cache.clear()


def admin_emails(active: bool, **fields: object) -> None:
    names = ("host", "port", "username", "password", "sender_name", "sender_address")
    values = {**dict.fromkeys(names), "use_tls": False, "use_ssl": False, **fields}
    PluginConfiguration.objects.update_or_create(
        identifier=ADMIN_EMAILS,
        channel=None,
        defaults={
            "active": active,
            "configuration": [{"name": name, "value": value} for name, value in values.items()],
        },
    )


def send() -> NoticeDelivery:
    """An urgent notice, until it was handed over."""
    connection = make_connection(CHANNEL, state="needs_reauth", state_reason="It was withdrawn.")
    notices.configure(CHANNEL, {"recipients": "merchant@example.com"}, "staff")
    notices.look([connection])
    with clock.turned(timedelta(minutes=3).total_seconds()):
        notices.look(channel_connections(CHANNEL))
        jobs.work()
    return NoticeDelivery.objects.get()


def to(box: Mailbox) -> list[tuple[str, str, str]]:
    return [(mail["From"], mail["To"], mail["Subject"]) for mail in box.mails]


SUBJECT = "tiktok-us: The connection to Test shop has ended, and its work waits: It was withdrawn."


def test_mail_goes_through_the_server_of_the_admin_emails_plugin_where_that_is_on():
    with mail_server(login=(b"shop", b"canary-mail-password")) as box:
        admin_emails(
            active=True, host="127.0.0.1", port=str(box.port), username="shop",
            password="canary-mail-password", sender_name="The Shop",
            sender_address="shop@example.com",
        )  # fmt: skip

        row = send()

        assert (row.state, row.error) == ("sent", "")
        assert to(box) == [("The Shop <shop@example.com>", "merchant@example.com", SUBJECT)]
        assert box.logins == [(b"shop", b"canary-mail-password")]
    server = staff_mail_server()
    assert server is not None
    assert (server.host, server.username) == ("127.0.0.1", "shop")
    assert "canary" not in repr(server)


def test_a_plugin_without_a_server_of_its_own_mails_with_email_url(settings):
    with mail_server() as box:
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", str(box.port)
        admin_emails(active=True)

        send()

        assert to(box) == [("server@example.com", "merchant@example.com", SUBJECT)]


def test_where_the_plugin_is_off_email_url_holds(settings):
    with mail_server() as box, mail_server() as other:
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", str(box.port)
        admin_emails(
            active=False, host="127.0.0.1", port=str(other.port), sender_address="no@example.com"
        )
        assert staff_mail_server() is None

        send()

        assert to(box) == [("server@example.com", "merchant@example.com", SUBJECT)]
        assert other.mails == []


def test_without_any_mail_server_the_mail_waits_and_says_why():
    admin_emails(active=True)

    row = send()

    assert (row.state, row.error) == ("pending", "MAIL_NOT_CONFIGURED")


def test_settings_that_cannot_be_used_make_the_mail_wait():
    admin_emails(
        active=True, host="127.0.0.1", port="twenty-five", sender_address="shop@example.com"
    )

    row = send()

    assert (row.state, row.error) == ("pending", "MAIL_NOT_CONFIGURED")
