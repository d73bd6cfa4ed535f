"""A marketplace order as a new Saleor order: pure, and the only place where the two meet.

The table of the design's section 9 is here as data: ``STATUS`` in ``states.py``, amounts in
``money.py``, and which fact goes into which metadata key below. Public metadata can be read by
anyone who can read the order, so it holds facts about the sale only; what is about the buyer goes
into private metadata.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Final

from ..catalog.types import VariantRef
from ..saleor_api.types import (
    ChannelInfo,
    NewLine,
    NewOrder,
    NewTransaction,
    SaleorOrderStatus,
)
from ..tiktok.aftersales_types import Return
from ..tiktok.regions import TaxKind
from ..tiktok.types import Cancellation, FulfilledBy, Order, OrderState, Unit
from .address import first_address, unknown_address
from .money import ZERO, Sums, UnitMoney, settle
from .parcels import filled, flag, fulfillments
from .problems import parked
from .refunds import (
    Given,
    buyer_reference,
    is_charged,
    platform_reference,
    refunds,
    uncollected,
)
from .returned import returned_units
from .states import Place, place, saleor_status

BUYER_TRANSACTION: Final = "TikTok Shop"
PLATFORM_TRANSACTION: Final = "TikTok Shop platform discount"
NO_EMAIL: Final = ""
MASKED_KEY: Final = "tiktok.address_masked"
UNITS_KEY: Final = "tiktok.unit_ids"
REFUNDED_KEY: Final = "tiktok.refunds_at_import"
"""Cancellations whose refunds were part of the order when it was created."""

TAX_REMITTER: Final[Mapping[str, str]] = {"US": "marketplace"}
"""Who hands a market's sales tax to the state, where it is not the seller."""


@dataclass(frozen=True)
class MappingContext:
    """What a mapping needs to know beside the order.

    ``variants``: SKU id -> variant, None or missing where no variant is linked; ``unlinked``: why
    not, where there is more to say than that none was found. ``placeholder``:
    unlinked SKUs become lines without a variant instead of parking the order. ``cancellations`` and
    ``returns`` of this order, as far as there are any.
    """

    channel: ChannelInfo
    region: str
    variants: Mapping[str, VariantRef | None]
    placeholder: bool = False
    warehouse_id: str | None = None
    language_code: str = "en"
    cancellations: tuple[Cancellation, ...] = ()
    returns: tuple[Return, ...] = ()
    unlinked: Mapping[str, str] = field(default_factory=dict)


def external_reference(order_id: str) -> str:
    """What a marketplace order is called in Saleor; makes its import idempotent."""
    return f"tiktok:{order_id}"


def to_new_order(order: Order, context: MappingContext) -> NewOrder:
    """``order`` as Saleor shall hold it, in the state it is in now.

    Raises ``Parked``: sums that do not close, another currency than the channel's, SKUs without a
    variant (unless placeholders are wanted), a state this version does not know, no items.
    """
    _check_importable(order, context)
    sums = settle(order, context.region)
    groups = _group(order, sums, context)
    given = refunds(order, sums, context.cancellations, context.returns)
    address = first_address(order.recipient, context.region)
    back = returned_units(order, context.returns)
    status = saleor_status(order, sum(len(units) for units in back.values()))
    granted = sum((one.total for one in given), ZERO)
    return NewOrder(
        external_reference=external_reference(order.id),
        channel_slug=context.channel.slug,
        currency=sums_currency(order),
        status=status,
        created_at=order.created_at,
        email=order.buyer_email or NO_EMAIL,
        language_code=context.language_code,
        billing_address=address or unknown_address(context.region),
        shipping_address=address,
        shipping_method_name=order.delivery_option or "TikTok Shop",
        shipping_net=sums.shipping_net,
        shipping_gross=sums.shipping_gross,
        undiscounted_shipping_gross=sums.shipping_undiscounted,
        shipping_tax_rate=None,
        lines=tuple(_line(order, group, sums) for group in groups),
        transactions=_transactions(order, sums, given),
        fulfillments=fulfillments(order, _line_of(groups), back),
        granted_refund=ZERO if status is SaleorOrderStatus.CANCELED else granted,
        customer_note=order.buyer_message,
        warehouse_id=context.warehouse_id,
        display_gross_prices=sums.kind is TaxKind.INCLUSIVE,
        metadata={
            **order_metadata(order, sums, context.region),
            **filled({REFUNDED_KEY: ",".join(one.key for one in given)}),
        },
        private_metadata=filled({"tiktok.buyer_id": order.buyer_id,
                                  "tiktok.seller_note": order.seller_note}),
    )  # fmt: skip


def sums_currency(order: Order) -> str:
    """The currency of all amounts of an order."""
    return order.payment.currency


