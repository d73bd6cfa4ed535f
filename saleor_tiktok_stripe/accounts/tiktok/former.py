"""What a channel knew of a shop that it had before: orders, cases and SKUs of another shop bind it
no more. What was brought into Saleor stays there, with its links."""

from __future__ import annotations

from django.utils import timezone

from ...models import (
    AfterSalesCase,
    Connection,
    LinkMethod,
    OrderLink,
    PriceLevel,
    SkuLink,
    StockLevel,
    SyncCursor,
    WaitingOrder,
)

BY_HAND = frozenset({LinkMethod.MANUAL, LinkMethod.UNLINKED})


def leave(connection: Connection) -> None:
    """The channel is given another shop; part of the caller's transaction.

    Nothing is owed, to be shipped or to be answered for the former one, and no piece is kept for
    it: its orders are not heard of again, unless the shop comes back: they are looked at anew
    then. Links that somebody made by hand are kept.
    """
    for model in (SyncCursor, WaitingOrder, StockLevel, PriceLevel):
        model._default_manager.filter(connection=connection).delete()
    SkuLink.objects.filter(connection=connection).exclude(method__in=BY_HAND).delete()
    OrderLink.objects.filter(connection=connection).update(
        ship_by=None, unallocated={}, refunds_open=False, fingerprint=""
    )
    AfterSalesCase.objects.filter(
        connection=connection,
        state__in=[AfterSalesCase.State.NEEDS_ANSWER, AfterSalesCase.State.WAITING],
    ).update(state=AfterSalesCase.State.CLOSED, awaited="", due_by=None, updated_at=timezone.now())
