"""The part of the settings form that is about payments by Stripe."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ... import conf
from ...errors import InvalidInput
from ...jobs import LANE_CLICK, enqueue
from ...models import Connection, ConnectionState
from ..disconnecting import switch_off, switch_on
from ..host import webhook_address
from ..proofs import mint_ticket
from ..sealed import unreadable
from ..states import DISCONNECTING, is_ending
from ..stripe.asking import StripeSettings, check_settings
from ..stripe.connecting import Asked, ask_stripe, change_stripe_policy, save_asked
from ..stripe.consent import redirect_address
from ..stripe.credentials import credentials, legible
from ..stripe.policy import StripePolicy, parse_stripe_policy, stripe_policy
from ..stripe.vendor import stripe_connection
from .fields import ACTOR, MASK, Field, Kind, as_entered, findings_text, is_lost, is_mask, text

PREFIX: Final = "stripe_"

FIELDS: Final = (
    Field("stripe_state", Kind.OUTPUT, "Stripe account", "What this channel takes payments with."),
    Field(
        "stripe_findings",
        Kind.OUTPUT,
        "Stripe verification",
        "What the last check found, with its cure.",
    ),
    Field(
        "stripe_secret_key",
        Kind.SECRET,
        "Stripe restricted key",
        "rk_…, from Stripe's dashboard, with the permissions that the manual lists; sk_… works "
        "too. Kept encrypted; clear it and save to disconnect the account.",
    ),
    Field(
        "stripe_publishable_key",
        Kind.TEXT,
        "Stripe publishable key",
        "pk_…, of the same account and mode: buyers pay with it.",
    ),
    Field(
        "stripe_webhook_secret",
        Kind.SECRET,
        "Stripe webhook secret",
        "Leave it empty. Only when you rolled the signing secret in Stripe's dashboard, or made "
        "the endpoint there yourself: paste it here (whsec_…).",
    ),
    Field(
        "stripe_client_id",
        Kind.TEXT,
        "Stripe Connect client ID",
        "Only for platforms (ca_…): the keys above are then the platform's, and the account is "
        "chosen with the link below. Empty: the keys are the account's own.",
    ),
    Field(
        "stripe_connect_link",
        Kind.OUTPUT,
        "Stripe connect link",
        "Only for platforms: leads to the account holder's consent. It works once, for 30 "
        "minutes; reload for a new one.",
    ),
    Field(
        "stripe_redirect_address",
        Kind.OUTPUT,
        "Stripe redirect address",
        "Only for platforms: enter it in the platform's Connect settings as a redirect URI.",
    ),
    Field(
        "stripe_statement_suffix",
        Kind.TEXT,
        "Card statement",
        "What follows your business's name on the buyer's card statement. Empty: Stripe's own.",
    ),
    Field(
        "stripe_receipt_email",
        Kind.SWITCH,
        "Receipts by Stripe",
        "On: Stripe mails the buyer a receipt (in live mode).",
        False,
    ),
    Field(
        "stripe_allow_redirects",
        Kind.SWITCH,
        "Redirect methods",
        "On: also payment methods that send the buyer to the page of a bank or wallet.",
        True,
    ),
    Field(
        "stripe_mirror_tiktok",
        Kind.SWITCH,
        "Mirror TikTok sales",
        "On: what TikTok collected is shown in Stripe's dashboard as well. No money moves by it.",
        False,
    ),
    Field(
        "stripe_mirror_name",
        Kind.TEXT,
        "Mirror name",
        "The name that mirrored sales bear in Stripe.",
        "TikTok Shop",
    ),
    Field(
        "stripe_custom_payment_type",
        Kind.TEXT,
        "Mirror payment type",
        "Id of a custom payment method type (cpmt_…) to use instead of the name.",
    ),
    Field(
        "stripe_webhook_address",
        Kind.OUTPUT,
        "Stripe notification address",
        "Registered at Stripe by itself when the account is connected.",
    ),
)
_CONNECTS: Final = ("stripe_secret_key", "stripe_publishable_key", "stripe_client_id")
_POLICY: Final = {
    field.name: name
    for field in FIELDS
    if (name := field.name.removeprefix(PREFIX)) in StripePolicy.model_fields
}


def entered_at_all(values: Mapping[str, Any]) -> bool:
    """Whether anything that connects an account was entered."""
    return any(text(values.get(name)) for name in _CONNECTS)


def ends(channel_slug: str, values: Mapping[str, Any]) -> bool:
    """Whether the secret key was cleared, which disconnects the account."""
    before = stripe_connection(channel_slug)
    if before is None or text(values.get("stripe_secret_key")):
        return False
    return bool(legible(before).secret_key)


def ask_first(channel_slug: str, values: Mapping[str, Any], *, active: bool) -> Asked | None:
    """As ``form.ask_first``; None where there is nothing to save of Stripe."""
    if ends(channel_slug, values) or not entered_at_all(values):
        return None
    try:
        settings = _settings(channel_slug, values)
        if active or settings.secret_key:
            return ask_stripe(channel_slug, settings)
        check_settings(settings)
        return Asked(settings, None)
    except InvalidInput as error:
        raise _named(error) from error


def save(
    channel_slug: str, values: Mapping[str, Any], *, active: bool, asked: Asked | None
) -> dict[str, str]:
    """Save what ``ask_first`` prepared; without an account the choices alone. Raises
    ``InvalidInput``, which names the field."""
    before = stripe_connection(channel_slug)
    if before is not None and not active and is_lost(before, text(values.get("stripe_secret_key"))):
        # Whoever stops is not kept from it by a lost encryption key.
        switch_off(before, ACTOR)
        return {}
    if before is not None and ends(channel_slug, values):
        _choose(before, values)
        switch_off(before, ACTOR, reason=DISCONNECTING[before.vendor])
        enqueue("accounts.end", before, payload={"actor": ACTOR}, lane=LANE_CLICK)
        return dict.fromkeys((*_CONNECTS, "stripe_webhook_secret"), "")
    if not entered_at_all(values):
        _choose(before, values)
        if before is not None:
            switch_off(before, ACTOR)
        return {}
    if asked is None:
        raise ValueError("Stripe was not asked before saving")
    try:
        connection = save_asked(channel_slug, asked, ACTOR, active=active)
    except InvalidInput as error:
        raise _named(error) from error
    switched = switch_on(connection, ACTOR) if active else switch_off(connection, ACTOR)
    if asked.settings.webhook_secret or (active and switched):
        enqueue("accounts.verify", connection, lane=LANE_CLICK)
    kept = MASK if credentials(connection).secret_key else ""
    return {"stripe_secret_key": kept, "stripe_webhook_secret": ""}


def current(channel_slug: str) -> dict[str, str | bool]:
    """As ``form.current``."""
    connection = stripe_connection(channel_slug)
    if connection is None or unreadable(connection) is not None:
        return {}
    chosen, held = stripe_policy(connection), credentials(connection)
    keys = {
        "stripe_secret_key": MASK if held.secret_key else "",
        "stripe_publishable_key": held.publishable_key,
        "stripe_client_id": held.client_id,
    }
    if is_ending(connection):
        # Cleared already: a mask would take the disconnecting back.
        keys = dict.fromkeys(_CONNECTS, "")
    return {
        **keys,
        **{field: as_entered(getattr(chosen, name)) for field, name in _POLICY.items()},
    }


def outputs(channel_slug: str, actor: str) -> dict[str, str]:
    """What is shown of the account; makes a fresh connect link for platforms."""
    shown = {"stripe_redirect_address": redirect_address(channel_slug)}
    connection = stripe_connection(channel_slug)
    if connection is None:
        return {**shown, "stripe_state": "Not set up yet."}
    problem = unreadable(connection)
    if problem is not None:
        return {**shown, "stripe_state": problem.message}
    return {
        **shown,
        "stripe_state": _state(connection),
        "stripe_findings": findings_text(connection),
        "stripe_connect_link": _link(connection, actor),
        "stripe_webhook_address": webhook_address(connection),
    }


def _settings(channel_slug: str, values: Mapping[str, Any]) -> StripeSettings:
    """Choices that the form does not show stay as they are."""
    before = stripe_connection(channel_slug)
    kept = before.policy if before is not None else {}
    secret, rolled = (
        text(values.get("stripe_secret_key")),
        text(values.get("stripe_webhook_secret")),
    )
    return StripeSettings(
        secret_key=None if is_mask(secret) else secret,
        publishable_key=text(values.get("stripe_publishable_key")),
        webhook_secret="" if is_mask(rolled) else rolled,
        client_id=text(values.get("stripe_client_id")),
        policy=parse_stripe_policy({**kept, **_chosen(values)}),
    )


def _chosen(values: Mapping[str, Any]) -> dict[str, Any]:
    chosen = {
        name: values[field] for field, name in _POLICY.items() if values.get(field) is not None
    }
    if not text(chosen.get("mirror_name", "")):
        chosen.pop("mirror_name", None)
    return chosen


def _choose(connection: Connection | None, values: Mapping[str, Any]) -> None:
    """Without an account they are only checked: entering one later would fail of them."""
    try:
        if connection is None:
            parse_stripe_policy(_chosen(values))
        else:
            change_stripe_policy(connection, _chosen(values), ACTOR)
    except InvalidInput as error:
        raise _named(error) from error


def _named(error: InvalidInput) -> InvalidInput:
    """The same refusal, at the field of the form."""
    field = f"{PREFIX}{error.field}" if error.field else ""
    return InvalidInput(error.code, error.message, field=field)


def _state(connection: Connection) -> str:
    match connection.state:
        case ConnectionState.ACTIVE:
            mode = "live mode" if connection.livemode else "test mode: no real money moves"
            return f"Connected to {connection.account_name} ({mode})."
        case ConnectionState.NEEDS_REAUTH:
            return f"The connection must be renewed: {connection.state_reason}"
        case ConnectionState.DISABLED:
            return connection.state_reason or "Switched off."
    if credentials(connection).mode == "connect":
        return "Waiting for the account holder's consent: open the Stripe connect link."
    return "Waiting for the account's keys."


def _link(connection: Connection, actor: str) -> str:
    held = credentials(connection)
    if held.mode != "connect":
        return "Not needed: the keys are the account's own."
    if not conf.public_url():
        return "Set TIKTOK_STRIPE_PUBLIC_URL (or PUBLIC_URL): Stripe must find the way back."
    ticket = mint_ticket(connection, "start", actor)
    return conf.channel_url(connection.channel_slug, f"oauth/stripe/start/?ticket={ticket}")
