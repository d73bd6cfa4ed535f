"""Drift."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import graphene

from ... import drift
from ...access import ORDERS
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
    shop: Shop, vendor: str = "", states: Sequence[str] = drift.OPEN, **terms: Any
) -> Page[Line]:
    known = shop.of_vendor(vendor) if vendor else shop.connections
    return drift.listed(known, states=states, **terms)


def _report(shop: Shop) -> dict[str, Any]:
    return {
        "counts": drift.counts(shop.connections),
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
    return sum(one.number for one in drift.counts(shop.connections))


class DriftQueries(graphene.ObjectType):
    """Of the namespace."""

    differences = page_field(
        TiktokStripeDifference,
        rule=ORDERS,
        listed=_listed,
        wanted=TiktokStripeDifferenceFilter,
        count=_number,
        description="Where Saleor, TikTok, Stripe and this plugin do not agree, the oldest first.",
    )
    drift_report = RuledField(
        TiktokStripeDriftReport,
        rule=ORDERS,
        resolve=_report,
        description="Open differences, counted, and when everything was compared last.",
    )
