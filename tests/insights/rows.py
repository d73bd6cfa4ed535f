"""Rows of other rooms as an import would leave them, and what this room makes of them."""

from __future__ import annotations

import base64
import uuid
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from saleor_tiktok_stripe.insights.taking_in import take_in
from saleor_tiktok_stripe.insights.walking import LEGS, cursor_of
from saleor_tiktok_stripe.jobs import clock
from saleor_tiktok_stripe.models import (
    AfterSalesCase,
    Charge,
    Connection,
    Dispute,
    LedgerEntry,
    OrderLink,
    StaleSalesDay,
)

AWHILE = timedelta(minutes=5)


def saleor_id(number: int) -> str:
    """Saleor's name of an order that it does not have."""
    return base64.b64encode(f"Order:{uuid.UUID(int=number)}".encode()).decode()


def at(text: str) -> datetime:
    """A moment in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def update(*connections: Connection) -> None:
    """As the job does, some minutes later."""
    for connection in connections:
        for leg in LEGS[connection.vendor]:
            cursor_of(connection, leg)
    with clock.turned(AWHILE.total_seconds()):
        for connection in connections:
            while not take_in(connection, 20):
                pass
    assert not StaleSalesDay.objects.exists()


def order(
    connection: Connection,
    order_id: str,
    placed: str,
    buyer: str = "20.00",
    *,
    platform: str = "0",
    currency: str = "USD",
    state: str = "completed",
    **fields: Any,
) -> OrderLink:
    """An order that was brought over; without a Saleor order, so that no lines are asked for."""
    money = {
        "currency": currency,
        "buyer": buyer,
        "platform": platform,
        "goods": buyer,
        "seller_discount": fields.pop("seller_discount", "0"),
        "shipping": fields.pop("shipping", "0"),
        "tax": fields.pop("tax", "0"),
        "fees": "0",
    }
    values: dict[str, Any] = {
        "saleor_order_id": "",
        "state": state,
        "marketplace_updated_at": at(placed),
        "fingerprint": order_id,
        "placed_at": at(placed),
        "money": money,
    }
    return OrderLink.objects.create(connection=connection, order_id=order_id, **(values | fields))


def case(connection: Connection, order_id: str, amount: str, **fields: Any) -> AfterSalesCase:
    """A request that was paid back."""
    moment = clock.now()
    values: dict[str, Any] = {
        "case_id": f"case-{order_id}-{amount}",
        "kind": AfterSalesCase.Kind.REFUND,
        "state": AfterSalesCase.State.COMPLETE,
        "currency": "USD",
        "opened_at": moment,
        "marketplace_updated_at": moment,
    }
    return AfterSalesCase.objects.create(
        connection=connection, order_id=order_id, amount=Decimal(amount), **(values | fields)
    )


def entry(
    connection: Connection, order_id: str, kind: str, amount: str, **fields: Any
) -> LedgerEntry:
    """An amount of a statement or balance."""
    expected = fields.get("expected", False)
    row_id = f"{'expected' if expected else 'row'}-{order_id}"
    values: dict[str, Any] = {
        "source_id": f"{row_id}:{kind}:{fields.get('component', '')}",
        "row_id": row_id,
        "currency": "USD",
        "happened_at": clock.now(),
    }
    return LedgerEntry.objects.create(
        connection=connection,
        order_id=order_id,
        kind=kind,
        amount=Decimal(amount),
        **(values | fields),
    )


def charge(
    connection: Connection, order_id: str, paid: str, amount: str = "30.00", **fields: Any
) -> Charge:
    """A payment that went through. ``order_id`` is Saleor's."""
    known = Charge.objects.count()
    values: dict[str, Any] = {
        "account_id": connection.account_id,
        "transaction_id": f"transaction-{known}",
        "flow": "charge",
        "currency": "USD",
        "payment_id": f"pi_{known}",
        "state": "succeeded",
        "captured": Decimal(amount),
        "livemode": connection.livemode,
        "paid_at": at(paid),
        "created_at": at(paid),
    }
    return Charge.objects.create(
        connection=connection, order_id=order_id, amount=Decimal(amount), **(values | fields)
    )


def dispute(charge: Charge, amount: str, state: str = "needs_response", **fields: Any) -> Dispute:
    """The buyer's bank asks for it back; the charge is written again, as a look at it does."""
    made = Dispute.objects.create(
        connection=charge.connection,
        charge=charge,
        dispute_id=f"du_{charge.pk}",
        state=state,
        amount=Decimal(amount),
        currency=charge.currency,
        opened_at=clock.now(),
        **fields,
    )
    charge.save()
    return made
