from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.till import Till, open_till


@pytest.fixture
def till(transactional_db: None) -> Iterator[Till]:
    """A channel connected to an empty Stripe account. Work is committed as in production."""
    with open_till() as found:
        yield found
