from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.shop import ConnectedShop, connected_shop
from tests.support.till import Till, open_till


@pytest.fixture
def shop(transactional_db: None) -> Iterator[ConnectedShop]:
    """An empty US shop whose catalog Saleor has too. Work is committed as in production."""
    with connected_shop() as connected:
        yield connected


@pytest.fixture
def till(transactional_db: None) -> Iterator[Till]:
    """A channel connected to an empty Stripe account."""
    with open_till() as found:
        yield found
