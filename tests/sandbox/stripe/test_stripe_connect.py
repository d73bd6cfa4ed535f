"""Connect OAuth: consent, tokens, acting for an account, and the end of it."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
import stripe

from saleor_tiktok_stripe.sandbox.stripe import StripeSandbox
from saleor_tiktok_stripe.sandbox.stripe.control import Control

BACK = "https://shop.example/oauth/stripe/"


@pytest.fixture
def platform(control: Control) -> Control:
    """A platform with one registered address."""
    control.platform(redirect_uris=[BACK])
    return control


@pytest.fixture
def consent(stripe_server: StripeSandbox, platform: Control) -> Any:
    """Opens the consent page (or answers it): the response, not followed."""

    def opened(method: str = "GET", **changes: str) -> requests.Response:
        given = {
            "client_id": platform.client_id,
            "response_type": "code",
            "scope": "read_write",
            "state": "s1",
            "redirect_uri": BACK,
            **changes,
        }
        sent: dict[str, Any] = {"params": given} if method == "GET" else {"data": given}
        return requests.request(
            method,
            f"{stripe_server.connect_url}/oauth/authorize",
            allow_redirects=False,
            timeout=60,
            **sent,
        )

    return opened


@pytest.fixture
def post(stripe_server: StripeSandbox, platform: Control) -> Any:
    """A POST to the Connect address with the platform's key (or another, or none)."""

    def posted(path: str, key: str | None = None, **form: str) -> tuple[int, dict[str, Any]]:
        bearer = platform.secret_key if key is None else key
        headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
        url = f"{stripe_server.connect_url}/oauth/{path}"
        answer = requests.post(url, data=form, headers=headers, timeout=60)
        return answer.status_code, answer.json()

    return posted


def query_of(response: requests.Response) -> dict[str, str]:
    assert response.status_code == 302
    assert response.headers["location"].startswith(BACK)
    query = parse_qs(urlsplit(response.headers["location"]).query)
    return {name: values[0] for name, values in query.items()}


def test_the_page_asks_and_the_answer_leads_back(consent: Any, platform: Control) -> None:
    page = consent()
    assert page.status_code == 200
    assert platform.account_id in page.text
    assert 'name="state" value="s1"' in page.text

    back = query_of(consent("POST", answer="approve"))

    assert back.pop("code").startswith("ac_")
    assert back == {"scope": "read_write", "state": "s1"}


def test_denying_leads_back_too(consent: Any) -> None:
    assert query_of(consent("POST", answer="deny")) == {
        "error": "access_denied",
        "error_description": "The user denied your request",
        "state": "s1",
    }


def test_a_page_may_approve_by_itself(consent: Any, platform: Control) -> None:
    platform.platform(auto_approve=True)

    assert query_of(consent())["code"].startswith("ac_")


def test_what_is_written_on_the_page_is_escaped(consent: Any) -> None:
    page = consent(state='"><script>alert(1)</script>')

    assert "<script>" not in page.text


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"client_id": "ca_nobody"}, "No application matches"),
        ({"redirect_uri": "https://evil.example/"}, "Invalid redirect URI"),
    ],
)
def test_nobody_is_sent_to_an_address_that_is_not_registered(
    consent: Any, changes: dict[str, str], words: str
) -> None:
    refused = consent(**changes)

    assert (refused.status_code, "location" in refused.headers) == (400, False)
    assert words in refused.json()["error"]["message"]


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "everything"}, "invalid_scope"),
    ],
)
def test_a_request_that_is_wrong_leads_back_with_an_error(
    consent: Any, changes: dict[str, str], error: str
) -> None:
    assert query_of(consent(**changes))["error"] == error


def test_a_code_becomes_the_right_to_act_for_an_account(
    platform: Control, post: Any, connect: Any
) -> None:
    merchant = platform.new_account()
    platform.platform(signed_in=merchant.account_id)
    acting = connect(platform.secret_key, stripe_account=merchant.account_id).v1
    with pytest.raises(stripe.PermissionError):
        acting.balance.retrieve()

    status, given = post(
        "token", grant_type="authorization_code", code=platform.oauth_code("read_write")
    )

    assert status == 200
    assert given["stripe_user_id"] == merchant.account_id
    assert given["stripe_publishable_key"] == merchant.publishable_key
    assert (given["scope"], given["livemode"], given["token_type"]) == (
        "read_write", False, "bearer",
    )  # fmt: skip
    assert acting.accounts.retrieve_current().id == merchant.account_id
    assert connect(platform.secret_key).v1.accounts.retrieve(merchant.account_id).id
    own = connect(given["access_token"]).v1.accounts.retrieve_current()
    assert own.id == merchant.account_id


def test_a_code_works_once(platform: Control, post: Any, connect: Any) -> None:
    code = platform.oauth_code()
    _, given = post("token", grant_type="authorization_code", code=code)

    status, again = post("token", grant_type="authorization_code", code=code)

    assert (status, again["error"]) == (400, "invalid_grant")
    assert "already been used" in again["error_description"]
    with pytest.raises(stripe.AuthenticationError):
        connect(given["access_token"]).v1.balance.retrieve()


