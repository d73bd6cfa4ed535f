from __future__ import annotations

from collections.abc import Iterator

import pytest

from saleor_tiktok_stripe.jobs import registry, worker


@pytest.fixture(autouse=True)
def clean_registry() -> Iterator[None]:
    """Only the kinds that the test registers, and no memory of earlier turns."""
    kinds, hooks = dict(registry._kinds), list(registry._reauth)
    registry._kinds.clear()
    registry._reauth.clear()
    worker._turns.__init__()
    yield
    registry._kinds.clear()
    registry._kinds.update(kinds)
    registry._reauth[:] = hooks
    worker._turns.__init__()
