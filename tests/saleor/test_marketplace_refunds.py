"""Staff refund the TikTok-collected payment through Saleor's own API; and what the marketplace
gives back by itself comes in. A real Saleor, the TikTok sandbox, this app as plugin."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest
from django.test import override_settings
from saleor.channel.models import Channel
from saleor.order.models import Fulfillment, Order, OrderGrantedRefund
from saleor.payment.models import TransactionItem
from saleor.plugins.models import PluginConfiguration

from saleor_tiktok_stripe import jobs
from saleor_tiktok_stripe.jobs import kinds
from saleor_tiktok_stripe.models import Connection, MarketplaceRequest
from saleor_tiktok_stripe.saleor_api import get_saleor
from saleor_tiktok_stripe.saleor_api.ids import global_id
from saleor_tiktok_stripe.saleor_api.in_process.app import ensure_app
from saleor_tiktok_stripe.sandbox.demo import saleor_shop
from saleor_tiktok_stripe.sandbox.tiktok import TikTokSandbox
from tests.support.shop import CHANNEL, connect, without_limits

from .merchant import make_site
from .payments import GATEWAY, run, staff_token, work

pytestmark = pytest.mark.django_db(transaction=True)
OPEN = "POST /return_refund/returns"
CANCEL = "POST /return_refund/cancellations"


@pytest.fixture
def tiktok(db: None) -> Iterator[TikTokSandbox]:
    with TikTokSandbox(regions=("US",), orders=0, rate_limit=10_000, rate_burst=10_000) as running:
        settings = {
            "TIKTOK_STRIPE_SANDBOX": "1",
            "TIKTOK_STRIPE_TIKTOK_API_URL": running.base_url,
            "TIKTOK_STRIPE_TIKTOK_AUTH_URL": running.auth_url,
        }
        with override_settings(**settings), without_limits():
            get_saleor.cache_clear()
            kinds.register_all()
            make_site()
            skus = [row for row in running.catalog() if row["linked"]]
            saleor_shop.make(CHANNEL, skus, stock=1000, shipping=Decimal("4.90"))
            ensure_app()
            PluginConfiguration.objects.update_or_create(
                identifier=GATEWAY,
                channel=Channel.objects.get(slug=CHANNEL),
                defaults={"active": True, "name": "TikTok Shop with Stripe", "configuration": []},
            )
            connect(running.credentials)
            yield running
            get_saleor.cache_clear()


@pytest.fixture
def staff(tiktok: TikTokSandbox) -> str:
    return staff_token()


def sold(tiktok: TikTokSandbox, status: str = "DELIVERED") -> str:
    sku = tiktok.catalog()[0]["sku_id"]
    order_id = tiktok.create_order([(sku, 2)], status=status)
    look(order_id)
    return order_id


def look(order_id: str) -> None:
    connection = Connection.objects.get()
    for kind in ("case.sync", "order.sync"):
        jobs.enqueue(kind, connection, order_id)
        for _ in range(4):
            work()


def order_of(order_id: str) -> Order:
    return Order.objects.get(external_reference=f"tiktok:{order_id}")


def buyers(order_id: str) -> TransactionItem:
    return TransactionItem.objects.get(psp_reference=f"tiktok:{order_id}")


def refund_events(order_id: str) -> list[tuple[str, str]]:
    rows = buyers(order_id).events.filter(type__startswith="refund").order_by("created_at", "pk")
    return [(one.type, one.psp_reference or "") for one in rows]


def refund(staff: str, order_id: str, amount: str) -> None:
    transaction_id = global_id("TransactionItem", buyers(order_id).token)
    answer = run("staff/transactionRefund", staff, id=transaction_id, amount=amount)
    assert answer["errors"] == []


def grant(staff: str, order_id: str, amount: str, quantity: int = 0) -> OrderGrantedRefund:
    order = order_of(order_id)
    line = order.lines.get()
    wanted = [{"id": global_id("OrderLine", line.pk), "quantity": quantity}] if quantity else []
    given = {
        "amount": amount,
        "lines": wanted,
        "transactionId": global_id("TransactionItem", buyers(order_id).token),
    }
    made = run("staff/orderGrantRefundCreate", staff, id=global_id("Order", order.pk), input=given)
    assert made["errors"] == [], made
    granted = made["grantedRefund"]["id"]
    asked = run("staff/transactionRequestRefundForGrantedRefund", staff, grantedRefundId=granted)
    assert asked["errors"] == [], asked
    return OrderGrantedRefund.objects.get()


def test_the_dashboard_offers_to_refund_the_buyers_payment_only(tiktok: TikTokSandbox):
    order_id = sold(tiktok)

    items = {one.psp_reference: one for one in order_of(order_id).payment_transactions.all()}

    assert items.pop(f"tiktok:{order_id}").available_actions == ["refund"]
    assert all(one.available_actions == [] for one in items.values())


def test_a_part_of_a_delivered_order_is_refunded_by_the_marketplace(tiktok: TikTokSandbox, staff):
    order_id = sold(tiktok)
    charged = buyers(order_id).charged_value

    refund(staff, order_id, "5.00")
    assert refund_events(order_id) == [("refund_request", "")]
    for _ in range(4):
        work()

    row = MarketplaceRequest.objects.get()
    name = f"return:{row.reference}"
    assert (row.state, tiktok.writes()[OPEN]) == ("succeeded", 1)
    assert refund_events(order_id) == [("refund_request", name), ("refund_success", name)]
    item = buyers(order_id)
    assert (item.refunded_value, item.refund_pending_value) == (Decimal("5.00"), 0)
    assert item.charged_value == charged - 5


def test_a_granted_refund_succeeds_and_is_granted_once(tiktok: TikTokSandbox, staff):
    order_id = sold(tiktok)

    grant(staff, order_id, "5.00", quantity=1)
    for _ in range(4):
        work()
    look(order_id)

    granted = OrderGrantedRefund.objects.get()
    assert (granted.status, granted.amount_value) == ("success", Decimal("5.00"))
    assert buyers(order_id).refunded_value == Decimal("5.00")
    assert len(MarketplaceRequest.objects.get().body["unit_ids"]) == 1


def test_all_of_an_order_that_waits_is_cancelled_at_the_marketplace(tiktok: TikTokSandbox, staff):
    order_id = sold(tiktok, "AWAITING_SHIPMENT")

    refund(staff, order_id, str(buyers(order_id).charged_value))
    for _ in range(5):
        work()

    row = MarketplaceRequest.objects.get()
    name = f"cancel:{row.reference}"
    assert (row.kind, row.state, tiktok.writes()[CANCEL]) == ("cancel", "succeeded", 1)
    assert order_of(order_id).status == "canceled"
    assert ("refund_success", name) in refund_events(order_id)
    item = buyers(order_id)
    assert (item.charged_value, item.refund_pending_value) == (0, 0)


def test_what_cannot_be_refunded_fails_with_words_and_gives_the_amount_back(
    tiktok: TikTokSandbox, staff
):
    order_id = sold(tiktok, "COMPLETED")
    charged = buyers(order_id).charged_value

    granted = grant(staff, order_id, "5.00")
    for _ in range(4):
        work()

    item = buyers(order_id)
    failed = item.events.get(type="refund_failure")
    assert failed.message.startswith(f"Order {order_id} is completed at TikTok")
    granted.refresh_from_db()
    assert (granted.status, item.charged_value, item.refund_pending_value) == (
        "failure",
        charged,
        0,
    )
    assert OPEN not in tiktok.writes()


def test_a_return_comes_in_with_its_goods_and_money_once(tiktok: TikTokSandbox):
    connection = Connection.objects.get()
    connection.policy = {**connection.policy, "restock_returns": True}
    connection.save()
    order_id = sold(tiktok)
    return_id = tiktok.request_return(order_id)
    tiktok.advance_return(return_id, "BUYER_SHIPPED_ITEM")
    tiktok.complete_return(return_id)

    for _ in range(2):
        look(order_id)

    order = order_of(order_id)
    assert order.status == "returned"
    [back] = Fulfillment.objects.filter(order=order)
    assert (back.status, back.metadata["tiktok.return_id"]) == ("returned", f"return:{return_id}")
    assert refund_events(order_id) == [("refund_success", f"return:{return_id}")]
    given = sum(one.refunded_value for one in order.payment_transactions.all())
    assert order.granted_refunds.get().amount_value == given


def test_the_buyers_request_is_accepted_when_staff_refund_its_amount(tiktok: TikTokSandbox, staff):
    order_id = sold(tiktok)
    return_id = tiktok.request_return(order_id, kind="REFUND")
    look(order_id)

    goods = sum(
        Decimal(line["sale_price"]) + sum(Decimal(tax["tax_amount"]) for tax in line["item_tax"])
        for line in tiktok.order(order_id)["line_items"]
    )
    refund(staff, order_id, str(goods))
    for _ in range(5):
        work()

    row = MarketplaceRequest.objects.get()
    assert (row.kind, row.subject, row.state) == ("answer", return_id, "succeeded")
    assert OPEN not in tiktok.writes()
    assert ("refund_success", f"return:{return_id}") in refund_events(order_id)
