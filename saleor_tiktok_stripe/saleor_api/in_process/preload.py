"""What a batch of orders needs to know of Saleor, read in a handful of queries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

from babel.numbers import get_currency_precision
from django.db import connection
from saleor.account.models import User
from saleor.app.models import App
from saleor.channel.models import Channel
from saleor.product.models import ProductVariant
from saleor.site.models import SiteSettings
from saleor.tax.models import TaxConfiguration
from saleor.warehouse.models import ChannelWarehouse, Warehouse

from ...errors import Parked, Problem, VendorBug
from ..ids import database_ids
from ..types import NewOrder
from .app import ensure_app


@dataclass(frozen=True)
class Batch:
    """One channel's facts at the time of writing.

    ``variants`` and ``warehouses`` are by global id and hold only what exists;
    ``channel_warehouses`` in the channel's own order.
    """

    app: App
    channel: Channel
    site: SiteSettings
    tax: TaxConfiguration
    display_gross_by_country: Mapping[str, bool]
    channel_warehouses: tuple[UUID, ...]
    warehouses: Mapping[str, UUID]
    variants: Mapping[str, ProductVariant]
    users: Mapping[str, User]

    @cached_property
    def currency_places(self) -> int:
        """Decimal places of the channel's currency (0 for JPY and VND)."""
        return int(get_currency_precision(self.channel.currency_code))

    def display_gross(self, country: str) -> bool:
        """Saleor's ``update_order_display_gross_prices``, without its query per order."""
        return self.display_gross_by_country.get(country, self.tax.display_gross_prices)


def load(orders: Sequence[NewOrder]) -> Batch:
    """Raises ``Parked`` when the channel is gone, ``VendorBug`` when the orders name several."""
    slugs = {order.channel_slug for order in orders}
    if len(slugs) != 1:
        raise VendorBug("SEVERAL_CHANNELS", "A batch of orders must be of one channel.")
    channel = load_channel(slugs.pop())
    tax = TaxConfiguration.objects.prefetch_related("country_exceptions").get(channel=channel)
    channel._state.fields_cache["tax_configuration"] = tax
    return Batch(
        app=ensure_app(),
        channel=channel,
        site=load_site(),
        tax=tax,
        display_gross_by_country={
            row.country.code: row.display_gross_prices for row in tax.country_exceptions.all()
        },
        channel_warehouses=tuple(
            ChannelWarehouse.objects.filter(channel=channel).values_list("warehouse_id", flat=True)
        ),
        warehouses=_warehouses({o.warehouse_id for o in orders if o.warehouse_id}),
        variants=_variants({ln.variant_id for o in orders for ln in o.lines if ln.variant_id}),
        users=_users({order.email for order in orders if order.email}),
    )


def load_channel(slug: str) -> Channel:
    """The channel, or ``Parked`` when it is gone."""
    channel = Channel.objects.filter(slug=slug).first()
    if channel is None:
        raise Parked(
            Problem(
                code="CHANNEL_NOT_FOUND",
                stage="import",
                cause=f"Saleor has no channel {slug!r} any more.",
                cure="Connect the shop to a channel that exists.",
                params={"channel": slug},
            )
        )
    return channel


def load_site() -> SiteSettings:
    """Read afresh: Django's site cache lives as long as the worker."""
    from django.conf import settings

    return SiteSettings.objects.get(site_id=settings.SITE_ID)


def next_numbers(count: int) -> list[int]:
    """Order numbers from Saleor's own sequence (``get_order_number``), in one query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval('order_order_number_seq') FROM generate_series(1, %s)", [count]
        )
        return [row[0] for row in cursor.fetchall()]


def _warehouses(ids: set[str]) -> dict[str, UUID]:
    keys = database_ids("Warehouse", ids)
    found = set(Warehouse.objects.filter(pk__in=keys).values_list("pk", flat=True)) if keys else ()
    return {name: key for key, name in keys.items() if key in found}


def _variants(ids: set[str]) -> dict[str, ProductVariant]:
    keys = database_ids("ProductVariant", ids)
    rows = ProductVariant.objects.filter(pk__in=keys).select_related(
        "product__tax_class", "product__product_type__tax_class"
    )
    return {keys[row.pk]: row for row in rows} if keys else {}


def _users(emails: set[str]) -> dict[str, User]:
    """Customers who exist already; none is ever made of a marketplace's buyer."""
    return {user.email: user for user in User.objects.filter(email__in=emails)}
