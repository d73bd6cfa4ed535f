"""Reads of Saleor by its models: a handful of queries however many objects are asked for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.db.models import Q, Sum
from saleor.account.models import Address
from saleor.order.models import Fulfillment, FulfillmentLine, Order, OrderGrantedRefund, OrderLine
from saleor.payment.models import TransactionEvent, TransactionItem
from saleor.plugins.models import PluginConfiguration
from saleor.warehouse.models import Allocation, PreorderAllocation
from saleor.warehouse.models import Warehouse as WarehouseRow

from ... import conf
from ..ids import database_ids, global_id
from ..types import (
    AddressData,
    ChannelInfo,
    FulfillmentState,
    OrderLineState,
    SaleorOrder,
    SaleorOrderStatus,
    TransactionState,
    Warehouse,
)
from .preload import load_channel


def plugin_active(channel_slug: str) -> bool:
    """Whether the plugin is switched on in a channel."""
    rows = PluginConfiguration.objects.filter(identifier=conf.PLUGIN_ID, active=True)
    return rows.filter(channel__slug=channel_slug).exists()


def channel(slug: str) -> ChannelInfo:
    """See ``Saleor.channel``. Warehouses come in the channel's own order."""
    row = load_channel(slug)
    warehouses = WarehouseRow.objects.filter(channels=row).order_by(
        "channelwarehouse__sort_order", "channelwarehouse__pk"
    )
    return ChannelInfo(
        id=global_id("Channel", row.pk),
        slug=row.slug,
        currency=row.currency_code,
        is_active=row.is_active,
        default_country=row.default_country.code,
        warehouses=tuple(
            Warehouse(global_id("Warehouse", item.pk), item.slug, item.name) for item in warehouses
        ),
        gift_card_auto_fulfill=bool(row.automatically_fulfill_non_shippable_gift_card),
    )


def find_orders(external_references: Sequence[str]) -> dict[str, str]:
    """See ``Saleor.find_orders``."""
    rows = Order.objects.filter(external_reference__in=external_references).order_by()
    return {
        reference: global_id("Order", pk)
        for pk, reference in rows.values_list("pk", "external_reference")
    }


def orders(ids: Sequence[str]) -> dict[str, SaleorOrder]:
    """See ``Saleor.orders``: nine queries for any number of orders."""
    keys = database_ids("Order", ids)
    rows = Order.objects.filter(pk__in=keys).select_related("channel", "shipping_address")
    found = {row.pk: row for row in rows}
    lines = _lines(list(found))
    packages = fulfillments(list(found))
    transactions = _transactions(list(found))
    grants = _grouped(
        OrderGrantedRefund.objects.filter(order_id__in=found).values("order_id", "amount_value"),
        "order_id",
    )
    return {
        keys[pk]: _order(
            row,
            tuple(lines[pk]),
            tuple(packages[pk]),
            tuple(transactions[pk]),
            sum((grant["amount_value"] for grant in grants[pk]), Decimal(0)),
        )
        for pk, row in found.items()
    }


def _order(
    row: Order,
    lines: tuple[OrderLineState, ...],
    packages: tuple[FulfillmentState, ...],
    transactions: tuple[TransactionState, ...],
    granted: Decimal,
) -> SaleorOrder:
    return SaleorOrder(
        id=global_id("Order", row.pk),
        number=str(row.number),
        external_reference=row.external_reference or "",
        channel_slug=row.channel.slug,
        currency=row.currency,
        status=SaleorOrderStatus[_enum_name(row.status)],
        total_gross=row.total_gross_amount,
        shipping_gross=row.shipping_price_gross_amount,
        charged=row.total_charged_amount,
        granted_refunds=granted,
        lines=lines,
        fulfillments=packages,
        transactions=transactions,
        shipping_address=address_data(row.shipping_address),
        metadata=row.metadata or {},
        shipping_method_name=row.shipping_method_name or "",
        updated_at=row.updated_at,
    )


def _enum_name(value: str) -> str:
    """``partially fulfilled`` in the database is ``PARTIALLY_FULFILLED`` in GraphQL."""
    return value.replace(" ", "_").upper()


