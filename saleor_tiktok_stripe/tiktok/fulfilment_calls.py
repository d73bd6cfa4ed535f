"""Packages, tracking and carriers: how goods go out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..errors import InDoubt
from . import endpoints
from .calls import Calls, next_token, refused, written
from .fulfilment_types import (
    CombinablePage,
    Combined,
    CombinedPackage,
    DeliveryOption,
    Handover,
    MarketplacePackage,
    Shipped,
    ShippingProvider,
    SplitRule,
    Tracking,
)
from .fulfilment_wire import (
    CombineAnswerWire,
    CombinedWire,
    DeliveryOptionWire,
    PackageWire,
    ProviderWire,
    ShippedWire,
    SplitAnswerWire,
    SplitWire,
)
from .gateway import build, rows
from .records import BatchErrorWire

COMBINE_PAGE = 50


class FulfilmentCalls(Calls):
    """None of the writes takes an idempotency key: when one raises ``InDoubt``, read the order
    again before repeating it. All raise the errors of ``TikTokClient``."""

    def package(self, package_id: str) -> MarketplacePackage:
        """One package. Raises ``Parked`` (``TIKTOK_NOT_OF_THIS_SHOP``) when it is unknown."""
        endpoint = endpoints.PACKAGE_DETAIL
        data = self._gateway.call(endpoint, path={"id": package_id})
        return build(data, PackageWire, PackageWire.package, endpoint.label)

    def mark_shipped(
        self, order_id: str, tracking: Tracking, unit_ids: Sequence[str] = ()
    ) -> Shipped:
        """Make a package of these units (none named: all) and have it shipped by the seller.

        Only where the market has ``Capability.MARK_AS_SHIPPED``; elsewhere ``Parked``
        (``TIKTOK_NOT_IN_REGION``).
        """
        endpoint = endpoints.ORDER_SHIPPED
        body: dict[str, object] = {**_tracking(tracking)}
        if unit_ids:
            body["order_line_item_ids"] = list(unit_ids)
        data = self._gateway.call(endpoint, path={"id": order_id}, body=body)
        return written(endpoint, data, ShippedWire, ShippedWire.shipped)

    def ship_package(
        self,
        package_id: str,
        *,
        handover: Handover | None = None,
        tracking: Tracking | None = None,
    ) -> None:
        """Ship a package: with the marketplace's label (``handover``), or with the seller's own
        carrier (``tracking``)."""
        body: dict[str, object] = {}
        if handover:
            body["handover_method"] = handover.value
        if tracking:
            body["self_shipment"] = _tracking(tracking)
        self._gateway.call(endpoints.PACKAGE_SHIP, path={"id": package_id}, body=body)

    def update_tracking(self, order_id: str, tracking: Tracking) -> None:
        """Correct the tracking of an order that the seller ships: once, within 72 hours."""
        self._gateway.call(
            endpoints.ORDER_TRACKING_UPDATE, path={"id": order_id}, body=_tracking(tracking)
        )

    def update_package_tracking(self, package_id: str, tracking: Tracking) -> None:
        """The same for one package of an order that has several."""
        self._gateway.call(
            endpoints.PACKAGE_TRACKING_UPDATE, path={"id": package_id}, body=_tracking(tracking)
        )

    def split_rules(self, order_ids: Sequence[str]) -> tuple[SplitRule, ...]:
        """Which orders may, or have to, leave in several packages."""
        if not order_ids:
            return ()
        endpoint = endpoints.SPLIT_RULES
        data = self._gateway.call(endpoint, query={"order_ids": ",".join(order_ids)})
        found = rows(data, "split_attributes", endpoint.label)
        return tuple(build(one, SplitWire, SplitWire.rule, endpoint.label) for one in found)

    def split(self, order_id: str, groups: Mapping[str, Sequence[str]]) -> Mapping[str, str]:
        """Divide an order into packages by unit ids; returns the package id of each group.

        Names of groups are the caller's. Where a market has no ``Capability.UNIT_SPLIT`` the units
        of one SKU must stay together.
        """
        endpoint = endpoints.SPLIT
        wanted = [
            {"id": name, "order_line_item_ids": list(units)} for name, units in groups.items()
        ]
        body = {"splittable_groups": wanted}
        data = self._gateway.call(endpoint, path={"id": order_id}, body=body)
        made = written(endpoint, data, SplitAnswerWire, SplitAnswerWire.by_group)
        if not made.keys() >= groups.keys():
            raise InDoubt("TIKTOK_UNREADABLE_ANSWER", f"{endpoint.label}: a package is missing.")
        return made

    def combinable(self, page_token: str = "") -> CombinablePage:
        """One page of orders that may leave together, each group with a draft's package id."""
        query = {"page_size": COMBINE_PAGE, "page_token": page_token}
        data = self._page(endpoints.COMBINABLE, query, page_token)
        built, broken = self._each(
            data, "combinable_packages", CombinedWire, CombinedWire.combined, "id"
        )
        return CombinablePage(built, broken, next_token(data))

    def combine(self, drafts: Sequence[CombinedPackage]) -> Combined:
        """Combine what ``combinable`` told; fewer orders of a draft may be named."""
        if not drafts:
            return Combined((), ())
        endpoint = endpoints.COMBINE
        wanted = [{"id": one.id, "order_ids": list(one.order_ids)} for one in drafts]
        data = self._gateway.call(endpoint, body={"combinable_packages": wanted})
        made = written(endpoint, data, CombineAnswerWire, CombineAnswerWire.combined)
        return Combined(made, refused(endpoint, data, "package_id", _package_of))

    def uncombine(self, package_id: str, order_ids: Sequence[str]) -> tuple[CombinedPackage, ...]:
        """Take orders out of a combined package; returns the packages that there are now."""
        endpoint = endpoints.UNCOMBINE
        body = {"order_ids": list(order_ids)}
        data = self._gateway.call(endpoint, path={"id": package_id}, body=body)
        return written(endpoint, data, CombineAnswerWire, CombineAnswerWire.combined)

    def delivery_options(self, warehouse_id: str) -> tuple[DeliveryOption, ...]:
        """The delivery options of a warehouse; ``kind`` is ``SEND_BY_SELLER`` for own carriers."""
        endpoint = endpoints.DELIVERY_OPTIONS
        data = self._gateway.call(endpoint, path={"id": warehouse_id})
        found = rows(data, "delivery_options", endpoint.label)
        make = DeliveryOptionWire.option
        return tuple(build(one, DeliveryOptionWire, make, endpoint.label) for one in found)

    def shipping_providers(self, delivery_option_id: str) -> tuple[ShippingProvider, ...]:
        """The carriers that may be named for a delivery option."""
        endpoint = endpoints.SHIPPING_PROVIDERS
        data = self._gateway.call(endpoint, path={"id": delivery_option_id})
        found = rows(data, "shipping_providers", endpoint.label)
        make = ProviderWire.provider
        return tuple(build(one, ProviderWire, make, endpoint.label) for one in found)


def _tracking(tracking: Tracking) -> dict[str, object]:
    return {"tracking_number": tracking.number, "shipping_provider_id": tracking.carrier_id}


def _package_of(row: BatchErrorWire) -> str:
    return row.detail.package_id if row.detail else ""
