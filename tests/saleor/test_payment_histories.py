"""The generated histories of payments on a real Saleor: its own arithmetic, its own mutations."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from django.test import override_settings
from saleor.account.models import User
from saleor.core.jwt import create_access_token
from saleor.order.models import Order
from saleor.payment.models import TransactionEvent

from saleor_tiktok_stripe.inbox import doors
from saleor_tiktok_stripe.jobs import kinds
from saleor_tiktok_stripe.models import Connection
from saleor_tiktok_stripe.saleor_api import get_saleor, writer
from saleor_tiktok_stripe.saleor_api.ids import database_id
from saleor_tiktok_stripe.sandbox.stripe.control import Control
from saleor_tiktok_stripe.sandbox.stripe.sandbox import StripeSandbox
from tests.property.payment_books import differences
from tests.property.payment_doors import direct_stripe, one_clock, points
from tests.property.payment_histories import Histories
from tests.property.payment_stage import (
    PENDING,
    PUBLIC_URL,
    SUMS,
    Books,
    Told,
    Workers,
    connected,
    unserved,
)

from .payments import (
    GATEWAY,
    OPERATIONS,
    charge_later,
    checkout,
    row,
    send,
    staff_token,
    switch,
)
from .shop import Shop, make_shop

HISTORIES = int(os.environ.get("TIKTOK_STRIPE_SALEOR_PAYMENT_HISTORIES", "60"))
SIDE_BY_SIDE = 20
ONLY = os.environ.get("TIKTOK_STRIPE_PAYMENT_SEED")
SEEDS = [int(ONLY)] if ONLY else list(range(HISTORIES // SIDE_BY_SIDE))


@dataclass
class SaleorStage(Workers):
    """Saleor's GraphQL API for a storefront and for staff, and Stripe's ``control``."""

    control: Control
    shop: Shop
    connection: Connection
    staff: User
    answered_failures: int = 0

    def checkout(self, quantity: int) -> str:
        return checkout(self.shop, quantity)

    def initialize(self, checkout: str, key: str) -> dict[str, Any]:
        gateway = {"id": GATEWAY, "data": None}
        name = "storefront/transactionInitialize"
        return self._session(name, id=checkout, paymentGateway=gateway, idempotencyKey=key)

    def process(self, transaction_id: str) -> dict[str, Any]:
        return self._session("storefront/transactionProcess", id=transaction_id)

    def complete(self, checkout: str) -> str:
        done = self._run("storefront/checkoutComplete", id=checkout)
        return str(done["order"]["id"]) if done.get("order") else ""

    def request(self, kind: str, transaction_id: str, amount: Decimal | None) -> None:
        name = {"CHARGE": "Capture", "CANCEL": "Cancel", "REFUND": "Refund"}[kind]
        more = {} if amount is None or kind == "CANCEL" else {"amount": str(amount)}
        self._staff(f"staff/transaction{name}", id=transaction_id, **more)

    def grant(self, order_id: str, transaction_id: str, amount: Decimal) -> None:
        wanted = {"amount": str(amount), "transactionId": transaction_id}
        made = self._staff("staff/orderGrantRefundCreate", id=order_id, input=wanted)
        if made.get("grantedRefund"):
            granted = made["grantedRefund"]["id"]
            self._staff("staff/transactionRequestRefundForGrantedRefund", grantedRefundId=granted)

    def cancel_order(self, order_id: str) -> None:
        Order.objects.filter(pk=database_id("Order", order_id)).update(status="canceled")

    def order_status(self, order_id: str) -> str:
        return Order.objects.get(pk=database_id("Order", order_id)).status.upper()

    def books(self, transaction_id: str) -> Books:
        item = row(transaction_id)
        events = TransactionEvent.objects.filter(transaction=item).order_by("created_at", "pk")
        told = tuple(
            Told(
                event.type.upper(),
                event.psp_reference or "",
                event.amount_value,
                event.include_in_calculations,
            )
            for event in events
        )
        sums = {name: getattr(item, f"{name}_value") for name in (*SUMS, *PENDING)}
        return Books(sums, told, tuple(one.upper() for one in item.available_actions))

    def trouble(self, kind: str) -> None:
        """Nothing is between us and Saleor."""

    def bring(self) -> None:
        """Saleor asks us within its mutation."""

    def _session(self, name: str, **variables: Any) -> dict[str, Any]:
        said = {"transaction": None, "transactionEvent": None, "data": None, "errors": []}
        said |= self._run(name, **variables)
        event = said["transactionEvent"] or {}
        self.answered_failures += str(event.get("type")).endswith("_FAILURE")
        return said

    def _staff(self, name: str, **variables: Any) -> dict[str, Any]:
        return self._run(name, create_access_token(self.staff), **variables)

    def _run(self, name: str, token: str = "", **variables: Any) -> dict[str, Any]:
        """The mutation's payload."""
        self.serving = True
        try:
            said = send((OPERATIONS / f"{name}.graphql").read_text("utf-8"), token, **variables)
        finally:
            self.serving = False
        assert "errors" not in said, said
        [payload] = said["data"].values()
        return payload


@contextmanager
def saleor_stage(seed: int, *, later: bool) -> Iterator[SaleorStage]:
    stripe = StripeSandbox(seed=seed, clock_rate=0)
    settings = {
        "TIKTOK_STRIPE_SANDBOX": "1",
        "TIKTOK_STRIPE_PUBLIC_URL": PUBLIC_URL,
        "TIKTOK_STRIPE_STRIPE_API_URL": stripe.base_url,
        "TIKTOK_STRIPE_STRIPE_FILES_URL": stripe.files_url,
    }
    with unserved(stripe), override_settings(**settings), writer():
        get_saleor.cache_clear()
        kinds.register_all()
        doors.forget()
        shop = make_shop(stocks=(100_000,))
        switch(shop)
        if later:
            charge_later(shop)
        staff_token()
        staff = User.objects.filter(is_staff=True).latest("pk")
        with one_clock(seed), direct_stripe(stripe, sockets=False):
            yield SaleorStage(stripe.control, shop, connected(stripe.control), staff)


@pytest.mark.timeout(600)
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("seed", SEEDS)
def test_totals_are_stripes_on_a_real_saleor(seed: int, caplog: pytest.LogCaptureFixture):
    caplog.set_level("CRITICAL")
    rng = Random(f"saleor-payments-{seed}")
    with saleor_stage(seed, later=seed % 2 == 1) as stage:
        histories = Histories(stage, rng, "USD", SIDE_BY_SIDE)
        with points(histories.point):
            histories.live()
        histories.settle()

        begun = [one.transaction_id for one in histories.lives if one.transaction_id]
        problems = differences(stage, begun, "USD")
        problems += [f"{order} is no longer canceled" for order in histories.uncanceled()]
    story = histories.story(" ".join(problems)) if problems else []
    assert problems == [], "\n".join([*problems, *story])
