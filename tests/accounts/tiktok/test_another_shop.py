"""A channel that is given another shop: what was known of the former one binds it no more."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from saleor_tiktok_stripe import accounts, fulfilment
from saleor_tiktok_stripe.catalog.waiting import units_owed, units_waiting
from saleor_tiktok_stripe.models import (
    AfterSalesCase,
    Connection,
    LinkMethod,
    OrderLink,
    SkuLink,
    StockLevel,
    WaitingOrder,
)
from saleor_tiktok_stripe.tiktok.types import OrderState

from .conftest import connect

pytestmark = pytest.mark.django_db
HERE = {"order_id": "1", "marketplace_updated_at": timezone.now()}


@pytest.fixture
def used(tiktok) -> Connection:
    """A disconnected channel whose shop left an order to be shipped, one that is not in Saleor, a
    case to be answered, and SKUs."""
    connection = connect(tiktok)
    soon = timezone.now() + timedelta(hours=2)
    OrderLink.objects.create(
        connection=connection, saleor_order_id="T3JkZXI6MQ==",
        state=OrderState.AWAITING_SHIPMENT.value, fingerprint="f",
        ship_by=soon, unallocated={"MUG": 2}, refunds_open=True, **HERE,
    )  # fmt: skip
    WaitingOrder.objects.create(connection=connection, units={"11": 1}, expires_at=soon, **HERE)
    AfterSalesCase.objects.create(
        connection=connection, case_id="5", kind="return", state="needs_answer", due_by=soon,
        currency="USD", amount=5, opened_at=timezone.now(), **HERE,
    )  # fmt: skip
    for sku_id, method in (("11", LinkMethod.SKU), ("12", LinkMethod.MANUAL)):
        SkuLink.objects.create(
            connection=connection, sku_id=sku_id, variant_id="V1", variant_sku="MUG", method=method
        )
        StockLevel.objects.create(connection=connection, sku_id=sku_id, wanted=1)
    accounts.disconnect(connection, "staff:1")
    return connection


def known(connection: Connection) -> tuple[object, ...]:
    connection.refresh_from_db()
    return (
        len(fulfilment.late_shipments(connection)),
        units_owed(connection, ["MUG"]),
        units_waiting(connection, ["11"]),
        AfterSalesCase.objects.get().state,
        sorted(SkuLink.objects.values_list("sku_id", flat=True)),
        StockLevel.objects.count(),
        OrderLink.objects.filter(refunds_open=True).count(),
    )


def test_the_same_shop_again_finds_all_as_it_was(used: Connection, tiktok):
    connect(tiktok)

    assert known(used) == (1, {"MUG": 2}, {"11": 1}, "needs_answer", ["11", "12"], 2, 1)


def test_another_shop_owes_nothing_of_the_former_ones(used: Connection, tiktok):
    Connection.objects.update(account_id="7000000000000000002")

    connect(tiktok)

    # Links made by hand are somebody's work: they are kept.
    assert known(used) == (0, {}, {}, "closed", ["12"], 0, 0)
    assert OrderLink.objects.get().saleor_order_id == "T3JkZXI6MQ=="