def _check_importable(order: Order, context: MappingContext) -> None:
    if order.state is OrderState.UNKNOWN:
        raise parked("STATE_UNKNOWN", order=order.id, state=order.raw_state)
    if not order.units:
        raise parked("ORDER_EMPTY", order=order.id)
    if order.payment.currency != context.channel.currency:
        raise parked(
            "CURRENCY_MISMATCH",
            order=order.id,
            currency=order.payment.currency,
            channel=context.channel.slug,
            channel_currency=context.channel.currency,
        )
    missing = {u.sku_id: u for u in order.units if context.variants.get(u.sku_id) is None}
    if missing and not context.placeholder:
        raise parked(
            "SKU_NOT_LINKED",
            waits_for=tuple(f"sku:{sku_id}" for sku_id in sorted(missing)),
            order=order.id,
            skus=", ".join(_named(unit, context) for unit in missing.values()),
            otherwise=_BY_SKU if context.unlinked.keys().isdisjoint(missing) else "",
        )


_BY_SKU: Final = ", or give the variant the same SKU"


def _named(unit: Unit, context: MappingContext) -> str:
    why = context.unlinked.get(unit.sku_id, "").rstrip(".")
    name = unit.seller_sku or "a product without SKU"
    return f"{name} (TikTok SKU {unit.sku_id}{why and ': '}{why})"


# --- lines -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Group:
    """Units that are alike in everything, so that one of them times their number is exact."""

    key: str
    units: tuple[Unit, ...]
    place: Place
    money: UnitMoney
    variant: VariantRef | None


def _group(order: Order, sums: Sums, context: MappingContext) -> list[Group]:
    alike: dict[tuple[object, ...], list[Unit]] = {}
    for unit in order.units:
        identity = (
            unit.sku_id,
            unit.list_price,
            unit.seller_discount,
            unit.platform_discount,
            sums.units[unit.id],
            unit.taxes,
            unit.is_gift,
            unit.components,
            place(order, unit),
        )
        alike.setdefault(identity, []).append(unit)
    return [
        Group(
            key=units[0].id,
            units=tuple(units),
            place=place(order, units[0]),
            money=sums.units[units[0].id],
            variant=context.variants.get(units[0].sku_id),
        )
        for units in alike.values()
    ]


def _line_of(groups: Iterable[Group]) -> dict[str, str]:
    return {unit.id: group.key for group in groups for unit in group.units}


def _line(order: Order, group: Group, sums: Sums) -> NewLine:
    unit, money = group.units[0], group.money
    ours = order.fulfilled_by is not FulfilledBy.MARKETPLACE
    return NewLine(
        key=group.key,
        variant_id=group.variant.id if group.variant else None,
        quantity=len(group.units),
        product_name=unit.product_name or unit.seller_sku or unit.sku_id,
        variant_name=unit.sku_name,
        sku=(group.variant.sku if group.variant else "") or unit.seller_sku,
        unit_net=money.net,
        unit_gross=money.gross,
        undiscounted_unit_net=money.undiscounted_net,
        undiscounted_unit_gross=money.undiscounted_gross,
        tax_rate=money.rate,
        allocate=ours and group.place is Place.OPEN and group.variant is not None,
        is_gift=unit.is_gift,
        discount_reason="Seller discount on TikTok Shop" if unit.seller_discount else "",
        metadata=line_metadata(group.units),
    )


def line_metadata(units: Sequence[Unit]) -> dict[str, str]:
    """Facts of the units in one Saleor line; they are alike in all but their ids."""
    unit = units[0]
    components = [
        {"sku_id": part.sku_id, "seller_sku": part.seller_sku, "quantity": part.quantity}
        for part in unit.components
    ]
    return filled(
        {
            UNITS_KEY: ",".join(one.id for one in units),
            "tiktok.sku_id": unit.sku_id,
            "tiktok.product_id": unit.product_id,
            "tiktok.seller_sku": unit.seller_sku,
            "tiktok.list_price": _amount(unit.list_price),
            "tiktok.seller_discount": _amount(unit.seller_discount),
            "tiktok.platform_discount": _amount(unit.platform_discount),
            "tiktok.components": json.dumps(components) if components else "",
            "tiktok.gift": flag(unit.is_gift),
        }
    )


# --- money -------------------------------------------------------------------------------------


def _transactions(order: Order, sums: Sums, given: Sequence[Given]) -> tuple[NewTransaction, ...]:
    """What the buyer and the platform paid. Nobody paid anything for a sample: no transaction."""
    back = (
        sum((one.by_buyer for one in given), ZERO),
        sum((one.by_platform for one in given), ZERO),
    )
    never = uncollected(order, sums)
    rows = (
        (BUYER_TRANSACTION, buyer_reference(order.id), sums.by_buyer, back[0], never[0]),
        (PLATFORM_TRANSACTION, platform_reference(order.id), sums.by_platform, back[1], never[1]),
    )
    return tuple(
        _transaction(order, name, reference, amount, refunded, unpaid)
        for name, reference, amount, refunded, unpaid in rows
        if amount
    )


