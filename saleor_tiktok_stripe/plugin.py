"""The door Saleor opens: the settings form of a channel, its addresses, and its payments. Only a
door: the rooms behind it do the work, and run without Saleor as well."""

from __future__ import annotations

import logging
from collections.abc import Callable
from copy import deepcopy
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from saleor.checkout.models import Checkout
from saleor.order.models import Order
from saleor.payment.interface import (
    PaymentGatewayData,
    TransactionActionData,
    TransactionSessionData,
    TransactionSessionResult,
)
from saleor.plugins.base_plugin import BasePlugin, ConfigurationTypeField
from saleor.plugins.error_codes import PluginErrorCode

from . import conf
from .accounts import form
from .errors import ChannelError, InvalidInput
from .saleor_api import is_own_write, writer
from .saleor_api.ids import global_id
from .saleor_api.in_process import actions, sessions
from .saleor_api.transactions import ActionKind, GatewayAnswer, SessionAnswer, SessionRequest

log = logging.getLogger("saleor_tiktok_stripe.plugin")

SWITCHED_OFF = "This shop does not take payments with Stripe at the moment."
TRY_AGAIN = "The payment could not be looked up just now. Please try again in a moment."

_TYPES = {
    form.Kind.TEXT: ConfigurationTypeField.STRING,
    form.Kind.SECRET: ConfigurationTypeField.SECRET,
    form.Kind.SWITCH: ConfigurationTypeField.BOOLEAN,
    form.Kind.OUTPUT: ConfigurationTypeField.OUTPUT,
}


