"""The scenarios of other markets on the sandbox Saleor, with this app as sidecar."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from .scenarios_both_ways_markets import *  # noqa: F403
from .test_sandbox_both_ways import trading
from .trade import Trade

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _django_db_marker() -> None:
    """In pytest-django's place: one database for the module instead of one for each test."""


@pytest.fixture(scope="module")
def trade(
    request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: Any
) -> Iterator[Trade]:
    with django_db_blocker.unblock(), trading(request.param) as made:
        yield made
