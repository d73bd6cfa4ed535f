"""Packages and carriers of the marketplace, in neutral words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from .types import Refused


class PackageState(StrEnum):
    """``PROCESSING`` waits for the carrier, ``FULFILLING`` is on its way."""

    TO_FULFILL = "to_fulfill"
    PROCESSING = "processing"
    FULFILLING = "fulfilling"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"


class Handover(StrEnum):
    """How a package with the marketplace's label reaches the carrier."""

    PICKUP = "PICKUP"
    DROP_OFF = "DROP_OFF"


@dataclass(frozen=True)
class MarketplacePackage:
    """A parcel: units of one order, or of several combined ones. Units are told by id only, so an
    order may have several packages and a package several orders."""

    id: str
    state: PackageState
    order_ids: tuple[str, ...]
    unit_ids: tuple[str, ...]
    carrier: str
    carrier_id: str
    tracking_number: str
    created_at: datetime | None
    updated_at: datetime | None


@dataclass(frozen=True)
class ShippingProvider:
    """A carrier the marketplace knows for a delivery option."""

    id: str
    name: str


@dataclass(frozen=True)
class DeliveryOption:
    id: str
    name: str
    kind: str


@dataclass(frozen=True)
class Tracking:
    """What a package that the seller ships carries."""

    number: str
    carrier_id: str


@dataclass(frozen=True)
class SplitRule:
    """Whether an order may (or has to) leave in several packages, and why not."""

    order_id: str
    can_split: bool
    must_split: bool
    reason: str


@dataclass(frozen=True)
class Shipped:
    """What marking units as shipped made. ``warning`` is the marketplace's own word on it."""

    package_id: str
    unit_ids: tuple[str, ...]
    warning: str = ""


@dataclass(frozen=True)
class CombinedPackage:
    """Orders that may leave, or leave, in one package. The id of one that only may is a draft's:
    combining answers with the real one."""

    id: str
    order_ids: tuple[str, ...]


@dataclass(frozen=True)
class CombinablePage:
    """As ``OrderPage``; ``broken`` holds (package id, why)."""

    packages: tuple[CombinedPackage, ...]
    broken: tuple[tuple[str, str], ...]
    next_token: str


@dataclass(frozen=True)
class Combined:
    """What was combined, and which drafts were refused."""

    packages: tuple[CombinedPackage, ...]
    refused: tuple[Refused, ...]
