"""What this deployment must offer: an address that vendors can call, and background work that
runs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import SplitResult, urlsplit

from django.utils import timezone

from .. import __version__, conf, jobs
from ..errors import ChannelError
from ..models import Connection, ConnectionState, Job, Vendor
from ..transport import Call, Lane, Transport
from .findings import Finding, Severity

HEARTBEAT: Final = "accounts.refresh"
"""A job that beat asks for at every poll: its newest row tells when beat last ran."""
STALLED_SECONDS: Final = 600.0
_BACKGROUND: Final = frozenset({"WORK_STALLED", "BEAT_SILENT", "BACKGROUND_OK"})
_PROBE_TIMEOUT: Final = (2.0, 3.0)


def webhook_address(connection: Connection) -> str:
    """The public address of this channel's notifications from the connection's vendor."""
    return conf.channel_url(connection.channel_slug, f"webhooks/{connection.vendor}/")


def examine(connection: Connection) -> list[Finding]:
    """Reachability (asked from here, so a failure is a warning only) and background work."""
    if connection.state != ConnectionState.ACTIVE:
        return []
    return [*_reachable(connection), *_background(connection, timezone.now())]


def as_of_now(connection: Connection, found: Sequence[Finding]) -> list[Finding]:
    """``found`` by the last verification, with what it says of background work as that is now:
    where no worker runs, nothing is verified either."""
    if connection.state != ConnectionState.ACTIVE:
        return list(found)
    kept = [one for one in found if one.code not in _BACKGROUND]
    return [*kept, *_background(connection, timezone.now())]


def address_problem(connection: Connection) -> Finding | None:
    """Why the vendor would not take our webhook address.

    TikTok: https, a domain name, no port. Stripe: https in live mode.
    """
    parts = urlsplit(webhook_address(connection))
    if conf.sandbox_allowed() and conf.is_loopback(parts.hostname or ""):
        return None
    shown = f"{parts.scheme}://{parts.netloc}" if parts.netloc else "not set"
    if connection.vendor == Vendor.STRIPE:
        return None if _fits_stripe(parts, connection.livemode) else _unfit_for_stripe(shown)
    if parts.scheme == "https" and parts.port is None and conf.is_domain(parts.hostname or ""):
        return None
    return Finding(
        "WEBHOOK_ADDRESS_INVALID",
        Severity.ERROR,
        shown,
        f"TikTok cannot send notifications to this server: its public address is {shown}.",
        "Set TIKTOK_STRIPE_PUBLIC_URL (or Saleor's PUBLIC_URL) to https with a domain name and "
        "no port. Until then orders arrive by polling.",
    )


def _fits_stripe(parts: SplitResult, livemode: bool) -> bool:
    host = parts.hostname or ""
    if not host or conf.is_loopback(host):
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and not livemode)


def _unfit_for_stripe(shown: str) -> Finding:
    return Finding(
        "STRIPE_WEBHOOK_ADDRESS_INVALID",
        Severity.ERROR,
        shown,
        f"Stripe cannot send notifications to this server: its public address is {shown}, and "
        "Stripe needs one that can be reached from outside, with https in live mode.",
        "Set TIKTOK_STRIPE_PUBLIC_URL (or Saleor's PUBLIC_URL) to https with a domain name. Until "
        "then payments are caught up by polling.",
    )


def _reachable(connection: Connection) -> list[Finding]:
    """A GET on the webhook address is answered 405 by us, and by nobody else."""
    if address_problem(connection) is not None:
        return []
    address = webhook_address(connection)
    problem = ""
    try:
        reply = _door(urlsplit(address).hostname or "", conf.sandbox_allowed()).send(
            Call("GET", address, "self.webhook", lane=Lane.INTERACTIVE, timeout=_PROBE_TIMEOUT)
        )
        if reply.status != 405:
            problem = f"HTTP {reply.status} instead of 405"
    except ChannelError as error:
        problem = error.code
    if not problem:
        return [Finding("WEBHOOK_REACHABLE", Severity.OK, "", "The notification address answers.")]
    return [
        Finding(
            "WEBHOOK_UNREACHABLE",
            Severity.WARNING,
            problem,
            f"The notification address {address} did not answer from here ({problem}).",
            "Open it in a browser: it must say 405. Check the proxy, the domain and the plugin's "
            "switch. Until then what happens is found by polling.",
        )
    ]


def _door(hostname: str, sandbox: bool) -> Transport:
    """A new one for each probe: what an earlier probe met must not answer for this one."""
    agent = f"saleor-tiktok-stripe/{__version__}"
    return Transport((hostname,), user_agent=agent, allow_loopback=sandbox)


def _background(connection: Connection, now: datetime) -> list[Finding]:
    """A long queue that somebody works at is none that nobody takes."""
    waited = jobs.health().oldest_due_seconds
    if waited > STALLED_SECONDS and not jobs.drainers():
        return [
            Finding(
                "WORK_STALLED",
                Severity.ERROR,
                f"{waited:.0f}",
                f"Work has been waiting for {waited / 60:.0f} minutes: no worker takes it.",
                "Start a Celery worker (or saleor-tiktok-stripe worker) and check the broker.",
            )
        ]
    newest = Job.objects.filter(kind=HEARTBEAT, connection=connection).order_by("-id").first()
    seen = newest.created_at if newest is not None else connection.verified_at
    if newest is None and seen is None:
        return []
    limit = timedelta(seconds=max(STALLED_SECONDS, 3 * conf.poll_seconds()))
    if seen is not None and now - seen <= limit:
        return [Finding("BACKGROUND_OK", Severity.OK, "", "Background work runs.")]
    return [
        Finding(
            "BEAT_SILENT",
            Severity.WARNING,
            f"{seen:%Y-%m-%d %H:%M}" if seen else "",
            "Nothing has been started by the clock lately: no polling, no token refresh.",
            "Start Celery beat with Saleor's scheduler (or saleor-tiktok-stripe worker).",
        )
    ]