def _transaction(
    order: Order,
    name: str,
    reference: str,
    amount: Decimal,
    refunded: Decimal,
    never_paid: Decimal,
) -> NewTransaction:
    outstanding = ZERO
    if order.is_cod:
        outstanding = never_paid if is_charged(order) else amount
    return NewTransaction(
        name=name,
        message=transaction_message(order, name),
        psp_reference=reference,
        charged=amount - refunded - outstanding,
        refunded=refunded,
        authorized=outstanding,
        actions=("REFUND",) if name == BUYER_TRANSACTION else (),
        metadata={"tiktok.order_id": order.id},
    )


def transaction_message(order: Order, name: str) -> str:
    """One sentence for staff: who holds this money."""
    if name == PLATFORM_TRANSACTION:
        return "Discounts that TikTok pays the seller"
    if order.is_cod:
        return "Collected by TikTok Shop on delivery"
    return "Collected by TikTok Shop"


# --- metadata ----------------------------------------------------------------------------------

ORDER_FACTS: Final[Mapping[str, Callable[[Order], str]]] = {
    "tiktok.order_id": lambda o: o.id,
    "tiktok.state": lambda o: o.state.value,
    "tiktok.kind": lambda o: o.kind.value,
    "tiktok.fulfilled_by": lambda o: o.fulfilled_by.value,
    "tiktok.marketplace_label": lambda o: flag(o.ships_with_marketplace_label),
    "tiktok.platform": lambda o: o.platform,
    "tiktok.warehouse_id": lambda o: o.warehouse_id,
    "tiktok.payment_method": lambda o: o.payment.method,
    "tiktok.total_paid": lambda o: _amount(o.payment.total),
    "tiktok.platform_discount": lambda o: _amount(o.payment.platform_discount),
    "tiktok.shipping_platform_discount": lambda o: _amount(o.payment.shipping_platform_discount),
    "tiktok.shipping_cofunded_discount": lambda o: _amount(o.payment.shipping_cofunded_discount),
    "tiktok.shipping_seller_discount": lambda o: _amount(o.payment.shipping_seller_discount),
    "tiktok.payment_platform_discount": lambda o: _amount(o.payment.payment_platform_discount),
    "tiktok.seller_discount": lambda o: _amount(o.payment.seller_discount),
    "tiktok.cod": lambda o: flag(o.is_cod),
    "tiktok.sample": lambda o: flag(o.is_sample),
    "tiktok.replacement": lambda o: flag(o.is_replacement),
    "tiktok.exchange": lambda o: flag(o.is_exchange),
    "tiktok.replaced_order_id": lambda o: o.replaced_order_id,
    "tiktok.combine_group_id": lambda o: o.combine_group_id,
    "tiktok.split_or_combined": lambda o: o.split_or_combined.lower(),
    "tiktok.cancel_reason": lambda o: o.cancel_reason,
    "tiktok.cancelled_by": lambda o: o.cancelled_by.lower(),
    "tiktok.cancel_requested": lambda o: flag(o.cancel_requested),
    "tiktok.paid_at": lambda o: _moment(o.paid_at),
    "tiktok.delivered_at": lambda o: _moment(o.delivered_at),
    "tiktok.cancelled_at": lambda o: _moment(o.cancelled_at),
    MASKED_KEY: lambda o: flag(o.recipient.masked),
}
"""Metadata key -> the fact in it; a fact that is empty, zero or false leaves its key out."""


def order_metadata(order: Order, sums: Sums, region_code: str) -> dict[str, str]:
    """Every fact of the order that Saleor has no field for."""
    facts = {key: fact(order) for key, fact in ORDER_FACTS.items()}
    facts |= {f"tiktok.fee.{kind}": _amount(fee) for kind, fee in order.payment.fees.items()}
    facts |= {f"tiktok.deadline.{kind}": _moment(at) for kind, at in order.deadlines.items()}
    facts["tiktok.tax"] = _amount(order.payment.tax)
    if order.payment.tax:
        facts["tiktok.tax_kind"] = sums.kind.value
        facts["tiktok.tax_spread"] = flag(sums.tax_spread)
        facts["tiktok.tax_remitted_by"] = TAX_REMITTER.get(region_code, "")
    return filled(facts)


def is_order_fact(key: str) -> bool:
    """Whether a metadata key is one of those that ``order_metadata`` writes."""
    return key in ORDER_FACTS or key.startswith(("tiktok.fee.", "tiktok.deadline.", "tiktok.tax"))


def _amount(value: Decimal) -> str:
    return format(value.normalize(), "f") if value else ""


def _moment(at: datetime | None) -> str:
    return at.isoformat() if at else ""
