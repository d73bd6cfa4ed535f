"""What staff do in Saleor, by the ready-made operations over HTTP, as somebody in the Dashboard."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from saleor_tiktok_stripe import jobs
from saleor_tiktok_stripe.saleor_api import get_saleor
from tests.support.shop import ConnectedShop

OPERATIONS = Path(__file__).resolve().parents[2] / "graphql" / "staff"
PUSH = "order.push"


@dataclass
class Staff:
    """One shop's staff; each deed is told to the marketplace by ``work``."""

    shop: ConnectedShop

    def __post_init__(self) -> None:
        self.shop.saleor.state.add_staff("staff-token", "staff@example.test")

    def _do(self, operation: str, **variables: Any) -> dict[str, Any]:
        document = (OPERATIONS / f"{operation}.graphql").read_text()
        answer = requests.post(
            self.shop.saleor.url,
            json={"query": document, "variables": variables},
            headers={"Authorization": "Bearer staff-token"},
            timeout=60,
        ).json()
        assert "errors" not in answer, answer
        data: dict[str, Any] = answer["data"][operation]
        assert not data["errors"], data["errors"]
        return data

    @property
    def _warehouse(self) -> str:
        channel = get_saleor().channel(self.shop.connection.channel_slug)
        return channel.warehouses[0].id

    def fulfill(self, order_id: str, *units: int, tracking: str = "", carrier: str = "USPS") -> str:
        """Ship so many of each line (none: all that is left); the fulfillment's id."""
        order = self.shop.read(order_id)
        wanted = units or [line.quantity_to_fulfill for line in order.lines]
        warehouse = self._warehouse
        lines = [
            {"orderLineId": line.id, "stocks": [{"quantity": n, "warehouse": warehouse}]}
            for line, n in zip(order.lines, wanted, strict=False)
            if n
        ]
        given = {"lines": lines, "trackingNumber": tracking, "notifyCustomer": False}
        made = self._do("orderFulfill", order=order.id, input=given)["fulfillments"][0]["id"]
        if carrier:
            self.note(made, carrier=carrier)
        return str(made)

    def note(self, object_id: str, **facts: str) -> None:
        """Write metadata."""
        get_saleor().set_metadata(object_id, facts)

    def track(self, fulfillment_id: str, number: str) -> None:
        given = {"trackingNumber": number, "notifyCustomer": False}
        self._do("orderFulfillmentUpdateTracking", id=fulfillment_id, input=given)

    def call_back(self, fulfillment_id: str) -> None:
        given = {"warehouseId": self._warehouse}
        self._do("orderFulfillmentCancel", id=fulfillment_id, input=given)

    def take_out(self, order_id: str, *units: int) -> None:
        """Take unshipped units out of the order."""
        order = self.shop.read(order_id)
        lines = [
            {"orderLineId": line.id, "quantity": n, "replace": False}
            for line, n in zip(order.lines, units, strict=False)
            if n
        ]
        self._do("orderFulfillmentReturnProducts", order=order.id, input={"orderLines": lines})

    def cancel(self, order_id: str) -> None:
        self._do("orderCancel", id=self.shop.link(order_id).saleor_order_id)

    def push(self, *order_ids: str) -> None:
        """As if a hook had told of these orders."""
        jobs.enqueue_many(PUSH, self.shop.connection, order_ids)
        self.shop.work()
