"""Fixtures for all tests. The database server comes from `tests/database.py`."""

from __future__ import annotations

import base64
import importlib.util
import ipaddress
import os
import sys
import uuid
from collections.abc import Iterator
from urllib.parse import urlsplit

import hypothesis
import psycopg
import pytest
from django.conf import settings
from django.db.backends.postgresql.operations import DatabaseOperations

from saleor_tiktok_stripe.sandbox.components.postgres import Postgres
from saleor_tiktok_stripe.sandbox.components.redis import Redis
from tests.support.singles import join_singles

# These need a real Saleor and its settings: `make test-saleor`.
collect_ignore = [] if os.environ.get("SALEOR_TEMPLATE_DATABASE") else ["saleor"]
# These need what `make test-browser` installs.
collect_ignore += [] if importlib.util.find_spec("selenium") else ["browser"]

# The same examples in every run, so that a change is judged by what it changed; new ones with
# `make test PYTEST_ARGS="--hypothesis-profile explore"`.
# How long the examples take to make says more of the machine than of them.
_HOWEVER_SLOW = [hypothesis.HealthCheck.too_slow]
hypothesis.settings.register_profile(
    "repeatable", derandomize=True, deadline=None, suppress_health_check=_HOWEVER_SLOW
)
hypothesis.settings.register_profile("explore", deadline=None, suppress_health_check=_HOWEVER_SLOW)
hypothesis.settings.load_profile("repeatable")

_GIVEN_SERVERS = ("DATABASE_URL", "REDIS_URL", "CELERY_BROKER_URL", "CACHE_URL")


class OutsideNetworkError(AssertionError):
    """A test tried to reach another machine."""


def _is_local(host: str) -> bool:
    if host in {"", "localhost", "testserver"}:
        return True
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False


def _refuse_other_machines(event: str, arguments: tuple[object, ...]) -> None:
    if event not in {"socket.connect", "socket.getaddrinfo"}:
        return
    address = arguments[1] if event == "socket.connect" else arguments[0]
    host = address[0] if isinstance(address, tuple) else address
    host = host.decode() if isinstance(host, bytes) else host
    if not isinstance(host, str) or host.startswith("/") or _is_local(host):
        return
    given = {urlsplit(os.environ.get(name, "")).hostname for name in _GIVEN_SERVERS}
    if host not in given:
        raise OutsideNetworkError(f"tests stay on this machine, and this one called {host}")


def pytest_configure() -> None:
    sys.addaudithook(_refuse_other_machines)
    key = base64.urlsafe_b64encode(b"a key that only the tests use...").decode()
    os.environ.setdefault("TIKTOK_STRIPE_ENCRYPTION_KEYS", key)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown() -> None:
    """A job that somebody waited for goes on once its answer is known: it has ended before the
    test's database is emptied, and before the next test's is looked at."""
    join_singles()


@pytest.fixture(scope="session", autouse=True)
def _tables_are_emptied_by_deleting() -> Iterator[None]:
    """After a test that commits Django empties all tables with TRUNCATE, which makes their files
    anew: 200 ms. To delete the few rows of a test takes one."""
    truncated = DatabaseOperations.sql_flush

    def deleted(self, style, tables, *, reset_sequences=False, allow_cascade=False) -> list[str]:
        if reset_sequences:
            return truncated(self, style, tables, reset_sequences=True, allow_cascade=allow_cascade)
        return ["; ".join(f"DELETE FROM {self.quote_name(table)}" for table in tables)]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DatabaseOperations, "sql_flush", deleted)
        yield


@pytest.fixture(scope="session", autouse=True)
def _pauses_are_not_left_to_chance() -> Iterator[None]:
    """Before a job's next try, of next to nothing once in a thousand times: then it is tried again
    while the test still says that it waits."""

    class Usual:
        def uniform(self, low: float, high: float) -> float:
            return low + 0.7 * (high - low)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("saleor_tiktok_stripe.jobs.outcomes._random", Usual())
        yield


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """A Redis of this session, or a skip that says how to get one."""
    with Redis() as server, pytest.MonkeyPatch.context() as patch:
        if server.url is None:
            pytest.skip(server.line)
        for room in ("limiter", "store"):  # on a busy machine half a second is soon over
            patch.setattr(f"saleor_tiktok_stripe.transport.{room}.REDIS_TIMEOUT", 30.0)
        yield server.url


@pytest.fixture
def empty_database() -> Iterator[str]:
    """URL of a new, empty database, for processes that must see committed rows."""
    server = Postgres(url=os.environ["DATABASE_URL"])
    server.url = server.database_url("postgres")
    name = f"empty_{uuid.uuid4().hex[:8]}"
    url = server.create_database(name)
    yield url
    server.drop_database(name)


def _end_sessions(server: str, database: str) -> None:
    """A thread that an earlier test left may still hold one, and then it cannot be copied."""
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [database]
        )


@pytest.fixture
def migrated_database(django_db_setup: None, django_db_blocker: object) -> Iterator[str]:
    """URL of a database with this app's tables and no rows: a copy of the tests' own.

    For tests that start other processes (servers, workers) and kill them. It closes the test's
    own connection, so it is not for tests that are marked with django_db.
    """
    from django.db import connection

    server = Postgres(url=os.environ["DATABASE_URL"])
    server.url = server.database_url("postgres")
    connection.close()
    template = settings.DATABASES["default"]["NAME"]
    _end_sessions(server.url, template)
    name = f"copy_{uuid.uuid4().hex[:8]}"
    url = server.create_database(name, template=template)
    yield url
    server.drop_database(name)
