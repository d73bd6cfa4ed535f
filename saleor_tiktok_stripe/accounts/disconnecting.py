"""Take an account from its channel, or only switch the channel off and on again."""

from __future__ import annotations

from functools import partial
from typing import Final

from django.db import IntegrityError, transaction

from .. import inbox
from ..errors import InvalidInput
from ..models import Connection, ConnectionState, Vendor
from . import audit
from .findings import Finding
from .states import DISCONNECTED, SWITCHED_OFF, close_jobs, move
from .stripe import disconnecting as stripe
from .tiktok import disconnecting as tiktok

_VENDORS: Final = {Vendor.TIKTOK: tiktok, Vendor.STRIPE: stripe}


def disconnect(
    connection: Connection,
    actor: str,
    *,
    end_authorization: bool = False,
    insist: bool = False,
) -> list[Finding]:
    """End the connection: notifications off at the vendor, secrets wiped, open jobs closed.

    ``end_authorization`` also ends our access to the account at the vendor. What the vendor does
    not do is a finding, never a reason to stay connected; with ``insist`` a failure that may pass
    is raised first (``RetryLater``, nothing is changed then). Orders, links and money stay.
    """
    vendor = Vendor(connection.vendor)
    found: list[Finding] = _VENDORS[vendor].tell(
        connection, end_authorization=end_authorization, insist=insist
    )
    with transaction.atomic():
        row = Connection.objects.select_for_update(no_key=True).get(pk=connection.pk)
        _VENDORS[vendor].wipe(row)
        row.findings = []
        row.save()
        closed_jobs = close_jobs(row)
        move(row, ConnectionState.DISABLED, reason=DISCONNECTED[row.vendor], actor=actor)
        Connection.objects.filter(pk=row.pk).update(state_reason=DISCONNECTED[row.vendor])
        transaction.on_commit(partial(inbox.forget, row.channel_slug))
        audit.record("connection.disconnected", row, actor, data={"closed_jobs": str(closed_jobs)})
    connection.refresh_from_db()
    return found


def switch_off(connection: Connection, actor: str, *, reason: str = SWITCHED_OFF) -> bool:
    """Hold all work of the connection; authorization and jobs stay. Whether anything changed."""
    return move(connection, ConnectionState.DISABLED, reason=reason, actor=actor)


def switch_on(connection: Connection, actor: str) -> bool:
    """Go on where ``switch_off`` stopped, or wait to be connected. Whether anything changed.

    Raises ``InvalidInput`` (``SHOP_TAKEN``) when another channel took the shop meanwhile.
    """
    if connection.state != ConnectionState.DISABLED:
        return False
    authorized = _VENDORS[Vendor(connection.vendor)].authorized(connection)
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
