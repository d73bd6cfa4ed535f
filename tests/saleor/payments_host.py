"""The payments contract's host on a real Saleor."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

from saleor.app.models import App
from saleor.payment.models import TransactionEvent, TransactionItem
from saleor.payment.transaction_item_calculations import recalculate_transaction_amounts

from saleor_tiktok_stripe.saleor_api.ids import database_id, global_id
from saleor_tiktok_stripe.saleor_api.in_process.adapter import InProcessSaleor
from saleor_tiktok_stripe.saleor_api.interface import Saleor
from tests.contract.saleor_payments_contract import PayingHost

from .shop import Shop, line, order


def paying_host(shop: Shop, saleor: Saleor, app: App) -> PayingHost:
    """An order of 25.00 and its payment by ``app``."""
    article = line(shop, quantity=2)
    article = replace(article, product_name="Article", variant_name="Size")
    new = replace(order(shop, article), transactions=())
    [made] = InProcessSaleor().create_orders([new], lambda results: None)
    item = TransactionItem.objects.create(
        order_id=database_id("Order", made.order_id),
        currency="USD",
        app=app,
        app_identifier=app.identifier,
    )
    return PayingHost(
        saleor=saleor,
        channel=shop.channel.slug,
        order_id=made.order_id,
        transaction_id=global_id("TransactionItem", item.token),
        ask_refund=_asker(item),
    )


def _asker(item: TransactionItem) -> Callable[[str, str], None]:
    def ask(amount: str, reference: str) -> None:
        TransactionEvent.objects.create(
            transaction=item,
            type="refund_request",
            amount_value=Decimal(amount),
            currency="USD",
            psp_reference=reference or None,
            include_in_calculations=bool(reference),
        )
        item.refresh_from_db()
        recalculate_transaction_amounts(item)

    return ask
