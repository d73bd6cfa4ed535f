"""Connect OAuth: its own host, and errors of its own shape."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from saleor_tiktok_stripe.errors import InDoubt, InvalidInput, NeedsReauthorization, VendorBug
from saleor_tiktok_stripe.stripe_api import Authorization, NotFound, oauth
from tests.stripe_api.stub import SECRET, says, seen
from tests.transport.servers import reset, serving

GRANTED = {
    "access_token": "sk_live_of_the_merchant", "refresh_token": "rt_1", "token_type": "bearer",
    "scope": "read_write", "livemode": True, "stripe_user_id": "acct_9",
    "stripe_publishable_key": "pk_live_9",
}  # fmt: skip


def refuses_oauth(status, error):
    return says({"error": error, "error_description": f"About {SECRET}."}, f"{status} Refused")


def test_the_consent_page_is_named_with_all_it_needs():
    url = oauth.consent_url("ca_1", "st&te", "https://shop.example/oauth/stripe/?a=b")

    parts = urlsplit(url)
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == (
        "https://connect.stripe.com/oauth/authorize"
    )
    assert parse_qs(parts.query) == {
        "response_type": ["code"],
        "client_id": ["ca_1"],
        "scope": ["read_write"],
        "state": ["st&te"],
        "redirect_uri": ["https://shop.example/oauth/stripe/?a=b"],
    }


def test_a_code_is_exchanged_and_the_tokens_are_not_kept(door):
    with serving(says(GRANTED)) as server:
        found = oauth.exchange(SECRET, "ac_1", door, connect_url=server.url)

    assert found == Authorization("acct_9", "read_write", True, "pk_live_9")
    assert "sk_live" not in repr(found)
    asked = seen(server)
    assert (asked.method, asked.target) == ("POST", "/oauth/token")
    assert asked.body == b"grant_type=authorization_code&code=ac_1"
    assert asked.headers["authorization"] == f"Bearer {SECRET}"
    assert "ac_1" not in asked.headers["idempotency-key"]


@pytest.mark.parametrize(
    ("status", "error", "kind", "code"),
    [
        (400, "invalid_grant", InvalidInput, "STRIPE_CONSENT_CODE_INVALID"),
        (401, "invalid_client", NeedsReauthorization, "STRIPE_PLATFORM_REFUSED"),
        (400, "invalid_scope", VendorBug, "STRIPE_OAUTH_REFUSED"),
        (400, "invalid_request", VendorBug, "STRIPE_OAUTH_REFUSED"),
        (400, "brand_new", VendorBug, "STRIPE_OAUTH_REFUSED"),
        (500, "server_error", InDoubt, "STRIPE_BUSY"),
    ],
)
def test_a_refused_exchange_says_why(door, status, error, kind, code):
    with serving(refuses_oauth(status, error)) as server, pytest.raises(kind) as refused:
        oauth.exchange(SECRET, "ac_1", door, connect_url=server.url)

    assert refused.value.code == code
    assert SECRET not in str(refused.value)


def test_a_lost_answer_leaves_the_exchange_in_doubt(door):
    with serving(reset) as server, pytest.raises(InDoubt):
        oauth.exchange(SECRET, "ac_1", door, connect_url=server.url)

    assert len(server.requests) == 1


def test_access_is_ended(door):
    with serving(says({"stripe_user_id": "acct_9"})) as server:
        oauth.deauthorize("ca_1", SECRET, "acct_9", door, connect_url=server.url)

    asked = seen(server)
    assert (asked.method, asked.target) == ("POST", "/oauth/deauthorize")
    assert asked.body == b"client_id=ca_1&stripe_user_id=acct_9"


def test_access_that_ended_before_is_told(door):
    reply = refuses_oauth(401, "invalid_client")
    with serving(reply) as server, pytest.raises(NotFound) as gone:
        oauth.deauthorize("ca_1", SECRET, "acct_9", door, connect_url=server.url)

    assert gone.value.code == "STRIPE_NOT_CONNECTED"
