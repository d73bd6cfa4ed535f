"""Money from the order to the payout."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import graphene

from ...access import MONEY
from ...models import LedgerEntry, Payout, Statement, Vendor
from ...models.paging import Page
from ...payments import ledger
from ...payments.ledger import EntryFilter, OrderMoney, Standing
from ..core.fields import RuledField, or_none
from ..core.ids import key_of
from ..core.pages import page_arguments, page_field, place_of, size_of
from ..core.scalars import DateTime
from ..core.shop import Shop
from ..core.words import aware
from ..types.common import TiktokStripeVendor
from ..types.ledger import (
    TiktokStripeLedgerEntry,
    TiktokStripeLedgerKind,
    TiktokStripeOrderMoney,
    TiktokStripePayout,
    TiktokStripePayoutDetails,
    TiktokStripeStatement,
    TracedPayout,
)

_WHOSE = "Whose books; TikTok's if left out."


class TiktokStripeLedgerEntryFilter(graphene.InputObjectType):
    """Which entries; what is left out does not filter."""

    vendor = TiktokStripeVendor(description=_WHOSE)
    kind = TiktokStripeLedgerKind(description="What they are.")
    order_id = graphene.String(description="TikTok's or Saleor's id of an order.")
    statement_id = graphene.String(description="TikTok's id of a statement.")
    payout_id = graphene.String(description="The vendor's id of a payout.")
    since = DateTime(description="From here on.")
    until = DateTime(description="Before this.")
    expected = graphene.Boolean(description="Estimates only, or none of them.")
    in_settlement = graphene.Boolean(description="Parts of the sum only, or none of them.")


class TiktokStripePayoutFilter(graphene.InputObjectType):
    """Which payouts."""

    vendor = TiktokStripeVendor(description=_WHOSE)


def _entries(
    shop: Shop,
    after: str,
    size: int,
    vendor: str = Vendor.TIKTOK,
    since: datetime | None = None,
    until: datetime | None = None,
    **terms: Any,
) -> Page[LedgerEntry]:
    wanted = EntryFilter(since=aware(since, "since"), until=aware(until, "until"), **terms)
    known = shop.of_vendor(vendor)
    return ledger.entries(known[0], wanted, after=after, size=size) if known else Page(())


def _statements(shop: Shop, after: str, size: int) -> Page[Statement]:
    known = shop.of_vendor(Vendor.TIKTOK)
    return ledger.statements(known[0], after=after, size=size) if known else Page(())


def _payouts(shop: Shop, after: str, size: int, vendor: str = Vendor.TIKTOK) -> Page[Payout]:
    known = shop.of_vendor(vendor)
    return ledger.payouts(known[0], after=after, size=size) if known else Page(())


def _order_money(shop: Shop, order_id: str) -> list[OrderMoney]:
    each = [ledger.order_money(one, order_id) for one in shop.connections]
    return [one for one in each if one.standing != Standing.UNKNOWN]


def _payout(
    shop: Shop,
    id: str | None = None,  # noqa: A002  (as the API calls it)
    payout_id: str | None = None,
    first: int | None = None,
    after: str | None = None,
) -> TracedPayout | None:
    name = key_of("TiktokStripePayout", id) if id else payout_id or ""
    page = {"after": place_of(after), "size": size_of(first)}
    for connection in shop.connections:
        found = or_none(ledger.payout_trace, connection, name, **page)
        if found is not None:
            return TracedPayout(found)
    return None


class LedgerQueries(graphene.ObjectType):
    """Of the namespace."""

    ledger_entries = page_field(
        TiktokStripeLedgerEntry,
        rule=MONEY,
        listed=_entries,
        wanted=TiktokStripeLedgerEntryFilter,
        description="Every amount of the books, the newest first.",
    )
    order_money = RuledField(
        graphene.List(graphene.NonNull(TiktokStripeOrderMoney)),
        rule=MONEY,
        resolve=_order_money,
        order_id=graphene.String(
            required=True, description="TikTok's id of the order, or Saleor's."
        ),
        description="The money of an order, from what was sold to what was paid out: one item for "
        "each vendor that holds some of it.",
    )
    statements = page_field(
        TiktokStripeStatement,
        rule=MONEY,
        listed=_statements,
        description="TikTok's settlements by day, the newest first.",
    )
    payouts = page_field(
        TiktokStripePayout,
        rule=MONEY,
        listed=_payouts,
        wanted=TiktokStripePayoutFilter,
        description="Money sent to the bank account, the newest first.",
    )
    payout = RuledField(
        TiktokStripePayoutDetails,
        rule=MONEY,
        resolve=_payout,
        id=graphene.ID(description="Its id."),
        payout_id=graphene.String(description="In place of it: the vendor's id of it."),
        description="What a payout is made of: its orders, and what belongs to none.",
        **page_arguments(),
    )
