"""A channel with a TikTok shop and a Stripe account, a mail server and a webhook's receiver."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from cryptography.fernet import Fernet

from saleor_tiktok_stripe.models import Connection
from saleor_tiktok_stripe.notices import webhook
from tests.support.factories import make_connection, make_stripe_connection
from tests.support.receivers import Hook, Mailbox, mail_server, webhook_receiver

from .stage import CHANNEL

KEYS = [Fernet.generate_key().decode()]


@pytest.fixture(autouse=True)
def deployment(settings) -> None:
    settings.TIKTOK_STRIPE_ENCRYPTION_KEYS = KEYS
    settings.TIKTOK_STRIPE_PUBLIC_URL = "http://127.0.0.1:9"
    settings.TIKTOK_STRIPE_SANDBOX = "1"
    settings.DEFAULT_FROM_EMAIL = "Shop <shop@example.com>"
    webhook._door.cache_clear()  # limits of the test before


@pytest.fixture
def mailbox(settings) -> Iterator[Mailbox]:
    with mail_server() as box:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", box.port
        settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
        yield box


@pytest.fixture
def hook() -> Iterator[Hook]:
    with webhook_receiver() as receiver:
        yield receiver


@pytest.fixture
def tiktok(db: None) -> Connection:
    return make_connection(CHANNEL)


@pytest.fixture
def stripe(tiktok: Connection) -> Connection:
    return make_stripe_connection(CHANNEL)
