"""Rows that lists are made of."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from saleor_tiktok_stripe.models import (
    Charge,
    ChargeFlow,
    Connection,
    Dispute,
    InboundEvent,
    Job,
    OrderLink,
    RefundRequest,
    RequestState,
    SkuLink,
)

START = datetime(2026, 11, 1, 12, tzinfo=UTC)


def an_order(connection: Connection, number: int, **fields: Any) -> OrderLink:
    """Order ``5700…<number>``, placed ``number`` minutes after ``START``."""
    placed = START + timedelta(minutes=number)
    values: dict[str, Any] = {
        "connection": connection,
        "order_id": f"{57_000_000 + number}",
        "saleor_order_id": f"T3JkZXI6{number}",
        "saleor_number": str(number),
        "state": "awaiting_shipment",
        "marketplace_updated_at": placed,
        "fingerprint": "f",
        "placed_at": placed,
        "line_map": {f"u{number}": f"T3JkZXJMaW5lOj{number}"},
        "money": {"currency": "USD", "buyer": "21.50", "platform": "1.50", "goods": "20.00"},
    }
    return OrderLink.objects.create(**(values | fields))


def a_job(connection: Connection, kind: str, subject: str, **fields: Any) -> Job:
    """An open job; ``problem`` given: parked by it."""
    values: dict[str, Any] = {
        "connection": connection,
        "kind": kind,
        "subject": subject,
        "dedup_key": f"{connection.pk}:{kind}:{subject}",
        "status": "parked" if "problem" in fields else "queued",
    }
    return Job.objects.create(**(values | fields))


def a_problem(code: str = "SKU_NOT_LINKED") -> dict[str, Any]:
    """As kept in a row."""
    return {
        "code": code,
        "stage": "link",
        "cause": f"Cause of {code}.",
        "cure": f"Cure of {code}.",
        "params": {},
        "waits_for": [],
    }


def a_charge(connection: Connection, number: int, **fields: Any) -> Charge:
    """Payment ``pi_<number>`` of 50.00 USD, captured, ``number`` minutes after ``START``."""
    made = START + timedelta(minutes=number)
    values: dict[str, Any] = {
        "connection": connection,
        "account_id": connection.account_id,
        "transaction_id": f"VHJhbnNhY3Rpb25JdGVtOj{number}",
        "order_id": f"T3JkZXI6{number}",
        "order_number": str(number),
        "flow": ChargeFlow.CHARGE,
        "amount": Decimal("50.00"),
        "currency": "USD",
        "payment_id": f"pi_{number}",
        "charge_id": f"ch_{number}",
        "state": "succeeded",
        "captured": Decimal("50.00"),
        "fee": Decimal("1.75"),
        "net": Decimal("48.25"),
        "settlement_currency": "USD",
        "method": {"type": "card", "brand": "visa", "last4": "4242"},
        "buyer_ip": "203.0.113.9",
        "paid_at": made,
        "created_at": made,
    }
    return Charge.objects.create(**(values | fields))


def a_refund(charge: Charge, amount: str, **fields: Any) -> RefundRequest:
    """A refund that succeeded."""
    values: dict[str, Any] = {
        "charge": charge,
        "amount": Decimal(amount),
        "currency": charge.currency,
        "state": RequestState.SUCCEEDED,
        "source": RefundRequest.Source.API,
        "actor": "ann@example.com",
        "refund_id": f"re_{charge.pk}_{amount}",
    }
    return RefundRequest.objects.create(**(values | fields))


def a_dispute(charge: Charge, number: int, **fields: Any) -> Dispute:
    """Dispute ``du_<number>`` of all of a charge that needs an answer."""
    opened = START + timedelta(days=1, minutes=number)
    values: dict[str, Any] = {
        "connection": charge.connection,
        "charge": charge,
        "dispute_id": f"du_{number}",
        "state": "needs_response",
        "raw_state": "needs_response",
        "reason": "product_not_received",
        "amount": charge.amount,
        "currency": charge.currency,
        "withdrawn": charge.amount,
        "fee": Decimal("15.00"),
        "settlement_currency": charge.currency,
        "due_by": opened + timedelta(days=7),
        "opened_at": opened,
    }
    return Dispute.objects.create(**(values | fields))


def an_event(connection: Connection, number: int, **fields: Any) -> InboundEvent:
    """A notification of an order's new state."""
    values: dict[str, Any] = {
        "provider": connection.vendor,
        "connection": connection,
        "event_key": f"e{number}",
        "event_type": "order.status",
        "subject": f"{57_000_000 + number}",
        "body": '{"buyer": "Jane Canary"}',
        "received_at": START + timedelta(minutes=number),
        "status": "handed_over",
    }
    return InboundEvent.objects.create(**(values | fields))


def a_sku(connection: Connection, number: int, **fields: Any) -> SkuLink:
    """A SKU that sells a variant."""
    values: dict[str, Any] = {
        "connection": connection,
        "sku_id": f"{1_729_000 + number}",
        "product_id": "1729",
        "seller_sku": f"SKU-{number}",
        "title": f"Shirt {number}",
        "variant_id": f"UHJvZHVjdFZhcmlhbnQ6{number}",
        "variant_sku": f"SKU-{number}",
        "method": "sku",
    }
    return SkuLink.objects.create(**(values | fields))
