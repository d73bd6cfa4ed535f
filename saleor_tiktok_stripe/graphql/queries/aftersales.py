"""What waits for an answer: cases at TikTok, and disputes."""

from __future__ import annotations

from typing import Any

import graphene

from ... import aftersales
from ...access import CASES, MONEY
from ...aftersales.disputes import find_dispute
from ...aftersales.listing import disputes, find_case
from ...models import AfterSalesCase, Dispute
from ...models.paging import Page
from ..core.fields import RuledField, or_none
from ..core.ids import key_of
from ..core.pages import page_field
from ..core.shop import Shop
from ..types.aftersales import TiktokStripeCase, TiktokStripeQueueItem
from ..types.disputes import (
    DetailsOfDispute,
    TiktokStripeDispute,
    TiktokStripeDisputeDetails,
    TiktokStripeDisputeState,
)


class TiktokStripeDisputeFilter(graphene.InputObjectType):
    """Which disputes; what is left out does not filter."""

    state = TiktokStripeDisputeState(description="Where they stand.")
    closed = graphene.Boolean(description="Whether they are over.")


class TiktokStripeQueueFilter(graphene.InputObjectType):
    """Which items of the queue."""

    open_only = graphene.Boolean(
        description="False: also what waits for others, and what is over. True if left out."
    )


def _queue(shop: Shop, after: str, size: int, **terms: Any) -> Page[Any]:
    page = aftersales.queue(shop.connections, after=after, limit=size, **terms)
    return Page(page.items, page.after, page.places)


def _case(
    shop: Shop,
    id: str | None = None,
    case_id: str | None = None,  # noqa: A002
) -> AfterSalesCase | None:
    name = key_of("TiktokStripeCase", id) if id else case_id or ""
    return or_none(find_case, shop.connections, name)


def _disputes(shop: Shop, **terms: Any) -> Page[Dispute]:
    return disputes(shop.connections, **terms)


def _dispute(
    shop: Shop,
    id: str | None = None,
    dispute_id: str | None = None,  # noqa: A002
) -> DetailsOfDispute | None:
    name = key_of("TiktokStripeDispute", id) if id else dispute_id or ""
    found = or_none(find_dispute, shop.channel_slug, name)
    return None if found is None else DetailsOfDispute(found)


class AfterSalesQueries(graphene.ObjectType):
    """Of the namespace."""

    after_sales_queue = page_field(
        TiktokStripeQueueItem,
        rule=CASES,
        listed=_queue,
        wanted=TiktokStripeQueueFilter,
        description="What waits for an answer, at TikTok and Stripe: the nearest deadline first.",
    )
    after_sales_case = RuledField(
        TiktokStripeCase,
        rule=CASES,
        resolve=_case,
        id=graphene.ID(description="Its id."),
        case_id=graphene.String(description="In place of it: TikTok's id of it."),
        description="One request of a buyer at TikTok, with what can be done about it.",
    )
    disputes = page_field(
        TiktokStripeDispute,
        rule=MONEY,
        listed=_disputes,
        wanted=TiktokStripeDisputeFilter,
        description="Disputes of payments with Stripe, the latest opened first.",
    )
    dispute = RuledField(
        TiktokStripeDisputeDetails,
        rule=MONEY,
        resolve=_dispute,
        id=graphene.ID(description="Its id."),
        dispute_id=graphene.String(description="In place of it: Stripe's id of it (du_…)."),
        description="One dispute: what decides it, what can be done, and the answer so far.",
    )
