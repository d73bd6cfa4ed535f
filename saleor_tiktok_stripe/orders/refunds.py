"""What was given back, from the marketplace's cancellations and returns: never from the payment
block, which stays as it was when an order is cancelled (reference: a captured cancelled order).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from ..tiktok.aftersales_types import Return
from ..tiktok.regions import TaxKind, decimals
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


RETURN: Final = "return:"
BUYER_FEES: Final = ("retail_delivery", "buyer_service")
"""Fees of a return that are in what the buyer gets back; the others are between the parties."""


def return_key(return_id: str) -> str:
    """What a return is called in Saleor: its refund, its grant and its goods."""
    return f"{RETURN}{return_id}"


def refund_reference(cancel_id: str) -> str:
    """What a cancellation's refund is called on a transaction."""
    return f"cancel:{cancel_id}"


@dataclass(frozen=True)
class Given:
    """Money given back for one cancellation or return. ``by_platform`` is the platform's share of
    the price, which it does not pay for goods that were not sold. ``key`` is the cancellation's id,
    or ``return_key`` of the return.
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

    @property
    def reference(self) -> str:
        """What it is called on a transaction, and as a granted refund."""
        return self.key if self.key.startswith(RETURN) else refund_reference(self.key)

    @property
    def words(self) -> str:
        """One sentence for staff."""
        returned = self.key.startswith(RETURN)
        return "Refunded on TikTok Shop" if returned else "Cancelled on TikTok Shop"


def is_charged(order: Order) -> bool:
    """The money has changed hands: cash on delivery only does with the delivery."""
    return not order.is_cod or is_delivered(order)


def refunds(
    order: Order,
    sums: Sums,
    cancellations: Iterable[Cancellation],
    returns: Iterable[Return] = (),
) -> tuple[Given, ...]:
    """What was given back on the two transactions, one row per completed cancellation or return;
    and one for the platform's discounts on shipping and payment, once the whole order is cancelled.
    A row never changes when others follow.

    Fees are left out (they are not part of the order), and no more is given back than was paid: a
    cancellation that names no items means those that no earlier one named.
    An order paid on delivery has nothing to give back before that: what was cancelled is simply
    not collected (``uncollected``).
    """
    if not is_charged(order):
        return ()
    book = _Book(order, sums)
    given = [] if order.is_cod else [book.cancelled(one) for one in _done(order, cancellations)]
    rest = sums.by_platform - sum((unit.platform_discount for unit in order.units), ZERO)
    if given and rest and is_cancelled(order):
        given.append(Given(f"order:{order.id}", order.cancel_reason, ZERO, rest, ()))
    given += [book.returned(one) for one in paid_back(order, returns)]
    return tuple(given)


def _done(order: Order, cancellations: Iterable[Cancellation]) -> list[Cancellation]:
    found = (one for one in cancellations if one.complete and one.order_id == order.id)
    return sorted(found, key=lambda one: one.id)


def paid_back(order: Order, returns: Iterable[Return]) -> list[Return]:
    """The returns of ``order`` whose money reached the buyer, oldest first: not those that were
    edited into another one, and no replacement that moved none."""
    found = (
        one
        for one in returns
        if one.complete and one.order_id == order.id and not one.replaced_by and one.amount > 0
    )
    return sorted(found, key=lambda one: (one.created_at, one.id))


class _Book:
    """What is left to give back while rows are made of it."""

    def __init__(self, order: Order, sums: Sums) -> None:
        self.sums = sums
        self.shares = _paid_by_unit(order)
        self.prices = paid_for(order, sums)
        never = uncollected(order, sums) if order.is_cod else (ZERO, ZERO)
        self.left = sums.by_buyer - never[0]
        self.kept = {
            unit.id: unit.platform_discount
            for unit in order.units
            if not (order.is_cod and place(order, unit) is Place.CANCELLED)
        }

    def cancelled(self, one: Cancellation) -> Given:
        by_buyer = self._take(_to_buyer(self.sums, one, self.shares))
        unit_ids = tuple(unit.unit_id for unit in one.units)
        gone = unit_ids or tuple(self.kept)
        by_platform = sum((self.kept.pop(unit, ZERO) for unit in gone), ZERO)
        return Given(one.id, one.reason, by_buyer, by_platform, unit_ids)

    def returned(self, one: Return) -> Given:
        """The platform takes its share back for items refunded in full; a part of the price is the
        buyer's alone."""
        without_fees = _without_fees(one)
        unit_ids = tuple(unit.unit_id for unit in one.units) or tuple(self.kept)
        price = sum((self.prices.get(unit, ZERO) for unit in unit_ids), ZERO)
        in_full = without_fees - one.shipping_amount >= price
        by_platform = ZERO
        if in_full:
            by_platform = sum((self.kept.pop(unit, ZERO) for unit in unit_ids), ZERO)
        by_buyer = self._take(without_fees)
        reason = one.reason_text or one.reason
        return Given(return_key(one.id), reason, by_buyer, by_platform, unit_ids if in_full else ())

    def _take(self, amount: Decimal) -> Decimal:
        taken = min(amount, self.left)
        self.left -= taken
        return taken


def _paid_by_unit(order: Order) -> dict[str, Decimal]:
    """What the buyer paid for each unit before tax: a discount on the payment is divided over the
    units, so that what goes back for one never depends on what went back before."""
    coin = Decimal(1).scaleb(-decimals(order.payment.currency))
    prices = [unit.sale_price for unit in order.units]
    shares = divide(order.payment.payment_platform_discount, prices, coin)
    pairs = zip(order.units, shares, strict=True)
    return {unit.id: unit.sale_price - share for unit, share in pairs}


def worth(order: Order, sums: Sums, one: Cancellation | Return) -> Decimal:
    """What of a case's amount is the order's own money: without the fees of the marketplace."""
    if isinstance(one, Return):
        return _without_fees(one)
    return _to_buyer(sums, one, _paid_by_unit(order))


def _without_fees(one: Return) -> Decimal:
    return max(one.amount - sum((one.fees.get(name, ZERO) for name in BUYER_FEES), ZERO), ZERO)


def paid_for(order: Order, sums: Sums) -> dict[str, Decimal]:
    """What the buyer paid for each unit, with the tax on it."""
    on_top = sums.kind is TaxKind.EXCLUSIVE
    return {
        unit_id: share + (sums.units[unit_id].tax if on_top else ZERO)
        for unit_id, share in _paid_by_unit(order).items()
    }


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
