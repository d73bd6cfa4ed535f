"""Drift."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import graphene

from ... import drift
from ...access import MONEY, ORDERS, check
from ...drift import Line
from ...models.paging import Page
from ..core.fields import RuledField
from ..core.ids import global_id
from ..core.pages import page_field
from ..core.shop import Shop
from ..types.common import TiktokStripeVendor
from ..types.drift import (
    TiktokStripeDifference,
    TiktokStripeDifferenceState,
    TiktokStripeDriftArea,
    TiktokStripeDriftReport,
)


class TiktokStripeDifferenceFilter(graphene.InputObjectType):
    """Which differences; what is left out does not filter."""

    vendor = TiktokStripeVendor(description="On whose side.")
    area = TiktokStripeDriftArea(description="What they are about.")
    code = graphene.String(description="Their class.")
    subject = graphene.String(description="The order's, SKU's, payment's or payout's id.")
    states = graphene.List(
        graphene.NonNull(TiktokStripeDifferenceState),
        description="What became of them; what is open or being repaired if left out.",
    )


def _listed(
    shop: Shop,
    vendor: str = "",
    area: str = "",
    states: Sequence[str] = drift.OPEN,
    **terms: Any,
) -> Page[Line]:
    if area in drift.BOOKS:
        check(MONEY, shop.who, shop.channel_slug)
    known = shop.of_vendor(vendor) if vendor else shop.connections
    return drift.listed(known, area, areas=drift.open_areas(shop.may), states=states, **terms)


def _report(shop: Shop) -> dict[str, Any]:
    return {
        "counts": _counts(shop),
        "tours": [
            {
                "connection_id": global_id("TiktokStripeConnection", one.connection_id),
                "checked_at": one.checked_at,
                "under_way": one.under_way,
                "seen": one.seen,
            }
            for one in drift.tours(shop.connections)
        ],
    }


def _number(shop: Shop) -> int:
    return sum(one.number for one in _counts(shop))


def _counts(shop: Shop) -> tuple[drift.Count, ...]:
    return drift.counts(shop.connections, areas=drift.open_areas(shop.may))


class DriftQueries(graphene.ObjectType):
    """Of the namespace."""

    differences = page_field(
        TiktokStripeDifference,
        rule=ORDERS,
        listed=_listed,
        wanted=TiktokStripeDifferenceFilter,
        count=_number,
        description="Where Saleor, TikTok, Stripe and this plugin do not agree, the oldest first. "
        "Those of money and payouts are shown to whoever has HANDLE_PAYMENTS, too.",
    )
    drift_report = RuledField(
        TiktokStripeDriftReport,
        rule=ORDERS,
        resolve=_report,
        description="Open differences, counted, and when everything was compared last. Those of "
        "money and payouts are counted for whoever has HANDLE_PAYMENTS, too.",
    )