class TikTokStripePlugin(BasePlugin):
    """A TikTok Shop sales channel; one instance per Saleor channel."""

    PLUGIN_ID = conf.PLUGIN_ID
    PLUGIN_NAME = "TikTok Shop with Stripe"
    PLUGIN_DESCRIPTION = (
        "Sell in a TikTok Shop from this channel: its orders become Saleor orders, with their "
        "money, stock and status kept in step. Take payments with Stripe in this channel."
    )
    CONFIGURATION_PER_CHANNEL = True
    DEFAULT_ACTIVE = False
    DEFAULT_CONFIGURATION = [{"name": field.name, "value": field.default} for field in form.FIELDS]
    CONFIG_STRUCTURE = {
        field.name: {
            "type": _TYPES[field.kind],
            "label": field.label,
            "help_text": field.help_text,
        }
        for field in form.FIELDS
    }

    @classmethod
    def save_plugin_configuration(cls, plugin_configuration: Any, cleaned_data: Any) -> Any:
        """Save the form: our store first, then Saleor's row, which gets a mask for the secret.

        What was changed in the console or by the API since counts, not what Saleor's row still
        says. Both in one transaction; Saleor has no hook after saving. Stripe is asked about a new
        key before it. Raises ``ValidationError``.
        """
        with writer():
            known = form.current(plugin_configuration.channel.slug)
            plugin_configuration.configuration = [
                {**row, "value": known.get(row["name"], row["value"])}
                for row in plugin_configuration.configuration
            ]
            plugin_configuration.asked = cls._ask_first(plugin_configuration, cleaned_data)
            with transaction.atomic():
                return super().save_plugin_configuration(plugin_configuration, cleaned_data)

    @classmethod
    def _ask_first(cls, plugin_configuration: Any, cleaned_data: Any) -> form.Asked | None:
        """With the values as Saleor is going to merge them."""
        merged = deepcopy(plugin_configuration.configuration)
        cls._update_config_items(cleaned_data.get("configuration") or [], merged)
        try:
            return form.ask_first(
                plugin_configuration.channel.slug,
                {row["name"]: row["value"] for row in merged},
                active=cleaned_data.get("active", plugin_configuration.active),
            )
        except ChannelError as error:
            raise _said(error) from error

    @classmethod
    def validate_plugin_configuration(cls, plugin_configuration: Any, **kwargs: Any) -> None:
        """Move what was entered into our store, and say in words what does not fit."""
        values = {row["name"]: row["value"] for row in plugin_configuration.configuration}
        try:
            kept = form.save(
                plugin_configuration.channel.slug,
                values,
                active=plugin_configuration.active,
                asked=plugin_configuration.asked,
            )
        except ChannelError as error:
            raise _said(error) from error
        plugin_configuration.configuration = [
            {**row, "value": kept.get(row["name"], row["value"])}
            for row in plugin_configuration.configuration
        ]

    def resolve_plugin_configuration(self, request: Any) -> Any:
        """The form as it is shown: the output fields are made at this moment."""
        if self.channel is None:
            return self.configuration
        with writer():
            shown = form.outputs(self.channel.slug, actor=_actor(request))
        stored = {row["name"]: row for row in self.configuration}
        return [
            {**stored[name], "value": shown.get(name, stored[name]["value"])}
            for name in self.CONFIG_STRUCTURE
            if name in stored
        ]

    def webhook(self, request: HttpRequest, path: str, previous_value: Any) -> HttpResponse:
        """Serve our addresses of this channel.

        Saleor's legacy route reaches inactive plugins and any channel's instance: not served.
        """
        from .rooms import web

        if not self.active or self.channel is None:
            return web.not_found()
        if f"/channel/{self.channel.slug}/" not in request.path:
            return web.not_found()
        with writer():
            return web.handle(request, self.channel.slug, (path or "").removeprefix("/"))

    def transaction_charge_requested(
        self, transaction_data: TransactionActionData, previous_value: Any
    ) -> Any:
        """Staff or an app captures an authorized payment."""
        from .rooms import payments

        self._hand_over(transaction_data, "CHARGE", payments.request_capture)
        return previous_value

    def transaction_cancelation_requested(
        self, transaction_data: TransactionActionData, previous_value: Any
    ) -> Any:
        """Staff, an app, or Saleor for a checkout left behind, releases an authorized payment."""
        from .rooms import payments

        self._hand_over(transaction_data, "CANCEL", payments.request_cancel)
        return previous_value

    def transaction_refund_requested(
        self, transaction_data: TransactionActionData, previous_value: Any
    ) -> Any:
        """Staff, an app, or Saleor for a checkout left behind, refunds a payment."""
        from .rooms import aftersales

        self._hand_over(transaction_data, "REFUND", aftersales.request_refund)
        return previous_value

    def fulfillment_created(self, fulfillment: Any, previous_value: Any, **_: Any) -> Any:
        """Goods left. (Saleor names what it adds to these hooks; it differs by release.)"""
        self._changed(fulfillment.order)
        return previous_value

    def fulfillment_approved(self, fulfillment: Any, previous_value: Any, **_: Any) -> Any:
        """Goods that waited for approval left."""
        self._changed(fulfillment.order)
        return previous_value

    def fulfillment_canceled(self, fulfillment: Any, previous_value: Any, **_: Any) -> Any:
        """Goods did not leave after all."""
        self._changed(fulfillment.order)
        return previous_value

    def tracking_number_updated(self, fulfillment: Any, previous_value: Any, **_: Any) -> Any:
        """A parcel got a tracking number, or another one."""
        self._changed(fulfillment.order)
        return previous_value

    def fulfillment_metadata_updated(self, fulfillment: Any, previous_value: Any, **_: Any) -> Any:
        """Somebody may have named the carrier."""
        self._changed(fulfillment.order)
        return previous_value

    def order_cancelled(self, order: Any, previous_value: Any, **_: Any) -> Any:
        """Staff cancelled an order."""
        self._changed(order)
        return previous_value

    def order_updated(self, order: Any, previous_value: Any, **_: Any) -> Any:
        """Also what has no hook of its own: units taken out of an order."""
        self._changed(order)
        return previous_value

    def _changed(self, order: Order) -> None:
        """What staff or another app did is told to the marketplace; what we did is not."""
        if self.active and self.channel is not None and not is_own_write():
            from .rooms import fulfilment

            with writer():
                order_id = global_id("Order", order.pk)
                fulfilment.changed_in_saleor(
                    self.channel.slug, order_id, order.external_reference or ""
                )

    def _hand_over(
        self, transaction_data: TransactionActionData, kind: ActionKind, take: actions.Take
    ) -> None:
        if self.active and self.channel is not None:
            with writer():
                actions.hand_over(transaction_data, kind, self.channel.slug, self.requestor, take)


