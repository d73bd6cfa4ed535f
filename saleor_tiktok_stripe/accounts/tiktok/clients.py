"""A TikTok client that is ready to call for a connection, and stays so."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Final

from ... import conf
from ...errors import ChannelError, InvalidInput, NeedsReauthorization, Parked, Problem
from ...models import Connection
from ...tiktok.client import TikTokClient
from ...tiktok.endpoints import Endpoint
from ...tiktok.errors import AccessTokenExpired
from ...tiktok.gateway import Gateway
from ...transport import Lane
from . import vendor
from .credentials import credentials
from .refreshing import usable
from .scopes import ESSENTIAL

TOKEN_INVALID: Final = "TIKTOK_TOKEN_INVALID"  # noqa: S105
"""Also what a token gets that was rotated away a moment ago."""
SCOPE_MISSING: Final = "TIKTOK_SCOPE_MISSING"


def client(connection: Connection, *, lane: Lane | str = Lane.BACKGROUND) -> TikTokClient:
    """A client for the connection's shop: fresh token, shop named, limits shared.

    When TikTok calls the token expired or unknown, it is refreshed once (or the newer stored one
    taken) and the call repeated. Raises ``NeedsReauthorization`` when there is no authorization,
    ``RetryLater`` while another process refreshes, ``InvalidInput`` when no shop is chosen.
    """
    held = usable(connection)
    if not connection.account_handle:
        raise InvalidInput("NO_SHOP_CHOSEN", "Choose the TikTok shop of this channel first.")
    return ConnectedClient(connection, held.access_token, Lane(lane))


class ConnectedClient(TikTokClient):
    """A ``TikTokClient`` whose calls survive the end of its access token."""

    def __init__(self, connection: Connection, access_token: str, lane: Lane) -> None:
        self._clock = time.time
        self._gateway = _RenewingGateway(connection, access_token, lane)


class _RenewingGateway(Gateway):
    def __init__(self, connection: Connection, access_token: str, lane: Lane) -> None:
        super().__init__(
            vendor.wire_app(credentials(connection).app),
            vendor.door(),
            conf.tiktok_api_url(),
            access_token=access_token,
            shop_cipher=connection.account_handle,
            lane=lane,
        )
        self._connection = connection

    def call(
        self,
        endpoint: Endpoint,
        *,
        path: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, object] | None = None,
    ) -> Mapping[str, Any]:
        try:
            return super().call(endpoint, path=path, query=query, body=body)
        except (AccessTokenExpired, NeedsReauthorization) as error:
            refusal = error
        if not _token_is_dead(refusal):
            raise _narrowed(endpoint, refusal)
        self._token = usable(self._connection, refused=self._token).access_token
        try:
            return super().call(endpoint, path=path, query=query, body=body)
        except NeedsReauthorization as error:
            raise _narrowed(endpoint, error) from error


def _token_is_dead(error: ChannelError) -> bool:
    return isinstance(error, AccessTokenExpired) or error.code == TOKEN_INVALID


def _narrowed(endpoint: Endpoint, error: ChannelError) -> ChannelError:
    """A missing permission that orders do not need parks this one thing, not the whole channel."""
    if error.code != SCOPE_MISSING or endpoint.scope in ESSENTIAL:
        return error
    return Parked(
        Problem(
            code=SCOPE_MISSING,
            stage="tiktok",
            cause=f"The app lacks the permission {endpoint.scope} at TikTok.",
            cure="Add it to the app in Partner Center, connect the shop again, then retry.",
            params={"scope": endpoint.scope},
        )
    )
