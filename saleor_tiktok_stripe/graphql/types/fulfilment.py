"""Carriers."""

from __future__ import annotations

import graphene

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


class TiktokStripeCarriers(graphene.ObjectType):
    """TikTok's carriers, and the manual table."""

    carriers = of(TiktokStripeCarrier, "TikTok's carriers for this shop, by name.")
    links = of(TiktokStripeCarrierLink, "The manual table, by name.")
