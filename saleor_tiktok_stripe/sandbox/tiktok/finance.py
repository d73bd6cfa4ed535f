"""Statements: what the seller earns of each order, and what TikTok keeps (reference: finance).

Charges are negative, a row's settlement is the plain sum of its parts, a statement the plain sum
of its rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from saleor_tiktok_stripe.sandbox.tiktok import ids, money
from saleor_tiktok_stripe.sandbox.tiktok.model import Line, Order, Return
from saleor_tiktok_stripe.sandbox.tiktok.plan import DAY
from saleor_tiktok_stripe.sandbox.tiktok.shop import Shop

HOLDING_DAYS = 3
RELEASE_AFTER = 10 * DAY
ADJUSTMENTS = (
    "CHARGE_BACK", "CUSTOMER_SERVICE_COMPENSATION", "DEDUCTIONS_INCURRED_BY_SELLER",
    "GMV_PAYMENT_FOR_ADS", "PLATFORM_COMMISSION_ADJUSTMENT", "PLATFORM_COMMISSION_COMPENSATION",
    "PLATFORM_PENALTY", "PROMOTION_ADJUSTMENT", "REBATE", "PLATFORM_COMPENSATION",
    "PLATFORM_REIMBURSEMENT", "COFUNDED_CREATOR_REWARDS", "STAMP_DUTY",
    "FBT_WAREHOUSE_SERVICE_FEE", "LOGISTICS_REIMBURSEMENT", "SHIPPING_FEE_ADJUSTMENT",
    "SHIPPING_FEE_COMPENSATION", "SHIPPING_FEE_REBATE", "SAMPLE_SHIPPING_FEE",
    "SELLER_MISSION_REWARD", "OTHER_ADJUSTMENT",
)  # fmt: skip
_REFERRAL, _TRANSACTION_FEE, _AFFILIATE, _ADMINISTRATION = 600, 180, 500, 2000
_COMMISSION_EVERY = 4


@dataclass(slots=True)
class Row:
    """One transaction of a statement, in minor units. It names its order instead of holding it: a
    shop's history is long."""

    id: str
    kind: str
    order_id: str = ""
    order_index: int = -1
    ordered_at: int = 0
    delivered_at: int = 0
    line_ids: tuple[str, ...] = ()
    revenue: dict[str, int] = field(default_factory=dict)
    shipping: dict[str, int] = field(default_factory=dict)
    fees: dict[str, int] = field(default_factory=dict)
    taxes: dict[str, int] = field(default_factory=dict)
    extra: dict[str, int] = field(default_factory=dict)
    adjustment: int = 0
    reserve: int = 0
    reserve_id: str = ""
    release_at: int = 0

    @property
    def settlement(self) -> int:
        """Revenue, shipping, fees and adjustments, all signed."""
        return (
            sum(self.revenue.values())
            + sum(self.shipping.values())
            + self.fee_tax
            + self.adjustment
        )

    @property
    def fee_tax(self) -> int:
        """Fees and taxes together."""
        return sum(self.fees.values()) + sum(self.taxes.values())


def _of(order: Order, lines: Sequence[Line]) -> dict[str, Any]:
    return {
        "order_id": order.id,
        "order_index": order.index,
        "ordered_at": order.create_time,
        "delivered_at": order.delivery_time,
        "line_ids": tuple(line.id for line in lines),
    }


def _commission_name(shop: Shop) -> str:
    american = shop.region.code in {"US", "GB"}
    return "referral_fee_amount" if american else "platform_commission_amount"


def _taxes(shop: Shop, fees: dict[str, int]) -> dict[str, int]:
    if shop.region.currency not in {"GBP", "EUR"}:
        return {}
    return {"vat_amount": money.portion(sum(fees.values()), 2000)}


def sale_id(shop: Shop, index: int) -> str:
    """Id of the row that settles the sale of the order with this index."""
    return ids.transaction_id(shop.number, ids.slot(index, 0))


