"""Who is told what: the policy, the settings form, the commands, the lists."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.db import transaction

from saleor_tiktok_stripe import health, notices
from saleor_tiktok_stripe.accounts import NoticeKind, NoticeMode, form
from saleor_tiktok_stripe.accounts.form import notices as part
from saleor_tiktok_stripe.errors import InvalidInput
from saleor_tiktok_stripe.models import AuditEntry, Notice, NoticeSettings
from saleor_tiktok_stripe.notices.words import KINDS
from saleor_tiktok_stripe.web.console.pages import PAGES
from tests.cli.support import run

from .stage import CHANNEL, NOON, at, case, look, parked, tell_me, told_at_once

DEFAULTS = {field.name: field.default for field in part.FIELDS}


def test_the_default_tells_nobody_urgent_things_at_once_and_the_rest_at_eight(tiktok):
    policy = notices.policy(CHANNEL)

    assert policy == notices.NoticePolicy()
    assert (policy.recipients, policy.webhook_url, policy.tells_somebody) == ((), "", False)
    assert (policy.digest_hour, policy.time_zone, policy.empty_digest) == (8, "", False)
    assert {policy.mode(kind) for kind in NoticeKind} == {NoticeMode.URGENT}


def test_every_kind_has_its_words_and_a_page_of_the_console():
    assert set(KINDS) == set(NoticeKind)
    for kind in KINDS.values():
        path = kind.place.removeprefix("console/").replace("{subject}", "5764")
        assert [one.name for one in PAGES if one.match(path) is not None], kind


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("recipients", "a@example.com, nobody"),
        ("recipients", ["a@example.com\nBcc: b@example.com"]),
        ("recipients", [f"a{number}@example.com" for number in range(21)]),
        ("kinds", "cases"),
        ("kinds", "cases=sometimes"),
        ("kinds", "everything=off"),
        ("digest_hour", 24),
        ("digest_hour", "-1"),
        ("digest_hour", "noon"),
        ("time_zone", "Mars/Olympus"),
        ("time_zone", "../../etc/passwd"),
        ("time_zone", "Europe"),
        ("empty_digest", "perhaps"),
    ],
)
def test_what_does_not_fit_is_refused_in_words_and_changes_nothing(tiktok, field, value):
    tell_me()
    before = notices.policy(CHANNEL)

    with pytest.raises(InvalidInput) as refused:
        notices.configure(CHANNEL, {field: value}, "staff")

    assert (refused.value.code, refused.value.field) == ("POLICY_INVALID", field)
    assert refused.value.message.startswith("Enter ")
    assert notices.policy(CHANNEL) == before


def test_only_what_is_named_changes_and_the_audit_log_says_what(tiktok):
    tell_me(time_zone="Europe/London")

    done = notices.configure(
        CHANNEL, {"kinds": "cases=at_once, drift = OFF", "digest_hour": "7"}, "staff@example.com"
    )

    assert done.policy.recipients == ("merchant@example.com",)
    assert (done.policy.time_zone, done.policy.digest_hour) == ("Europe/London", 7)
    assert done.policy.mode("cases") == NoticeMode.AT_ONCE
    assert done.policy.mode("drift") == NoticeMode.OFF
    assert notices.policy(CHANNEL) == done.policy
    entry = AuditEntry.objects.latest("pk")
    assert (entry.action, entry.actor, entry.data) == (
        "notices.configure", "staff@example.com", {"changed": "kinds, digest_hour"}
    )  # fmt: skip
    notices.configure(CHANNEL, {"digest_hour": 7}, "staff@example.com")
    assert AuditEntry.objects.latest("pk") == entry


def test_a_channel_that_is_not_set_up_is_refused(db):
    with pytest.raises(InvalidInput) as refused:
        notices.configure("elsewhere", {"digest_hour": 7}, "staff")

    assert refused.value.code == "NOT_CONFIGURED"
    assert NoticeSettings.objects.count() == 0


def test_the_form_left_as_it_is_makes_no_settings(tiktok):
    assert part.save(CHANNEL, DEFAULTS) == {}
    assert part.save(CHANNEL, {}) == {}

    assert NoticeSettings.objects.count() == 0
    assert form.outputs(CHANNEL, "staff")["notices_secret"] == ""


def test_the_form_keeps_what_was_chosen_shows_the_secret_while_it_is_new_and_never_keeps_it(
    tiktok, hook
):
    entered = {
        **DEFAULTS,
        "notices_recipients": "a@example.com b@example.com",
        "notices_kinds": "shipments=off",
        "notices_webhook_url": hook.url,
        "notices_time_zone": "Europe/London",
        "notices_empty_digest": True,
    }
    with at(NOON):
        kept = part.save(CHANNEL, entered)
        shown = part.outputs(CHANNEL)
    with at(NOON + timedelta(minutes=16)):
        later = part.outputs(CHANNEL)

    assert kept == {
        "notices_recipients": "a@example.com, b@example.com",
        "notices_kinds": "shipments=off",
        "notices_digest_hour": "8",
        "notices_time_zone": "Europe/London",
        "notices_empty_digest": True,
        "notices_webhook_url": hook.url,
        "notices_rotate_secret": False,
    }
    secret = shown["notices_secret"]
    assert secret.startswith("whsec_")
    assert len(secret) == 50
    assert later["notices_secret"] == f"whsec_…{secret[-4:]}"
    with at(NOON + timedelta(hours=1)):
        part.save(CHANNEL, {**entered, "notices_rotate_secret": True})
        assert part.outputs(CHANNEL)["notices_secret"] not in (secret, later["notices_secret"])
        part.save(CHANNEL, {**entered, "notices_recipients": "", "notices_webhook_url": ""})
    assert notices.policy(CHANNEL).tells_somebody is False


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("notices_recipients", "nobody"),
        ("notices_webhook_url", "http://example.com/"),
        ("notices_digest_hour", "25"),
        ("notices_time_zone", "Nowhere"),
        ("notices_kinds", "cases"),
    ],
)
def test_the_form_names_the_field_that_does_not_fit(tiktok, field, value):
    with pytest.raises(InvalidInput) as refused, transaction.atomic():
        part.save(CHANNEL, {**DEFAULTS, field: value})

    assert refused.value.field == field
    assert NoticeSettings.objects.count() == 0


def test_the_form_says_that_there_is_nothing_to_rotate(tiktok):
    tell_me()

    with pytest.raises(InvalidInput) as refused:
        part.save(CHANNEL, {**DEFAULTS, "notices_rotate_secret": True})

    assert refused.value.field == "notices_webhook_url"


def test_the_health_page_says_gently_that_nobody_is_told_once_for_the_channel(tiktok, stripe):
    first, second = health.details(tiktok), health.details(stripe)

    codes = [[one["code"] for one in told["findings"]] for told in (first, second)]
    assert codes == [["NOTICES_TO_NOBODY"], []]
    assert first["status"] == "ok"
    tell_me()
    assert health.details(tiktok)["findings"] == []


def test_notices_are_listed_page_by_page_with_their_place(tiktok, mailbox):
    tell_me()
    for number in range(3):
        case(tiktok, NOON + timedelta(hours=20), case_id=f"40350{number}")
        look(NOON + timedelta(minutes=number))
    look(NOON + timedelta(minutes=3))

    first = notices.listed(CHANNEL, size=2)
    second = notices.listed(CHANNEL, after=first.next, size=2)

    assert [one.subject for one in (*first.items, *second.items)] == ["403502", "403501", "403500"]
    assert second.next == ""
    line = first.items[0]
    assert line.url.endswith("/saleor.tiktok_stripe/console/cases/403502/")
    assert (line.state, line.kind, line.code, line.severity) == (
        "open", "cases", "CASE_DUE", "error"
    )  # fmt: skip
    assert line.told_at is not None
    assert notices.listed(CHANNEL, "closed").items == ()
    assert notices.listed("elsewhere").items == ()
    [sent] = notices.deliveries(CHANNEL).items
    assert (sent.means, sent.reason, sent.target, sent.state, sent.attempts, sent.words) == (
        "mail", "at_once", "merchant@example.com", "sent", 1, ""
    )  # fmt: skip
    with pytest.raises(InvalidInput) as refused:
        notices.listed(CHANNEL, after="nowhere")
    assert refused.value.code == "PAGE_INVALID"


def test_the_commands_set_list_look_and_test(tiktok, mailbox, hook):
    on = ("--channel", CHANNEL)
    assert run("notices", "list", *on) == (0, "There is nothing to tell.\n")
    code, said = run("notices", "test", *on)
    assert code == 1
    assert said.endswith("[NOTICES_NOWHERE]\n")
    code, said = run(
        "notices", "settings", *on, "--recipients", "a@example.com", "--webhook-url", hook.url
    )
    secret = said.splitlines()[-1].removeprefix("webhook secret: ")
    assert (code, secret[:6]) == (0, "whsec_")
    assert "recipients: a@example.com" in said
    assert secret not in run("notices", "settings", *on)[1]
    parked(tiktok, ["1"])

    code, said = run("notices", "look", *on)

    assert (code, said.splitlines()[0]) == (
        0, "1 new, 0 changed, 0 solved; 0 messages to send."
    )  # fmt: skip
    assert said.splitlines()[1].startswith("More is gathered for 1")
    assert Notice.objects.get().told == []
    code, said = run("notices", "list", *on)
    assert said.splitlines()[0] == "error  SKU_NOT_LINKED  (open, not told)"
    assert run("notices", "test", *on) == (
        0, "a@example.com: It was taken.\nwebhook: It was taken.\n"
    )  # fmt: skip
    hook.answers = [(500, {})]
    assert run("notices", "test", *on)[0] == 1
    assert "a@example.com  sent" in run("notices", "list", *on, "--sent")[1]
    told = json.loads(run("notices", "list", *on, "--json")[1])
    assert told["items"][0]["code"] == "SKU_NOT_LINKED"
    code, rotated = run("notices", "rotate-secret", *on)
    assert (code, rotated[:6]) == (0, "whsec_")
    assert rotated.strip() != secret


def test_a_mail_address_in_a_mail_server_log_is_all_that_is_told_of_a_failure(
    tiktok, mailbox, caplog
):
    tell_me()
    mailbox.answer = "554 canary-words-of-the-server"
    parked(tiktok, ["1"])

    with caplog.at_level("DEBUG", "saleor_tiktok_stripe"):
        told_at_once(NOON)

    ours = [one for one in caplog.records if one.name.startswith("saleor_tiktok_stripe")]
    assert any("given up: MAIL_REFUSED" in one.getMessage() for one in ours)
    assert not any("canary" in one.getMessage() for one in ours)
