"""What needs somebody, for the health page and ``doctor``: the findings of all rooms together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from django.db.models import Q

from .. import accounts, catalog, drift, payments
from ..accounts import Finding, NoticeKind, NoticePolicy, Severity, notice_policy
from ..aftersales.attention import attention, case_attention
from ..fulfilment import late_shipments
from ..models import Connection, ConnectionState, NoticeDelivery, Vendor
from ..payments import ledger
from .things import Thing

MAIL_FAILED: Final = "NOTICE_MAIL_FAILED"
WEBHOOK_FAILED: Final = "NOTICE_WEBHOOK_FAILED"
STRUGGLES: Final = 4
"""Attempts in vain after which it is said that a message does not arrive."""


def findings(connection: Connection) -> list[Finding]:
    """Those of the last verification, and what shows only while the account is used."""
    found = accounts.findings(connection)
    if connection.vendor == Vendor.STRIPE:
        seen = (payments.delivery_problem(connection), payments.mirror_problem(connection))
        found += [problem for problem in seen if problem is not None]
        found += attention(connection)
    else:
        found += case_attention(connection)
        found += catalog.attention(connection)
        found += late_shipments(connection)
    found += ledger.attention(connection)
    found += drift.attention(connection)
    return found


def own_findings(channel_slug: str) -> list[Finding]:
    """What is wrong with the telling itself: ``NOTICES_TO_NOBODY`` while there is no receiver,
    ``NOTICE_MAIL_FAILED`` and ``NOTICE_WEBHOOK_FAILED`` while the newest message did not arrive."""
    policy = notice_policy(channel_slug)
    if not policy.tells_somebody:
        return [
            Finding(
                code="NOTICES_TO_NOBODY",
                severity=Severity.WARNING,
                subject="",
                message="Nobody is told of problems and deadlines by mail or webhook.",
                cure="If you want to be told, enter an address under Notices in the settings.",
            )
        ]
    return _undelivered(channel_slug, policy)


def undelivered(connection: Connection) -> list[Thing]:
    """The same as things to tell, without the first: somebody must be there to be told."""
    policy = notice_policy(connection.channel_slug)
    return [
        Thing(connection, NoticeKind.DELIVERY, one.code, one.severity, one.message, one.cure)
        for one in _undelivered(connection.channel_slug, policy)
    ]


def _undelivered(channel_slug: str, policy: NoticePolicy) -> list[Finding]:
    rows = _newest_failed(channel_slug)
    mails = [
        row
        for row in rows
        if row.means == NoticeDelivery.Means.MAIL and row.target in policy.recipients
    ]
    calls = [row for row in rows if row.means == NoticeDelivery.Means.WEBHOOK]
    found = [_mail_failed(mails)] if mails else []
    return [*found, _webhook_failed(calls[0])] if calls and policy.webhook_url else found


def _newest_failed(channel_slug: str) -> list[NoticeDelivery]:
    """Of each receiver's newest message that was tried, those that did not arrive."""
    tried = Q(attempts__gte=STRUGGLES) | ~Q(state=NoticeDelivery.State.PENDING)
    newest = (
        NoticeDelivery.objects.filter(tried, channel_slug=channel_slug)
        .order_by("means", "target", "-attempted_at", "-pk")
        .distinct("means", "target")
    )
    return [row for row in newest if row.state != NoticeDelivery.State.SENT]


def _mail_failed(rows: Sequence[NoticeDelivery]) -> Finding:
    addresses = f"{len(rows)} addresses" if len(rows) > 1 else "an address"
    return Finding(
        code="NOTICE_MAIL_FAILED",
        severity=Severity.WARNING,
        subject=rows[0].error,
        message=f"Mail with notices to {addresses} is not taken ({rows[0].error}).",
        cure="Check the addresses and Saleor's mail settings, then send a test.",
    )


def _webhook_failed(row: NoticeDelivery) -> Finding:
    return Finding(
        code="NOTICE_WEBHOOK_FAILED",
        severity=Severity.WARNING,
        subject=row.error,
        message=f"The webhook of notices does not take them ({row.error}).",
        cure="Check the address, and that it answers with a status from 200 to 299; then send a "
        "test.",
    )


def first_of_channel(connection: Connection) -> bool:
    """Whether what concerns the whole channel is said of this connection."""
    used = Connection.objects.filter(channel_slug=connection.channel_slug).exclude(
        state=ConnectionState.DISABLED
    )
    return used.order_by("pk").values_list("pk", flat=True).first() == connection.pk
