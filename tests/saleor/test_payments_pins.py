"""What of Saleor's inside payments lean on: a release that changes it says so here first."""

from __future__ import annotations

import inspect
from types import SimpleNamespace

import pytest
from saleor.payment import TransactionEventType, utils
from saleor.payment.gateway import request_refund_action
from saleor.payment.interface import (
    PaymentGatewayData,
    TransactionActionData,
    TransactionSessionData,
    TransactionSessionResult,
)
from saleor.payment.models import TransactionEvent
from saleor.plugins.manager import PluginsManager
from saleor.plugins.webhook.plugin import WebhookPlugin

from saleor_tiktok_stripe.plugin import TikTokStripePlugin, TikTokStripeSessions

SESSION_HOOKS = (
    "payment_gateway_initialize_session",
    "transaction_initialize_session",
    "transaction_process_session",
)
REQUEST_HOOKS = (
    "transaction_charge_requested",
    "transaction_cancelation_requested",
    "transaction_refund_requested",
)


def names(function) -> list[str]:
    return [name for name in inspect.signature(function).parameters if name != "self"]


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (
            utils.create_transaction_event_from_request_and_webhook_response,
            ["request_event", "app", "transaction_webhook_response"],
        ),
        (utils.create_failed_transaction_event, ["event", "cause"]),
        (
            utils.recalculate_refundable_for_checkout,
            ["transaction_item", "request_event", "response_event"],
        ),
        (utils.update_order_granted_status_if_needed, ["request_event"]),
        (utils.truncate_transaction_event_message, ["message"]),
        (PaymentGatewayData, ["app_identifier", "data", "error"]),
        (TransactionSessionResult, ["app_identifier", "response", "error"]),
    ],
)
def test_what_we_call_takes_what_we_give(function, expected):
    assert names(function) == expected


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (
            TransactionActionData,
            {"action_type", "transaction", "event", "transaction_app_owner", "action_value"}
            | {"granted_refund"},
        ),
        (
            TransactionSessionData,
            {"transaction", "source_object", "action", "payment_gateway_data"}
            | {"customer_ip_address", "idempotency_key"},
        ),
    ],
)
def test_what_saleor_hands_over_holds_what_we_read(kind, expected):
    assert expected <= set(names(kind))


@pytest.mark.parametrize("hook", SESSION_HOOKS)
def test_a_session_hook_is_called_as_ours_takes_it(hook):
    assert names(getattr(TikTokStripeSessions, hook)) == names(getattr(WebhookPlugin, hook))
    assert not hasattr(TikTokStripePlugin, hook)


@pytest.mark.parametrize("hook", REQUEST_HOOKS)
def test_a_request_hook_is_called_as_ours_takes_it(hook):
    assert names(getattr(TikTokStripePlugin, hook)) == names(getattr(WebhookPlugin, hook))
    # With it, a request in a channel where the plugin is off would reach nobody, silently.
    assert not hasattr(TikTokStripeSessions, hook)
    assert names(getattr(PluginsManager, hook)) == ["payment_data", "channel_slug"]


def test_saleors_webhook_plugin_steps_aside_where_there_is_no_event(db):
    asked = SimpleNamespace(
        transaction_app_owner=object(), event=None, transaction=SimpleNamespace(psp_reference="pi")
    )
    plugin = WebhookPlugin(configuration=[], active=False)

    plugin.transaction_refund_requested(asked, None)

    assert plugin.active  # it cannot be switched off
    assert not TransactionEvent.objects.exists()


def test_a_refund_goes_on_without_its_event_after_the_hooks():
    """Saleor uses its own variables after the plugins had the request."""
    source = inspect.getsource(request_refund_action)

    after = source.partition("_request_payment_action(")[2]
    assert "transaction_action_data.event" not in after
    assert "request_event" not in after.partition("if order_id")[2]


def test_the_words_for_what_happened_are_saleors():
    ours = {
        *("AUTHORIZATION_SUCCESS", "AUTHORIZATION_ACTION_REQUIRED", "AUTHORIZATION_FAILURE"),
        *("AUTHORIZATION_REQUEST", "CHARGE_SUCCESS", "CHARGE_ACTION_REQUIRED", "CHARGE_FAILURE"),
        *("CHARGE_REQUEST", "CHARGE_BACK", "REFUND_REQUEST", "REFUND_SUCCESS", "REFUND_FAILURE"),
        *("REFUND_REVERSE", "CANCEL_REQUEST", "CANCEL_SUCCESS", "CANCEL_FAILURE", "INFO"),
    }

    assert {name.lower() for name in ours} <= {value for value, _ in TransactionEventType.CHOICES}
