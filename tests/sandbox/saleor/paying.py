"""A storefront, its staff and a payment app for the sandbox Saleor.

The app is a real HTTP server that answers what a test puts into ``answers`` and remembers what it
was asked; it checks no signature but keeps it.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import requests

from saleor_tiktok_stripe.saleor_api.documents import document
from saleor_tiktok_stripe.sandbox.saleor import Product, SaleorSandbox

OPERATIONS = Path(__file__).parents[3] / "graphql"
GATEWAY = "saleor.tiktok_stripe"
SECRET = "a secret of saleor and the app"
EVENTS = {
    "PAYMENT_GATEWAY_INITIALIZE_SESSION": "paymentGatewayInitializeSession",
    "TRANSACTION_INITIALIZE_SESSION": "transactionInitializeSession",
    "TRANSACTION_PROCESS_SESSION": "transactionProcessSession",
    "TRANSACTION_CHARGE_REQUESTED": "transactionChargeRequested",
    "TRANSACTION_REFUND_REQUESTED": "transactionRefundRequested",
    "TRANSACTION_CANCELATION_REQUESTED": "transactionCancelationRequested",
}
ADDRESS = {
    "firstName": "Ada",
    "lastName": "Lovelace",
    "streetAddress1": "1600 Amphitheatre Pkwy",
    "city": "Mountain View",
    "postalCode": "94043",
    "country": "US",
    "countryArea": "CA",
}
SUMS = ("authorized", "charged", "refunded", "canceled")


def queries() -> dict[str, str]:
    """The subscriptions the sidecar registers with."""
    return {event: document(f"subscriptions/{name}") for event, name in EVENTS.items()}


@dataclass
class App:
    """``answers``: event -> (status, body) for every call, or a list of them, one per call."""

    url: str = ""
    answers: dict[str, Any] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)

    def answer(self, event: str) -> tuple[int, Any]:
        """The next one for this event."""
        found = self.answers.get(event, (200, {}))
        return found.pop(0) if isinstance(found, list) else found


@contextmanager
def payment_app() -> Iterator[App]:
    """A payment app on loopback."""
    app = App()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            event = self.headers["Saleor-Event"].upper()
            app.asked.append((event, json.loads(body)))
            app.headers.append(dict(self.headers))
            app.bodies.append(body)
            status, said = app.answer(event)
            sent = json.dumps(said, default=str).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        def log_message(self, *args: Any) -> None:
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    app.url = f"http://127.0.0.1:{server.server_address[1]}/webhooks/saleor/"
    try:
        yield app
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass
class Store:
    """Who talks to the sandbox: a buyer, staff, and the app itself."""

    sandbox: SaleorSandbox
    channel: str = "tiktok-us"

    def send(self, text: str, token: str = "", **variables: Any) -> dict[str, Any]:
        """The whole answer."""
        headers = {"Authorization-Bearer": token} if token else {}
        body = {"query": text, "variables": variables}
        reply = requests.post(
            self.sandbox.url,
            data=json.dumps(body, default=str),
            headers={"Content-Type": "application/json", **headers},
            timeout=30,
        )
        return reply.json()

    def run(self, name: str, token: str = "", **variables: Any) -> dict[str, Any]:
        """Answer of ``graphql/<name>.graphql``; fails on top-level errors."""
        said = self.send((OPERATIONS / f"{name}.graphql").read_text("utf-8"), token, **variables)
        assert "errors" not in said, said
        (payload,) = said["data"].values()
        return payload

    def staff(self, name: str, **variables: Any) -> dict[str, Any]:
        """As somebody in the Dashboard."""
        return self.run(f"staff/{name}", self.sandbox.staff_token, **variables)

    def checkout(self, quantity: int = 2) -> str:
        """A buyer's checkout, delivery chosen: 10.00 each, and 5.00 for shipping."""
        made = self.run(
            "storefront/checkoutCreate",
            input={
                "channel": self.channel,
                "email": "ada@example.com",
                "lines": [{"variantId": self.sandbox.state.by_sku["PEN"].id, "quantity": quantity}],
                "shippingAddress": ADDRESS,
                "billingAddress": ADDRESS,
            },
        )
        assert made["errors"] == []
        checkout = made["checkout"]
        chosen = self.run(
            "storefront/checkoutDeliveryMethodUpdate",
            id=checkout["id"],
            deliveryMethodId=checkout["shippingMethods"][0]["id"],
        )
        assert chosen["errors"] == []
        return str(checkout["id"])

    def initialize(self, source: str, **more: Any) -> dict[str, Any]:
        """``transactionInitialize`` with our gateway."""
        return self.run(
            "storefront/transactionInitialize",
            id=source,
            paymentGateway={"id": GATEWAY},
            **more,
        )

    def process(self, transaction: str) -> dict[str, Any]:
        """``transactionProcess``."""
        return self.run("storefront/transactionProcess", id=transaction)

    def complete(self, checkout: str) -> dict[str, Any]:
        """``checkoutComplete``."""
        return self.run("storefront/checkoutComplete", id=checkout)

    def payments(self, order: str) -> dict[str, Any]:
        """The order with its transactions."""
        return self.staff("orderPayments", id=order)

    def report(self, transaction: str, kind: str, reference: str, amount: str, **more: Any) -> Any:
        """``transactionEventReport`` as the app; the payload."""
        text = REPORT
        said = self.send(
            text,
            self.sandbox.token,
            id=transaction,
            type=kind,
            pspReference=reference,
            amount=amount,
            **more,
        )
        assert "errors" not in said, said
        return said["data"]["transactionEventReport"]


REPORT = """
mutation R($id: ID!, $type: TransactionEventTypeEnum!, $pspReference: String!,
    $amount: PositiveDecimal, $time: DateTime, $availableActions: [TransactionActionEnum!]) {
  transactionEventReport(id: $id, type: $type, pspReference: $pspReference, amount: $amount,
      time: $time, availableActions: $availableActions) {
    alreadyProcessed
    transactionEvent { type message }
    errors { field code message }
  }
}
"""


def sums(transaction: dict[str, Any]) -> dict[str, str]:
    """The amounts that are not zero."""
    names = [*SUMS, "authorizePending", "chargePending", "refundPending", "cancelPending"]
    amounts = {name: transaction[f"{name}Amount"]["amount"] for name in names}
    return {name: format(Decimal(str(amount)), ".2f") for name, amount in amounts.items() if amount}


def events(transaction: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Type, reference and amount of each."""
    return [
        (
            item["type"],
            item["pspReference"],
            format(Decimal(str(item["amount"]["amount"])), ".2f"),
        )
        for item in transaction["events"]
    ]


def pens(sandbox: SaleorSandbox, channel: str = "tiktok-us", **more: Any) -> None:
    """A channel that sells pens at 10.00 and ships for 5.00."""
    pen = Product("PEN", "", "Pen", Decimal("10.00"))
    sandbox.add_channel(channel, "USD", "US", [pen], shipping_price=Decimal("5.00"), **more)
