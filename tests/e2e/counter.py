"""A storefront's counter: buyers and staff at Saleor's GraphQL API, whichever Saleor, and the
sandbox Stripe behind it.

One account serves two channels: in ``LATER`` payments are authorized first, in ``NOW`` charged at
once. Every sale is 20.00 of goods and 5.00 for shipping, and nobody else's.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol

import requests
from django.test import override_settings
from django.utils import timezone

from saleor_tiktok_stripe import conf, inbox, jobs
from saleor_tiktok_stripe.accounts.stripe import vendor
from saleor_tiktok_stripe.jobs import clock, kinds
from saleor_tiktok_stripe.jobs.single import work_on
from saleor_tiktok_stripe.models import Connection, Dispute, Job, Vendor
from saleor_tiktok_stripe.saleor_api import get_saleor, writer
from saleor_tiktok_stripe.sandbox.stripe import StripeSandbox
from saleor_tiktok_stripe.sandbox.stripe.control import Control
from tests.accounts.stripe.conftest import ALL_SCOPES
from tests.support.serving import served

from .stage import Level

OPERATIONS = Path(__file__).parents[2] / "graphql"
LATER, NOW = "tiktok-us", "tiktok-now"
GATEWAY = {"id": conf.PLUGIN_ID}
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
PENDING = ("authorizePending", "chargePending", "refundPending", "cancelPending")


class PaySide(Protocol):
    """What differs between a sandbox Saleor and a real one. ``api`` is its GraphQL address."""

    api: str
    staff_token: str

    def save_settings(self, channel: str, **fields: str) -> dict[str, str]:
        """Save the plugin's form of a channel as its host does; what it shows then."""

    def variant(self, channel: str) -> str:
        """The id of an article at 10.00."""

    def level(self, channel: str) -> Level:
        """The stock of that article."""

    def wait(self) -> None:
        """Until Saleor has told us all that its staff asked for."""


