"""Which of the marketplace's carriers ships a parcel: the manual table first, then what can be
told from names and from the tracking number. Pure; ``book_of`` reads the tables.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from ..errors import InvalidInput, Problem
from ..models import Carrier, CarrierLink, Connection
from .formats import carriers_of
from .problems import problem

WAITS_FOR: Final = "carriers"
"""What an order waits for whose carrier is unknown: new carriers, or a new link."""
NAMED: Final = 12
"""So many of the marketplace's carriers are named in a problem."""

ALIASES: Final[Mapping[str, tuple[str, ...]]] = {
    "ups": ("united parcel service",),
    "usps": ("united states postal service", "us postal service", "us mail"),
    "fedex": ("federal express", "fed ex"),
    "dhl": ("deutsche post", "dhl paket", "dhl germany", "deutsche post dhl"),
    "dhl express": ("dhl express worldwide", "dhl worldwide express"),
    "dhl ecommerce": ("dhl e commerce", "dhl global mail"),
    "royal mail": ("royalmail", "royal mail group"),
    "evri": ("hermes", "hermes uk", "myhermes", "evri uk"),
    "parcelforce": ("parcelforce worldwide", "parcel force"),
    "dpd": ("dpd uk", "dpd local", "dpd germany", "dpdgroup", "dynamic parcel distribution"),
    "gls": ("gls germany", "general logistics systems"),
    "yodel": ("yodel direct",),
    "la poste": ("colissimo", "laposte"),
    "chronopost": ("chronopost france",),
    "mondial relay": ("mondialrelay", "inpost france"),
    "correos": ("correos espana", "correos de espana"),
    "seur": ("seur espana",),
    "poste italiane": ("poste", "sda", "sda express courier"),
    "brt": ("bartolini", "brt corriere espresso"),
    "an post": ("anpost",),
    "japan post": ("jp post", "yu pack", "yupack"),
    "yamato": ("yamato transport", "kuroneko", "kuroneko yamato", "ta q bin"),
    "sagawa": ("sagawa express",),
    "ontrac": ("on trac", "lasership", "laser ship"),
    "amazon": ("amazon shipping", "amazon logistics", "amzl"),
    "spx": ("shopee express", "spx express"),
    "jt express": ("j t express", "jandt express", "j and t express", "jnt", "j t"),
    "ninja van": ("ninjavan",),
    "flash express": ("flash",),
    "kerry express": ("kerry", "kex"),
    "correios": ("correios brasil", "sedex", "pac correios"),
    "estafeta": ("estafeta mexicana",),
    "pos malaysia": ("poslaju", "pos laju"),
    "singpost": ("singapore post",),
    "thailand post": ("ems thailand", "thai post"),
    "pos indonesia": ("pos",),
    "vietnam post": ("vnpost", "vn post"),
}
"""What else a carrier is called; all in the form of ``normal``."""
_CANONICAL: Final[Mapping[str, str]] = {
    spelling: carrier for carrier, others in ALIASES.items() for spelling in (carrier, *others)
}


@dataclass(frozen=True)
class CarrierBook:
    """``known``: carrier id -> name as the marketplace spells it. ``links``: the manual table,
    normal name -> carrier id. ``default``: a name, or empty."""

    known: Mapping[str, str] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)
    default: str = ""


@dataclass(frozen=True)
class Match:
    """``how``: ``link``, ``name``, ``number`` or ``default``."""

    carrier_id: str
    name: str
    how: str


def normal(name: str) -> str:
    """A name as names are compared: no case, accents, signs or doubled spaces."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode() or name
    return " ".join(re.findall(r"\w+", re.sub(r"[.']", "", plain.lower()).replace("_", " ")))


def match(
    book: CarrierBook, names: Sequence[str], tracking_number: str, *, order_id: str
) -> Match | Problem:
    """The carrier that ``names`` (most telling first) or the number tell; a ``CARRIER_UNKNOWN``
    problem with the choices where they tell none, or several.
    """
    told = [name for one in names if (name := normal(one))]
    for name in told:
        if (carrier_id := book.links.get(name)) is not None:
            return Match(carrier_id, book.known.get(carrier_id, name), "link")
    several: set[str] = set()
    for how, tries in (
        ("name", told),
        ("number", carriers_of(tracking_number)),
        ("default", [normal(book.default)] if book.default else []),
    ):
        found = _named(book, tries) if how != "number" else _all(book, tries)
        if len(found) == 1:
            [carrier_id] = found
            return Match(carrier_id, book.known[carrier_id], how)
        several |= found
    return _unknown(book, told, several, order_id)


def _named(book: CarrierBook, names: Sequence[str]) -> set[str]:
    """Carriers of the first name that tells any: the very name, an alias, or a name within it
    ("UPS Ground")."""
    for name in names:
        if name in book.links:
            return {book.links[name]} & book.known.keys()
        for find in (_exactly, _inside):
            if found := find(book, name):
                return found
    return set()


def _all(book: CarrierBook, names: Sequence[str]) -> set[str]:
    return {carrier_id for name in names for carrier_id in _named(book, [name])}


def _exactly(book: CarrierBook, name: str) -> set[str]:
    wanted = _CANONICAL.get(name, name)
    by_name = {key: normal(text) for key, text in book.known.items()}
    same = {key for key, text in by_name.items() if text == name}
    return same or {key for key, text in by_name.items() if _CANONICAL.get(text, text) == wanted}


def _inside(book: CarrierBook, name: str) -> set[str]:
    """The longest known spelling that stands as whole words in ``name``."""
    spellings: dict[str, set[str]] = {}
    for carrier_id, text in book.known.items():
        own = normal(text)
        carrier = _CANONICAL.get(own, own)
        for spelling in {own, carrier, *ALIASES.get(carrier, ())}:
            spellings.setdefault(spelling, set()).add(carrier_id)
    within = [one for one in spellings if len(one) > 2 and f" {one} " in f" {name} "]
    return spellings[max(within, key=len)] if within else set()


def _unknown(book: CarrierBook, told: Sequence[str], several: set[str], order_id: str) -> Problem:
    named = [book.known[one] for one in several] or list(book.known.values())
    choices = sorted(set(named))
    shown = ", ".join(choices[:NAMED]) + (" and others" if len(choices) > NAMED else "")
    why = "several fit" if several else f"none is called {told[0]}" if told else "nothing names it"
    return problem(
        "CARRIER_UNKNOWN",
        waits_for=(WAITS_FOR,),
        order=order_id,
        why=why,
        choices=shown or "none yet",
    )


def book_of(connection: Connection, default: str) -> CarrierBook:
    """The tables of a connection."""
    carriers = Carrier.objects.filter(connection=connection, gone=False)
    links = CarrierLink.objects.filter(connection=connection)
    return CarrierBook(
        known=dict(carriers.order_by("carrier_id").values_list("carrier_id", "name")),
        links={normal(name): key for name, key in links.values_list("name", "carrier_id")},
        default=default,
    )


def check_link(connection: Connection, name: str, carrier_id: str) -> Carrier:
    """The carrier a manual link would name. ``InvalidInput`` when the name is empty or the
    marketplace does not know the carrier."""
    if not normal(name):
        raise InvalidInput("CARRIER_NAME_EMPTY", "Enter the carrier's name.", field="name")
    found = Carrier.objects.filter(connection=connection, carrier_id=carrier_id).first()
    if found is None:
        raise InvalidInput(
            "CARRIER_ID_UNKNOWN",
            f"TikTok knows no carrier {carrier_id} for this shop. Refresh the carriers, and choose "
            "one of them.",
            field="carrier_id",
        )
    return found
