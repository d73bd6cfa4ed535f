"""What was given back, from the marketplace's cancellations: never from the payment block, which
stays as it was when an order is cancelled (reference: a captured cancelled order).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from ..tiktok.regions import decimals
from ..tiktok.types import Cancellation, Order
from .money import ZERO, Sums, divide
from .states import Place, is_cancelled, is_delivered, place

BUYER = "buyer"
PLATFORM = "platform"


def buyer_reference(order_id: str) -> str:
    """The PSP reference of the transaction that shows what the buyer paid."""
    return f"tiktok:{order_id}"


def platform_reference(order_id: str) -> str:
    """The PSP reference of the transaction that shows what the platform paid."""
    return f"tiktok:{order_id}:platform"


@dataclass(frozen=True)
class Given:
    """Money given back for one cancellation. ``by_platform`` is the platform's share of the price,
    which it does not pay for goods that were not sold. ``key`` is the cancellation's id.
    """

    key: str
    reason: str
    by_buyer: Decimal
    by_platform: Decimal
    unit_ids: tuple[str, ...]

    @property
    def total(self) -> Decimal:
        """What the merchant no longer earns."""
        return self.by_buyer + self.by_platform


def is_charged(order: Order) -> bool:
    """The money has changed hands: cash on delivery only does with the delivery."""
    return not order.is_cod or is_delivered(order)


def refunds(order: Order, sums: Sums, cancellations: Iterable[Cancellation]) -> tuple[Given, ...]:
    """What was given back on the two transactions, one row per completed cancellation; and one
    for the platform's discounts on shipping and payment, once the whole order is cancelled. A row
    never changes when others follow.

    Fees are left out (they are not part of the order), and no more is given back than was paid: a
    cancellation that names no items means those that no earlier one named.
    An order paid on delivery has nothing to give back before that: what was cancelled is simply
    not collected (``uncollected``).
    """
    if order.is_cod:
        return ()
    done = sorted(
        (one for one in cancellations if one.complete and one.order_id == order.id),
        key=lambda one: one.id,
    )
    shares = _paid_by_unit(order)
    left, given = sums.by_buyer, []
    kept = {unit.id: unit.platform_discount for unit in order.units}
    for one in done:
        by_buyer = min(_to_buyer(sums, one, shares), left)
        left -= by_buyer
        unit_ids = tuple(unit.unit_id for unit in one.units)
        by_platform = sum((kept.pop(unit, ZERO) for unit in unit_ids or tuple(kept)), ZERO)
        given.append(Given(one.id, one.reason, by_buyer, by_platform, unit_ids))
    rest = sums.by_platform - sum((unit.platform_discount for unit in order.units), ZERO)
    if given and rest and is_cancelled(order):
        given.append(Given(f"order:{order.id}", order.cancel_reason, ZERO, rest, ()))
    return tuple(given)


def _paid_by_unit(order: Order) -> dict[str, Decimal]:
    """What the buyer paid for each unit before tax: a discount on the payment is divided over the
    units, so that what goes back for one never depends on what went back before."""
    coin = Decimal(1).scaleb(-decimals(order.payment.currency))
    prices = [unit.sale_price for unit in order.units]
    shares = divide(order.payment.payment_platform_discount, prices, coin)
    pairs = zip(order.units, shares, strict=True)
    return {unit.id: unit.sale_price - share for unit, share in pairs}


def _to_buyer(sums: Sums, one: Cancellation, paid: Mapping[str, Decimal]) -> Decimal:
    """The refund less the fees in it: at most the goods' prices, their tax and the shipping."""
    if not one.units:
        return min(one.amount, sums.by_buyer)
    goods = sum((paid.get(unit.unit_id, ZERO) for unit in one.units), ZERO)
    return max(min(one.amount, goods + one.tax_amount + one.shipping_amount), ZERO)


def uncollected(order: Order, sums: Sums) -> tuple[Decimal, Decimal]:
    """What of an order paid on delivery is never collected, from buyer and platform: the items
    that were cancelled before.
    """
    gone = [unit for unit in order.units if place(order, unit) is Place.CANCELLED]
    if len(gone) == len(order.units):
        return sums.by_buyer, sums.by_platform
    platform = sum((unit.platform_discount for unit in gone), ZERO)
    gross = sum((sums.units[unit.id].gross for unit in gone), ZERO)
    return min(gross - platform, sums.by_buyer), min(platform, sums.by_platform)


def refunds_open(order: Order, cancellations: Sequence[Cancellation]) -> bool:
    """Items were cancelled whose money has not been reported as given back."""
    paid = order.payment
    by_platform = (
        paid.platform_discount + paid.shipping_platform_discount + paid.payment_platform_discount
    )
    if order.is_cod or not paid.total + by_platform:
        return False
    done = {unit.unit_id for one in cancellations if one.complete for unit in one.units}
    whole = any(one.complete and not one.units for one in cancellations)
    gone = {unit.id for unit in order.units if place(order, unit) is Place.CANCELLED}
    return bool(gone - done) and not whole
