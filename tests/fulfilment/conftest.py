from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.support.shop import ConnectedShop, connected_shop

OpenShop = Callable[..., ConnectedShop]


@pytest.fixture
def open_shop(transactional_db: None) -> Iterator[OpenShop]:
    """Opens an empty shop of a market whose catalog Saleor has too; work is committed."""
    with ExitStack() as stack:

        def opened(region: str = "US", **options: object) -> ConnectedShop:
            return stack.enter_context(connected_shop(region=region, **options))

        yield opened


@pytest.fixture
def shop(open_shop: OpenShop) -> ConnectedShop:
    """An empty US shop."""
    return open_shop()
