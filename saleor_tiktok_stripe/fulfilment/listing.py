"""The marketplace's carriers and the manual table, as they are listed."""

from __future__ import annotations

from dataclasses import dataclass

from ..models import Carrier, CarrierLink, Connection


@dataclass(frozen=True)
class KnownCarrier:
    """One that the marketplace lists for this shop."""

    carrier_id: str
    name: str


@dataclass(frozen=True)
class LinkedCarrier:
    """``name`` in Saleor means this one; ``carrier_name`` "": the marketplace lists it no more."""

    name: str
    carrier_id: str
    carrier_name: str


@dataclass(frozen=True)
class CarrierTable:
    """Both by name."""

    carriers: tuple[KnownCarrier, ...]
    links: tuple[LinkedCarrier, ...]


def carrier_name(link: CarrierLink) -> str:
    """What the marketplace calls a linked carrier; "" where it lists it no more."""
    rows = Carrier.objects.filter(connection=link.connection, carrier_id=link.carrier_id)
    return rows.filter(gone=False).values_list("name", flat=True).first() or ""


def carrier_table(connection: Connection) -> CarrierTable:
    """As known here; asks the marketplace nothing."""
    rows = Carrier.objects.filter(connection=connection, gone=False).order_by("name", "pk")
    known = {row.carrier_id: row.name for row in rows}
    links = CarrierLink.objects.filter(connection=connection).order_by("name")
    return CarrierTable(
        carriers=tuple(KnownCarrier(key, name) for key, name in known.items()),
        links=tuple(
            LinkedCarrier(row.name, row.carrier_id, known.get(row.carrier_id, "")) for row in links
        ),
    )
