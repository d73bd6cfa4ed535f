"""Erasing what is kept here of a buyer, by order: what notifications held, answers to disputes, the
addresses paid from, notes. Saleor, the marketplace and Stripe keep theirs: those are erased there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from .. import inbox
from ..errors import InvalidInput
from ..jobs import clock
from ..models import (
    OPEN_REQUESTS,
    AfterSalesCase,
    AuditEntry,
    Charge,
    Connection,
    Dispute,
    DisputeEvidence,
    EvidenceFile,
    MarketplaceRequest,
    OrderLink,
    RefundRequest,
)
from ..orders.address import ERASED
from .recording import CLOSED

_FREE_WORDS = ("comment", "note")


@dataclass(frozen=True)
class Erased:
    """What was (or, in a dry run, would be) erased of one order, counted: bodies of notifications,
    texts and files of answers to disputes, network addresses, what names the delivery address, and
    notes on refunds and answers. ``kept``: what is not erased yet and why, in words."""

    order_id: str
    notifications: int = 0
    evidence_texts: int = 0
    evidence_files: int = 0
    network_addresses: int = 0
    delivery_addresses: int = 0
    notes: int = 0
    kept: tuple[str, ...] = ()


def erase_buyer_data(
    connections: Sequence[Connection], order_ids: Sequence[str], *, actor: str, dry_run: bool
) -> tuple[Erased, ...]:
    """Erase what is kept of the buyers of these orders (Saleor's ids); an order at a time.

    What an open dispute needs, and what an order needs that is still to be shipped, is kept and
    said. Written to the audit log, without the data. Raises ``InvalidInput`` (``ORDER_NOT_FOUND``)
    before anything is erased, where nothing is known of an order in this channel.
    """
    wanted = [_Order.of(connections, order_id) for order_id in dict.fromkeys(order_ids)]
    return tuple(_erase(connections, one, actor, dry_run=dry_run) for one in wanted)


@dataclass(frozen=True)
class _Order:
    id: str
    links: list[OrderLink]
    charges: list[Charge]

    @classmethod
    def of(cls, connections: Sequence[Connection], order_id: str) -> _Order:
        links = OrderLink.objects.filter(connection__in=connections, saleor_order_id=order_id)
        charges = Charge.objects.filter(connection__in=connections, order_id=order_id)
        found = cls(order_id, list(links), list(charges))
        if not order_id or not (found.links or found.charges):
            raise InvalidInput(
                "ORDER_NOT_FOUND",
                f"Nothing is known here of order {order_id} in this channel.",
                field="order_ids",
            )
        return found


def _erase(
    connections: Sequence[Connection], order: _Order, actor: str, *, dry_run: bool
) -> Erased:
    disputes = list(Dispute.objects.filter(charge__in=order.charges))
    closed = [one for one in disputes if one.state in CLOSED]
    held = [one for one in disputes if one.state not in CLOSED]
    free = [one for one in order.charges if one.pk not in {each.charge_id for each in held}]
    done = [one for one in order.links if one.ship_by is None]
    with transaction.atomic():
        erased = Erased(
            order_id=order.id,
            notifications=inbox.erase(connections, _names(order, disputes), dry_run=dry_run),
            evidence_texts=_texts(closed, dry_run=dry_run),
            evidence_files=_apply(
                EvidenceFile.objects.filter(evidence__dispute__in=closed, size__gt=0),
                {"content": "", "size": 0, "filename": ERASED},
                dry_run=dry_run,
            ),
            network_addresses=_apply(
                Charge.objects.filter(pk__in=[one.pk for one in free], buyer_ip__isnull=False),
                {"buyer_ip": None},
                dry_run=dry_run,
            ),
            delivery_addresses=_apply(
                OrderLink.objects.filter(pk__in=[one.pk for one in done]).exclude(
                    address_hash__in=["", ERASED]
                ),
                {"address_hash": ERASED},
                dry_run=dry_run,
            ),
            notes=_notes(order, dry_run=dry_run),
            kept=(*map(_of_dispute, held), *(_of_order(one) for one in order.links if one.ship_by)),
        )
        if not dry_run:
            _record(order, erased, actor)
    return erased


def _names(order: _Order, disputes: Sequence[Dispute]) -> set[str]:
    """What notifications about the order are about."""
    names = {link.order_id for link in order.links}
    for link in order.links:
        cases = AfterSalesCase.objects.filter(connection_id=link.connection_id)
        names |= set(cases.filter(order_id=link.order_id).values_list("case_id", flat=True))
    for charge in order.charges:
        names |= {charge.payment_id, charge.charge_id}
    refunds = RefundRequest.objects.filter(charge__in=order.charges)
    names |= set(refunds.values_list("refund_id", flat=True))
    names |= {one.dispute_id for one in disputes}
    return names - {""}


def _apply(rows: QuerySet[Any], values: dict[str, Any], *, dry_run: bool) -> int:
    return rows.count() if dry_run else rows.update(**values)


def _texts(closed: Sequence[Dispute], *, dry_run: bool) -> int:
    # Whether a text is empty already cannot be asked of the database: it is encrypted.
    rows = DisputeEvidence.objects.filter(dispute__in=closed)
    held = [row.pk for row in rows if row.fields or row.sent]
    if not dry_run:
        DisputeEvidence.objects.filter(pk__in=held).update(
            fields={}, sent={}, updated_at=clock.now()
        )
    return len(held)


def _notes(order: _Order, *, dry_run: bool) -> int:
    refunds = RefundRequest.objects.filter(charge__in=order.charges).exclude(note="")
    count = _apply(refunds, {"note": ""}, dry_run=dry_run)
    for link in order.links:
        rows = MarketplaceRequest.objects.filter(
            Q(body__has_key="comment") | Q(body__has_key="note"),
            connection_id=link.connection_id,
            order_id=link.order_id,
        ).exclude(state__in=OPEN_REQUESTS)
        for row in rows:
            count += 1
            if not dry_run:
                row.body = {key: row.body[key] for key in row.body if key not in _FREE_WORDS}
                row.save(update_fields=["body"])
    return count


def _of_dispute(dispute: Dispute) -> str:
    return (
        f"Dispute {dispute.dispute_id} is open: its answer and where the buyer paid from are kept "
        "until it is closed."
    )


def _of_order(link: OrderLink) -> str:
    return (
        f"Order {link.order_id} is still to be shipped: what names its address is kept until then."
    )


def _record(order: _Order, erased: Erased, actor: str) -> None:
    found = [one.connection_id for one in order.links or order.charges]
    AuditEntry.objects.create(
        action="buyer_data.erase",
        connection_id=found[0],
        actor=actor,
        subject=order.id,
        data={
            "notifications": erased.notifications,
            "evidence": erased.evidence_texts + erased.evidence_files,
            "kept": len(erased.kept),
        },
    )
