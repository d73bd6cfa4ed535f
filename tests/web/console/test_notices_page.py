"""Who is told of what: saved, tried, and a secret that is shown once."""

from __future__ import annotations

import re

import pytest

from saleor_tiktok_stripe import notices
from saleor_tiktok_stripe.models import NoticeSettings
from saleor_tiktok_stripe.notices import NoticeKind, NoticeMode
from tests.support.factories import make_connection

from .markup import problems

pytestmark = pytest.mark.django_db
PATH = "settings/notices/"
ENTERED = {
    "recipients": "ada@shop.example, bob@shop.example",
    "webhook_url": "",
    "digest_hour": "7",
    "time_zone": "Europe/London",
    "kind_drift": "off",
}


def test_who_is_told_is_saved(admin):
    make_connection()

    answer = admin.post(PATH, do="save", **ENTERED)

    policy = notices.policy("tiktok-us")
    assert answer.status_code == 303
    assert policy.recipients == ("ada@shop.example", "bob@shop.example")
    assert (policy.digest_hour, policy.time_zone) == (7, "Europe/London")
    assert policy.kinds[NoticeKind.DRIFT] == NoticeMode.OFF
    assert policy.kinds[NoticeKind.CASES] == NoticeMode.URGENT
    shown = admin.get(PATH).content.decode()
    assert 'value="ada@shop.example, bob@shop.example"' in shown
    assert problems(shown) == []


@pytest.mark.parametrize(
    ("field", "value"),
    [("recipients", "nobody"), ("digest_hour", "25"), ("webhook_url", "http://10.0.0.1/")],
)
def test_what_does_not_fit_is_said_at_its_field(admin, field, value):
    make_connection()

    answer = admin.post(PATH, do="save", form="notices", **{**ENTERED, field: value})

    shown = answer.content.decode()
    assert answer.status_code == 422
    assert f'id="notices-{field}-error"' in shown
    assert problems(shown) == []
    assert notices.policy("tiktok-us").recipients == ()


def test_the_secret_of_the_webhook_is_shown_once(admin):
    make_connection()

    made = admin.post(PATH, do="save", **{**ENTERED, "webhook_url": "https://hooks.example/x"})
    again = admin.get(PATH).content.decode()
    rotated = admin.post(PATH, do="rotate")

    [first] = re.findall(r"<pre>(whsec_[^<]+)</pre>", made.content.decode())
    [second] = re.findall(r"<pre>(whsec_[^<]+)</pre>", rotated.content.decode())
    assert first != second
    assert first not in again
    assert NoticeSettings.objects.get().secrets[0]["secret"] == second
    assert problems(rotated.content.decode()) == []


def test_without_a_receiver_there_is_nothing_to_try(admin):
    make_connection()

    shown = admin.get(PATH).content.decode()
    answer = admin.post(PATH, do="test")

    assert 'value="test"' not in shown
    assert answer.status_code == 422
    assert "<code>NOTICES_NOWHERE</code>" in answer.content.decode()


def test_a_test_that_is_not_taken_says_why(admin, settings):
    settings.TIKTOK_STRIPE_SANDBOX = "1"
    make_connection()
    admin.post(
        PATH, do="save", **{**ENTERED, "recipients": "", "webhook_url": "http://127.0.0.1:9/x"}
    )

    answer = admin.post(PATH, do="test")

    assert answer.status_code == 303
    assert "1 of 1 did not take it. The webhook: " in admin.get(PATH).content.decode()


def test_before_a_channel_is_set_up_nothing_is_saved(admin):
    answer = admin.post(PATH, do="save", **ENTERED)

    assert answer.status_code == 422
    assert not NoticeSettings.objects.exists()
