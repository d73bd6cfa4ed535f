"""The signed webhook, as a receiver sees it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from saleor_tiktok_stripe import notices
from saleor_tiktok_stripe.accounts import notice_secrets
from saleor_tiktok_stripe.errors import InvalidInput
from saleor_tiktok_stripe.jobs import clock
from saleor_tiktok_stripe.models import Notice, NoticeDelivery, NoticeSettings
from tests.support.stored import everything

from .stage import CHANNEL, NOON, at, case, look, parked, tell_me, told_at_once

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def signed_by(secret: str, call) -> bool:
    """As the specification says, by hand."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    head = f"{call.headers['webhook-id']}.{call.headers['webhook-timestamp']}.".encode()
    wanted = base64.b64encode(hmac.new(key, head + call.body, hashlib.sha256).digest()).decode()
    return f"v1,{wanted}" in call.headers["webhook-signature"].split(" ")


def only_webhook(url: str, **chosen) -> str:
    return notices.configure(CHANNEL, {"webhook_url": url, **chosen}, "staff").secret


def test_a_call_tells_ids_and_words_and_its_signature_fits(tiktok, hook):
    now = datetime.now(UTC)
    secret = only_webhook(hook.url + "?shop=a%20b&x=", time_zone="Asia/Jakarta")
    case(tiktok, now + 20 * HOUR)

    told_at_once(now)

    [call] = hook.calls
    row = NoticeDelivery.objects.get()
    made = row.created_at
    assert call.path == "/notices?shop=a+b&x="
    assert call.headers["content-type"] == "application/json"
    assert call.headers["webhook-id"] == str(row.key)
    assert call.headers["webhook-timestamp"] == str(int(row.attempted_at.timestamp()))
    assert signed_by(secret, call)
    assert Webhook(secret).verify(call.body, call.headers) == {
        "type": "notices.at_once",
        "version": 1,
        "timestamp": made.isoformat(),
        "data": {
            "channel": "tiktok-us",
            "time_zone": "Asia/Jakarta",
            "notices": [
                {
                    "id": Notice.objects.get().pk,
                    "kind": "cases",
                    "code": "CASE_DUE",
                    "severity": "error",
                    "subject": "4035000000000000001",
                    "number": 1,
                    "message": "The buyer asks for a refund for order 1021 (case "
                    "4035000000000000001). Without an answer TikTok decides.",
                    "cure": "Accept or reject it.",
                    "due_by": (now + 20 * HOUR).isoformat(),
                    "again": False,
                    "url": "http://127.0.0.1:9/plugins/channel/tiktok-us/saleor.tiktok_stripe/"
                    "console/cases/4035000000000000001/",
                }
            ],
            "more": 0,
            "solved": [],
            "waiting": 0,
        },
    }
    assert (row.state, row.target) == ("sent", "")


def test_one_changed_byte_does_not_fit(tiktok, hook):
    now = datetime.now(UTC)
    secret = only_webhook(hook.url)
    parked(tiktok, ["1"])
    told_at_once(now)
    [call] = hook.calls

    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(call.body.replace(b"MUG", b"MUH"), call.headers)
    with pytest.raises(WebhookVerificationError):
        Webhook("whsec_" + base64.b64encode(b"x" * 32).decode()).verify(call.body, call.headers)


def test_after_a_rotation_both_secrets_fit_for_a_day_then_the_new_one_alone(tiktok, hook):
    old = only_webhook(hook.url)
    with at(NOON):
        new = notices.rotate_secret(CHANNEL, "staff")
        assert notice_secrets(CHANNEL) == (new, old)
    assert old != new

    parked(tiktok, ["1"], "A_CODE")
    told_at_once(NOON)
    parked(tiktok, ["2"], "B_CODE")
    told_at_once(NOON + 25 * HOUR)

    first, second = hook.calls
    assert (signed_by(old, first), signed_by(new, first)) == (True, True)
    assert len(first.headers["webhook-signature"].split(" ")) == 2
    assert (signed_by(old, second), signed_by(new, second)) == (False, True)
    with at(NOON + 26 * HOUR):
        third = notices.rotate_secret(CHANNEL, "staff")
        assert notice_secrets(CHANNEL) == (third, new)


def test_a_second_rotation_does_not_lengthen_the_life_of_the_first_secret(tiktok, hook):
    first = only_webhook(hook.url)
    with at(NOON):
        second = notices.rotate_secret(CHANNEL, "staff")
    with at(NOON + 23 * HOUR):
        third = notices.rotate_secret(CHANNEL, "staff")
        assert notice_secrets(CHANNEL) == (third, second, first)
    with at(NOON + 25 * HOUR):
        assert notice_secrets(CHANNEL) == (third, second)


