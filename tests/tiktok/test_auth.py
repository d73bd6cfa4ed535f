from __future__ import annotations

import logging
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest

from saleor_tiktok_stripe.errors import (
    ChannelError,
    InvalidInput,
    NeedsReauthorization,
    RetryLater,
)
from saleor_tiktok_stripe.tiktok.auth import consent_url, exchange_code, refresh
from saleor_tiktok_stripe.tiktok.errors import TokensInDoubt
from saleor_tiktok_stripe.tiktok.gateway import AppCredentials
from saleor_tiktok_stripe.tiktok.types import Tokens
from tests.transport.servers import answer, closed_port, raw, reset, serving

from .wire_samples import envelope

TOKENS = {
    "access_token": "TTP_accessCANARY",
    "access_token_expire_in": 1767830400,
    "refresh_token": "TTP_refreshCANARY",
    "refresh_token_expire_in": 1798761600,
    "open_id": "7010736000000000001",
    "seller_name": "Demo shop",
    "seller_base_region": "US",
    "user_type": 0,
    "granted_scopes": ["seller.authorization.info", "seller.order.info"],
}
SECRETS = ("s3cr3t_demo_0001", "CANARY", "theAuthCode", "theOldRefresh")


@pytest.mark.parametrize(
    ("region", "host"),
    [
        ("US", "services.tiktokshops.us"),
        ("GB", "services.tiktokshop.com"),
        ("UK", "services.tiktokshop.com"),
        ("ZZ", "services.tiktokshop.com"),
    ],
)
def test_consent_goes_to_the_regions_host(app, region, host):
    url = urlsplit(consent_url(app, region, "st&te"))

    assert (url.scheme, url.netloc, url.path) == ("https", host, "/open/authorize")
    assert parse_qs(url.query) == {"service_id": ["7300000000000000001"], "state": ["st&te"]}


def test_consent_needs_the_service_id():
    with pytest.raises(InvalidInput) as error:
        consent_url(AppCredentials("k", "s"), "US", "x")

    assert (error.value.code, error.value.field) == ("SERVICE_ID_MISSING", "service_id")


def test_exchange_is_asked_as_documented_and_expiries_are_absolute(app, door):
    with serving(answer(envelope(TOKENS, message="success"))) as server:
        tokens = exchange_code(app, "theAuthCode", door, auth_url=server.url)

    url = urlsplit(server.requests[0].split(b" ")[1].decode())
    assert server.requests[0].startswith(b"GET /api/v2/token/get?")
    assert parse_qs(url.query) == {
        "app_key": ["demoappkey1"],
        "app_secret": ["s3cr3t_demo_0001"],
        "auth_code": ["theAuthCode"],
        "grant_type": ["authorized_code"],
    }
    assert tokens == Tokens(
        access_token="TTP_accessCANARY",
        refresh_token="TTP_refreshCANARY",
        access_expires_at=datetime(2026, 1, 8, tzinfo=UTC),
        refresh_expires_at=datetime(2027, 1, 1, tzinfo=UTC),
        open_id="7010736000000000001",
        seller_name="Demo shop",
        seller_region="US",
        scopes=("seller.authorization.info", "seller.order.info"),
    )
    assert "CANARY" not in repr(tokens)


def test_refresh_sends_its_grant_type(app, door):
    with serving(answer(envelope(TOKENS))) as server:
        refresh(app, "theOldRefresh", door, auth_url=server.url)

    query = parse_qs(urlsplit(server.requests[0].split(b" ")[1].decode()).query)
    assert query["grant_type"] == ["refresh_token"]
    assert query["refresh_token"] == ["theOldRefresh"]


@pytest.mark.parametrize("code", [36004001, 36004005, 36004004, 98001004])
def test_terminal_refusals_need_the_seller(app, door, code):
    said = answer(envelope(None, code, "no theOldRefresh"))
    with serving(said) as server, pytest.raises(NeedsReauthorization) as error:
        refresh(app, "theOldRefresh", door, auth_url=server.url)

    assert "theOldRefresh" not in str(error.value)
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "behaviour",
    [
        reset,
        raw(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{"),
        answer(b"<html>", "502 Bad Gateway"),
        answer(b"not json"),
        answer(envelope(None, 36009003, "busy")),
        answer(envelope(None, 36009007, "timeout")),
    ],
)
def test_unseen_answer_is_in_doubt_and_not_repeated_at_once(app, door, behaviour):
    with serving(behaviour) as server, pytest.raises(TokensInDoubt) as error:
        refresh(app, "theOldRefresh", door, auth_url=server.url)

    assert error.value.code == "TIKTOK_TOKENS_IN_DOUBT"
    assert len(server.requests) == 1


def test_when_nothing_was_sent_it_is_only_later(app, door):
    with pytest.raises(RetryLater) as error:
        refresh(app, "theOldRefresh", door, auth_url=f"http://127.0.0.1:{closed_port()}")

    assert type(error.value) is RetryLater


@pytest.mark.parametrize(
    "change",
    [
        {"access_token": ""},
        {"refresh_token": None},
        {"access_token_expire_in": 0},
        {"refresh_token_expire_in": "soon"},
        {"access_token": 5},
    ],
)
def test_incomplete_tokens_are_in_doubt_since_the_former_ones_may_be_gone(app, door, change):
    said = answer(envelope({**TOKENS, **change}))
    with serving(said) as server, pytest.raises(TokensInDoubt) as error:
        refresh(app, "theOldRefresh", door, auth_url=server.url)

    assert error.value.code == "TIKTOK_UNREADABLE_ANSWER"
    assert "CANARY" not in str(error.value)
    assert len(server.requests) == 1


def test_a_creators_account_is_no_shop(app, door):
    said = answer(envelope({**TOKENS, "user_type": 1}))
    with serving(said) as server, pytest.raises(InvalidInput) as error:
        exchange_code(app, "theAuthCode", door, auth_url=server.url)

    assert error.value.code == "NOT_A_SELLER"


@pytest.mark.parametrize("behaviour", [reset, answer(envelope(None, 36004005, "theOldRefresh"))])
def test_no_secret_reaches_an_error_or_a_log(app, door, caplog, behaviour):
    caplog.set_level(logging.DEBUG)
    with serving(behaviour) as server, pytest.raises(ChannelError) as error:
        refresh(app, "theOldRefresh", door, auth_url=server.url)

    assert "token.refresh: " in caplog.text
    shown = caplog.text + str(error.value) + repr(error.value)
    assert not any(secret in shown for secret in SECRETS)
    assert error.value.__context__ is None


def test_no_secret_of_a_success_reaches_a_log(app, door, caplog):
    caplog.set_level(logging.DEBUG)
    with serving(answer(envelope(TOKENS))) as server:
        refresh(app, "theOldRefresh", door, auth_url=server.url)

    assert "token.refresh: ok, HTTP 200" in caplog.text
    assert not any(secret in caplog.text for secret in SECRETS)
