"""Accounts: connect, complete, choose the shop, verify, disconnect; what the merchant decides."""

from __future__ import annotations

from typing import Any

import graphene

from ... import accounts
from ...access import SETTINGS
from ...errors import InvalidInput
from ...models import Vendor
from ..core.enums import enum
from ..core.mutations import Mutation
from ..core.shop import Shop
from ..types.accounts import (
    TiktokStripeConnection,
    TiktokStripeFinding,
    TiktokStripeShop,
    TiktokStripeVendor,
)

TiktokStripeRegionGroup = enum(
    "TiktokStripeRegionGroup",
    "Where the sellers of an app in Partner Center give their consent.",
    US=("US", "In the United States."),
    ROW=("ROW", "Everywhere else."),
)


class TiktokStripeShopConnectInput(graphene.InputObjectType):
    """The app in TikTok's Partner Center. What is not named stays as it is."""

    app_key = graphene.String(description="Its app key.")
    app_secret = graphene.String(
        description="Its app secret. It is kept encrypted and never shown again."
    )
    service_id = graphene.String(description="Its service id; not the app key.")
    region_group = TiktokStripeRegionGroup(description="Where its sellers give consent.")


class TiktokStripeShopConnect(Mutation):
    class Meta:
        rule = SETTINGS
        description = (
            "Save the app of a TikTok shop and begin to connect the shop: the seller opens "
            "`consentUrl`, which works once, for 30 minutes."
        )

    class Arguments:
        input = TiktokStripeShopConnectInput(
            description="The app; left out: as it was saved before."
        )

    connection = graphene.Field(TiktokStripeConnection, description="What is being connected.")
    consent_url = graphene.String(description="Where the seller gives consent.")

    @classmethod
    def perform(cls, shop: Shop, actor: str, input: Any = None, **_: Any) -> dict[str, Any]:
        settings = _settings(shop.channel_slug, input) if input else None
        url = accounts.begin_connect(shop.channel_slug, settings, actor)
        return {"connection": shop.connection(Vendor.TIKTOK), "consent_url": url}


def _settings(channel_slug: str, given: Any) -> accounts.ChannelSettings:
    known = accounts.connection_or_none(channel_slug)
    app = accounts.credentials(known).app if known is not None else None
    return accounts.ChannelSettings(
        app_key=_text(given.get("app_key"), app.app_key if app else ""),
        service_id=_text(given.get("service_id"), app.service_id if app else ""),
        app_secret=(given.get("app_secret") or "").strip() or None,
        region_group=given.get("region_group") or (app.region_group if app else "ROW"),
        policy=accounts.policy(known) if known is not None else accounts.ChannelPolicy(),
    )


def _text(given: str | None, before: str) -> str:
    return before if given is None else given.strip()


class TiktokStripeShopConnectComplete(Mutation):
    class Meta:
        rule = SETTINGS
        description = (
            "Take TikTok's answer to a consent, where the shop's own page received it. Only one "
            "shop: it is connected at once; several: choose with `tiktokStripeShopSelect`."
        )

    class Arguments:
        state = graphene.String(required=True, description="`state` of TikTok's answer.")
        code = graphene.String(required=True, description="`code` of TikTok's answer.")

    connection = graphene.Field(TiktokStripeConnection, description="With the shop, if one.")
    shops = graphene.List(
        graphene.NonNull(TiktokStripeShop),
        description="The shops to choose from; none where the shop is connected.",
    )

    @classmethod
    def perform(cls, shop: Shop, actor: str, state: str, code: str) -> dict[str, Any]:
        connection = accounts.complete_connect(
            state, code, actor=actor, channel_slug=shop.channel_slug
        )
        return {"connection": connection, "shops": accounts.shops_to_choose(connection)}


class TiktokStripeShopSelect(Mutation):
    class Meta:
        rule = SETTINGS
        description = "Give the channel one of the shops that the consent covers."

    class Arguments:
        shop_id = graphene.String(required=True, description="The shop's id at TikTok.")

    connection = graphene.Field(TiktokStripeConnection, description="Now active.")

    @classmethod
    def perform(cls, shop: Shop, actor: str, shop_id: str) -> dict[str, Any]:
        found = accounts.choose_shop(shop.connection(Vendor.TIKTOK), shop_id, actor)
        return {"connection": found}


class TiktokStripeAccountConnectInput(graphene.InputObjectType):
    """A Stripe account's keys, or a Connect platform's. What is not named stays as it is."""

    secret_key = graphene.String(
        description="A restricted key (rk_…) with the permissions that the manual lists; a secret "
        "key (sk_…) works too. It is kept encrypted and never shown again."
    )
    publishable_key = graphene.String(
        description="The publishable key (pk_…) of the same account and mode."
    )
    webhook_secret = graphene.String(
        description="Only where the signing secret was rolled in Stripe's dashboard (whsec_…)."
    )
    client_id = graphene.String(
        description="Only for Connect platforms (ca_…): the keys are the platform's then, and the "
        "account is chosen by the consent of its holder."
    )


