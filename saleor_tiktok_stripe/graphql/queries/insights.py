"""Sales insights, and notices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import graphene

from ... import insights, notices
from ...access import HEALTH, INSIGHTS, SETTINGS
from ...insights import PeriodName
from ...models.paging import Page
from ...notices import DeliveryLine, NoticeLine
from ..core.fields import RuledField
from ..core.pages import page_field
from ..core.shop import Shop
from ..types.insights import SalesInsights, TiktokStripeInsights, TiktokStripePeriodInput
from ..types.notices import (
    TiktokStripeNotice,
    TiktokStripeNoticeDelivery,
    TiktokStripeNoticePolicy,
    TiktokStripeNoticeState,
)


class TiktokStripeNoticeFilter(graphene.InputObjectType):
    """Which notices; what is left out does not filter."""

    state = TiktokStripeNoticeState(description="Whether they are solved.")


def _insights(
    shop: Shop, period: Mapping[str, Any] | None = None, compare: bool | None = None
) -> SalesInsights:
    given = dict(period or {})
    name = given.get("name") or (PeriodName.CUSTOM if given.get("since") else PeriodName.MONTH_30)
    wanted = insights.period(
        shop.connections, name, since=given.get("since"), until=given.get("until")
    )
    return SalesInsights(shop.connections, wanted, compare=compare is not False)


def _notices(shop: Shop, after: str, size: int, state: str = "") -> Page[NoticeLine]:
    return notices.listed(shop.channel_slug, state, after, size)  # type: ignore[arg-type]


def _deliveries(shop: Shop, after: str, size: int) -> Page[DeliveryLine]:
    return notices.deliveries(shop.channel_slug, after, size)


class InsightQueries(graphene.ObjectType):
    """Of the namespace."""

    insights = RuledField(
        TiktokStripeInsights,
        rule=INSIGHTS,
        resolve=_insights,
        period=TiktokStripePeriodInput(description="Which days; thirty if left out."),
        compare=graphene.Boolean(description="False: without the period before. True if left out."),
        description="What was sold, at TikTok and with Stripe, against the period before.",
    )
    notices = page_field(
        TiktokStripeNotice,
        rule=HEALTH,
        listed=_notices,
        wanted=TiktokStripeNoticeFilter,
        description="Problems and deadlines that the merchant was or is to be told of, the newest "
        "first.",
    )
    notice_deliveries = page_field(
        TiktokStripeNoticeDelivery,
        rule=SETTINGS,
        listed=_deliveries,
        description="Mails and webhooks that were sent, or could not be, the newest first.",
    )
    notice_policy = RuledField(
        TiktokStripeNoticePolicy,
        rule=SETTINGS,
        resolve=lambda shop: notices.policy(shop.channel_slug),
        description="Who is told of problems and deadlines, and when.",
    )
