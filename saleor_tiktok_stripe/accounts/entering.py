"""What merchants enter of their accounts one thing at a time, where the settings form takes all at
once: a secret that is left empty stays, and so do the choices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from .. import conf
from ..errors import InvalidInput
from ..models import Connection, Vendor
from .form import check_warehouses
from .lookup import find_connection
from .stripe.asking import StripeSettings
from .stripe.connecting import change_stripe_policy, connect_stripe
from .stripe.consent import redirect_address
from .stripe.credentials import credentials as stripe_credentials
from .stripe.policy import parse_stripe_policy, stripe_policy
from .stripe.vendor import stripe_connection
from .tiktok.credentials import credentials
from .tiktok.policy import ChannelPolicy, dump_policy, parse_policy, policy
from .tiktok.settings import ChannelSettings, change_policy, configure, connection_or_none

REGIONS: Final[Mapping[str, str]] = {"ROW": "Rest of the world", "US": "United States"}


@dataclass(frozen=True)
class Entered:
    """What may be shown of what was entered: never a secret. ``has_secret``: one is kept.
    ``complete``: a consent can be asked for. ``by_consent``: the Stripe keys are a platform's."""

    redirect_address: str
    app_key: str = ""
    service_id: str = ""
    region: str = "ROW"
    publishable_key: str = ""
    client_id: str = ""
    has_secret: bool = False
    complete: bool = False
    by_consent: bool = False


def entered_tiktok(channel_slug: str) -> Entered:
    """Of the channel's TikTok app. Raises ``UnreadableSecret``."""
    address = conf.channel_url(channel_slug, "oauth/tiktok/")
    connection = connection_or_none(channel_slug)
    if connection is None:
        return Entered(address)
    app = credentials(connection).app
    return Entered(
        address,
        app_key=app.app_key,
        service_id=app.service_id,
        region=app.region_group,
        has_secret=bool(app.app_secret),
        complete=app.complete,
    )


def entered_stripe(channel_slug: str) -> Entered:
    """Of the channel's Stripe keys. Raises ``UnreadableSecret``."""
    address = redirect_address(channel_slug)
    connection = stripe_connection(channel_slug)
    if connection is None:
        return Entered(address)
    held = stripe_credentials(connection)
    by_consent = held.mode == "connect"
    return Entered(
        address,
        publishable_key=held.publishable_key,
        client_id=held.client_id,
        has_secret=bool(held.secret_key),
        complete=by_consent and bool(held.secret_key),
        by_consent=by_consent,
    )


_REQUIRED: Final = (
    ("app_key", "Enter the app key from Partner Center."),
    ("service_id", "Enter the service ID from Partner Center; it is not the app key."),
)


def enter_tiktok(
    channel_slug: str, actor: str, *, app_key: str, app_secret: str, service_id: str, region: str
) -> Connection:
    """Save a TikTok app; ``app_secret`` "" keeps the one that is stored. Then ``begin_connect``.

    Raises ``InvalidInput``, which names the field (``..._REQUIRED``, ``REGION_INVALID``, and what
    ``configure`` raises).
    """
    given = {"app_key": app_key, "service_id": service_id}
    for name, words in _REQUIRED:
        if not given[name]:
            raise InvalidInput(f"{name.upper()}_REQUIRED", words, field=name)
    known = connection_or_none(channel_slug)
    if not app_secret and (known is None or not credentials(known).app.app_secret):
        raise InvalidInput(
            "APP_SECRET_REQUIRED", "Enter the app secret from Partner Center.", field="app_secret"
        )
    if region not in REGIONS:
        raise InvalidInput(
            "REGION_INVALID", "Enter US, or ROW for the rest of the world.", field="region"
        )
    settings = ChannelSettings(
        app_key=app_key,
        service_id=service_id,
        app_secret=app_secret or None,
        region_group="US" if region == "US" else "ROW",
        policy=policy(known) if known is not None else ChannelPolicy(),
    )
    return configure(channel_slug, settings, actor)


def enter_stripe(
    channel_slug: str,
    actor: str,
    *,
    secret_key: str,
    publishable_key: str,
    client_id: str = "",
    webhook_secret: str = "",
) -> Connection:
    """Save Stripe keys, as ``connect_stripe``; ``secret_key`` "" keeps the one that is stored."""
    known = stripe_connection(channel_slug)
    settings = StripeSettings(
        secret_key=secret_key or None,
        publishable_key=publishable_key,
        webhook_secret=webhook_secret,
        client_id=client_id,
        policy=stripe_policy(known) if known is not None else parse_stripe_policy({}),
    )
    return connect_stripe(channel_slug, settings, actor)


def enter_choices(
    channel_slug: str, vendor: Vendor, values: Mapping[str, Any], actor: str
) -> Connection:
    """Change the named choices of ``ChannelPolicy`` or ``StripePolicy``; the others stay.

    Raises ``InvalidInput``: ``POLICY_INVALID``, ``WAREHOUSE_UNKNOWN`` (both name the field),
    ``NOT_CONFIGURED``.
    """
    connection = find_connection(channel_slug, vendor)
    if vendor == Vendor.STRIPE:
        return change_stripe_policy(connection, values, actor)
    chosen = parse_policy({**dump_policy(policy(connection)), **values})
    if values.keys() & {"warehouse", "stock_warehouses"}:
        check_warehouses(channel_slug, chosen)
    return change_policy(connection, values, actor)
