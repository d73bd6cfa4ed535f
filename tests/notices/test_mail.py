"""What is mailed, to the letter, by a real mail server."""

from __future__ import annotations

from datetime import timedelta

import pytest

from saleor_tiktok_stripe.models import Notice, NoticeDelivery
from saleor_tiktok_stripe.notices import message
from saleor_tiktok_stripe.notices.content import Content, Item
from tests.support.receivers import mail_server

from .stage import (
    CHANNEL,
    MERCHANT,
    NOON,
    case,
    dispute,
    look,
    parked,
    tell_me,
    text,
    told_at_once,
)

CONSOLE = "http://127.0.0.1:9/plugins/channel/tiktok-us/saleor.tiktok_stripe/console/"
HOUR = timedelta(hours=1)


def test_a_deadline_is_mailed_with_what_when_cure_and_place(tiktok, mailbox):
    tell_me(time_zone="Europe/Berlin")
    case(tiktok, NOON + 20 * HOUR)

    told_at_once(NOON)

    [mail] = mailbox.mails
    assert mail["Subject"] == "tiktok-us: 1 request to answer by 2026-11-24 09:00 CET"
    assert mailbox.envelopes == [("shop@example.com", [MERCHANT])]
    assert (mail["From"], mail["To"]) == ("Shop <shop@example.com>", MERCHANT)
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Message-ID"] == f"<{NoticeDelivery.objects.get().key}@127.0.0.1>"
    assert text(mail) == (
        "This needs you, in the channel tiktok-us:\n"
        "\n"
        "Buyers' requests\n"
        "- The buyer asks for a refund for order 1021 (case 4035000000000000001). Without an "
        "answer TikTok decides.\n"
        "  Until: 2026-11-24 09:00 CET\n"
        "  What to do: Accept or reject it.\n"
        f"  {CONSOLE}cases/4035000000000000001/\n"
        "\n"
        "Times are in Europe/Berlin.\n"
        "You get this because your address is entered under Notices in the settings of TikTok "
        "Shop with Stripe, channel tiktok-us.\n"
    )
    page = mail.get_body(("html",)).get_content()
    assert f'<a href="{CONSOLE}cases/4035000000000000001/">' in page
    assert "<h2>Buyers&#x27; requests</h2>" in page
    assert "<script" not in page
    assert "src=" not in page
    assert "style" not in page


def test_without_a_time_zone_of_its_own_a_notice_tells_the_shops(tiktok, mailbox):
    tell_me(time_zone="")
    case(tiktok, NOON + 20 * HOUR)

    told_at_once(NOON)

    assert mailbox.mails[0]["Subject"] == ("tiktok-us: 1 request to answer by 2026-11-24 00:00 PST")
    assert "Times are in America/Los_Angeles." in text(mailbox.mails[0])


def test_several_things_are_one_mail_and_each_recipient_gets_their_own(tiktok, stripe, mailbox):
    tell_me(recipients="a@example.com, b@example.com")
    case(tiktok, NOON + 20 * HOUR)
    dispute(stripe, NOON + 3 * HOUR)
    parked(tiktok, ["1", "2"])

    told_at_once(NOON)

    assert sorted(mailbox.to) == ["a@example.com", "b@example.com"]
    assert {mail["Subject"] for mail in mailbox.mails} == {
        "tiktok-us: 1 dispute to answer, 1 request to answer and more, the first by "
        "2026-11-23 15:00 UTC"
    }
    assert [mail["To"] for mail in mailbox.mails] == mailbox.to
    told = text(mailbox.mails[0])
    assert told.index("Buyers' requests") < told.index("Disputes") < told.index("Work that waits")
    assert (
        "- An order waits: SKU MUG-BLU is not linked to a variant. And 1 more for the same reason."
        in told
    )


def test_five_hundred_parked_orders_are_one_mail(tiktok, mailbox):
    tell_me()
    parked(tiktok, [str(number) for number in range(500)])

    told_at_once(NOON)
    look(NOON + HOUR)

    [mail] = mailbox.mails
    assert mail["Subject"] == (
        "tiktok-us: An order waits: SKU MUG-BLU is not linked to a variant. And 499 more for the "
        "same reason."
    )
    assert Notice.objects.get().number == 500


def test_nothing_of_buyers_and_no_secret_is_mailed(tiktok, stripe, mailbox, hook):
    tell_me(webhook_url=hook.url)
    case(tiktok, NOON + 20 * HOUR)
    dispute(stripe, NOON + 3 * HOUR)

    told_at_once(NOON)

    sent = b"".join([*mailbox.raw, *(call.body for call in hook.calls)])
    assert sent.count(b"4035000000000000001") >= 3
    for canary in (b"Jane", b"Main Street", b"203.0.113", b"canary", b"whsec_"):
        assert canary not in sent


