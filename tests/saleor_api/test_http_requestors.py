"""Who asks, over HTTP: by the tokens of the sandbox Saleor."""

from __future__ import annotations

import logging

import pytest

from saleor_tiktok_stripe.errors import InvalidInput, RetryLater
from saleor_tiktok_stripe.saleor_api.http import HttpSaleor
from saleor_tiktok_stripe.saleor_api.requestors import ANONYMOUS, Requestor
from saleor_tiktok_stripe.sandbox.saleor.ids import global_id
from saleor_tiktok_stripe.sandbox.saleor.people import EVERY_PERMISSION
from saleor_tiktok_stripe.sandbox.saleor.schema import executable

from .conftest import CHANNEL
from .people import forged

PASSWORD = "correct horse 4"


@pytest.fixture
def saleor(sandbox) -> HttpSaleor:
    return HttpSaleor(sandbox.url, sandbox.token)


def refused(saleor: HttpSaleor, token: str) -> str:
    with pytest.raises(InvalidInput) as caught:
        saleor.requestor(token)
    assert token not in str(caught.value) + repr(caught.value)
    return caught.value.code


def user_id(sandbox, email: str) -> str:
    return global_id("User", sandbox.state.people[email].key)


def test_staff_and_their_permissions(sandbox, saleor):
    token = sandbox.add_staff("mia@example.com", ["MANAGE_ORDERS", "HANDLE_PAYMENTS"])

    assert saleor.requestor(token) == Requestor(
        "staff",
        id=user_id(sandbox, "mia@example.com"),
        name="mia@example.com",
        permissions=frozenset({"MANAGE_ORDERS", "HANDLE_PAYMENTS"}),
        channels=None,
    )


def test_staff_restricted_to_channels(sandbox, saleor):
    sandbox.add_channel("tiktok-eu", "EUR", "DE")
    here = sandbox.add_staff("here@example.com", ["MANAGE_ORDERS"], channels=[CHANNEL])
    nowhere = sandbox.add_staff("nowhere@example.com", ["MANAGE_STAFF"], channels=[])

    assert saleor.requestor(here).channels == frozenset({CHANNEL})
    assert saleor.requestor(nowhere).channels == frozenset()


def test_a_superuser_may_do_all_everywhere(sandbox, saleor):
    asked = saleor.requestor(sandbox.add_staff("root@example.com", superuser=True))

    assert (asked.kind, asked.channels) == ("staff", None)
    assert asked.permissions == set(EVERY_PERMISSION)


def test_the_sandbox_knows_the_permissions_of_its_schema():
    listed = executable().get_type("PermissionEnum").values

    assert {value.name for value in listed} == set(EVERY_PERMISSION)


def test_a_customer_has_no_permission(sandbox, saleor):
    token = sandbox.add_customer("buyer@example.com")

    assert saleor.requestor(token) == Requestor(
        "customer", id=user_id(sandbox, "buyer@example.com"), name="buyer@example.com"
    )


def test_an_app_by_its_token(sandbox, saleor):
    app = sandbox.add_app("a" * 30, ["MANAGE_ORDERS", "MANAGE_PLUGINS"])
    sandbox.add_app("b" * 30, [])

    assert saleor.requestor("a" * 30) == Requestor(
        "app",
        id=global_id("App", app.key),
        name="TikTok Shop",
        permissions=frozenset({"MANAGE_ORDERS", "MANAGE_PLUGINS"}),
    )
    assert saleor.requestor("b" * 30).permissions == frozenset()
    assert "a" * 30 not in repr(app)


def test_a_permission_that_was_taken_away_is_gone_at_once(sandbox, saleor):
    token = sandbox.add_staff("mia@example.com", ["MANAGE_ORDERS"])
    assert saleor.requestor(token).permissions == {"MANAGE_ORDERS"}

    sandbox.state.people["mia@example.com"].permissions.clear()

    assert saleor.requestor(token).permissions == frozenset()


def test_nobody_is_known_without_asking(sandbox, saleor):
    assert saleor.requestor("") is ANONYMOUS
    assert sandbox.requests == []


def test_who_left_is_refused(sandbox, saleor):
    token = sandbox.add_staff("mia@example.com", ["MANAGE_ORDERS"])
    app = sandbox.add_app("a" * 30)
    assert (saleor.requestor(token).kind, saleor.requestor("a" * 30).kind) == ("staff", "app")

    sandbox.state.people["mia@example.com"].is_active = False
    app.is_active = False

    assert [refused(saleor, one) for one in (token, "a" * 30)] == ["TOKEN_INVALID"] * 2


def test_a_token_whose_time_is_over(sandbox, saleor):
    sandbox.add_staff("mia@example.com", ["MANAGE_ORDERS"])

    assert refused(saleor, sandbox.token_for("mia@example.com", seconds=-1)) == "TOKEN_EXPIRED"


@pytest.mark.parametrize("key", ["the key of somebody who is not Saleor", None])
def test_forged_tokens_are_refused(sandbox, saleor, key):
    token = sandbox.add_staff("mia@example.com", ["MANAGE_ORDERS"])

    assert refused(saleor, forged(token, key)) == "TOKEN_INVALID"
    assert refused(saleor, forged(token, key, exp=1)) == "TOKEN_INVALID"
    assert refused(saleor, forged(token, key, owner="somebody")) == "TOKEN_INVALID"


