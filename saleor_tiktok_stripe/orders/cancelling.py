"""Cancelling at the marketplace what Saleor no longer sells, or what is to be refunded before it
was shipped: which reason, which items, and the request that ``order.push`` sends."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final

from django.db import IntegrityError, transaction

from .. import jobs
from ..errors import InvalidInput
from ..models import OPEN_REQUESTS, Connection, Job, JobStatus, MarketplaceRequest
from ..saleor_api.keys import CANCELLED_KEY, PACKAGE_KEY, RETURN_KEY
from ..saleor_api.types import FulfillmentState
from ..tiktok import reasons
from ..tiktok.regions import Capability, Region
from ..tiktok.regions import region as region_of

PUSH: Final = "order.push"
TAKEN_OUT: Final = frozenset({"RETURNED", "REFUNDED_AND_RETURNED"})
"""States of a Saleor fulfillment of units that never left, or came back."""
PART_REASON: Final = "out_of_stock"
"""The only reason for which the marketplace cancels a part of an order."""
_ASKED: Final = "asked:"


def is_asked(subject: str) -> bool:
    """A request that somebody made, rather than one that follows from the order in Saleor."""
    return subject.startswith(_ASKED)


def is_ours(one: FulfillmentState) -> bool:
    """It records what the marketplace did: a package, a return, or cancelled items."""
    return any(one.metadata.get(key) for key in (PACKAGE_KEY, RETURN_KEY, CANCELLED_KEY))


def order_subject(saleor_order_id: str) -> str:
    """What a request is about that cancels a whole order because Saleor's was cancelled."""
    return f"order:{saleor_order_id}"


def units_subject(unit_ids: Sequence[str]) -> str:
    """What a request is about that cancels these items."""
    named = ",".join(sorted(unit_ids))
    return f"units:{hashlib.sha256(named.encode()).hexdigest()[:32]}"


def may_cancel_part(region: Region, reason: str) -> bool:
    """Whether single items can be cancelled in this market for this reason (``policy`` name)."""
    return Capability.PARTIAL_CANCEL in region.capabilities and reason == PART_REASON


def reason_key(region: Region, reason: str) -> str:
    """The marketplace's key of a ``policy`` reason; empty where the market has none for it."""
    return reasons.cancel_reason(region.code, reason) or ""


def request_cancel(
    connection: Connection,
    order_id: str,
    *,
    reason: str,
    actor: str,
    unit_ids: Sequence[str] = (),
    amount: Decimal | None = None,
    currency: str = "",
    saleor_event: str = "",
    transaction_id: str = "",
    granted_refund_id: str = "",
    request_key: str = "",
) -> MarketplaceRequest:
    """Ask the marketplace to cancel an order that has not left, or some of its items: the row, and
    the job that sends it, in the caller's transaction. The open or same request is answered again.

    ``reason`` is one of the policy's. What came of it stands in the row: ``succeeded`` with the
    cancellation's id as ``reference``, or ``refused`` with its ``problem``; ``order.sync`` and
    ``case.sync`` of the order are asked for then. Raises ``InvalidInput``: ``CANCEL_PART`` (only
    whole orders here, or not for this reason), ``CANCEL_REASON`` (not in this market).
    """
    region = region_of(connection.region)
    if unit_ids and not may_cancel_part(region, reason):
        raise InvalidInput(
            "CANCEL_PART",
            "In this market TikTok cancels single items only when they are out of stock, or not at "
            "all. Cancel the whole order, or refund the items after delivery.",
        )
    key = reason_key(region, reason)
    if not key:
        raise InvalidInput(
            "CANCEL_REASON",
            "TikTok does not cancel orders of this market for this reason. Choose another one.",
        )
    wanted = MarketplaceRequest(
        connection=connection,
        kind=MarketplaceRequest.Kind.CANCEL,
        order_id=order_id,
        subject=_ASKED + (units_subject(unit_ids) if unit_ids else order_id),
        body={"unit_ids": sorted(unit_ids), "reason": key},
        amount=amount,
        currency=currency,
        actor=actor,
        saleor_event=saleor_event,
        transaction_id=transaction_id,
        granted_refund_id=granted_refund_id,
        request_key=request_key,
    )
    with transaction.atomic():
        row = _same(wanted) or _insert(wanted)
        if row.state in OPEN_REQUESTS:
            jobs.enqueue(PUSH, connection, order_id, lane=jobs.LANE_CLICK)
    return row


def stuck_pushes(connection: Connection, order_ids: Iterable[str]) -> dict[str, datetime | None]:
    """Orders whose push waits for somebody, and when it ran last."""
    return _stuck(connection, PUSH, order_ids)


def stuck_syncs(connection: Connection, order_ids: Iterable[str]) -> dict[str, datetime | None]:
    """Orders that cannot be brought in step before somebody does something, and when that was
    tried last."""
    return _stuck(connection, "order.sync", order_ids)


def _stuck(
    connection: Connection, kind: str, order_ids: Iterable[str]
) -> dict[str, datetime | None]:
    rows = Job.objects.filter(
        connection=connection,
        kind=kind,
        subject__in=list(order_ids),
        status__in=[JobStatus.PARKED, JobStatus.DEAD],
    )
    return dict(rows.values_list("subject", "started_at"))


def _same(wanted: MarketplaceRequest) -> MarketplaceRequest | None:
    """A request that was made before: by its key, for Saleor's own record, or still open."""
    rows = MarketplaceRequest.objects.filter(connection_id=wanted.connection_id)
    ways = (
        {"request_key": wanted.request_key} if wanted.request_key else None,
        {"saleor_event": wanted.saleor_event} if wanted.saleor_event else None,
        {
            "kind": wanted.kind,
            "order_id": wanted.order_id,
            "subject": wanted.subject,
            "state__in": OPEN_REQUESTS,
        },
    )
    found = (rows.filter(**way).first() for way in ways if way is not None)
    return next((row for row in found if row is not None), None)


def _insert(wanted: MarketplaceRequest) -> MarketplaceRequest:
    try:
        with transaction.atomic():
            wanted.save(force_insert=True)
    except IntegrityError:
        same = _same(wanted)
        if same is None:
            raise
        return same
    return wanted
