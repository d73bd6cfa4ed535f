from __future__ import annotations

import pytest

from saleor_tiktok_stripe.stripe_api import StripeAccess, StripeClient, open_door
from saleor_tiktok_stripe.stripe_api.gateway import Gateway
from tests.stripe_api.stub import SECRET


@pytest.fixture
def door():
    return open_door(allow_loopback=True)


@pytest.fixture
def client_for(door):
    def make(server, *, key=SECRET, account="", **options):
        return StripeClient(
            StripeAccess(key, account), door, api_url=server.url, files_url=server.url, **options
        )

    return make


@pytest.fixture
def gateway_for(door):
    """A gateway whose pauses are noted instead of made."""

    def make(server, **options):
        slept: list[float] = []
        gateway = Gateway(SECRET, door, api_url=server.url, sleep=slept.append, **options)
        return gateway, slept

    return make