def test_a_code_lives_five_minutes(platform: Control, post: Any) -> None:
    code = platform.oauth_code()
    platform.turn(300)

    status, given = post("token", grant_type="authorization_code", code=code)

    assert (status, given["error"]) == (400, "invalid_grant")


def test_a_code_is_of_one_mode(platform: Control, post: Any) -> None:
    live = platform.other_mode()

    status, given = post(
        "token", live.secret_key, grant_type="authorization_code", code=platform.oauth_code()
    )

    assert (status, given["error"]) == (400, "invalid_grant")


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"grant_type": "authorization_code", "code": "ac_nothing"}, "invalid_grant"),
        ({"grant_type": "authorization_code"}, "invalid_request"),
        ({"grant_type": "refresh_token", "refresh_token": "rt_nothing"}, "invalid_grant"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({}, "unsupported_grant_type"),
    ],
)
def test_token_calls_that_are_refused(post: Any, form: dict[str, str], error: str) -> None:
    status, given = post("token", **form)

    assert (status, given["error"]) == (400, error)
    assert set(given) == {"error", "error_description"}


def test_the_platforms_key_may_come_in_the_body_and_must_come(platform: Control, post: Any) -> None:
    form = {"grant_type": "authorization_code", "code": platform.oauth_code()}
    _, nobody = post("token", "", **form)
    _, stranger = post("token", platform.publishable_key, **form)

    status, given = post("token", "", client_secret=platform.secret_key, **form)

    assert (nobody["error"], stranger["error"]) == ("invalid_client", "invalid_client")
    assert (status, given["token_type"]) == (200, "bearer")


def test_a_refresh_token_gives_another_access_token(
    platform: Control, post: Any, connect: Any
) -> None:
    _, given = post("token", grant_type="authorization_code", code=platform.oauth_code())

    status, again = post("token", grant_type="refresh_token", refresh_token=given["refresh_token"])

    assert status == 200
    assert again["access_token"] != given["access_token"]
    assert again["stripe_user_id"] == given["stripe_user_id"]
    assert connect(again["access_token"]).v1.balance.retrieve().livemode is False


def _connected(platform: Control, post: Any) -> Control:
    merchant = platform.new_account()
    platform.platform(signed_in=merchant.account_id)
    post("token", grant_type="authorization_code", code=platform.oauth_code())
    return merchant


def test_the_platform_gives_the_right_back(platform: Control, post: Any, connect: Any) -> None:
    merchant = _connected(platform, post)
    form = {"client_id": platform.client_id, "stripe_user_id": merchant.account_id}

    status, given = post("deauthorize", **form)

    assert (status, given) == (200, {"stripe_user_id": merchant.account_id})
    with pytest.raises(stripe.PermissionError, match="Application access may have been revoked"):
        connect(platform.secret_key, stripe_account=merchant.account_id).v1.balance.retrieve()
    assert post("deauthorize", **form)[1]["error"] == "invalid_client"
    assert post("deauthorize", **{**form, "client_id": "ca_x"})[1]["error"] == "invalid_client"


def test_the_merchant_ends_it_and_the_platform_is_told(
    platform: Control, post: Any, api: Any, connect: Any
) -> None:
    merchant = _connected(platform, post)
    api.webhook_endpoints.create(
        {
            "url": "https://shop.example/hook",
            "enabled_events": ["account.application.deauthorized"],
            "connect": True,
        }
    )

    merchant.end_consent(platform.account_id)

    told: list[Any] = []
    platform.deliver(lambda url, body, header: told.append(body) or 200)
    (event,) = (stripe.Event.construct_from(json.loads(body), "") for body in told)
    assert (event.type, event.account) == (
        "account.application.deauthorized", merchant.account_id,
    )  # fmt: skip
    assert (event.data.object.object, event.data.object.id) == ("application", platform.client_id)
    with pytest.raises(stripe.PermissionError):
        connect(platform.secret_key, stripe_account=merchant.account_id).v1.balance.retrieve()


def test_stripes_own_oauth_client_drives_it(
    stripe_server: StripeSandbox, platform: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stripe, "connect_api_base", stripe_server.connect_url)
    monkeypatch.setattr("stripe._oauth.connect_api_base", stripe_server.connect_url)
    url = stripe.OAuth.authorize_url(client_id=platform.client_id, scope="read_write", state="x")
    assert requests.get(url, timeout=60).status_code == 200

    given = stripe.OAuth.token(
        api_key=platform.secret_key,
        grant_type="authorization_code",
        code=platform.oauth_code(),
    )

    assert given.scope == "read_write"
    with pytest.raises(stripe.oauth_error.InvalidGrantError):
        stripe.OAuth.token(
            api_key=platform.secret_key, grant_type="authorization_code", code="ac_nothing"
        )
    ended = stripe.OAuth.deauthorize(
        api_key=platform.secret_key,
        client_id=platform.client_id,
        stripe_user_id=given.stripe_user_id,
    )
    assert ended.stripe_user_id == given.stripe_user_id
