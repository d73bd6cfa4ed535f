"""The contract of payments, over HTTP against the sandbox; and what only this host does."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from click.testing import CliRunner

from saleor_tiktok_stripe.cli import main
from saleor_tiktok_stripe.errors import Parked, RetryLater
from saleor_tiktok_stripe.saleor_api.over_http.paying import ANSWER_SECONDS
from saleor_tiktok_stripe.saleor_api.over_http.requests import subscriptions
from saleor_tiktok_stripe.saleor_api.transactions import EventReport
from saleor_tiktok_stripe.sandbox.saleor.amounts import recalculate
from saleor_tiktok_stripe.sandbox.saleor.ids import global_id
from saleor_tiktok_stripe.sandbox.saleor.state import Event, Transaction
from tests.contract.saleor_payments_contract import *  # noqa: F403
from tests.contract.saleor_payments_contract import PayingHost, charged


@pytest.fixture
def paying(sandbox, host) -> PayingHost:
    made = host.made(host.line(quantity=2), transactions=())
    order = next(iter(sandbox.state.orders.values()))
    item = Transaction("", "", "", "", [], None, None, sandbox.app.key, datetime.now(UTC))
    found = sandbox.state.pay(order, item)

    def ask_refund(amount: str, reference: str) -> None:
        now = datetime.now(UTC)
        counts = bool(reference)
        event = Event("REFUND_REQUEST", Decimal(amount), reference, "", now, counts=counts)
        item.events.append(event)
        recalculate(item)

    return PayingHost(
        saleor=host.saleor,
        channel=host.channel,
        order_id=made.order_id,
        transaction_id=global_id("TransactionItem", found.key),
        ask_refund=ask_refund,
    )


def test_refund_waits_while_saleor_waits_for_the_answer_to_its_request(paying, sandbox):
    paying.report(charged())
    paying.ask_refund("3.00", "")

    with pytest.raises(RetryLater) as later:
        paying.report(EventReport("REFUND_SUCCESS", "re_1", Decimal(3)))

    assert (later.value.code, later.value.retry_after) == ("SALEOR_AWAITS_ANSWER", 2.0)
    assert ("REFUND_SUCCESS", "re_1") not in paying.told()


def test_refund_of_a_request_that_was_never_answered_is_reported_in_the_end(paying, sandbox):
    paying.report(charged())
    paying.ask_refund("3.00", "")
    [item] = next(iter(sandbox.state.orders.values())).transactions
    old = item.events[-1].created.timestamp() - ANSWER_SECONDS - 1
    item.events[-1] = replace(item.events[-1], created=datetime.fromtimestamp(old, UTC))

    paying.report(EventReport("REFUND_SUCCESS", "re_1", Decimal(3)))

    assert paying.sums() == {"charged": Decimal(22), "refunded": Decimal(3)}


def test_failure_that_saleor_wrote_itself_does_not_count(paying, sandbox):
    [item] = next(iter(sandbox.state.orders.values())).transactions
    now = datetime.now(UTC)
    item.events.append(Event("CHARGE_FAILURE", Decimal(25), "pi_1", "", now, counts=False))

    [event] = paying.state().events

    assert event.counts is False


def test_webhooks_are_registered_once_and_mended(sandbox, host):
    url = "http://127.0.0.1:9/webhooks/saleor/"
    first = host.saleor.register_webhooks(url, "old")

    again = host.saleor.register_webhooks(url + "?new", "new")

    assert (len(first), again) == (6, [])
    hooks = sandbox.app.hooks
    assert {(hook.target_url, hook.secret) for hook in hooks.values()} == {(url + "?new", "new")}
    assert {event: hook.query for event, hook in hooks.items()} == subscriptions()


def test_the_command_registers_the_channels_address(sandbox, host, settings):
    settings.SALEOR_API_URL, settings.SALEOR_APP_TOKEN = sandbox.url, sandbox.token
    settings.TIKTOK_STRIPE_PUBLIC_URL = "https://shop.example.com"
    command = ("register-webhooks", "--channel", "tiktok-us")

    refused = CliRunner().invoke(main, command)
    settings.SALEOR_WEBHOOK_SECRET = "canary-webhook-secret"
    done = CliRunner().invoke(main, command)

    assert (refused.exit_code, "Set SALEOR_WEBHOOK_SECRET" in refused.output) == (1, True)
    assert (done.exit_code, "canary" in done.output) == (0, False)
    address = "/plugins/channel/tiktok-us/saleor.tiktok_stripe/webhooks/saleor/"
    hooks = sandbox.app.hooks.values()
    assert {hook.target_url for hook in hooks} == {f"https://shop.example.com{address}"}


def test_webhooks_of_an_app_that_is_not_the_gateway_are_refused(sandbox, host):
    sandbox.app.identifier = "another.app"

    with pytest.raises(Parked) as refused:
        host.saleor.register_webhooks("http://127.0.0.1:9/", "secret")

    assert refused.value.code == "SALEOR_APP_IDENTIFIER"
    assert sandbox.app.hooks == {}
