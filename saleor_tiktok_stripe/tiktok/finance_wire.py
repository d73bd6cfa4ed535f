"""Statements, settled and expected amounts, and payouts on the wire.

Source of names: the finance references, 202309 to 202507. Charges are negative and a settlement is
the plain sum of its parts (the formulas of the documentation print the signs otherwise; captures
decide). Components come and go with region and month: what is there is taken, none is expected.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator, model_validator

from . import finance_types as types
from .wire import (
    ZERO,
    Currency,
    ExchangeRate,
    Id,
    OptionalSigned,
    OptionalTime,
    Reference,
    Signed,
    Text,
    Time,
    Unreadable,
    Wire,
    money,
    signed,
)

GROUPS: Mapping[str, str] = {
    "revenue_breakdown": "revenue",
    "shipping_cost_breakdown": "shipping",
    "fee_tax_breakdown": "fee_tax",
    "fee_tax_breakdown.fee": "fee",
    "fee_tax_breakdown.tax": "tax",
    "supplementary_component": "supplementary",
    "shipping_cost_breakdown.supplementary_component": "shipping_supplementary",
}
"""Blocks of components, by path; unknown ones keep their own name. Supplementary ones explain
others and are in no sum."""

_Words = Annotated[str, BeforeValidator(lambda value: "" if value is None else str(value))]


class StatementWire(Wire):
    id: Id
    statement_time: Time
    currency: Currency
    settlement_amount: Signed
    revenue_amount: OptionalSigned = ZERO
    fee_amount: OptionalSigned = ZERO
    shipping_cost_amount: OptionalSigned = ZERO
    adjustment_amount: OptionalSigned = ZERO
    payment_status: Text = ""
    payment_id: Reference = ""
    payment_time: OptionalTime = None

    def statement(self) -> types.Statement:
        return types.Statement(
            id=self.id,
            at=self.statement_time,
            currency=self.currency,
            settlement=money(self.settlement_amount, self.currency),
            revenue=money(self.revenue_amount, self.currency),
            fee=money(self.fee_amount, self.currency),
            shipping=money(self.shipping_cost_amount, self.currency),
            adjustment=money(self.adjustment_amount, self.currency),
            payment_status=self.payment_status.lower(),
            payment_id=self.payment_id,
            paid_at=self.payment_time,
        )


class SettledHeadWire(Wire):
    """The statement's own totals, on each of its pages."""

    id: Id
    currency: Currency
    total_settlement_amount: Signed
    total_reserve_amount: OptionalSigned = ZERO
    payable_amount: OptionalSigned | None = None

    def totals(self) -> tuple[Decimal, Decimal, Decimal]:
        """Settlement, reserve and what is payable (their sum, where it is not told)."""
        settlement = money(self.total_settlement_amount, self.currency)
        reserve = money(self.total_reserve_amount, self.currency)
        payable = settlement + reserve if self.payable_amount is None else self.payable_amount
        return settlement, reserve, money(payable, self.currency)


class AmountsWire(Wire):
    """What rows of a statement and rows of an order have in common; ``raw`` is the row itself."""

    settlement_amount: Signed
    revenue_amount: OptionalSigned = ZERO
    shipping_cost_amount: OptionalSigned = ZERO
    fee_tax_amount: OptionalSigned = ZERO
    raw: dict[str, Any] = {}

    @model_validator(mode="before")
    @classmethod
    def _whole(cls, row: object) -> object:
        return {**row, "raw": row} if isinstance(row, dict) else row


class SettledWire(AmountsWire):
    id: Id
    type: Text = ""
    order_id: Reference = ""
    order_create_time: OptionalTime = None
    adjustment_id: Reference = ""
    adjustment_order_id: Reference = ""
    associated_order_id: Reference = ""
    adjustment_amount: OptionalSigned = ZERO
    reserve_amount: OptionalSigned = ZERO
    reserve_status: Text = ""

    def row(self, statement_id: str, currency: str) -> types.SettledRow:
        return types.SettledRow(
            id=self.id,
            kind=self.type,
            order_id=self.order_id,
            adjustment_id=self.adjustment_id,
            related_order_id=self.adjustment_order_id or self.associated_order_id,
            currency=currency,
            settlement=money(self.settlement_amount, currency),
            revenue=money(self.revenue_amount, currency),
            shipping=money(self.shipping_cost_amount, currency),
            fee_tax=money(self.fee_tax_amount, currency),
            adjustment=money(self.adjustment_amount, currency),
            reserve=money(self.reserve_amount, currency),
            reserve_status=self.reserve_status.lower(),
            ordered_at=self.order_create_time,
            parts=parts(self.raw),
            raw=self.raw,
            statement_id=statement_id,
        )


