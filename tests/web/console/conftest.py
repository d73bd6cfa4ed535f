"""The console of a channel, and people who open it: by Django's client, with a sandbox Saleor."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from typing import Any

import pytest
from django.test import Client, override_settings

from saleor_tiktok_stripe import conf
from saleor_tiktok_stripe.saleor_api import get_saleor
from saleor_tiktok_stripe.sandbox.saleor import SaleorSandbox
from tests.support.shop import CHANNEL

BASE = f"/plugins/channel/{CHANNEL}/{conf.PLUGIN_ID}/console/"
PASSWORD = "canary-staff-password"
STAFF = {
    "admin@shop.example": ("MANAGE_PLUGINS", "MANAGE_ORDERS", "HANDLE_PAYMENTS", "MANAGE_PRODUCTS"),
    "orders@shop.example": ("MANAGE_ORDERS",),
    "plugins@shop.example": ("MANAGE_PLUGINS",),
    "nothing@shop.example": (),
}


@dataclass
class Person:
    """A browser, signed in or not."""

    client: Client
    base: str = BASE

    def get(self, path: str = "", **query: str) -> Any:
        return self.client.get(self.base + path, query)

    def post(self, path: str = "", /, **values: Any) -> Any:
        """Send a form of that page, with the token that the page holds."""
        shown = self.client.get(self.base + path)
        return self.client.post(self.base + path, {"csrf": token_in(shown), **values})

    def sign_in(self, email: str, password: str = PASSWORD, **values: str) -> Any:
        form = self.client.get(self.base + "sign-in/")
        sent = {"csrf": token_in(form), "email": email, "password": password, **values}
        return self.client.post(self.base + "sign-in/", sent)


def token_in(answer: Any) -> str:
    """The token of a page's forms."""
    found = re.search(r'name="csrf" value="([^"]+)"', answer.content.decode())
    assert found, answer.content.decode()[:2000]
    return unescape(found[1])


@pytest.fixture(scope="package")
def saleor_server() -> Iterator[SaleorSandbox]:
    with SaleorSandbox() as sandbox:
        sandbox.add_channel(CHANNEL, "USD", "US", [], quantity=0)
        sandbox.add_channel("other", "USD", "US", [], quantity=0)
        yield sandbox


@pytest.fixture
def saleor(saleor_server: SaleorSandbox) -> Iterator[SaleorSandbox]:
    """With all these people, whatever a test before did to them."""
    for email, permissions in STAFF.items():
        saleor_server.add_staff(email, permissions, password=PASSWORD)
    saleor_server.add_staff(
        "other@shop.example", STAFF["admin@shop.example"], channels=["other"], password=PASSWORD
    )
    saleor_server.add_customer("customer@shop.example", password=PASSWORD)
    saleor_server.state.blocked.clear()
    saleor_server.state.failures.clear()
    saleor_server.requests.clear()
    settings = {"SALEOR_API_URL": saleor_server.url, "SALEOR_APP_TOKEN": saleor_server.token}
    with override_settings(**settings):
        get_saleor.cache_clear()
        yield saleor_server
        get_saleor.cache_clear()


@pytest.fixture
def somebody(saleor: SaleorSandbox) -> Person:
    """Not signed in."""
    return Person(Client())


@pytest.fixture
def admin(saleor: SaleorSandbox) -> Person:
    return signed_in("admin@shop.example")


def signed_in(email: str) -> Person:
    person = Person(Client())
    answer = person.sign_in(email)
    assert answer.status_code == 303, answer.content
    return person
