from __future__ import annotations

import pytest

from saleor_tiktok_stripe.errors import RetryLater
from saleor_tiktok_stripe.transport import BreakerPolicy, BreakerState, Call, Transport
from saleor_tiktok_stripe.transport.breaker import Breaker
from saleor_tiktok_stripe.transport.store import MemoryStore, RedisStore

from .servers import answer, serving

POLICY = BreakerPolicy(
    window=100, min_failures=4, failure_share=0.5, cooldown=60, recovery_successes=2
)


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture(params=["memory", "redis"])
def breaker(request, clock):
    if request.param == "memory":
        return Breaker(MemoryStore(clock), POLICY, clock)
    store = RedisStore(request.getfixturevalue("redis_url"))
    store._redis.flushdb()
    return Breaker(store, POLICY, clock)


def fail(breaker, times, group="g"):
    for _ in range(times):
        breaker.record("a", group, healthy=False)


def test_opens_on_enough_failures_with_enough_share_only(breaker):
    for _ in range(5):
        breaker.record("a", "g", healthy=True)
    fail(breaker, 4)
    assert breaker.state("a", "g") is BreakerState.CLOSED

    fail(breaker, 1)

    assert breaker.state("a", "g") is BreakerState.OPEN
    assert breaker.state("a", "other") is BreakerState.CLOSED
    assert breaker.state("b", "g") is BreakerState.CLOSED


def test_open_holds_calls_until_the_cooldown_is_over(breaker, clock):
    fail(breaker, 4)
    clock.now += 20

    with pytest.raises(RetryLater) as held:
        breaker.admit("a", "g")

    assert (held.value.code, held.value.retry_after) == ("CIRCUIT_OPEN", 40.0)


def test_half_open_lets_one_probe_at_a_time_and_closes_after_good_ones(breaker, clock):
    fail(breaker, 4)
    clock.now += 61
    assert breaker.state("a", "g") is BreakerState.HALF_OPEN

    breaker.admit("a", "g")
    with pytest.raises(RetryLater):
        breaker.admit("a", "g")
    breaker.record("a", "g", healthy=True)
    breaker.admit("a", "g")
    assert breaker.state("a", "g") is BreakerState.HALF_OPEN
    breaker.record("a", "g", healthy=True)

    assert breaker.state("a", "g") is BreakerState.CLOSED
    breaker.admit("a", "g")


def test_half_open_opens_again_on_a_bad_probe_for_a_whole_cooldown(breaker, clock):
    fail(breaker, 4)
    clock.now += 61
    breaker.admit("a", "g")

    breaker.record("a", "g", healthy=False)
    clock.now += 59

    assert breaker.state("a", "g") is BreakerState.OPEN
    clock.now += 2
    assert breaker.state("a", "g") is BreakerState.HALF_OPEN


def test_old_failures_do_not_count(breaker, clock):
    fail(breaker, 3)
    clock.now += 100

    fail(breaker, 1)

    assert breaker.state("a", "g") is BreakerState.CLOSED


def test_through_the_door_an_open_breaker_sends_nothing(clock):
    door = Transport([], user_agent="t", allow_loopback=True, breaker=POLICY, clock=clock)
    with serving(answer(b"", "503 Busy")) as server:
        call = Call("GET", server.url + "/x", "orders.search", safe=True, group="g", account="a")
        for _ in range(4):
            door.send(call)
        with pytest.raises(RetryLater) as held:
            door.send(call)

    assert held.value.code == "CIRCUIT_OPEN"
    assert len(server.requests) == 4
    assert door.breaker_state("a", "g") is BreakerState.OPEN
    assert door.counters()[("orders.search", "circuit_open")] == 1
