"""Who calls: API keys, what a restricted key may do, and `Stripe-Account`."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping

from saleor_tiktok_stripe.sandbox.stripe.errors import INVALID, StripeError
from saleor_tiktok_stripe.sandbox.stripe.registry import Route
from saleor_tiktok_stripe.sandbox.stripe.world import Account, Key, World

_READS = frozenset({"GET"})


def key_text(headers: Mapping[str, str]) -> str:
    """The key of an Authorization header: Bearer, or the user name of Basic; "" without one."""
    word, _, rest = headers.get("authorization", "").partition(" ")
    if word.lower() == "bearer":
        return rest.strip()
    if word.lower() == "basic":
        try:
            return base64.b64decode(rest).decode().partition(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            return ""
    return ""


def authenticate(world: World, text: str) -> Key:
    """The key with this text; StripeError 401 when there is none or nobody knows it."""
    if not text:
        raise StripeError(
            401,
            message="You did not provide an API key. You need to provide your API key in the "
            "Authorization header, using Bearer auth (e.g. 'Authorization: Bearer "
            "YOUR_SECRET_KEY'). See https://stripe.com/docs/api#authentication for details.",
            stored=False,
        )
    key = world.keys.get(text)
    if key is None:
        shown = f"{text[:8]}{'*' * max(len(text) - 12, 4)}{text[-4:]}"
        raise StripeError(401, message=f"Invalid API Key provided: {shown}", stored=False)
    return key


def acting_for(world: World, key: Key, wanted: str) -> Account:
    """The account a call acts on: the key's own, or the connected one named in Stripe-Account."""
    own = key.account
    if not wanted or wanted == own.id:
        return own
    if wanted not in world.connected[own.id, own.livemode]:
        raise StripeError(
            403,
            INVALID,
            "account_invalid",
            message=f"The provided key '{key.shown}' does not have access to account '{wanted}' "
            "(or that account does not exist). Application access may have been revoked.",
            stored=False,
        )
    return world.account(wanted, own.livemode)


def permit(key: Key, entry: Route, account: Account) -> None:
    """StripeError 403 unless the key may make this call on this account."""
    if entry.auth == "publishable" or key.kind == "secret":
        return
    if key.kind == "publishable":
        raise StripeError(
            403,
            INVALID,
            "secret_key_required",
            message="This API call cannot be made with a publishable API key. Please use a secret "
            "API key. You can find a list of your API keys at "
            "https://dashboard.stripe.com/account/apikeys.",
            stored=False,
        )
    if not entry.scope:
        return
    word = "read" if entry.method in _READS else "write"
    needed = f"rak_{entry.scope}_{word}"
    if needed in key.scopes or f"rak_{entry.scope}_write" in key.scopes:
        return
    raise StripeError(
        403,
        message=f"The provided key '{key.shown}' does not have the required permissions for this "
        f"endpoint on account '{account.id}'. Having the '{needed}' permission would allow this "
        "request to continue.",
        stored=False,
    )
