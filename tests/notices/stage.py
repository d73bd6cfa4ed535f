"""Things to tell of, and the time they are told at."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.message import EmailMessage
from typing import Any
from uuid import uuid4

from saleor_tiktok_stripe import accounts, jobs, notices
from saleor_tiktok_stripe.jobs import clock
from saleor_tiktok_stripe.models import (
    AfterSalesCase,
    Charge,
    Connection,
    Dispute,
    Job,
    JobStatus,
    OrderLink,
)

CHANNEL = "tiktok-us"
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
MERCHANT = "merchant@example.com"


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Inside the block it is ``moment``."""
    with clock.turned((moment - clock.now()).total_seconds()):
        yield


def tell_me(**chosen: Any) -> None:
    """Mail to the merchant, in UTC, unless ``chosen`` says otherwise."""
    chosen = {"recipients": [MERCHANT], "time_zone": "UTC", **chosen}
    notices.configure(CHANNEL, chosen, "staff@example.com")


def look(moment: datetime) -> notices.Looked:
    """Look, and let the workers send, at ``moment``."""
    with at(moment):
        found = notices.look(accounts.channel_connections(CHANNEL))
        jobs.work()
    return found


def told_at_once(moment: datetime) -> None:
    """Look at ``moment``, and again when what came together was gathered."""
    look(moment)
    look(moment + timedelta(minutes=3))


def text(mail: EmailMessage) -> str:
    """The plain text, with plain ends of lines."""
    body = mail.get_body(("plain",))
    assert body is not None
    return body.get_content().replace("\r\n", "\n")


def case(connection: Connection, due_by: datetime, **fields: Any) -> AfterSalesCase:
    values = {
        "case_id": "4035000000000000001",
        "order_id": "576460000000000001",
        "order_number": "1021",
        "kind": AfterSalesCase.Kind.REFUND,
        "state": AfterSalesCase.State.NEEDS_ANSWER,
        "awaited": "answer_refund",
        "reason_text": "It broke, says Jane Doe of 1 Main Street",
        "currency": "USD",
        "amount": Decimal("10.00"),
        "opened_at": NOON,
        "marketplace_updated_at": NOON,
        "due_by": due_by,
    }
    return AfterSalesCase.objects.create(connection=connection, **(values | fields))


def dispute(connection: Connection, due_by: datetime, **fields: Any) -> Dispute:
    charge = Charge.objects.create(
        connection=connection,
        transaction_id=str(uuid4()),
        payment_id=f"pi_{uuid4().hex}",
        order_number="1022",
        flow="charge",
        amount=Decimal("25.00"),
        currency="USD",
        buyer_ip="203.0.113.77",
    )
    values = {
        "dispute_id": "du_1TEST0001",
        "state": "needs_response",
        "reason": "fraudulent",
        "amount": Decimal("25.00"),
        "currency": "USD",
        "opened_at": NOON,
        "due_by": due_by,
    }
    return Dispute.objects.create(connection=connection, charge=charge, **(values | fields))


def order(connection: Connection, ship_by: datetime, order_id: str) -> OrderLink:
    return OrderLink.objects.create(
        connection=connection,
        order_id=order_id,
        saleor_order_id=f"T3JkZXI6{order_id}",
        saleor_number="1023",
        state="AWAITING_SHIPMENT",
        marketplace_updated_at=NOON,
        fingerprint="f",
        ship_by=ship_by,
    )


def parked(connection: Connection, subjects: list[str], code: str = "SKU_NOT_LINKED") -> None:
    problem = {
        "code": code,
        "stage": "link",
        "cause": "SKU MUG-BLU is not linked to a variant.",
        "cure": "Link it.",
        "params": {},
        "waits_for": [],
    }
    Job.objects.bulk_create(
        Job(
            kind="order.sync",
            connection=connection,
            subject=subject,
            dedup_key=f"order.sync:{connection.pk}:{subject}",
            status=JobStatus.PARKED,
            error_code=code,
            problem=problem,
        )
        for subject in subjects
    )