def test_there_is_nothing_to_rotate_without_an_address(tiktok):
    with pytest.raises(InvalidInput) as refused:
        notices.rotate_secret(CHANNEL, "staff")

    assert (refused.value.code, refused.value.field) == ("NOTICES_NO_WEBHOOK", "webhook_url")
    assert NoticeSettings.objects.filter(channel_slug=CHANNEL).exists() is False


def test_the_secret_is_told_once_and_stored_sealed(tiktok, hook):
    done = notices.configure(CHANNEL, {"webhook_url": hook.url}, "staff")

    assert done.secret.startswith("whsec_")
    assert len(base64.b64decode(done.secret.removeprefix("whsec_"))) == 32
    assert done.secret not in repr(done)
    assert done.secret not in str(everything())
    again = notices.configure(CHANNEL, {"webhook_url": hook.url + "/x"}, "staff")
    assert again.secret == ""
    assert notice_secrets(CHANNEL) == (done.secret,)


@pytest.mark.parametrize("status", [301, 400, 404, 500, 503])
def test_what_is_not_taken_is_sent_again_later_the_same_under_the_same_id(tiktok, hook, status):
    only_webhook(hook.url)
    hook.answers = [(status, {"Location": hook.url + "/elsewhere"})]
    parked(tiktok, ["1"])
    told_at_once(NOON)
    row = NoticeDelivery.objects.get()
    assert (row.state, row.error, row.attempts) == ("pending", f"HTTP_{status}", 1)

    look(NOON + 3.5 * MINUTE)
    assert len(hook.calls) == 1
    look(NOON + 5 * MINUTE)

    first, second = hook.calls
    assert second.path == "/notices"
    assert first.body == second.body
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.headers["webhook-timestamp"] < second.headers["webhook-timestamp"]
    row.refresh_from_db()
    assert (row.state, row.error, row.attempts) == ("sent", "", 2)


def test_a_receiver_that_asks_for_a_pause_gets_it(tiktok, hook):
    only_webhook(hook.url)
    hook.answers = [(503, {"Retry-After": "1800"})]
    parked(tiktok, ["1"])
    told_at_once(NOON)

    look(NOON + 30 * MINUTE)
    assert len(hook.calls) == 1
    look(NOON + 34 * MINUTE)

    assert len(hook.calls) == 2


def test_after_three_days_it_is_given_up_and_a_finding_says_so(tiktok, hook):
    only_webhook(hook.url, kinds="delivery=off")
    parked(tiktok, ["1"])
    hook.answers = [(500, {})] * 100
    told_at_once(NOON)

    times = []
    for hours in (1, 2, 3, 4, 6, 8, 12, 16, 23, 30, 36, 40, 49, 55, 62, 70, 73, 79):
        before = len(hook.calls)
        look(NOON + hours * HOUR)
        times += [hours] * (len(hook.calls) - before)

    row = NoticeDelivery.objects.get()
    assert (row.state, row.error) == ("failed", "HTTP_500")
    assert row.ended_at - row.created_at >= timedelta(days=3)
    assert row.attempts == len(hook.calls)
    assert times == [1, 2, 3, 6, 12, 23, 36, 49, 62, 73]
    [finding] = notices.own_findings(CHANNEL)
    assert (finding.code, finding.message) == (
        "NOTICE_WEBHOOK_FAILED", "The webhook of notices does not take them (HTTP_500)."
    )  # fmt: skip


def test_a_webhook_that_fails_is_told_by_mail_and_the_finding_goes_with_the_next_success(
    tiktok, hook, mailbox
):
    tell_me(webhook_url=hook.url)
    hook.answers = [(410, {})]
    parked(tiktok, ["1"])
    told_at_once(NOON)
    assert NoticeDelivery.objects.get(means="webhook").state == "failed"

    look(NOON + HOUR)
    look(NOON + 20 * HOUR)

    assert mailbox.mails[-1]["Subject"] == "tiktok-us: daily digest, 1 new"
    assert "The webhook of notices does not take them (HTTP_410)." in mailbox.raw[-1].decode()
    assert [one.code for one in notices.own_findings(CHANNEL)] == []
    assert len(hook.calls) == 2


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/x", "https://10.0.0.1/x", "https://169.254.169.254/latest", "https://[::1]/",
        "https://localhost/x", "http://127.0.0.1/x", "ftp://example.com/", "https://a:b@example.com/",
        "https://example.com/#x", "https://intranet/x", "javascript:alert(1)", "//example.com/x",
        "https://example.com:port/", "https://exa mple.com/", "https://example.com/\r\nX: y",
    ],
)  # fmt: skip
def test_addresses_that_must_not_be_called_are_refused(tiktok, settings, url):
    settings.TIKTOK_STRIPE_SANDBOX = ""

    with pytest.raises(InvalidInput) as refused:
        notices.configure(CHANNEL, {"webhook_url": url}, "staff")

    assert (refused.value.code, refused.value.field) == ("POLICY_INVALID", "webhook_url")
    assert notices.policy(CHANNEL).webhook_url == ""


