"""The recipient's address on the wire; masked parts are recognised, never repaired.

Masking (source: field notes and captures): platform-shipped orders show ``*`` in names, phones,
streets and sometimes postal codes; unpaid and held orders lack parts; old orders have empty text.
"""

from __future__ import annotations

from typing import Annotated

from .types import Recipient
from .wire import Nullable, Text, Wire

_CITY_NAMES = ("city", "town", "municipality", "post town", "locality")


class DistrictWire(Wire):
    address_level: Text = ""
    address_level_name: Text = ""
    address_name: Text = ""
    iso_code: Text = ""


class AddressWire(Wire):
    name: Text = ""
    first_name: Text = ""
    last_name: Text = ""
    first_name_local_script: Text = ""
    last_name_local_script: Text = ""
    phone_number: Text = ""
    full_address: Text = ""
    address_detail: Text = ""
    address_line1: Text = ""
    address_line2: Text = ""
    address_line3: Text = ""
    address_line4: Text = ""
    postal_code: Text = ""
    region_code: Text = ""
    post_town: Text = ""
    district_info: Annotated[list[DistrictWire], Nullable] = []


NOBODY = Recipient("", "", "", "", (), "", "", "", "", "", "", masked=True)


def recipient(wire: AddressWire | None) -> Recipient:
    """The neutral recipient; ``masked`` when anything needed to ship is hidden or missing."""
    if wire is None:
        return NOBODY
    lines = _lines(wire)
    state = _level(wire, "L1")
    name = wire.name or f"{wire.first_name} {wire.last_name}".strip()
    shown = (name, wire.phone_number, wire.postal_code, wire.full_address, *lines)
    return Recipient(
        name=name,
        first_name=wire.first_name,
        last_name=wire.last_name,
        phone=wire.phone_number,
        lines=lines,
        city=_city(wire),
        area=state.address_name,
        area_code=state.iso_code,
        postal_code=wire.postal_code,
        country=wire.region_code or _level(wire, "L0").iso_code,
        full_address=wire.full_address,
        masked=not name or not lines or any("*" in part for part in shown),
    )


def _lines(wire: AddressWire) -> tuple[str, ...]:
    given = (wire.address_line1, wire.address_line2, wire.address_line3, wire.address_line4)
    filled = tuple(line for line in given if line.strip())
    if filled or not wire.address_detail.strip():
        return filled
    return (wire.address_detail,)


def _level(wire: AddressWire, level: str) -> DistrictWire:
    found = (one for one in wire.district_info if one.address_level == level)
    return next(found, DistrictWire())


def _city(wire: AddressWire) -> str:
    """By the level's name where it says city or town, else the post town, else level 3, 2 or 1."""
    by_name = {one.address_level_name.lower(): one.address_name for one in wire.district_info}
    named = next((by_name[name] for name in _CITY_NAMES if by_name.get(name)), "")
    levels = (_level(wire, level).address_name for level in ("L3", "L2", "L1"))
    return named or wire.post_town or next((name for name in levels if name), "")
