"""What holds for every page of the table: who may see it, how it is written, what it keeps."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.test import Client

from saleor_tiktok_stripe import access
from saleor_tiktok_stripe.models import AuditEntry, Connection, InboundEvent, Job
from saleor_tiktok_stripe.web.console import pages
from tests.support.factories import (
    APP_SECRET,
    STRIPE_SECRET_KEY,
    STRIPE_WEBHOOK_SECRET,
    make_connection,
    make_stripe_connection,
)

from .conftest import BASE, PASSWORD, Person, signed_in, token_in
from .markup import parse, problems

pytestmark = pytest.mark.django_db

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
SECRETS = (
    APP_SECRET,
    STRIPE_SECRET_KEY,
    STRIPE_WEBHOOK_SECRET,
    "canary-access-token",
    "canary-refresh-token",
    "canary-body",
    PASSWORD,
)
WELL = {200, 303, 404}
"""A page that is about one thing (an order, a dispute) is not there without it."""


def path_of(page: pages.Page) -> str:
    return "/".join("1" if part.startswith("<") else part for part in page.path.split("/"))


PATHS = [pytest.param(page, path_of(page), id=page.name) for page in pages.PAGES]
FILES = {"dispute_file", "insights_file", "insights_print", "money_file"}
"""These answer with a file, or with a page that stands alone: see their own tests."""
WRITTEN = [one for one in PATHS if one.id not in FILES]


@pytest.fixture
def connected(saleor) -> list[Connection]:
    """A shop and a Stripe account, with something of everything."""
    tiktok, stripe = make_connection(), make_stripe_connection()
    for one in (tiktok, stripe):
        InboundEvent.objects.create(
            provider=one.vendor,
            connection=one,
            event_key="1",
            event_type="ORDER_STATUS_CHANGE",
            subject="576653688135258178",
            body="canary-body <script>alert(1)</script>",
            status="handed_over",
        )
        Job.objects.create(
            kind="order.sync",
            connection=one,
            subject="<script>alert(1)</script>",
            dedup_key=f"order.sync:{one.pk}:1",
            status="parked",
            error_code="SKU_NOT_LINKED",
            problem={"code": "SKU_NOT_LINKED", "cause": '"><b>cause', "cure": "cure & more"},
        )
        AuditEntry.objects.create(
            connection=one, actor="<i>me", action="job.retry", subject="1", data={"a": "<b>"}
        )
    return [tiktok, stripe]


@pytest.mark.parametrize(("page", "path"), PATHS)
def test_who_is_not_signed_in_sees_nothing_of_it(saleor, connected, page, path):
    person = Person(Client())

    shown, sent = person.get(path), person.client.post(BASE + path, {"do": "x"})

    assert (shown.status_code, sent.status_code) == (303, 303)
    assert shown["Location"].startswith(BASE + "sign-in/")
    assert sent["Location"].startswith(BASE + "sign-in/")
    assert shown.content == sent.content == b""


@pytest.mark.parametrize(("page", "path"), PATHS)
def test_without_the_permission_a_page_says_which_one_and_who_gives_it(
    saleor, connected, page, path
):
    answer = signed_in("nothing@shop.example").get(path)

    shown = answer.content.decode()
    assert answer.status_code == 403
    assert f"<code>{page.rule.words}</code>" in shown
    assert "Permission groups" in shown
    assert problems(shown) == []


@pytest.mark.parametrize(("page", "path"), PATHS)
def test_staff_of_another_channel_is_not_let_in(saleor, connected, page, path):
    answer = signed_in("other@shop.example").get(path)

    shown = answer.content.decode()
    assert answer.status_code == 403
    assert "Your account in Saleor may not work on this channel." in shown
    assert connected[0].account_name not in shown


@pytest.mark.parametrize(("page", "path"), WRITTEN)
def test_every_page_is_well_written_and_tells_no_secret(admin, connected, page, path):
    answer = admin.get(path)

    shown = answer.content.decode()
    assert answer.status_code in WELL
    assert answer["Content-Security-Policy"] == POLICY
    assert answer["Cache-Control"] == "no-store"
    assert answer["Referrer-Policy"] == "no-referrer"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["X-Frame-Options"] == "DENY"
    assert [one for one in SECRETS if one in shown] == []
    assert "<script>alert" not in shown
    if shown:
        assert problems(shown) == []


@pytest.mark.parametrize(("page", "path"), WRITTEN)
def test_every_page_is_well_before_anything_is_connected(admin, page, path):
    answer = admin.get(path)

    assert answer.status_code in WELL
    if answer.content:
        assert problems(answer.content.decode()) == []


ACTIONS = [
    pytest.param(page, path_of(page), name, id=f"{page.name}-{name}")
    for page in pages.PAGES
    for name in page.actions
]


@pytest.mark.parametrize(("page", "path", "name"), ACTIONS)
@pytest.mark.parametrize("token", [None, "", "x", "of another session"])
def test_nothing_is_done_without_the_token_of_the_session(
    saleor, connected, page, path, name, token
):
    person, other = signed_in("admin@shop.example"), signed_in("admin@shop.example")
    foreign = token_in(other.get("activity/"))
    entries, jobs = AuditEntry.objects.count(), list(Job.objects.values())
    given = {} if token is None else {"csrf": foreign if token.startswith("of") else token}

    answer = person.client.post(BASE + path, {"do": name, "vendor": "tiktok", **given})

    assert answer.status_code == 403
    assert "This form is out of date" in answer.content.decode()
    assert AuditEntry.objects.count() == entries
    assert list(Job.objects.values()) == jobs


@pytest.mark.parametrize(("page", "path", "name"), ACTIONS)
def test_nothing_is_done_without_the_actions_permission(saleor, connected, page, path, name):
    rule = page.actions[name].rule or page.rule
    held = {
        "orders@shop.example": {"MANAGE_ORDERS"},
        "plugins@shop.example": {"MANAGE_PLUGINS"},
        "nothing@shop.example": set(),
    }
    without = [
        email
        for email, permissions in held.items()
        if not rule.all_of <= permissions or (rule.any_of and not rule.any_of & permissions)
    ]
    entries, jobs = AuditEntry.objects.count(), list(Job.objects.values())

    for email in without:
        person = signed_in(email)
        token = token_in(person.get("activity/"))
        answer = person.client.post(BASE + path, {"do": name, "csrf": token, "vendor": "tiktok"})
        assert answer.status_code == 403

    assert without
    assert AuditEntry.objects.count() == entries
    assert list(Job.objects.values()) == jobs


@pytest.mark.parametrize(("page", "path"), PATHS)
def test_an_unknown_action_is_not_there(admin, connected, page, path):
    token = token_in(admin.get("activity/"))

    answer = admin.client.post(BASE + path, {"do": "unknown", "csrf": token})

    assert answer.status_code == 404
    assert problems(answer.content.decode()) == []


def test_the_navigation_shows_only_what_one_may_open(saleor, connected):
    shown = parse(signed_in("orders@shop.example").get("activity/").content.decode())

    links = {one.attributes["href"] for one in shown.all("a")}
    for page in pages.PAGES:
        if page.menu:
            held = {"MANAGE_ORDERS"}
            may = page.rule.all_of <= held and (
                not page.rule.any_of or bool(page.rule.any_of & held)
            )
            assert ((BASE + page.path) in links) is may


def test_the_page_one_is_on_is_marked(admin, connected):
    shown = parse(admin.get("activity/").content.decode())

    current = {
        one.attributes["href"]: one.attributes["aria-current"]
        for one in shown.all("a")
        if "aria-current" in one.attributes and one.attributes["href"].endswith("/")
    }
    assert current == {BASE + "activity/": "page"}


@pytest.mark.parametrize("path", ["unknown/", "activity", "activity/1/", "settings/x/", "../", "x"])
def test_any_other_path_is_not_there(admin, path):
    answer = admin.get(path)

    assert (answer.status_code, answer.content) == (404, b"")


@pytest.mark.parametrize("method", ["put", "delete", "patch", "options"])
def test_other_methods_are_not_allowed(admin, method):
    answer = getattr(admin.client, method)(BASE + "activity/")

    assert (answer.status_code, answer["Allow"]) == (405, "GET, HEAD, POST")


def test_a_channel_that_does_not_exist_has_no_console(admin):
    answer = admin.client.get(BASE.replace("tiktok-us", "unknown"))

    assert (answer.status_code, answer.content) == (404, b"")


def test_a_body_that_is_too_large_is_not_taken(admin, connected):
    answer = admin.client.post(
        BASE + "activity/", {"do": "retry"}, headers={"Content-Length": str(17 * 1024 * 1024)}
    )

    assert answer.status_code == 413


def test_each_row_of_the_table_has_its_own_name_and_path():
    assert len({page.name for page in pages.PAGES}) == len(pages.PAGES)
    assert len({path_of(page) for page in pages.PAGES}) == len(pages.PAGES)
    assert all(page.path == "" or page.path.endswith("/") for page in pages.PAGES)
    assert not [page.name for page in pages.PAGES if page.rule.public]
    named = {page.name for page in pages.PAGES}
    assert {page.within for page in pages.PAGES} <= named | {""}


def test_a_page_with_an_argument_takes_exactly_one_part():
    page = replace(pages.PAGES[0], path="orders/<id>/", rule=access.ORDERS)

    assert page.match("orders/576/") == {"id": "576"}
    assert page.match("orders//") is None
    assert page.match("orders/576/x/") is None
    assert page.match("orders/") is None


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("orders/", {"search": "a\x00b"}),
        ("orders/", {"after": "\x00"}),
        ("activity/", {"list": "jobs", "state": "\x00"}),
        ("orders/%00/", {}),
    ],
)
def test_a_zero_byte_that_no_database_keeps_harms_no_page(admin, connected, path, query):
    answer = admin.client.get(BASE + path, query)

    assert answer.status_code in {200, 404, 422}


def test_a_zero_byte_harms_no_form(admin, connected, somebody):
    token = token_in(admin.get("activity/"))
    sent = {"csrf": token, "do": "retry", "kind": "order\x00", "code": "\x00"}

    answer = admin.client.post(BASE + "activity/", sent)
    refused = somebody.sign_in("admin\x00@shop.example", "\x00")

    assert answer.status_code == 303
    assert refused.status_code == 422
