"""Saleor's order numbers go back to the marketplace as external references."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from django.utils import timezone

from .. import accounts
from ..errors import RetryLater
from ..jobs import Again, ClaimedJob, Done, Result
from ..models import Connection, OrderLink
from ..tiktok.client import TikTokClient
from ..tiktok.types import ExternalReference, Refused

log = logging.getLogger("saleor_tiktok_stripe.orders")

BATCH: Final = 100


def send_references(
    connection: Connection | None, claimed: Sequence[ClaimedJob]
) -> Mapping[int, Result]:
    """Handler of ``order.reference``: up to 100 orders that were not told yet."""
    if connection is None:
        return {}
    told = tell_references(connection, accounts.client(connection))
    result: Result = Again() if told.more else Done(note=f"sent={told.sent}")
    if told.later and not told.more:
        why = told.later[0].problem
        result = RetryLater(why.code, why.cause)
    return {job.id: result for job in claimed}


@dataclass(frozen=True)
class Told:
    """What became of a batch. ``later``: refused, but may be taken later; ``more``: others wait,
    and this one did not stand still."""

    sent: int = 0
    later: tuple[Refused, ...] = ()
    more: bool = False


def tell_references(connection: Connection, client: TikTokClient) -> Told:
    """Tell the marketplace the numbers of one batch.

    An absolute set, so a run that was killed after the call simply repeats it. An order that the
    marketplace refuses for good is not tried again: the reference is a convenience, its refusal is
    logged.
    """
    waiting = OrderLink.objects.filter(connection=connection, reference_sent_at=None).exclude(
        saleor_number=""
    )
    links = list(waiting.order_by("id")[:BATCH])
    if not links:
        return Told()
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
    later = tuple(one for one in refused if one.passing)
    not_yet = {one.subject for one in later}
    over = [link.pk for link in links if link.order_id not in not_yet]
    OrderLink.objects.filter(pk__in=over).update(reference_sent_at=timezone.now())
    more = len(links) == BATCH and bool(over)
    return Told(len(links) - len(refused), later, more)
