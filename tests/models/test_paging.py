"""Pages: every row once, whatever is added while they are read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from saleor_tiktok_stripe.errors import InvalidInput
from saleor_tiktok_stripe.models import AuditEntry
from saleor_tiktok_stripe.models.paging import Source, in_order, last_first, newest_first, newest_of

pytestmark = pytest.mark.django_db
START = datetime(2026, 11, 1, tzinfo=UTC)


def entries(*minutes: int, action: str = "a") -> list[int]:
    made = [
        AuditEntry.objects.create(at=START + timedelta(minutes=at), actor="x", action=action).pk
        for at in minutes
    ]
    return made


def test_newest_first_goes_through_all_once_while_newer_ones_are_added():
    first, second, third, fourth = entries(1, 2, 2, 3)

    seen, after = [], ""
    while True:
        page = newest_first(AuditEntry.objects.all(), "at", after, 2)
        seen += [row.pk for row in page.items]
        entries(9)
        after = page.next
        if not after:
            break

    assert seen == [fourth, third, second, first]


def test_a_page_begins_behind_any_items_place():
    ids = entries(1, 2, 3, 4)
    page = newest_first(AuditEntry.objects.all(), "at", "", 3)

    behind_second = newest_first(AuditEntry.objects.all(), "at", page.places[1], 9)

    assert [row.pk for row in page.items] == ids[:0:-1]
    assert page.next == page.places[-1]
    assert [row.pk for row in behind_second.items] == ids[1::-1]
    assert behind_second.next == ""


@pytest.mark.parametrize("size", [1, 2, 3, 50])
def test_several_sources_are_one_list_also_within_one_moment(size: int):
    for minute in (1, 2, 2, 3):
        entries(minute, minute, action="a")
        entries(minute, action="b")
    rows = AuditEntry.objects.all()
    sources = [
        Source(rows.filter(action="a"), "at", "1"),
        Source(rows.filter(action="b"), "at", "2"),
    ]

    seen, after = [], ""
    while True:
        page = newest_of(sources, after, size)
        assert len(page.places) == len(page.items) <= size
        seen += list(page.items)
        after = page.next
        if not after:
            break

    wanted = sorted(rows, key=lambda row: (-row.at.timestamp(), row.action, -row.pk))
    assert [row.pk for row in seen] == [row.pk for row in wanted]


def test_rows_by_their_key_and_by_their_age():
    ids = entries(5, 1, 3)
    rows = AuditEntry.objects.all()

    upwards = in_order(rows, "pk", "", 2)
    downwards = last_first(rows, "", 2)

    assert [row.pk for row in upwards.items] == ids[:2]
    assert [row.pk for row in in_order(rows, "pk", upwards.next, 2).items] == ids[2:]
    assert [row.pk for row in downwards.items] == [ids[2], ids[1]]
    assert [row.pk for row in last_first(rows, downwards.next, 2).items] == ids[:1]


@pytest.mark.parametrize(
    "after", ["x", "2026-11-01|1", f"{START.isoformat()}|x", f"{START.isoformat()}|{10**30}", "|1"]
)
def test_what_is_no_place_is_refused(after: str):
    with pytest.raises(InvalidInput) as refused:
        newest_first(AuditEntry.objects.all(), "at", after, 2)

    assert (refused.value.code, refused.value.field) == ("PAGE_INVALID", "after")


@pytest.mark.parametrize("after", ["x", "-1", "1.5", str(2**63), "٣"])
def test_what_is_no_key_is_refused(after: str):
    for page in (last_first, lambda rows, a, size: in_order(rows, "pk", a, size)):
        with pytest.raises(InvalidInput) as refused:
            page(AuditEntry.objects.all(), after, 2)
        assert refused.value.code == "PAGE_INVALID"
