"""Shops to ask about."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.aftersales.conftest import stripe_server, till
from tests.support.shop import ConnectedShop, connected_shop

__all__ = ["shop", "stripe_server", "till"]


@pytest.fixture
def shop(transactional_db: None) -> Iterator[ConnectedShop]:
    """A US shop at the sandbox TikTok, whose catalog the sandbox Saleor has too."""
    with connected_shop() as connected:
        yield connected
