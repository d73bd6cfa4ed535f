"""Signing in and out: who gets in, what the cookie is like, where one comes back to."""

from __future__ import annotations

import time

import pytest
from django.test import Client

from saleor_tiktok_stripe.models.fields import encrypt
from saleor_tiktok_stripe.web.console import sessions

from .conftest import BASE, PASSWORD, Person, signed_in, token_in
from .markup import problems

pytestmark = pytest.mark.django_db


def test_who_is_not_signed_in_is_asked_to_and_comes_back_to_the_page(somebody):
    asked = somebody.get("activity/", list="jobs")
    form = somebody.client.get(asked["Location"])
    answer = somebody.client.post(
        BASE + "sign-in/",
        {
            "csrf": token_in(form),
            "email": "admin@shop.example",
            "password": PASSWORD,
            "next": "activity/?list=jobs",
        },
    )

    assert asked.status_code == 303
    assert asked["Location"] == BASE + "sign-in/?next=activity%2F%3Flist%3Djobs"
    assert 'name="next" value="activity/?list=jobs"' in form.content.decode()
    assert (answer.status_code, answer["Location"]) == (303, BASE + "activity/?list=jobs")
    assert somebody.get("activity/").status_code == 200


def test_the_page_shows_who_is_signed_in_and_the_channel(admin):
    shown = admin.get("activity/").content.decode()

    assert "<b>admin@shop.example</b>" in shown
    assert "<b>tiktok-us</b>" in shown


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("admin@shop.example", "wrong"),
        ("unknown@shop.example", PASSWORD),
        ("' OR 1=1 --", PASSWORD),
    ],
)
def test_a_wrong_password_says_the_same_as_an_unknown_address(somebody, email, password):
    answer = somebody.sign_in(email, password)

    shown = answer.content.decode()
    assert answer.status_code == 422
    assert "Saleor does not let anybody in with this e-mail address and password." in shown
    assert password not in shown
    assert problems(shown) == []
    assert somebody.get().status_code == 303


@pytest.mark.parametrize(("email", "password"), [("", PASSWORD), ("admin@shop.example", "")])
def test_nothing_is_asked_of_saleor_without_both(somebody, saleor, email, password):
    asked = len(saleor.requests)

    answer = somebody.sign_in(email, password)

    assert answer.status_code == 422
    assert "Enter your e-mail address and your password." in answer.content.decode()
    assert len(saleor.requests) == asked


def test_a_customer_is_not_let_in(somebody):
    answer = somebody.sign_in("customer@shop.example")

    assert answer.status_code == 422
    assert "Only staff of the shop can sign in here." in answer.content.decode()
    assert somebody.get().status_code == 303


def test_attempts_are_slowed_down_in_saleors_words(somebody):
    statuses = [somebody.sign_in("admin@shop.example", "wrong").status_code for _ in range(3)]
    answer = somebody.sign_in("admin@shop.example", PASSWORD)

    assert statuses[0] == 422
    assert answer.status_code == 429
    assert "too many logging attempts" in answer.content.decode()
    assert somebody.get().status_code == 303


def test_the_form_counts_only_with_the_token_of_its_own_session(saleor):
    one, other = Person(Client()), Person(Client())
    foreign = token_in(other.get("sign-in/"))
    one.get("sign-in/")
    values = {"email": "admin@shop.example", "password": PASSWORD}

    answers = [
        one.client.post(BASE + "sign-in/", {**values, **sent})
        for sent in ({}, {"csrf": ""}, {"csrf": "é"}, {"csrf": foreign})
    ]
    without = Client().post(BASE + "sign-in/", {**values, "csrf": foreign})

    assert [one.status_code for one in (*answers, without)] == [403] * 5
    assert "TokenCreate" not in saleor.requests
    assert one.get().status_code == 303


def test_a_session_gets_a_new_token_when_somebody_signs_in(somebody):
    before = token_in(somebody.get("sign-in/"))

    somebody.sign_in("admin@shop.example")

    assert token_in(somebody.get("activity/")) != before