def _lines(order_ids: list[Any]) -> dict[Any, list[OrderLineState]]:
    rows = list(OrderLine.objects.filter(order_id__in=order_ids).order_by("created_at", "pk"))
    ids = [row.pk for row in rows]
    allocated = _units(Allocation, ids, "quantity_allocated")
    preordered = _units(PreorderAllocation, ids, "quantity")
    states = defaultdict(list)
    for row in rows:
        states[row.order_id].append(
            OrderLineState(
                id=global_id("OrderLine", row.pk),
                variant_id=row.variant_id and global_id("ProductVariant", row.variant_id),
                sku=row.product_sku or "",
                quantity=row.quantity,
                quantity_fulfilled=row.quantity_fulfilled,
                quantity_to_fulfill=row.quantity - row.quantity_fulfilled,
                quantity_allocated=allocated.get(row.pk, 0) + preordered.get(row.pk, 0),
                unit_gross=row.unit_price_gross_amount,
                total_gross=row.total_price_gross_amount,
                metadata=row.metadata or {},
            )
        )
    return states


def _units(model: Any, line_ids: list[Any], column: str) -> dict[Any, int]:
    rows = model.objects.filter(order_line_id__in=line_ids).order_by()
    grouped = rows.values("order_line_id").annotate(units=Sum(column))
    return {row["order_line_id"]: row["units"] for row in grouped}


def fulfillments(order_ids: list[Any]) -> dict[Any, list[FulfillmentState]]:
    """Shipments and returns by the order's primary key, oldest first."""
    rows = list(Fulfillment.objects.filter(order_id__in=order_ids).order_by("pk"))
    contents = _grouped(
        FulfillmentLine.objects.filter(fulfillment__in=[row.pk for row in rows])
        .order_by("pk")
        .values("fulfillment_id", "order_line_id", "quantity"),
        "fulfillment_id",
    )
    states = defaultdict(list)
    for row in rows:
        quantities: dict[str, int] = defaultdict(int)
        for item in contents[row.pk]:
            quantities[global_id("OrderLine", item["order_line_id"])] += item["quantity"]
        states[row.order_id].append(
            FulfillmentState(
                id=global_id("Fulfillment", row.pk),
                status=_enum_name(row.status),
                tracking_number=row.tracking_number,
                quantities=dict(quantities),
                metadata=row.metadata or {},
                created_at=row.created_at,
            )
        )
    return states


def _transactions(order_ids: list[Any]) -> dict[Any, list[TransactionState]]:
    rows = list(TransactionItem.objects.filter(order_id__in=order_ids).order_by("pk"))
    events = _grouped(
        TransactionEvent.objects.filter(transaction__in=[row.pk for row in rows])
        .exclude(psp_reference=None)
        .exclude(Q(type__endswith="_request") | Q(type__endswith="_failure"))
        .order_by("pk")
        .values("transaction_id", "psp_reference"),
        "transaction_id",
    )
    states = defaultdict(list)
    for row in rows:
        references = dict.fromkeys(event["psp_reference"] for event in events[row.pk])
        states[row.order_id].append(
            TransactionState(
                id=global_id("TransactionItem", row.token),
                name=row.name or "",
                psp_reference=row.psp_reference or "",
                authorized=row.authorized_value,
                charged=row.charged_value,
                refunded=row.refunded_value,
                event_references=tuple(references),
            )
        )
    return states


def _grouped(rows: Any, column: str) -> dict[Any, list[dict[str, Any]]]:
    groups: dict[Any, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        groups[row[column]].append(row)
    return groups


def address_data(row: Address | None) -> AddressData | None:
    """Saleor's address in our words; None where there is none."""
    if row is None:
        return None
    return AddressData(
        first_name=row.first_name,
        last_name=row.last_name,
        company_name=row.company_name,
        street_address_1=row.street_address_1,
        street_address_2=row.street_address_2,
        city=row.city,
        city_area=row.city_area,
        postal_code=row.postal_code,
        country=row.country.code,
        country_area=row.country_area,
        phone=str(row.phone),
        metadata=row.metadata or {},
    )
