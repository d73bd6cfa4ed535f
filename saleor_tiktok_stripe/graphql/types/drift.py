"""Differences between the sides."""

from __future__ import annotations

from typing import Any

import graphene

from ...drift import Line
from ..core.enums import enum
from ..core.ids import global_id
from ..core.scalars import DateTime
from .common import Money, TiktokStripeFact, TiktokStripeMoney, facts, money, of, text

TiktokStripeDriftArea = enum(
    "TiktokStripeDriftArea",
    "What a difference is about.",
    {
        "order": "An order.",
        "sku": "A SKU: its link, its number or its price.",
        "payment": "A payment with Stripe.",
        "money": "The money of an order: what was sold against what was settled.",
        "payout": "A payout against what it is made of.",
    },
)
TiktokStripeDifferenceState = enum(
    "TiktokStripeDifferenceState",
    "What became of a difference.",
    {
        "open": "It is there.",
        "repairing": "Repair was asked for.",
        "accepted": "Somebody said that it is all right; it opens again when a side changes.",
        "gone": "The sides agree again.",
    },
)


class TiktokStripeDifference(graphene.ObjectType):
    """Two sides that do not agree on something."""

    id = graphene.ID(required=True, description="Its id.")
    area = graphene.Field(TiktokStripeDriftArea, required=True, description="What it is about.")
    subject = text("The order's, SKU's, payment's or payout's id.")
    code = text("Its class, stable.")
    state = graphene.Field(
        TiktokStripeDifferenceState, required=True, description="What became of it."
    )
    words = text("What it is.")
    job = text("The kind of work that brings both sides in step; empty where a person has to act.")
    cure = text("What a person does about it; empty where nobody has to.")
    amount = graphene.Field(TiktokStripeMoney, description="What the other side has more.")
    ours = of(TiktokStripeFact, "What Saleor, or this plugin, has.")
    theirs = of(TiktokStripeFact, "What the vendor has.")
    note = text("Why it was accepted.")
    actor = text("Who accepted it, or asked for repair.")
    first_seen = DateTime(required=True, description="When it was seen first.")
    last_seen = DateTime(required=True, description="When it was seen last.")
    gone_at = DateTime(description="When it was gone.")

    @staticmethod
    def resolve_id(line: Line, info: Any) -> str:
        return global_id("TiktokStripeDifference", line.id)

    @staticmethod
    def resolve_amount(line: Line, info: Any) -> Money | None:
        return money(line.amount, line.currency)

    @staticmethod
    def resolve_ours(line: Line, info: Any) -> Any:
        return facts(line.ours)

    @staticmethod
    def resolve_theirs(line: Line, info: Any) -> Any:
        return facts(line.theirs)


class TiktokStripeDifferenceCount(graphene.ObjectType):
    """How many differences of a class there are."""

    area = graphene.Field(TiktokStripeDriftArea, required=True, description="What they are about.")
    code = text("Their class.")
    state = graphene.Field(
        TiktokStripeDifferenceState, required=True, description="What became of them."
    )
    number = graphene.Int(required=True, description="How many.")


class TiktokStripeDriftTour(graphene.ObjectType):
    """When everything of a connection was compared."""

    connection_id = graphene.ID(required=True, description="The connection's id.")
    checked_at = DateTime(description="When the last comparison of everything began.")
    under_way = graphene.Boolean(required=True, description="Whether one runs now.")
    seen = graphene.Int(required=True, description="How many things it has compared so far.")


class TiktokStripeDriftReport(graphene.ObjectType):
    """What differs, counted, and how fresh that is."""

    counts = of(TiktokStripeDifferenceCount, "Open differences by class.")
    tours = of(TiktokStripeDriftTour, "For each connection.")
