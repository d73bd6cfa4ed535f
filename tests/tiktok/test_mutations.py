"""2,000 damaged answers: none may end in another amount.

A damaged answer is refused as a whole, or the order is set aside, or its sums do not close and the
orders room parks it, or nothing that costs money has changed.
"""

from __future__ import annotations

import json
import random
from dataclasses import replace

import pytest

from saleor_tiktok_stripe.errors import ChannelError, Parked
from saleor_tiktok_stripe.orders.money import settle
from saleor_tiktok_stripe.tiktok.client import TikTokClient
from saleor_tiktok_stripe.transport import Call, Judge, Reply

from .wire_samples import order_row, page

RUNS = 2_000
GARBAGE = ["", "NaN", "-1", "1e3", "١٢", "0", "999999", None, True, 0, 1.5, [], {}, "12.345"]


class Canned:
    """Stands for the network only: hands the client the bytes of one answer."""

    def __init__(self, body: bytes) -> None:
        self.body = body

    def send(self, call: Call, judge: Judge) -> Reply:
        reply = Reply(200, {}, self.body, 1.0)
        judge(reply)
        return reply


def read(app, body):
    client = TikTokClient(app, "token", "cipher", Canned(body))
    return client.search_orders()


def money_of(order):
    """All amounts; ids and names are left out, as no sum protects them."""
    return (
        replace(order.payment, method=""),
        [
            (unit.list_price, unit.sale_price, unit.currency,
             unit.seller_discount, unit.platform_discount, [tax.amount for tax in unit.taxes])
            for unit in order.units
        ],
    )  # fmt: skip


def places(value, path=()):
    """Every place in a JSON value, as a path of keys and indexes."""
    yield path
    inner = value.items() if isinstance(value, dict) else ()
    for key, one in enumerate(value) if isinstance(value, list) else inner:
        yield from places(one, (*path, key))


def damage_structure(chance, row):
    """Replace, drop or double one value of the order."""
    path = chance.choice([one for one in places(row) if one])
    where = row
    for key in path[:-1]:
        where = where[key]
    kind = chance.randrange(3)
    if kind == 0:
        where[path[-1]] = chance.choice(GARBAGE)
    elif kind == 1 or not isinstance(where, list):
        del where[path[-1]]
    else:
        where.append(where[path[-1]])
    return row


def damage_bytes(chance, body):
    place = chance.randrange(len(body))
    kind = chance.randrange(4)
    if kind == 0:
        return body[:place]
    if kind == 1:
        return body[:place] + body[place + chance.randrange(1, 20) :]
    if kind == 2:
        return body[:place] + bytes([chance.randrange(256)]) + body[place:]
    return body[:place] + bytes([body[place] ^ (1 << chance.randrange(8))]) + body[place + 1 :]


def outcome(app, body, expected, settled):
    """refused, broken, parked, same (also when what Saleor would get is), or a failure: changed."""
    try:
        found = read(app, body)
    except ChannelError:
        return "refused"
    if not found.orders:
        return "broken"
    (order,) = found.orders
    if money_of(order) == expected:
        return "same"
    try:
        sums = settle(order, "US")
    except Parked:
        return "parked"
    return "same" if sums == settled else "changed"


@pytest.mark.parametrize("kind", ["bytes", "structure"])
def test_no_damaged_answer_changes_an_amount(app, kind):
    chance = random.Random(20261122)
    body = page(order_row())
    (intact,) = read(app, body).orders
    expected, settled = money_of(intact), settle(intact, "US")
    outcomes: dict[str, int] = {}
    changed = []

    for _ in range(RUNS):
        if kind == "bytes":
            bad = damage_bytes(chance, body)
        else:
            bad = page(damage_structure(chance, order_row()))
        result = outcome(app, bad, expected, settled)
        outcomes[result] = outcomes.get(result, 0) + 1
        if result == "changed":
            changed.append(bad)

    assert [json.loads(one) for one in changed] == []
    assert sum(outcomes.values()) == RUNS
    assert {"broken", "same", "parked"} <= set(outcomes)