def test_an_address_on_this_machine_is_not_called_outside_of_the_sandbox(tiktok, hook, settings):
    only_webhook(hook.url)
    settings.TIKTOK_STRIPE_SANDBOX = ""
    parked(tiktok, ["1"])

    told_at_once(NOON)

    row = NoticeDelivery.objects.get()
    assert (row.state, row.error, hook.calls) == ("failed", "HOST_NOT_ALLOWED", [])


def test_a_name_that_leads_to_a_private_address_is_not_called(tiktok, hook, settings, monkeypatch):
    import socket

    from saleor_tiktok_stripe.notices import webhook

    port = int(hook.url.rpartition(":")[2].partition("/")[0])
    settings.TIKTOK_STRIPE_SANDBOX = ""
    only_webhook(f"https://hooks.example.com:{port}/x")
    real = socket.getaddrinfo
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda host, *args, **kw: real("127.0.0.1", *args, **kw)
    )
    parked(tiktok, ["1"])

    told_at_once(NOON)

    row = NoticeDelivery.objects.get()
    assert (row.state, row.error, hook.calls) == ("failed", "FORBIDDEN_ADDRESS", [])
    assert "private network" in notices.deliveries(CHANNEL).items[0].words
    webhook._door.cache_clear()


def test_a_receiver_that_is_away_is_tried_again(tiktok, hook):
    only_webhook("http://127.0.0.1:9/x")
    parked(tiktok, ["1"])
    told_at_once(NOON)
    row = NoticeDelivery.objects.get()
    assert (row.state, row.error) == ("pending", "UNREACHABLE")

    only_webhook(hook.url)
    look(NOON + 5 * MINUTE)

    row.refresh_from_db()
    assert (row.state, len(hook.calls)) == ("sent", 1)


def test_an_answer_without_end_is_not_read(tiktok, hook):
    only_webhook(hook.url)
    hook.answers = [(200, {"X-Long": "a" * 20_000})]
    parked(tiktok, ["1"])

    told_at_once(NOON)

    assert NoticeDelivery.objects.get().state == "sent"


def test_who_was_taken_out_of_the_settings_gets_nothing_more(tiktok, hook, mailbox):
    tell_me(webhook_url=hook.url)
    mailbox.answer = "451 later"
    hook.answers = [(500, {})]
    parked(tiktok, ["1"])
    told_at_once(NOON)
    notices.configure(CHANNEL, {"webhook_url": "", "recipients": ""}, "staff")

    mailbox.answer = "250 OK"
    look(NOON + 5 * MINUTE)

    assert (len(hook.calls), mailbox.mails, NoticeDelivery.objects.count()) == (1, [], 0)


def test_a_test_goes_to_everybody_at_once_and_says_what_came_of_it(tiktok, hook, mailbox):
    tell_me(recipients="gone@example.com there@example.com", webhook_url=hook.url)
    mailbox.refuse["gone@example.com"] = "450 not now"
    hook.answers = [(404, {})]

    results = notices.test(CHANNEL, "staff@example.com")

    assert [(one.means, one.target, one.taken, one.code) for one in results] == [
        ("mail", "gone@example.com", False, "MAIL_ADDRESS_REFUSED"),
        ("mail", "there@example.com", True, ""),
        ("webhook", "", False, "HTTP_404"),
    ]
    assert results[2].words == ("The webhook answered with HTTP status 404; it must be 200 to 299.")
    [mail] = mailbox.mails
    assert mail["Subject"] == "tiktok-us: test of the notices"
    assert json.loads(hook.calls[0].body)["type"] == "notices.test"
    assert sorted(NoticeDelivery.objects.values_list("state", flat=True)) == [
        "failed", "failed", "sent"
    ]  # fmt: skip
    look(clock.now() + HOUR)
    assert len(hook.calls) == 1


def test_there_is_no_test_without_a_receiver(tiktok):
    with pytest.raises(InvalidInput) as refused:
        notices.test(CHANNEL, "staff")

    assert refused.value.code == "NOTICES_NOWHERE"
