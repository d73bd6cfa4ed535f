"""The addresses over real HTTP: what is served to whom, with which headers, and what is not."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import socket
from html import unescape
from urllib.parse import urlsplit

import pytest
import requests

from saleor_tiktok_stripe import accounts, conf
from saleor_tiktok_stripe.models import Connection, ConnectionState, InboundEvent, Job
from saleor_tiktok_stripe.sandbox.tiktok import TikTokSandbox
from tests.accounts.tiktok.conftest import (  # noqa: F401  (fixtures)
    CHANNEL,
    app_url,
    connect,
    consent,
    deploy,
    entered,
    grant,
    saleor,
    tiktok,
)

pytestmark = pytest.mark.django_db(transaction=True)
PREFIX = f"/plugins/channel/{CHANNEL}/saleor.tiktok_stripe/"


@pytest.fixture
def host(tiktok, app_url, settings) -> str:  # noqa: F811
    """This app on its own address, where TikTok sends sellers back to."""
    settings.TIKTOK_STRIPE_PUBLIC_URL = app_url
    tiktok.configure(redirect_url=conf.channel_url(CHANNEL, "oauth/tiktok/"))
    return app_url + PREFIX


def signed(tiktok, body: bytes) -> dict[str, str]:  # noqa: F811
    app = tiktok.credentials
    message = app["app_key"].encode() + body
    return {
        "Authorization": hmac.new(app["app_secret"].encode(), message, hashlib.sha256).hexdigest(),
        "Content-Type": "application/json",
    }


def notification(connection: Connection, order_id: str = "576653688135258178") -> bytes:
    return json.dumps(
        {
            "type": 1,
            "tts_notification_id": "7380066284010030890",
            "shop_id": connection.account_id,
            "timestamp": 1718305585,
            "data": {"order_id": order_id, "order_status": "AWAITING_SHIPMENT"},
        }
    ).encode()


def test_a_signed_notification_is_stored_and_answered_without_a_body(host, tiktok):  # noqa: F811
    connection = connect(tiktok)
    body = notification(connection)

    answer = requests.post(host + "webhooks/tiktok/", body, headers=signed(tiktok, body))
    again = requests.post(host + "webhooks/tiktok/", body, headers=signed(tiktok, body))

    assert (answer.status_code, answer.content) == (200, b"")
    assert (again.status_code, again.content) == (200, b"")
    assert InboundEvent.objects.count() == 1
    [job] = Job.objects.filter(kind="order.sync")
    assert (job.subject, job.generation) == ("576653688135258178", 0)


@pytest.mark.parametrize("signature", ["", "0" * 64, "Bearer x", "é"])
def test_a_wrong_signature_is_refused_without_a_word(host, tiktok, signature):  # noqa: F811
    connection = connect(tiktok)

    answer = requests.post(
        host + "webhooks/tiktok/",
        notification(connection),
        headers={"Authorization": signature.encode("latin-1")},
    )

    assert (answer.status_code, answer.content) == (401, b"")
    assert not InboundEvent.objects.exists()
    assert not Job.objects.filter(kind="order.sync").exists()


def test_a_body_that_is_too_large_is_refused_unread(host, tiktok):  # noqa: F811
    connect(tiktok)
    target = urlsplit(host)

    with socket.create_connection((target.hostname, target.port), timeout=60) as line:
        head = (
            f"POST {target.path}webhooks/tiktok/ HTTP/1.1\r\nHost: {target.netloc}\r\n"
            f"Content-Length: {conf.WEBHOOK_BODY_LIMIT + 1}\r\n\r\n"
        )
        line.sendall(head.encode())
        answered = line.recv(4096).decode()

    assert answered.startswith("HTTP/1.1 413 ")
    assert not InboundEvent.objects.exists()


def test_a_body_at_the_limit_is_read(host, tiktok):  # noqa: F811
    connect(tiktok)
    body = b"x" * conf.WEBHOOK_BODY_LIMIT

    assert requests.post(host + "webhooks/tiktok/", body).status_code == 401


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"])
def test_notifications_come_by_post_only(host, tiktok, method):  # noqa: F811
    connect(tiktok)

    answer = requests.request(method, host + "webhooks/tiktok/")

    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")


@pytest.mark.parametrize(
    "path", ["", "console", "webhooks/", "webhooks/tiktok", "webhooks/saleor/", "../"]
)
def test_anything_else_is_not_there(host, tiktok, path):  # noqa: F811
    connect(tiktok)

    assert requests.get(host + path).status_code == 404
    assert requests.post(host + path).status_code == 404


@pytest.mark.parametrize(
    "path", ["webhooks/tiktok/", "oauth/tiktok/", "oauth/tiktok/start/", "health/"]
)
def test_a_channel_without_settings_serves_nothing(host, path):
    unknown = host.replace(CHANNEL, "unknown") + path

    statuses = requests.get(unknown).status_code, requests.post(unknown).status_code

    assert set(statuses) <= {404, 405}
    assert requests.post(unknown, b"{}").status_code == 404


def test_a_switched_off_channel_takes_no_notification(host, tiktok):  # noqa: F811
    connection = connect(tiktok)
    accounts.switch_off(connection, "staff:1")
    body = notification(connection)

    answer = requests.post(host + "webhooks/tiktok/", body, headers=signed(tiktok, body))

    assert (answer.status_code, answer.content) == (404, b"")
    assert not InboundEvent.objects.exists()


def test_from_the_link_in_the_form_to_the_verified_shop(host, tiktok):  # noqa: F811
    connection = accounts.configure(CHANNEL, entered(tiktok), "staff:1")
    ticket = accounts.mint_ticket(connection, "start", "staff:7")

    sent = requests.get(host + f"oauth/tiktok/start/?ticket={ticket}", allow_redirects=False)
    answer = consent(sent.headers["Location"])
    page = requests.get(host + "oauth/tiktok/", params=answer)

    assert sent.status_code == 302
    assert page.status_code == 200
    stored = Connection.objects.get()
    assert stored.state == ConnectionState.ACTIVE
    text = words(page.text)
    assert f"Connected: {stored.account_name}" in text
    assert "Orders are imported from now on" in text
    assert "All permissions are granted." in text
    assert "The notification address answers." in text
    assert "Configuration , Plugins , TikTok Shop with Stripe" in text
    for secret in (ticket, answer["code"], answer["state"], grant(tiktok).access_token):
        assert secret not in page.text


def test_pages_load_nothing_and_are_not_kept(host, tiktok):  # noqa: F811
    connect(tiktok)

    page = requests.get(host + "oauth/tiktok/")

    assert page.status_code == 400
    headers = page.headers
    nonce = re.search(r'<style nonce="([^"]+)">', page.text)
    assert nonce
    assert headers["Content-Security-Policy"] == (
        "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; "
        f"style-src 'nonce-{nonce[1]}'; form-action 'self'"
    )
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert '<html lang="en">' in page.text
    assert "prefers-color-scheme: dark" in page.text
    assert not re.search(r"<script|https?://|\son\w+=|\sstyle=", page.text)


def test_what_comes_in_is_never_markup(host, tiktok):  # noqa: F811
    connect(tiktok)
    tiktok.world.shops[0].name = "<script>alert(1)</script>"
    answer = consent(accounts.begin_connect(CHANNEL, None, "staff:1"))

    page = requests.get(host + "oauth/tiktok/", params=answer)

    assert page.status_code == 200
    assert "<script" not in page.text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page.text


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({}, "This visit was not started from Saleor"),
        ({"code": "x"}, "This visit was not started from Saleor"),
        ({"code": "x", "state": "forged"}, "This link was not made here"),
    ],
)
def test_a_callback_that_nobody_asked_for_says_how_to_start(host, tiktok, query, said):  # noqa: F811
    connection = accounts.configure(CHANNEL, entered(tiktok), "staff:1")

    page = requests.get(host + "oauth/tiktok/", params=query)

    assert page.status_code == 400
    assert said in words(page.text)
    assert "use the connect link there" in words(page.text)
    connection.refresh_from_db()
    assert connection.state == ConnectionState.PENDING
    assert grant(tiktok) is None


def test_a_declined_consent_is_said_calmly(host, tiktok):  # noqa: F811
    answer = consent(accounts.begin_connect(CHANNEL, entered(tiktok), "staff:1"), "refuse")

    page = requests.get(host + "oauth/tiktok/", params=answer)

    assert page.status_code == 400
    assert "The consent was declined at TikTok. Nothing was changed." in words(page.text)


def test_one_redirect_address_serves_all_channels(host, tiktok):  # noqa: F811
    accounts.configure(CHANNEL, entered(tiktok), "staff:1")
    answer = consent(accounts.begin_connect("tiktok-us-2", entered(tiktok), "staff:1"))

    page = requests.get(host + "oauth/tiktok/", params=answer)

    assert page.status_code == 200
    states = dict(Connection.objects.values_list("channel_slug", "state"))
    assert states == {CHANNEL: "pending", "tiktok-us-2": "active"}


def test_a_look_ahead_does_not_spend_the_state(host, tiktok):  # noqa: F811
    answer = consent(accounts.begin_connect(CHANNEL, entered(tiktok), "staff:1"))

    assert requests.head(host + "oauth/tiktok/", params=answer).status_code == 405
    assert requests.get(host + "oauth/tiktok/", params=answer).status_code == 200


def test_several_shops_are_chosen_from_once(deploy, app_url, settings):  # noqa: F811
    with TikTokSandbox(orders=10, seed=9, regions=("US", "GB")) as server:
        tiktok = deploy(server)  # noqa: F811
        settings.TIKTOK_STRIPE_PUBLIC_URL = app_url
        host = app_url + PREFIX
        answer = consent(accounts.begin_connect(CHANNEL, entered(tiktok), "staff:1"))

        page = requests.get(host + "oauth/tiktok/", params=answer)
        [ticket] = re.findall(r'name="ticket" value="([^"]+)"', page.text)
        [action] = re.findall(r'<form method="post" action="([^"]+)"', page.text)
        american, british = re.findall(r'name="shop" value="(\d+)"', page.text)
        forged = requests.post(action, {"ticket": ticket + "x", "shop": american})
        waiting = Connection.objects.get().state
        chosen = requests.post(action, {"ticket": ticket, "shop": american})
        again = requests.post(action, {"ticket": ticket, "shop": british})

    assert (page.status_code, forged.status_code) == (200, 400)
    assert waiting == ConnectionState.PENDING
    assert chosen.status_code == 200
    assert "Connected:" in words(chosen.text)
    assert again.status_code == 400
    assert "it works only once" in words(again.text)
    assert Connection.objects.get().account_id == american


def test_health_is_one_word_for_strangers_and_figures_for_the_app(host, tiktok, saleor):  # noqa: F811
    connection = connect(tiktok)
    accounts.verify(connection)
    stranger = requests.get(host + "health/")
    wrong = requests.get(host + "health/", headers={"Authorization": "Bearer wrong"})
    ours = requests.get(host + "health/", headers={"Authorization": f"Bearer {saleor.token}"})
    accounts.mark_needs_reauth(connection, "The seller withdrew.")
    later = requests.get(host + "health/")

    assert stranger.json() == wrong.json() == {"status": "ok"}
    assert later.json() == {"status": "attention"}
    told = ours.json()
    assert told["status"] == "ok"
    assert told["connection"]["state"] == "active"
    assert told["connection"]["token_days_left"] == 7.0
    waiting = {"dead": 0, "parked": 0, "queued": 1, "running": 0}
    assert told["jobs"]["by_kind"] == {"catalog.refresh": waiting}
    assert told["inbox"] == {"newest_seconds_ago": None}
    assert told["calls"]["shops.list ok"] >= 2
    for secret in (grant(tiktok).access_token, tiktok.credentials["app_secret"]):
        assert secret not in ours.text


def test_health_tells_figures_by_permission_and_channel(host, tiktok, saleor):  # noqa: F811
    connect(tiktok)
    may = [
        saleor.add_staff("plugins@example.com", ["MANAGE_PLUGINS"]),
        saleor.add_staff("orders@example.com", ["MANAGE_ORDERS"], channels=[CHANNEL]),
        saleor.add_staff("root@example.com", superuser=True),
    ]
    may_not = [
        saleor.add_staff("goods@example.com", ["MANAGE_PRODUCTS"]),
        saleor.add_staff("other@example.com", ["MANAGE_PLUGINS"], channels=["tiktok-eu"]),
        saleor.add_customer("buyer@example.com"),
        saleor.token_for("plugins@example.com", seconds=-1),
        saleor.token_for("plugins@example.com", kind="refresh"),
        may[0] + "x",
    ]

    def told(token: str) -> dict:
        headers = {"Authorization": f"Bearer {token}"}
        return requests.get(host + "health/", headers=headers).json()

    assert all("connection" in told(token) for token in may)
    assert [told(token) for token in may_not] == [{"status": "ok"}] * len(may_not)


def test_health_tells_the_apps_holder_figures_also_while_saleor_is_away(host, tiktok, saleor):  # noqa: F811
    connect(tiktok)
    staff = saleor.add_staff("plugins@example.com", ["MANAGE_PLUGINS"])
    saleor.stop()

    def told(token: str) -> dict:
        headers = {"Authorization": f"Bearer {token}"}
        return requests.get(host + "health/", headers=headers).json()

    assert "connection" in told(saleor.token)
    assert "connection" not in told(staff)
    assert "connection" not in told("x" * 30)


def words(page: str) -> str:
    """The text of a page as it is read."""
    body = re.sub(r"<style.*?</style>", " ", page, flags=re.DOTALL)
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body)))
