"""The secrets of a Stripe account, and the only code that reads or writes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal

from ...models import Connection
from ..sealed import unreadable

Mode = Literal["api_key", "connect"]

SECRETS_KEPT: Final = 4
"""While a webhook secret is rolled, notifications are signed with the old one as well."""


@dataclass(frozen=True)
class StripeCredentials:
    """``mode`` says whose ``secret_key`` it is: the account's own, or with ``connect`` that of the
    platform (``client_id``) which the account holder gave access to. ``webhook_secrets``: newest
    first. ``endpoint_id``: the webhook endpoint at Stripe, "" for none that we know."""

    mode: Mode = "api_key"
    secret_key: str = field(default="", repr=False)
    publishable_key: str = ""
    webhook_secrets: tuple[str, ...] = field(default=(), repr=False)
    endpoint_id: str = ""
    client_id: str = ""

    def with_secret(self, secret: str) -> StripeCredentials:
        """Also ``secret``, as the newest; the oldest beyond a few are forgotten."""
        others = tuple(known for known in self.webhook_secrets if known != secret)
        return replace(self, webhook_secrets=(secret, *others)[:SECRETS_KEPT])

    def without_account(self) -> StripeCredentials:
        """The same keys, when they turn to another account: its endpoint and secrets are gone."""
        return replace(self, webhook_secrets=(), endpoint_id="")


def credentials(connection: Connection) -> StripeCredentials:
    """What ``connection`` holds in memory, decrypted. Its ``repr`` shows no secret."""
    return read(connection.credentials)


def legible(connection: Connection) -> StripeCredentials:
    """``credentials``; nothing where no encryption key fits, for whoever is about to end it."""
    return credentials(connection) if unreadable(connection) is None else read({})


def read(stored: Mapping[str, Any]) -> StripeCredentials:
    """From what ``write`` made; missing parts are empty."""
    return StripeCredentials(
        mode="connect" if stored.get("mode") == "connect" else "api_key",
        secret_key=stored.get("secret_key", ""),
        publishable_key=stored.get("publishable_key", ""),
        webhook_secrets=tuple(stored.get("webhook_secrets", ())),
        endpoint_id=stored.get("endpoint_id", ""),
        client_id=stored.get("client_id", ""),
    )


def write(held: StripeCredentials) -> dict[str, Any]:
    """As kept, encrypted, in ``Connection.credentials``."""
    return {
        "mode": held.mode,
        "secret_key": held.secret_key,
        "publishable_key": held.publishable_key,
        "webhook_secrets": list(held.webhook_secrets),
        "endpoint_id": held.endpoint_id,
        "client_id": held.client_id,
    }
