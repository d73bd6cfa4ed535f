"""An imported order beside Saleor's own: every column, and what others hear of it.

``INTENDED`` is the whole list of differences; ``docs/reference/imported-orders.md`` explains each.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, models
from saleor.app.models import App
from saleor.core.models import EventDelivery
from saleor.discount.models import OrderLineDiscount
from saleor.graphql.api import backend, schema
from saleor.graphql.context import get_context_value
from saleor.order.models import Fulfillment, Order, OrderEvent, OrderLine
from saleor.payment.models import TransactionEvent, TransactionItem
from saleor.permission.models import Permission
from saleor.plugins.base_plugin import BasePlugin
from saleor.plugins.models import PluginConfiguration
from saleor.warehouse.models import Allocation
from saleor.webhook.models import Webhook, WebhookEvent

from saleor_tiktok_stripe.saleor_api.ids import global_id
from saleor_tiktok_stripe.saleor_api.in_process.adapter import InProcessSaleor
from saleor_tiktok_stripe.saleor_api.in_process.app import ensure_app
from saleor_tiktok_stripe.saleor_api.in_process.versions import request_context
from saleor_tiktok_stripe.saleor_api.types import NewFulfillment, NewOrder, SaleorOrderStatus
from tests.saleor.bulk_create import bulk_create_input
from tests.saleor.shop import Shop, line, make_shop, order

pytestmark = pytest.mark.django_db

OWN = {"id", "order", "line", "transaction", "number", "token", "created_at", "updated_at"}
OWN |= {"modified_at", "external_reference", "psp_reference", "search_vector", "reason_reference"}
OWN |= {"billing_address", "shipping_address", "fulfillment", "old_id", "date"}
"""Columns that differ between any two orders: keys, numbers, times, references."""

INTENDED: dict[type[models.Model], dict[str, tuple[Any, Any]]] = {
    Order: {
        "shipping_method": (None, "Standard"),
        "shipping_tax_class": (None, "tiktok-us goods"),
        # orderBulkCreate always takes the net price; Saleor's checkout the price as entered
        "base_shipping_price_amount": (Decimal("5.000"), Decimal("4.550")),
        "undiscounted_base_shipping_price_amount": (Decimal("5.000"), Decimal("4.550")),
    },
    OrderLine: {
        "private_metadata": ({"tiktok.line_key": "sku-0"}, {}),
        # orderBulkCreate takes a net discount off a gross price; ours is as a checkout's
        "base_unit_price_amount": (Decimal("10.000"), Decimal("10.180")),
        "unit_discount_amount": (Decimal("2.000"), Decimal("1.820")),
        "unit_discount_value": (Decimal("2.000"), Decimal("1.820")),
    },
    OrderLineDiscount: {
        "value": (Decimal("2.000"), Decimal("1.820")),
        "amount_value": (Decimal("6.000"), Decimal("5.460")),
    },
    TransactionItem: {
        "app": ("TikTok Shop with Stripe", None),
        "app_identifier": ("saleor.tiktok_stripe", None),
        "use_old_id": (False, True),
    },
    TransactionEvent: {
        "app": ("TikTok Shop with Stripe", None),
        "app_identifier": ("saleor.tiktok_stripe", None),
        "message": ("Collected by TikTok Shop", "Manual adjustment of the transaction."),
    },
}
ADDRESS = {"validation_skipped": (True, False)}


def execute(app: App, text: str, **variables: Any) -> dict[str, Any]:
    context = get_context_value(request_context(app))
    document = backend.document_from_string(schema, text)
    result = document.execute(variable_values=variables, context_value=context)
    assert not result.errors, result.errors
    [payload] = result.data.values()
    assert not payload.get("errors"), payload
    return payload


def app_with(*codenames: str) -> App:
    app = App.objects.create(name="test", identifier="test.app", is_active=True)
    app.permissions.add(*Permission.objects.filter(codename__in=codenames))
    return app


def columns(row: models.Model, *, own: set[str] = OWN) -> dict[str, Any]:
    values = {}
    for field in row._meta.concrete_fields:
        if field.name not in own:
            value = getattr(row, field.name)
            values[field.name] = str(value) if isinstance(value, models.Model) else value
    return values


def differences(ours: models.Model, theirs: models.Model) -> dict[str, tuple[Any, Any]]:
    left, right = columns(ours), columns(theirs)
    return {name: (left[name], right[name]) for name in left if left[name] != right[name]}


def discounted(shop: Shop) -> NewOrder:
    goods = line(
        shop,
        quantity=3,
        unit_net=Decimal("9.09"),
        unit_gross=Decimal("10.00"),
        undiscounted_unit_net=Decimal("10.91"),
        undiscounted_unit_gross=Decimal("12.00"),
        tax_rate=Decimal("0.1001"),
        discount_reason="Seller discount",
        metadata={"tiktok.line_ids": "1,2,3"},
    )
    return order(
        shop,
        goods,
        shipping_net=Decimal("4.55"),
        shipping_tax_rate=Decimal("0.0989"),
        customer_note="please ring twice",
    )


def bulk_create(shop: Shop, new: NewOrder) -> Order:
    payload = execute(
        app_with("manage_orders_import"),
        """mutation ($orders: [OrderBulkCreateInput!]!) {
             orderBulkCreate(orders: $orders, errorPolicy: IGNORE_FAILED) {
               count results { errors { message path } } errors { message } } }""",
        orders=[bulk_create_input(shop, new)],
    )
    assert payload["count"] == 1, payload
    assert not any(result["errors"] for result in payload["results"]), payload
    return Order.objects.get(external_reference=new.external_reference)


def imported(new: NewOrder) -> Order:
    [made] = InProcessSaleor().create_orders([new], lambda results: None)
    assert made.created, made.error
    return Order.objects.get(external_reference=new.external_reference)


def test_every_column_equals_order_bulk_creates_but_those_intended() -> None:
    shop = make_shop()
    new = discounted(shop)
    ours = imported(new)
    theirs = bulk_create(shop, replace(new, external_reference="theirs"))

    def related(row: Order) -> dict[type[models.Model], models.Model]:
        goods, item = row.lines.get(), row.payment_transactions.get()
        return {
            Order: row,
            OrderLine: goods,
            OrderLineDiscount: goods.discounts.get(),
            TransactionItem: item,
            TransactionEvent: item.events.get(),
        }

    left, right = related(ours), related(theirs)
    found = {model: differences(left[model], right[model]) for model in left}
    assert found == INTENDED
    for kind in ("billing_address", "shipping_address"):
        assert differences(getattr(ours, kind), getattr(theirs, kind)) == ADDRESS
    assert left[TransactionEvent].psp_reference == new.external_reference
    assert right[TransactionEvent].psp_reference is None


def test_a_package_equals_order_bulk_creates() -> None:
    shop = make_shop()
    new = order(
        shop,
        line(shop, quantity=2),
        status=SaleorOrderStatus.FULFILLED,
        fulfillments=(NewFulfillment("P1", {"sku-0": 2}, "TRACK"),),
    )
    ours = imported(new)
    variables = bulk_create_input(shop, replace(new, external_reference="theirs"))
    content = {
        "variantId": shop.variant_id(),
        "quantity": 2,
        "warehouse": shop.warehouse_id(),
        "orderLineIndex": 0,
    }
    variables["fulfillments"] = [{"trackingCode": "TRACK", "lines": [content]}]
    execute(
        app_with("manage_orders_import"),
        """mutation ($orders: [OrderBulkCreateInput!]!) {
             orderBulkCreate(orders: $orders) { count errors { message } } }""",
        orders=[variables],
    )
    theirs = Order.objects.get(external_reference="theirs")

    left, right = ours.fulfillments.get(), theirs.fulfillments.get()
    assert isinstance(left, Fulfillment)
    assert differences(left, right) == {"metadata": ({"tiktok.package_id": "P1"}, {})}
    own = {*OWN, "order_line", "stock"}  # Saleor's import takes the goods off the stock
    assert columns(left.lines.get(), own=own) == columns(right.lines.get(), own=own)
    assert left.lines.get().stock is None
    assert ours.lines.get().quantity_fulfilled == theirs.lines.get().quantity_fulfilled == 2


CHECKOUT = """mutation ($input: CheckoutCreateInput!) {
  checkoutCreate(input: $input) { checkout { id } errors { field message } } }"""
DELIVERY = """mutation ($id: ID!, $method: ID!) {
  checkoutDeliveryMethodUpdate(id: $id, deliveryMethodId: $method) {
    checkout { totalPrice { gross { amount } } } errors { field message } } }"""
PAY = """mutation ($id: ID!, $transaction: TransactionCreateInput!) {
  transactionCreate(id: $id, transaction: $transaction) {
    transaction { id } errors { message } } }"""
COMPLETE = """mutation ($id: ID!) {
  checkoutComplete(id: $id) { order { id } errors { field message code } } }"""


def checked_out(shop: Shop, app: App, new: NewOrder) -> Order:
    """The same goods to the same buyer through Saleor's checkout, paid by a transaction."""
    variables = bulk_create_input(shop, new)
    created = execute(
        app,
        CHECKOUT,
        input={
            "channel": new.channel_slug,
            "email": new.email,
            "lines": [{"variantId": ln.variant_id, "quantity": ln.quantity} for ln in new.lines],
            "shippingAddress": variables["shippingAddress"],
            "billingAddress": variables["billingAddress"],
            "languageCode": "EN",
        },
    )
    checkout = created["checkout"]["id"]
    method = global_id("ShippingMethod", shop.shipping_method.pk)
    delivery = execute(app, DELIVERY, id=checkout, method=method)
    total = delivery["checkout"]["totalPrice"]["gross"]["amount"]
    paid = {"name": "test", "amountCharged": {"amount": str(total), "currency": "USD"}}
    execute(app, PAY, id=checkout, transaction=paid)
    EventDelivery.objects.all().delete()
    RecordingPlugin.heard.clear()
    execute(app, COMPLETE, id=checkout)
    return Order.objects.exclude(checkout_token="").get()


