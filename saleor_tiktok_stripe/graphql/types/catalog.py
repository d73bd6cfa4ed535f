"""SKUs: what each sells, how many of it may be sold, what it costs."""

from __future__ import annotations

from typing import Any

import graphene

from ...catalog import Explanation, PriceExplanation
from ...catalog.listing import LinkLine
from ...catalog.numbers import Terms
from ..core.enums import enum
from ..core.ids import global_id
from ..core.scalars import DateTime, TiktokStripeAmount
from .common import Money, Problem, TiktokStripeMoney, TiktokStripeProblem, money, of, problem, text

TiktokStripeLinkMethod = enum(
    "TiktokStripeLinkMethod",
    "How a SKU was linked to a variant.",
    {
        "sku": "They have the same SKU.",
        "external_reference": "The variant's external reference is the SKU.",
        "barcode": "They have the same barcode.",
        "manual": "Somebody linked them.",
        "unlinked": "Somebody cut the link: it is not linked by itself again.",
        "missing": "No variant was found yet; it goes on looking.",
    },
)
TiktokStripePushState = enum(
    "TiktokStripePushState",
    "Whether TikTok has what it should have.",
    {
        "in_step": "It has.",
        "due": "It is told at the next look, within seconds.",
        "refused": "It refused.",
        "unlinked": "The SKU is linked to no variant.",
        "off": "Switched off in this channel.",
        "not_connected": "The shop is not connected.",
    },
)


class TiktokStripeSkuLink(graphene.ObjectType):
    """A SKU of the TikTok shop and the variant that it sells."""

    id = graphene.ID(required=True, description="Its id.")
    sku_id = text("TikTok's id of the SKU.")
    product_id = text("TikTok's id of the product.")
    seller_sku = text("The SKU that the merchant gave it at TikTok.")
    barcode = text("Its barcode at TikTok.")
    title = text("What it is called at TikTok.")
    variant_id = text("Saleor's id of the variant; empty where it sells none.")
    variant_sku = text("The variant's SKU.")
    method = graphene.Field(TiktokStripeLinkMethod, required=True, description="How it was linked.")
    note = text("Why no variant was found.")
    updated_at = DateTime(required=True, description="When it changed last.")
    wanted = graphene.Int(description="How many TikTok should be able to sell.")
    pushed = graphene.Int(description="How many TikTok was told last.")
    pushed_at = DateTime(description="When it was told.")
    seen = graphene.Int(description="How many TikTok said it has.")
    short = graphene.Int(required=True, description="How many more were sold than there are.")
    price_wanted = graphene.Field(TiktokStripeMoney, description="What it should cost there.")
    price_pushed = graphene.Field(TiktokStripeMoney, description="The price TikTok was told last.")
    problem = graphene.Field(
        TiktokStripeProblem, description="Why TikTok refused what it was told."
    )

    @staticmethod
    def resolve_id(line: LinkLine, info: Any) -> str:
        return global_id("TiktokStripeSkuLink", line.sku_id)

    @staticmethod
    def resolve_price_wanted(line: LinkLine, info: Any) -> Money | None:
        return money(line.price_wanted, line.currency)

    @staticmethod
    def resolve_price_pushed(line: LinkLine, info: Any) -> Money | None:
        return money(line.price_pushed, line.currency)

    @staticmethod
    def resolve_problem(line: LinkLine, info: Any) -> Problem | None:
        return problem(line.problem_code, line.problem_cause, line.problem_cure)


class TiktokStripeLinkCount(graphene.ObjectType):
    """How many SKUs are linked this way."""

    method = graphene.Field(TiktokStripeLinkMethod, required=True, description="Which way.")
    number = graphene.Int(required=True, description="How many.")


class TiktokStripeWarehouseStock(graphene.ObjectType):
    """Pieces in one of Saleor's warehouses."""

    warehouse = text("Its slug.")
    quantity = graphene.Int(required=True, description="What is there.")
    allocated = graphene.Int(required=True, description="Of it, set aside for orders.")
    reserved = graphene.Int(required=True, description="Of it, held by checkouts.")
    free = graphene.Int(
        required=True, description="What is left; negative where more was sold than there is."
    )


class TiktokStripeStockTerms(graphene.ObjectType):
    """What a number was made of."""

    number = graphene.Int(required=True, description="The number.")
    warehouses = of(TiktokStripeWarehouseStock, "By warehouse.")
    waiting = graphene.Int(
        required=True, description="Taken off: pieces in orders that are not in Saleor yet."
    )
    owed = graphene.Int(
        required=True, description="Taken off: pieces in orders without stock set aside."
    )
    percent = graphene.Int(required=True, description="The share of it that TikTok may sell.")
    buffer = graphene.Int(required=True, description="Taken off, to be safe.")
    most = graphene.Int(description="The merchant's maximum.")
    shared_by = graphene.Int(required=True, description="How many SKUs sell the same variant.")

    @staticmethod
    def resolve_warehouses(terms: Terms, info: Any) -> list[dict[str, Any]]:
        return [
            {"warehouse": slug, **vars(place), "free": place.free}
            for slug, place in terms.warehouses.items()
        ]