class ExpectedWire(Wire):
    id: Id
    order_id: Reference = ""
    adjustment_id: Reference = ""
    currency: Currency
    est_revenue_amount: OptionalSigned = ZERO
    est_fee_tax_amount: OptionalSigned = ZERO
    est_shipping_cost_amount: OptionalSigned = ZERO
    est_adjustment_amount: OptionalSigned = ZERO
    est_settlement_amount: Signed
    order_create_time: OptionalTime = None
    estimated_settlement: _Words = ""

    def row(self) -> types.ExpectedRow:
        return types.ExpectedRow(
            id=self.id,
            order_id=self.order_id,
            adjustment_id=self.adjustment_id,
            currency=self.currency,
            revenue=money(self.est_revenue_amount, self.currency),
            fee_tax=money(self.est_fee_tax_amount, self.currency),
            shipping=money(self.est_shipping_cost_amount, self.currency),
            adjustment=money(self.est_adjustment_amount, self.currency),
            settlement=money(self.est_settlement_amount, self.currency),
            ordered_at=self.order_create_time,
            expected=self.estimated_settlement,
        )


class ValueWire(Wire):
    value: Signed
    currency: Currency

    def exact(self) -> Decimal:
        return money(self.value, self.currency)


def _value(block: object) -> object:
    """Blocks of nothing but empty values stand for absent ones."""
    return None if isinstance(block, dict) and not any(block.values()) else block


_Value = Annotated[ValueWire | None, BeforeValidator(_value)]


class PaymentWire(Wire):
    id: Id
    status: Text = ""
    create_time: Time
    paid_time: OptionalTime = None
    bank_account: Text = ""
    exchange_rate: ExchangeRate = None
    amount: ValueWire
    settlement_amount: _Value = None
    reserve_amount: _Value = None
    payment_amount_before_exchange: _Value = None

    def payment(self) -> types.MarketplacePayment:
        """Without a settlement block the payment is in the currency that was settled."""
        settled = self.settlement_amount or self.payment_amount_before_exchange or self.amount
        reserve, before = self.reserve_amount, self.payment_amount_before_exchange
        if reserve and reserve.value and reserve.currency != settled.currency:
            raise Unreadable("the reserve is in another currency")
        return types.MarketplacePayment(
            id=self.id,
            status=self.status.lower(),
            created_at=self.create_time,
            paid_at=self.paid_time,
            currency=self.amount.currency,
            amount=self.amount.exact(),
            settlement_currency=settled.currency,
            settlement=settled.exact(),
            reserve=money(reserve.value if reserve else ZERO, settled.currency),
            before_exchange=before.exact() if before else None,
            exchange_rate=self.exchange_rate,
            bank_account=self.bank_account,
        )


class WithdrawalWire(Wire):
    id: Id
    type: Text = ""
    status: Text = ""
    currency: Currency
    amount: Signed
    create_time: Time

    def withdrawal(self) -> types.Withdrawal:
        return types.Withdrawal(
            id=self.id,
            kind=self.type.lower(),
            status=self.status.lower(),
            currency=self.currency,
            amount=money(self.amount, self.currency),
            created_at=self.create_time,
        )


def parts(row: Mapping[str, Any]) -> dict[str, dict[str, Decimal]]:
    """Every component of a row that is not zero, by group and the marketplace's own name."""
    found: dict[str, dict[str, Decimal]] = {}
    for path, name, amount in _components(row, ""):
        if amount:
            found.setdefault(GROUPS.get(path, path), {})[name] = amount
    return found


def _components(block: Mapping[str, Any], path: str) -> Iterator[tuple[str, str, Decimal]]:
    """(path of the block, name, amount) of all blocks inside; a row's own amounts are totals."""
    for name, value in block.items():
        if isinstance(value, dict):
            yield from _components(value, f"{path}.{name}" if path else name)
        elif path and (amount := signed(value)) is not None:
            yield path, name, amount
