"""Whatever happens, in whatever order, and whenever it is looked at: the sums by day are those that
a plain count over all orders comes to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal as D
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from saleor_tiktok_stripe.insights.facts import mark, write
from saleor_tiktok_stripe.insights.rolling import roll_up
from saleor_tiktok_stripe.insights.sales import Booked, Lines, Sale, Standing, State
from saleor_tiktok_stripe.models import (
    Connection,
    SaleFact,
    SalesDay,
    SalesHour,
    SalesMoneyDay,
    SalesProductDay,
    SalesStateDay,
)
from tests.support.factories import make_connection

ZONE = "America/Los_Angeles"
NAMES = ("a", "b", "c", "d", "e")
amounts = st.integers(0, 99_999).map(lambda cents: D(cents) / 100)
signed = st.integers(-99_999, 99_999).map(lambda cents: D(cents) / 100)
# Around a change of the clocks, so that days of 23 and 25 hours are met.
moments = st.integers(0, 72 * 60).map(
    lambda minutes: datetime(2026, 10, 31, tzinfo=UTC) + timedelta(minutes=minutes)
)
currencies = st.sampled_from(["USD", "MXN"])
kinds = st.sampled_from(["sale", "fee", "shipping", "dispute"])
books = st.dictionaries(
    currencies, st.dictionaries(kinds, st.tuples(signed, signed), max_size=3), max_size=2
)
products = st.dictionaries(
    st.sampled_from(["V1", "V2", "sku:"]), st.tuples(st.integers(0, 9), amounts), max_size=3
)


@st.composite
def sales(draw: st.DrawFn) -> tuple[Sale, Lines]:
    name = draw(st.sampled_from(NAMES))
    sale = Sale(
        sale_id=name,
        saleor_order_id=f"S-{name}",
        placed_at=draw(moments),
        standing=draw(st.sampled_from(list(Standing))),
        state=draw(st.sampled_from(list(State))),
        currency=draw(currencies),
        volume=draw(amounts),
        refunded=draw(amounts),
        disputes=draw(st.integers(0, 2)),
        disputed=draw(amounts),
        booked=Booked(draw(books), draw(st.booleans()), draw(st.booleans())),
    )
    return sale, Lines(sale.saleor_order_id, draw(products))


looked_at = st.tuples(st.just("seen"), sales())
gone = st.tuples(st.just("gone"), st.sampled_from(NAMES))
summed = st.tuples(st.just("summed"), st.none())
again = st.tuples(st.just("again"), st.sampled_from(NAMES))
histories = st.lists(st.one_of(looked_at, looked_at, gone, summed, again), max_size=25)


@pytest.mark.django_db
@settings(
    max_examples=30,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(history=histories)
def test_sums_are_those_of_a_plain_count(db: None, history: list) -> None:
    with transaction.atomic():
        _live_through(history)
        transaction.set_rollback(True)


def _live_through(history: list) -> None:
    connection = make_connection()
    true: dict[str, tuple[Sale, Lines]] = {}

    for what, told in history:
        if what == "seen":
            true[told[0].sale_id] = told
            _look(connection, true, told[0].sale_id)
        elif what == "gone":
            true.pop(told, None)
            _look(connection, true, told)
        elif what == "again":
            _look(connection, true, told)
            _look(connection, true, told, told)
        else:
            roll_up(connection, 0)
    while not roll_up(connection, 0):
        pass

    assert _found(connection) == _counted(true.values())
    before = _found(connection)
    mark(connection, SaleFact.objects.values_list("day", flat=True))
    assert roll_up(connection, 10)
    assert _found(connection) == before


def _look(connection: Connection, true: dict[str, tuple[Sale, Lines]], *names: str) -> None:
    known = [true[name] for name in names if name in true]
    lines = {one.saleor_order_id: sold for one, sold in known}
    write(connection, names, [one for one, _ in known], lines, ZONE)


def _found(connection: Connection) -> dict[tuple, tuple]:
    found: dict[tuple, tuple] = {}
    for one in SalesDay.objects.filter(connection=connection):
        found["day", one.day, one.currency] = (
            one.orders, one.cancelled, one.cancelled_volume, one.units, one.volume, one.refunded,
            one.refunded_orders, one.disputes, one.disputed_orders, one.disputed, one.settled,
            one.estimated,
        )  # fmt: skip
    for one in SalesHour.objects.filter(connection=connection):
        key = ("hour", one.day, one.currency, one.hour)
        found[key] = (one.orders, one.units, one.volume)
    for one in SalesMoneyDay.objects.filter(connection=connection):
        found["money", one.day, one.currency, one.kind] = (one.settled, one.estimated)
    for one in SalesProductDay.objects.filter(connection=connection):
        key = ("product", one.day, one.currency, one.key)
        found[key] = (one.orders, one.units, one.volume)
    for one in SalesStateDay.objects.filter(connection=connection):
        found["state", one.day, one.currency, one.state] = (one.orders, one.volume)
    return found


def _counted(true: Iterable[tuple[Sale, Lines]]) -> dict[tuple, tuple]:
    sums: dict[tuple, list] = defaultdict(list)
    for sale, sold in true:
        local = sale.placed_at.astimezone(ZoneInfo(ZONE))
        day, currency, volume = local.date(), sale.currency, sale.volume
        units = sum(number for number, _ in sold.products.values())
        is_sold, is_cancelled = sale.standing == "sold", sale.standing == "cancelled"
        sums["state", day, currency, sale.state].append((1, volume))
        for other, by_kind in sale.booked.money.items():
            for kind, both in by_kind.items():
                sums["money", day, other, kind].append(both)
        if is_cancelled:
            sums["day", day, currency].append((0, 1, volume, *[0] * 9))
        if is_sold:
            booked = sale.booked
            sums["day", day, currency].append(
                (1, 0, 0, units, volume, sale.refunded, sale.refunded > 0, sale.disputes,
                 sale.disputes > 0, sale.disputed, booked.settled and not booked.estimated,
                 booked.estimated)
            )  # fmt: skip
            sums["hour", day, currency, local.hour].append((1, units, volume))
            for key, (number, amount) in sold.products.items():
                sums["product", day, currency, key].append((1, number, amount))
    return {key: tuple(map(sum, zip(*rows, strict=True))) for key, rows in sums.items()}
