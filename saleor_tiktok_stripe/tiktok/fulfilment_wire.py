"""Packages, carriers and tracking on the wire.

Source of names: the fulfillment and logistics references, 202309. A search calls a package's id and
state otherwise than its detail does.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import AliasChoices, BeforeValidator, Field

from . import fulfilment_types as types
from .fulfilment_types import PackageState
from .wire import Flag, Id, Nullable, OptionalId, OptionalTime, Text, Wire

STATES: Mapping[str, PackageState] = {
    "TO_FULFILL": PackageState.TO_FULFILL,
    "PROCESSING": PackageState.PROCESSING,
    "FULFILLING": PackageState.FULFILLING,
    "COMPLETED": PackageState.COMPLETED,
    "CANCELLED": PackageState.CANCELLED,
}


class PackageOrderWire(Wire):
    id: Id


class PackageWire(Wire):
    id: Id = Field(validation_alias=AliasChoices("id", "package_id"))
    status: Text = Field(default="", validation_alias=AliasChoices("status", "package_status"))
    orders: Annotated[list[PackageOrderWire], Nullable] = []
    order_line_item_ids: Annotated[list[Id], Nullable] = []
    shipping_provider_id: OptionalId = ""
    shipping_provider_name: Text = ""
    tracking_number: Text = ""
    create_time: OptionalTime = None
    update_time: OptionalTime = None

    def package(self) -> types.MarketplacePackage:
        return types.MarketplacePackage(
            id=self.id,
            state=STATES.get(self.status, PackageState.UNKNOWN),
            order_ids=tuple(one.id for one in self.orders),
            unit_ids=tuple(self.order_line_item_ids),
            carrier=self.shipping_provider_name,
            carrier_id=self.shipping_provider_id,
            tracking_number=self.tracking_number,
            created_at=self.create_time,
            updated_at=self.update_time,
        )


class WarningWire(Wire):
    message: Text = ""


class ShippedWire(Wire):
    package_id: Id
    order_line_item_ids: Annotated[list[Id], Nullable] = []
    warning: WarningWire | None = None

    def shipped(self) -> types.Shipped:
        said = self.warning.message if self.warning else ""
        return types.Shipped(self.package_id, tuple(self.order_line_item_ids), said)


class MustSplitWire(Wire):
    type: Text = ""
    max_count: Annotated[str, BeforeValidator(lambda value: str(value or ""))] = ""


class SplitWire(Wire):
    order_id: Id
    can_split: Flag = False
    must_split: Flag = False
    must_split_reasons: Annotated[list[MustSplitWire], Nullable] = []
    reason: Text = ""

    def rule(self) -> types.SplitRule:
        limits = (f"{one.type} {one.max_count}".strip() for one in self.must_split_reasons)
        reason = self.reason or ", ".join(limit for limit in limits if limit)
        return types.SplitRule(self.order_id, self.can_split, self.must_split, reason)


class SplitPackageWire(Wire):
    id: Id
    splittable_group_id: Text

    def pair(self) -> tuple[str, str]:
        return self.splittable_group_id, self.id


class SplitAnswerWire(Wire):
    packages: Annotated[list[SplitPackageWire], Nullable] = []

    def by_group(self) -> dict[str, str]:
        return dict(one.pair() for one in self.packages)


class CombinedWire(Wire):
    id: Id
    order_ids: Annotated[list[Id], Nullable] = []

    def combined(self) -> types.CombinedPackage:
        return types.CombinedPackage(self.id, tuple(self.order_ids))


class CombineAnswerWire(Wire):
    packages: Annotated[list[CombinedWire], Nullable] = []

    def combined(self) -> tuple[types.CombinedPackage, ...]:
        return tuple(one.combined() for one in self.packages)


class DeliveryOptionWire(Wire):
    id: Id
    name: Text = ""
    type: Text = ""

    def option(self) -> types.DeliveryOption:
        return types.DeliveryOption(self.id, self.name, self.type)


class ProviderWire(Wire):
    id: Id
    name: Text = ""

    def provider(self) -> types.ShippingProvider:
        return types.ShippingProvider(self.id, self.name)
