"""Differences: look for them, bring them in step, or accept them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

import graphene

from ... import drift
from ...access import ORDERS
from ...errors import InvalidInput
from ..core.finding import listed, numbers_of
from ..core.ids import global_id
from ..core.mutations import Mutation
from ..core.scalars import DateTime
from ..core.shop import Shop
from ..core.words import DRY_RUN, aware
from ..types.drift import TiktokStripeDifference, TiktokStripeDriftArea

_MOST: Final = 500
_TYPE: Final = "TiktokStripeDifference"


class TiktokStripeDriftCheck(Mutation):
    class Meta:
        rule = ORDERS
        description = (
            "Compare some orders, SKUs or payments at once, or, where none is named, everything in "
            "the background. Nothing is changed by it."
        )

    class Arguments:
        area = TiktokStripeDriftArea(
            description="What `subjects` are: ORDER, SKU or PAYMENT. Money and payouts are "
            "compared by `tiktokStripeLedgerReconcile`."
        )
        subjects = graphene.List(
            graphene.NonNull(graphene.String),
            description="Ids of orders and SKUs at TikTok, or of payments at Stripe; at most 50.",
        )
        since = DateTime(
            description="Without subjects: what was placed or paid from here on; left out: of the "
            "last 90 days."
        )

    differences = graphene.List(
        graphene.NonNull(TiktokStripeDifference),
        description="What differs of the subjects; null where everything is compared.",
    )
    queued = graphene.Boolean(description="Whether a comparison of everything was asked for.")

    @classmethod
    def perform(
        cls,
        shop: Shop,
        actor: str,
        area: str | None = None,
        subjects: list[str] | None = None,
        since: datetime | None = None,
    ) -> dict[str, Any]:
        wanted = listed(subjects)
        if not wanted:
            moment = aware(since, "since")
            for connection in shop.connections:
                drift.ask(connection, since=moment, actor=actor)
            return {"queued": bool(shop.connections)}
        if len(wanted) > 50:
            raise InvalidInput("TOO_MANY_SUBJECTS", "Name at most 50.", field="subjects")
        known = [one for one in shop.connections if area in drift.areas_of(one)]
        if not known:
            raise InvalidInput(
                "DRIFT_AREA_REQUIRED",
                "Say whether they are orders, SKUs or payments; the account has to be connected.",
                field="area",
            )
        for connection in known:
            drift.check_now(connection, str(area), wanted, actor)
        lines = [line for one in known for line in drift.lines_of(one, str(area), wanted)]
        return {"differences": lines, "queued": False}


class TiktokStripeRepairStep(graphene.ObjectType):
    """What is, or would be, done about a difference."""

    id = graphene.ID(required=True, description="The difference's id.")
    area = graphene.Field(TiktokStripeDriftArea, required=True, description="What it is about.")
    subject = graphene.String(required=True, description="The order, SKU, payment or payout.")
    code = graphene.String(required=True, description="Its class.")
    job = graphene.String(
        required=True, description="The work that brings both sides in step; empty: none does."
    )
    cure = graphene.String(
        required=True, description="What a person has to do; empty where nobody has to."
    )

    @staticmethod
    def resolve_id(step: drift.Step, info: Any) -> str:
        return global_id(_TYPE, step.id)


class TiktokStripeDriftRepair(Mutation):
    class Meta:
        rule = ORDERS
        description = (
            "Bring differences in step: the work that does it is asked for, and checked a minute "
            "later. Where only a person can act, it says how. Those of money and payouts take "
            "HANDLE_PAYMENTS, too."
        )

    class Arguments:
        ids = graphene.List(
            graphene.NonNull(graphene.ID), description=f"The differences, at most {_MOST}."
        )
        all = graphene.Boolean(description="True, in place of ids: all that are open.")
        dry_run = graphene.Boolean(description=DRY_RUN)

    steps = graphene.List(
        graphene.NonNull(TiktokStripeRepairStep), description="For each difference."
    )
    asked = graphene.Int(description="How many jobs are, or would be, asked for.")

    @classmethod
    def perform(
        cls,
        shop: Shop,
        actor: str,
        ids: list[str] | None = None,
        all: bool = False,  # noqa: A002, FBT001, FBT002
        dry_run: bool = False,  # noqa: FBT001, FBT002
    ) -> dict[str, Any]:
        if bool(all) is bool(ids):
            raise InvalidInput(
                "DIFFERENCES_REQUIRED", "Name differences, or say `all: true`.", field="ids"
            )
        wanted = None if all else _own(shop, listed(ids))
        areas = drift.open_areas(shop.may)
        done = [
            drift.repair(one, wanted, areas=areas, dry_run=bool(dry_run), actor=actor)
            for one in shop.connections
        ]
        return {
            "steps": [step for one in done for step in one.steps],
            "asked": sum(one.asked for one in done),
        }


class TiktokStripeDriftAccept(Mutation):
    class Meta:
        rule = ORDERS
        description = (
            "Say that differences are all right as they are. One opens again when a side changes. "
            "Those of money and payouts take HANDLE_PAYMENTS, too."
        )

    class Arguments:
        ids = graphene.List(
            graphene.NonNull(graphene.ID),
            required=True,
            description=f"The differences, at most {_MOST}.",
        )
        note = graphene.String(description="Why it is all right.")

    accepted = graphene.Int(
        description="How many were accepted; those that are gone or were accepted before are not."
    )

    @classmethod
    def perform(
        cls, shop: Shop, actor: str, ids: list[str], note: str | None = None
    ) -> dict[str, Any]:
        wanted = _own(shop, ids)
        done = (drift.accept(one, wanted, actor=actor, note=note or "") for one in shop.connections)
        return {"accepted": sum(done)}


def _own(shop: Shop, ids: list[str]) -> list[int]:
    """Raises ``InvalidInput`` where one is none of the channel's, or of an area that is not open to
    whoever asks."""
    if not 0 < len(ids) <= _MOST:
        raise InvalidInput("DIFFERENCES_REQUIRED", f"Name 1 to {_MOST} differences.", field="ids")
    wanted = numbers_of(_TYPE, ids)
    found = drift.own(shop.connections, wanted, drift.open_areas(shop.may))
    return [row.pk for row in found]


class DriftMutations(graphene.ObjectType):
    """Of the API."""

    tiktok_stripe_drift_check = TiktokStripeDriftCheck.Field()
    tiktok_stripe_drift_repair = TiktokStripeDriftRepair.Field()
    tiktok_stripe_drift_accept = TiktokStripeDriftAccept.Field()
