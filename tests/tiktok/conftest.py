from __future__ import annotations

import pytest

from saleor_tiktok_stripe.tiktok.client import TikTokClient, open_door
from saleor_tiktok_stripe.tiktok.gateway import AppCredentials
from saleor_tiktok_stripe.transport import Lane

NOW = 1767225600.0


@pytest.fixture
def app():
    return AppCredentials("demoappkey1", "s3cr3t_demo_0001", "7300000000000000001")


@pytest.fixture
def door():
    return open_door(allow_loopback=True)


@pytest.fixture
def client_for(app, door):
    def make(server, **kwargs):
        return TikTokClient(
            app,
            "TTP_accessToken",
            "GCP_demoCipherAAAA",
            door,
            **{"base_url": server.url, "clock": lambda: NOW, "lane": Lane.INTERACTIVE, **kwargs},
        )

    return make
