"""The table of endpoints against an independent client's, and what may be repeated."""

from __future__ import annotations

import re

import pytest
from tiktok_shop_api.generated._meta import EVENT_TYPES, OPERATIONS

from saleor_tiktok_stripe.tiktok import endpoints
from saleor_tiktok_stripe.tiktok.endpoints import RATES, Endpoint
from saleor_tiktok_stripe.tiktok.webhooks import CASE_EVENTS, KINDS, STOCK_EVENTS, SUBSCRIBED

ALL = {name: one for name, one in vars(endpoints).items() if isinstance(one, Endpoint)}
NOT_THERE = {"DEAUTHORIZE"}
"""Documented, but left out of the independent client."""
REPEATABLE = {
    "DEAUTHORIZE",
    "ORDER_REFERENCES",
    "PRICE_UPDATE",
    "STOCK_UPDATE",
    "WEBHOOK_DELETE",
    "WEBHOOK_PUT",
}
"""Writes that set something absolute, or whose repetition is refused for having worked."""
READS_BY_POST = {
    "CANCELLATION_SEARCH",
    "ORDER_SEARCH",
    "PRODUCT_SEARCH",
    "RETURN_SEARCH",
    "STOCK_SEARCH",
}


def bare(path):
    """A path without its version and the names of its parameters: versions come and go."""
    return re.sub(r"\{[^}]+\}", "{}", re.sub(r"/\d{6}(?=/)", "", path))


@pytest.mark.parametrize("name", sorted(set(ALL) - NOT_THERE))
def test_an_independent_client_knows_every_endpoint(name):
    ours = ALL[name]
    known = {
        (one["method"].upper(), bare(one["path"])): one["requiresShopCipher"] for one in OPERATIONS
    }

    assert known[ours.method, bare(ours.path)] is ours.cipher


def test_only_absolute_writes_are_repeated():
    writes = {name for name, one in ALL.items() if one.method != "GET"} - READS_BY_POST

    assert {name for name in writes if ALL[name].safe} == REPEATABLE
    assert all(one.safe for name, one in ALL.items() if name not in writes)


def test_every_endpoint_has_a_rate_and_no_rate_is_left_over():
    assert {one.group for one in ALL.values()} | {"tokens"} == set(RATES)


def test_labels_name_one_endpoint_each():
    assert len({one.label for one in ALL.values()}) == len(ALL)


def test_only_events_that_an_independent_client_knows_by_name_are_registered():
    by_name = {name: number for number, name in EVENT_TYPES.items()}

    assert set(SUBSCRIBED) <= set(by_name)
    assert all(KINDS[by_name[name]].name == name for name in SUBSCRIBED)


def test_every_event_of_cases_and_stock_has_its_number():
    assert {kind.name for kind in KINDS.values()} >= CASE_EVENTS | STOCK_EVENTS
