"""What differs between Saleor 3.20 and 3.24, each behind one name.

Fields and functions are asked for, not release numbers: a patch release may bring them earlier.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from django.db import models, transaction
from saleor.app.models import App
from saleor.graphql.core.context import SaleorContext
from saleor.graphql.webhook import subscription_payload
from saleor.order.fetch import OrderLineInfo
from saleor.order.models import OrderLine
from saleor.plugins.manager import PluginsManager
from saleor.site.models import SiteSettings
from saleor.warehouse.management import deallocate_stock
from saleor.warehouse.models import Stock


@cache
def field_names(model: type[models.Model]) -> frozenset[str]:
    """The concrete fields of a model, by name and by column name (``user`` and ``user_id``)."""
    fields = model._meta.concrete_fields
    return frozenset(field.name for field in fields) | {field.attname for field in fields}


def known(model: type[models.Model], values: Mapping[str, Any]) -> dict[str, Any]:
    """The values whose field this release has (``lines_count`` from 3.21, ``product_type_id`` from
    3.22...).
    """
    names = field_names(model)
    return {name: value for name, value in values.items() if name in names}


def request_context(app: App) -> SaleorContext:
    """A request as Saleor makes for its own webhook payloads, with our App as requestor."""
    arguments = {"requestor": app, "sync_event": False, "allow_replica": False}
    if "app" in inspect.signature(subscription_payload.initialize_request).parameters:
        return subscription_payload.initialize_request(app=app, **arguments)
    request = subscription_payload.initialize_request(**arguments)  # 3.20, 3.21
    request.app = app
    return request


def stock_without_shipping_zones(settings: SiteSettings) -> bool:
    """From 3.23 a channel's stock need not be in a shipping zone of the country."""
    return not getattr(settings, "use_legacy_shipping_zone_stock_availability", True)


def robust_on_commit(call: Callable[..., Any], *arguments: Any) -> None:
    """Call after commit; a failure is logged by Django and stops no other callback.

    A function of its own and no ``partial``: Django's log line asks for a ``__qualname__``.
    """

    def callback() -> None:
        call(*arguments)

    transaction.on_commit(callback, robust=True)


def announce_out_of_stock(
    stocks: Sequence[Stock], settings: SiteSettings, app: App, manager: PluginsManager
) -> None:
    """Tell after commit that these stocks have nothing left, as Saleor's allocation does."""
    if hasattr(manager, "product_variant_out_of_stock"):  # up to 3.22: a plugin hook
        for stock in stocks:
            robust_on_commit(manager.product_variant_out_of_stock, stock)
        return
    from saleor.warehouse import channel_stock_availability
    from saleor.warehouse.webhooks import stock_events

    trigger = stock_events.trigger_product_variant_out_of_stock
    for stock in stocks:
        robust_on_commit(trigger, stock, app)
    in_channel = channel_stock_availability.trigger_out_of_stock_in_channel_events_for_stocks
    if stocks and stock_without_shipping_zones(settings):
        robust_on_commit(in_channel, list(stocks), settings)


def searches_more_than_names() -> bool:
    """From 3.22 an order is found by its id, its customer note, its reference and its notes."""
    from saleor.order import search

    return hasattr(search, "generate_order_events_search_vector_value")


def searches_email_domain() -> bool:
    """From 3.23 an order is found by the domain of its e-mail address."""
    from saleor.account import search

    return hasattr(search, "generate_email_vector")


def searches_without_accents() -> bool:
    """From 3.23 accents are taken off words before they are indexed."""
    from saleor.core import postgres

    return hasattr(postgres, "strip_accents")


def makes_line_discounts() -> bool:
    """From 3.21 ``orderBulkCreate`` writes a line's discount as a row of its own."""
    return "draft_base_price_expire_at" in field_names(OrderLine)


def deallocate(
    lines: list[OrderLineInfo], settings: SiteSettings, app: App, manager: PluginsManager
) -> None:
    """Saleor's ``deallocate_stock``; up to 3.22 it took the plugin manager."""
    if not lines:
        return
    if "site_settings" in inspect.signature(deallocate_stock).parameters:
        deallocate_stock(lines, settings, app)
    else:
        deallocate_stock(lines, manager)
