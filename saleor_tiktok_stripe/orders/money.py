"""Does an order's money add up, and where does each amount belong?

The identity that must close to the cent (design, section 9): what the merchant sold (lines after
the seller's discount + shipping after the seller's discount + tax) equals what was paid for it (by
the buyer, less the fees that stay between buyer and marketplace, and by the platform). Formulas of
the marketplace's own totals: TikTok Shop Open API, order detail, ``payment`` (2025-12).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from ..tiktok.regions import TaxKind, decimals, region
from ..tiktok.types import Order, Payment, Unit
from .problems import parked

ZERO: Final = Decimal(0)

TAX_KINDS: Final[Mapping[TaxKind, tuple[TaxKind, ...]]] = {
    TaxKind.EXCLUSIVE: (TaxKind.EXCLUSIVE,),
    TaxKind.INCLUSIVE: (TaxKind.INCLUSIVE, TaxKind.EXCLUSIVE),
    TaxKind.UNKNOWN: (TaxKind.EXCLUSIVE, TaxKind.INCLUSIVE),
}
"""Where tax may lie, by what the market is expected to do. A market that puts tax on top never
includes it; in the others a cross-border shop may have it on top: the total decides."""


@dataclass(frozen=True)
class UnitMoney:
    """Amounts of one unit as Saleor wants them. ``rate`` only where the marketplace gave it."""

    net: Decimal
    gross: Decimal
    undiscounted_net: Decimal
    undiscounted_gross: Decimal
    tax: Decimal
    rate: Decimal | None


@dataclass(frozen=True)
class Sums:
    """An order's money, checked. ``by_buyer + by_platform`` is what Saleor's order comes to.

    ``tax_spread`` is True where the marketplace gave tax for the whole order only, so that it was
    divided over the units in proportion to their prices.
    """

    kind: TaxKind
    units: Mapping[str, UnitMoney]
    shipping_net: Decimal
    shipping_gross: Decimal
    shipping_undiscounted: Decimal
    by_buyer: Decimal
    by_platform: Decimal
    fees: Decimal
    tax_spread: bool

    @property
    def total(self) -> Decimal:
        """Gross total of the Saleor order."""
        return self.by_buyer + self.by_platform


class _Check:
    """Raises the problem with the numbers in it."""

    def __init__(self, order: Order) -> None:
        self.order = order.id
        self.currency = order.payment.currency
        self.places = decimals(self.currency)

    def equal(self, what: str, expected: Decimal, actual: Decimal) -> None:
        if expected != actual:
            raise parked(
                "AMOUNTS_DO_NOT_ADD_UP",
                order=self.order,
                currency=self.currency,
                what=what,
                expected=expected,
                actual=actual,
            )

    def amount(self, what: str, value: Decimal) -> None:
        fits = value.is_finite() and value >= 0 and value == value.quantize(self.coin)
        if not fits:
            raise parked(
                "AMOUNT_INVALID",
                order=self.order,
                currency=self.currency,
                what=what,
                actual=value,
            )

    @property
    def coin(self) -> Decimal:
        return Decimal(1).scaleb(-self.places)


def settle(order: Order, region_code: str) -> Sums:
    """Check every sum of ``order`` and say what each unit, the shipping and the payers come to.

    Raises ``Parked`` (``AMOUNTS_DO_NOT_ADD_UP``, ``AMOUNT_INVALID``) with the numbers in its
    params: an order that does not close is never imported.
    """
    check, payment = _Check(order), order.payment
    _check_amounts(check, order)
    _check_units(check, order)
    cofunded = _check_totals(check, payment)
    fees = sum(payment.fees.values(), ZERO)
    kind = _tax_kind(check, payment, fees, region_code)
    taxes, spread = _unit_taxes(check, order)
    shipping = payment.shipping_list - payment.shipping_seller_discount
    on_top = payment.shipping_tax if kind is TaxKind.EXCLUSIVE else ZERO
    inside = payment.shipping_tax if kind is TaxKind.INCLUSIVE else ZERO
    sums = Sums(
        kind=kind,
        units={u.id: _unit_money(u, taxes[u.id], kind, spread=spread) for u in order.units},
        shipping_net=shipping - inside,
        shipping_gross=shipping + on_top,
        shipping_undiscounted=payment.shipping_list + on_top,
        by_buyer=payment.total - fees,
        by_platform=payment.platform_discount
        + payment.shipping_platform_discount
        + cofunded
        + payment.payment_platform_discount,
        fees=fees,
        tax_spread=spread,
    )
    _check_closing(check, sums)
    return sums


def money_facts(order: Order, sums: Sums) -> dict[str, str]:
    """What was checked, as text by name: kept with the order's link, for reconciling it later."""
    paid = order.payment
    amounts = {
        "buyer": sums.by_buyer,
        "platform": sums.by_platform,
        "goods": paid.list_total - paid.seller_discount,
        "seller_discount": paid.seller_discount,
        "shipping": sums.shipping_gross,
        "tax": paid.tax,
        "fees": sums.fees,
    }
    return {"currency": paid.currency, **{name: format(n, "f") for name, n in amounts.items()}}


def _check_amounts(check: _Check, order: Order) -> None:
    payment = order.payment
    for name in _PAYMENT_AMOUNTS:
        check.amount(name, getattr(payment, name))
    for kind, fee in payment.fees.items():
        check.amount(kind, fee)
    for unit in order.units:
        for name in _UNIT_AMOUNTS:
            check.amount(f"{name} of item {unit.id}", getattr(unit, name))
        for tax in unit.taxes:
            check.amount(f"tax of item {unit.id}", tax.amount)