@dataclass
class Counter:
    """``stripe``: what may be done to the account from outside."""

    stripe: Control
    side: PaySide
    url: str

    # --- the merchant -------------------------------------------------------------------------

    def open(self, channel: str) -> None:
        """Enter the account's keys; verified, with its webhook endpoint, when this returns."""
        self.enter(channel, self.stripe.restricted_key(*ALL_SCOPES))

    def enter(self, channel: str, secret_key: str) -> dict[str, str]:
        shown = self.side.save_settings(
            channel,
            stripe_secret_key=secret_key,
            stripe_publishable_key=self.stripe.publishable_key,
        )
        self.settle()
        return shown

    def connection(self, channel: str) -> Connection:
        return Connection.objects.get(vendor=Vendor.STRIPE, channel_slug=channel)

    # --- the buyer ----------------------------------------------------------------------------

    def sale(self, channel: str, source: str = "") -> Sale:
        """A payment that was begun, of a new checkout or (``source``) of an order."""
        checkout = source or self.checkout(channel)
        [config] = self.run(
            "storefront/paymentGatewayInitialize", id=checkout, paymentGateways=[GATEWAY]
        )["gatewayConfigs"]
        assert config["errors"] == []
        assert config["data"]["publishableKey"] == self.stripe.publishable_key
        begun = self.run("storefront/transactionInitialize", id=checkout, paymentGateway=GATEWAY)
        kind = begun["transactionEvent"]["type"]
        assert kind == f"{'AUTHORIZATION' if channel == LATER else 'CHARGE'}_ACTION_REQUIRED", begun
        order = source if source else ""
        return Sale(self, channel, checkout, begun["transaction"]["id"], begun["data"], order)

    def checkout(self, channel: str) -> str:
        made = self.run(
            "storefront/checkoutCreate",
            input={
                "channel": channel,
                "email": "ada@example.com",
                "lines": [{"variantId": self.side.variant(channel), "quantity": 2}],
                "shippingAddress": ADDRESS,
                "billingAddress": ADDRESS,
            },
        )["checkout"]
        done = self.run(
            "storefront/checkoutDeliveryMethodUpdate",
            id=made["id"],
            deliveryMethodId=made["shippingMethods"][0]["id"],
        )["checkout"]
        assert done["totalPrice"]["gross"] == {"amount": 25.0, "currency": "USD"}
        return str(made["id"])

    # --- Saleor's API -------------------------------------------------------------------------

    def run(self, name: str, *, staff: bool = False, **variables: Any) -> dict[str, Any]:
        """The one field of ``graphql/<name>.graphql``; it must have brought no errors."""
        value = self.ask(name, staff=staff, **variables)
        assert value.get("errors", []) == [], value
        return value

    def ask(self, name: str, *, staff: bool = False, **variables: Any) -> dict[str, Any]:
        """The same with whatever errors the mutation has."""
        reply = requests.post(
            self.side.api,
            json={
                "query": (OPERATIONS / f"{name}.graphql").read_text("utf-8"),
                "variables": variables,
            },
            headers={"Authorization": f"Bearer {self.side.staff_token}"} if staff else {},
            timeout=60,
        ).json()
        assert "errors" not in reply, reply
        [value] = reply["data"].values()
        assert isinstance(value, dict)
        return value

    # --- what comes of it ---------------------------------------------------------------------

    def settle(self) -> None:
        """Saleor's requests arrive, Stripe delivers its notifications, workers do what is due."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            self.side.wait()
            before = len(self.stripe.attempts())
            delivered = self.stripe.deliver()
            assert {one.answer for one in self.stripe.attempts()[before:]} <= {200}
            if not self.work() and not delivered:
                return
        raise AssertionError("the jobs do not end")

    def work(self) -> int:
        """Run what waits for payments, also for a later time; how much that was."""
        waiting = Job.objects.filter(status="queued", connection__vendor=Vendor.STRIPE)
        waiting.update(run_after=timezone.now())
        return jobs.work(deadline_seconds=60).handled

    def later(self, channel: str, kind: str, seconds: float) -> None:
        """One of the jobs that come round by themselves, so much later; now what it asked for."""
        connection = self.connection(channel)
        jobs.enqueue(kind, connection)
        with clock.turned(seconds):
            assert work_on(kind, connection, "")
        while self.work():
            """Until nothing is left."""


@dataclass
class Sale:
    """One checkout, its payment, and the order it became."""

    counter: Counter
    channel: str
    checkout: str
    transaction: str
    data: dict[str, Any] = field(repr=False)
    order: str = ""

    @property
    def payment(self) -> str:
        return str(self.data["paymentIntentId"])

    # --- the buyer

    def confirm(self, method: str = "pm_card_visa") -> int:
        """Pay in the browser, as Stripe.js does; the HTTP status."""
        return requests.post(
            f"{self.counter.stripe.world.base_url}/v1/payment_intents/{self.payment}/confirm",
            auth=(self.data["publishableKey"], ""),
            data={
                "client_secret": self.data["clientSecret"],
                "payment_method": method,
                "return_url": "https://shop.example.com/thanks",
            },
            timeout=30,
        ).status_code

    def process(self) -> tuple[str, str]:
        """How it ended: the event's type and words."""
        said = self.counter.run("storefront/transactionProcess", id=self.transaction)
        return said["transactionEvent"]["type"], said["transactionEvent"]["message"] or ""

    def complete(self) -> None:
        """The checkout becomes an order, which is then heard of everywhere."""
        done = self.counter.run("storefront/checkoutComplete", id=self.checkout)
        self.order = done["order"]["id"]
        self.counter.settle()

    def paid(self, method: str = "pm_card_visa") -> Sale:
        """Confirmed, looked at, completed."""
        assert self.confirm(method) == 200
        assert self.process()[0].endswith("_SUCCESS")
        self.complete()
        return self

    # --- staff

    def capture(self, amount: str | None = None) -> None:
        self._staff("transactionCapture", amount)

    def refund(self, amount: str | None = None) -> None:
        self._staff("transactionRefund", amount)

    def cancel(self) -> None:
        self._staff("transactionCancel", None)

    def _staff(self, name: str, amount: str | None) -> None:
        amounts = {} if amount is None else {"amount": amount}
        self.counter.run(f"staff/{name}", staff=True, id=self.transaction, **amounts)

    def grant(self, amount: str) -> str:
        made = self.counter.run(
            "staff/orderGrantRefundCreate",
            staff=True,
            id=self.order,
            input={"amount": amount, "reason": "Came late", "transactionId": self.transaction},
        )
        return str(made["grantedRefund"]["id"])

    def pay_grant(self, grant: str) -> None:
        name = "staff/transactionRequestRefundForGrantedRefund"
        self.counter.run(name, staff=True, grantedRefundId=grant)

    # --- the bank

    def dispute(self, **options: Any) -> Dispute:
        """The bank asks, and we have heard of it."""
        dispute_id = self.counter.stripe.dispute(self.payment, **options)
        self.counter.settle()
        return Dispute.objects.select_related("charge__connection").get(dispute_id=dispute_id)

    # --- looking

    def books(self) -> dict[str, Any]:
        """How the order and its money stand: charge and authorize status, the order's own two
        totals, the sums that are not zero, granted refunds. Settles first."""
        self.counter.settle()
        return self.books_now()

    def books_now(self) -> dict[str, Any]:
        """The same as it is this moment."""
        shown = self.shown()
        [paid] = shown["transactions"]
        sums = {name: paid[f"{name}Amount"]["amount"] for name in (*SUMS, *PENDING)}
        totals = [money(shown[f"total{name}"]["amount"]) for name in ("Charged", "Authorized")]
        found: dict[str, Any] = {
            "order": f"{shown['chargeStatus']} {shown['authorizeStatus']} {' '.join(totals)}"
        }
        found |= {name: money(amount) for name, amount in sums.items() if amount}
        grants = [one["status"] for one in shown["grantedRefunds"]]
        return found | ({"grants": grants} if grants else {})

    def events(self) -> list[str]:
        """Type and amount of all that Saleor keeps of it, sorted, notes (INFO) left out."""
        [paid] = self.shown()["transactions"]
        return sorted(
            f"{one['type']} {money(one['amount']['amount'])}"
            for one in paid["events"]
            if one["type"] != "INFO"
        )

    def notes(self) -> list[str]:
        """The words of the notes."""
        [paid] = self.shown()["transactions"]
        return [one["message"] for one in paid["events"] if one["type"] == "INFO"]

    def words(self, kind: str) -> list[str]:
        """The words of the events of a type."""
        [paid] = self.shown()["transactions"]
        return [one["message"] for one in paid["events"] if one["type"] == kind]

    def actions(self) -> list[str]:
        [paid] = self.shown()["transactions"]
        return sorted(paid["actions"])

    def shown(self) -> dict[str, Any]:
        return self.counter.ask("staff/orderPayments", staff=True, id=self.order)

    def at_stripe(self) -> dict[str, str]:
        """Stripe's own totals that are not zero."""
        found = self.counter.stripe.totals(self.payment)
        names = ("authorized", "charged", "refunded", "refund_pending", "charged_back")
        return {
            name: money(Decimal(getattr(found, name)) / 100)
            for name in names
            if getattr(found, name)
        }

    def refunds(self) -> list[dict[str, Any]]:
        """The refunds that Stripe has of it."""
        made = self.counter.stripe.objects("refund")
        return [one for one in made if one["payment_intent"] == self.payment]

    def sent(self, path: str) -> int:
        """How many writes about this payment to ``/v1/<path>`` reached Stripe."""
        calls = self.counter.stripe.calls("POST", f"/v1/{path.format(id=self.payment)}")
        return sum(one.params.get("payment_intent", self.payment) == self.payment for one in calls)


