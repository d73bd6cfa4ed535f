"""A channel that takes payments: the sandbox Stripe, the sandbox Saleor and a connection."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django.test import override_settings

from saleor_tiktok_stripe import inbox, jobs, payments
from saleor_tiktok_stripe.accounts.stripe import vendor
from saleor_tiktok_stripe.inbox import doors
from saleor_tiktok_stripe.jobs import clock, kinds
from saleor_tiktok_stripe.models import Charge, Connection, ConnectionState, Job, Vendor
from saleor_tiktok_stripe.saleor_api import get_saleor
from saleor_tiktok_stripe.saleor_api.transactions import (
    ActionRequest,
    PaymentTransaction,
    SessionAnswer,
    SessionRequest,
)
from saleor_tiktok_stripe.sandbox.saleor import Product, SaleorSandbox
from saleor_tiktok_stripe.sandbox.saleor.ids import global_id
from saleor_tiktok_stripe.sandbox.saleor.records import Checkout, Event, Found, Order, Transaction
from saleor_tiktok_stripe.sandbox.saleor.sessions import _apply
from saleor_tiktok_stripe.sandbox.stripe import StripeSandbox
from saleor_tiktok_stripe.sandbox.stripe.control import Control
from saleor_tiktok_stripe.stripe_api.webhooks import EVENTS

from .factories import make_connection
from .shop import ConnectedShop

CHANNEL = "tiktok-us"
PUBLIC_URL = "http://127.0.0.1:8000"
HOOK = f"{PUBLIC_URL}/plugins/channel/{CHANNEL}/saleor.tiktok_stripe/webhooks/stripe/"
SETTLED = 120.0
_ENDS = ("_SUCCESS", "_FAILURE", "_REQUEST")


@dataclass
class Till:
    """``control`` is this account's, ``work()`` runs what is due."""

    stripe: StripeSandbox
    saleor: SaleorSandbox
    control: Control
    connection: Connection

    # --- the buyer, through Saleor

    def begin(
        self, amount: str = "25.00", flow: str = "CHARGE", currency: str = "USD"
    ) -> SessionRequest:
        """A transaction in Saleor as ``transactionInitialize`` leaves it before it asks us."""
        checkout = self._checkout()
        item = Transaction("", "", "", "", [], None, None, self.saleor.app.key, datetime.now(UTC))
        found = self.saleor.state.pay(checkout, item)
        whole = Decimal(amount)
        item.events.append(Event(f"{flow}_REQUEST", whole, "", "", datetime.now(UTC), counts=False))
        return SessionRequest(
            transaction_id=global_id("TransactionItem", found.key),
            channel_slug=CHANNEL,
            source="checkout",
            source_id=global_id("Checkout", checkout.key),
            flow=flow,  # type: ignore[arg-type]
            amount=whole,
            currency=currency,
            idempotency_key="storefront-1",
            email="ada@example.com",
        )

    def initialize(self, request: SessionRequest) -> SessionAnswer:
        answer = payments.initialize(request)
        self.record(request, answer)
        return answer

    def process(self, request: SessionRequest) -> SessionAnswer | None:
        """As Saleor: None when something final counts, and nobody is asked."""
        item = self.found(request).item
        if any(one.type.endswith(_ENDS) and one.counts for one in item.events):
            return None
        answer = payments.process(request)
        self.record(request, answer)
        return answer

    def record(self, request: SessionRequest, answer: SessionAnswer) -> None:
        """What Saleor makes of an answer."""
        found = self.found(request)
        first = next(one for one in found.item.events if not one.counts)
        said = {
            "result": answer.result,
            "amount": str(answer.amount),
            "pspReference": answer.psp_reference,
            "message": answer.message,
            "externalUrl": answer.external_url,
            "actions": list(answer.actions),
            "data": dict(answer.data),
            "paymentMethodDetails": asdict(answer.method) if answer.method else None,
        }
        _apply(found, first, self.saleor.app, said)

    def pay(
        self, amount: str = "25.00", flow: str = "CHARGE", method: str = "pm_card_visa"
    ) -> SessionRequest:
        """Begun and paid at Stripe; nobody looked yet."""
        request = self.begin(amount, flow)
        self.control.pay(self.initialize(request).psp_reference, method)
        return request

    def paid(self, amount: str = "25.00", flow: str = "CHARGE") -> SessionRequest:
        """Begun, paid, and known everywhere."""
        request = self.pay(amount, flow)
        self.sync(request)
        return request

    # --- staff

    def ask(self, request: SessionRequest, kind: str, amount: str) -> ActionRequest:
        """``transactionRequestAction``: recorded, without a reference until we answer."""
        asked = Event(f"{kind}_REQUEST", Decimal(amount), "", "", datetime.now(UTC), counts=False)
        self.found(request).item.events.append(asked)
        return ActionRequest(
            transaction_id=request.transaction_id,
            event_id=f"event-{uuid4()}",
            channel_slug=CHANNEL,
            kind=kind,  # type: ignore[arg-type]
            amount=Decimal(amount),
            currency="USD",
            actor="staff@example.com",
        )

    # --- looking

    def charge(self, request: SessionRequest) -> Charge:
        return Charge.objects.get(transaction_id=request.transaction_id)

    def transaction(self, request: SessionRequest) -> PaymentTransaction:
        found = get_saleor().transaction(request.transaction_id)
        assert found is not None
        return found

    def sums(self, request: SessionRequest) -> dict[str, str]:
        """The amounts in Saleor that are not zero."""
        found = self.transaction(request)
        names = ("authorized", "charged", "refunded", "canceled", "authorize_pending")
        names += ("charge_pending", "refund_pending", "cancel_pending")
        amounts = {name: getattr(found, name) for name in names}
        return {name: f"{amount:.2f}" for name, amount in amounts.items() if amount}

    def counted(self, request: SessionRequest) -> list[str]:
        """Types of the events that move money for good."""
        ends = ("_SUCCESS", "_FAILURE", "_BACK", "_REVERSE")
        events = self.transaction(request).events
        return [one.type for one in events if one.counts and one.type.endswith(ends)]

    def sent(self, path: str) -> int:
        """How many calls were made to an address that ends like this and succeeded."""
        return len([one for one in self.control.calls("POST", path) if one.status == 200])

    def found(self, request: SessionRequest) -> Found:
        state = self.saleor.state
        kept = {global_id("TransactionItem", key): key for key in state.payers}
        key = kept[request.transaction_id]
        owner: Checkout | Order = state.payers[key]
        return Found(owner, next(one for one in owner.transactions if one.key == key), key)

    # --- work

    def work(self) -> None:
        for _ in range(50):
            if not jobs.work(deadline_seconds=60).handled:
                return
        raise AssertionError("the jobs do not end")

    def run_all(self) -> None:
        """Run also what waits for a later time."""
        Job.objects.filter(status="queued").update(run_after=datetime.now(UTC))
        self.work()

    def sync(self, request: SessionRequest) -> None:
        jobs.enqueue("payment.sync", self.connection, self.charge(request).payment_id)
        self.work()

    def run(self, kind: str) -> Job:
        """One job of this kind, and what it asks for; the job."""
        jobs.enqueue(kind, self.connection)
        self.work()
        return Job.objects.filter(kind=kind).latest("id")

    def deliver(self) -> int:
        """Stripe sends its notifications to us."""

        def send(url: str, body: bytes, header: str) -> int:
            return inbox.receive(Vendor.STRIPE, CHANNEL, body, header).status

        return self.control.deliver(send)

    def set_policy(self, **values: Any) -> None:
        self.connection.policy = {**self.connection.policy, **values}
        self.connection.save(update_fields=["policy"])

    def _checkout(self) -> Checkout:
        state = self.saleor.state
        key = uuid4().int
        state.checkouts[key] = Checkout(
            key=key,
            channel=state.channels[CHANNEL],
            created=datetime.now(UTC),
            email="ada@example.com",
            language="EN",
            lines=[],
            billing_address=None,
            shipping_address=None,
        )
        return state.checkouts[key]


