"""What happens later moves the day of the sale, and only it; whatever the order and however often
it is looked at."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal as D

import pytest

from saleor_tiktok_stripe import insights
from saleor_tiktok_stripe.insights import facts, taking_in
from saleor_tiktok_stripe.insights.taking_in import TOUR, refresh, take_in
from saleor_tiktok_stripe.jobs import clock
from saleor_tiktok_stripe.models import (
    Charge,
    Connection,
    Dispute,
    LedgerEntry,
    OrderLink,
    SaleFact,
    SalesDay,
    SalesMoneyDay,
    StaleSalesDay,
    SyncCursor,
)

from .rows import case, charge, dispute, entry, order, saleor_id, update

pytestmark = pytest.mark.django_db
TENTH, ELEVENTH = date(2026, 11, 10), date(2026, 11, 11)
ZONE = "America/Los_Angeles"


def day(connection: Connection, wanted: date = TENTH) -> SalesDay:
    return SalesDay.objects.get(connection=connection, day=wanted)


def net(connection: Connection, wanted: date = TENTH) -> tuple[D, D]:
    rows = SalesMoneyDay.objects.filter(connection=connection, day=wanted)
    return sum(one.settled for one in rows), sum(one.estimated for one in rows)


@pytest.fixture
def sold(tiktok: Connection) -> Connection:
    """An order on the tenth and one on the eleventh, both taken in."""
    order(tiktok, "1", "2026-11-10T20:00:00", "20.00")
    order(tiktok, "2", "2026-11-11T20:00:00", "30.00")
    update(tiktok)
    return tiktok


def test_a_refund_weeks_later(sold: Connection):
    other = SalesDay.objects.filter(day=ELEVENTH).values().get()

    case(sold, "1", "5.00")
    update(sold)

    assert (day(sold).refunded, day(sold).refunded_orders, day(sold).volume) == (5, 1, 20)
    assert SalesDay.objects.filter(day=ELEVENTH).values().get() == other


def test_a_refund_that_is_not_paid_or_was_edited_counts_nothing(sold: Connection):
    case(sold, "1", "5.00", state="approved")
    case(sold, "1", "6.00", replaced_by="case-7")
    case(sold, "1", "7.00", currency="MXN")
    update(sold)

    assert day(sold).refunded == 0


def test_a_cancellation(sold: Connection):
    OrderLink.objects.get(order_id="1").delete()
    order(sold, "1", "2026-11-10T20:00:00", "20.00", state="cancelled")
    case(sold, "1", "20.00", kind="cancellation")
    update(sold)

    found = day(sold)
    assert (found.orders, found.cancelled, found.cancelled_volume) == (0, 1, 20)
    assert (found.volume, found.refunded) == (0, 0)


def test_an_estimate_is_settled(sold: Connection):
    entry(sold, "1", "sale", "18.00", expected=True)
    update(sold)
    assert (net(sold), day(sold).estimated, day(sold).settled) == ((0, 18), 1, 0)

    LedgerEntry.objects.all().delete()
    entry(sold, "1", "sale", "20.00")
    entry(sold, "1", "fee", "-3.00")
    update(sold)

    assert (net(sold), day(sold).estimated, day(sold).settled) == ((17, 0), 0, 1)


def test_an_estimate_that_is_taken_back_leaves_nothing(sold: Connection):
    entry(sold, "1", "sale", "18.00", expected=True)
    update(sold)

    LedgerEntry.objects.all().delete()
    entry(sold, "2", "sale", "1.00")
    update(sold)

    assert (net(sold), net(sold, ELEVENTH)) == ((0, 0), (1, 0))


def test_a_dispute_is_opened_lost_and_won_after_all(stripe: Connection):
    paid = charge(stripe, saleor_id(1), "2026-11-10T20:00:00", "60.00")
    update(stripe)
    assert day(stripe).disputes == 0

    dispute(paid, "60.00")
    update(stripe)
    assert (day(stripe).disputes, day(stripe).disputed, day(stripe).dispute_lost) == (1, 60, 0)

    Dispute.objects.update(state="lost")
    paid.save()
    update(stripe)
    assert (day(stripe).disputes, day(stripe).dispute_lost) == (1, 60)

    Dispute.objects.update(state="won")
    paid.save()
    update(stripe)
    assert (day(stripe).disputes, day(stripe).dispute_lost) == (1, 0)
    assert SaleFact.objects.get().state == "paid"


def test_an_inquiry_is_no_dispute(stripe: Connection):
    paid = charge(stripe, saleor_id(1), "2026-11-10T20:00:00", "60.00")
    dispute(paid, "60.00", "inquiry_under_review", is_inquiry=True)
    update(stripe)

    assert (day(stripe).disputes, SaleFact.objects.get().state) == (0, "paid")


def test_stripes_own_words_hold_until_its_balance_tells(stripe: Connection):
    paid = charge(stripe, saleor_id(1), "2026-11-10T20:00:00", "60.00", fee=D(2), net=D(50),
                  settlement_currency="EUR")  # fmt: skip
    update(stripe)
    assert SaleFact.objects.get().money == {"EUR": {"fee": ["0", "-2"], "sale": ["0", "52"]}}

    # Not linked to the order yet: the balance is read before the order is known.
    entry(stripe, "", "sale", "51.50", currency="EUR", source_ref=paid.payment_id)
    Charge.objects.get().save()
    update(stripe)

    assert SaleFact.objects.get().money == {"EUR": {"sale": ["51.5", "0"]}}


def test_a_second_payment_of_an_order(stripe: Connection):
    charge(stripe, saleor_id(1), "2026-11-10T20:00:00", "60.00", state="canceled", captured=0)
    update(stripe)
    assert (day(stripe).cancelled, day(stripe).cancelled_volume) == (1, 60)

    charge(stripe, saleor_id(1), "2026-11-11T20:00:00", "60.00")
    update(stripe)

    assert not SalesDay.objects.filter(day=TENTH).exists()
    assert (day(stripe, ELEVENTH).orders, day(stripe, ELEVENTH).volume) == (1, 60)


def test_looked_at_twice_nothing_changes(sold: Connection):
    before = list(SaleFact.objects.order_by("pk").values())

    assert refresh(sold, ["2", "1", "2"], ZONE) == 0
    assert refresh(sold, ["1"], ZONE) == 0

    assert list(SaleFact.objects.order_by("pk").values()) == before
    assert not StaleSalesDay.objects.exists()


def test_what_no_time_tells_the_tour_finds(sold: Connection):
    OrderLink.objects.filter(order_id="1").update(
        money={"currency": "USD", "buyer": "25.00", "platform": "0"}
    )
    OrderLink.objects.filter(order_id="2").delete()
    update(sold)
    assert (day(sold).volume, day(sold, ELEVENTH).volume) == (20, 30)

    with clock.turned(timedelta(days=1, hours=1).total_seconds()):
        assert take_in(sold, 20)

    assert day(sold).volume == 25
    assert not SalesDay.objects.filter(day=ELEVENTH).exists()
    assert SyncCursor.objects.get(resource=TOUR).window_from is None


def test_another_time_zone_moves_all_days(sold: Connection):
    order(sold, "3", "2026-11-12T03:30:00", "7.00")
    update(sold)
    assert day(sold, ELEVENTH).volume == 37

    sold.policy = {"time_zone": "Asia/Tokyo"}
    sold.save()
    update(sold)

    found = dict(SalesDay.objects.order_by("day").values_list("day", "volume"))
    assert found == {date(2026, 11, 11): 20, date(2026, 11, 12): 37}
    assert insights.zone_of([sold]) == "Asia/Tokyo"


def test_a_first_walk_goes_on_where_it_stopped(tiktok: Connection, monkeypatch):
    from saleor_tiktok_stripe.insights import walking

    monkeypatch.setattr(walking, "BATCH", 3)
    for number in range(8):
        order(tiktok, str(number), "2026-11-10T20:00:00", "1.00")
    with clock.turned(300):
        done = take_in(tiktok, 0)

        half = insights.progress([tiktok])
        assert not done
        assert (half.taken_in, half.found, half.percent, half.complete) == (3, 8, 37, False)
        assert day(tiktok).orders == 3
        while not take_in(tiktok, 0):
            pass

    whole = insights.progress([tiktok])
    assert (whole.taken_in, whole.percent, whole.complete, whole.stale_days) == (8, 100, True, 0)
    assert day(tiktok).orders == 8


def test_an_order_whose_amount_nobody_knows_is_no_sale(tiktok: Connection):
    order(tiktok, "1", "2026-11-10T20:00:00", money={})
    update(tiktok)

    assert not SaleFact.objects.exists()


@pytest.mark.parametrize("at", ["facts", "sums"])
def test_killed_in_between_nothing_is_lost_or_doubled(
    tiktok: Connection, monkeypatch: pytest.MonkeyPatch, at: str
):
    order(tiktok, "1", "2026-11-10T20:00:00", "20.00")

    class Killed(BaseException):
        pass

    def killed(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        if at == "facts":
            patched.setattr(facts, "mark", killed)
        else:
            patched.setattr(taking_in, "roll_up", killed)
        with pytest.raises(Killed):
            update(tiktok)
    assert SaleFact.objects.count() == StaleSalesDay.objects.count() == (at == "sums")
    assert not SalesDay.objects.exists()

    update(tiktok)

    assert (day(tiktok).orders, day(tiktok).volume) == (1, 20)
