"""Our client against the sandbox: every method runs, and sends only what Stripe's types know."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from saleor_tiktok_stripe.sandbox.stripe import StripeSandbox
from saleor_tiktok_stripe.sandbox.stripe.control import Control
from saleor_tiktok_stripe.sandbox.stripe.registry import find
from saleor_tiktok_stripe.stripe_api import (
    Address,
    Capability,
    DisputeState,
    NewPayment,
    NewRecord,
    NotFound,
    PaymentState,
    Refused,
    StripeAccess,
    StripeClient,
    oauth,
    open_door,
)

from . import typed

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 90


@pytest.fixture(scope="module")
def door() -> Iterator[Any]:
    return open_door(allow_loopback=True)


@pytest.fixture
def used() -> set[str]:
    return set()


@pytest.fixture
def ours(stripe_server: StripeSandbox, control: Control, door: Any, used: set[str]) -> StripeClient:
    """Our client for the fresh account; the names of the methods called are noted in `used`."""

    class Noted(StripeClient):
        def __getattribute__(self, name: str) -> Any:
            used.add(name)
            return super().__getattribute__(name)

    return Noted(
        StripeAccess(control.secret_key),
        door,
        api_url=stripe_server.base_url,
        files_url=stripe_server.files_url,
    )


def key_maker() -> Callable[[], str]:
    numbers = iter(range(1000))
    return lambda: f"key-{next(numbers)}"


def new_payment(method: str = "", **more: Any) -> NewPayment:
    return NewPayment(
        **{
            "amount": Decimal("20.00"),
            "currency": "USD",
            "metadata": {"saleor_instance": "shop.example"},
            "description": "Order 7",
            "receipt_email": "ada@example.com",
            "shipping": Address("Ada", "Mill Lane 1", "", "Leeds", "LS1", "", "GB", "+44 1"),
            "statement_descriptor_suffix": "ORDER 7",
            "payment_method": method,
            "confirm": bool(method),
            "return_url": "https://shop.example/back" if method else "",
            **more,
        }
    )


def _payments(ours: StripeClient, key: Callable[[], str]) -> None:
    later = ours.create_payment(new_payment(capture_later=True), key=key())
    ours.update_payment(later.id, metadata={"saleor_order": "7"}, key=key())
    ours.update_payment(later.id, amount=Decimal("21.00"), currency="USD", key=key())
    ours.confirm(
        later.id,
        payment_method="pm_card_visa",
        return_url="https://shop.example/back",
        key=key(),
    )
    captured = ours.capture(later.id, Decimal("15.00"), "USD", key=key())
    assert (captured.state, captured.captured) == (PaymentState.SUCCEEDED, Decimal("15.00"))
    open_ = ours.create_payment(new_payment(allow_redirects=False), key=key())
    gone = ours.cancel(open_.id, reason="abandoned", key=key())
    assert gone.state is PaymentState.CANCELED
    made = ours.create_refund(
        later.id,
        Decimal("5.00"),
        "USD",
        reason="requested_by_customer",
        metadata={"saleor_refund": "1"},
        key=key(),
    )
    assert ours.refunds(later.id) == (ours.refund(made.id),)
    assert ours.payment(later.id).charge is not None
    assert {one.id for one in ours.payments(since=LONG_AGO)} == {later.id, open_.id}


def _disputes(ours: StripeClient, key: Callable[[], str], control: Control) -> None:
    def disputed() -> Any:
        paid = ours.create_payment(new_payment("pm_card_createDispute"), key=key())
        (made,) = ours.disputes(paid.id)
        return made

    made = disputed()
    assert (made.state, made.balance[0].net) == (DisputeState.NEEDS_RESPONSE, Decimal("-35.00"))
    file = ours.upload_evidence_file("proof.png", "image/png", PNG, key=key())
    staged = ours.stage_evidence(made.id, {"receipt": file.id, "customer_name": "Ada"}, key=key())
    assert (staged.state, staged.has_evidence) == (DisputeState.NEEDS_RESPONSE, True)
    words = {"uncategorized_text": "winning_evidence", "customer_name": ""}
    sent = ours.submit_evidence(made.id, words, key=key())
    assert (sent.state, sent.submission_count) == (DisputeState.UNDER_REVIEW, 1)
    control.turn(5)
    won = ours.dispute(made.id)
    assert won.state is DisputeState.WON
    assert sum(row.net for row in won.balance) == Decimal("-15.00")
    assert ours.close_dispute(disputed().id, key=key()).state is DisputeState.LOST
    assert len(list(ours.disputes_since(LONG_AGO))) == 2
    with pytest.raises(Refused, match="already closed"):
        ours.close_dispute(made.id, key=key())


def _account(ours: StripeClient, key: Callable[[], str]) -> None:
    assert ours.account().charges_enabled is True
    assert ours.livemode() is False
    for capability in Capability:
        ours.probe(capability)
    made = ours.create_webhook_endpoint(
        "https://shop.example/hook",
        ["payment_intent.succeeded"],
        description="Saleor",
        metadata={"plugin": "saleor.tiktok_stripe"},
        connect=True,
        key=key(),
    )
    ours.update_webhook_endpoint(
        made.id,
        url="https://shop.example/other",
        events=["refund.created"],
        enabled=True,
        key=key(),
    )
    assert [one.id for one in ours.webhook_endpoints()] == [made.id]
    assert ours.webhook_endpoint(made.id).events == ("refund.created",)
    ours.delete_webhook_endpoint(made.id)
    with pytest.raises(NotFound):
        ours.webhook_endpoint(made.id)
    kinds = ["payment_intent.succeeded", "charge.dispute.created"]
    assert {one.kind for one in ours.events(since=LONG_AGO, kinds=kinds)} == set(kinds)
    assert list(ours.events(since=LONG_AGO))


def _records(ours: StripeClient, key: Callable[[], str]) -> None:
    now = datetime.now(UTC)
    new = NewRecord(
        amount=Decimal("25.00"),
        currency="USD",
        reference="5764",
        initiated_at=now - timedelta(hours=1),
        guaranteed_at=now,
        description="TikTok order 5764",
        metadata={"tiktok_order": "5764"},
    )
    made = ours.report_payment(new, key=key())
    back = ours.report_refund(
        made.id, Decimal("10.00"), "USD", reference="r1", happened_at=now, key=key()
    )
    assert (made.amount, back.refunded) == (Decimal("25.00"), Decimal("10.00"))
    assert ours.payment_record(made.id) == back


def _balance(ours: StripeClient, key: Callable[[], str], control: Control) -> None:
    ours.create_payment(new_payment("pm_card_visa", amount=Decimal("500.00")), key=key())
    control.turn(10 * 86_400)
    [paid] = control.pay_out()
    control.turn(2 * 3600)
    moved = ours.balance_page(since=LONG_AGO)
    assert moved.entries
    assert moved.broken == ()
    [payout] = ours.payout_page(since=LONG_AGO).payouts
    assert payout.id == paid
    assert ours.payout(payout.id) == payout
    parts = ours.balance_page(payout_id=payout.id).entries
    assert sum(one.net for one in parts if one.category != "payout") == payout.amount


def test_every_method_of_our_client_sends_only_what_stripe_knows(
    ours: StripeClient, control: Control, used: set[str]
) -> None:
    key = key_maker()

    _payments(ours, key)
    _disputes(ours, key, control)
    _account(ours, key)
    _records(ours, key)
    _balance(ours, key, control)

    methods = {
        name
        for name, _ in inspect.getmembers(StripeClient, inspect.isfunction)
        if not name.startswith("_")
    }
    assert methods - used == set()
    calls = control.calls()
    assert len(calls) > 40
    strange = {
        f"{call.method} {route}: {name}"
        for call in calls
        for route, known in [_known(call.method, call.path)]
        for name in typed.unknown(call.params, known)
    }
    assert strange == set()
    unkeyed = {call.path for call in calls if call.method == "POST" and not call.idempotency_key}
    assert unkeyed == set()


def _known(method: str, path: str) -> tuple[str, typed.Typed]:
    """The path of the call with its names taken out, and its typed parameters."""
    found = find(method, path)
    assert found is not None
    known = typed.parameters(method, found[0].path)
    assert known is not None
    return found[0].path, known


def test_consent_goes_through_our_client_too(
    stripe_server: StripeSandbox, control: Control, door: Any
) -> None:
    merchant = control.new_account()
    control.platform(signed_in=merchant.account_id)
    url = stripe_server.connect_url

    given = oauth.exchange(control.secret_key, control.oauth_code(), door, connect_url=url)

    assert (given.account_id, given.scope, given.livemode) == (
        merchant.account_id, "read_write", False,
    )  # fmt: skip
    assert given.publishable_key == merchant.publishable_key
    acting = StripeClient(
        StripeAccess(control.secret_key, merchant.account_id),
        door,
        api_url=stripe_server.base_url,
        files_url=stripe_server.files_url,
    )
    assert acting.account().id == merchant.account_id
    oauth.deauthorize(
        control.client_id, control.secret_key, merchant.account_id, door, connect_url=url
    )
    assert merchant.account.id not in stripe_server.world.connected[control.account_id, False]
