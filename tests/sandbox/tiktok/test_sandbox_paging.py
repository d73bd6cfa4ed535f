"""Order search: filters, sorts, opaque tokens, and paging while orders change."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from saleor_tiktok_stripe.sandbox.tiktok.index import TimeIndex, pack, slot_of

SEARCH = "/order/202309/orders/search"


@pytest.fixture(scope="module")
def quiet(sandbox_server):
    """A shop that these tests only read."""
    return sandbox_server(orders=300, seed=11, rate_burst=10_000)


@pytest.fixture(scope="module")
def reader(quiet, connect):
    return connect(quiet)


def walk(caller, body=None, *, between=lambda: None, **query):
    orders, token = [], ""
    while True:
        page = caller.search(body=body or {}, page_token=token, **query)
        orders += page["orders"]
        token = page["next_page_token"]
        if not token:
            return orders, page["total_count"]
        between()


@pytest.mark.parametrize("field", ["create_time", "update_time"])
@pytest.mark.parametrize("direction", ["ASC", "DESC"])
def test_every_order_once_in_the_order_asked_for(reader, field, direction):
    orders, count = walk(reader, sort_field=field, sort_order=direction, page_size=37)
    times = [order[field] for order in orders]

    assert count == len(orders) == len({order["id"] for order in orders}) == 300
    assert times == sorted(times, reverse=direction == "DESC")


def test_filters_select_what_they_say(quiet, reader):
    everything, _ = walk(reader, page_size=100)
    some = everything[100]
    filters = {
        "order_status": lambda o: o["status"] == "COMPLETED",
        "shipping_type": lambda o: o["shipping_type"] == "SELLER",
        "buyer_user_id": lambda o: o["user_id"] == some["user_id"],
        "is_buyer_request_cancel": lambda o: o["is_buyer_request_cancel"],
        "warehouse_ids": lambda o: o["warehouse_id"] == some["warehouse_id"],
        "create_time_ge": lambda o: o["create_time"] >= some["create_time"],
        "create_time_lt": lambda o: o["create_time"] < some["create_time"],
        "update_time_ge": lambda o: o["update_time"] >= some["update_time"],
        "update_time_lt": lambda o: o["update_time"] < some["update_time"],
    }
    values = {
        "order_status": "COMPLETED", "shipping_type": "SELLER", "buyer_user_id": some["user_id"],
        "is_buyer_request_cancel": True, "warehouse_ids": [some["warehouse_id"]],
        "create_time_ge": some["create_time"], "create_time_lt": some["create_time"],
        "update_time_ge": some["update_time"], "update_time_lt": some["update_time"],
    }  # fmt: skip
    for name, fits in filters.items():
        found, count = walk(reader, {name: values[name]}, page_size=100)
        expected = {order["id"] for order in everything if fits(order)}
        assert {order["id"] for order in found} == expected, name
        assert count == len(expected), name


def test_token_is_bound_to_filters_and_sort(reader):
    token = reader.search(page_size=10, sort_field="create_time")["next_page_token"]

    def code(query, body):
        return reader.code("POST", SEARCH, {"page_token": token, **query}, body)[1]

    assert code({"page_size": 10, "sort_field": "create_time"}, {}) == 0
    assert code({"page_size": 10, "sort_field": "update_time"}, {}) == 36009004
    assert code({"page_size": 11, "sort_field": "create_time"}, {}) == 36009004
    assert (
        code({"page_size": 10, "sort_field": "create_time"}, {"shipping_type": "SELLER"})
        == 36009004
    )
    assert reader.code("POST", SEARCH, {"page_size": 10, "page_token": "junk"}, {})[1] == 36009004


def test_nothing_is_lost_when_orders_change_between_pages(sandbox, caller):
    rng = random.Random(1)
    ids = sandbox.order_ids()

    def touch():
        for order_id in rng.sample(ids, 5):
            sandbox.touch(order_id)

    orders, _ = walk(caller, page_size=7, sort_field="update_time", sort_order="ASC", between=touch)

    assert {order["id"] for order in orders} == set(ids)
    assert len(orders) >= len(ids)


def test_a_page_may_show_an_update_time_outside_the_range(sandbox, caller):
    last = sandbox.now()
    sandbox.advance_time(100)
    sandbox.inject_fault("moves_while_paging", orders=3)

    page = caller.search(body={"update_time_lt": last}, sort_field="update_time", page_size=20)

    assert [order["update_time"] >= last for order in page["orders"]].count(True) == 3


def test_repeated_ids_count_like_a_comma_list(sandbox, caller):
    ids = sandbox.order_ids(limit=2)
    query = tuple(("ids", order_id) for order_id in ids)

    found = caller.data("GET", "/order/202309/orders", query)["orders"]

    assert [order["id"] for order in found] == ids


def test_by_ids_takes_fifty_and_leaves_unknown_ones_out(sandbox, caller):
    ids = sandbox.order_ids(limit=3)
    asked = ",".join([*ids, "576461413038785752"])

    for version in ("202309", "202507"):
        found = caller.data("GET", f"/order/{version}/orders", {"ids": asked})["orders"]
        assert [order["id"] for order in found] == ids
        assert ("payment_method_code" in found[0]) == (version == "202507")
    many = ",".join(["1"] * 51)
    assert caller.code("GET", "/order/202309/orders", {"ids": many}) == (200, 36009004)


CHANGES = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 50)), max_size=30)


@settings(max_examples=150)
@given(
    base=st.lists(st.integers(0, 50), max_size=25),
    changes=CHANGES,
    low=st.none() | st.integers(0, 50),
    high=st.none() | st.integers(0, 50),
    descending=st.booleans(),
)
def test_index_equals_a_sorted_dictionary(base, changes, low, high, descending):
    index = TimeIndex(pack(time, slot) for slot, time in enumerate(base))
    truth = dict(enumerate(base))
    for slot, time in changes:
        index.put(slot, time, base[slot] if slot < len(base) else None)
        truth[slot] = time

    found = [slot_of(key) for key in index.keys(low, high, descending, None)]

    inside = [
        (time, slot)
        for slot, time in truth.items()
        if (low is None or time >= low) and (high is None or time < high)
    ]
    assert found == [slot for _, slot in sorted(inside, reverse=descending)]
    if low is None or high is None or low <= high:
        assert index.count(low, high) == len(inside)
