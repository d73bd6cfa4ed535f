"""The scenarios of other markets on a real Saleor served over HTTP, with this app as plugin."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.scenarios_both_ways_markets import *  # noqa: F403
from tests.e2e.trade import Trade

from .test_e2e_both_ways import trading

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
