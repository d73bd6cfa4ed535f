"""TikTok's sales in Stripe: once each, with their refunds, and never in the way of an order."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import pytest

from saleor_tiktok_stripe.jobs import clock
from saleor_tiktok_stripe.models import Job, JobStatus, MirroredPayment, SyncCursor
from saleor_tiktok_stripe.payments import mirror_problem
from saleor_tiktok_stripe.payments.mirroring import CURSOR
from tests.support.shop import connected_shop
from tests.support.till import Mirror, mirrored_shop


@pytest.fixture
def shops(transactional_db: None) -> Iterator[Mirror]:
    """A TikTok shop and a Stripe account on one channel, the mirror switched on."""
    with connected_shop() as shop, mirrored_shop(shop) as found:
        yield found


def test_a_sale_is_shown_with_its_marks(shops: Mirror):
    order_id = shops.sell()

    shops.run()

    row = MirroredPayment.objects.get()
    (record,) = shops.control.objects("payment_record")
    order = shops.shop.read(order_id)
    assert (row.order_id, row.record_id, row.amount) == (order_id, record["id"], order.total_gross)
    assert record["amount_guaranteed"]["value"] == int(order.total_gross * 100)
    marks = record["metadata"]
    assert marks["tiktok_order_id"] == order_id
    assert marks["saleor_order"] == order.number
    assert marks["balance_effect"] == "none"
    parts = Decimal(marks["paid_by_buyer"]) + Decimal(marks["paid_by_tiktok"])
    assert parts == order.total_gross


def test_nothing_is_shown_twice(shops: Mirror):
    shops.sell()
    shops.sell()

    for _ in range(3):
        shops.run()
    SyncCursor.objects.filter(resource=CURSOR).delete()
    shops.run()

    assert len(shops.control.objects("payment_record")) == 2


def test_no_money_moves(shops: Mirror):
    shops.sell()

    shops.run()

    assert shops.control.objects("payment_intent") == []
    assert shops.control.objects("balance_transaction") == []


def test_refunds_follow_once(shops: Mirror):
    order_id = shops.sell()
    shops.run()
    shops.shop.tiktok.cancel(order_id, by="BUYER")
    shops.shop.sync(order_id)

    shops.run()
    shops.run()

    row = MirroredPayment.objects.get()
    (record,) = shops.control.objects("payment_record")
    assert record["amount_refunded"]["value"] == int(row.amount * 100)
    assert [Decimal(one) for one in row.refunds.values()] == [row.amount]


@pytest.mark.parametrize("fault", ["lost_answer", "error_after", "cut_before"])
def test_an_answer_lost_shows_no_sale_twice(shops: Mirror, fault: str):
    shops.sell()
    shops.control.fault(fault, path="/report_payment")

    shops.run()
    shops.run_all()
    shops.control.clear_faults()
    shops.run_all()

    assert len(shops.control.objects("payment_record")) == 1


def test_a_report_in_doubt_for_a_day_is_never_sent_again(shops: Mirror):
    shops.sell()
    shops.control.fault("lost_answer", path="/report_payment", times=None)
    shops.run()
    shops.control.clear_faults()

    with clock.turned(timedelta(hours=25).total_seconds()):
        shops.run_all()

    row = MirroredPayment.objects.get()
    assert (row.record_id, row.error_code) == ("", "MIRROR_IN_DOUBT")
    assert len(shops.control.objects("payment_record")) == 1


def test_where_stripe_does_not_offer_it_the_mirror_says_so_and_rests(shops: Mirror):
    order_id = shops.sell()
    shops.control.payment_records(False)

    shops.run()
    tried = len(shops.control.calls("POST"))
    shops.run()
    problem = mirror_problem(shops.connection)

    assert problem is not None
    assert (problem.code, problem.severity) == ("MIRROR_DISABLED", "warning")
    assert len(shops.control.calls("POST")) == tried == 1
    assert not Job.objects.filter(status__in=[JobStatus.PARKED, JobStatus.DEAD]).exists()
    assert shops.shop.read(order_id).number

    # when: Stripe offers it after all
    shops.control.payment_records(True)
    with clock.turned(timedelta(hours=25).total_seconds()):
        shops.run()

    assert len(shops.control.objects("payment_record")) == 1
    assert mirror_problem(shops.connection) is None


def test_many_sales_are_gone_through_in_batches(shops: Mirror, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("saleor_tiktok_stripe.payments.mirroring.BATCH", 2)
    for _ in range(5):
        shops.sell()

    shops.run()

    assert len(shops.control.objects("payment_record")) == 5


def test_a_sale_shown_in_a_former_account_stops_no_other(shops: Mirror):
    # given: the channel was in test mode when the first sale was shown
    former = shops.sell()
    shops.run()
    MirroredPayment.objects.update(record_id="pr_of_another_account")
    shops.shop.tiktok.cancel(former, by="BUYER")
    shops.shop.sync(former)

    shops.sell()
    shops.run()

    assert mirror_problem(shops.connection) is None
    assert len(shops.control.objects("payment_record")) == 2
    [old, new] = MirroredPayment.objects.order_by("pk")
    assert (old.error_code, new.error_code) == ("STRIPE_NOT_FOUND", "")
