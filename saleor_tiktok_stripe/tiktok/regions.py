"""TikTok Shop's markets as data.

Sources: the reference of regions and currencies, and the per-endpoint market notes of the Open API
(late 2026). A market that is not listed has no capability and no expected currency.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Capability(StrEnum):
    PARTIAL_CANCEL = "partial_cancel"
    """The seller may cancel single lines (out of stock only)."""
    MARK_AS_SHIPPED = "mark_as_shipped"
    """Orders are marked as shipped directly; elsewhere packages are shipped."""
    UNIT_SPLIT = "unit_split"
    """An order splits by unit; elsewhere only by whole SKU."""
    LABEL_NEEDS_PURCHASE = "label_needs_purchase"
    """A package with the marketplace's label exists once the seller bought the label in Seller
    Center; elsewhere packages are there from the payment on."""
    SHIPS_WITH_PENDING_CANCEL = "ships_with_pending_cancel"
    """Shipping an order rejects the buyer's open request to cancel it; elsewhere an open request
    blocks shipping."""
    PAYMENTS = "payments"
    """Payouts are listed as payments."""
    WITHDRAWALS = "withdrawals"
    """Payouts are the seller's withdrawals from a wallet."""


class TaxKind(StrEnum):
    EXCLUSIVE = "exclusive"
    INCLUSIVE = "inclusive"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Region:
    """``consent`` names the host group that sellers of this market give consent at."""

    code: str
    currency: str
    tax: TaxKind
    consent: str
    capabilities: frozenset[Capability]


TRACKING_CHANGE_HOURS = 72
"""In every market: tracking of what the seller ships may be corrected so long, and once."""

CURRENCY_DECIMALS: Mapping[str, int] = {
    "BRL": 2, "EUR": 2, "GBP": 2, "MXN": 2, "MYR": 2, "PHP": 2, "SAR": 2, "SGD": 2, "THB": 2,
    "USD": 2, "IDR": 0, "JPY": 0, "VND": 0,
}  # fmt: skip
DEFAULT_DECIMALS = 2

_FULL = {Capability.MARK_AS_SHIPPED, Capability.UNIT_SPLIT, Capability.PAYMENTS}
_PARTIAL = _FULL | {Capability.PARTIAL_CANCEL}
_US = _PARTIAL | {Capability.LABEL_NEEDS_PURCHASE, Capability.SHIPS_WITH_PENDING_CANCEL}
_SEA = {Capability.WITHDRAWALS}

_ROWS: tuple[tuple[str, str, TaxKind, set[Capability]], ...] = (
    ("US", "USD", TaxKind.EXCLUSIVE, _US),
    ("GB", "GBP", TaxKind.INCLUSIVE, _PARTIAL),
    ("DE", "EUR", TaxKind.INCLUSIVE, _FULL),
    ("ES", "EUR", TaxKind.INCLUSIVE, _FULL),
    ("FR", "EUR", TaxKind.INCLUSIVE, _FULL),
    ("IE", "EUR", TaxKind.INCLUSIVE, _FULL),
    ("IT", "EUR", TaxKind.INCLUSIVE, _FULL),
    ("JP", "JPY", TaxKind.INCLUSIVE, _FULL),
    ("MX", "MXN", TaxKind.INCLUSIVE, {Capability.UNIT_SPLIT, Capability.PAYMENTS}),
    ("BR", "BRL", TaxKind.INCLUSIVE, {Capability.PAYMENTS}),
    ("ID", "IDR", TaxKind.INCLUSIVE, _SEA),
    ("MY", "MYR", TaxKind.INCLUSIVE, _SEA),
    ("PH", "PHP", TaxKind.INCLUSIVE, _SEA),
    ("SG", "SGD", TaxKind.INCLUSIVE, _SEA),
    ("TH", "THB", TaxKind.INCLUSIVE, _SEA),
    ("VN", "VND", TaxKind.INCLUSIVE, _SEA),
)

REGIONS: Mapping[str, Region] = {
    code: Region(code, currency, tax, "US" if code == "US" else "ROW", frozenset(capabilities))
    for code, currency, tax, capabilities in _ROWS
}

ALIASES: Mapping[str, str] = {"UK": "GB"}

TIME_ZONES: Mapping[str, str] = {
    "US": "America/Los_Angeles",
    "GB": "Europe/London",
    "DE": "Europe/Berlin",
    "ES": "Europe/Madrid",
    "FR": "Europe/Paris",
    "IE": "Europe/Dublin",
    "IT": "Europe/Rome",
    "JP": "Asia/Tokyo",
    "MX": "America/Mexico_City",
    "BR": "America/Sao_Paulo",
    "ID": "Asia/Jakarta",
    "MY": "Asia/Kuala_Lumpur",
    "PH": "Asia/Manila",
    "SA": "Asia/Riyadh",
    "SG": "Asia/Singapore",
    "TH": "Asia/Bangkok",
    "VN": "Asia/Ho_Chi_Minh",
}
"""A market's usual clock; where it has several, the one that its Seller Center counts days by or
most people live by. A merchant may choose another."""


def region(code: str) -> Region:
    """The market of a region code; an unknown one has no currency and no capability."""
    code = ALIASES.get(code.upper(), code.upper())
    return REGIONS.get(code) or Region(code, "", TaxKind.UNKNOWN, "ROW", frozenset())


def decimals(currency: str) -> int:
    """How many decimals amounts of a currency have at TikTok (IDR, JPY and VND: none)."""
    return CURRENCY_DECIMALS.get(currency, DEFAULT_DECIMALS)


def time_zone(code: str) -> str:
    """The IANA time zone of a region code; "" where it is not known."""
    return TIME_ZONES.get(ALIASES.get(code.upper(), code.upper()), "")