def test_the_cookie_is_for_the_console_alone_and_out_of_reach_for_scripts(somebody):
    answer = somebody.sign_in("admin@shop.example")

    cookie = answer.cookies[sessions.COOKIE]
    assert cookie["path"] == BASE
    assert cookie["httponly"] is True
    assert cookie["samesite"] == "Strict"
    assert cookie["max-age"] == 12 * 3600
    assert cookie["secure"] == ""
    assert cookie["domain"] == ""
    assert len(cookie.value) < 4000


@pytest.mark.parametrize("how", ["https", "public url"])
def test_the_cookie_is_sent_over_tls_only_where_there_is_tls(saleor, settings, how):
    if how == "public url":
        settings.TIKTOK_STRIPE_PUBLIC_URL = "https://shop.example"

    answer = Client().get(BASE + "sign-in/", secure=how == "https")

    assert answer.cookies[sessions.COOKIE]["secure"] is True


def test_the_cookie_tells_nothing(somebody, saleor):
    answer = somebody.sign_in("admin@shop.example")

    value = answer.cookies[sessions.COOKIE].value
    assert PASSWORD not in value
    assert "eyJ" not in value
    assert "admin" not in value


@pytest.mark.parametrize(
    "cookie",
    [
        "x",
        "é",
        "00000000:gAAAA",
        "a" * 5000,
        encrypt('{"for":"other"}'),
        encrypt("[]"),
        encrypt("x"),
    ],
    ids=["word", "letter", "shape", "long", "other purpose", "no object", "no JSON"],
)
def test_a_forged_cookie_is_no_session(somebody, cookie):
    somebody.client.cookies[sessions.COOKIE] = cookie

    assert somebody.get("activity/").status_code == 303


def test_a_cookie_of_another_key_is_no_session(admin, settings):
    settings.TIKTOK_STRIPE_ENCRYPTION_KEYS = ["b3RoZXIga2V5IG9ubHkgZm9yIHRoZSB0ZXN0cy4uLi4="]

    assert admin.get("activity/").status_code == 303


def test_after_twelve_hours_without_a_visit_one_signs_in_again(admin, monkeypatch):
    now = time.time()
    monkeypatch.setattr(sessions.time, "time", lambda: now + 12 * 3600 - 60)
    in_time = admin.get("activity/")
    monkeypatch.setattr(sessions.time, "time", lambda: now + 24 * 3600 - 180)
    kept_alive = admin.get("activity/")
    monkeypatch.setattr(sessions.time, "time", lambda: now + 48 * 3600)
    late = admin.get("activity/")

    assert (in_time.status_code, kept_alive.status_code) == (200, 200)
    assert late.status_code == 303


def test_a_used_up_access_token_is_renewed_unnoticed(admin, saleor):
    held = sessions.read(_request(admin))
    expired = saleor.token_for("admin@shop.example", seconds=-5)
    _become(admin, sessions.Session(held.csrf, expired, held.refresh, held.seen))

    shown = admin.get("activity/")
    asked = saleor.requests.count("TokenRefresh")
    again = admin.get("activity/")

    assert (shown.status_code, again.status_code) == (200, 200)
    assert asked == saleor.requests.count("TokenRefresh") == 1
    assert sessions.read(_request(admin)).access not in ("", expired)


def test_when_the_refresh_token_is_over_too_one_signs_in_again_and_comes_back(admin, saleor):
    held = sessions.read(_request(admin))
    access = saleor.token_for("admin@shop.example", seconds=-5)
    refresh = saleor.token_for("admin@shop.example", kind="refresh", seconds=-5)
    _become(admin, sessions.Session(held.csrf, access, refresh, held.seen))

    answer = admin.get("activity/", list="jobs")

    wanted = BASE + "sign-in/?next=activity%2F%3Flist%3Djobs&said=ended"
    assert (answer.status_code, answer["Location"]) == (303, wanted)
    assert answer.cookies[sessions.COOKIE].value == ""
    form = admin.client.get(wanted).content.decode()
    assert "Your session has ended." in form


