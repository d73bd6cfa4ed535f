"""Two workers with the same sales: what is written last is what was true last."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from django.db import connections

from saleor_tiktok_stripe.insights import marketplace, rolling, taking_in
from saleor_tiktok_stripe.insights.taking_in import refresh
from saleor_tiktok_stripe.models import (
    AfterSalesCase,
    Connection,
    SaleFact,
    SalesDay,
    StaleSalesDay,
)
from tests.support.factories import make_connection

from .rows import case, order, update

pytestmark = pytest.mark.django_db(transaction=True)
ZONE = "America/Los_Angeles"


def beside(work: Callable[[], object]) -> threading.Thread:
    """Runs ``work`` as another worker would."""

    def run() -> None:
        try:
            work()
        finally:
            connections.close_all()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread


def test_a_slow_reader_does_not_put_back_what_is_newer(monkeypatch: pytest.MonkeyPatch):
    tiktok = make_connection()
    order(tiktok, "1", "2026-11-10T20:00:00", "20.00")
    update(tiktok)
    reading, go_on = threading.Event(), threading.Event()
    plain = marketplace.read

    def slow(connection: Connection, order_ids: list[str]) -> list:
        found = plain(connection, order_ids)
        if threading.current_thread() is not threading.main_thread():
            reading.set()
            assert go_on.wait(60)
        return found

    monkeypatch.setitem(taking_in._READ, "tiktok", slow)
    first = beside(lambda: refresh(tiktok, ["1"], ZONE))
    assert reading.wait(60)
    case(tiktok, "1", "5.00")
    second = threading.Timer(0.2, go_on.set)
    second.start()

    refresh(tiktok, ["1"], ZONE)  # waits for the first one

    first.join(60)
    assert AfterSalesCase.objects.count() == 1
    assert SaleFact.objects.get().refunded == 5


def test_a_day_that_changes_while_it_is_summed_is_summed_again(monkeypatch: pytest.MonkeyPatch):
    tiktok = make_connection()
    order(tiktok, "1", "2026-11-10T20:00:00", "20.00")
    update(tiktok)
    case(tiktok, "1", "5.00")
    refresh(tiktok, ["1"], ZONE)
    summing, go_on = threading.Event(), threading.Event()
    plain = rolling._sum_up

    def slow(connection: Connection, days: list) -> None:
        plain(connection, days)
        summing.set()
        assert go_on.wait(60)

    monkeypatch.setattr(rolling, "_sum_up", slow)
    summer = beside(lambda: rolling.roll_up(tiktok, 0))
    assert summing.wait(60)
    case(tiktok, "1", "6.00")
    changer = beside(lambda: refresh(tiktok, ["1"], ZONE))
    changer.join(0.3)
    assert changer.is_alive()  # its mark waits for the sums that are under way

    go_on.set()
    summer.join(60)
    changer.join(60)
    monkeypatch.setattr(rolling, "_sum_up", plain)

    assert SalesDay.objects.get().refunded == 5
    assert StaleSalesDay.objects.count() == 1
    assert rolling.roll_up(tiktok, 5)
    assert SalesDay.objects.get().refunded == 11
