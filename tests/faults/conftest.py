from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start(migrated_database: str) -> Iterator[Start]:
    """Start ``tests.support.noting`` (or another module) on the test's own database."""
    started: list[subprocess.Popen[str]] = []

    def begin(*arguments: str, module: str = "tests.support.noting", **env: str) -> Any:
        process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            env=os.environ | {"DATABASE_URL": migrated_database, "LOG_LEVEL": "WARNING"} | env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield begin
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.fixture
def rows(migrated_database: str) -> Iterator[Callable[..., list[tuple[Any, ...]]]]:
    """Ask that database."""
    with psycopg.connect(migrated_database, autocommit=True) as connection:

        def ask(statement: str, *parameters: object) -> list[tuple[Any, ...]]:
            cursor = connection.execute(statement, parameters)
            return cursor.fetchall() if cursor.description else []

        yield ask


@pytest.fixture
def add_connection(rows: Callable[..., list[tuple[Any, ...]]]) -> Callable[[], None]:
    """Put the usual connection into that database."""

    def add() -> None:
        from saleor_tiktok_stripe.models.fields import encrypt
        from tests.support.factories import APP_KEY, APP_SECRET, SHOP_ID

        secrets = json.dumps({"app_key": APP_KEY, "app_secret": APP_SECRET})
        rows(
            "INSERT INTO saleor_tiktok_stripe_connection (vendor, channel_slug, state, "
            "state_reason, account_id, account_name, account_handle, region, livemode, "
            "credentials, scopes, shops, policy, findings, created_at, updated_at) VALUES "
            "('tiktok', 'tiktok-us', 'active', '', %s, '', '', 'US', true, %s, "
            "'[]', '[]', '{}', '[]', now(), now())",
            SHOP_ID,
            encrypt(secrets),
        )

    return add
