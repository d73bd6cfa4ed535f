"""What Stripe says of a key that was just entered: whose it is, and which mode."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ...errors import ChannelError, InvalidInput, NeedsReauthorization, RetryLater
from ...stripe_api.client import StripeClient
from ...stripe_api.errors import PermissionMissing
from ...stripe_api.keys import KeyKind, key_kind, well_formed
from ...transport import Lane
from .policy import StripePolicy
from .vendor import client_of

SECRET_FIELD = "secret_key"  # noqa: S105
PUBLISHABLE_FIELD = "publishable_key"
_SECRET_INSIDE = re.compile(r"(?<![A-Za-z0-9])(?:sk|rk|whsec)_")
"""Also in quotes, or after a name that was copied along."""


@dataclass(frozen=True)
class StripeSettings:
    """What a merchant enters. ``secret_key`` None keeps the stored one. ``webhook_secret``: one
    that was rolled in Stripe's dashboard ("" for none). With ``client_id`` (``ca_…``) the keys are
    those of a Connect platform, and the account is chosen by the consent of its holder.
    """

    secret_key: str | None = field(default=None, repr=False)
    publishable_key: str = ""
    webhook_secret: str = field(default="", repr=False)
    client_id: str = ""
    policy: StripePolicy = StripePolicy()


@dataclass(frozen=True)
class KeyOwner:
    """Whose key it is. Without the permission to read the account only its id is known."""

    account_id: str
    livemode: bool
    name: str = ""
    country: str = ""


def check_settings(settings: StripeSettings) -> None:
    """What can be told without asking Stripe. Raises ``InvalidInput`` naming the field.

    Forms of keys that are not known pass: Stripe has added some before, and says itself whether it
    takes one.
    """
    _check_secret(settings.secret_key or "")
    _check_publishable(settings.publishable_key)
    if settings.webhook_secret and not (
        settings.webhook_secret.startswith("whsec_") and well_formed(settings.webhook_secret)
    ):
        raise InvalidInput(
            "STRIPE_WEBHOOK_SECRET_INVALID",
            "A webhook signing secret begins with whsec_. Copy it again from Stripe's dashboard.",
            field="webhook_secret",
        )
    if settings.client_id and not (
        settings.client_id.startswith("ca_") and well_formed(settings.client_id)
    ):
        raise InvalidInput(
            "STRIPE_CLIENT_ID_INVALID",
            "A Connect client id begins with ca_. Leave it empty to connect by your own key.",
            field="client_id",
        )


def check_pair(secret_key: str, publishable_key: str) -> None:
    """Both keys must be of one mode. Raises ``InvalidInput`` (``STRIPE_KEYS_MIXED``)."""
    secret, publishable = key_kind(secret_key).livemode, key_kind(publishable_key).livemode
    if None in (secret, publishable) or secret == publishable:
        return
    raise InvalidInput(
        "STRIPE_KEYS_MIXED",
        f"The secret key is of {_mode(secret)} mode and the publishable key of "
        f"{_mode(publishable)} mode. Enter two keys of the same mode.",
        field=PUBLISHABLE_FIELD,
    )


def ask(secret_key: str) -> KeyOwner:
    """Whose key this is: one short call to Stripe (two where the key may not read the account).

    Raises ``InvalidInput`` (``STRIPE_KEY_NOT_ACCEPTED``, ``STRIPE_KEY_POWERLESS``) and
    ``RetryLater`` (``STRIPE_UNREACHABLE``).
    """
    client = client_of(secret_key, lane=Lane.INTERACTIVE)
    try:
        return _owner(client, secret_key)
    except NeedsReauthorization as error:
        raise InvalidInput("STRIPE_KEY_NOT_ACCEPTED", error.message, field=SECRET_FIELD) from error
    except InvalidInput:
        raise
    except ChannelError as error:
        raise RetryLater(
            "STRIPE_UNREACHABLE",
            "Stripe could not be asked about the key, so nothing was saved: "
            f"{error.message} Save again in a minute.",
            request_id=error.request_id,
        ) from error


def _owner(client: StripeClient, secret_key: str) -> KeyOwner:
    told = key_kind(secret_key).livemode
    try:
        account = client.account()
    except PermissionMissing as error:
        if not error.account:
            raise InvalidInput(
                "STRIPE_KEY_POWERLESS",
                "Stripe accepts the key but does not say whose it is. Add the permission Connect: "
                "Accounts, Read to it, or enter a standard secret key.",
                field=SECRET_FIELD,
            ) from error
        return KeyOwner(error.account, told if told is not None else client.livemode())
    livemode = told if told is not None else client.livemode()
    return KeyOwner(account.id, livemode, account.name, account.country)


def _check_secret(entered: str) -> None:
    if not entered:
        return
    if key_kind(entered).kind == KeyKind.PUBLISHABLE or entered.startswith("pk_"):
        raise InvalidInput(
            "STRIPE_KEYS_SWAPPED",
            "This is a publishable key (pk_…). Enter the restricted key (rk_…) or the secret key "
            "(sk_…) here, and the publishable key in its own field.",
            field=SECRET_FIELD,
        )
    if not well_formed(entered) or len(entered) > 255:
        raise InvalidInput(
            "STRIPE_KEY_INVALID",
            "This cannot be a Stripe key: it holds spaces or other signs. Copy it again from "
            "Stripe's dashboard.",
            field=SECRET_FIELD,
        )


def _check_publishable(entered: str) -> None:
    if _SECRET_INSIDE.search(entered):
        raise InvalidInput(
            "STRIPE_KEYS_SWAPPED",
            "This is a secret, which must never reach a browser. Enter the publishable key "
            "(pk_…) here. If you saved the secret anywhere public, roll it at Stripe.",
            field=PUBLISHABLE_FIELD,
        )
    if entered and (not well_formed(entered) or len(entered) > 255):
        raise InvalidInput(
            "STRIPE_PUBLISHABLE_KEY_INVALID",
            "This cannot be a publishable key: it holds spaces or other signs. Copy it again from "
            "Stripe's dashboard.",
            field=PUBLISHABLE_FIELD,
        )


def _mode(livemode: bool | None) -> str:
    return "live" if livemode else "test"
