from __future__ import annotations

from collections.abc import Iterator

import pytest

from saleor_tiktok_stripe import inbox


@pytest.fixture(autouse=True)
def forgotten_doors() -> Iterator[None]:
    inbox.forget()
    yield
    inbox.forget()
