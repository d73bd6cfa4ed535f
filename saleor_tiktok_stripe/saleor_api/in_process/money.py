"""Money the marketplace moved after the order was imported, reported on its transactions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from saleor.order.models import Order, OrderGrantedRefund, OrderGrantedRefundLine
from saleor.order.utils import update_order_charge_data
from saleor.payment import TransactionEventType
from saleor.payment.models import TransactionItem

from ...errors import VendorBug
from ..ids import database_ids, global_id
from ..types import Charge, Grant, Refund
from .changes import exclusive, find_order
from .execute import execute, usable_app


def grant_refund(order_id: str, grant: Grant) -> None:
    """See ``Saleor.grant_refund``."""
    with exclusive(order_id):
        order = find_order(order_id)
        reasons = order.granted_refunds.values_list("reason", flat=True)
        if any(Grant.key_in(reason) == grant.key for reason in reasons):
            return
        payer = order.payment_transactions.order_by("-charged_value", "pk").first()
        if payer is None or payer.charged_value < grant.amount:
            _grant_beyond_one_transaction(order, grant)
            return
        lines = [{"id": name, "quantity": units} for name, units in grant.quantities.items()]
        execute(
            "orderGrantRefundCreate",
            {
                "id": order_id,
                "input": {
                    "amount": str(grant.amount),
                    "reason": grant.text,
                    "lines": lines,
                    "grantRefundForShipping": False,
                    "transactionId": global_id("TransactionItem", payer.token),
                },
            },
        )


def _grant_beyond_one_transaction(order: Order, grant: Grant) -> None:
    """The mutation ties a grant to one transaction that holds all of it. An order paid in part by
    the platform's discount, or refunded before it was granted, has none: its rows, then.
    """
    refund = OrderGrantedRefund.objects.create(
        order=order,
        amount_value=grant.amount,
        currency=order.currency,
        reason=grant.text,
        app=usable_app(),
    )
    keys = database_ids("OrderLine", grant.quantities)
    OrderGrantedRefundLine.objects.bulk_create(
        OrderGrantedRefundLine(
            granted_refund=refund, order_line_id=pk, quantity=grant.quantities[name]
        )
        for pk, name in keys.items()
    )
    update_order_charge_data(order)


def record_refunds(order_id: str, refunds: Sequence[Refund]) -> None:
    """See ``Saleor.record_refunds``. Raises ``VendorBug`` for a transaction the order lacks."""
    with exclusive(order_id):
        for refund in refunds:
            item = _transaction(order_id, refund.transaction_reference)
            _report(
                item,
                _Report(
                    TransactionEventType.REFUND_SUCCESS,
                    refund.reference,
                    refund.amount,
                    refund.message,
                    refund.happened_at,
                ),
            )


def record_charge(order_id: str, charge: Charge) -> None:
    """See ``Saleor.record_charge``. Saleor takes the amount off the authorized one itself."""
    with exclusive(order_id):
        item = _transaction(order_id, charge.transaction_reference)
        _report(
            item,
            _Report(
                TransactionEventType.CHARGE_SUCCESS, charge.reference, charge.amount, charge.message
            ),
        )


@dataclass(frozen=True)
class _Report:
    kind: str
    reference: str
    amount: Decimal
    message: str
    happened_at: datetime | None = None


def _transaction(order_id: str, reference: str) -> TransactionItem:
    order = find_order(order_id)
    item = order.payment_transactions.filter(psp_reference=reference).order_by("pk").first()
    if item is None:
        raise VendorBug(
            "TRANSACTION_MISSING", f"The order has no transaction with the reference {reference}."
        )
    return item


def _report(item: TransactionItem, report: _Report) -> None:
    """Looked up first: Saleor answers a known reference with another amount by a failure event."""
    if item.events.filter(type=report.kind, psp_reference=report.reference).exists():
        return
    execute(
        "transactionEventReport",
        {
            "token": str(item.token),
            "type": report.kind.upper(),
            "pspReference": report.reference,
            "amount": str(report.amount),
            "message": report.message,
            "time": report.happened_at.isoformat() if report.happened_at else None,
        },
    )
