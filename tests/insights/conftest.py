from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import override_settings

from saleor_tiktok_stripe.models import Connection
from saleor_tiktok_stripe.saleor_api import get_saleor
from saleor_tiktok_stripe.sandbox.saleor import SaleorSandbox
from tests.support.factories import make_connection, make_stripe_connection


@pytest.fixture(scope="session")
def _saleor() -> Iterator[SaleorSandbox]:
    with SaleorSandbox() as saleor:
        saleor.add_channel("tiktok-us", "USD", "US", [], quantity=0)
        yield saleor


@pytest.fixture
def saleor(_saleor: SaleorSandbox) -> Iterator[SaleorSandbox]:
    """A Saleor that has none of the orders of rows made by hand: they are sales without lines."""
    with override_settings(SALEOR_API_URL=_saleor.url, SALEOR_APP_TOKEN=_saleor.token):
        get_saleor.cache_clear()
        yield _saleor
    get_saleor.cache_clear()


@pytest.fixture
def tiktok(db: None) -> Connection:
    return make_connection()


@pytest.fixture
def stripe(db: None, saleor: SaleorSandbox) -> Connection:
    return make_stripe_connection()
