"""Who asks, over HTTP, of a real Saleor: the same as inside of it."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.db import connections

from saleor_tiktok_stripe.errors import InvalidInput, RetryLater
from saleor_tiktok_stripe.saleor_api.http import HttpSaleor
from saleor_tiktok_stripe.saleor_api.in_process.adapter import InProcessSaleor

from .people import PASSWORD, forged, make_app, make_customer, make_staff, token_for
from .shop import make_shop

# The test empties the whole database afterwards: five seconds.
pytestmark = pytest.mark.slow


@pytest.fixture
def saleor(live_server, transactional_db, monkeypatch) -> HttpSaleor:
    # Saleor reads from its replica; the server's threads would look for it outside the test.
    name = connections.settings["default"]["NAME"]
    monkeypatch.setitem(connections.settings["replica"], "NAME", name)
    cache.clear()
    # Who gave a wrong password waits a second or two: too short for a machine that is busy.
    monkeypatch.setattr("saleor.account.throttling.get_delay_time", lambda *attempts: 60)
    make_shop(slug="tiktok-us")
    make_shop(slug="tiktok-eu")
    return HttpSaleor(f"{live_server.url}/graphql/", "x" * 30)


def outcome(ask, *given):
    try:
        return ask(*given)
    except InvalidInput as error:
        return error.code


def test_both_hosts_say_the_same(saleor):
    inside = InProcessSaleor()
    mia = make_staff("mia@example.com", "MANAGE_ORDERS", "HANDLE_PAYMENTS")
    gone = make_staff("gone@example.com", "MANAGE_ORDERS")
    off, off_token = make_app("Off", "MANAGE_ORDERS")
    tokens = {
        "staff": token_for(mia),
        "here": token_for(make_staff("us@example.com", "MANAGE_ORDERS", channels=["tiktok-us"])),
        "nowhere": token_for(make_staff("no@example.com", "MANAGE_ORDERS", channels=[])),
        "superuser": token_for(make_staff("root@example.com", superuser=True)),
        "customer": token_for(make_customer("buyer@example.com")),
        "app": make_app("Warehouse", "MANAGE_ORDERS")[1],
        "app without": make_app("Screen")[1],
        "nobody": "",
        "gone": token_for(gone),
        "off": off_token,
        "expired": token_for(mia, seconds=-1),
        "refresh": token_for(mia, kind="refresh"),
        "forged": forged(token_for(mia)),
        "unsigned": forged(token_for(mia), None),
        "somebody's": forged(token_for(mia), owner="somebody"),
        "junk": "junk",
        "junk of an app's length": "x" * 30,
        "dots": "a.b.c",
    }
    gone.is_active = off.is_active = False
    gone.save()
    off.save()

    said = {name: outcome(saleor.requestor, token) for name, token in tokens.items()}

    assert said == {name: outcome(inside.requestor, token) for name, token in tokens.items()}
    assert [name for name, what in said.items() if what == "TOKEN_EXPIRED"] == ["expired"]
    refused = [name for name, what in said.items() if what == "TOKEN_INVALID"]
    assert refused == list(tokens)[8:10] + list(tokens)[11:]
    assert said["here"].channels == {"tiktok-us"}
    assert said["superuser"].channels is said["staff"].channels is None

    signed_in = saleor.sign_in("mia@example.com", PASSWORD, ip="192.0.2.1")
    assert signed_in.requestor == said["staff"]
    assert saleor.requestor(saleor.renew(signed_in.refresh)) == said["staff"]
    for bad, code in (
        (signed_in.access, "TOKEN_INVALID"),
        (forged(signed_in.refresh), "TOKEN_INVALID"),
        ("", "TOKEN_INVALID"),
        (token_for(mia, kind="refresh", seconds=-1), "TOKEN_EXPIRED"),
    ):
        assert outcome(saleor.renew, bad) == outcome(inside.renew, bad) == code
    for number, (email, password) in enumerate(
        [("mia@example.com", "no"), ("nobody@example.com", "no"), ("gone@example.com", PASSWORD)]
    ):
        with pytest.raises(InvalidInput) as caught:
            saleor.sign_in(email, password, ip=f"192.0.2.{number + 10}")
        assert caught.value.code == "SIGN_IN_FAILED"
    with pytest.raises(RetryLater) as delayed:
        saleor.sign_in("mia@example.com", PASSWORD, ip="192.0.2.10")
    assert delayed.value.code == "SIGN_IN_DELAYED"
