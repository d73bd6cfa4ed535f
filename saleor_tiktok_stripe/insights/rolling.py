"""Sums by day, worked out from the facts of the day: whatever happened before, the same facts come
to the same sums."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import date
from typing import Final

from django.db import connection as database
from django.db import transaction

from ..models import Connection, StaleSalesDay

AT_ONCE: Final = 20
"""Days in one commit."""
_SUMS: Final = ("salesday", "saleshour", "salesmoneyday", "salesproductday", "salesstateday")
_DELETE: Final = """
DELETE FROM saleor_tiktok_stripe_{table}
WHERE connection_id = %(connection)s AND day = ANY(%(days)s)
"""
_DAYS: Final = """
INSERT INTO saleor_tiktok_stripe_salesday (connection_id, day, currency, orders, cancelled,
    cancelled_volume, units, volume, shipping, tax, seller_discount, platform_discount,
    refunded_orders, refunded, disputes, disputed_orders, disputed, dispute_lost, settled,
    estimated)
SELECT connection_id, day, currency,
    count(*) FILTER (WHERE standing = 'sold'),
    count(*) FILTER (WHERE standing = 'cancelled'),
    coalesce(sum(volume) FILTER (WHERE standing = 'cancelled'), 0),
    coalesce(sum(units) FILTER (WHERE standing = 'sold'), 0),
    coalesce(sum(volume) FILTER (WHERE standing = 'sold'), 0),
    coalesce(sum(shipping) FILTER (WHERE standing = 'sold'), 0),
    coalesce(sum(tax) FILTER (WHERE standing = 'sold'), 0),
    coalesce(sum(seller_discount) FILTER (WHERE standing = 'sold'), 0),
    coalesce(sum(platform_discount) FILTER (WHERE standing = 'sold'), 0),
    count(*) FILTER (WHERE standing = 'sold' AND refunded > 0),
    coalesce(sum(refunded) FILTER (WHERE standing = 'sold'), 0),
    coalesce(sum(disputes) FILTER (WHERE standing = 'sold'), 0),
    count(*) FILTER (WHERE standing = 'sold' AND disputes > 0),
    coalesce(sum(disputed) FILTER (WHERE standing = 'sold'), 0),
    coalesce(sum(dispute_lost) FILTER (WHERE standing = 'sold'), 0),
    count(*) FILTER (WHERE standing = 'sold' AND settled AND NOT estimated),
    count(*) FILTER (WHERE standing = 'sold' AND estimated)
FROM saleor_tiktok_stripe_salefact
WHERE connection_id = %(connection)s AND day = ANY(%(days)s) AND standing <> 'unpaid'
GROUP BY connection_id, day, currency
"""
_HOURS: Final = """
INSERT INTO saleor_tiktok_stripe_saleshour
    (connection_id, day, currency, hour, orders, units, volume)
SELECT connection_id, day, currency, hour, count(*), sum(units), sum(volume)
FROM saleor_tiktok_stripe_salefact
WHERE connection_id = %(connection)s AND day = ANY(%(days)s) AND standing = 'sold'
GROUP BY connection_id, day, currency, hour
"""
_STATES: Final = """
INSERT INTO saleor_tiktok_stripe_salesstateday
    (connection_id, day, currency, state, orders, volume)
SELECT connection_id, day, currency, state, count(*), sum(volume)
FROM saleor_tiktok_stripe_salefact
WHERE connection_id = %(connection)s AND day = ANY(%(days)s)
GROUP BY connection_id, day, currency, state
"""
_MONEY: Final = """
INSERT INTO saleor_tiktok_stripe_salesmoneyday
    (connection_id, day, currency, kind, settled, estimated)
SELECT connection_id, day, of_currency.key, of_kind.key,
    sum((of_kind.value->>0)::numeric), sum((of_kind.value->>1)::numeric)
FROM saleor_tiktok_stripe_salefact,
    jsonb_each(money) AS of_currency, jsonb_each(of_currency.value) AS of_kind
WHERE connection_id = %(connection)s AND day = ANY(%(days)s)
GROUP BY connection_id, day, of_currency.key, of_kind.key
"""
_PRODUCTS: Final = """
INSERT INTO saleor_tiktok_stripe_salesproductday
    (connection_id, day, currency, key, orders, units, volume)
SELECT connection_id, day, currency, line->>'key', count(*), sum((line->>'units')::bigint),
    sum((line->>'volume')::numeric)
FROM saleor_tiktok_stripe_salefact, jsonb_array_elements(lines) AS line
WHERE connection_id = %(connection)s AND day = ANY(%(days)s) AND standing = 'sold'
GROUP BY connection_id, day, currency, line->>'key'
"""
_STATEMENTS: Final = (
    *(_DELETE.format(table=name) for name in _SUMS),
    *(_DAYS, _HOURS, _STATES, _MONEY, _PRODUCTS),
)


def roll_up(connection: Connection, seconds: float) -> bool:
    """Work out the sums of the days that are marked, the newest first, until ``seconds`` are over;
    whether none is left."""
    end = time.monotonic() + seconds
    while True:
        rows = StaleSalesDay.objects.filter(connection=connection).order_by("-day")
        days = list(rows.values_list("day", flat=True)[:AT_ONCE])
        if not days:
            return True
        roll_up_days(connection, days)
        if time.monotonic() >= end:
            return not rows.exists()


def roll_up_days(connection: Connection, days: Sequence[date]) -> None:
    """Work out the sums of those of ``days`` that are marked and take their marks away, in one
    commit. The marks first: who changes a fact meanwhile waits for this, and marks the day again;
    and who works out the same day waits, and finds its mark gone."""
    rows = StaleSalesDay.objects.filter(connection=connection, day__in=list(days))
    with transaction.atomic():
        held = {one.pk: one.day for one in rows.select_for_update().order_by("day")}
        StaleSalesDay.objects.filter(pk__in=list(held)).delete()
        days = list(held.values())
        _sum_up(connection, days)


def _sum_up(connection: Connection, days: Sequence[date]) -> None:
    with database.cursor() as cursor:
        for statement in _STATEMENTS:
            cursor.execute(statement, {"connection": connection.pk, "days": list(days)})