def test_a_token_that_was_changed_is_refused(sandbox, saleor):
    head, _, signature = sandbox.add_staff("mia@example.com").split(".")
    _, other, _ = sandbox.add_staff("root@example.com", superuser=True).split(".")

    assert refused(saleor, f"{head}.{other}.{signature}") == "TOKEN_INVALID"


@pytest.mark.parametrize("token", ["junk", "x" * 30, "a.b.c", "W1tb.W1tb.W1tb"])
def test_garbage_is_refused(saleor, token):
    assert refused(saleor, token) == "TOKEN_INVALID"


@pytest.mark.parametrize("token", ["x" * 29 + "\0", "é" * 30, "x\r\ny: z", "x" * 9000])
def test_what_is_no_token_is_not_sent_on(sandbox, saleor, token):
    assert refused(saleor, token) == "TOKEN_INVALID"
    assert sandbox.requests == []


def test_a_refresh_token_opens_nothing(sandbox, saleor):
    sandbox.add_staff("mia@example.com", ["MANAGE_ORDERS"])

    assert refused(saleor, sandbox.token_for("mia@example.com", kind="refresh")) == "TOKEN_INVALID"


@pytest.mark.parametrize("fault", ["status", "lost", "lost_before", "graphql"])
def test_while_saleor_cannot_be_asked_nobody_is_let_in_and_no_token_called_bad(
    sandbox, saleor, fault
):
    token = sandbox.add_staff("mia@example.com", ["MANAGE_ORDERS"])
    sandbox.fail(fault, "Me", times=9)

    with pytest.raises(RetryLater) as caught:
        saleor.requestor(token)

    assert token not in str(caught.value)


def test_sign_in_and_renew(sandbox, saleor):
    token = sandbox.add_staff("mia@example.com", ["MANAGE_ORDERS"], password=PASSWORD)

    signed_in = saleor.sign_in("mia@example.com", PASSWORD, ip="192.0.2.1")

    assert signed_in.requestor == saleor.requestor(token)
    assert saleor.requestor(signed_in.access) == signed_in.requestor
    assert saleor.requestor(saleor.renew(signed_in.refresh)) == signed_in.requestor
    assert signed_in.access not in repr(signed_in)
    assert signed_in.refresh not in repr(signed_in)
    assert PASSWORD not in repr(sandbox.state.people)


def test_the_admin_of_the_demo_signs_in(saleor):
    asked = saleor.sign_in("admin@example.com", "admin").requestor

    assert (asked.name, asked.permissions) == ("admin@example.com", set(EVERY_PERMISSION))


def test_whatever_is_wrong_signing_in_fails_with_the_same_words(sandbox, saleor, caplog):
    caplog.set_level(logging.DEBUG)
    sandbox.add_staff("mia@example.com", password=PASSWORD)
    sandbox.add_staff("gone@example.com", password=PASSWORD)
    sandbox.add_staff("external@example.com")
    sandbox.state.people["gone@example.com"].is_active = False
    attempts = [
        ("mia@example.com", "wrong password 4"),
        ("nobody@example.com", PASSWORD),
        ("gone@example.com", PASSWORD),
        ("external@example.com", ""),
        ("mia@example.com\0", PASSWORD),
        ("", ""),
    ]

    said = set()
    for number, (email, password) in enumerate(attempts):
        with pytest.raises(InvalidInput) as caught:
            saleor.sign_in(email, password, ip=f"192.0.2.{number}")
        said.add((caught.value.code, caught.value.message))

    assert said == {
        (
            "SIGN_IN_FAILED",
            "Saleor does not let anybody in with this e-mail address and password.",
        )
    }
    assert "wrong password 4" not in caplog.text
    assert PASSWORD not in caplog.text


def test_saleor_slows_down_who_tries_again_and_again(sandbox, saleor):
    sandbox.add_staff("mia@example.com", ["MANAGE_ORDERS"], password=PASSWORD)
    with pytest.raises(InvalidInput):
        saleor.sign_in("mia@example.com", "wrong", ip="192.0.2.9")

    with pytest.raises(RetryLater, match="Logging has been suspended till") as caught:
        saleor.sign_in("mia@example.com", PASSWORD, ip="192.0.2.9")

    assert caught.value.code == "SIGN_IN_DELAYED"
    assert saleor.sign_in("mia@example.com", PASSWORD, ip="192.0.2.10").requestor.kind == "staff"


def test_only_a_good_refresh_token_renews(sandbox, saleor):
    access = sandbox.add_staff("mia@example.com", ["MANAGE_ORDERS"])
    refresh = sandbox.token_for("mia@example.com", kind="refresh")
    bad = {
        "access": access,
        "forged": forged(refresh),
        "unsigned": forged(refresh, None),
        "junk": "junk",
        "none": "",
        "expired": sandbox.token_for("mia@example.com", kind="refresh", seconds=-1),
    }

    codes = {}
    for name, token in bad.items():
        with pytest.raises(InvalidInput) as caught:
            saleor.renew(token)
        codes[name] = caught.value.code

    assert codes.pop("expired") == "TOKEN_EXPIRED"
    assert set(codes.values()) == {"TOKEN_INVALID"}
    sandbox.state.people["mia@example.com"].is_active = False
    with pytest.raises(InvalidInput) as caught:
        saleor.renew(refresh)
    assert caught.value.code == "TOKEN_INVALID"
