"""Accounts: verify."""

from __future__ import annotations

from typing import Any

import graphene

from ... import accounts
from ...access import SETTINGS
from ...models import Vendor
from ..core.mutations import Mutation
from ..core.shop import Shop
from ..types.accounts import TiktokStripeConnection, TiktokStripeVendor


class TiktokStripeVerify(Mutation):
    class Meta:
        rule = SETTINGS
        description = "Check a connection against its vendor and Saleor, now."

    class Arguments:
        vendor = TiktokStripeVendor(description="Whose; TikTok's if left out.")

    connection = graphene.Field(TiktokStripeConnection, description="With what was found.")

    @classmethod
    def perform(
        cls, shop: Shop, actor: str, vendor: str = Vendor.TIKTOK, **_: Any
    ) -> dict[str, Any]:
        connection = shop.connection(vendor)
        accounts.verify(connection)
        connection.refresh_from_db()
        return {"connection": connection}


class AccountMutations(graphene.ObjectType):
    """Of the API."""

    tiktok_stripe_verify = TiktokStripeVerify.Field()
