"""The marketplace's carriers, kept in our table: read anew once a day, or when one is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final

from django.db import transaction
from django.utils import timezone

from .. import accounts, jobs
from ..accounts import audit
from ..jobs import ClaimedJob, Done, Result
from ..models import AuditEntry, Carrier, CarrierLink, Connection
from ..tiktok.client import TikTokClient
from .carriers import WAITS_FOR, CarrierBook, book_of, check_link, normal

KEEP: Final = timedelta(days=1)


def refresh(connection: Connection | None, claimed: Sequence[ClaimedJob]) -> Mapping[int, Result]:
    """Handler of ``carriers.refresh``."""
    if connection is None:
        return {}
    known = refresh_carriers(connection, accounts.client(connection))
    return {job.id: Done(note=f"carriers={known}") for job in claimed}


def refresh_carriers(connection: Connection, client: TikTokClient, actor: str = "") -> int:
    """Read the carriers of all delivery options of the shop's sales warehouses; how many there are.
    Orders that waited for a carrier go on. ``actor``: who asked for it, for the audit log."""
    found: dict[str, str] = {}
    options = {
        option.id
        for warehouse in client.warehouses()
        if warehouse.sells
        for option in client.delivery_options(warehouse.id)
    }
    for option_id in sorted(options):
        found |= {one.id: one.name for one in client.shipping_providers(option_id)}
    rows = Carrier.objects.filter(connection=connection)
    with transaction.atomic():
        before = dict(rows.filter(gone=False).values_list("carrier_id", "name"))
        rows.exclude(carrier_id__in=found).update(gone=True)
        Carrier.objects.bulk_create(
            [
                Carrier(
                    connection=connection,
                    carrier_id=key,
                    name=name,
                    gone=False,
                    updated_at=timezone.now(),
                )
                for key, name in sorted(found.items())
            ],
            update_conflicts=True,
            unique_fields=["connection", "carrier_id"],
            update_fields=["name", "gone", "updated_at"],
        )
        if found != before:
            jobs.release_waiting(connection, [WAITS_FOR])
        if actor:
            audit.record("carriers.refresh", connection, actor)
    return len(found)


def current_book(connection: Connection, client: TikTokClient, default: str) -> CarrierBook:
    """The carriers and the manual table; read from the marketplace where they are a day old."""
    fresh = Carrier.objects.filter(connection=connection, updated_at__gt=timezone.now() - KEEP)
    if not fresh.exists():
        refresh_carriers(connection, client)
    return book_of(connection, default)


def link_carrier(connection: Connection, name: str, carrier_id: str, actor: str) -> CarrierLink:
    """From now on ``name`` in Saleor means this carrier of the marketplace. Raises
    ``InvalidInput``: ``CARRIER_NAME_EMPTY``, ``CARRIER_ID_UNKNOWN``."""
    carrier = check_link(connection, name, carrier_id)
    with transaction.atomic():
        same = CarrierLink.objects.filter(connection=connection)
        same = same.filter(pk__in=[row.pk for row in same if normal(row.name) == normal(name)])
        same.delete()
        row = CarrierLink.objects.create(
            connection=connection, name=name.strip(), carrier_id=carrier.carrier_id
        )
        _note(connection, actor, "carrier.link", name, carrier_id)
        jobs.release_waiting(connection, [WAITS_FOR])
    return row


def unlink_carrier(connection: Connection, name: str, actor: str) -> bool:
    """Forget a manual link; False when there was none."""
    rows = CarrierLink.objects.filter(connection=connection)
    wanted = [row.pk for row in rows if normal(row.name) == normal(name)]
    with transaction.atomic():
        removed = rows.filter(pk__in=wanted).delete()[0]
        if removed:
            _note(connection, actor, "carrier.unlink", name, "")
    return bool(removed)


def _note(connection: Connection, actor: str, action: str, name: str, carrier_id: str) -> None:
    AuditEntry.objects.create(
        connection=connection,
        actor=actor,
        action=action,
        subject=name[:64],
        data={"carrier_id": carrier_id},
    )