class TiktokStripeAccountConnect(Mutation):
    class Meta:
        rule = SETTINGS
        description = (
            "Take payments with a Stripe account in this channel: by a key of its own, at once, or "
            "by a Connect platform, whose account holder opens `consentUrl`, which works once, for "
            "30 minutes."
        )

    class Arguments:
        input = TiktokStripeAccountConnectInput(
            required=True, description="The keys. A new key of the same account replaces the old."
        )

    connection = graphene.Field(TiktokStripeConnection, description="Active, or pending.")
    consent_url = graphene.String(
        description="Where the account holder gives consent; null where none is needed."
    )

    @classmethod
    def perform(cls, shop: Shop, actor: str, input: Any) -> dict[str, Any]:
        settings = _keys(shop.channel_slug, input)
        connection = accounts.connect_stripe(shop.channel_slug, settings, actor)
        asks = settings.client_id and not connection.account_handle
        url = accounts.begin_stripe_connect(shop.channel_slug, actor) if asks else None
        return {"connection": connection, "consent_url": url}


def _keys(channel_slug: str, given: Any) -> accounts.StripeSettings:
    known = accounts.stripe_connection(channel_slug)
    before = accounts.stripe_entered(known) if known is not None else accounts.StripeSettings()
    return accounts.StripeSettings(
        secret_key=(given.get("secret_key") or "").strip() or None,
        publishable_key=_text(given.get("publishable_key"), before.publishable_key),
        webhook_secret=(given.get("webhook_secret") or "").strip(),
        client_id=_text(given.get("client_id"), before.client_id),
        policy=before.policy,
    )


class TiktokStripeAccountConnectComplete(Mutation):
    class Meta:
        rule = SETTINGS
        description = "Take Stripe's answer to a consent, where the platform's page received it."

    class Arguments:
        state = graphene.String(required=True, description="`state` of Stripe's answer.")
        code = graphene.String(required=True, description="`code` of Stripe's answer.")

    connection = graphene.Field(TiktokStripeConnection, description="Now active.")

    @classmethod
    def perform(cls, shop: Shop, actor: str, state: str, code: str) -> dict[str, Any]:
        found = accounts.complete_stripe_connect(
            state, code, actor=actor, channel_slug=shop.channel_slug
        )
        return {"connection": found}


class TiktokStripeVerify(Mutation):
    class Meta:
        rule = SETTINGS
        description = "Check a connection against its vendor and Saleor, now."

    class Arguments:
        vendor = TiktokStripeVendor(description="Whose; TikTok's if left out.")

    connection = graphene.Field(TiktokStripeConnection, description="With what was found.")

    @classmethod
    def perform(cls, shop: Shop, actor: str, vendor: str | None = None) -> dict[str, Any]:
        connection = shop.connection(vendor or Vendor.TIKTOK)
        accounts.verify(connection, actor)
        connection.refresh_from_db()
        return {"connection": connection}


class _Disconnect(Mutation):
    class Meta:
        abstract = True

    vendor: Vendor

    @classmethod
    def perform(
        cls,
        shop: Shop,
        actor: str,
        confirm: bool,  # noqa: FBT001
        end_authorization: bool = False,  # noqa: FBT001, FBT002
    ) -> dict[str, Any]:
        if not confirm:
            raise InvalidInput(
                "CONFIRMATION_NEEDED",
                "Disconnecting ends the work with this account and wipes its secrets. Confirm it.",
                field="confirm",
            )
        connection = shop.connection(cls.vendor)
        found = accounts.disconnect(connection, actor, end_authorization=end_authorization)
        return {"connection": connection, "findings": found}


_CONFIRM = "True: yes, disconnect it."
_END = "Also end the access to the account at the vendor."
_NOT_DONE = "What the vendor did not do, with its cure."


class TiktokStripeShopDisconnect(_Disconnect):
    class Meta:
        rule = SETTINGS
        description = (
            "Disconnect the TikTok shop: secrets are wiped, open work ends; orders and money stay."
        )

    vendor = Vendor.TIKTOK

    class Arguments:
        confirm = graphene.Boolean(required=True, description=_CONFIRM)
        end_authorization = graphene.Boolean(description=_END)

    connection = graphene.Field(TiktokStripeConnection, description="Now disabled.")
    findings = graphene.List(graphene.NonNull(TiktokStripeFinding), description=_NOT_DONE)


class TiktokStripeAccountDisconnect(_Disconnect):
    class Meta:
        rule = SETTINGS
        description = (
            "Disconnect the Stripe account: secrets are wiped, no payments are taken any more; "
            "payments and orders stay."
        )

    vendor = Vendor.STRIPE

    class Arguments:
        confirm = graphene.Boolean(required=True, description=_CONFIRM)
        end_authorization = graphene.Boolean(description=_END)

    connection = graphene.Field(TiktokStripeConnection, description="Now disabled.")
    findings = graphene.List(graphene.NonNull(TiktokStripeFinding), description=_NOT_DONE)


class AccountMutations(graphene.ObjectType):
    """Of the API."""

    tiktok_stripe_shop_connect = TiktokStripeShopConnect.Field()
    tiktok_stripe_shop_connect_complete = TiktokStripeShopConnectComplete.Field()
    tiktok_stripe_shop_select = TiktokStripeShopSelect.Field()
    tiktok_stripe_shop_disconnect = TiktokStripeShopDisconnect.Field()
    tiktok_stripe_account_connect = TiktokStripeAccountConnect.Field()
    tiktok_stripe_account_connect_complete = TiktokStripeAccountConnectComplete.Field()
    tiktok_stripe_account_disconnect = TiktokStripeAccountDisconnect.Field()
    tiktok_stripe_verify = TiktokStripeVerify.Field()
