from __future__ import annotations

import threading

import pytest

from saleor_tiktok_stripe.errors import RetryLater
from saleor_tiktok_stripe.transport import (
    Call,
    Lane,
    Rate,
    Reply,
    Transport,
    Verdict,
    shared_counters,
)
from saleor_tiktok_stripe.transport.limiter import RateLimiter

from .servers import answer, closed_port, serving

RATES = {"orders": Rate(5, 60), "rare": Rate(1, 60)}


def make(url="https://api.example.org", **kwargs):
    given = {"label": "orders.search", "group": "orders", "account": "acc", "safe": True}
    return Call("GET", url + "/x", **{**given, **kwargs})


def door(**kwargs):
    return Transport([], user_agent="t", allow_loopback=True, rates=RATES, **kwargs)


def taken(limiter, call, times=20):
    """How many of so many calls were let through, and the first refusal."""
    passed, refusal = 0, None
    for _ in range(times):
        try:
            limiter.take(call)
            passed += 1
        except RetryLater as error:
            refusal = refusal or error
    return passed, refusal


def test_over_the_limit_nothing_is_sent_and_the_wait_is_told():
    transport = door()
    with serving(answer()) as server:
        call = make(server.url, lane=Lane.INTERACTIVE)
        for _ in range(5):
            transport.send(call)
        with pytest.raises(RetryLater) as refused:
            transport.send(call)

    assert refused.value.code == "RATE_LIMITED"
    assert 0 < refused.value.retry_after <= 60
    assert len(server.requests) == 5
    assert transport.counters() == {
        ("orders.search", "ok"): 5,
        ("orders.search", "rate_limited"): 1,
    }


def test_background_leaves_room_for_clicks():
    limiter = RateLimiter(RATES)

    background, refusal = taken(limiter, make())
    clicks, _ = taken(limiter, make(lane=Lane.INTERACTIVE))

    assert (background, clicks) == (4, 1)
    assert refusal.code == "RATE_LIMITED"


def test_accounts_and_groups_have_own_budgets():
    limiter = RateLimiter(RATES)
    taken(limiter, make())

    assert taken(limiter, make(account="other"))[0] == 4
    assert taken(limiter, make(group="rare"))[0] == 1


def test_two_doors_and_threads_share_one_budget_through_redis(redis_url):
    limiters = [RateLimiter({"shared": Rate(10, 60)}, redis_url=redis_url) for _ in range(2)]
    call = make(group="shared", account="two-doors", lane=Lane.INTERACTIVE)
    passed = []
    start = threading.Barrier(4)

    def work(limiter):
        start.wait()
        passed.append(taken(limiter, call, 10)[0])

    threads = [threading.Thread(target=work, args=(limiters[n % 2],)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(passed) == 10


def test_redis_down_holds_background_and_lets_clicks_go_within_the_local_limit():
    dead = f"redis://127.0.0.1:{closed_port()}/0"
    limiter = RateLimiter(RATES, redis_url=dead)

    background, refusal = taken(limiter, make(), 3)
    clicks, over = taken(limiter, make(lane=Lane.INTERACTIVE))

    assert (background, refusal.code, refusal.retry_after) == (0, "LIMITER_UNAVAILABLE", 30.0)
    assert (clicks, over.code) == (5, "RATE_LIMITED")


def test_calls_still_work_and_count_when_redis_is_down():
    transport = door(redis_url=f"redis://127.0.0.1:{closed_port()}/0")
    with serving(answer()) as server:
        assert transport.send(make(server.url, lane=Lane.INTERACTIVE)).status == 200
        with pytest.raises(RetryLater):
            transport.send(make(server.url))

    assert len(server.requests) == 1
    assert transport.counters()[("orders.search", "ok")] == 1
    assert transport.counters()[("orders.search", "limiter_unavailable")] == 1


def test_counters_are_shared_through_redis(redis_url):
    first, second = door(redis_url=redis_url), door(redis_url=redis_url)
    with serving(answer(), answer(status="503 Busy")) as server:
        first.send(make(server.url, label="counted", account="counting"))
        second.send(make(server.url, label="counted", account="counting"))

    expected = {("counted", "ok"): 1, ("counted", "http_503"): 1}
    seen = {key: value for key, value in first.counters().items() if key[0] == "counted"}
    assert seen == expected
    assert {k: v for k, v in shared_counters(redis_url).items() if k[0] == "counted"} == expected


def test_counters_of_a_dead_redis_are_an_error_in_words():
    with pytest.raises(RetryLater) as failed:
        shared_counters(f"redis://127.0.0.1:{closed_port()}/0")

    assert failed.value.code == "COUNTERS_UNAVAILABLE"


@pytest.mark.parametrize("shared", [False, True])
def test_a_pause_the_vendor_asked_for_holds_the_same_account_and_group(shared, redis_url):
    url = redis_url if shared else ""
    transport = door(redis_url=url)
    other = door(redis_url=url) if shared else transport

    def asks(reply: Reply) -> Verdict:
        return Verdict("36009002", pause=30.0)

    with serving(answer()) as server:
        transport.send(make(server.url, account=f"paused{shared}"), asks)
        with pytest.raises(RetryLater) as held:
            other.send(make(server.url, account=f"paused{shared}"))
        other.send(make(server.url, account=f"free{shared}"))

    assert held.value.code == "VENDOR_PAUSE"
    assert 25 < held.value.retry_after <= 30
    assert len(server.requests) == 2


def test_429_with_retry_after_pauses_by_itself():
    transport = door()
    with serving(answer(b"", "429 Slow", Retry_After="7")) as server:
        transport.send(make(server.url))
        with pytest.raises(RetryLater) as held:
            transport.send(make(server.url))

    assert 5 < held.value.retry_after <= 7
    assert len(server.requests) == 1
