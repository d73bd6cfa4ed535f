"""Orders."""

from __future__ import annotations

from typing import Any

import graphene

from ... import drift
from ...access import ORDERS
from ...models import Vendor
from ...models.paging import Page
from ...orders.listing import Counted, OrderLine, counted, listed, one
from ..core.fields import RuledField, or_none
from ..core.ids import key_of
from ..core.pages import page_field
from ..core.shop import Shop
from ..types.orders import (
    DetailsOfOrder,
    TiktokStripeOrder,
    TiktokStripeOrderCounts,
    TiktokStripeOrderDetails,
    TiktokStripeOrderState,
    TiktokStripeOrderSync,
)


class TiktokStripeOrderFilter(graphene.InputObjectType):
    """Which orders; what is left out does not filter."""

    state = TiktokStripeOrderState(description="Where they stand at TikTok.")
    sync = TiktokStripeOrderSync(description="Whether both sides agree.")
    search = graphene.String(description="TikTok's or Saleor's id, or Saleor's number.")


def _listed(shop: Shop, **terms: Any) -> Page[OrderLine]:
    known = shop.of_vendor(Vendor.TIKTOK)
    return listed(known[0], **terms) if known else Page(())


def _counted(shop: Shop) -> Counted:
    known = shop.of_vendor(Vendor.TIKTOK)
    return counted(known[0]) if known else Counted(0, 0, 0)


def _count(shop: Shop) -> int:
    found = _counted(shop)
    return found.in_step + found.parked + found.waiting


def _one(
    shop: Shop,
    id: str | None = None,
    order_id: str | None = None,  # noqa: A002
) -> DetailsOfOrder | None:
    name = key_of("TiktokStripeOrder", id) if id else order_id or ""
    known = shop.of_vendor(Vendor.TIKTOK)
    found = or_none(one, known[0], name) if known else None
    if found is None:
        return None
    return DetailsOfOrder(found, drift.lines_of(known[0], "order", [found.line.order_id]))


class OrderQueries(graphene.ObjectType):
    """Of the namespace."""

    orders = page_field(
        TiktokStripeOrder,
        rule=ORDERS,
        listed=_listed,
        wanted=TiktokStripeOrderFilter,
        count=_count,
        description="Orders of the TikTok shop, the newest first: in Saleor, parked or on the way.",
    )
    order = RuledField(
        TiktokStripeOrderDetails,
        rule=ORDERS,
        resolve=_one,
        id=graphene.ID(description="Its id."),
        order_id=graphene.String(
            description="In place of it: TikTok's or Saleor's id of it, or Saleor's number."
        ),
        description="One order, with what TikTok was asked to do and what differs.",
    )
    order_counts = RuledField(
        TiktokStripeOrderCounts,
        rule=ORDERS,
        resolve=_counted,
        description="How many orders are in step, parked, and on the way.",
    )
