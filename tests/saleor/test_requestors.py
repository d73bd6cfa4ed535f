"""Who asks, inside a real Saleor: by its own tokens, of people and of apps."""

from __future__ import annotations

import logging

import pytest
from django.core.cache import cache

from saleor_tiktok_stripe.errors import InvalidInput, RetryLater
from saleor_tiktok_stripe.saleor_api.ids import global_id
from saleor_tiktok_stripe.saleor_api.in_process.adapter import InProcessSaleor
from saleor_tiktok_stripe.saleor_api.requestors import ANONYMOUS, Requestor

from .people import PASSWORD, forged, make_app, make_customer, make_staff, token_for
from .shop import make_shop

pytestmark = pytest.mark.django_db
SALEOR = InProcessSaleor()


@pytest.fixture(autouse=True)
def no_attempts_yet():
    cache.clear()


def refused(token: str) -> str:
    with pytest.raises(InvalidInput) as caught:
        SALEOR.requestor(token)
    assert not token or token not in str(caught.value) + repr(caught.value)
    return caught.value.code


def test_staff_and_their_permissions():
    user = make_staff("mia@example.com", "MANAGE_ORDERS", "HANDLE_PAYMENTS")

    assert SALEOR.requestor(token_for(user)) == Requestor(
        "staff",
        id=global_id("User", user.pk),
        name="mia@example.com",
        permissions=frozenset({"MANAGE_ORDERS", "HANDLE_PAYMENTS"}),
        channels=None,
    )


def test_staff_restricted_to_channels():
    make_shop(slug="tiktok-us")
    here = make_staff("here@example.com", "MANAGE_ORDERS", channels=["tiktok-us"])
    nowhere = make_staff("nowhere@example.com", "MANAGE_ORDERS", channels=[])

    assert SALEOR.requestor(token_for(here)).channels == frozenset({"tiktok-us"})
    assert SALEOR.requestor(token_for(nowhere)).channels == frozenset()


def test_an_unrestricted_group_among_others_opens_all_channels():
    user = make_staff("both@example.com", "MANAGE_ORDERS", channels=["tiktok-us"])
    user.groups.add(*make_staff("all@example.com", "MANAGE_PRODUCTS").groups.all())

    asked = SALEOR.requestor(token_for(user))

    assert asked.channels is None
    assert asked.permissions == frozenset({"MANAGE_ORDERS", "MANAGE_PRODUCTS"})


def test_a_superuser_may_do_all_everywhere():
    asked = SALEOR.requestor(token_for(make_staff("root@example.com", superuser=True)))

    assert (asked.kind, asked.channels) == ("staff", None)
    assert asked.permissions >= {"MANAGE_ORDERS", "MANAGE_PLUGINS", "MANAGE_STAFF", "MANAGE_USERS"}


def test_a_customer_has_no_permission():
    user = make_customer("buyer@example.com")

    assert SALEOR.requestor(token_for(user)) == Requestor(
        "customer", id=global_id("User", user.pk), name="buyer@example.com"
    )


def test_an_app_by_its_token():
    app, token = make_app("Warehouse", "MANAGE_ORDERS", "MANAGE_PLUGINS")
    _, powerless = make_app("Screen")

    assert SALEOR.requestor(token) == Requestor(
        "app",
        id=global_id("App", app.pk),
        name="Warehouse",
        permissions=frozenset({"MANAGE_ORDERS", "MANAGE_PLUGINS"}),
    )
    assert SALEOR.requestor(powerless).permissions == frozenset()


def test_a_permission_that_was_taken_away_is_gone_at_once():
    user = make_staff("mia@example.com", "MANAGE_ORDERS")
    app, app_token = make_app("Warehouse", "MANAGE_ORDERS")
    token = token_for(user)
    assert SALEOR.requestor(token).permissions == SALEOR.requestor(app_token).permissions

    user.groups.get().permissions.clear()
    app.permissions.clear()

    assert SALEOR.requestor(token).permissions == frozenset()
    assert SALEOR.requestor(app_token).permissions == frozenset()


def test_nobody():
    assert SALEOR.requestor("") is ANONYMOUS


def test_who_left_is_refused():
    user = make_staff("mia@example.com", "MANAGE_ORDERS")
    off, off_token = make_app("Off", "MANAGE_ORDERS")
    gone, gone_token = make_app("Gone", "MANAGE_ORDERS")
    token = token_for(user)
    assert SALEOR.requestor(token).kind == "staff"
    assert SALEOR.requestor(off_token).kind == SALEOR.requestor(gone_token).kind == "app"

    user.is_active = False
    user.save()
    off.is_active = False
    off.save()
    gone.removed_at = gone.created_at
    gone.save()

    assert [refused(one) for one in (token, off_token, gone_token)] == ["TOKEN_INVALID"] * 3