def money(amount: Any) -> str:
    return f"{Decimal(str(amount)):.2f}"


@contextmanager
def charging(**settings: Any) -> Iterator[tuple[StripeSandbox, str]]:
    """This app over HTTP, configured to use a sandbox Stripe; that Stripe and our address."""
    with StripeSandbox(seed=5) as stripe, served() as url:
        values = {
            "TIKTOK_STRIPE_SANDBOX": "1",
            "TIKTOK_STRIPE_PUBLIC_URL": url,
            "TIKTOK_STRIPE_STRIPE_API_URL": stripe.base_url,
            "TIKTOK_STRIPE_STRIPE_CONNECT_URL": stripe.connect_url,
            "TIKTOK_STRIPE_STRIPE_FILES_URL": stripe.files_url,
        }
        with override_settings(**values | settings), writer():
            forget()
            kinds.register_all()
            yield stripe, url
        forget()


def forget() -> None:
    """What this process remembers of other addresses, and of calls that failed."""
    get_saleor.cache_clear()
    inbox.forget()
    vendor._door.cache_clear()


def opened(counter: Counter) -> Counter:
    """Both channels connected to the one account: how every scenario finds it."""
    for channel in (LATER, NOW):
        counter.open(channel)
        assert counter.connection(channel).state == "active"
    return counter
