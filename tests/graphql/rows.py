"""Rows that lists are made of."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from saleor_tiktok_stripe.models import (
    AfterSalesCase,
    AuditEntry,
    CaptureRequest,
    Carrier,
    CarrierLink,
    Charge,
    ChargeFlow,
    Connection,
    Difference,
    Dispute,
    DisputeEvidence,
    EvidenceFile,
    InboundEvent,
    Job,
    LedgerEntry,
    MarketplaceRequest,
    OrderLink,
    Payout,
    RefundRequest,
    RequestState,
    SkuLink,
    Statement,
    StockLevel,
)
from tests.support.factories import make_connection, make_stripe_connection

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
        "method": {"type": "card", "brand": "visa", "last4": "Canary"},
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


def a_case(connection: Connection, number: int, **fields: Any) -> AfterSalesCase:
    """Case ``4035<number>``: a buyer asks for a refund, due ``number`` hours after ``START``."""
    values: dict[str, Any] = {
        "connection": connection,
        "case_id": f"{4_035_000 + number}",
        "order_id": f"{57_000_000 + number}",
        "saleor_order_id": f"T3JkZXI6{number}",
        "order_number": str(number),
        "kind": "refund",
        "state": "needs_answer",
        "awaited": "answer_refund",
        "currency": "USD",
        "amount": Decimal("12.50"),
        "reason": "ecom_damaged",
        "reason_text": "Damaged",
        "units": {f"u{number}": "12.50"},
        "due_by": START + timedelta(days=3650, hours=number),
        "opened_at": START,
        "marketplace_updated_at": START,
    }
    return AfterSalesCase.objects.create(**(values | fields))


def a_payout(connection: Connection, number: int, **fields: Any) -> Payout:
    """Payout ``po_<number>`` of 18.00 USD, paid, ``number`` days after ``START``."""
    made = START + timedelta(days=number)
    values: dict[str, Any] = {
        "connection": connection,
        "payout_id": f"po_{number}",
        "kind": "payment",
        "state": "paid",
        "currency": "USD",
        "amount": Decimal("18.00"),
        "settlement": Decimal("18.00"),
        "made_at": made,
        "paid_at": made,
        "bank_account": "Canary",
        "entries_complete": True,
    }
    return Payout.objects.create(**(values | fields))


def a_statement(connection: Connection, number: int, **fields: Any) -> Statement:
    """Statement ``st_<number>`` of 18.00 USD."""
    values: dict[str, Any] = {
        "connection": connection,
        "statement_id": f"st_{number}",
        "at": START + timedelta(days=number),
        "currency": "USD",
        "settlement": Decimal("18.00"),
        "revenue": Decimal("20.00"),
        "fee": Decimal("-2.00"),
        "shipping": Decimal("0.00"),
        "adjustment": Decimal("0.00"),
        "payment_status": "PAID",
        "rows_complete": True,
    }
    return Statement.objects.create(**(values | fields))


def an_entry(connection: Connection, number: int, **fields: Any) -> LedgerEntry:
    """A sale of 20.00 USD of order ``5700…<number>``."""
    values: dict[str, Any] = {
        "connection": connection,
        "source_id": f"row{number}:{fields.get('component', 'gross_sales')}",
        "row_id": f"row{number}",
        "kind": "sale",
        "component": "gross_sales",
        "currency": "USD",
        "amount": Decimal("20.00"),
        "order_id": f"{57_000_000 + number}",
        "saleor_order_id": f"T3JkZXI6{number}",
        "happened_at": START + timedelta(minutes=number),
    }
    return LedgerEntry.objects.create(**(values | fields))


def a_difference(connection: Connection, number: int, **fields: Any) -> Difference:
    """An order whose total differs by 1.00 USD."""
    values: dict[str, Any] = {
        "connection": connection,
        "area": "order",
        "subject": f"{57_000_000 + number}",
        "code": "TOTAL_DIFFERS",
        "currency": "USD",
        "amount": Decimal("1.00"),
        "ours": {"total": "20.00"},
        "theirs": {"total": "21.00"},
        "first_seen": START,
        "last_seen": START,
    }
    return Difference.objects.create(**(values | fields))


def a_full_channel(pairs: int = 2) -> tuple[Connection, Connection]:
    """A channel with ``pairs`` of everything; buyer data says ``Canary``."""
    shop, till = make_connection(), make_stripe_connection()
    fill(shop, till, range(1, pairs + 1))
    return shop, till


def fill(shop: Connection, till: Connection, numbers: Iterable[int]) -> None:
    """One of everything for each number."""
    for number in numbers:
        an_order(shop, number, unallocated={"SKU-1": 1})
        a_job(shop, "order.sync", f"{57_000_000 + number}", problem=a_problem())
        a_job(till, "payment.sync", f"pi_{number}", status="done", outcome="in_step")
        charge = a_charge(till, number, problem=a_problem("REFUND_FAILED"))
        a_refund(charge, "5.00")
        CaptureRequest.objects.create(charge=charge, amount=Decimal(50), currency="USD")
        dispute = a_dispute(charge, number)
        held = DisputeEvidence.objects.create(
            dispute=dispute,
            fields={"customer_name": "Jane Canary", "product_description": "A shirt"},
        )
        EvidenceFile.objects.create(
            evidence=held,
            field="receipt",
            filename="receipt.pdf",
            content_type="application/pdf",
            size=9,
            content="Q2FuYXJ5",
        )
        an_event(shop, number)
        an_event(till, number, event_type="charge.refunded")
        AuditEntry.objects.create(
            connection=shop, actor="ann@example.com", action="job.retry", data={"ids": [number]}
        )
        a_case(shop, number)
        MarketplaceRequest.objects.create(
            connection=shop,
            kind="cancel",
            order_id=f"{57_000_000 + number}",
            subject="cancel",
            amount=Decimal("5.00"),
            currency="USD",
            state="refused",
            problem=a_problem("CANCEL_REFUSED"),
        )
        payout = a_payout(shop, number)
        statement = a_statement(shop, number, payout=payout)
        an_entry(shop, number, payout=payout, statement=statement)
        an_entry(
            shop,
            number,
            component="referral_fee",
            kind="fee",
            amount=Decimal("-2.00"),
            payout=payout,
            statement=statement,
        )
        a_payout(till, number, payout_id=f"po_till_{number}", kind="payout")
        a_sku(shop, number)
        StockLevel.objects.create(
            connection=shop, sku_id=f"{1_729_000 + number}", wanted=5, pushed=4, due=False
        )
        a_difference(shop, number)
        a_difference(shop, number, area="money", code="REVENUE_DIFFERS")
        Carrier.objects.create(connection=shop, carrier_id=f"c{number}", name=f"Carrier {number}")
        CarrierLink.objects.create(connection=shop, name=f"By {number}", carrier_id=f"c{number}")
