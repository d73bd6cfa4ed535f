"""A pytest plugin that has a PostgreSQL running before Django reads its settings, and keeps the
tests' own objects out of the garbage collector's way.

A conftest would be too late: pytest-django reads them before any conftest is imported. So it is
named with `-p` in pyproject.toml. One server serves the whole session: xdist's workers inherit
DATABASE_URL, and pytest-django gives each of them a database of its own on it.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator

import pytest

from saleor_tiktok_stripe.sandbox.components.postgres import Postgres

_server = Postgres()


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests() -> Iterator[None]:
    if not os.environ.get("DATABASE_URL"):
        _server.__enter__()
        os.environ["DATABASE_URL"] = _server.database_url("saleor_tiktok_stripe")
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[object]:
    """Half a million objects, of modules and tests, stay until the end: to go through them again
    and again costs each worker seconds while they are made, and a second at each full collection
    in between the tests."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_unconfigure() -> None:
    if _server.pid is not None:
        _server.stop()
        del os.environ["DATABASE_URL"]