def test_who_was_deactivated_meanwhile_is_out(admin, saleor):
    with saleor.state.lock:
        saleor.state.people["admin@shop.example"].is_active = False

    assert admin.get("activity/").status_code == 303


def test_while_saleor_is_away_nobody_is_signed_out(admin, saleor, settings):
    from saleor_tiktok_stripe.saleor_api import get_saleor

    settings.SALEOR_API_URL = "http://127.0.0.1:9/graphql/"
    get_saleor.cache_clear()
    away = admin.get("activity/")
    settings.SALEOR_API_URL = saleor.url
    get_saleor.cache_clear()

    assert away.status_code == 503
    assert "Saleor could not be asked who you are." in away.content.decode()
    assert problems(away.content.decode()) == []
    assert admin.get("activity/").status_code == 200


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "\\\\evil.example",
        "../../../../admin/",
        "javascript:alert(1)",
        "sign-in/",
        "sign-out/",
        "activity/../../x/",
        "activity/\r\nSet-Cookie: a=b",
        "assets/console.css",
        "unknown/",
    ],
)
def test_nobody_is_sent_anywhere_but_to_a_page_of_the_console(somebody, wanted):
    answer = somebody.sign_in("admin@shop.example", next=wanted)

    assert (answer.status_code, answer["Location"]) == (303, BASE)


def test_the_query_of_the_page_cannot_become_anything_else(somebody):
    answer = somebody.sign_in("admin@shop.example", next="activity/?list=a%0d%0ab&x=<y>#z")

    assert answer["Location"] == BASE + "activity/?list=a%0D%0Ab&x=%3Cy%3E%23z"


def test_signing_out_forgets_the_cookies(admin):
    token = token_in(admin.get("activity/"))

    answer = admin.client.post(BASE + "sign-out/", {"csrf": token})

    assert (answer.status_code, answer["Location"]) == (303, BASE + "sign-in/?said=out")
    assert answer.cookies[sessions.COOKIE].value == ""
    assert answer.cookies[sessions.COOKIE]["path"] == BASE
    assert admin.get("activity/").status_code == 303
    assert "You are signed out." in admin.get("sign-in/", said="out").content.decode()


def test_nobody_is_signed_out_by_a_link_or_a_form_of_another_place(admin):
    by_link = admin.get("sign-out/")
    by_form = admin.client.post(BASE + "sign-out/", {"csrf": "x"})

    assert (by_link.status_code, by_link["Location"]) == (303, BASE)
    assert by_form.status_code == 403
    assert admin.get("activity/").status_code == 200


def test_free_words_in_the_address_are_never_said(somebody):
    shown = somebody.get("sign-in/", said="Your account is closed, call 555").content.decode()

    assert "555" not in shown


def test_who_comes_from_another_site_comes_once_more_so_that_the_cookie_is_sent(saleor):
    answer = Client().get(BASE + "activity/?list=jobs", headers={"Sec-Fetch-Site": "cross-site"})
    shown = answer.content.decode()

    assert answer.status_code == 200
    wanted = f'<meta http-equiv="refresh" content="0; url={BASE}activity/?list=jobs">'
    assert wanted in shown
    assert problems(shown) == []
    again = Client().get(BASE + "activity/", headers={"Sec-Fetch-Site": "same-origin"})
    assert again.status_code == 303


def test_a_large_body_is_not_read_from_who_is_not_signed_in(somebody):
    somebody.get("sign-in/")

    answer = somebody.client.post(BASE + "sign-in/", {"email": "x" * 20_000})

    assert answer.status_code == 413


def _request(person):
    from django.test import RequestFactory

    request = RequestFactory().get(BASE)
    request.COOKIES[sessions.COOKIE] = person.client.cookies[sessions.COOKIE].value
    return request


def _become(person, session):
    from django.http import HttpResponse
    from django.test import RequestFactory

    response = HttpResponse()
    sessions.keep(response, session, RequestFactory().get(BASE), BASE)
    person.client.cookies[sessions.COOKIE] = response.cookies[sessions.COOKIE].value


def test_orders_staff_signs_in_too(saleor):
    assert signed_in("orders@shop.example").get("activity/").status_code == 200
