"""Steps that tests of cases share."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from saleor_tiktok_stripe import jobs
from saleor_tiktok_stripe.models import AfterSalesCase, MarketplaceRequest
from saleor_tiktok_stripe.saleor_api import get_saleor
from saleor_tiktok_stripe.saleor_api.transactions import PaymentTransaction
from tests.support.shop import ConnectedShop


def sold(shop: ConnectedShop, status: str = "DELIVERED", units: int = 2, **options: Any) -> str:
    """An order of ``units`` pieces of one SKU that is known on both sides; its id."""
    sku = shop.tiktok.catalog()[0]["sku_id"]
    order_id = shop.tiktok.create_order([(sku, units)], status=status, **options)
    shop.sync(order_id)
    return order_id


def lines(shop: ConnectedShop, order_id: str) -> list[str]:
    """The marketplace's unit ids."""
    return [line["id"] for line in shop.tiktok.order(order_id)["line_items"]]


def look(shop: ConnectedShop, *order_ids: str) -> None:
    """As if notifications about the cases of these orders had come in."""
    jobs.enqueue_many("case.sync", shop.connection, order_ids)
    shop.work()


def the_case(shop: ConnectedShop, case_id: str) -> AfterSalesCase:
    return AfterSalesCase.objects.select_related("connection").get(
        connection=shop.connection, case_id=case_id
    )


def the_request() -> MarketplaceRequest:
    return MarketplaceRequest.objects.get()


def payment(shop: ConnectedShop, order_id: str, which: str = "") -> PaymentTransaction:
    """The buyer's transaction, or (``:platform``) the platform's."""
    order = shop.read(order_id)
    wanted = f"tiktok:{order_id}{which}"
    [found] = [one for one in order.transactions if one.psp_reference == wanted]
    transaction = get_saleor().transaction(found.id)
    assert transaction is not None
    return transaction


def refunds(found: PaymentTransaction) -> list[tuple[str, str, Decimal]]:
    """What was told of refunds."""
    return [
        (one.type, one.psp_reference, one.amount)
        for one in found.events
        if one.type.startswith("REFUND")
    ]


def writes(shop: ConnectedShop, path: str) -> int:
    """How many writes to endpoints that hold ``path`` the marketplace carried out."""
    return sum(count for name, count in shop.tiktok.writes().items() if path in name)
