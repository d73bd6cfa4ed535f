"""The sandbox Saleor with one US channel, reached over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest

from saleor_tiktok_stripe.saleor_api.http import HttpSaleor
from saleor_tiktok_stripe.sandbox.saleor import Product, SaleorSandbox
from tests.contract.saleor_contract import Host

CHANNEL = "tiktok-us"


@pytest.fixture
def sandbox() -> Iterator[SaleorSandbox]:
    with SaleorSandbox() as running:
        running.add_channel(
            CHANNEL,
            "USD",
            "US",
            [
                Product(
                    "SKU-0", "4006381333931", "Pen", Decimal("9.99"), external_reference="erp-0"
                ),
                Product("SKU-1", "", "Ink", Decimal("3.50")),
            ],
        )
        yield running


def host_of(sandbox: SaleorSandbox, channel: str = CHANNEL, currency: str = "USD") -> Host:
    state = sandbox.state
    skus = tuple(state.by_sku)
    return Host(
        saleor=HttpSaleor(sandbox.url, sandbox.token),
        channel=channel,
        currency=currency,
        warehouse_id=state.warehouse("default").id,
        variant_ids=tuple(state.by_sku[sku].id for sku in skus),
        skus=skus,
        stock=lambda number: state.stock("default", skus[number]).quantity,
        allocates=False,
    )


@pytest.fixture
def host(sandbox) -> Host:
    return host_of(sandbox)
