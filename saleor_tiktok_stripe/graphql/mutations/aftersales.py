"""Answers to the buyers' requests at TikTok."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

import graphene

from ... import aftersales
from ...access import CASE_ANSWERS
from ...aftersales.listing import find_case
from ...models import AfterSalesCase
from ..core.ids import key_of
from ..core.mutations import Mutation
from ..core.scalars import TiktokStripeAmount
from ..core.shop import Shop
from ..core.words import DRY_RUN, KEY
from ..types.aftersales import TiktokStripeCase
from ..types.common import TiktokStripeMoney
from ..types.disputes import TiktokStripeActionName
from ..types.orders import TiktokStripeRequestState

_ID: Final = "The case's id."


class TiktokStripeCaseAnswer(graphene.ObjectType):
    """An answer to a buyer's request."""

    action = graphene.Field(TiktokStripeActionName, required=True, description="What it says.")
    state = graphene.Field(
        TiktokStripeRequestState, description="How far it is; null in a dry run."
    )
    amount = graphene.Field(TiktokStripeMoney, description="The money that it is about.")

    @staticmethod
    def resolve_action(row: Any, info: Any) -> str:
        return str(row.body["action"])

    @staticmethod
    def resolve_state(row: Any, info: Any) -> str | None:
        return str(row.state) if row.pk else None

    @staticmethod
    def resolve_amount(row: Any, info: Any) -> dict[str, Any] | None:
        return None if row.amount is None else {"amount": row.amount, "currency": row.currency}


class _OfCase(Mutation):
    """One case of the channel; ``do(case, ...)`` is the service."""

    class Meta:
        abstract = True

    @classmethod
    def perform(
        cls,
        shop: Shop,
        actor: str,
        id: str,
        idempotency_key: str | None = None,
        dry_run: bool = False,  # noqa: FBT001, FBT002
        **arguments: Any,
    ) -> dict[str, Any]:
        case = _case(shop, id)
        common = {
            "actor": actor,
            "request_key": idempotency_key or "",
            "dry_run": bool(dry_run),
        }
        row = cls.do(case, common, **arguments)
        return {"case": _case(shop, id), "answer": row}

    @classmethod
    def do(cls, case: AfterSalesCase, common: dict[str, Any], **arguments: Any) -> Any:
        """Ask the service."""
        raise NotImplementedError


def _case(shop: Shop, given: str) -> AfterSalesCase:
    return find_case(shop.connections, key_of("TiktokStripeCase", given))


class TiktokStripeAfterSalesCaseAccept(_OfCase):
    class Meta:
        rule = CASE_ANSWERS
        description = (
            "Say yes to what the buyer asks, or that a returned parcel is in order. TikTok is told "
            "in the background."
        )

    class Arguments:
        id = graphene.ID(required=True, description=_ID)
        buyer_keeps = graphene.Boolean(
            description="True: a return is paid back and the buyer keeps the goods."
        )
        refund_instead = graphene.Boolean(
            description="True: money goes back instead of a replacement."
        )
        idempotency_key = graphene.String(description=KEY)
        dry_run = graphene.Boolean(description=DRY_RUN)

    case = graphene.Field(TiktokStripeCase, description="As it is now.")
    answer = graphene.Field(
        TiktokStripeCaseAnswer, description="What TikTok is, or would be, told."
    )

    @classmethod
    def do(cls, case: AfterSalesCase, common: dict[str, Any], **arguments: Any) -> Any:
        return aftersales.accept(
            case,
            buyer_keeps=bool(arguments.get("buyer_keeps")),
            instead_of_replacement=bool(arguments.get("refund_instead")),
            **common,
        )


class TiktokStripeAfterSalesCaseReject(_OfCase):
    class Meta:
        rule = CASE_ANSWERS
        description = "Say no, with one of TikTok's reasons. TikTok is told in the background."

    class Arguments:
        id = graphene.ID(required=True, description=_ID)
        reason = graphene.String(
            required=True, description="The key of one of the case's `rejectReasons`."
        )
        comment = graphene.String(description="For the buyer, who may read it; 200 characters.")
        idempotency_key = graphene.String(description=KEY)
        dry_run = graphene.Boolean(description=DRY_RUN)

    case = graphene.Field(TiktokStripeCase, description="As it is now.")
    answer = graphene.Field(
        TiktokStripeCaseAnswer, description="What TikTok is, or would be, told."
    )

    @classmethod
    def do(cls, case: AfterSalesCase, common: dict[str, Any], **arguments: Any) -> Any:
        comment = arguments.get("comment") or ""
        return aftersales.reject(case, arguments["reason"], comment=comment, **common)


class TiktokStripeAfterSalesCaseOffer(_OfCase):
    class Meta:
        rule = CASE_ANSWERS
        description = (
            "Offer the buyer a part of the money, who may refuse it. TikTok is told in the "
            "background."
        )

    class Arguments:
        id = graphene.ID(required=True, description=_ID)
        amount = TiktokStripeAmount(
            required=True, description="More than nothing and less than all that is asked for."
        )
        idempotency_key = graphene.String(description=KEY)
        dry_run = graphene.Boolean(description=DRY_RUN)

    case = graphene.Field(TiktokStripeCase, description="As it is now.")
    answer = graphene.Field(
        TiktokStripeCaseAnswer, description="What TikTok is, or would be, told."
    )

    @classmethod
    def do(cls, case: AfterSalesCase, common: dict[str, Any], **arguments: Any) -> Any:
        amount: Decimal = arguments["amount"]
        return aftersales.offer(case, amount, **common)


class AfterSalesMutations(graphene.ObjectType):
    """Of the API."""

    tiktok_stripe_after_sales_case_accept = TiktokStripeAfterSalesCaseAccept.Field()
    tiktok_stripe_after_sales_case_reject = TiktokStripeAfterSalesCaseReject.Field()
    tiktok_stripe_after_sales_case_offer = TiktokStripeAfterSalesCaseOffer.Field()