@contextmanager
def open_till(**options: Any) -> Iterator[Till]:
    """Everything connected, with a webhook endpoint."""
    with StripeSandbox(**options) as stripe, SaleorSandbox() as saleor:
        pen = Product("PEN", "", "Pen", Decimal("10.00"))
        saleor.add_channel(CHANNEL, "USD", "US", [pen], shipping_price=Decimal("5.00"))
        settings = {
            "TIKTOK_STRIPE_SANDBOX": "1",
            "TIKTOK_STRIPE_PUBLIC_URL": PUBLIC_URL,
            "TIKTOK_STRIPE_STRIPE_API_URL": stripe.base_url,
            "TIKTOK_STRIPE_STRIPE_CONNECT_URL": stripe.connect_url,
            "TIKTOK_STRIPE_STRIPE_FILES_URL": stripe.files_url,
            "SALEOR_API_URL": saleor.url,
            "SALEOR_APP_TOKEN": saleor.token,
        }
        with override_settings(**settings):
            get_saleor.cache_clear()
            kinds.register_all()
            doors.forget()
            vendor._door.cache_clear()  # breakers, pauses and limits of the test before
            yield Till(stripe, saleor, stripe.control, connect_stripe(stripe))
            get_saleor.cache_clear()


def connect_stripe(stripe: StripeSandbox, channel: str = CHANNEL) -> Connection:
    """An active connection to the sandbox's first account."""
    secret = stripe.control.add_endpoint(HOOK, EVENTS)
    return make_connection(
        channel,
        vendor=Vendor.STRIPE,
        state=ConnectionState.ACTIVE,
        account_id=stripe.account_id,
        account_handle="",
        livemode=False,
        credentials={
            "mode": "api_key",
            "secret_key": stripe.secret_key,
            "publishable_key": stripe.publishable_key,
            "webhook_secrets": [secret],
            "endpoint_id": "",
            "client_id": "",
        },
    )


@dataclass
class Mirror:
    """A TikTok shop and a Stripe account on one channel."""

    shop: ConnectedShop
    control: Control
    connection: Connection

    def sell(self) -> str:
        """An order paid at TikTok and imported; its id there."""
        order_id = self.shop.tiktok.create_order(status="AWAITING_SHIPMENT")
        self.shop.sync(order_id)
        return order_id

    def run(self) -> None:
        """The mirror's job, once rows have settled."""
        with clock.turned(SETTLED):
            jobs.enqueue("payments.mirror", self.connection)
            self.shop.work()

    def run_all(self) -> None:
        """Also what waits for a later time."""
        with clock.turned(SETTLED):
            self.shop.run_all()


@contextmanager
def mirrored_shop(shop: ConnectedShop) -> Iterator[Mirror]:
    """A Stripe account on the shop's channel, with the mirror switched on."""
    with StripeSandbox() as stripe:
        settings = {
            "TIKTOK_STRIPE_PUBLIC_URL": PUBLIC_URL,
            "TIKTOK_STRIPE_STRIPE_API_URL": stripe.base_url,
        }
        with override_settings(**settings):
            vendor._door.cache_clear()  # breakers, pauses and limits of the test before
            connection = connect_stripe(stripe, shop.connection.channel_slug)
            connection.policy = {"mirror_tiktok": True}
            connection.save(update_fields=["policy"])
            yield Mirror(shop, stripe.control, connection)
