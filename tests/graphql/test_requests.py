"""Requests that no client sends: whatever comes in, the answer is JSON, soon, and no fault."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from saleor_tiktok_stripe.graphql.core import limits
from saleor_tiktok_stripe.graphql.core.scalars import Date, DateTime, TiktokStripeAmount
from saleor_tiktok_stripe.graphql.reading import Number
from saleor_tiktok_stripe.saleor_api import get_saleor

from .asking import ask

pytestmark = pytest.mark.django_db
ADDRESS = "/plugins/channel/tiktok-us/saleor.tiktok_stripe/graphql/"
JSON = "application/json"
PAY = "{ tiktokStripe { storefront { takesPayments } } }"
OFFER = (
    "mutation ($id: ID!, $amount: TiktokStripeAmount!) {"
    " tiktokStripeAfterSalesCaseOffer(id: $id, amount: $amount) { errors { reason field } } }"
)
ENTRIES = (
    "query ($first: Int, $since: DateTime) { tiktokStripe { ledgerEntries(first: $first,"
    " filter: {since: $since}) { edges { cursor } } } }"
)
LOOKED_AT = settings(
    max_examples=40,
    deadline=30_000,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def post(body: bytes | str, content_type: str = JSON) -> tuple[int, dict[str, Any]]:
    said = Client().post(ADDRESS, body, content_type=content_type)
    return said.status_code, said.json()


def refused(body: bytes | str, content_type: str = JSON) -> int:
    status, said = post(body, content_type)
    assert said["errors"]
    assert "Internal Server Error" not in str(said)
    return status


@pytest.fixture(autouse=True)
def without_limit(settings: Any) -> None:
    settings.TIKTOK_STRIPE_API_CALLS_PER_MINUTE = 1_000_000


@LOOKED_AT
@given(st.binary(max_size=200), st.sampled_from([JSON, "text/plain", "multipart/form-data", "x"]))
def test_bytes_that_mean_nothing(body: bytes, content_type: str):
    assert refused(body, content_type) == 400


@LOOKED_AT
@given(st.dictionaries(st.sampled_from(["query", "variables", "operationName"]), anything))
def test_json_that_is_no_request(body: dict[str, Any]):
    assert refused(json.dumps(body)) == 400


@LOOKED_AT
@given(anything, anything)
def test_variables_of_any_kind(first: Any, since: Any):
    body = json.dumps({"query": ENTRIES, "variables": {"first": first, "since": since}})

    assert refused(body) in (200, 400)


@LOOKED_AT
@given(anything)
def test_maps_of_files_of_any_kind(places: Any):
    file = SimpleUploadedFile("a.pdf", b"%PDF-1.4")
    operations = json.dumps({"query": OFFER, "variables": {"id": "x", "amount": None}})
    form = {"operations": operations, "map": json.dumps(places), "0": file}

    said = Client().post(ADDRESS, form)

    assert (said.status_code, bool(said.json()["errors"])) == (400, True)


@pytest.mark.parametrize(
    "query",
    [
        "{" * 30_000,
        "{a" * 5_000 + "}" * 5_000,
        "query { ...A } fragment A on Query { ...B } fragment B on Query { ...A }",
        "query { tiktokStripe { channel ...A } } fragment A on TiktokStripe { ...A }",
        "{ tiktokStripe { " + " ".join(f"a{n}: channel" for n in range(5_000)) + " } }",
        "{ tiktokStripe(channel: " + "[" * 20_000 + " } }",
        "query A { tiktokStripe { channel } } query B { tiktokStripe { channel } }",
        "{ tiktokStripe { ledgerEntries(first: " + "9" * 5_000 + ") { edges { cursor } } } }",
        '{ tiktokStripe { ledgerEntries(filter: {since: ""}) { edges { cursor } } } }',
        "subscription { a }",
        "",
        "\x00",
    ],
    ids=lambda text: text[:40],
)
def test_queries_that_are_too_much_or_go_in_circles(query: str):
    assert refused(json.dumps({"query": query})) in (200, 400)


@pytest.mark.parametrize("amount", ["1e999999999", "-1e400", "NaN", "Infinity", "[1.5]", "{}"])
def test_a_number_beyond_all_bounds_is_refused_at_once(amount: str):
    body = f'{{"query": {json.dumps(OFFER)}, "variables": {{"id": "x", "amount": {amount}}}}}'

    assert refused(body) == 400


def test_a_number_where_a_whole_one_is_wanted_is_told_as_such():
    status, said = post(json.dumps({"query": ENTRIES, "variables": {"first": 2.5, "since": 1.5}}))

    assert status == 400
    assert 'Expected type "DateTime", found 1.5' in said["errors"][0]["message"]


def test_an_amount_keeps_its_digits():
    assert TiktokStripeAmount.parse_value(Number("12.300000000000000001")) == Decimal(
        "12.300000000000000001"
    )


@pytest.mark.parametrize("text", ["", "T", "2026-02-30T00:00:00Z", "0001-01-01T00:00:00+14:00"])
def test_what_is_no_moment_is_none(text: str):
    assert DateTime.parse_value(text) is None
    assert Date.parse_value(text[:10]) is None or text.startswith("0001")


def test_an_id_that_is_none_of_saleor_is_not_found_and_nobody_is_asked(settings: Any):
    settings.SALEOR_API_URL, settings.SALEOR_APP_TOKEN = "http://127.0.0.1:9/graphql/", "x"
    get_saleor.cache_clear()

    for order_id in ("Order:1", "garbage", "T3JkZXI6MQ=="):
        said = ask(
            'mutation ($id: ID!) { tiktokStripeOrderRefund(orderId: $id, input: {amount: "1"})'
            " { errors { code field reason } } }",
            id=order_id,
        )

        assert said["data"]["tiktokStripeOrderRefund"]["errors"] == [
            {"code": "NOT_FOUND", "field": "orderId", "reason": "PAYMENT_NOT_FOUND"}
        ]
    get_saleor.cache_clear()


def test_the_bounds_hold_over_http(settings: Any):
    settings.TIKTOK_STRIPE_API_CALLS_PER_MINUTE, settings.REDIS_URL = 2, ""
    limits._limiter.cache_clear()
    wide = "{ tiktokStripe { " + " ".join(f"a{n}: channel" for n in range(1_001)) + " } }"

    codes = [post(json.dumps({"query": one}))[1] for one in (wide, PAY, PAY)]

    told = [one["errors"][0]["extensions"]["code"] if "errors" in one else "" for one in codes]
    assert told == ["QUERY_TOO_COSTLY", "", "RATE_LIMITED"]


def test_a_text_that_no_database_holds_is_told_with_its_field():
    said = ask(
        "mutation ($note: String) { tiktokStripeDriftAccept(ids: [], note: $note)"
        " { errors { code field reason } } }",
        note="a\x00",
    )

    assert said["data"]["tiktokStripeDriftAccept"]["errors"] == [
        {"code": "INVALID", "field": "note", "reason": "TEXT_INVALID"}
    ]
