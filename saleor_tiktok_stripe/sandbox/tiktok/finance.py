"""Statements: what the seller earns of each order, and what TikTok keeps (reference: finance).

Charges are negative, a row's settlement is the plain sum of its parts, a statement the plain sum
of its rows.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from saleor_tiktok_stripe.sandbox.tiktok import ids, money
from saleor_tiktok_stripe.sandbox.tiktok.model import Line, Order, Return
from saleor_tiktok_stripe.sandbox.tiktok.plan import DAY
from saleor_tiktok_stripe.sandbox.tiktok.shop import Shop

HOLDING_DAYS = 3
_REFERRAL, _TRANSACTION_FEE, _ADMINISTRATION = 600, 180, 2000
_COMMISSION_EVERY = 4
_PAID_AFTER = 2 * DAY


@dataclass
class Row:
    """One transaction of a statement, in minor units."""

    id: str
    kind: str
    order: Order | None
    lines: list[Line] = field(default_factory=list)
    revenue: dict[str, int] = field(default_factory=dict)
    shipping: dict[str, int] = field(default_factory=dict)
    fees: dict[str, int] = field(default_factory=dict)
    taxes: dict[str, int] = field(default_factory=dict)
    extra: dict[str, int] = field(default_factory=dict)
    adjustment: int = 0
    reserve: int = 0

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


def sale_row(shop: Shop, order: Order) -> Row:
    """The settlement of a delivered order: its lines that were not cancelled."""
    lines = order.active_lines()
    gross = sum(line.original for line in lines)
    discount = sum(line.seller_discount for line in lines)
    net = gross - discount
    actual = -shop.region.price(920) if order.shipping_original else -shop.region.price(310)
    fees = {"transaction_fee_amount": -money.portion(net, _TRANSACTION_FEE)}
    name = (
        "referral_fee_amount" if shop.region.code in {"US", "GB"} else "platform_commission_amount"
    )
    fees[name] = -money.portion(net, _REFERRAL)
    if order.index % _COMMISSION_EVERY == 0:
        fees["affiliate_commission_amount"] = -money.portion(net, 500)
    taxes = {"vat_amount": -money.portion(-sum(fees.values()), 2000)} if _has_vat(shop) else {}
    return Row(
        id=ids.transaction_id(shop.number, ids.slot(order.index, 0)),
        kind="ORDER",
        order=order,
        lines=lines,
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
        taxes=taxes,
        extra={
            "customer_payment_amount": order.total,
            "platform_discount_amount": -sum(line.platform_discount for line in lines),
            "sales_tax_amount": order.tax,
            "sales_tax_payment_amount": order.tax,
        },
    )


def _has_vat(shop: Shop) -> bool:
    return shop.region.currency in {"GBP", "EUR"}


def refund_row(shop: Shop, order: Order, case: Return) -> Row:
    """The settlement of a completed return; the US keeps a part of the returned commission."""
    lines = [line for line in order.lines if line.id in case.line_ids]
    gross = sum(line.original for line in lines)
    discount = sum(line.seller_discount for line in lines)
    referral = money.portion(gross - discount, _REFERRAL)
    fees = {"referral_fee_amount": referral}
    if shop.region.code == "US":
        fees["refund_administration_fee_amount"] = -money.portion(referral, _ADMINISTRATION)
    return Row(
        id=ids.transaction_id(shop.number, 10**12 + case.slot),
        kind="ORDER",
        order=order,
        lines=lines,
        revenue={
            "refund_subtotal_before_discount_amount": -gross,
            "seller_discount_refund_amount": discount,
        },
        shipping={"return_shipping_fee_amount": -shop.region.price(510)}
        if case.kind == "RETURN_AND_REFUND"
        else {},
        fees=fees,
        extra={
            "customer_refund_amount": -case.refund.total,
            "sales_tax_refund_amount": -case.refund.tax,
        },
    )


@dataclass
class Statement:
    """One day's settlement of a shop. `time` is the midnight (UTC) that ends the day."""

    id: str
    time: int
    rows: list[Row]
    payment_id: str = ""

    def total(self, name: str) -> int:
        """Sum over the rows: revenue, shipping, fee_tax, adjustment, settlement or reserve."""
        if name in {"revenue", "shipping"}:
            return sum(sum(getattr(row, name).values()) for row in self.rows)
        return sum(getattr(row, name) for row in self.rows)


