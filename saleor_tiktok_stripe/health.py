"""The state of a channel: one word for anyone, the figures for those who may see them.

Shown by the ``health/`` address and by ``saleor-tiktok-stripe doctor``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.utils import timezone

from . import accounts, conf, jobs, notices
from .errors import ChannelError
from .models import Connection, ConnectionState, InboundEvent, Job, JobStatus, Vendor
from .transport import shared_counters


def summary(connection: Connection) -> dict[str, Any]:
    """``ok`` when orders flow, else ``attention``."""
    return _summary(connection, _findings(connection))


def channel_summary(connections: Sequence[Connection]) -> dict[str, Any]:
    """``ok`` when everything that the channel is connected to works, else ``attention``. What was
    switched off counts only where nothing else is there."""
    wanted = [one for one in connections if one.state != ConnectionState.DISABLED] or connections
    return _common([_summary(one, _findings(one)) for one in wanted])


def channel_details(connections: Sequence[Connection]) -> dict[str, Any]:
    """``details`` of the first, the others below their vendor's name, and one status for all."""
    each = [(one, details(one)) for one in connections]
    used = [told for one, told in each if one.state != ConnectionState.DISABLED]
    (_, first), *others = each
    shown = {**first, **_common(used or [told for _, told in each])}
    for other, told in others:
        del told["calls"]
        shown[other.vendor] = told
    return shown


def details(connection: Connection) -> dict[str, Any]:
    """Everything an admin asks first: ids, counts and times, no secret and no buyer data."""
    now, found = timezone.now(), _findings(connection)
    return {
        **_summary(connection, found),
        "connection": _connection(connection, now),
        "findings": [asdict(finding) for finding in found],
        "jobs": _jobs(connection),
        "inbox": _inbox(connection, now),
        "calls": _calls(),
    }


def _common(shown: Sequence[dict[str, Any]]) -> dict[str, Any]:
    well = all(one["status"] == "ok" for one in shown)
    return {"status": "ok" if well else "attention"}


def _summary(connection: Connection, found: Sequence[accounts.Finding]) -> dict[str, Any]:
    return {"status": "ok" if _well(connection, found) else "attention"}


def _well(connection: Connection, found: Sequence[accounts.Finding]) -> bool:
    if connection.state != ConnectionState.ACTIVE or accounts.unreadable(connection):
        return False
    if accounts.worst(found) == accounts.Severity.ERROR:
        return False
    stuck = Job.objects.filter(connection=connection, status__in=[JobStatus.PARKED, JobStatus.DEAD])
    return not stuck.exists()


def _findings(connection: Connection) -> list[accounts.Finding]:
    """Those of the connection; with the channel's first one also what is wrong with the notices."""
    found = accounts.as_of_now(connection, notices.findings(connection))
    if notices.first_of_channel(connection):
        found += notices.own_findings(connection.channel_slug)
    return found


def _connection(connection: Connection, now: datetime) -> dict[str, Any]:
    problem = accounts.unreadable(connection)
    what = "account" if connection.vendor == Vendor.STRIPE else "shop"
    return {
        "state": connection.state,
        "reason": problem.message if problem else connection.state_reason,
        what: connection.account_name,
        f"{what}_id": connection.account_id,
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


def as_text(connection: Connection) -> list[str]:
    """The figures as lines, for a terminal."""
    shown = details(connection)
    lines = [f"{connection.channel_slug}: {shown['status']}"]
    state = {name: value for name, value in shown["connection"].items() if value not in ("", None)}
    lines.append("  connection  " + _pairs(state))
    for row in shown["findings"]:
        if row["severity"] != accounts.Severity.OK:
            lines.append(f"  {row['severity']:10}  {row['message']} {row['cure']}")
    oldest = shown["jobs"]["oldest_due_seconds"]
    lines.append(f"  jobs        oldest due {oldest} s")
    for kind, counts in shown["jobs"]["by_kind"].items():
        lines.append(f"    {kind:18} {_pairs(counts)}")
    newest = shown["inbox"]["newest_seconds_ago"]
    heard = "nothing received yet" if newest is None else f"newest {newest} s ago"
    lines.append(f"  inbox       {heard}")
    lines.append("  calls       " + (_pairs(shown["calls"]) or "none counted"))
    return lines


def _pairs(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in values.items())
