"""When a thing is told, and when it is not told again."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from saleor_tiktok_stripe import accounts, notices
from saleor_tiktok_stripe.accounts import NoticePolicy
from saleor_tiktok_stripe.errors import InvalidInput
from saleor_tiktok_stripe.jobs import clock
from saleor_tiktok_stripe.models import (
    AfterSalesCase,
    Connection,
    ConnectionState,
    Job,
    JobStatus,
    Notice,
    NoticeDelivery,
    NoticeSettings,
)
from saleor_tiktok_stripe.notices import things
from saleor_tiktok_stripe.notices.telling import digest_day

from .stage import (
    CHANNEL,
    NOON,
    at,
    case,
    dispute,
    look,
    order,
    parked,
    tell_me,
    text,
    told_at_once,
)

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
MORNING = NOON.replace(hour=8) + DAY
"""When the digest is due."""


def subjects(mailbox) -> list[str]:
    return [mail["Subject"] for mail in mailbox.mails]


def test_an_urgent_thing_is_told_once_however_often_it_is_looked_at(tiktok, mailbox):
    tell_me()
    parked(tiktok, ["1"])

    told_at_once(NOON)
    for hours in range(1, 60, 6):
        look(NOON + hours * HOUR)

    assert subjects(mailbox) == [
        "tiktok-us: An order waits: SKU MUG-BLU is not linked to a variant."
    ]
    assert Notice.objects.get().told == ["here", "urgent"]


def test_a_deadline_is_told_in_the_digest_then_at_once_as_it_nears_and_when_it_is_over(
    stripe, mailbox
):
    tell_me()
    due = NOON + 8 * DAY
    dispute(stripe, due)
    look(NOON)

    for hours in (20, 44, 116, 120, 140, 164, 168, 180, 188, 192, 200):
        told_at_once(NOON + hours * HOUR)

    assert subjects(mailbox) == [
        "tiktok-us: daily digest, 1 new, by 2026-12-01 12:00 UTC",
        "tiktok-us: daily digest, 1 new, by 2026-12-01 12:00 UTC",
        "tiktok-us: 1 dispute to answer by 2026-12-01 12:00 UTC",
        "tiktok-us: 1 dispute to answer by 2026-12-01 12:00 UTC",
        "tiktok-us: 1 dispute to answer, was due 2026-12-01 12:00 UTC",
    ]
    at_times = [row.created_at for row in NoticeDelivery.objects.order_by("pk")]
    assert [round((due - moment) / HOUR) for moment in at_times] == [172, 52, 24, 4, 0]
    assert Notice.objects.get().told == ["24h", "4h", "72h", "here", "over", "urgent"]


def test_a_deadline_that_was_put_off_is_told_anew(tiktok, mailbox):
    tell_me()
    row = case(tiktok, NOON + 20 * HOUR)
    told_at_once(NOON)
    assert len(mailbox.mails) == 1

    row.due_by = NOON + 60 * HOUR
    row.save()
    look(NOON + HOUR)
    assert len(mailbox.mails) == 1
    look(NOON + 37 * HOUR)
    look(NOON + 37 * HOUR + timedelta(minutes=5))

    assert subjects(mailbox)[-1] == "tiktok-us: 1 request to answer by 2026-11-26 00:00 UTC"


def test_ten_times_as_many_are_told_again_one_more_is_not(tiktok, mailbox):
    tell_me()
    parked(tiktok, ["1"])
    told_at_once(NOON)

    parked(tiktok, ["2", "3"])
    look(NOON + HOUR)
    look(NOON + HOUR + timedelta(minutes=20))
    assert len(mailbox.mails) == 1
    parked(tiktok, [str(number) for number in range(4, 12)])
    told_at_once(NOON + 2 * HOUR)

    assert subjects(mailbox)[1:] == [
        "tiktok-us: An order waits: SKU MUG-BLU is not linked to a variant. And 10 more for the "
        "same reason."
    ]


def test_what_comes_while_more_is_gathered_is_one_message_and_a_pause_follows(tiktok, mailbox):
    tell_me()
    parked(tiktok, ["1"], "SKU_NOT_LINKED")
    first = look(NOON)
    assert first.messages == 0
    assert timedelta(seconds=115) < first.wait <= timedelta(seconds=120)

    parked(tiktok, ["2"], "MONEY_DOES_NOT_CLOSE")
    look(NOON + timedelta(minutes=1))
    assert mailbox.mails == []
    look(NOON + timedelta(minutes=3))
    assert subjects(mailbox) == ["tiktok-us: 2 reasons why work waits"]
    parked(tiktok, ["3"], "STATE_UNKNOWN")
    assert look(NOON + timedelta(minutes=4)).messages == 0
    assert look(NOON + timedelta(minutes=10)).messages == 0
    assert look(NOON + timedelta(minutes=19)).messages == 1

    assert len(mailbox.mails) == 2


def test_what_is_solved_closes_and_is_told_in_the_digest_once(tiktok, mailbox):
    tell_me()
    parked(tiktok, ["1"])
    told_at_once(NOON)
    Job.objects.filter(kind="order.sync").update(status=JobStatus.DONE)

    look(NOON + HOUR)
    assert Notice.objects.get().state == Notice.State.CLOSED
    assert len(mailbox.mails) == 1
    look(MORNING)
    look(MORNING + DAY)

    assert subjects(mailbox)[1:] == ["tiktok-us: daily digest, 1 solved"]
    told = text(mailbox.mails[1])
    assert "Solved\n- An order waits: SKU MUG-BLU is not linked to a variant.\n" in told


def test_what_was_solved_before_it_was_told_is_never_told(tiktok, mailbox):
    tell_me()
    parked(tiktok, ["1"])
    look(NOON)
    Job.objects.filter(kind="order.sync").update(status=JobStatus.DONE)

    look(NOON + timedelta(minutes=1))
    look(MORNING)

    assert mailbox.mails == []


def test_flapping_is_told_once(tiktok, mailbox):
    tell_me()
    parked(tiktok, ["1"])
    told_at_once(NOON)
    rows = Job.objects.filter(kind="order.sync")

    for minutes in range(10, 300, 40):
        rows.update(status=JobStatus.DONE)
        look(NOON + timedelta(minutes=minutes))
        rows.update(status=JobStatus.PARKED)
        look(NOON + timedelta(minutes=minutes + 10))

    assert len(mailbox.mails) == 1
    assert Notice.objects.get().state == Notice.State.OPEN


def test_what_comes_back_after_a_day_is_new(tiktok, mailbox):
    tell_me(digest_hour=11)
    parked(tiktok, ["1"])
    told_at_once(NOON)
    rows = Job.objects.filter(kind="order.sync")
    rows.update(status=JobStatus.DONE)
    look(NOON + HOUR)

    rows.update(status=JobStatus.PARKED)
    told_at_once(NOON + 2 * DAY)

    assert subjects(mailbox)[-1] == (
        "tiktok-us: An order waits: SKU MUG-BLU is not linked to a variant."
    )
    assert Notice.objects.get().first_seen - (NOON + 2 * DAY) < timedelta(minutes=1)


def test_orders_to_ship_are_in_the_digest_and_at_once_only_when_it_is_late(tiktok, mailbox):
    tell_me()
    look(NOON)
    order(tiktok, MORNING + 20 * HOUR, "5764000001")
    order(tiktok, MORNING + 21 * HOUR, "5764000002")

    for hours in (20, 30, 36, 37, 39, 40, 41, 43):
        look(NOON + hours * HOUR)

    assert subjects(mailbox) == [
        "tiktok-us: daily digest, 2 new, the first by 2026-11-25 04:00 UTC",
        "tiktok-us: 2 orders to ship, the first by 2026-11-25 04:00 UTC",
        "tiktok-us: 2 orders to ship, the first was due 2026-11-25 04:00 UTC",
    ]


def test_of_very_many_orders_to_ship_the_most_urgent_are_named_and_the_others_counted(
    tiktok, monkeypatch
):
    monkeypatch.setattr(things, "NAMED", 2)
    tell_me()
    for number in range(5):
        order(tiktok, NOON + (10 - number) * HOUR, f"576400000{number}")

    look(NOON)

    told = list(Notice.objects.order_by("-number", "due_by"))
    assert [(one.code, one.subject, one.number, one.place) for one in told] == [
        ("SHIPMENTS_DUE", "", 3, "console/orders/"),
        ("SHIPMENT_DUE", "5764000004", 1, "console/orders/5764000004/"),
        ("SHIPMENT_DUE", "5764000003", 1, "console/orders/5764000003/"),
    ]
    assert told[0].message == (
        "Besides the 2 most urgent orders to ship, so many more are due within a day: 3. "
        "TikTok cancels what leaves too late."
    )


def test_an_authorization_is_told_thirty_seven_and_one_day_before_its_end(tiktok, mailbox):
    tell_me()
    end = NOON + 32 * DAY
    tiktok.refresh_expires_at = end
    tiktok.save()
    look(NOON)

    for days in (1, 2, 3, 24, 25, 26, 30, 31, 32, 33):
        told_at_once(NOON + days * DAY)

    at_times = [row.created_at for row in NoticeDelivery.objects.order_by("pk")]
    assert [round((end - moment) / HOUR) for moment in at_times] == [720, 168, 24, 0]
    assert subjects(mailbox)[2] == "tiktok-us: 1 connection to renew by 2026-12-25 12:00 UTC"


def test_a_connection_that_ended_is_told_at_once_although_nothing_else_runs(tiktok, mailbox):
    tell_me()
    accounts.mark_needs_reauth(tiktok, "The seller withdrew this shop.")

    told_at_once(NOON)

    assert subjects(mailbox) == [
        "tiktok-us: The connection to Test shop has ended, and its work waits: The seller "
        "withdrew this shop."
    ]


def test_a_connection_that_was_switched_off_is_silent(tiktok, mailbox):
    tell_me()
    parked(tiktok, ["1"])
    told_at_once(NOON)
    accounts.switch_off(tiktok, "staff")

    look(NOON + HOUR)
    look(MORNING)

    assert len(mailbox.mails) == 1
    row = Notice.objects.get()
    assert (row.state, row.closing_told) == ("closed", True)


def test_without_receivers_nothing_is_told_and_a_finding_says_so(tiktok, mailbox):
    parked(tiktok, ["1"])
    told_at_once(NOON)
    look(MORNING)

    assert NoticeDelivery.objects.count() == 0
    assert Notice.objects.get().told == []
    [finding] = notices.own_findings(CHANNEL)
    assert (finding.code, finding.severity) == ("NOTICES_TO_NOBODY", "warning")
    tell_me()
    assert notices.own_findings(CHANNEL) == []
    look(MORNING + HOUR)
    assert len(mailbox.mails) == 1


def test_a_kind_that_is_off_is_not_told_and_one_may_always_be_at_once(stripe, tiktok, mailbox):
    tell_me(kinds="work=off, disputes=at_once")
    parked(tiktok, ["1"])
    dispute(stripe, NOON + 8 * DAY)

    told_at_once(NOON)
    look(MORNING)

    assert subjects(mailbox) == ["tiktok-us: 1 dispute to answer by 2026-12-01 12:00 UTC"]


def test_a_kind_may_wait_for_the_digest(tiktok, mailbox):
    tell_me(kinds={"work": "digest"})
    parked(tiktok, ["1"])

    told_at_once(NOON)
    assert mailbox.mails == []
    look(MORNING)

    assert subjects(mailbox) == ["tiktok-us: daily digest, 1 new"]


@pytest.mark.parametrize(("wanted", "mails"), [(False, 0), (True, 3)])
def test_an_empty_digest_is_sent_only_where_it_is_wanted(tiktok, mailbox, wanted, mails):
    tell_me(empty_digest=wanted)
    look(NOON)

    for hours in range(4, 76, 4):
        look(NOON + hours * HOUR)

    assert subjects(mailbox) == ["tiktok-us: daily digest, nothing new"] * mails


def test_the_digest_counts_what_was_told_before_and_is_open(tiktok, mailbox):
    tell_me(empty_digest=True)
    parked(tiktok, ["1"])
    told_at_once(NOON)

    look(MORNING)

    told = text(mailbox.mails[1])
    assert "1 thing that was told before is still open: http" in told


@pytest.mark.parametrize(
    ("zone", "hour", "moment", "day"),
    [
        ("UTC", 8, datetime(2026, 11, 23, 7, 59, tzinfo=UTC), date(2026, 11, 22)),
        ("UTC", 8, datetime(2026, 11, 23, 8, 0, tzinfo=UTC), date(2026, 11, 23)),
        ("America/New_York", 8, datetime(2026, 11, 23, 12, 59, tzinfo=UTC), date(2026, 11, 22)),
        ("America/New_York", 8, datetime(2026, 11, 23, 13, 0, tzinfo=UTC), date(2026, 11, 23)),
        ("Asia/Jakarta", 0, datetime(2026, 11, 23, 17, 0, tzinfo=UTC), date(2026, 11, 24)),
        ("UTC", 23, datetime(2026, 11, 24, 3, 0, tzinfo=UTC), date(2026, 11, 23)),
        # The night in which the hour of the digest does not exist.
        ("Europe/Berlin", 2, datetime(2026, 3, 29, 0, 59, tzinfo=UTC), date(2026, 3, 28)),
        ("Europe/Berlin", 2, datetime(2026, 3, 29, 1, 0, tzinfo=UTC), date(2026, 3, 29)),
        # The night in which it comes twice.
        ("Europe/Berlin", 2, datetime(2026, 10, 25, 0, 30, tzinfo=UTC), date(2026, 10, 25)),
        ("Europe/Berlin", 2, datetime(2026, 10, 25, 1, 30, tzinfo=UTC), date(2026, 10, 25)),
    ],
)
def test_the_day_of_a_digest_begins_at_its_hour_in_the_shops_time_zone(zone, hour, moment, day):
    policy = NoticePolicy(time_zone=zone, digest_hour=hour)

    assert digest_day(policy, moment) == day


def test_a_digest_that_was_missed_comes_when_somebody_works_again_and_only_once(tiktok, mailbox):
    tell_me(empty_digest=True)
    look(NOON)

    look(NOON + 5 * DAY)
    look(NOON + 5 * DAY + HOUR)

    assert len(mailbox.mails) == 1
    assert NoticeSettings.objects.get().digest_on == date(2026, 11, 28)


def test_findings_of_a_verification_are_told_one_by_code_and_permissions_one_by_one(
    tiktok, mailbox
):
    tell_me()
    tiktok.findings = [
        {"code": "SCOPE_MISSING", "severity": "error", "subject": "order.read",
         "message": "The permission order.read is missing: no orders.", "cure": "Add it."},
        {"code": "SCOPE_MISSING", "severity": "warning", "subject": "finance.read",
         "message": "The permission finance.read is missing: no ledger.", "cure": "Add it."},
        {"code": "CLOCK_SKEW", "severity": "warning", "subject": "31", "message": "31 seconds.",
         "cure": "Set it."},
        {"code": "SHOP_OK", "severity": "ok", "subject": "", "message": "Fine.", "cure": ""},
        {"code": "AUTHORIZATION_ENDS", "severity": "warning", "subject": "30", "message": "Ends.",
         "cure": "Connect."},
    ]  # fmt: skip
    tiktok.save()
    look(NOON)
    assert sorted(Notice.objects.values_list("code", "subject", "severity")) == [
        ("CLOCK_SKEW", "", "warning"),
        ("SCOPE_MISSING", "finance.read", "warning"),
        ("SCOPE_MISSING", "order.read", "error"),
    ]

    tiktok.findings = [{**tiktok.findings[2], "subject": "45", "message": "45 seconds."}]
    tiktok.save()
    look(NOON + timedelta(minutes=1))

    assert Notice.objects.filter(state="open").get().message == "45 seconds."


def test_keys_of_a_year_ago_are_told(tiktok, mailbox):
    tell_me()
    now = clock.now()
    Connection.objects.update(created_at=now - 300 * DAY)
    look(now)
    assert not Notice.objects.exists()

    Connection.objects.update(created_at=now - 400 * DAY)
    look(now)

    row = Notice.objects.get()
    assert (row.code, row.kind, row.severity, row.reached) == (
        "KEYS_OLD", "setup", "warning", ["here"]
    )  # fmt: skip
    assert row.cure.startswith("Make a new ")


def test_a_case_that_is_answered_is_told_no_more(tiktok, mailbox):
    tell_me()
    case(tiktok, NOON + 30 * HOUR)
    look(NOON)
    AfterSalesCase.objects.update(state=AfterSalesCase.State.APPROVED)

    look(NOON + 10 * HOUR)
    look(NOON + 29 * HOUR)

    assert mailbox.mails == []


def test_looking_twice_at_one_moment_writes_nothing_new(tiktok, mailbox):
    tell_me()
    case(tiktok, NOON + 20 * HOUR)
    told_at_once(NOON)
    before = list(Notice.objects.values())

    with at(NOON + timedelta(minutes=4)):
        found = notices.look(accounts.channel_connections(CHANNEL))

    assert found == notices.Looked()
    assert list(Notice.objects.values()) == before


def test_the_job_looks_at_every_channel_also_where_nothing_is_active(tiktok, mailbox):
    from saleor_tiktok_stripe import jobs
    from saleor_tiktok_stripe.jobs import schedule

    tell_me()
    accounts.mark_needs_reauth(tiktok, "The seller withdrew this shop.")
    assert tiktok.state == ConnectionState.NEEDS_REAUTH
    with at(NOON):
        schedule.poll()
        jobs.work()
        row = Job.objects.get(kind="notices.look")
        assert (row.status, row.connection_id) == ("queued", None)
    with at(NOON + timedelta(minutes=3)):
        jobs.work()

    assert len(mailbox.mails) == 1
    row.refresh_from_db()
    assert row.status == JobStatus.DONE


def test_old_messages_and_solved_notices_are_removed(tiktok, mailbox):
    from saleor_tiktok_stripe.notices.jobs import forget_old

    tell_me()
    parked(tiktok, ["1"])
    told_at_once(NOON)
    parked(tiktok, ["2"], "STATE_UNKNOWN")
    look(NOON + HOUR)
    Job.objects.filter(error_code="SKU_NOT_LINKED").update(status=JobStatus.DONE)
    look(NOON + 2 * HOUR)

    with at(NOON + 29 * DAY):
        assert forget_old() == 0
    with at(NOON + 31 * DAY):
        assert forget_old() == 3

    assert list(Notice.objects.values_list("code", flat=True)) == ["STATE_UNKNOWN"]


def test_a_channel_whose_choices_cannot_be_read_stops_no_other(tiktok, mailbox):
    tell_me()
    parked(tiktok, ["1"])
    Connection.objects.create(
        vendor="tiktok", channel_slug="a-broken-one", state=ConnectionState.ACTIVE, account_id="9"
    )
    NoticeSettings.objects.create(channel_slug="a-broken-one", policy={"digest_hour": 99})

    with at(NOON), pytest.raises(InvalidInput) as said:
        notices.look_everywhere()

    assert said.value.code == "POLICY_INVALID"
    assert [one.channel_slug for one in Notice.objects.all()] == [CHANNEL]
