"""System checks: what is wrong with the deployment, said at start-up with a hint that cures it.

They look at settings only: no database, no network. What needs those (the clock against TikTok's,
whether workers and beat really run, whether TikTok reaches us) is checked by ``verify``, which runs
daily, and by ``saleor-tiktok-stripe doctor``.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from cryptography.fernet import Fernet
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

from . import conf

_NEW_KEY = "Make one with `saleor-tiktok-stripe new-key` and set TIKTOK_STRIPE_ENCRYPTION_KEYS."


@register("saleor_tiktok_stripe")
def check_encryption_keys(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """W006 missing, E002 not a Fernet key, E003 derived from SECRET_KEY.

    A missing key only warns: an installed plugin that nobody uses must not stop Saleor's migrate.
    """
    keys = conf.encryption_keys()
    if not keys:
        return [
            Warning(
                "No encryption key is set: TikTok's secrets cannot be stored.",
                hint=_NEW_KEY,
                id="tiktok_stripe.W006",
            )
        ]
    found: list[CheckMessage] = []
    for position, key in enumerate(keys, start=1):
        if not _is_fernet_key(key):
            found.append(
                Error(
                    f"Encryption key {position} of {len(keys)} is no Fernet key.",
                    hint=_NEW_KEY,
                    id="tiktok_stripe.E002",
                )
            )
        elif _bytes(key) in _derived_from_secret_key():
            found.append(
                Error(
                    f"Encryption key {position} of {len(keys)} is made from SECRET_KEY: whoever "
                    "knows that one reads all secrets.",
                    hint=_NEW_KEY + " Put it first and keep this one until rotate-keys has run.",
                    id="tiktok_stripe.E003",
                )
            )
    return found


@register("saleor_tiktok_stripe")
def check_public_url(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """E004 sandbox with a public address, W001 no address, W002 not https, W003 not a domain."""
    url = conf.public_url()
    parts = urlsplit(url)
    host = parts.hostname or ""
    if conf.sandbox_wanted():
        return [] if conf.sandbox_allowed() else [_sandbox_in_public(url)]
    if not host:
        return [
            Warning(
                "No public address is set: TikTok can neither notify this server nor send sellers "
                "back to it.",
                hint="Set TIKTOK_STRIPE_PUBLIC_URL, or Saleor's PUBLIC_URL.",
                id="tiktok_stripe.W001",
            )
        ]
    if parts.scheme != "https":
        return [
            Warning(
                f"The public address {parts.scheme}://{parts.netloc} is not https: TikTok does "
                "not call it.",
                hint="Serve Saleor over https and set TIKTOK_STRIPE_PUBLIC_URL to it.",
                id="tiktok_stripe.W002",
            )
        ]
    return [] if conf.is_domain(host) and not parts.port else [_not_a_domain(parts.netloc)]


def _sandbox_in_public(url: str) -> CheckMessage:
    return Error(
        f"TIKTOK_STRIPE_SANDBOX is on, but the public address {url} is not this machine's own.",
        hint="Remove TIKTOK_STRIPE_SANDBOX in production: it lets plain http and local vendors in.",
        id="tiktok_stripe.E004",
    )


def _not_a_domain(netloc: str) -> CheckMessage:
    return Warning(
        f"TikTok does not call {netloc}: it takes a domain name without a port.",
        hint="Set TIKTOK_STRIPE_PUBLIC_URL to an address with a domain name on port 443.",
        id="tiktok_stripe.W003",
    )


@register("saleor_tiktok_stripe")
def check_background(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """W004 no broker, W005 our beat entries are not in the schedule."""
    found: list[CheckMessage] = []
    if not _broker() or getattr(settings, "CELERY_TASK_ALWAYS_EAGER", False):
        found.append(
            Warning(
                "No Celery broker is set: nothing wakes the workers, and the clock does not run.",
                hint="Set CELERY_BROKER_URL, or keep `saleor-tiktok-stripe worker` running.",
                id="tiktok_stripe.W004",
            )
        )
    if not _scheduled(getattr(settings, "CELERY_BEAT_SCHEDULE", None) or {}):
        found.append(
            Warning(
                "The schedule of Celery beat lacks this app's tasks: no polling, no refresh.",
                hint="Let CELERY_BEAT_SCHEDULE be a dictionary; this app adds its entries to it.",
                id="tiktok_stripe.W005",
            )
        )
    return found


def _broker() -> str:
    return str(getattr(settings, "CELERY_BROKER_URL", "") or "")


def _scheduled(schedule: Any) -> bool:
    entries: Iterable[Any] = schedule.values() if isinstance(schedule, dict) else ()
    return any(str(entry.get("task", "")).startswith("tiktok_stripe.") for entry in entries)


def _is_fernet_key(key: str) -> bool:
    try:
        Fernet(key)
    except ValueError:
        return False
    return True


def _bytes(key: str) -> bytes:
    return base64.urlsafe_b64decode(key)


def _derived_from_secret_key() -> set[bytes]:
    """The ways people make a Fernet key of SECRET_KEY: its digest, or its first 32 bytes."""
    secret = str(getattr(settings, "SECRET_KEY", "") or "").encode()
    if not secret:
        return set()
    return {hashlib.sha256(secret).digest(), secret[:32].ljust(32, b"\0"), secret[:32]}
