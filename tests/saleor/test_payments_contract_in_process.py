"""The contract of payments, inside a real Saleor."""

from __future__ import annotations

import pytest

from saleor_tiktok_stripe.saleor_api.in_process.adapter import InProcessSaleor
from saleor_tiktok_stripe.saleor_api.in_process.app import ensure_app
from tests.contract.saleor_payments_contract import *  # noqa: F403
from tests.contract.saleor_payments_contract import PayingHost

from .payments_host import paying_host
from .shop import make_shop


@pytest.fixture
def paying(db) -> PayingHost:
    return paying_host(make_shop(), InProcessSaleor(), ensure_app())
