"""A storefront pays through Saleor's own API: gateway, sessions, checkout, in every way it ends."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import connection as database
from saleor.app.models import App
from saleor.order.models import Order
from saleor.payment.models import TransactionEvent, TransactionItem
from saleor.plugins.base_plugin import BasePlugin
from saleor.plugins.manager import get_plugins_manager
from saleor.plugins.models import PluginConfiguration

from saleor_tiktok_stripe.apps import PLUGIN, SESSIONS, add_sessions_plugin
from saleor_tiktok_stripe.models import Charge
from saleor_tiktok_stripe.saleor_api.in_process.app import ensure_app

from .payments import (
    GATEWAY,
    begin,
    charge_later,
    checkout,
    confirm,
    events,
    money_of,
    paid_order,
    process,
    row,
    run,
    sums,
    switch,
    work,
)
from .shop import make_shop

pytestmark = pytest.mark.django_db(transaction=True)

WEBHOOKS = "saleor.plugins.webhook.plugin.WebhookPlugin"
NOT_FOUND = "Active app with `HANDLE_PAYMENT` permissions or app webhook not found."


def gateways(checkout_id: str, *names: str) -> list[dict[str, Any]]:
    wanted = [{"id": name} for name in names]
    asked = {"paymentGateways": wanted} if names else {}
    answer = run("storefront/paymentGatewayInitialize", id=checkout_id, **asked)
    assert answer["errors"] == []
    return answer["gatewayConfigs"]


@pytest.mark.parametrize("names", [(), (GATEWAY,), (GATEWAY, "other.app"), ("other.app", GATEWAY)])
def test_the_gateway_tells_what_the_browser_needs(shop, stripe, names):
    found = {gateway["id"]: gateway for gateway in gateways(checkout(shop), *names)}

    assert set(found) == {GATEWAY, *names}
    assert found[GATEWAY]["errors"] == []
    assert found[GATEWAY]["data"]["publishableKey"] == stripe.publishable_key
    assert stripe.secret_key not in str(found)
    if "other.app" in names:
        [error] = found["other.app"]["errors"]
        assert error["message"] == NOT_FOUND


def test_the_gateway_keeps_out_of_what_is_asked_of_others(shop):
    [answer] = gateways(checkout(shop), "other.app")

    assert answer["id"] == "other.app"
    assert answer["errors"][0]["message"] == NOT_FOUND


@pytest.mark.parametrize("off", ["plugin", "app"])
def test_a_gateway_that_is_switched_off_is_not_found(shop, off):
    if off == "plugin":
        switch(shop, active=False)
    else:
        App.objects.update(is_active=False)
    checkout_id = checkout(shop)

    [named] = gateways(checkout_id, GATEWAY)

    assert (named["data"], named["errors"][0]["message"]) == (None, NOT_FOUND)
    assert gateways(checkout_id) == []


def test_a_channel_without_stripe_says_so_where_it_is_named(stripe):
    shop = make_shop()
    switch(shop)
    checkout_id = checkout(shop)

    [named] = gateways(checkout_id, GATEWAY)

    assert named["data"] is None
    assert [error["message"] for error in named["errors"]] == [
        "This channel does not take payments with Stripe at the moment."
    ]
    assert gateways(checkout_id) == []


def test_a_checkout_is_paid_and_becomes_an_order(shop, stripe):
    checkout_id = checkout(shop)

    begun = begin(checkout_id)
    transaction_id = begun["transaction"]["id"]

    assert begun["transactionEvent"]["type"] == "CHARGE_ACTION_REQUIRED"
    assert begun["data"]["publishableKey"] == stripe.publishable_key
    assert begun["data"]["clientSecret"].startswith(begun["data"]["paymentIntentId"])
    assert sums(transaction_id) == {}
    assert row(transaction_id).app_identifier == GATEWAY

    early = run("storefront/checkoutComplete", id=checkout_id)
    assert [error["code"] for error in early["errors"]] == ["CHECKOUT_NOT_FULLY_PAID"]
    assert confirm(stripe, begun["data"]) == 200

    event = process(transaction_id)
    assert event == {
        "type": "CHARGE_SUCCESS",
        "amount": {"amount": 25.0, "currency": "USD"},
        "message": "",
        "pspReference": begun["data"]["paymentIntentId"],
    }
    assert sums(transaction_id) == {"charged": "25.00"}
    item = row(transaction_id)
    assert (item.available_actions, item.psp_reference) == (["refund"], event["pspReference"])
    assert (item.payment_method_type, item.cc_last_digits) == ("card", "4242")

    completed = run("storefront/checkoutComplete", id=checkout_id)
    assert completed["errors"] == []
    assert completed["order"]["chargeStatus"] == "FULL"
    work()
    assert process(transaction_id)["type"] == "CHARGE_SUCCESS"

    assert events(transaction_id) == [
        ("CHARGE_REQUEST", "25.00", False),
        ("CHARGE_ACTION_REQUIRED", "25.00", True),
        ("CHARGE_SUCCESS", "25.00", True),
    ]
    assert sums(transaction_id) == {"charged": "25.00"}
    assert money_of(completed["order"]["id"]) == ("full", 25, "full", 0)
    [charge] = Charge.objects.all()
    assert (charge.transaction_id, charge.captured) == (transaction_id, 25)
    assert charge.order_id == completed["order"]["id"]
    assert len(stripe.control.objects("payment_intent")) == 1


def test_a_decline_stays_open_until_the_buyer_pays_otherwise(shop, stripe):
    checkout_id = checkout(shop)
    begun = begin(checkout_id)
    transaction_id = begun["transaction"]["id"]

    assert confirm(stripe, begun["data"], "pm_card_chargeDeclined") == 402
    declined = process(transaction_id)
    assert confirm(stripe, begun["data"]) == 200
    paid = process(transaction_id)

    assert declined["type"] == "CHARGE_ACTION_REQUIRED"
    assert "declined" in declined["message"]
    assert paid["type"] == "CHARGE_SUCCESS"
    assert sums(transaction_id) == {"charged": "25.00"}
    assert "CHARGE_FAILURE" not in [kind for kind, *_ in events(transaction_id)]


def test_an_authorization_is_completed_without_being_charged(shop, stripe):
    charge_later(shop)

    order_id, transaction_id = paid_order(shop, stripe)

    assert sums(transaction_id) == {"authorized": "25.00"}
    assert sorted(row(transaction_id).available_actions) == ["cancel", "charge"]
    assert money_of(order_id) == ("none", 0, "full", 25)
    assert events(transaction_id) == [
        ("AUTHORIZATION_REQUEST", "25.00", False),
        ("AUTHORIZATION_ACTION_REQUIRED", "25.00", True),
        ("AUTHORIZATION_SUCCESS", "25.00", True),
    ]


def test_an_order_is_paid_later(shop, stripe):
    Order.objects.all().delete()
    checkout_id = checkout(shop)
    shop.channel.allow_unpaid_orders = True
    shop.channel.save()
    order_id = run("storefront/checkoutComplete", id=checkout_id)["order"]["id"]

    begun = begin(order_id)
    confirm(stripe, begun["data"])
    event = process(begun["transaction"]["id"])
    work()

    assert event["type"] == "CHARGE_SUCCESS"
    assert money_of(order_id) == ("full", 25, "full", 0)
    [payment] = stripe.control.objects("payment_intent")
    assert payment["metadata"]["saleor_order"] == str(Order.objects.get().number)


def test_the_same_idempotency_key_is_the_same_payment(shop, stripe):
    checkout_id = checkout(shop)

    first = begin(checkout_id, idempotencyKey="cart-7")
    second = begin(checkout_id, idempotencyKey="cart-7")

    assert second["transaction"] == first["transaction"]
    assert second["data"] == first["data"]
    assert TransactionItem.objects.count() == 1
    assert Charge.objects.count() == 1
    assert len(stripe.control.objects("payment_intent")) == 1
    assert sums(first["transaction"]["id"]) == {}


def test_a_switched_off_channel_begins_nothing(shop, stripe):
    checkout_id = checkout(shop)
    switch(shop, active=False)

    begun = begin(checkout_id)

    assert begun["transactionEvent"]["type"] == "CHARGE_FAILURE"
    assert begun["transactionEvent"]["message"] == (
        "This shop does not take payments with Stripe at the moment."
    )
    assert begun["data"] == {}
    assert not Charge.objects.exists()
    assert stripe.control.calls("POST", "payment_intents") == []


def test_a_buyer_who_paid_while_it_was_switched_off_is_not_told_of_a_failure(shop, stripe):
    checkout_id = checkout(shop)
    begun = begin(checkout_id)
    confirm(stripe, begun["data"])
    switch(shop, active=False)

    meanwhile = process(begun["transaction"]["id"])
    switch(shop)
    later = process(begun["transaction"]["id"])

    assert (meanwhile["type"], meanwhile["message"]) == (
        "CHARGE_ACTION_REQUIRED",
        "The payment could not be looked up just now. Please try again in a moment.",
    )
    assert later["type"] == "CHARGE_SUCCESS"
    assert sums(begun["transaction"]["id"]) == {"charged": "25.00"}


def test_a_channel_without_stripe_begins_nothing(stripe):
    shop = make_shop()
    switch(shop)

    begun = begin(checkout(shop))

    assert begun["transactionEvent"]["type"] == "CHARGE_FAILURE"
    assert begun["transactionEvent"]["message"] == (
        "This channel does not take payments with Stripe at the moment."
    )


def test_an_app_that_is_switched_off_begins_nothing(shop, stripe):
    checkout_id = checkout(shop)
    App.objects.update(is_active=False)

    begun = run("storefront/transactionInitialize", id=checkout_id, paymentGateway={"id": GATEWAY})

    assert [(error["code"], error["message"]) for error in begun["errors"]] == [
        ("NOT_FOUND", "App with provided identifier not found.")
    ]
    assert not TransactionItem.objects.exists()
    assert stripe.control.calls("POST", "payment_intents") == []


def test_another_apps_session_is_left_to_it(shop):
    App.objects.create(name="Other", identifier="other.app", is_active=True)

    begun = begin(checkout(shop), paymentGateway={"id": "other.app"})

    assert begun["transactionEvent"]["type"] == "CHARGE_FAILURE"
    assert begun["transactionEvent"]["message"] == "Failed to delivery request."  # Saleor's words
    assert not Charge.objects.exists()


def test_a_bug_of_ours_is_told_as_a_failure_that_leaves_nothing_open(shop, stripe):
    # Our own table is gone: about the worst that can happen to a session.
    checkout_id = checkout(shop)
    with database.cursor() as cursor:
        cursor.execute("ALTER TABLE saleor_tiktok_stripe_charge RENAME TO charge_away")
    try:
        begun = begin(checkout_id)
        [gateway] = gateways(checkout_id, GATEWAY)
    finally:
        with database.cursor() as cursor:
            cursor.execute("ALTER TABLE charge_away RENAME TO saleor_tiktok_stripe_charge")

    assert begun["transactionEvent"]["type"] == "CHARGE_FAILURE"
    assert gateway["errors"] == []
    assert [kind for kind, *_ in events(begun["transaction"]["id"])] == [
        "CHARGE_REQUEST",
        "CHARGE_FAILURE",
    ]


# --- how Saleor calls us -------------------------------------------------------------------------


def test_the_companion_comes_after_saleors_webhook_plugin_once(settings):
    plugins = django_settings.PLUGINS
    assert plugins.index(SESSIONS) > plugins.index(WEBHOOKS)

    settings.PLUGINS = [SESSIONS, WEBHOOKS, PLUGIN]  # as read again, or as somebody wrote it
    for _ in range(2):
        add_sessions_plugin()
    assert settings.PLUGINS == [WEBHOOKS, PLUGIN, SESSIONS]

    settings.PLUGINS = [WEBHOOKS]
    add_sessions_plugin()
    assert settings.PLUGINS == [WEBHOOKS]


def test_the_companion_is_hidden_and_cannot_be_switched_off_alone(shop, stripe):
    name = f"{GATEWAY}.sessions"
    PluginConfiguration.objects.create(identifier=name, active=False, configuration=[])

    manager = get_plugins_manager(allow_replica=False)
    loaded = [type(plugin).__name__ for plugin in manager.get_plugins(shop.channel.slug, True)]

    assert loaded.index("TikTokStripePlugin") < loaded.index("WebhookPlugin")
    assert loaded.index("WebhookPlugin") < loaded.index("TikTokStripeSessions")
    assert manager.get_plugin(name).HIDDEN
    [gateway] = gateways(checkout(shop), GATEWAY)
    assert gateway["data"]["publishableKey"] == stripe.publishable_key


class Witness(BasePlugin):
    """Notes, for each hook that Saleor calls, whether a database transaction is open."""

    PLUGIN_ID = "test.witness"
    PLUGIN_NAME = "Witness"
    CONFIGURATION_PER_CHANNEL = False
    DEFAULT_ACTIVE = True
    seen: dict[str, bool] = {}  # noqa: RUF012

    def _note(self, name: str, previous_value: Any) -> Any:
        self.seen[name] = database.in_atomic_block
        return previous_value

    def payment_gateway_initialize_session(self, amount, gateways, source, previous_value):
        return self._note("gateway", previous_value)

    def transaction_initialize_session(self, data, previous_value):
        return self._note("initialize", previous_value)

    def transaction_process_session(self, data, previous_value):
        return self._note("process", previous_value)


def test_saleor_calls_the_session_hooks_outside_of_any_transaction(shop, stripe, settings):
    Witness.seen.clear()
    settings.PLUGINS = [*settings.PLUGINS, f"{__name__}.Witness"]
    checkout_id = checkout(shop)

    gateways(checkout_id, GATEWAY)
    begun = begin(checkout_id)
    process(begun["transaction"]["id"])

    assert Witness.seen == {"gateway": False, "initialize": False, "process": False}


def test_events_of_a_session_name_our_app(shop, stripe):
    paid_order(shop, stripe)

    app = ensure_app()
    [success] = TransactionEvent.objects.filter(type="charge_success")
    assert (success.app, success.app_identifier) == (app, GATEWAY)
