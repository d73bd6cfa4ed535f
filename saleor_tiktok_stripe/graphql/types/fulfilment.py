"""Carriers."""

from __future__ import annotations

from typing import Any

import graphene

from ...fulfilment.listing import LinkedCarrier, carrier_name
from ...models import CarrierLink
from ..core.fields import told
from .common import of, text


class TiktokStripeCarrier(graphene.ObjectType):
    """A carrier that TikTok knows for this shop."""

    carrier_id = text("TikTok's id of it.")
    name = text("TikTok's name of it.")


class TiktokStripeCarrierLink(graphene.ObjectType):
    """What a carrier is called in Saleor, and which of TikTok's it is."""

    name = text("What it is called in Saleor; case, spaces and signs do not matter.")
    carrier_id = text("TikTok's id of it.")
    carrier_name = text("TikTok's name of it; empty where TikTok no longer lists it.")

    @staticmethod
    @told
    def resolve_carrier_name(link: LinkedCarrier | CarrierLink, info: Any) -> str:
        if isinstance(link, LinkedCarrier):
            return link.carrier_name
        return carrier_name(link)


class TiktokStripeCarriers(graphene.ObjectType):
    """TikTok's carriers, and the manual table."""

    carriers = of(TiktokStripeCarrier, "TikTok's carriers for this shop, by name.")
    links = of(TiktokStripeCarrierLink, "The manual table, by name.")