class RecordingPlugin(BasePlugin):
    """Hears the hooks of its channel's orders."""

    PLUGIN_ID = "tests.recording"
    PLUGIN_NAME = "Recording"
    CONFIGURATION_PER_CHANNEL = True
    heard: list[str] = []

    def order_created(self, order: Order, previous_value: Any, **given: Any) -> None:
        self.heard.append("order_created")

    def order_confirmed(self, order: Order, previous_value: Any, **given: Any) -> None:
        self.heard.append("order_confirmed")

    def order_paid(self, order: Order, previous_value: Any, **given: Any) -> None:
        self.heard.append("order_paid")

    def order_fully_paid(self, order: Order, previous_value: Any, **given: Any) -> None:
        self.heard.append("order_fully_paid")

    def order_updated(self, order: Order, previous_value: Any, **given: Any) -> None:
        self.heard.append("order_updated")


class GlobalRecordingPlugin(BasePlugin):
    """Hears what Saleor dispatches without a channel."""

    PLUGIN_ID = "tests.recording.global"
    PLUGIN_NAME = "Recording everywhere"
    CONFIGURATION_PER_CHANNEL = False
    DEFAULT_ACTIVE = True

    def order_bulk_created(self, orders: list[Order], previous_value: Any, **given: Any) -> None:
        RecordingPlugin.heard.append(f"order_bulk_created {len(orders)}")


