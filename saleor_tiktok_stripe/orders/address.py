"""A marketplace recipient as a Saleor address.

Decisions, since a label needs what a person can read and a CRM must not be filled with asterisks:
a masked name or street is kept as shown (staff recognise the buyer by it and see that it is
masked), a masked phone number is left out (Saleor only takes valid ones), and the whole address is
marked, so that the readable one replaces it when it comes, never the other way round.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from typing import Final

from ..saleor_api.types import AddressData
from ..tiktok.types import Recipient

NOBODY: Final = ("TikTok Shop", "buyer")
ERASED: Final = "erased"
"""In place of an address's hash: the buyer's data were erased, and are not brought over again."""
STREET_LIMIT: Final = 256

AREA_BY_CODE: Final = frozenset({"US", "CA", "AU", "BR"})
"""Countries whose areas Saleor knows by their ISO code; elsewhere by name (its address formats
take either), or not at all: such an address is stored unvalidated."""

NO_AREA: Final = frozenset({"GB", "DE", "FR", "SG"})
"""Countries whose addresses have no area (Saleor's address formats)."""

_PHONE = re.compile(r"^\(\+(\d{1,3})\)([\d\s-]{4,})$")
_E164 = re.compile(r"^\+[1-9]\d{6,14}$")


def to_address(recipient: Recipient, region_code: str) -> AddressData:
    """An address that Saleor can store; ``region_code`` is used where no country is given."""
    country = (recipient.country or region_code).upper()
    country = "GB" if country == "UK" else country
    first, last = _name(recipient)
    street, more = _street(recipient)
    return AddressData(
        first_name=first[:256],
        last_name=last[:256],
        company_name="",
        street_address_1=street[:STREET_LIMIT],
        street_address_2=more[:STREET_LIMIT],
        city=_city(recipient, country)[:256],
        city_area="",
        postal_code=recipient.postal_code[:20],
        country=country,
        country_area=_area(recipient, country)[:128],
        phone=_phone(recipient.phone),
    )


def unknown_address(region_code: str) -> AddressData:
    """What an order carries that has no address yet (hold window): nobody in the right country."""
    empty = Recipient("", "", "", "", (), "", "", "", "", "", "", masked=True)
    return to_address(empty, region_code)


def is_empty(recipient: Recipient) -> bool:
    """No address yet, rather than a masked one."""
    return not (recipient.full_address or recipient.lines or recipient.city or recipient.area)


def is_blank(address: AddressData | None) -> bool:
    """None, or what stands in for it in the hold window (a host may put dashes in)."""
    return address is None or not (address.street_address_1 + address.city).strip("- ")


def first_address(recipient: Recipient, region_code: str) -> AddressData | None:
    """The address a new order gets, masked or not; None while the marketplace shows none."""
    return None if is_empty(recipient) else to_address(recipient, region_code)


def address_hash(recipient: Recipient) -> str:
    """Names the readable address that was brought over; empty while it is masked or missing."""
    if recipient.masked or is_empty(recipient):
        return ""
    parts = [
        recipient.name,
        recipient.first_name,
        recipient.last_name,
        recipient.phone,
        *recipient.lines,
        recipient.city,
        recipient.area,
        recipient.postal_code,
        recipient.country,
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _name(recipient: Recipient) -> tuple[str, str]:
    if recipient.first_name or recipient.last_name:
        return recipient.first_name, recipient.last_name
    first, _, last = recipient.name.strip().rpartition(" ")
    return (first, last) if (first or last) else NOBODY


def _street(recipient: Recipient) -> tuple[str, str]:
    lines = [line.strip() for line in recipient.lines if line.strip()]
    if not lines:
        return recipient.full_address.strip(), ""
    return lines[0], ", ".join(lines[1:])


def _city(recipient: Recipient, country: str) -> str:
    return recipient.city or (recipient.area if country not in AREA_BY_CODE else "")


def _area(recipient: Recipient, country: str) -> str:
    pick: Callable[[Recipient], str] = _AREA_RULES.get(country, lambda found: found.area)
    return pick(recipient)


_AREA_RULES: Final[Mapping[str, Callable[[Recipient], str]]] = {
    **{country: lambda found: found.area_code or found.area for country in AREA_BY_CODE},
    **{country: lambda found: "" for country in NO_AREA},
}


def _phone(shown: str) -> str:
    """``(+1)6145550142`` as E.164; anything else, also a masked number, is left out."""
    match = _PHONE.match(shown.strip())
    number = f"+{match[1]}{re.sub(r'[^0-9]', '', match[2])}" if match else shown.strip()
    return number if _E164.match(number) else ""
