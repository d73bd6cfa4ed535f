"""The contract of ``Saleor``, inside a real Saleor."""

from __future__ import annotations

import pytest

from saleor_tiktok_stripe.saleor_api.in_process.adapter import InProcessSaleor
from tests.contract.saleor_contract import *  # noqa: F403
from tests.contract.saleor_contract import Host
from tests.saleor.shop import make_shop


@pytest.fixture
def host(db) -> Host:
    shop = make_shop()
    return Host(
        saleor=InProcessSaleor(),
        channel=shop.channel.slug,
        currency="USD",
        warehouse_id=shop.warehouse_id(),
        variant_ids=(shop.variant_id(0), shop.variant_id(1)),
        skus=(shop.variants[0].sku, shop.variants[1].sku),
        stock=lambda number: shop.stock(number).quantity,
        allocates=True,
    )
