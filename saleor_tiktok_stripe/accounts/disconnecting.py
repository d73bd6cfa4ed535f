"""Take a shop from its channel, or only switch the channel off and on again."""

from __future__ import annotations

import logging

from django.db import IntegrityError, transaction
from django.utils import timezone

from ..errors import ChannelError, InvalidInput
from ..models import OPEN_STATUSES, Connection, ConnectionState, Job, JobStatus
from ..transport import Lane
from . import audit
from .clients import client
from .credentials import credentials, write
from .findings import Finding, Severity
from .states import move
from .webhooks import remove_webhooks

logger = logging.getLogger("saleor_tiktok_stripe.accounts")

SWITCHED_OFF = "The plugin is switched off for this channel."
DISCONNECTING = "The shop is being disconnected."
DISCONNECTED = "The shop was disconnected."


def disconnect(
    connection: Connection,
    actor: str,
    *,
    end_authorization: bool = False,
    insist: bool = False,
) -> list[Finding]:
    """End the connection: notifications off at TikTok, secrets wiped, open jobs closed.

    ``end_authorization`` also ends the app's access to this shop at TikTok. What TikTok does not
    do is a finding, never a reason to stay connected; with ``insist`` a failure that may pass is
    raised first (``RetryLater``, nothing is changed then). Orders and links stay.
    """
    found = _tell_tiktok(connection, end_authorization, insist)
    with transaction.atomic():
        row = Connection.objects.select_for_update(no_key=True).get(pk=connection.pk)
        held = credentials(row).without_tokens()
        row.credentials = write(held) | {"app_secret": ""}
        row.access_issued_at = row.access_expires_at = row.refresh_expires_at = None
        row.refresh_lease_until = row.refresh_pending_since = None
        row.scopes, row.shops, row.findings = [], [], []
        row.account_handle = ""
        row.save()
        closed = Job.objects.filter(connection=row, status__in=OPEN_STATUSES).exclude(
            kind__startswith="accounts."
        )
        closed_jobs = closed.update(
            status=JobStatus.DONE,
            outcome="disconnected",
            problem=None,
            waits_for=[],
            lease_owner="",
            lease_until=None,
            finished_at=timezone.now(),
        )
        move(row, ConnectionState.DISABLED, reason=DISCONNECTED, actor=actor)
        Connection.objects.filter(pk=row.pk).update(state_reason=DISCONNECTED)
        audit.record("connection.disconnected", row, actor, data={"closed_jobs": str(closed_jobs)})
    connection.refresh_from_db()
    return found


def switch_off(connection: Connection, actor: str, *, reason: str = SWITCHED_OFF) -> bool:
    """Hold all work of the channel; authorization and jobs stay. Whether anything changed."""
    return move(connection, ConnectionState.DISABLED, reason=reason, actor=actor)


def switch_on(connection: Connection, actor: str) -> bool:
    """Go on where ``switch_off`` stopped, or wait for a consent. Whether anything changed.

    Raises ``InvalidInput`` (``SHOP_TAKEN``) when another channel took the shop meanwhile.
    """
    if connection.state != ConnectionState.DISABLED:
        return False
    authorized = bool(credentials(connection).refresh_token and connection.account_handle)
    to = ConnectionState.ACTIVE if authorized else ConnectionState.PENDING
    try:
        with transaction.atomic():
            return move(connection, to, actor=actor)
    except IntegrityError:
        raise InvalidInput(
            "SHOP_TAKEN",
            f"The shop {connection.account_name} was connected to another channel meanwhile. "
            "Disconnect it there first.",
        ) from None


def _tell_tiktok(connection: Connection, end_authorization: bool, insist: bool) -> list[Finding]:
    """Best effort: a dead authorization has nothing left to remove."""
    connection.refresh_from_db()
    dead = connection.state == ConnectionState.NEEDS_REAUTH
    if dead or not connection.account_handle or not credentials(connection).refresh_token:
        return []
    try:
        tiktok = client(connection, lane=Lane.INTERACTIVE)
        remove_webhooks(connection, tiktok)
        if end_authorization:
            tiktok.deauthorize()
    except ChannelError as error:
        if insist and error.retryable:
            raise
        logger.warning("connection %s: TikTok was not told, %s", connection.pk, error.code)
        return [
            Finding(
                "TIKTOK_NOT_TOLD",
                Severity.WARNING,
                error.code,
                f"TikTok could not be told: {error.message}",
                "Nothing is imported any more. Remove the app in Seller Center to end its access.",
            )
        ]
    return []
