"""A storefront and its staff, over Saleor's GraphQL API, with the operations of ``graphql/``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import requests

from saleor_tiktok_stripe import conf

_OPERATIONS = Path(__file__).parents[3] / "graphql"
_ADDRESS = {
    "firstName": "Jordan",
    "lastName": "Rivers",
    "streetAddress1": "140 Sample Road",
    "city": "Columbus",
    "postalCode": "43215",
    "country": "US",
    "countryArea": "OH",
}
_TIMEOUT = 60


class Refused(Exception):
    """Saleor answered with errors."""


@dataclass(frozen=True)
class Money:
    """What an order's payment came to in Saleor. Major units."""

    charged: Decimal
    refunded: Decimal
    pending: Decimal


@dataclass(frozen=True)
class Shop:
    """``token`` is a staff member's; the storefront uses none."""

    url: str
    token: str = field(repr=False)

    def checkout(self, channel: str, variant_id: str) -> tuple[str, Decimal]:
        """An anonymous buyer's checkout, delivery chosen; its id and total."""
        made = self._run(
            "storefront/checkoutCreate",
            input={
                "channel": channel,
                "email": "jordan@example.com",
                "lines": [{"variantId": variant_id, "quantity": 3}],
                "shippingAddress": _ADDRESS,
                "billingAddress": _ADDRESS,
            },
        )["checkout"]
        done = self._run(
            "storefront/checkoutDeliveryMethodUpdate",
            id=made["id"],
            deliveryMethodId=made["shippingMethods"][0]["id"],
        )["checkout"]
        return made["id"], Decimal(str(done["totalPrice"]["gross"]["amount"]))

    def begin(self, checkout_id: str) -> tuple[str, str]:
        """Ask the gateway how to pay, then begin; the transaction's and the payment's id."""
        gateway = {"id": conf.PLUGIN_ID}
        configs = self._run(
            "storefront/paymentGatewayInitialize", id=checkout_id, paymentGateways=[gateway]
        )["gatewayConfigs"]
        if configs[0]["errors"] or not configs[0]["data"]["publishableKey"]:
            raise Refused(f"No payment here: {configs[0]['errors']}")
        begun = self._run(
            "storefront/transactionInitialize",
            id=checkout_id,
            idempotencyKey=checkout_id,
            paymentGateway=gateway,
        )
        return begun["transaction"]["id"], begun["data"]["paymentIntentId"]

    def process(self, transaction_id: str) -> str:
        """How the payment stands; the event's type."""
        answer = self._run("storefront/transactionProcess", id=transaction_id)
        return str(answer["transactionEvent"]["type"])

    def complete(self, checkout_id: str) -> tuple[str, str]:
        """Make the order; its id and number."""
        order = self._run("storefront/checkoutComplete", id=checkout_id)["order"]
        return order["id"], order["number"]

    def capture(self, transaction_id: str, amount: Decimal) -> None:
        """Staff capture a part."""
        self._run("staff/transactionCapture", staff=True, id=transaction_id, amount=str(amount))

    def refund(self, transaction_id: str, amount: Decimal) -> None:
        """Staff refund a part."""
        self._run("staff/transactionRefund", staff=True, id=transaction_id, amount=str(amount))

    def money(self, order_id: str) -> Money:
        """Sums of the order's transactions."""
        order = self._send("staff/orderPayments", {"id": order_id}, self.token)["order"]
        rows = order["transactions"]
        return Money(
            _sum(rows, "chargedAmount"),
            _sum(rows, "refundedAmount"),
            _sum(rows, "chargePendingAmount") + _sum(rows, "refundPendingAmount"),
        )

    def shipments(self, order_id: str) -> dict[str, Any]:
        """The order's state, lines and fulfillments."""
        order: dict[str, Any] = self._send("staff/orderShipments", {"id": order_id}, self.token)[
            "order"
        ]
        return order

    def fulfill(
        self, order_id: str, quantities: Mapping[str, int], warehouse_id: str, tracking: str
    ) -> str:
        """Staff ship units (by order line id); the fulfillment's id."""
        lines = [
            {"orderLineId": line, "stocks": [{"quantity": count, "warehouse": warehouse_id}]}
            for line, count in quantities.items()
        ]
        made = self._run(
            "staff/orderFulfill",
            staff=True,
            order=order_id,
            input={
                "lines": lines,
                "trackingNumber": tracking,
                "notifyCustomer": False,
                "allowStockToBeExceeded": True,
            },
        )
        return str(made["fulfillments"][0]["id"])

    def cancel(self, order_id: str) -> None:
        """Staff cancel a whole order."""
        self._run("staff/orderCancel", staff=True, id=order_id)

    def take_out(self, order_id: str, quantities: Mapping[str, int]) -> None:
        """Staff take unshipped units (by order line id) out of an order."""
        lines = [{"orderLineId": line, "quantity": n} for line, n in quantities.items()]
        self._run(
            "staff/orderFulfillmentReturnProducts",
            staff=True,
            order=order_id,
            input={"orderLines": lines, "refund": False},
        )

    def set_stock(self, variant_id: str, warehouse_id: str, quantity: int) -> None:
        """Staff count a variant's stock."""
        self._run(
            "staff/productVariantStocksUpdate",
            staff=True,
            variantId=variant_id,
            stocks=[{"warehouse": warehouse_id, "quantity": quantity}],
        )

    def tiktok_payment(self, order_id: str) -> tuple[str, Money]:
        """The transaction that shows what TikTok took from the buyer, and its sums."""
        order = self._send("staff/orderPayments", {"id": order_id}, self.token)["order"]
        [row] = [
            one
            for one in order["transactions"]
            if one["pspReference"].startswith("tiktok:")
            and not one["pspReference"].endswith(":platform")
        ]
        money = Money(
            _sum([row], "chargedAmount"),
            _sum([row], "refundedAmount"),
            _sum([row], "refundPendingAmount"),
        )
        return str(row["id"]), money

    def _run(self, name: str, *, staff: bool = False, **variables: Any) -> dict[str, Any]:
        data = self._send(name, variables, self.token if staff else "")
        payload: dict[str, Any] = next(iter(data.values()))
        if payload["errors"]:
            raise Refused(f"{name}: {payload['errors'][0]['message']}")
        return payload

    def _send(self, name: str, variables: Mapping[str, Any], token: str) -> dict[str, Any]:
        reply = requests.post(
            self.url,
            json={
                "query": (_OPERATIONS / f"{name}.graphql").read_text("utf-8"),
                "variables": variables,
            },
            headers={"Authorization": f"Bearer {token}"} if token else {},
            timeout=_TIMEOUT,
        )
        body = reply.json()
        if body.get("errors"):
            raise Refused(f"{name}: {body['errors'][0]['message']}")
        data: dict[str, Any] = body["data"]
        return data


def _sum(rows: list[dict[str, Any]], name: str) -> Decimal:
    return sum((Decimal(str(row[name]["amount"])) for row in rows), Decimal(0))