def test_a_token_whose_time_is_over():
    user = make_staff("mia@example.com", "MANAGE_ORDERS")

    assert refused(token_for(user, seconds=-1)) == "TOKEN_EXPIRED"


@pytest.mark.parametrize("key", ["the key of somebody who is not Saleor", None])
def test_forged_tokens_are_refused(key):
    token = token_for(make_staff("mia@example.com", "MANAGE_ORDERS"))

    assert refused(forged(token, key)) == "TOKEN_INVALID"
    assert refused(forged(token, key, exp=1)) == "TOKEN_INVALID"
    assert refused(forged(token, key, owner="somebody")) == "TOKEN_INVALID"


def test_a_token_that_was_changed_is_refused():
    token = token_for(make_staff("mia@example.com", "MANAGE_ORDERS"))
    head, _, signature = token.split(".")
    _, other, _ = token_for(make_staff("root@example.com", superuser=True)).split(".")

    assert refused(f"{head}.{other}.{signature}") == "TOKEN_INVALID"


@pytest.mark.parametrize(
    "token",
    [
        "junk",
        "x" * 30,
        "x" * 29 + "\0",
        "a.b.c",
        "é" * 30,
        "x\ny",
        "x" * 9000,
        "eyJhbGciOiJIUzI1NiJ9." + "W1tb" * 1900 + ".x",
    ],
)
def test_garbage_is_refused(token):
    assert refused(token) == "TOKEN_INVALID"


def test_a_refresh_token_opens_nothing():
    user = make_staff("mia@example.com", "MANAGE_ORDERS")

    assert refused(token_for(user, kind="refresh")) == "TOKEN_INVALID"


def test_sign_in_and_renew():
    user = make_staff("mia@example.com", "MANAGE_ORDERS")

    signed_in = SALEOR.sign_in("mia@example.com", PASSWORD, ip="192.0.2.1")

    assert signed_in.requestor == SALEOR.requestor(token_for(user))
    assert SALEOR.requestor(signed_in.access) == signed_in.requestor
    assert SALEOR.requestor(SALEOR.renew(signed_in.refresh)) == signed_in.requestor
    assert signed_in.access not in repr(signed_in)
    assert signed_in.refresh not in repr(signed_in)


def test_whatever_is_wrong_signing_in_fails_with_the_same_words(caplog):
    caplog.set_level(logging.DEBUG)
    make_staff("mia@example.com", "MANAGE_ORDERS")
    inactive = make_staff("gone@example.com")
    inactive.is_active = False
    inactive.save()
    attempts = [
        ("mia@example.com", "wrong password 4"),
        ("nobody@example.com", PASSWORD),
        ("gone@example.com", PASSWORD),
        ("not an address", PASSWORD),
        ("mia@example.com\0", PASSWORD),
        ("", ""),
    ]

    said = set()
    for number, (email, password) in enumerate(attempts):
        with pytest.raises(InvalidInput) as caught:
            SALEOR.sign_in(email, password, ip=f"192.0.2.{number}")
        said.add((caught.value.code, caught.value.message))

    assert said == {
        (
            "SIGN_IN_FAILED",
            "Saleor does not let anybody in with this e-mail address and password.",
        )
    }
    assert "wrong password 4" not in caplog.text
    assert PASSWORD not in caplog.text


def test_saleor_slows_down_who_tries_again_and_again(monkeypatch):
    # It holds for a second or two: too short for a machine that is busy.
    monkeypatch.setattr("saleor.account.throttling.get_delay_time", lambda *attempts: 60)
    make_staff("mia@example.com", "MANAGE_ORDERS")
    with pytest.raises(InvalidInput):
        SALEOR.sign_in("mia@example.com", "wrong", ip="192.0.2.9")

    with pytest.raises(RetryLater, match="Logging has been suspended till") as caught:
        SALEOR.sign_in("mia@example.com", PASSWORD, ip="192.0.2.9")

    assert caught.value.code == "SIGN_IN_DELAYED"
    assert SALEOR.sign_in("mia@example.com", PASSWORD, ip="192.0.2.10").requestor.kind == "staff"


def test_only_a_good_refresh_token_renews():
    user = make_staff("mia@example.com", "MANAGE_ORDERS")
    refresh = token_for(user, kind="refresh")
    bad = {
        "access": token_for(user),
        "forged": forged(refresh),
        "unsigned": forged(refresh, None),
        "junk": "junk",
        "none": "",
        "expired": token_for(user, kind="refresh", seconds=-1),
    }

    codes = {}
    for name, token in bad.items():
        with pytest.raises(InvalidInput) as caught:
            SALEOR.renew(token)
        codes[name] = caught.value.code

    assert codes.pop("expired") == "TOKEN_EXPIRED"
    assert set(codes.values()) == {"TOKEN_INVALID"}
    user.is_active = False
    user.save()
    with pytest.raises(InvalidInput) as caught:
        SALEOR.renew(refresh)
    assert caught.value.code == "TOKEN_INVALID"
