"""How many of a SKU the marketplace may sell, by rule."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saleor_tiktok_stripe.accounts import ChannelPolicy
from saleor_tiktok_stripe.catalog.numbers import MOST, UNTRACKED, Terms, Why, terms
from saleor_tiktok_stripe.catalog.words import why_number
from saleor_tiktok_stripe.saleor_api.types import VariantStock, WarehouseStock


def stock(**places: tuple[int, int, int]) -> VariantStock:
    """Quantity, allocated, reserved by warehouse."""
    warehouses = {slug: WarehouseStock(*pieces) for slug, pieces in places.items()}
    return VariantStock("v1", tracks_inventory=True, sellable=True, warehouses=warehouses)


def test_what_orders_and_checkouts_hold_is_not_offered():
    made = terms(stock(east=(10, 3, 2), west=(4, 0, 0)), ChannelPolicy())

    assert made.number == 9
    assert made.why is Why.COUNTED
    assert why_number(made) == "9 free in east, west: 9."


def test_only_the_chosen_warehouses_count():
    two = stock(east=(10, 0, 0), west=(4, 0, 0))

    assert terms(two, ChannelPolicy(stock_warehouses=("west",))).number == 4
    assert terms(two, ChannelPolicy(warehouse="east")).number == 10
    assert terms(two, ChannelPolicy(warehouse="east", stock_warehouses=("west",))).number == 4
    assert terms(two, ChannelPolicy(stock_warehouses=("gone",))).number == 0


@pytest.mark.parametrize(
    ("free", "policy", "number"),
    [
        (9, {"stock_percent": 50}, 4),
        (9, {"stock_percent": 50, "stock_buffer": 3}, 1),
        (9, {"stock_buffer": 10}, 0),
        (9, {"stock_max": 5}, 5),
        (9, {"stock_max": 0}, 0),
        (9, {"stock_percent": 0}, 0),
        (500_000, {}, MOST),
        (1, {"stock_percent": 99}, 0),
    ],
)
def test_share_buffer_and_limit(free: int, policy: dict, number: int):
    assert terms(stock(east=(free, 0, 0)), ChannelPolicy(**policy)).number == number


def test_a_shortage_in_one_warehouse_is_covered_by_another():
    made = terms(stock(east=(2, 5, 0), west=(10, 0, 0)), ChannelPolicy())

    assert (made.number, made.short) == (7, 0)


def test_more_sold_than_there_is_offers_none_and_says_how_many_are_missing():
    made = terms(stock(east=(2, 5, 0)), ChannelPolicy(), waiting=1)

    assert (made.number, made.free, made.short) == (0, -4, 4)


def test_what_waiting_orders_need_is_not_offered_again_and_the_number_does_not_jump_later():
    before = terms(stock(east=(10, 0, 0)), ChannelPolicy(stock_percent=50), waiting=2)
    imported = terms(stock(east=(10, 2, 0)), ChannelPolicy(stock_percent=50))

    assert before.number == imported.number == 4
    assert why_number(before) == (
        "10 free in east, less 2 sold in orders that are not in Saleor yet, of that 50 %, "
        "rounded down: 4."
    )


def test_what_orders_are_owed_is_not_offered():
    made = terms(stock(east=(10, 0, 0)), ChannelPolicy(), owed=3)

    assert made.number == 7
    assert made.passes
    assert "less 3 in orders that no stock is set aside for" in why_number(made)


def test_what_a_checkout_holds_passes():
    assert terms(stock(east=(10, 0, 1)), ChannelPolicy()).passes
    assert not terms(stock(east=(10, 1, 0)), ChannelPolicy()).passes


def test_a_variant_that_is_not_for_sale_is_offered_at_zero():
    made = terms(replace(stock(east=(10, 0, 0)), sellable=False), ChannelPolicy())

    assert (made.number, made.why, made.short) == (0, Why.NOT_SELLABLE, 0)


def test_a_variant_that_is_gone_is_offered_at_zero():
    made = terms(None, ChannelPolicy())

    assert (made.number, made.why) == (0, Why.NO_VARIANT)


def test_uncounted_stock_is_offered_up_to_the_limit():
    endless = replace(stock(east=(0, 7, 0)), tracks_inventory=False)

    assert terms(endless, ChannelPolicy()).number == UNTRACKED
    assert terms(endless, ChannelPolicy(stock_max=20)).number == 20
    assert terms(endless, ChannelPolicy()).short == 0


def test_skus_of_one_variant_share_it_and_the_last_piece_is_offered_once():
    shared = [
        terms(stock(east=(7, 0, 0)), ChannelPolicy(), shared_by=3, place=place).number
        for place in range(3)
    ]
    last = [
        terms(stock(east=(1, 0, 0)), ChannelPolicy(), shared_by=3, place=place).number
        for place in range(3)
    ]

    assert shared == [3, 2, 2]
    assert last == [1, 0, 0]


@given(
    quantity=st.integers(-5, 300),
    allocated=st.integers(0, 300),
    reserved=st.integers(0, 20),
    waiting=st.integers(0, 20),
    percent=st.integers(0, 100),
    buffer=st.integers(0, 50),
    most=st.none() | st.integers(0, 200),
    skus=st.integers(1, 4),
)
def test_never_more_than_there_is_never_below_zero(
    quantity, allocated, reserved, waiting, percent, buffer, most, skus
):
    policy = ChannelPolicy(stock_percent=percent, stock_buffer=buffer, stock_max=most)
    shares = [
        terms(
            stock(east=(quantity, allocated, reserved)),
            policy,
            waiting=waiting,
            shared_by=skus,
            place=place,
        )
        for place in range(skus)
    ]

    free = quantity - allocated - reserved - waiting
    offered = sum(one.number for one in shares)
    assert offered <= max(0, free)
    assert all(one.number >= 0 for one in shares)
    assert most is None or all(one.number <= most for one in shares)
    for one in shares:
        assert Terms.from_json(one.to_json()) == one