class TikTokStripeSessions(BasePlugin):
    """Answers a storefront's payment sessions, in all channels where the plugin above is on.

    Saleor's webhook plugin is global, runs after per-channel plugins and throws their answers away:
    so this one is global as well and comes after it (``AppConfig.ready()``). It is no plugin of its
    own to a merchant: hidden, and always on, since a switch nobody sees would only break payments.

    Saleor calls these hooks outside of any database transaction.
    """

    PLUGIN_ID = f"{conf.PLUGIN_ID}.sessions"
    PLUGIN_NAME = "TikTok Shop with Stripe: payment sessions"
    CONFIGURATION_PER_CHANNEL = False
    DEFAULT_ACTIVE = True
    HIDDEN = True

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.active = True

    def payment_gateway_initialize_session(
        self,
        amount: Decimal,
        payment_gateways: list[PaymentGatewayData] | None,
        source_object: Checkout | Order,
        previous_value: list[PaymentGatewayData],
    ) -> list[PaymentGatewayData]:
        """``paymentGatewayInitialize``. Unless it is named, a gateway that cannot be used is not
        listed; named, it says why.
        """
        named = {gateway.app_identifier: gateway.data for gateway in payment_gateways or ()}
        if named and conf.PLUGIN_ID not in named:
            return previous_value
        from .rooms import payments

        with writer():
            if not sessions.takes_payments(source_object.channel.slug):
                return previous_value
            request = sessions.gateway_request(source_object, amount, named.get(conf.PLUGIN_ID))
            try:
                answer = payments.gateway(request)
            except Exception:  # noqa: BLE001  (logged; raised, it would take all gateways away)
                log.exception("the payment gateway could not answer")
                answer = GatewayAnswer(error=SWITCHED_OFF)
        if answer.error and not named:
            return previous_value
        ours = PaymentGatewayData(
            app_identifier=conf.PLUGIN_ID,
            data=None if answer.data is None else dict(answer.data),
            error=answer.error or None,
        )
        return [*(previous_value or ()), ours]

    def transaction_initialize_session(
        self,
        transaction_session_data: TransactionSessionData,
        previous_value: TransactionSessionResult,
    ) -> TransactionSessionResult:
        """``transactionInitialize``. Nothing was asked of Stripe where it fails: a final failure,
        and the storefront may begin another transaction.
        """
        from .rooms import payments

        return self._answer(
            transaction_session_data, previous_value, payments.initialize, ("FAILURE", SWITCHED_OFF)
        )

    def transaction_process_session(
        self,
        transaction_session_data: TransactionSessionData,
        previous_value: TransactionSessionResult,
    ) -> TransactionSessionResult:
        """``transactionProcess``. The buyer may have paid already, so that what stands in the way
        is never told as a failure: Saleor would not ask again.
        """
        from .rooms import payments

        return self._answer(
            transaction_session_data,
            previous_value,
            payments.process,
            ("ACTION_REQUIRED", TRY_AGAIN),
        )

    def _answer(
        self,
        asked: TransactionSessionData,
        previous_value: TransactionSessionResult,
        ask: Callable[[SessionRequest], SessionAnswer],
        otherwise: tuple[str, str],
    ) -> TransactionSessionResult:
        if asked.payment_gateway_data.app_identifier != conf.PLUGIN_ID:
            return previous_value
        with writer():
            request = sessions.session_request(asked)
            result, words = otherwise
            answer = SessionAnswer(f"{request.flow}_{result}", request.amount, message=words)
            if sessions.takes_payments(request.channel_slug):
                try:
                    answer = ask(request)
                except Exception:  # noqa: BLE001  (logged; raised, it would leave Saleor's row open)
                    log.exception("a payment session failed", extra={"step": ask.__name__})
        return TransactionSessionResult(conf.PLUGIN_ID, sessions.response(answer))


def _said(error: ChannelError) -> ValidationError:
    field = error.field if isinstance(error, InvalidInput) else ""
    code = PluginErrorCode.INVALID if field else PluginErrorCode.PLUGIN_MISCONFIGURED
    missing = error.code.endswith("_REQUIRED")
    told = ValidationError(
        error.message, code=(PluginErrorCode.REQUIRED if missing else code).value
    )
    return ValidationError({field or "configuration": told})


def _actor(request: Any) -> str:
    """Who looks at the form: for the audit log."""
    app, user = getattr(request, "app", None), getattr(request, "user", None)
    if app:
        return f"app:{app.pk}"
    return f"staff:{user.pk}" if user and getattr(user, "pk", None) else "staff"
