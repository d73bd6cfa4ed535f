"""What can be done to bring a Saleor order in step: one small step each, safe to repeat.

``applying.perform`` carries a step out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from ..errors import Problem
from ..saleor_api.types import AddressData, Charge, GoodsReturn, Package, Refund


@dataclass(frozen=True)
class Confirm:
    """The hold window is over."""


@dataclass(frozen=True)
class UpdateAddress:
    """The address became readable, or the buyer changed it."""

    address: AddressData


@dataclass(frozen=True)
class Fulfill:
    """A package left."""

    package: Package


@dataclass(frozen=True)
class Adopt:
    """Staff recorded this shipment by hand: it is the marketplace's package from now on."""

    fulfillment_id: str
    metadata: Mapping[str, str]
    tracking_number: str = ""


@dataclass(frozen=True)
class Track:
    """The marketplace has a new tracking number for a shipment."""

    fulfillment_id: str
    tracking_number: str
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class NoteParcel:
    """Facts about a shipment that Saleor has no field for: where it is, who carries it."""

    fulfillment_id: str
    metadata: Mapping[str, str]


@dataclass(frozen=True)
class TellCancel:
    """Staff cancelled the order in Saleor: the marketplace is told (by ``order.push``)."""


@dataclass(frozen=True)
class CancelOrder:
    """Everything was cancelled."""


@dataclass(frozen=True)
class CancelLines:
    """Some unshipped units were cancelled. Quantities are by Saleor order line id."""

    quantities: Mapping[str, int]
    reason: str


@dataclass(frozen=True)
class ReturnGoods:
    """Shipped units came back."""

    goods: GoodsReturn


@dataclass(frozen=True)
class GrantRefund:
    """The order is worth less now."""

    key: str
    amount: Decimal
    quantities: Mapping[str, int]
    reason: str


@dataclass(frozen=True)
class RecordRefunds:
    """The marketplace gave money back."""

    refunds: tuple[Refund, ...]


@dataclass(frozen=True)
class RecordCharge:
    """Cash on delivery was collected."""

    charge: Charge


@dataclass(frozen=True)
class SetMetadata:
    """Facts that Saleor has no field for. An empty value says that a fact no longer holds."""

    metadata: Mapping[str, str]


@dataclass(frozen=True)
class Stop:
    """What the two sides cannot be brought to by us: somebody has to decide. Always the last."""

    problem: Problem


Action = (
    Confirm
    | UpdateAddress
    | Fulfill
    | Adopt
    | Track
    | NoteParcel
    | TellCancel
    | CancelOrder
    | CancelLines
    | ReturnGoods
    | GrantRefund
    | RecordRefunds
    | RecordCharge
    | SetMetadata
    | Stop
)
