"""What every field has in common: rules, channels, limits, errors."""

from __future__ import annotations

import pytest
from graphql import GraphQLError, parse
from graphql.execution import execute

from saleor_tiktok_stripe.graphql import view
from saleor_tiktok_stripe.graphql.core import limits
from saleor_tiktok_stripe.graphql.core.asking import Asking, Context
from saleor_tiktok_stripe.graphql.core.errors import formatted
from saleor_tiktok_stripe.graphql.schema import schema
from saleor_tiktok_stripe.models import Connection, ConnectionState
from saleor_tiktok_stripe.saleor_api.requestors import Requestor

from .asking import ANONYMOUS, EVERY, STAFF, ask

pytestmark = pytest.mark.django_db(transaction=True)
CONNECTIONS = "{ tiktokStripe { channel connections { vendor state findings { code } } } }"


def a_connection(channel: str = "tiktok-us") -> Connection:
    return Connection.objects.create(
        vendor="tiktok", channel_slug=channel, state=ConnectionState.ACTIVE, account_id=channel
    )


def test_staff_with_the_permission_are_answered():
    a_connection()

    said = ask(CONNECTIONS)

    assert said == {
        "data": {
            "tiktokStripe": {
                "channel": "tiktok-us",
                "connections": [{"vendor": "TIKTOK", "state": "ACTIVE", "findings": []}],
            }
        },
        "errors": [],
    }


def test_items_selected_by_a_fragment_are_counted_as_items():
    nested = "{ tiktokStripe { orders { ...page } } }"
    page = "fragment page on X { ...edges } fragment edges on X { edges { node { id } } }"
    document = parse(f"{nested} {page}")
    operation, *fragments = document.definitions

    cost = limits.measure(operation, {one.name.value: one for one in fragments}, {})

    assert cost == 2 + 20 * 3


@pytest.mark.parametrize(
    ("who", "code"),
    [
        (ANONYMOUS, "SIGN_IN_REQUIRED"),
        (Requestor("staff", "1", "a@example.com"), "PERMISSION_DENIED"),
        (Requestor("customer", "1", "a@example.com", EVERY), "PERMISSION_DENIED"),
        (Requestor("staff", "1", "a@example.com", EVERY, frozenset({"other"})), "CHANNEL_DENIED"),
        (Requestor("app", "1", "An app", frozenset({"MANAGE_PRODUCTS"})), "PERMISSION_DENIED"),
    ],
)
def test_others_are_told_why_not_and_nothing_else(who: Requestor, code: str):
    a_connection()

    said = ask(CONNECTIONS, who)

    assert said["data"] is None
    assert [one["extensions"] for one in said["errors"]] == [
        {"code": code, "exception": {"code": "PermissionDenied"}}
    ]


def test_another_channels_address_is_not_asked():
    said = ask('{ tiktokStripe(channel: "other") { channel } }')

    assert said["data"] is None
    assert said["errors"][0]["extensions"]["code"] == "CHANNEL_UNKNOWN"


def test_a_query_that_is_too_deep_or_asks_for_too_much_is_not_begun():
    many = " ".join(f"c{n}: connections {{ id }}" for n in range(600))

    said = ask("{ tiktokStripe { " + many + " } }")

    assert said["errors"][0]["extensions"]["code"] == "QUERY_TOO_COSTLY"
    assert said["data"] is None


def test_fragments_within_fragments_are_not_walked_for_ever():
    twice = "".join(
        f"fragment f{n} on TiktokStripe {{ ...f{n + 1} ...f{n + 1} }} " for n in range(40)
    )

    said = ask(
        "{ tiktokStripe { ...f0 } } " + twice + "fragment f40 on TiktokStripe { __typename }"
    )

    assert said["errors"][0]["extensions"]["code"] == "QUERY_TOO_COSTLY"
    assert said["data"] is None


@pytest.mark.parametrize(
    "query",
    [
        "{" + " a" * 1_001 + " }",
        "{" + " tiktokStripe { channel }" * 501 + " }",
        "{" + " ...f" * 1_001 + " } fragment f on Query { __typename }",
    ],
)
def test_a_query_of_too_many_fields_is_not_even_validated(query: str):
    with pytest.raises(GraphQLError, match=r"A query may have 1,000 fields\."):
        view._parsed(query)


def test_what_is_refused_is_refused_to_every_field_of_the_operation(settings):
    settings.TIKTOK_STRIPE_API_CALLS_PER_MINUTE = 1
    settings.REDIS_URL = ""
    limits._limiter.cache_clear()
    who = Requestor("staff", "sly", "c@example.com", EVERY)
    twice = "mutation { one: tiktokStripeJobsRetry { count } two: tiktokStripeJobsRetry { count } }"
    a_connection()

    first, second = ask(twice, who), ask(twice, who)

    assert first["data"] == {"one": {"count": 0}, "two": {"count": 0}}
    assert second["data"] == {"one": None, "two": None}
    assert [one["extensions"]["code"] for one in second["errors"]] == ["RATE_LIMITED"] * 2


def test_every_operation_of_a_request_is_measured_and_counted(settings):
    """Saleor's own address takes several operations in one request, all with one context."""
    settings.TIKTOK_STRIPE_API_CALLS_PER_MINUTE = 2
    settings.REDIS_URL = ""
    limits._limiter.cache_clear()
    context = Context(Asking(Requestor("staff", "batch", "d@example.com", EVERY), "tiktok-us"))
    many = " ".join(f"c{n}: connections {{ id }}" for n in range(600))
    queries = [CONNECTIONS, "{ tiktokStripe { " + many + " } }", CONNECTIONS, CONNECTIONS]

    done = [execute(schema(), parse(one), context_value=context) for one in queries]

    codes = [[formatted(e)["extensions"]["code"] for e in one.errors or ()] for one in done]
    assert codes == [[], ["QUERY_TOO_COSTLY"], [], ["RATE_LIMITED"]]


def test_calls_beyond_the_budget_are_refused_with_the_time_to_wait(settings):
    settings.TIKTOK_STRIPE_API_CALLS_PER_MINUTE = 2
    settings.REDIS_URL = ""
    limits._limiter.cache_clear()
    who = Requestor("staff", "hasty", "b@example.com", EVERY)

    codes = [[e["extensions"]["code"] for e in ask(CONNECTIONS, who)["errors"]] for _ in range(3)]

    assert codes == [[], [], ["RATE_LIMITED"]]
    assert ask(CONNECTIONS, STAFF)["errors"] == []
