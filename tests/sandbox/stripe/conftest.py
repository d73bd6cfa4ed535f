"""A Stripe sandbox for the session, an account of its own for each test, and Stripe's client."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
import stripe

from saleor_tiktok_stripe.sandbox.stripe import StripeSandbox
from saleor_tiktok_stripe.sandbox.stripe.control import Control


@pytest.fixture(scope="session")
def stripe_server() -> Iterator[StripeSandbox]:
    with StripeSandbox(seed=7, clock_rate=0) as running:
        yield running


@pytest.fixture
def control(stripe_server: StripeSandbox) -> Control:
    """The controls of a fresh account."""
    return stripe_server.control.new_account()


def client(sandbox: StripeSandbox, key: str, **options: Any) -> stripe.StripeClient:
    """Stripe's own client, unmodified but for the addresses; it retries nothing."""
    addresses = {
        "api": sandbox.base_url,
        "files": sandbox.files_url,
        "connect": sandbox.connect_url,
    }
    return stripe.StripeClient(key, base_addresses=addresses, max_network_retries=0, **options)


class Recorder(stripe.RequestsClient):
    """Stripe's own way to send, which keeps what was answered."""

    def __init__(self) -> None:
        super().__init__()
        self.answers: list[Any] = []

    def request_with_retries(self, *args: Any, **kwargs: Any) -> Any:
        answer = super().request_with_retries(*args, **kwargs)
        self.answers.append(json.loads(answer[0]))
        return answer


@pytest.fixture
def api(stripe_server: StripeSandbox, control: Control) -> Any:
    """The fresh account's resources, through Stripe's own client."""
    return client(stripe_server, control.secret_key).v1


@pytest.fixture(scope="session")
def connect(stripe_server: StripeSandbox) -> Any:
    """Makes clients for other keys: `connect(key, stripe_account=...)`."""

    def make(key: str, **options: Any) -> stripe.StripeClient:
        return client(stripe_server, key, **options)

    return make


@pytest.fixture
def pay(api: Any) -> Any:
    """Pays with a test method: `pay("pm_card_visa", 2000)`; returns the PaymentIntent."""

    def paid(method: str = "pm_card_visa", amount: int = 2000, **more: Any) -> Any:
        params = {
            "amount": amount,
            "currency": "usd",
            "payment_method": method,
            "payment_method_types": ["card"],
            "confirm": True,
            **more,
        }
        return api.payment_intents.create(params)

    return paid


@pytest.fixture
def happened(api: Any) -> Any:
    """Types of the account's events, oldest first; `happened(after)` leaves out the first ones."""

    def types(after: int = 0) -> list[str]:
        listed = list(api.events.list({"limit": 100}))
        return [event.type for event in reversed(listed)][after:]

    return types


@pytest.fixture
def dispute(api: Any, pay: Any) -> Any:
    """Pays 20.00 with a card that disputes, and gives the dispute."""

    def disputed(card: str = "pm_card_createDispute") -> Any:
        return api.disputes.list({"payment_intent": pay(card).id}).data[0]

    return disputed


@pytest.fixture
def upload(api: Any) -> Any:
    """Uploads a picture of `size` bytes; returns its id."""

    def uploaded(size: int = 100, purpose: str = "dispute_evidence", service: Any = None) -> str:
        file = io.BytesIO(b"\x89PNG\r\n\x1a\n".ljust(size, b"\0"))
        file.name = "proof.png"
        return (service or api).files.create({"purpose": purpose, "file": file}).id

    return uploaded


def balance(api: Any) -> int:
    """What the account's balance transactions come to."""
    return sum(row.net for row in api.balance_transactions.list({"limit": 100}).data)
