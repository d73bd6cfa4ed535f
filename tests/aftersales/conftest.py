"""Charges that were really paid: the sandbox Stripe, the sandbox Saleor, a connection between."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.test import override_settings

from saleor_tiktok_stripe import accounts, jobs
from saleor_tiktok_stripe.accounts.stripe import vendor
from saleor_tiktok_stripe.jobs import kinds
from saleor_tiktok_stripe.models import Charge, Connection, Dispute, Job, RefundRequest
from saleor_tiktok_stripe.payments import following
from saleor_tiktok_stripe.saleor_api import get_saleor
from saleor_tiktok_stripe.saleor_api.transactions import ActionRequest, PaymentTransaction
from saleor_tiktok_stripe.sandbox.saleor import SaleorSandbox
from saleor_tiktok_stripe.sandbox.stripe import StripeSandbox
from saleor_tiktok_stripe.sandbox.stripe.control import Control
from saleor_tiktok_stripe.stripe_api.client import StripeClient
from saleor_tiktok_stripe.stripe_api.types import NewPayment
from tests.sandbox.saleor.paying import SECRET, App, Store, payment_app, pens, queries
from tests.support.factories import make_stripe_connection
from tests.support.shop import ConnectedShop, connected_shop


@dataclass
class Till:
    """A channel that takes payments: ``stripe`` controls its account, ``store`` its storefront."""

    stripe: Control
    store: Store
    app: App
    connection: Connection

    @property
    def client(self) -> StripeClient:
        return accounts.stripe_client(self.connection)

    @property
    def saleor(self) -> SaleorSandbox:
        return self.store.sandbox

    def pay(self, method: str = "pm_card_visa", *, order: bool = True) -> Charge:
        """A checkout of 25.00 USD that was paid, seen, and (``order``) became an order."""
        made = self.client.create_payment(
            NewPayment(
                amount=Decimal("25.00"),
                currency="USD",
                capture_later=False,
                metadata={},
                payment_method=method,
                confirm=True,
                allow_redirects=False,
            ),
            key=f"pay-{self.connection.pk}-{Charge.objects.count()}",
        )
        self.app.answers["TRANSACTION_INITIALIZE_SESSION"] = (
            200,
            {"pspReference": made.id, "result": "CHARGE_ACTION_REQUIRED", "amount": "25.00"},
        )
        checkout = self.store.checkout()
        begun = self.store.initialize(checkout)
        charge = Charge.objects.create(
            connection=self.connection,
            transaction_id=begun["transaction"]["id"],
            checkout_id=checkout,
            flow="charge",
            amount=Decimal("25.00"),
            currency="USD",
            payment_id=made.id,
        )
        self.sync(charge)
        if order:
            assert self.store.complete(checkout)["errors"] == []
            self.sync(charge)
        charge.refresh_from_db()
        return charge

    def sync(self, charge: Charge) -> None:
        """As if a notification about the payment had come in."""
        following.sync_payment(self.connection, charge.payment_id)

    def work(self) -> None:
        """Run what is due."""
        for _ in range(20):
            if not jobs.work(deadline_seconds=60).handled:
                return
        raise AssertionError("the jobs do not end")

    def again(self) -> None:
        """Run also what waits for a later time, as if that time had come."""
        Job.objects.filter(status="queued").update(run_after=datetime.now(UTC))
        self.work()

    def until(self, condition: Callable[[], bool]) -> None:
        """Run what is due until ``condition``: our door rests a second after a limit was met."""
        deadline = time.monotonic() + 60
        while not condition():
            assert time.monotonic() < deadline, "it never came about"
            self.again()
            time.sleep(0.05)

    def ask(
        self, charge: Charge, amount: str | None, event: str = "RXZlbnQ6MQ==", **fields: Any
    ) -> ActionRequest:
        """What Saleor hands over when staff asks for a refund."""
        values: dict[str, Any] = {
            "transaction_id": charge.transaction_id,
            "event_id": event,
            "channel_slug": "tiktok-us",
            "kind": "REFUND",
            "amount": None if amount is None else Decimal(amount),
            "currency": "USD",
            "actor": "ada@example.com",
        }
        return ActionRequest(**(values | fields))

    def refunds(self, charge: Charge) -> list[RefundRequest]:
        return list(RefundRequest.objects.filter(charge=charge).order_by("created_at", "pk"))

    def at_stripe(self, charge: Charge) -> list[tuple[int, str]]:
        """The refunds that Stripe made for it: amount in cents, status."""
        rows = self.stripe.objects("refund")
        return [
            (row["amount"], row["status"])
            for row in rows
            if row["payment_intent"] == charge.payment_id
        ]

    def told(self, charge: Charge) -> list[tuple[str, str, str]]:
        """Events of the transaction that are not of the payment itself."""
        found = self.transaction(charge)
        return [
            (event.type, event.psp_reference, f"{event.amount:.2f}")
            for event in found.events
            if event.psp_reference not in {charge.payment_id, ""}
        ]

    def sums(self, charge: Charge) -> tuple[str, str]:
        """Charged and refunded in Saleor."""
        found = self.transaction(charge)
        return f"{found.charged:.2f}", f"{found.refunded:.2f}"

    def transaction(self, charge: Charge) -> PaymentTransaction:
        found = get_saleor().transaction(charge.transaction_id)
        assert found is not None
        return found

    def disputed(self, charge: Charge, **options: Any) -> Dispute:
        """Somebody disputes the charge, and we have seen it."""
        dispute_id = self.stripe.dispute(charge.payment_id, **options)
        self.stripe.settle()
        self.sync(charge)
        return Dispute.objects.select_related("charge__connection").get(dispute_id=dispute_id)

    def posts(self, path: str) -> int:
        """How many writes to this address Stripe got."""
        return len(self.stripe.calls("POST", path))


@pytest.fixture(scope="session")
def stripe_server() -> Iterator[StripeSandbox]:
    with StripeSandbox(seed=7, clock_rate=0) as running:
        yield running


@pytest.fixture
def till(stripe_server: StripeSandbox, transactional_db: None) -> Iterator[Till]:
    control = stripe_server.control.new_account()
    with payment_app() as app, SaleorSandbox() as saleor:
        saleor.courier.first_pause = 0.01
        pens(saleor)
        saleor.add_webhooks(app.url, SECRET, queries())
        settings = {
            "TIKTOK_STRIPE_SANDBOX": "1",
            "TIKTOK_STRIPE_STRIPE_API_URL": stripe_server.base_url,
            "TIKTOK_STRIPE_STRIPE_FILES_URL": stripe_server.files_url,
            "SALEOR_API_URL": saleor.url,
            "SALEOR_APP_TOKEN": saleor.token,
        }
        with override_settings(**settings):
            get_saleor.cache_clear()
            vendor._door.cache_clear()
            kinds.register_all()
            connection = make_stripe_connection(
                secret_key=control.secret_key, account_id=control.account_id
            )
            yield Till(control, Store(saleor), app, connection)
            get_saleor.cache_clear()
            vendor._door.cache_clear()


@pytest.fixture
def shop(transactional_db: None) -> Iterator[ConnectedShop]:
    """A US shop without a Stripe account, whose catalog Saleor has too."""
    with connected_shop() as connected:
        yield connected