def settles_at(order: Order) -> int:
    """Midnight that ends the day an order settles on, 0 when it was not delivered."""
    if not order.delivery_time or order.status not in {"DELIVERED", "COMPLETED"}:
        return 0
    return ((order.delivery_time + HOLDING_DAYS * DAY) // DAY + 1) * DAY


class Ledger:
    """The statements of one shop: history made on first use, later days as they are settled."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self._statements: list[Statement] | None = None
        self._settled: set[str] = set()

    def statements(self) -> list[Statement]:
        """All statements, oldest first."""
        if self._statements is None:
            self._statements = self._history()
        return self._statements

    def _history(self) -> list[Statement]:
        days: dict[int, list[Row]] = {}
        for index in range(self.shop.spec.orders):
            plan = self.shop.planner.outline(index)
            if not plan.delivery_time:
                continue
            order = self.shop.generator.order(plan)
            when = settles_at(order)
            if when and when <= self.shop.start:
                days.setdefault(when, []).append(self._settle(sale_row(self.shop, order)))
            for case in order.returns:
                at = ((case.update_time + DAY) // DAY + 1) * DAY
                if case.status.endswith("COMPLETE") and when and max(at, when) <= self.shop.start:
                    row = self._settle(refund_row(self.shop, order, case))
                    days.setdefault(max(at, when), []).append(row)
        return [self._statement(when, rows) for when, rows in sorted(days.items())]

    def _settle(self, row: Row) -> Row:
        self._settled.add(row.id)
        return row

    def _statement(self, when: int, rows: list[Row], part: int = 0) -> Statement:
        day = when // DAY
        if day % 7 == 0 and not part:
            rows = [*rows, self._adjustment(day)]
        if self.shop.region.has_reserve and day % 5 == 0 and not part:
            rows = [*rows, *self._reserve(day, rows)]
        return Statement(ids.statement_id(self.shop.number, day, part), when, rows)

    def _adjustment(self, day: int) -> Row:
        return Row(
            id=ids.transaction_id(self.shop.number, 2 * 10**12 + day),
            kind="LOGISTICS_REIMBURSEMENT",
            order=None,
            adjustment=self.shop.region.price(1200),
        )

    def _reserve(self, day: int, rows: list[Row]) -> list[Row]:
        number = 3 * 10**12 + day
        amount = -money.portion(sum(row.settlement for row in rows), 500)
        return [
            Row(
                id=ids.transaction_id(self.shop.number, number),
                kind="RESERVE",
                order=rows[0].order,
                reserve=amount,
            )
        ]

    def unsettled(self) -> list[Row]:
        """Rows of delivered orders and paid refunds that are in no statement yet."""
        self.statements()
        rows = []
        for index in range(self.shop.next_index):
            status = self.shop.status_of(index)
            if status not in {"DELIVERED", "COMPLETED"}:
                continue
            order = self.shop.order(index)
            candidates = [sale_row(self.shop, order)]
            candidates += [
                refund_row(self.shop, order, case)
                for case in order.returns
                if case.status.endswith("COMPLETE")
            ]
            rows += [row for row in candidates if row.id not in self._settled]
        return rows

    def settle(self, now: int) -> Statement | None:
        """Close the day: everything not yet settled goes into one statement, None if nothing is."""
        rows = [self._settle(row) for row in self.unsettled()]
        if not rows:
            return None
        when = now // DAY * DAY
        part = sum(statement.time == when for statement in self.statements())
        made = self._statement(when, rows, part)
        self.statements().append(made)
        return made

    def payment_of(self, statement: Statement, now: int) -> tuple[str, int]:
        """Payment id and time of a statement that has been paid out; ("", 0) while it waits."""
        paid_at = (statement.time // (2 * DAY) + 1) * 2 * DAY + _PAID_AFTER
        if paid_at > now:
            return "", 0
        return ids.payment_id(self.shop.number, statement.time // (2 * DAY)), paid_at

    def payments(self, now: int) -> dict[str, list[Statement]]:
        """Statements by the payment that carried them; one payment bundles up to two days."""
        bundles: dict[str, list[Statement]] = {}
        for statement in self.statements():
            payment, _ = self.payment_of(statement, now)
            if payment:
                bundles.setdefault(payment, []).append(statement)
        return bundles


def breakdown(row: Row, exponent: int) -> dict[str, Any]:
    """The breakdown blocks of a row, as the API shows them."""

    def texts(amounts: dict[str, int]) -> dict[str, str]:
        return {name: money.text(value, exponent) for name, value in amounts.items()}

    return {
        "revenue_breakdown": texts(row.revenue),
        "shipping_cost_breakdown": texts(row.shipping),
        "fee_tax_breakdown": {"fee": texts(row.fees), "tax": texts(row.taxes)},
    }