def listen(settings: Any, shop: Shop) -> None:
    """Two plugins, and a webhook for every order event."""
    recorders = [f"{__name__}.RecordingPlugin", f"{__name__}.GlobalRecordingPlugin"]
    settings.PLUGINS = [*settings.PLUGINS, *recorders]
    PluginConfiguration.objects.create(
        identifier=RecordingPlugin.PLUGIN_ID, channel=shop.channel, active=True, configuration=[]
    )
    listener = App.objects.create(name="listener", is_active=True)
    listener.permissions.add(Permission.objects.get(codename="manage_orders"))
    webhook = Webhook.objects.create(
        app=listener, name="orders", target_url="http://127.0.0.1:9/", is_active=True
    )
    kinds = ("created", "confirmed", "paid", "fully_paid", "updated", "fulfilled")
    WebhookEvent.objects.bulk_create(
        WebhookEvent(webhook=webhook, event_type=f"order_{kind}") for kind in kinds
    )
    # Saleor 3.23 cannot deliver this one without a subscription query (its payload is a list)
    bulk = Webhook.objects.create(
        app=listener,
        name="imports",
        target_url="http://127.0.0.1:9/",
        is_active=True,
        subscription_query="subscription { event { ... on OrderBulkCreated { orders { id } } } }",
    )
    WebhookEvent.objects.create(webhook=bulk, event_type="order_bulk_created")
    RecordingPlugin.heard.clear()


def sent() -> list[str]:
    return sorted(EventDelivery.objects.values_list("event_type", flat=True))


def hear(act: Callable[[], Any], capture: Any) -> tuple[Any, list[str], list[str]]:
    EventDelivery.objects.all().delete()
    RecordingPlugin.heard.clear()
    with capture(execute=True):
        result = act()
    return result, list(RecordingPlugin.heard), sent()


