"""OAuth, the order of the gateway's checks, its codes and its rate limit."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from tiktok_shop_api.auth import TikTokShopAuth
from tiktok_shop_api.errors import TikTokShopError

SHOPS = "/authorization/202309/shops"
SEARCH = "/order/202309/orders/search"


def auth(sandbox):
    given = sandbox.credentials
    client = TikTokShopAuth(given["app_key"], given["app_secret"], base_url=given["auth_url"])
    return client, given["auth_code"]


def refused(call, *args):
    with pytest.raises(TikTokShopError) as error:
        call(*args)
    return error.value.code


def test_tokens_expire_absolutely_and_rotate_both(sandbox):
    client, code = auth(sandbox)
    sandbox.configure_tokens(access_life=60, refresh_life=600)

    first = client.exchange_code(code)
    second = client.refresh(first.refresh_token)

    assert first.access_token_expire_in - sandbox.now() in {59, 60}
    assert second.refresh_token_expire_in == first.refresh_token_expire_in
    assert {first.access_token, first.refresh_token}.isdisjoint(
        {second.access_token, second.refresh_token}
    )
    assert refused(client.refresh, first.refresh_token) == 36004005


def test_auth_code_works_once_and_for_thirty_minutes(sandbox):
    client, code = auth(sandbox)
    client.exchange_code(code)

    assert refused(client.exchange_code, code) == 36004004

    late = sandbox.new_auth_code()
    sandbox.advance_time(30 * 60)
    assert refused(client.exchange_code, late) == 36004004


def test_refresh_token_expires(sandbox):
    client, code = auth(sandbox)
    sandbox.configure_tokens(refresh_life=100)
    tokens = client.exchange_code(code)
    sandbox.advance_time(101)

    assert refused(client.refresh, tokens.refresh_token) == 36004001


def test_token_calls_are_get_only_and_garbage_gets_an_envelope(sandbox):
    url = f"{sandbox.auth_url}/api/v2/token/get"

    posted = requests.post(url, timeout=60)
    garbage = requests.get(url, params={"app_key": "x"}, timeout=60)

    assert (posted.status_code, posted.text) == (404, "404 page not found")
    assert (garbage.status_code, garbage.json()["code"]) == (200, 98001004)


def test_seller_approves_on_the_consent_page(sandbox):
    sandbox.configure(redirect_url="http://127.0.0.1:9/back?x=1")
    given = sandbox.credentials
    page = requests.get(
        given["consent_url"], params={"service_id": given["service_id"], "state": "s&1"}, timeout=60
    )
    assert 'value="s&amp;1"' in page.text

    def press(answer):
        form = {"state": "s&1", "answer": answer}
        response = requests.post(given["consent_url"], data=form, allow_redirects=False, timeout=60)
        return parse_qs(urlsplit(response.headers["location"]).query)

    approved, refusal = press("approve"), press("refuse")

    assert approved["state"] == ["s&1"]
    assert approved["x"] == ["1"]
    assert TikTokShopAuth(
        given["app_key"], given["app_secret"], base_url=given["auth_url"]
    ).exchange_code(approved["code"][0])
    assert (refusal["code"], refusal["error"]) == (["null"], ["auth_denied"])


def test_consent_on_the_wrong_regions_host_fails_and_auto_approval_redirects(sandbox):
    sandbox.configure(redirect_url="http://127.0.0.1:9/back", auto_approve=True)
    given = sandbox.credentials
    query = {"service_id": given["service_id"]}

    row = requests.get(f"{sandbox.auth_url}/row/open/authorize", params=query, timeout=60)
    legacy = requests.get(
        f"{sandbox.auth_url}/oauth/authorize",
        params={"app_key": given["app_key"]},
        allow_redirects=False,
        timeout=60,
    )

    assert row.status_code == 400
    assert "code=TTP_" in legacy.headers["location"]
    assert "state" not in legacy.headers["location"]


def test_several_shops_on_one_authorization(sandbox_server, connect):
    sandbox = sandbox_server(regions=("GB", "DE", "JP"), orders=10, orders_elsewhere=10)
    caller = connect(sandbox)
    shops = caller.but(cipher="").data("GET", SHOPS)["shops"]

    assert [shop["region"] for shop in shops] == ["GB", "DE", "JP"]
    assert {shop["seller_type"] for shop in shops} == {"CROSS_BORDER"}
    assert all(shop["cipher"].startswith("ROW_") for shop in shops)
    seen = [caller.but(cipher=s["cipher"]).search()["orders"][0] for s in shops]
    assert [o["payment"]["currency"] for o in seen] == ["GBP", "EUR", "JPY"]
    assert len({order["id"] for order in seen}) == 3


def test_checks_come_in_tiktoks_order(sandbox, caller):
    """Each call is wrong in everything from some check on: the first wrong thing is named."""
    now = int(time.time())
    bad_body = {"create_time_ge": "soon"}
    bad = {"body": bad_body, "sign": "0" * 64, "timestamp": now - 400}
    no_token = caller.but(token="bad", cipher="")

    stranger = no_token.but(app_key="nobody")
    assert stranger.code("POST", "/order/202309/nothing", **bad) == (404, 36009009)
    assert stranger.code("POST", "/order/202308/orders/search", **bad) == (404, 36009014)
    assert stranger.code("PUT", SEARCH, **bad) == (405, 36009010)
    assert stranger.code("POST", SEARCH, **bad) == (400, 36009004)
    assert no_token.code("POST", SEARCH, **bad) == (200, 36009004)
    assert no_token.code("POST", SEARCH, body=bad_body, sign="0" * 64) == (401, 106001)
    assert no_token.code("POST", SEARCH, body=bad_body) == (200, 36009004)
    without_cipher = caller.but(cipher="")
    assert without_cipher.code("POST", SEARCH, body=bad_body) == (200, 106013)
    wrong_cipher = caller.but(cipher="TTP_other")
    assert wrong_cipher.code("POST", SEARCH, body=bad_body) == (200, 101000)
    assert caller.code("POST", SEARCH, {"page_size": 500}, bad_body) == (200, 36009004)
    assert caller.code("POST", SEARCH, {"page_size": 5}, bad_body) == (200, 21001001)
    assert caller.code("POST", SEARCH, {"page_size": 5}, {}) == (200, 0)


def test_expired_token_comes_before_a_missing_scope(sandbox, connect):
    sandbox.configure_tokens(access_life=50, scopes=["seller.shop.info"])
    caller = connect(sandbox)

    assert caller.code("POST", SEARCH, {"page_size": 5}, {}) == (401, 105005)
    sandbox.advance_time(50)
    assert caller.code("POST", SEARCH, {"page_size": 5}, {}) == (401, 105002)


@pytest.mark.parametrize(("shift", "code"), [(-290, 0), (-310, 36009004), (20, 0), (45, 36009004)])
def test_timestamp_window(caller, shift, code):
    stamp = int(time.time()) + shift

    assert caller.but(cipher="").code("GET", SHOPS, timestamp=stamp) == (200, code)


def test_missing_and_malformed_parts(sandbox, caller):
    plain = caller.but(cipher="")

    assert plain.code("GET", SHOPS, sign="") == (200, 36009004)
    assert caller.code("GET", SHOPS) == (200, 36009004)
    missing = caller.call("POST", SEARCH, {}, {}).json()
    assert missing["code"] == 36009004
    assert "PageSize" in missing["message"]
    assert missing["data"] is None
    assert caller.code("POST", SEARCH, {"page_size": 5}, b"[1]") == (200, 36009022)
    assert caller.code("POST", SEARCH, {"page_size": 5}, b"{}", content_type="text/plain") == (
        200,
        36009023,
    )


def test_a_refused_body_costs_no_rate_and_the_burst_is_a_limit(sandbox, caller):
    sandbox.configure(rate_limit=0.001, rate_burst=2)
    wrong = caller.code("POST", SEARCH, {"page_size": 500}, {})
    passed = [caller.code("POST", SEARCH, {"page_size": 1}, {}) for _ in range(2)]

    limited = caller.call("POST", SEARCH, {"page_size": 1}, {})

    assert wrong == (200, 36009004)
    assert passed == [(200, 0)] * 2
    assert (limited.status_code, limited.json()["code"]) == (429, 36009002)
    assert int(limited.headers["Retry-After"]) >= 1
    assert caller.but(cipher="").code("GET", SHOPS) == (200, 0)


def test_deauthorizing_from_both_sides(sandbox, connect):
    caller = connect(sandbox)
    assert caller.data("DELETE", "/authorization/202403/shops") == {}
    assert caller.code("POST", SEARCH, {"page_size": 1}, {}) == (200, 36009004)

    sandbox.new_auth_code()
    again = connect(sandbox)
    assert again.search()["total_count"] == 40
    sandbox.deauthorize()
    assert again.code("POST", SEARCH, {"page_size": 1}, {}) == (200, 36009004)


def test_controls_over_http_answer_like_those_in_process(sandbox):
    url = sandbox.credentials["control_url"]

    made = requests.post(url + "create_order", json={"status": "ON_HOLD"}, timeout=60).json()
    unknown = requests.post(url + "nothing", timeout=60)
    unfit = requests.post(url + "ship", json={"order_id": made["result"]}, timeout=60)

    assert sandbox.order(made["result"])["status"] == "ON_HOLD"
    assert unknown.status_code == 400
    assert unfit.status_code == 400
    assert "ON_HOLD" in unfit.json()["error"]


def test_as_a_program_it_prints_one_json_line_and_serves():
    program = [sys.executable, "-m", "saleor_tiktok_stripe.cli", "sandbox", "tiktok"]
    command = [*program, "--port", "0", "--orders", "10", "--seed", "3"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            given = json.loads(process.stdout.readline())
            answer = requests.post(f"{given['control_url']}summary", timeout=60).json()
        finally:
            process.terminate()

    wanted = {
        "base_url",
        "auth_url",
        "app_key",
        "app_secret",
        "auth_code",
        "shop_cipher",
        "shop_id",
    }
    assert wanted <= given.keys()
    assert answer["result"]["orders"] == 10
