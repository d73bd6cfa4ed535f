"""The part of the settings form that is about the TikTok shop."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ... import conf
from ...errors import InvalidInput
from ...jobs import LANE_CLICK, enqueue
from ...models import Connection, ConnectionState, OrderLink
from ...saleor_api import get_saleor
from ..disconnecting import switch_off, switch_on
from ..host import webhook_address
from ..proofs import mint_ticket
from ..sealed import unreadable
from ..states import DISCONNECTED, DISCONNECTING, is_ending
from ..tiktok.connecting import BOUND, choose_shop, shops_to_choose
from ..tiktok.credentials import RegionGroup, credentials, lacks_secret, legible
from ..tiktok.policy import ChannelPolicy, parse_policy, policy
from ..tiktok.settings import ChannelSettings, configure, connection_or_none
from .choices import CHOICES
from .fields import ACTOR, MASK, Field, Kind, as_entered, findings_text, is_lost, is_mask, text

FIELDS: Final = (
    Field("state", Kind.OUTPUT, "Connection", "What this channel is connected to at TikTok."),
    Field("findings", Kind.OUTPUT, "Verification", "What the last check found, with its cure."),
    Field(
        "connect_link",
        Kind.OUTPUT,
        "Connect link",
        "Save app key, app secret and service id first. Then open this link in your browser and "
        "sign in as the shop's owner. It works once, for 30 minutes; reload for a new one.",
    ),
    Field("app_key", Kind.TEXT, "App key", "From TikTok Shop Partner Center, of your custom app."),
    Field(
        "app_secret",
        Kind.SECRET,
        "App secret",
        "From Partner Center. Kept encrypted; clear it and save to disconnect the shop.",
    ),
    Field(
        "service_id",
        Kind.TEXT,
        "Service ID",
        "From the app's Authorization page in Partner Center; it is not the app key.",
    ),
    Field(
        "region_group",
        Kind.TEXT,
        "Region",
        "US for a US seller account, ROW for the rest of the world. The wrong one makes the "
        "consent fail.",
        "ROW",
    ),
    Field(
        "shop",
        Kind.TEXT,
        "Shop",
        "Filled by itself. Only when the consent covers several shops: enter the id of one of "
        "those that the field Connection lists.",
    ),
    *CHOICES,
    Field(
        "redirect_address",
        Kind.OUTPUT,
        "Redirect address",
        "Enter it in Partner Center as the app's redirect URL. One serves all your channels.",
    ),
    Field(
        "webhook_address",
        Kind.OUTPUT,
        "Notification address",
        "Registered at TikTok by itself when the shop is connected.",
    ),
    Field("last_order", Kind.OUTPUT, "Last order", "The newest order that came over."),
)
_POLICY: Final = frozenset(field.name for field in CHOICES)
_NOTHING_EXCHANGED: Final = (
    "Warning: The app secret is missing, so that nothing is exchanged with TikTok. "
    "Enter it from Partner Center and save, then open the connect link."
)
_CONNECTS: Final = ("app_key", "app_secret", "service_id")
_REQUIRED: Final = (
    ("app_key", "Enter the app key from Partner Center."),
    ("service_id", "Enter the service id from Partner Center; it is not the app key."),
)


def entered_at_all(values: Mapping[str, Any]) -> bool:
    """Whether anything that connects a shop was entered."""
    return any(text(values.get(name)) for name in _CONNECTS)


def ends(channel_slug: str, values: Mapping[str, Any]) -> bool:
    """Whether the app secret was cleared, which disconnects the shop."""
    return _ends(connection_or_none(channel_slug), text(values.get("app_secret")))


def leave_out(channel_slug: str, values: Mapping[str, Any]) -> dict[str, str]:
    """The channel is used without a shop: what there was of one stays switched off.

    Raises ``InvalidInput`` for a choice that does not fit: entering a shop later would fail of it.
    """
    parse_policy(_chosen(values))
    before = connection_or_none(channel_slug)
    if before is not None:
        switch_off(before, ACTOR)
    return {}


def save(channel_slug: str, values: Mapping[str, Any], *, active: bool) -> dict[str, str]:
    """Validate and save what the form holds; the values to keep in the form instead.

    Raises ``InvalidInput``, which names the field. A cleared secret disconnects the shop. Whoever
    does not connect it again may change all else: that the secret is missing is shown.
    """
    entered = {name: text(value) for name, value in values.items()}
    before = connection_or_none(channel_slug)
    if before is not None and not active and is_lost(before, entered.get("app_secret", "")):
        # Whoever stops is not kept from it by a lost encryption key.
        switch_off(before, ACTOR)
        return {}
    ends = _ends(before, entered.get("app_secret", ""))
    settings = _settings(before, values, entered, keeps_secret=ends)
    left = _left_alone(before, settings, entered)
    if active and not ends and not (left and _ships_as_before(before, settings.policy)):
        # Whoever stops, or has stopped, is not kept from it by a warehouse that is gone.
        check_warehouses(channel_slug, settings.policy)
    if active and not ends and not left:
        _require(entered, before)
    connection = configure(channel_slug, settings, ACTOR)
    if ends:
        switch_off(connection, ACTOR, reason=DISCONNECTING[connection.vendor])
        enqueue("accounts.end", connection, payload={"actor": ACTOR}, lane=LANE_CLICK)
        return {"app_secret": "", "shop": ""}
    if active and not left:
        switch_on(connection, ACTOR)
        _choose(connection, entered.get("shop", ""))
    elif not active:
        # The form still holds the shop: choosing it would make the connection active again.
        switch_off(connection, ACTOR)
    return _kept(connection)


def current(channel_slug: str) -> dict[str, str | bool]:
    """What the fields hold, wherever it was entered; a mask for the secret. Empty where nothing
    was, or it cannot be read."""
    connection = connection_or_none(channel_slug)
    if connection is None or unreadable(connection) is not None:
        return {}
    chosen, app = policy(connection), credentials(connection).app
    kept = _kept(connection)
    if is_ending(connection):
        # Cleared already: a mask would take the disconnecting back.
        kept["app_secret"] = ""
    return {
        "app_key": app.app_key,
        "service_id": app.service_id,
        **kept,
        **{name: as_entered(getattr(chosen, name)) for name in sorted(_POLICY)},
    }


def outputs(channel_slug: str, actor: str) -> dict[str, str]:
    """What is shown of the shop; makes a fresh connect link."""
    shown = {"redirect_address": conf.channel_url(channel_slug, "oauth/tiktok/")}
    connection = connection_or_none(channel_slug)
    if connection is None:
        return {**shown, "state": "Not set up yet."}
    problem = unreadable(connection)
    if problem is not None:
        return {**shown, "state": problem.message}
    return {
        **shown,
        "state": _state(connection),
        "findings": _NOTHING_EXCHANGED if lacks_secret(connection) else findings_text(connection),
        "connect_link": _link(connection, actor),
        "webhook_address": webhook_address(connection),
        "last_order": _last_order(connection),
        "shop": connection.account_id if connection.state in BOUND else "",
    }


def _ends(before: Connection | None, secret: str) -> bool:
    return before is not None and not secret and bool(legible(before).app.app_secret)


def _left_alone(
    before: Connection | None, settings: ChannelSettings, entered: Mapping[str, str]
) -> bool:
    """Whether there is no secret, and nothing is entered that would need one."""
    if before is None or settings.app_secret or not lacks_secret(before):
        return False
    app = credentials(before).app
    same = (settings.app_key, settings.service_id, settings.region_group) == (
        app.app_key,
        app.service_id,
        app.region_group,
    )
    return same and entered.get("shop", "") == _kept(before)["shop"]


def _ships_as_before(before: Connection | None, chosen: ChannelPolicy) -> bool:
    if before is None:
        return False
    held = policy(before)
    return (held.warehouse, held.stock_warehouses) == (chosen.warehouse, chosen.stock_warehouses)


def _settings(
    before: Connection | None,
    values: Mapping[str, Any],
    entered: Mapping[str, str],
    *,
    keeps_secret: bool,
) -> ChannelSettings:
    """Choices that the form does not show stay as they are."""
    secret = entered.get("app_secret", "")
    unchanged = keeps_secret or is_mask(secret)
    kept = before.policy if before is not None else {}
    return ChannelSettings(
        app_key=entered.get("app_key", ""),
        service_id=entered.get("service_id", ""),
        app_secret=None if unchanged else secret,
        region_group=_region_group(entered.get("region_group", "")),
        policy=parse_policy({**kept, **_chosen(values)}),
    )


def _chosen(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: values[name] for name in sorted(_POLICY) if values.get(name) is not None}


def _region_group(entered: str) -> RegionGroup:
    match entered.upper():
        case "US":
            return "US"
        case "ROW" | "":
            return "ROW"
    raise InvalidInput(
        "REGION_INVALID", "Enter US, or ROW for the rest of the world.", field="region_group"
    )


def check_warehouses(channel_slug: str, chosen: ChannelPolicy) -> None:
    """Raises ``InvalidInput`` (``WAREHOUSE_UNKNOWN``) for one that the channel does not have."""
    named = [("warehouse", chosen.warehouse)] if chosen.warehouse else []
    named += [("stock_warehouses", slug) for slug in chosen.stock_warehouses]
    if not named:
        return
    known = [warehouse.slug for warehouse in get_saleor().channel(channel_slug).warehouses]
    for field, slug in named:
        if slug not in known:
            names = ", ".join(known) or "none"
            raise InvalidInput(
                "WAREHOUSE_UNKNOWN",
                f"This channel has no warehouse {slug!r}; it has: {names}.",
                field=field,
            )


def _require(entered: Mapping[str, str], before: Connection | None) -> None:
    for name, words in _REQUIRED:
        if not entered.get(name):
            raise InvalidInput(f"{name.upper()}_REQUIRED", words, field=name)
    if entered.get("app_secret", "").strip("*"):
        return
    if before is None or not credentials(before).app.app_secret:
        raise InvalidInput(
            "APP_SECRET_REQUIRED",
            "Enter the app secret from Partner Center, or switch the plugin off.",
            field="app_secret",
        )


def _choose(connection: Connection, shop_id: str) -> None:
    if not shop_id or (connection.state in BOUND and connection.account_id == shop_id):
        return
    choose_shop(connection, shop_id, ACTOR)
    enqueue("accounts.verify", connection, lane=LANE_CLICK)


def _kept(connection: Connection) -> dict[str, str]:
    bound = connection.state in BOUND
    return {
        "app_secret": MASK if credentials(connection).app.app_secret else "",
        "shop": connection.account_id if bound else "",
        "region_group": credentials(connection).app.region_group,
    }


def _state(connection: Connection) -> str:
    match connection.state:
        case ConnectionState.ACTIVE:
            paused = "" if policy(connection).import_enabled else " Importing is switched off."
            return f"Connected to {connection.account_name} ({connection.region}).{paused}"
        case ConnectionState.NEEDS_REAUTH:
            return f"The authorization must be renewed: {connection.state_reason}"
        case ConnectionState.DISABLED:
            return _disabled(connection)
    shops = shops_to_choose(connection)
    if not shops:
        return "Waiting for your authorization: open the connect link."
    names = ", ".join(f"{shop['name']}: {shop['id']}" for shop in shops)
    return f"Choose the shop of this channel and enter its id under Shop: {names}"


def _disabled(connection: Connection) -> str:
    reason = connection.state_reason or "Switched off."
    if is_ending(connection) or not lacks_secret(connection):
        return reason
    # What was never connected may wait for its secret alone, however it was switched off before.
    told = reason if reason == DISCONNECTED[connection.vendor] else "Not connected."
    return f"{told} The app secret is missing."


def _link(connection: Connection, actor: str) -> str:
    if not credentials(connection).app.complete:
        return "Enter app key, app secret and service id, then save."
    if not conf.public_url():
        return "Set TIKTOK_STRIPE_PUBLIC_URL (or PUBLIC_URL): TikTok must find the way back."
    ticket = mint_ticket(connection, "start", actor)
    return conf.channel_url(connection.channel_slug, f"oauth/tiktok/start/?ticket={ticket}")


def _last_order(connection: Connection) -> str:
    newest = OrderLink.objects.filter(connection=connection).order_by("-pk").first()
    if newest is None:
        return "None yet."
    return f"{newest.order_id}, on {newest.created_at:%Y-%m-%d %H:%M} UTC"
