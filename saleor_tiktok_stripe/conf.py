"""Every knob of the deployment, in one place. Merchants' own choices live in ``ChannelPolicy``.

Each is read from Django's settings, else from the environment variable of the same name, so that an
admin can set it without a settings module of their own. Read late: tests may override settings.
"""

from __future__ import annotations

import ipaddress
import os
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

PLUGIN_ID: Final = "saleor.tiktok_stripe"

WEBHOOK_BODY_LIMIT: Final = 1024 * 1024
"""Bytes. TikTok's notifications are under 2 KB, Stripe's carry a dispute's evidence (150,000
characters) at most; larger bodies are refused unread."""


def _read(name: str, default: str = "") -> str:
    value = getattr(settings, name, None)
    return str(value) if value is not None else os.environ.get(name, default)


def _flag(name: str) -> bool:
    return _read(name).strip().lower() in {"1", "true", "yes", "on"}


def _whole(name: str, default: str) -> int:
    """A whole number above 0; left empty it is not set. Raises ``ImproperlyConfigured``."""
    entered = _read(name).strip() or default
    if not (entered.isascii() and entered.isdigit() and int(entered)):
        raise ImproperlyConfigured(f"{name} is {entered!r}: a whole number above 0 is needed.")
    return int(entered)


def encryption_keys() -> list[str]:
    """``TIKTOK_STRIPE_ENCRYPTION_KEYS``: Fernet keys, comma separated (or a list in settings).

    The first encrypts, all decrypt; rotate by putting a new one first (``rotate-keys``)."""
    value = getattr(settings, "TIKTOK_STRIPE_ENCRYPTION_KEYS", None)
    if isinstance(value, list | tuple):
        return [str(key) for key in value]
    return [key for key in _read("TIKTOK_STRIPE_ENCRYPTION_KEYS").split(",") if key.strip()]


def public_url() -> str:
    """Where vendors and browsers reach this host, without a trailing slash.

    ``TIKTOK_STRIPE_PUBLIC_URL``, else Saleor's own ``PUBLIC_URL``."""
    return (_read("TIKTOK_STRIPE_PUBLIC_URL") or _read("PUBLIC_URL")).rstrip("/")


def instance() -> str:
    """Which installation this is, for vendors whose accounts serve several: our public host."""
    return urlsplit(public_url()).netloc[:128]


def channel_url(channel_slug: str, path: str = "") -> str:
    """The plugin's public address for a channel: the same path on both hosts."""
    return f"{public_url()}/plugins/channel/{channel_slug}/{PLUGIN_ID}/{path}"


def sandbox_wanted() -> bool:
    """``TIKTOK_STRIPE_SANDBOX`` is set."""
    return _flag("TIKTOK_STRIPE_SANDBOX")


def sandbox_allowed() -> bool:
    """Vendors are the local sandboxes: plain http and loopback allowed.

    Only where it is wanted and nobody else comes in: at a public address the flag has no effect
    (and a system check, E004, says so), since web servers and Celery run no checks."""
    host = urlsplit(public_url()).hostname or ""
    return sandbox_wanted() and (not host or is_loopback(host))


def is_loopback(host: str) -> bool:
    """This machine's own."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def is_domain(host: str) -> bool:
    """A domain name, as TikTok wants it: no IP address."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return "." in host
    return False


def tiktok_api_url() -> str:
    """Overridden only for the sandbox."""
    default = "https://open-api.tiktokglobalshop.com"
    return _read("TIKTOK_STRIPE_TIKTOK_API_URL", default) if sandbox_allowed() else default


def tiktok_auth_url() -> str:
    """Overridden only for the sandbox."""
    default = "https://auth.tiktok-shops.com"
    return _read("TIKTOK_STRIPE_TIKTOK_AUTH_URL", default) if sandbox_allowed() else default


def tiktok_consent_url(region_group: str) -> str:
    """Where a seller gives consent; ``region_group`` is ``US`` or ``ROW``."""
    default = {
        "US": "https://services.tiktokshops.us",
        "ROW": "https://services.tiktokshop.com",
    }[region_group]
    return _read("TIKTOK_STRIPE_TIKTOK_CONSENT_URL", default) if sandbox_allowed() else default


def stripe_api_url() -> str:
    """Overridden only for the sandbox."""
    default = "https://api.stripe.com"
    return _read("TIKTOK_STRIPE_STRIPE_API_URL", default) if sandbox_allowed() else default


def stripe_connect_url() -> str:
    """Consent and tokens of connected accounts. Overridden only for the sandbox."""
    default = "https://connect.stripe.com"
    return _read("TIKTOK_STRIPE_STRIPE_CONNECT_URL", default) if sandbox_allowed() else default


def stripe_files_url() -> str:
    """Overridden only for the sandbox."""
    default = "https://files.stripe.com"
    return _read("TIKTOK_STRIPE_STRIPE_FILES_URL", default) if sandbox_allowed() else default


def redis_url() -> str:
    """Shared counters, limits and breakers. ``TIKTOK_STRIPE_REDIS_URL``, ``REDIS_URL``, else the
    broker or cache when it is a Redis; empty: each process counts for itself."""
    for name in (
        "TIKTOK_STRIPE_REDIS_URL",
        "REDIS_URL",
        "CELERY_BROKER_URL",
        "CACHE_URL",
    ):
        value = _read(name)
        if value.startswith(("redis://", "rediss://")):
            return value
    return ""


def saleor_api_url() -> str:
    """Sidecar only: Saleor's GraphQL address."""
    return _read("SALEOR_API_URL")


def saleor_app_token() -> str:
    """Sidecar only: the token of the Saleor app that stands for this plugin."""
    return _read("SALEOR_APP_TOKEN")


def saleor_webhook_secret() -> str:
    """Sidecar only: what Saleor signs its requests to us with."""
    return _read("SALEOR_WEBHOOK_SECRET")


def sweep_seconds() -> int:
    """How often due and abandoned jobs are looked for. Seconds."""
    return _whole("TIKTOK_STRIPE_SWEEP_SECONDS", "60")


def lease_seconds() -> int:
    """How long a job stays with a worker that is not heard of. Seconds; longer than a task of ours
    may run (five minutes), so that nobody else takes up what is still worked on."""
    return _whole("TIKTOK_STRIPE_LEASE_SECONDS", "330")


def poll_seconds() -> int:
    """How often each connection is asked for changed orders. Seconds."""
    return _whole("TIKTOK_STRIPE_POLL_SECONDS", "300")


def look_seconds() -> int:
    """How often changes in Saleor (stock, prices, shipments) are looked for. Seconds."""
    return _whole("TIKTOK_STRIPE_LOOK_SECONDS", "15")


def doubt_seconds() -> int:
    """How long a call to TikTok whose answer was not seen may still take effect. Nothing that it
    may have done is asked for again before. Seconds."""
    return _whole("TIKTOK_STRIPE_DOUBT_SECONDS", "120")


def api_calls_per_minute() -> int:
    """How many requests of its GraphQL API each app or person may make in a minute; strangers, by
    address, half of that."""
    return _whole("TIKTOK_STRIPE_API_CALLS_PER_MINUTE", "600")


def event_retention_days() -> int:
    """How long received notifications are kept."""
    return _whole("TIKTOK_STRIPE_EVENT_RETENTION_DAYS", "30")


def evidence_retention_days() -> int:
    """How long files of an answer are kept after their dispute was closed."""
    return _whole("TIKTOK_STRIPE_EVIDENCE_RETENTION_DAYS", "120")
