"""TikTok's calls as this deployment makes them: its hosts, its shared door, its lanes."""

from __future__ import annotations

from functools import lru_cache

from ... import conf
from ...tiktok import auth
from ...tiktok.client import TikTokClient, open_door
from ...tiktok.gateway import AppCredentials
from ...tiktok.types import Shop, Tokens
from ...transport import Lane, Transport
from .credentials import App, Credentials


def wire_app(app: App) -> AppCredentials:
    """The app as the wire room takes it."""
    return AppCredentials(app.app_key, app.app_secret, app.service_id)


def door() -> Transport:
    """The one transport to TikTok of this process."""
    return _door(conf.redis_url(), conf.sandbox_allowed())


@lru_cache(maxsize=4)
def _door(redis_url: str, sandbox: bool) -> Transport:
    return open_door(redis_url=redis_url, allow_loopback=sandbox)


def consent_url(app: App, state: str) -> str:
    """Where a seller of this app's region group gives consent."""
    host = conf.tiktok_consent_url(app.region_group).replace("{group}", app.region_group.lower())
    return auth.consent_url(wire_app(app), app.region_group, state, host=host)


def exchange(app: App, code: str) -> Tokens:
    """The first tokens; errors as ``tiktok.auth.exchange_code``."""
    return auth.exchange_code(
        wire_app(app), code, door(), auth_url=conf.tiktok_auth_url(), lane=Lane.INTERACTIVE
    )


def refresh(held: Credentials) -> Tokens:
    """The next tokens; call it under the lease. Errors as ``tiktok.auth.refresh``."""
    return auth.refresh(
        wire_app(held.app), held.refresh_token, door(), auth_url=conf.tiktok_auth_url()
    )


def shops(held: Credentials, tokens: Tokens) -> tuple[Shop, ...]:
    """The shops that fresh ``tokens`` cover, before any connection holds them."""
    client = TikTokClient(
        wire_app(held.app),
        tokens.access_token,
        "",
        door(),
        base_url=conf.tiktok_api_url(),
        lane=Lane.INTERACTIVE,
    )
    return client.shops()
