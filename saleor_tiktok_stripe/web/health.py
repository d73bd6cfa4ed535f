"""The state of a channel: one word for anyone, the figures for those who may see them."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from hmac import compare_digest
from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from .. import accounts, conf, jobs
from ..errors import ChannelError
from ..models import Connection, ConnectionState, InboundEvent
from ..transport import shared_counters


def holds_app_token(request: HttpRequest) -> bool:
    """Sidecar: whether the request shows the Saleor app's token (``Authorization: Bearer``)."""
    expected = conf.saleor_app_token()
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    if not expected or scheme.lower() != "bearer":
        return False
    return compare_digest(given.strip().encode(), expected.encode())


def summary(connection: Connection) -> dict[str, Any]:
    """``ok`` when orders flow, else ``attention``."""
    return {"status": "ok" if _well(connection) else "attention"}


def details(connection: Connection) -> dict[str, Any]:
    """Everything an admin asks first: ids, counts and times, no secret and no buyer data."""
    now = timezone.now()
    return {
        **summary(connection),
        "connection": _connection(connection, now),
        "findings": [asdict(finding) for finding in accounts.findings(connection)],
        "jobs": _jobs(connection),
        "inbox": _inbox(connection, now),
        "calls": _calls(),
    }


def _well(connection: Connection) -> bool:
    if connection.state != ConnectionState.ACTIVE:
        return False
    if accounts.worst(accounts.findings(connection)) == accounts.Severity.ERROR:
        return False
    rows = [row for row in jobs.health().rows if row.connection_id == connection.pk]
    return not any(row.dead or row.parked for row in rows)


def _connection(connection: Connection, now: datetime) -> dict[str, Any]:
    return {
        "state": connection.state,
        "reason": connection.state_reason,
        "shop": connection.account_name,
        "shop_id": connection.account_id,
        "region": connection.region,
        "token_days_left": _days_left(connection.access_expires_at, now),
        "authorization_days_left": _days_left(connection.refresh_expires_at, now),
        "verified_at": _moment(connection.verified_at),
    }


def _jobs(connection: Connection) -> dict[str, Any]:
    health = jobs.health()
    rows = [row for row in health.rows if row.connection_id == connection.pk]
    return {
        "oldest_due_seconds": round(max((row.oldest_due_seconds for row in rows), default=0.0)),
        "expired_leases": health.expired_leases,
        "by_kind": {
            row.kind: {
                "queued": row.queued,
                "running": row.running,
                "parked": row.parked,
                "dead": row.dead,
            }
            for row in rows
        },
    }


def _inbox(connection: Connection, now: datetime) -> dict[str, Any]:
    newest = (
        InboundEvent.objects.filter(connection=connection)
        .order_by("-received_at")
        .values_list("received_at", flat=True)
        .first()
    )
    age = None if newest is None else round((now - newest).total_seconds())
    return {"newest_seconds_ago": age}


def _calls() -> dict[str, int]:
    """By endpoint and outcome. Without a shared Redis: of this process."""
    url = conf.redis_url()
    try:
        counted = shared_counters(url) if url else accounts.calls_of_this_process()
    except ChannelError as error:
        return {error.code: 1}
    return {f"{label} {outcome}": count for (label, outcome), count in sorted(counted.items())}


def _days_left(moment: datetime | None, now: datetime) -> float | None:
    return None if moment is None else round((moment - now).total_seconds() / 86_400, 1)


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
