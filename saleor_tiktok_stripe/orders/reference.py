"""Saleor's order numbers go back to the marketplace as external references."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Final

from django.utils import timezone

from .. import accounts
from ..jobs import Again, ClaimedJob, Done, Result
from ..models import Connection, OrderLink
from ..tiktok.client import TikTokClient
from ..tiktok.types import ExternalReference

log = logging.getLogger("saleor_tiktok_stripe.orders")

BATCH: Final = 100


def send_references(
    connection: Connection | None, claimed: Sequence[ClaimedJob]
) -> Mapping[int, Result]:
    """Handler of ``order.reference``: up to 100 orders that were not told yet."""
    if connection is None:
        return {}
    sent, more = tell_references(connection, accounts.client(connection))
    result: Result = Again() if more else Done(note=f"sent={sent}")
    return {job.id: result for job in claimed}


def tell_references(connection: Connection, client: TikTokClient) -> tuple[int, bool]:
    """Tell the marketplace the numbers of one batch; how many, and whether more are waiting.

    An absolute set, so a run that was killed after the call simply repeats it. An order that the
    marketplace refuses is not tried again: the reference is a convenience, its refusal is logged.
    """
    waiting = OrderLink.objects.filter(connection=connection, reference_sent_at=None).exclude(
        saleor_number=""
    )
    links = list(waiting.order_by("id")[:BATCH])
    if not links:
        return 0, False
    refused = client.set_external_references(
        [ExternalReference(link.order_id, link.saleor_number, link.line_map) for link in links]
    )
    for one in refused:
        log.warning(
            "reference of order %s refused connection=%s code=%s",
            one.subject,
            connection.pk,
            one.code,
        )
    OrderLink.objects.filter(pk__in=[link.pk for link in links]).update(
        reference_sent_at=timezone.now()
    )
    return len(links) - len(refused), len(links) == BATCH
