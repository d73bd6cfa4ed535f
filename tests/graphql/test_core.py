"""What every field has in common: rules, channels, limits, errors."""

from __future__ import annotations

import pytest

from saleor_tiktok_stripe.graphql.core import limits
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


def test_calls_beyond_the_budget_are_refused_with_the_time_to_wait(settings):
    settings.TIKTOK_STRIPE_API_CALLS_PER_MINUTE = 2
    settings.REDIS_URL = ""
    limits._limiter.cache_clear()
    who = Requestor("staff", "hasty", "b@example.com", EVERY)

    codes = [[e["extensions"]["code"] for e in ask(CONNECTIONS, who)["errors"]] for _ in range(3)]

    assert codes == [[], [], ["RATE_LIMITED"]]
    assert ask(CONNECTIONS, STAFF)["errors"] == []