def content(*texts: str) -> Content:
    items = tuple(
        Item(id=number, kind="setup", code="X", severity="error", subject=text, number=1,
             message=text, cure=text, due_by=None, place="console/")
        for number, text in enumerate(texts)
    )  # fmt: skip
    return Content(
        reason="at_once", channel=CHANNEL, time_zone="UTC", made_at=NOON, items=items,
        counts={"setup": len(items)},
    )  # fmt: skip


@pytest.mark.parametrize(
    "text",
    ["x\nBcc: all@example.com", "x\r\nBcc: all@example.com", "x\u2028Bcc: y", "x\x00\x1b[2J"],
)
def test_no_text_makes_a_header_or_hides_a_word(text):
    subject = message.subject(content(text))

    assert subject.isprintable()
    assert subject.startswith("tiktok-us: x ")


def test_a_subject_stays_short_and_html_is_escaped():
    told = content("<b>&" * 100)

    assert len(message.subject(told)) <= message.LONGEST_SUBJECT
    assert "<b>" not in message.html(told)
    assert "&lt;b&gt;&amp;" in message.html(told)


def test_the_rest_of_many_things_is_a_number(tiktok, mailbox):
    tell_me()
    for number in range(60):
        case(tiktok, NOON + 20 * HOUR, case_id=f"40350000{number:04d}")

    told_at_once(NOON)

    [mail] = mailbox.mails
    assert mail["Subject"] == (
        "tiktok-us: 60 requests to answer, the first by 2026-11-24 08:00 UTC"
    )
    told = text(mail)
    assert told.count("(case 40350000") == 50
    assert f"And 10 more: {CONSOLE}" in told
    assert Notice.objects.filter(told=[]).count() == 0


def test_a_mail_server_that_wants_a_login_gets_it(tiktok, settings):
    with mail_server(login=(b"shop", b"canary-mail-password")) as box:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", box.port
        settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "shop", "wrong"
        tell_me()
        parked(tiktok, ["1"])
        told_at_once(NOON)
        row = NoticeDelivery.objects.get()
        assert (row.state, row.error, box.mails) == ("pending", "MAIL_LOGIN_REFUSED", [])

        settings.EMAIL_HOST_PASSWORD = "canary-mail-password"
        look(NOON + timedelta(minutes=5))

        assert len(box.mails) == 1
        row.refresh_from_db()
        assert (row.state, row.attempts, row.error) == ("sent", 2, "")


def test_an_address_that_is_refused_for_good_is_given_up_and_the_others_get_theirs(tiktok, mailbox):
    tell_me(recipients="gone@example.com, there@example.com")
    mailbox.refuse["gone@example.com"] = "550 no such mailbox canary"
    parked(tiktok, ["1"])

    told_at_once(NOON)

    assert mailbox.to == ["there@example.com"]
    rows = {row.target: row for row in NoticeDelivery.objects.all()}
    assert rows["there@example.com"].state == "sent"
    assert rows["gone@example.com"].state == "failed"
    assert rows["gone@example.com"].error == "MAIL_ADDRESS_REFUSED"


@pytest.mark.parametrize(("answer", "state"), [("451 later", "pending"), ("554 no", "failed")])
def test_a_mail_that_is_refused_waits_or_is_given_up(tiktok, mailbox, answer, state):
    tell_me()
    mailbox.answer = answer
    parked(tiktok, ["1"])

    told_at_once(NOON)

    row = NoticeDelivery.objects.get()
    assert (row.state, row.error, row.attempts) == (state, "MAIL_REFUSED", 1)


@pytest.mark.parametrize("backend", ["", "django.core.mail.backends.smtp.EmailBackend"])
def test_without_a_mail_server_the_mail_waits(tiktok, settings, backend):
    settings.EMAIL_BACKEND, settings.EMAIL_HOST = backend, ""
    tell_me()
    parked(tiktok, ["1"])

    told_at_once(NOON)

    row = NoticeDelivery.objects.get()
    assert (row.state, row.error) == ("pending", "MAIL_NOT_CONFIGURED")


def test_a_mail_server_that_is_down_is_tried_again(tiktok, mailbox, settings):
    there, settings.EMAIL_PORT = settings.EMAIL_PORT, 9
    tell_me()
    parked(tiktok, ["1"])
    told_at_once(NOON)
    assert NoticeDelivery.objects.get().error == "MAIL_UNREACHABLE"

    settings.EMAIL_PORT = there
    look(NOON + timedelta(minutes=5))

    assert mailbox.to == [MERCHANT]
