"""Shops to ask about."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from saleor_tiktok_stripe.graphql.core import limits
from tests.aftersales.conftest import stripe_server, till
from tests.support.shop import ConnectedShop, connected_shop

__all__ = ["shop", "stripe_server", "till"]


@pytest.fixture(autouse=True)
def _calls_of_the_test_before_are_forgotten() -> None:
    """Many tests ask as the same person: on a fast machine more often than a minute allows."""
    limits._limiter.cache_clear()


@pytest.fixture
def shop(transactional_db: None) -> Iterator[ConnectedShop]:
    """A US shop at the sandbox TikTok, whose catalog the sandbox Saleor has too."""
    with connected_shop() as connected:
        yield connected
