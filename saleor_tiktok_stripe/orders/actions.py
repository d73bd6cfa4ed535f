"""What can be done to bring a Saleor order in step: one small step each, safe to repeat."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from ..errors import Problem
from ..saleor_api import Saleor
from ..saleor_api.types import AddressData, Charge, Package, Refund


@dataclass(frozen=True)
class Confirm:
    """The hold window is over."""

    def apply(self, saleor: Saleor, order_id: str) -> None:
        saleor.confirm_order(order_id)


@dataclass(frozen=True)
class UpdateAddress:
    """The address became readable, or the buyer changed it."""

    address: AddressData

    def apply(self, saleor: Saleor, order_id: str) -> None:
        saleor.update_address(order_id, self.address)


@dataclass(frozen=True)
class Fulfill:
    """A package left."""

    package: Package

    def apply(self, saleor: Saleor, order_id: str) -> None:
        saleor.fulfill(order_id, self.package)


@dataclass(frozen=True)
class Adopt:
    """Staff recorded this shipment by hand: it is the marketplace's package from now on."""

    fulfillment_id: str
    metadata: Mapping[str, str]
    tracking_number: str = ""

    def apply(self, saleor: Saleor, order_id: str) -> None:
        if self.tracking_number:
            saleor.update_tracking(self.fulfillment_id, self.tracking_number)
        saleor.set_metadata(self.fulfillment_id, self.metadata)


@dataclass(frozen=True)
class Track:
    """The marketplace has a new tracking number for a shipment."""

    fulfillment_id: str
    tracking_number: str
    metadata: Mapping[str, str] = field(default_factory=dict)

    def apply(self, saleor: Saleor, order_id: str) -> None:
        saleor.update_tracking(self.fulfillment_id, self.tracking_number)
        saleor.set_metadata(self.fulfillment_id, self.metadata)


@dataclass(frozen=True)
class CancelOrder:
    """Everything was cancelled."""

    def apply(self, saleor: Saleor, order_id: str) -> None:
        saleor.cancel_order(order_id)


@dataclass(frozen=True)
class CancelLines:
    """Some unshipped units were cancelled. Quantities are by Saleor order line id."""

    quantities: Mapping[str, int]
    reason: str

    def apply(self, saleor: Saleor, order_id: str) -> None:
        saleor.cancel_lines(order_id, self.quantities, self.reason)


@dataclass(frozen=True)
class GrantRefund:
    """The order is worth less now."""

    key: str
    amount: Decimal
    quantities: Mapping[str, int]
    reason: str

    def apply(self, saleor: Saleor, order_id: str) -> None:
        saleor.grant_refund(
            order_id,
            key=self.key,
            amount=self.amount,
            quantities=self.quantities,
            reason=self.reason,
        )


@dataclass(frozen=True)
class RecordRefunds:
    """The marketplace gave money back."""

    refunds: tuple[Refund, ...]

    def apply(self, saleor: Saleor, order_id: str) -> None:
        saleor.record_refunds(order_id, self.refunds)


@dataclass(frozen=True)
class RecordCharge:
    """Cash on delivery was collected."""

    charge: Charge

    def apply(self, saleor: Saleor, order_id: str) -> None:
        saleor.record_charge(order_id, self.charge)


@dataclass(frozen=True)
class SetMetadata:
    """Facts that Saleor has no field for. An empty value says that a fact no longer holds."""

    metadata: Mapping[str, str]

    def apply(self, saleor: Saleor, order_id: str) -> None:
        saleor.set_metadata(order_id, self.metadata)


@dataclass(frozen=True)
class Stop:
    """What the two sides cannot be brought to by us: somebody has to decide. Always the last."""

    problem: Problem

    def apply(self, saleor: Saleor, order_id: str) -> None:
        """Nothing to do: whoever carries out the plan parks the order."""


Action = (
    Confirm
    | UpdateAddress
    | Fulfill
    | Adopt
    | Track
    | CancelOrder
    | CancelLines
    | GrantRefund
    | RecordRefunds
    | RecordCharge
    | SetMetadata
    | Stop
)
