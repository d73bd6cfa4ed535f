"""All of the API together; its own schema at the plugin's address."""

from __future__ import annotations

from functools import cache
from typing import Any

import graphene

from ..errors import InvalidInput
from ..saleor_api import writer
from .core.errors import top_level
from .core.mutations import CHANNEL_WORDS
from .core.shop import Shop, shop_of
from .mutations import MUTATIONS
from .printing import print_schema
from .queries import QUERIES


class TiktokStripe(*QUERIES):  # type: ignore[misc]
    """A channel that sells in a TikTok Shop and takes payments with Stripe."""

    channel = graphene.String(required=True, description="Slug of the channel.")

    @staticmethod
    def resolve_channel(shop: Shop, info: Any) -> str:
        return shop.channel_slug


class TiktokStripeQueries(graphene.ObjectType):
    """Mixed into the query type."""

    tiktok_stripe = graphene.Field(
        TiktokStripe,
        required=True,
        channel=graphene.String(description=CHANNEL_WORDS),
        description="The TikTok Shop channel with Stripe: everything that can be asked about it.",
    )

    @staticmethod
    def resolve_tiktok_stripe(root: object, info: Any, channel: str | None = None) -> Shop:
        with writer():
            try:
                return shop_of(info, channel)
            except InvalidInput as error:
                raise top_level(error) from None


class TiktokStripeMutations(*MUTATIONS):  # type: ignore[misc]
    """Mixed into the mutation type."""


@cache
def schema() -> graphene.Schema:
    """The schema of the plugin's own address."""
    query = type("Query", (TiktokStripeQueries,), {"__doc__": None})
    mutation = type("Mutation", (TiktokStripeMutations,), {"__doc__": None})
    return graphene.Schema(query=query, mutation=mutation)


def sdl() -> str:
    """The schema as text: what ``graphql/schema.graphql`` holds."""
    return print_schema(schema().get_type_map())
