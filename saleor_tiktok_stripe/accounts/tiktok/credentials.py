"""The secrets of a connection, and the only code that reads or writes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from ...models import Connection
from ..sealed import unreadable

RegionGroup = Literal["US", "ROW"]


@dataclass(frozen=True)
class App:
    """The seller's TikTok app. ``region_group`` says at which host its sellers give consent."""

    app_key: str
    app_secret: str = field(repr=False)
    service_id: str
    region_group: RegionGroup

    @property
    def complete(self) -> bool:
        """Whether a consent can be asked for."""
        return bool(self.app_key and self.app_secret and self.service_id)


@dataclass(frozen=True)
class Credentials:
    """An app and the tokens that a seller gave it. Empty tokens: no authorization yet."""

    app: App
    access_token: str = field(default="", repr=False)
    refresh_token: str = field(default="", repr=False)
    open_id: str = ""

    def with_tokens(self, access_token: str, refresh_token: str, open_id: str) -> Credentials:
        """The same app with another authorization."""
        return replace(
            self, access_token=access_token, refresh_token=refresh_token, open_id=open_id
        )

    def without_tokens(self) -> Credentials:
        """The same app without an authorization."""
        return replace(self, access_token="", refresh_token="", open_id="")


def credentials(connection: Connection) -> Credentials:
    """What ``connection`` holds in memory, decrypted. Its ``repr`` shows no secret."""
    return read(connection.credentials)


def legible(connection: Connection) -> Credentials:
    """``credentials``; nothing where no encryption key fits, for whoever is about to end it."""
    return credentials(connection) if unreadable(connection) is None else read({})


def lacks_secret(connection: Connection) -> bool:
    """Whether it has no app secret, as after a disconnect: nothing is asked of TikTok without."""
    return not credentials(connection).app.app_secret


def read(stored: Mapping[str, Any]) -> Credentials:
    """From what ``write`` made; missing parts are empty."""
    return Credentials(
        app=App(
            app_key=stored.get("app_key", ""),
            app_secret=stored.get("app_secret", ""),
            service_id=stored.get("service_id", ""),
            region_group="US" if stored.get("region_group") == "US" else "ROW",
        ),
        access_token=stored.get("access_token", ""),
        refresh_token=stored.get("refresh_token", ""),
        open_id=stored.get("open_id", ""),
    )


def write(held: Credentials) -> dict[str, str]:
    """As kept, encrypted, in ``Connection.credentials``."""
    return {
        "app_key": held.app.app_key,
        "app_secret": held.app.app_secret,
        "service_id": held.app.service_id,
        "region_group": held.app.region_group,
        "access_token": held.access_token,
        "refresh_token": held.refresh_token,
        "open_id": held.open_id,
    }