def sale_row(shop: Shop, order: Order) -> Row:
    """The settlement of a delivered order: its lines that were not cancelled."""
    lines = order.active_lines()
    gross = sum(line.original for line in lines)
    discount = sum(line.seller_discount for line in lines)
    net = gross - discount
    actual = -shop.region.price(920) if order.shipping_original else -shop.region.price(310)
    fees = {
        "transaction_fee_amount": -money.portion(net, _TRANSACTION_FEE),
        _commission_name(shop): -money.portion(net, _REFERRAL),
    }
    if order.index % _COMMISSION_EVERY == 0:
        fees["affiliate_commission_amount"] = -money.portion(net, _AFFILIATE)
    return Row(
        id=sale_id(shop, order.index),
        kind="ORDER",
        **_of(order, lines),
        revenue={
            "subtotal_before_discount_amount": gross,
            "seller_discount_amount": -discount,
        },
        shipping={
            "actual_shipping_fee_amount": actual,
            "customer_paid_shipping_fee_amount": order.shipping_fee,
            "shipping_fee_discount_amount": order.shipping_platform_discount,
        },
        fees=fees,
        taxes=_taxes(shop, fees),
        extra={
            "customer_payment_amount": order.total,
            "platform_discount_amount": -sum(line.platform_discount for line in lines),
            "sales_tax_amount": order.tax,
            "sales_tax_payment_amount": order.tax,
        },
    )


def refund_row(shop: Shop, order: Order, case: Return) -> Row:
    """The settlement of a paid refund, whole or a part: revenue and commissions go back in the same
    proportion; the US keeps a part of the returned commission."""
    lines = [line for line in order.lines if line.id in case.line_ids]
    sold = sum(line.sale for line in lines)
    back = case.refund.subtotal + case.refund.withheld

    def share(amount: int) -> int:
        return amount if back == sold or not sold else amount * back // sold

    gross = share(sum(line.original for line in lines))
    discount = share(sum(line.seller_discount for line in lines))
    referral = money.portion(gross - discount, _REFERRAL)
    fees = {_commission_name(shop): referral}
    if order.index % _COMMISSION_EVERY == 0:
        fees["affiliate_commission_amount"] = money.portion(gross - discount, _AFFILIATE)
    if shop.region.code == "US":
        fees["refund_administration_fee_amount"] = -money.portion(referral, _ADMINISTRATION)
    shipping = {}
    if case.kind == "RETURN_AND_REFUND" and not case.buyer_keeps:
        shipping["return_shipping_fee_amount"] = -shop.region.price(510)
    if case.refund.shipping:
        shipping["customer_paid_shipping_fee_amount"] = -case.refund.shipping
    return Row(
        id=ids.transaction_id(shop.number, 10**12 + case.slot),
        kind="ORDER",
        **_of(order, lines),
        revenue={
            "refund_subtotal_before_discount_amount": -gross,
            "seller_discount_refund_amount": discount,
        },
        shipping=shipping,
        fees=fees,
        taxes=_taxes(shop, fees),
        extra={
            "customer_refund_amount": -case.refund.total,
            "sales_tax_refund_amount": -case.refund.tax,
        },
    )


def settles_at(order: Order) -> int:
    """Midnight that ends the day an order settles on, 0 when it was not delivered."""
    if not order.delivery_time or order.status not in {"DELIVERED", "COMPLETED"}:
        return 0
    return ((order.delivery_time + HOLDING_DAYS * DAY) // DAY + 1) * DAY


def breakdown(row: Row, exponent: int) -> dict[str, Any]:
    """The breakdown blocks of a row, as the API shows them."""

    def texts(amounts: dict[str, int]) -> dict[str, str]:
        return {name: money.text(value, exponent) for name, value in amounts.items()}

    return {
        "revenue_breakdown": texts(row.revenue),
        "shipping_cost_breakdown": texts(row.shipping),
        "fee_tax_breakdown": {"fee": texts(row.fees), "tax": texts(row.taxes)},
    }