class TiktokStripePushed(graphene.ObjectType):
    """What TikTok was told last."""

    at = DateTime(description="When.")
    job_id = graphene.ID(description="By which job.")
    answer = text("What TikTok answered.")
    problem = graphene.Field(TiktokStripeProblem, description="Why it refused.")
    retry_at = DateTime(description="When it is tried again.")

    @staticmethod
    def resolve_job_id(told: Any, info: Any) -> str | None:
        return global_id("TiktokStripeJob", told.job_id) if told.job_id else None


class TiktokStripePriceTerms(graphene.ObjectType):
    """What a price was made of."""

    price = graphene.Field(TiktokStripeMoney, required=True, description="The price.")
    source = text("`price` or `discounted`: which of the channel's prices.")
    base = graphene.Field(TiktokStripeMoney, required=True, description="That price.")
    percent = graphene.Field(TiktokStripeAmount, required=True, description="So much of it...")
    add = graphene.Field(TiktokStripeAmount, required=True, description="... plus this...")
    exact = graphene.Field(TiktokStripeMoney, required=True, description="... comes to this...")
    rounding = text("... and is rounded up so.")

    @staticmethod
    def resolve_price(terms: Any, info: Any) -> Money:
        return Money(terms.price, terms.currency)

    @staticmethod
    def resolve_base(terms: Any, info: Any) -> Money:
        return Money(terms.base, terms.currency)

    @staticmethod
    def resolve_exact(terms: Any, info: Any) -> Money:
        return Money(terms.exact, terms.currency)


class TiktokStripePriceExplanation(graphene.ObjectType):
    """Why a SKU has its price at TikTok."""

    state = graphene.Field(
        TiktokStripePushState, required=True, description="Whether TikTok has it."
    )
    words = text("That, in words.")
    why = text("How the price came about.")
    wanted = graphene.Field(TiktokStripeMoney, description="What it should cost.")
    pushed = graphene.Field(TiktokStripeMoney, description="What TikTok was told last.")
    terms = graphene.Field(TiktokStripePriceTerms, description="What it should cost, in parts.")
    told = graphene.Field(TiktokStripePushed, required=True, description="When it was told.")

    @staticmethod
    def resolve_wanted(one: PriceExplanation, info: Any) -> Money | None:
        return money(one.wanted, one.currency)

    @staticmethod
    def resolve_pushed(one: PriceExplanation, info: Any) -> Money | None:
        return money(one.pushed, one.currency)


class TiktokStripeStockExplanation(graphene.ObjectType):
    """Why a SKU has its number at TikTok."""

    sku_id = text("TikTok's id of the SKU.")
    product_id = text("TikTok's id of the product.")
    seller_sku = text("The SKU that the merchant gave it at TikTok.")
    title = text("What it is called at TikTok.")
    variant_id = text("Saleor's id of the variant that it sells.")
    variant_sku = text("The variant's SKU.")
    state = graphene.Field(
        TiktokStripePushState, required=True, description="Whether TikTok has it."
    )
    words = text("That, in words.")
    why = text("How the number came about.")
    wanted = graphene.Int(description="How many TikTok should be able to sell, counted now.")
    terms = graphene.Field(TiktokStripeStockTerms, description="That, in parts.")
    waiting_orders = of(graphene.String, "TikTok's ids of orders that are not in Saleor yet.")
    owed_orders = of(graphene.String, "TikTok's ids of orders without stock set aside.")
    pushed = graphene.Int(description="How many TikTok was told last.")
    pushed_terms = graphene.Field(TiktokStripeStockTerms, description="That, in parts.")
    seen = graphene.Int(description="How many TikTok said it has.")
    seen_at = DateTime(description="When it said so.")
    told = graphene.Field(TiktokStripePushed, required=True, description="When it was told.")
    others = of(graphene.String, "TikTok's ids of further SKUs that were meant.")
    price = graphene.Field(
        TiktokStripePriceExplanation, description="Its price; null where prices are not pushed."
    )


__all__ = [
    "Explanation",
    "TiktokStripeLinkCount",
    "TiktokStripeLinkMethod",
    "TiktokStripeSkuLink",
    "TiktokStripeStockExplanation",
]
