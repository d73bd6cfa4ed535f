"""Fixtures for the tests on a real Saleor."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator

import django.test
import pytest
from saleor.tests.utils import prepare_test_db_connections

from saleor_tiktok_stripe.sandbox.components import saleor_env
from saleor_tiktok_stripe.sandbox.components.postgres import Postgres

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
