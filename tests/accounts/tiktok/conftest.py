"""A seller at the sandbox TikTok, a sandbox Saleor, and a channel between them."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

import pytest
import requests
from cryptography.fernet import Fernet
from django.db import connection as database

from saleor_tiktok_stripe import accounts, inbox
from saleor_tiktok_stripe.accounts.tiktok import refreshing, vendor
from saleor_tiktok_stripe.errors import RetryLater
from saleor_tiktok_stripe.models import Connection
from saleor_tiktok_stripe.saleor_api import get_saleor
from saleor_tiktok_stripe.sandbox.saleor import SaleorSandbox
from saleor_tiktok_stripe.sandbox.tiktok import TikTokSandbox
from tests.support.serving import served

CHANNEL = "tiktok-us"
ENCRYPTION_KEY = Fernet.generate_key().decode()


@pytest.fixture
def saleor(settings) -> Iterator[SaleorSandbox]:
    with SaleorSandbox() as server:
        server.add_channel(CHANNEL, "USD", "US")
        server.add_channel("tiktok-us-2", "USD", "US")
        server.add_channel("tiktok-eu", "EUR", "DE")
        server.add_channel("tiktok-gb", "GBP", "GB")
        settings.SALEOR_API_URL = server.url
        settings.SALEOR_APP_TOKEN = server.token
        get_saleor.cache_clear()
        yield server
    get_saleor.cache_clear()


@pytest.fixture
def deploy(settings, saleor):
    """Point this deployment at a TikTok sandbox."""
    inbox.forget()
    vendor._door.cache_clear()  # breakers and limits of the test before

    def point(tiktok: TikTokSandbox) -> TikTokSandbox:
        settings.TIKTOK_STRIPE_SANDBOX = "1"
        settings.TIKTOK_STRIPE_ENCRYPTION_KEYS = [ENCRYPTION_KEY]
        settings.TIKTOK_STRIPE_PUBLIC_URL = "http://127.0.0.1:9"
        settings.TIKTOK_STRIPE_TIKTOK_API_URL = tiktok.base_url
        settings.TIKTOK_STRIPE_TIKTOK_AUTH_URL = tiktok.auth_url
        settings.TIKTOK_STRIPE_TIKTOK_CONSENT_URL = tiktok.auth_url + "/{group}"
        tiktok.configure(redirect_url="http://127.0.0.1:9/back", rate_limit=1000, rate_burst=1000)
        return tiktok

    return point


@pytest.fixture
def tiktok(deploy) -> Iterator[TikTokSandbox]:
    with TikTokSandbox(orders=10, seed=7) as server:
        yield deploy(server)


@pytest.fixture
def app_url() -> Iterator[str]:
    """This app over HTTP, on threads of this process. The test must be transactional."""
    with served() as url:
        yield url


def entered(tiktok: TikTokSandbox, **changes) -> accounts.ChannelSettings:
    """What a merchant copies from Partner Center."""
    app = tiktok.credentials
    region = "US" if app["region"] == "US" else "ROW"
    values = {
        "app_key": app["app_key"],
        "app_secret": app["app_secret"],
        "service_id": app["service_id"],
        "region_group": region,
    }
    return accounts.ChannelSettings(**{**values, **changes})


def consent(url: str, answer: str = "approve") -> dict[str, str]:
    """Open the consent page, answer it, and read what TikTok sends back."""
    page = requests.get(url, timeout=60)
    assert page.status_code == 200, page.text
    action = re.search(r'action="([^"]+)"', page.text)
    state = re.search(r'name="state" value="([^"]*)"', page.text)
    assert action
    assert state
    sent = requests.post(
        requests.compat.urljoin(url, action[1]),
        data={"state": state[1], "answer": answer},
        allow_redirects=False,
        timeout=60,
    )
    target = requests.compat.urlsplit(sent.headers["Location"])
    return dict(part.split("=", 1) for part in target.query.split("&"))


def connect(tiktok: TikTokSandbox, channel: str = CHANNEL, **changes) -> Connection:
    """Go through the whole consent."""
    url = accounts.begin_connect(channel, entered(tiktok, **changes), "staff:1")
    answer = consent(url)
    return accounts.complete_connect(answer["state"], answer["code"])


def grant(tiktok: TikTokSandbox):
    """The pair of tokens that TikTok issued last; None before the first."""
    return tiktok.world.authority.grant


@pytest.fixture
def connected(db, tiktok) -> Connection:
    return connect(tiktok)


def token_of(pk: int) -> str:
    """What a thread that needs a usable token ends with, coming back as told."""
    deadline = time.monotonic() + 60
    try:
        while time.monotonic() < deadline:
            try:
                return refreshing.usable(Connection.objects.get(pk=pk)).access_token
            except RetryLater:
                time.sleep(0.05)
    finally:
        database.close()
    return "none in time"