def test_allocation_events_hooks_and_webhooks_equal_a_completed_checkouts(
    settings, django_capture_on_commit_callbacks
) -> None:
    shop = make_shop()
    listen(settings, shop)
    new = order(shop, line(shop, 0, 2), line(shop, 1, 1))
    app = app_with("handle_checkouts", "handle_payments", "manage_orders", "manage_checkouts")
    capture = django_capture_on_commit_callbacks

    theirs, their_hooks, their_webhooks = hear(lambda: checked_out(shop, app, new), capture)
    ours, our_hooks, our_webhooks = hear(lambda: imported(new), capture)

    def allocations(row: Order) -> list[tuple[Any, ...]]:
        rows = Allocation.objects.filter(order_line__order=row).order_by("stock_id")
        return list(rows.values_list("stock_id", "quantity_allocated"))

    def events(row: Order) -> set[tuple[str, bool]]:
        rows = OrderEvent.objects.filter(order=row)
        return {(event.type, event.app_id is not None) for event in rows}

    assert allocations(ours) == allocations(theirs)
    assert events(ours) == events(theirs)
    assert set(our_hooks) - {"order_bulk_created 1"} == set(their_hooks)
    assert len(our_hooks) == len(set(our_hooks))
    assert our_hooks[1:] == [
        "order_created",
        "order_paid",
        "order_fully_paid",
        "order_updated",
        "order_confirmed",
    ]
    assert set(our_webhooks) - {"order_bulk_created"} == set(their_webhooks)
    assert len(our_webhooks) == len(set(our_webhooks)) == 6
    money = ("total_gross_amount", "subtotal_gross_amount", "total_charged_amount")
    state = ("status", "charge_status", "authorize_status", "currency", "user_email", "lines_count")
    for name in (*money, *state):
        assert getattr(ours, name) == getattr(theirs, name), name


def test_an_order_that_was_over_when_first_seen_is_only_announced_as_imported(
    settings, django_capture_on_commit_callbacks
) -> None:
    shop = make_shop()
    listen(settings, shop)
    new = order(
        shop,
        status=SaleorOrderStatus.FULFILLED,
        fulfillments=(NewFulfillment("P1", {"sku-0": 1}),),
    )

    _, hooks, webhooks = hear(lambda: imported(new), django_capture_on_commit_callbacks)

    assert hooks == ["order_bulk_created 1"]
    assert webhooks == ["order_bulk_created"]


def test_nothing_is_told_when_the_transaction_is_rolled_back(
    settings, django_capture_on_commit_callbacks
) -> None:
    shop = make_shop()
    listen(settings, shop)

    def fail(results: Any) -> None:
        raise LookupError

    def act() -> None:
        with pytest.raises(LookupError):
            InProcessSaleor().create_orders([order(shop)], fail)

    _, hooks, webhooks = hear(act, django_capture_on_commit_callbacks)

    assert (hooks, webhooks) == ([], [])


class FailingPlugin(BasePlugin):
    """Fails at the first order it hears of."""

    PLUGIN_ID = "tests.failing"
    PLUGIN_NAME = "Failing"
    CONFIGURATION_PER_CHANNEL = False
    DEFAULT_ACTIVE = True
    failed: list[str] = []

    def order_created(self, order: Order, previous_value: Any, **given: Any) -> None:
        if not self.failed:
            self.failed.append(order.external_reference or "")
            raise RuntimeError("a plugin's own bug")


@pytest.mark.django_db(transaction=True)
def test_a_plugin_that_fails_at_one_order_stops_no_other(settings) -> None:
    shop = make_shop()
    listen(settings, shop)
    settings.PLUGINS = [*settings.PLUGINS, f"{__name__}.FailingPlugin"]
    FailingPlugin.failed.clear()
    orders = [order(shop), order(shop)]

    made = InProcessSaleor().create_orders(orders, lambda results: None)

    assert [result.created for result in made] == [True, True]
    assert FailingPlugin.failed == [orders[0].external_reference]
    assert RecordingPlugin.heard.count("order_created") == 2
    assert RecordingPlugin.heard.count("order_confirmed") == 1
    assert Order.objects.count() == 2


def test_webhooks_are_looked_up_once_for_a_batch(
    settings, django_capture_on_commit_callbacks, django_assert_max_num_queries
) -> None:
    shop = make_shop(stocks=(1000,))
    ensure_app()
    orders = [order(shop) for _ in range(20)]

    with (
        django_assert_max_num_queries(40, connection=connection),
        django_capture_on_commit_callbacks(execute=True),
    ):
        InProcessSaleor().create_orders(orders, lambda results: None)


def test_a_stock_that_is_emptied_is_announced(django_capture_on_commit_callbacks) -> None:
    shop = make_shop(stocks=(2,))
    listener = App.objects.create(name="listener", is_active=True)
    listener.permissions.add(Permission.objects.get(codename="manage_products"))
    webhook = Webhook.objects.create(
        app=listener, name="stock", target_url="http://127.0.0.1:9/", is_active=True
    )
    WebhookEvent.objects.create(webhook=webhook, event_type="product_variant_out_of_stock")

    with django_capture_on_commit_callbacks(execute=True):
        imported(order(shop, line(shop, 0, 2), line(shop, 1, 1)))

    assert sent() == ["product_variant_out_of_stock"]
