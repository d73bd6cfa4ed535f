"""Fixtures for the tests on a real Saleor."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING

import django.test
import pytest
from cryptography.fernet import Fernet
from saleor.tests.utils import prepare_test_db_connections

from saleor_tiktok_stripe.sandbox.components import saleor_env
from saleor_tiktok_stripe.sandbox.components.postgres import Postgres
from saleor_tiktok_stripe.sandbox.stripe import StripeSandbox

if TYPE_CHECKING:
    from .shop import Shop

# As Saleor's own conftest does: its reads go to a replica, which in tests is the same connection.
django.test.TestCase.databases = {"default", "replica"}
django.test.TransactionTestCase.databases = {"default", "replica"}
prepare_test_db_connections()


@pytest.fixture(scope="session")
def saleor_home() -> saleor_env.SaleorHome:
    """The Saleor under test: importable here, as these tests run in its environment."""
    return saleor_env.find()


@pytest.fixture
def saleor_database() -> Iterator[str]:
    """URL of a migrated Saleor database without rows, for servers and workers of a test."""
    server = Postgres(url=os.environ["DATABASE_URL"])
    server.url = server.database_url("postgres")
    name = f"saleor_{uuid.uuid4().hex[:8]}"
    url = server.create_database(name, template=os.environ["SALEOR_TEMPLATE_DATABASE"])
    yield url
    server.drop_database(name)


@pytest.fixture
def stripe(settings) -> Iterator[StripeSandbox]:
    """The Stripe that this deployment uses."""
    from saleor_tiktok_stripe.accounts.stripe import vendor

    with StripeSandbox(seed=4) as sandbox:
        settings.TIKTOK_STRIPE_STRIPE_API_URL = sandbox.base_url
        settings.TIKTOK_STRIPE_STRIPE_FILES_URL = sandbox.files_url
        settings.TIKTOK_STRIPE_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
        vendor._door.cache_clear()  # breakers, pauses and limits of the test before
        yield sandbox


@pytest.fixture
def shop(stripe) -> Shop:
    """A channel that takes payments with that Stripe."""
    # Not above: models are only there once Django is.
    from .payments import connect, switch
    from .shop import make_shop

    made = make_shop()
    switch(made)
    connect(made, stripe)
    return made