_PAYMENT_AMOUNTS: Final = (
    "list_total",
    "seller_discount",
    "platform_discount",
    "sub_total",
    "shipping_list",
    "shipping_seller_discount",
    "shipping_platform_discount",
    "shipping_cofunded_discount",
    "shipping_fee",
    "product_tax",
    "shipping_tax",
    "tax",
    "payment_platform_discount",
    "total",
)
_UNIT_AMOUNTS: Final = ("list_price", "seller_discount", "platform_discount", "sale_price")


def _check_units(check: _Check, order: Order) -> None:
    for unit in order.units:
        if unit.currency != check.currency:
            raise parked(
                "AMOUNT_INVALID",
                order=check.order,
                currency=unit.currency,
                what=f"the price of item {unit.id} in an order in {check.currency}",
                actual=unit.sale_price,
            )
        check.equal(
            f"the price of item {unit.id}",
            unit.list_price - unit.seller_discount - unit.platform_discount,
            unit.sale_price,
        )
    pairs = (
        ("the sum of list prices", "list_price", order.payment.list_total),
        ("the sum of seller discounts", "seller_discount", order.payment.seller_discount),
        ("the sum of platform discounts", "platform_discount", order.payment.platform_discount),
    )
    for what, name, actual in pairs:
        check.equal(what, sum((getattr(unit, name) for unit in order.units), ZERO), actual)


def _check_totals(check: _Check, payment: Payment) -> Decimal:
    """The part of the co-funded shipping discount that comes on top of the two funders' own."""
    check.equal(
        "the subtotal",
        payment.list_total - payment.seller_discount - payment.platform_discount,
        payment.sub_total,
    )
    check.equal("the tax", payment.product_tax + payment.shipping_tax, payment.tax)
    shipping = (
        payment.shipping_list
        - payment.shipping_seller_discount
        - payment.shipping_platform_discount
    )
    if shipping == payment.shipping_fee:
        return ZERO
    cofunded = payment.shipping_cofunded_discount
    check.equal("the shipping fee", shipping - cofunded, payment.shipping_fee)
    return cofunded


def _tax_kind(check: _Check, payment: Payment, fees: Decimal, region_code: str) -> TaxKind:
    without_tax = (
        payment.sub_total + payment.shipping_fee + fees - payment.payment_platform_discount
    )
    totals = {TaxKind.EXCLUSIVE: without_tax + payment.tax, TaxKind.INCLUSIVE: without_tax}
    expected = region(region_code).tax
    for kind in TAX_KINDS[expected]:
        if totals[kind] == payment.total:
            return kind
    check.equal("the total", totals[TAX_KINDS[expected][0]], payment.total)
    raise AssertionError("unreachable: the total was just compared")


def _unit_taxes(check: _Check, order: Order) -> tuple[dict[str, Decimal], bool]:
    """Tax by unit as given; given for the order only, divided by price to the last coin."""
    given = {unit.id: sum((tax.amount for tax in unit.taxes), ZERO) for unit in order.units}
    total = order.payment.product_tax
    if any(unit.taxes for unit in order.units) or not total:
        check.equal("the sum of item taxes", sum(given.values(), ZERO), total)
        return given, False
    shares = divide(total, [unit.sale_price for unit in order.units], check.coin)
    return dict(zip(given, shares, strict=True)), True


def divide(total: Decimal, weights: Sequence[Decimal], coin: Decimal) -> list[Decimal]:
    """``total`` divided by ``weights`` in whole coins, so that the parts sum to it exactly.

    Running sums are rounded down, so no part is off by a coin or more. All-zero weights count as
    equal ones.
    """
    if not any(weights):
        weights = [Decimal(1)] * len(weights)
    whole, parts, before, running = sum(weights, ZERO), [], ZERO, ZERO
    for weight in weights:
        running += weight
        upto = total if running == whole else (total * running / whole // coin) * coin
        parts.append(upto - before)
        before = upto
    return parts


def _unit_money(unit: Unit, tax: Decimal, kind: TaxKind, *, spread: bool) -> UnitMoney:
    """Before its discount a unit carries the tax it was charged: no other was given."""
    price = unit.list_price - unit.seller_discount
    on_top = tax if kind is TaxKind.EXCLUSIVE else ZERO
    inside = tax if kind is TaxKind.INCLUSIVE else ZERO
    return UnitMoney(
        net=price - inside,
        gross=price + on_top,
        undiscounted_net=unit.list_price - inside,
        undiscounted_gross=unit.list_price + on_top,
        tax=tax,
        rate=None if spread else _rate(unit),
    )


def _rate(unit: Unit) -> Decimal | None:
    """Several taxes on one base add up, where every one has a rate."""
    rates = [tax.rate for tax in unit.taxes]
    if not rates or None in rates:
        return None
    return sum((rate for rate in rates if rate is not None), ZERO)


def _check_closing(check: _Check, sums: Sums) -> None:
    lines = sum((unit.gross for unit in sums.units.values()), ZERO)
    check.amount("what the buyer paid for the goods", sums.by_buyer)
    check.amount("shipping without its tax", sums.shipping_net)
    check.equal("the order's total", lines + sums.shipping_gross, sums.total)
    for unit_id, unit in sums.units.items():
        check.amount(f"the price of item {unit_id} without its tax", unit.net)
