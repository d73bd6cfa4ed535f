"""The fixtures and guards of `tests/conftest.py` do what the other tests rely on."""

import os
import socket

import psycopg
import pytest
import redis
from django.db import connection

from tests.conftest import OutsideNetworkError


def tables(url: str) -> set[str]:
    with psycopg.connect(url) as session:
        rows = session.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        return {name for (name,) in rows}


def test_another_machine_cannot_be_called():
    with pytest.raises(OutsideNetworkError, match="this one called 203.0.113.7$"):
        socket.create_connection(("203.0.113.7", 80), timeout=1)
    with pytest.raises(OutsideNetworkError, match="this one called vendor.example$"):
        socket.getaddrinfo("vendor.example", 443)


def test_this_machine_can_be_called():
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(("localhost", server.getsockname()[1]), timeout=60).close()


def test_an_empty_database_is_empty(empty_database: str):
    assert tables(empty_database) == set()


def test_a_migrated_database_has_our_tables_and_is_not_the_tests_own(migrated_database: str):
    assert "saleor_tiktok_stripe_connection" in tables(migrated_database)
    assert connection.settings_dict["NAME"] not in migrated_database


@pytest.mark.django_db
def test_the_database_is_of_this_worker_alone():
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")

    with connection.cursor() as cursor:
        cursor.execute("SELECT current_database()")
        (name,) = cursor.fetchone()

    assert name.startswith("test_")
    assert name.endswith(worker)


def test_the_redis_of_the_session_answers(redis_url: str):
    with redis.Redis.from_url(redis_url) as client:
        assert client.ping()
