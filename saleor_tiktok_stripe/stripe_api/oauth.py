"""Connect OAuth (Standard accounts): consent, exchange of its code, and the end of it.

Source: Stripe's OAuth reference. Its errors have a shape of their own: a word and a description.
"""

from __future__ import annotations

import hashlib
from typing import Final
from urllib.parse import urlencode
from uuid import uuid4

from ..errors import ChannelError, InvalidInput, NeedsReauthorization, VendorBug
from ..transport import Lane, Transport
from . import endpoints
from .errors import NotFound, Refusal, clean, error_for
from .gateway import Gateway
from .types import Authorization
from .wire import Flag, Id, Text, Wire

CONNECT_URL: Final = "https://connect.stripe.com"


class _AuthorizationWire(Wire):
    stripe_user_id: Id
    scope: Text = ""
    livemode: Flag
    stripe_publishable_key: Text = ""

    def authorization(self) -> Authorization:
        """Without the tokens: the platform's key and the account id are used instead."""
        return Authorization(
            account_id=self.stripe_user_id,
            scope=self.scope,
            livemode=self.livemode,
            publishable_key=self.stripe_publishable_key,
        )


class _DeauthorizedWire(Wire):
    stripe_user_id: Id


def consent_url(
    client_id: str, state: str, redirect_uri: str, *, connect_url: str = CONNECT_URL
) -> str:
    """Where the account holder gives consent. ``redirect_uri`` must be registered at the platform
    exactly so; Stripe returns there with ``code`` and ``state``, or ``error`` and ``state``."""
    query = {
        "response_type": "code",
        "client_id": client_id,
        "scope": "read_write",
        "state": state,
        "redirect_uri": redirect_uri,
    }
    return f"{connect_url.rstrip('/')}/oauth/authorize?{urlencode(query)}"


def exchange(
    platform_key: str, code: str, door: Transport, *, connect_url: str = CONNECT_URL
) -> Authorization:
    """What the consent gave for its code, which works once and for five minutes.

    Raises ``InvalidInput`` (``STRIPE_CONSENT_CODE_INVALID``: used, expired, or of the other mode),
    ``NeedsReauthorization`` (platform key refused) and what every call raises. After ``InDoubt``
    the code may be spent: consent must be given again.
    """
    gateway = _gateway(platform_key, door, connect_url)
    row = gateway.call(
        endpoints.OAUTH_TOKEN,
        {"grant_type": "authorization_code", "code": code},
        key=f"oauth:{hashlib.sha256(code.encode()).hexdigest()[:32]}",
        refuse=_oauth_error,
    )
    return gateway.build(
        row, _AuthorizationWire, _AuthorizationWire.authorization, endpoints.OAUTH_TOKEN
    )


def deauthorize(
    client_id: str,
    platform_key: str,
    account_id: str,
    door: Transport,
    *,
    connect_url: str = CONNECT_URL,
) -> None:
    """End the platform's access. Raises ``NotFound`` where there is none (any more).

    Each call has a key of its own: who connects again within a day and leaves again must not be
    answered from memory."""
    gateway = _gateway(platform_key, door, connect_url)
    row = gateway.call(
        endpoints.OAUTH_DEAUTHORIZE,
        {"client_id": client_id, "stripe_user_id": account_id},
        key=f"deauthorize:{uuid4()}",
        refuse=_deauthorize_error,
    )
    gateway.build(row, _DeauthorizedWire, lambda one: None, endpoints.OAUTH_DEAUTHORIZE)


def _gateway(platform_key: str, door: Transport, connect_url: str) -> Gateway:
    return Gateway(platform_key, door, connect_url=connect_url, lane=Lane.INTERACTIVE)


def _oauth_error(refusal: Refusal) -> ChannelError:
    if refusal.type != "oauth":
        return error_for(refusal)
    if refusal.code == "invalid_grant":
        return InvalidInput(
            "STRIPE_CONSENT_CODE_INVALID",
            "Stripe's consent was used already, has expired or is of the other mode"
            " (test or live). Start connecting again.",
            field="code",
        )
    if refusal.code == "invalid_client":
        return NeedsReauthorization(
            "STRIPE_PLATFORM_REFUSED",
            "Stripe does not accept the platform's key or client id. Check both in the platform's"
            " Stripe dashboard.",
            request_id=refusal.request_id,
        )
    if refusal.status >= 500 or refusal.code == "server_error":
        return error_for(refusal)
    words = clean(refusal.message, refusal.secrets)
    return VendorBug(
        "STRIPE_OAUTH_REFUSED",
        f"{refusal.label}: {refusal.code}: {words}",
        request_id=refusal.request_id,
    )


def _deauthorize_error(refusal: Refusal) -> ChannelError:
    if refusal.type == "oauth" and refusal.code == "invalid_client":
        return NotFound(
            "The platform has no access to this account.",
            code="STRIPE_NOT_CONNECTED",
            stripe_code=refusal.code,
            status=refusal.status,
            request_id=refusal.request_id,
        )
    return _oauth_error(refusal)
