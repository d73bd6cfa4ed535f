"""The one warehouse to set stock aside in, where the merchant chose one."""

from __future__ import annotations

from typing import Final

from .. import accounts, jobs
from ..accounts import ChannelPolicy
from ..errors import Parked, Problem
from ..models import Connection, Job, JobStatus
from ..saleor_api import get_saleor
from ..saleor_api.types import ChannelInfo

MISSING: Final = "WAREHOUSE_MISSING"
WAITS_FOR: Final = "warehouse"
"""What new orders wait for while the channel does not have the warehouse."""


def warehouse_of(channel: ChannelInfo, policy: ChannelPolicy) -> str | None:
    """Its id; None where any of the channel's will do. Raises ``Parked`` when it is not there."""
    if not policy.warehouse:
        return None
    found = [one.id for one in channel.warehouses if one.slug == policy.warehouse]
    if not found:
        raise Parked(
            Problem(
                code=MISSING,
                stage="import",
                cause=f"Channel {channel.slug} has no warehouse {policy.warehouse}.",
                cure="Choose another warehouse in the plugin's settings, or add it to the channel: "
                "the order then imports itself.",
                params={"warehouse": policy.warehouse},
                waits_for=(WAITS_FOR,),
            )
        )
    return found[0]


def recheck_warehouse(connection: Connection) -> int:
    """Let the orders that wait for the warehouse come in once there is one; how many."""
    waiting = Job.objects.filter(connection=connection, status=JobStatus.PARKED, error_code=MISSING)
    if not waiting.exists():
        return 0
    try:
        warehouse_of(get_saleor().channel(connection.channel_slug), accounts.policy(connection))
    except Parked:
        return 0
    return jobs.release_waiting(connection, [WAITS_FOR])
