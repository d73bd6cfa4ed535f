"""Rates: per account and endpoint in live mode, one small budget in test mode."""

from __future__ import annotations

import pytest

from saleor_tiktok_stripe.errors import ChannelError, RetryLater
from saleor_tiktok_stripe.stripe_api import StripeAccess, StripeClient
from saleor_tiktok_stripe.stripe_api import endpoints as stripe_endpoints
from saleor_tiktok_stripe.stripe_api.endpoints import GROUPS, RATES, TEST_GROUP, Endpoint
from saleor_tiktok_stripe.stripe_api.gateway import account_key
from saleor_tiktok_stripe.transport import BreakerState, Lane, Rate, Transport
from tests.stripe_api import samples
from tests.stripe_api.stub import SECRET, refuses, says
from tests.transport.servers import serving


@pytest.fixture
def strict_client():
    """A client behind a door that lets two interactive calls of each group pass."""
    door = Transport(
        (), user_agent="t", allow_loopback=True, rates=dict.fromkeys(RATES, Rate(2, 60))
    )

    def make(server, key):
        return StripeClient(
            StripeAccess(key),
            door,
            api_url=server.url,
            files_url=server.url,
            lane=Lane.INTERACTIVE,
        )

    return make


def test_every_endpoint_has_a_rate():
    declared = [one for one in vars(stripe_endpoints).values() if isinstance(one, Endpoint)]

    assert {one.group for one in declared} <= set(RATES)
    assert set(RATES) == {*GROUPS, TEST_GROUP}
    assert all(one.safe for one in declared if one.method == "get")
    assert all(not one.safe for one in declared if one.method == "post")


def test_live_endpoints_have_a_budget_each(strict_client):
    with serving(says(samples.payment() | samples.refund() | {"id": "x_1"})) as server:
        client = strict_client(server, "rk_live_0123456789ab")
        client.refund("re_1")
        client.refund("re_1")
        with pytest.raises(RetryLater) as limited:
            client.refund("re_1")
        client.payment("pi_1")

    assert limited.value.code == "RATE_LIMITED"
    assert len(server.requests) == 3


def test_test_mode_has_one_budget_for_all(strict_client):
    with serving(says(samples.payment() | samples.refund() | {"id": "x_1"})) as server:
        client = strict_client(server, "rk_test_0123456789ab")
        client.refund("re_1")
        client.payment("pi_1")
        with pytest.raises(RetryLater):
            client.payment("pi_1")
        strict_client(server, "rk_test_another012345").payment("pi_1")

    assert len(server.requests) == 3


def test_failures_of_stripe_open_the_breaker_and_declines_do_not(client_for, door):
    def call_often(server):
        for number in range(20):
            with pytest.raises(ChannelError):
                client_for(server).cancel("pi_1", key=f"k{number}")

    with serving(refuses(402, type="card_error")) as server:
        call_often(server)
    account = account_key(SECRET, "")
    assert door.breaker_state(account, "payment_intents") is BreakerState.CLOSED

    with serving(refuses(500, type="api_error")) as server:
        call_often(server)
        assert door.breaker_state(account, "payment_intents") is BreakerState.OPEN
        with pytest.raises(RetryLater) as held:
            client_for(server).cancel("pi_1", key="k")

    assert held.value.code == "CIRCUIT_OPEN"
    assert len(server.requests) == 20
