"""Checks of single things, and what they find."""

from __future__ import annotations

from saleor_tiktok_stripe.drift.jobs import check_now
from saleor_tiktok_stripe.models import Connection, Difference
from tests.support.shop import ConnectedShop


def differences(connection: Connection, area: str, *subjects: str) -> dict[str, Difference]:
    """By code, those that are there after a check of the subjects now."""
    check_now(connection, area, subjects)
    rows = Difference.objects.filter(connection=connection, area=area, subject__in=subjects)
    return {row.code: row for row in rows.exclude(state="gone")}


def of_order(shop: ConnectedShop, order_id: str) -> dict[str, Difference]:
    return differences(shop.connection, "order", order_id)


def an_order(shop: ConnectedShop, status: str = "AWAITING_SHIPMENT", units: int = 2) -> str:
    """An imported order."""
    sku = shop.tiktok.catalog()[0]["sku_id"]
    order_id = str(shop.tiktok.create_order([(sku, units)], status=status))
    shop.sync(order_id)
    return order_id


def open_codes(connection: Connection) -> dict[str, str]:
    """State by code, of differences that are not gone."""
    rows = Difference.objects.filter(connection=connection).exclude(state="gone")
    return dict(rows.values_list("code", "state"))
