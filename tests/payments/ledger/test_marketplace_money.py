"""The marketplace's statements, payouts and estimates in the ledger, against the sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db.models import Sum

from saleor_tiktok_stripe import jobs
from saleor_tiktok_stripe.errors import RetryLater
from saleor_tiktok_stripe.jobs import clock
from saleor_tiktok_stripe.models import (
    Connection,
    Difference,
    Job,
    LedgerEntry,
    OrderLink,
    Payout,
    Statement,
    SyncCursor,
)
from saleor_tiktok_stripe.payments import ledger
from saleor_tiktok_stripe.payments.ledger import Standing, marketplace_statements
from saleor_tiktok_stripe.tiktok import finance_calls
from tests.support.shop import ConnectedShop, connected_shop

DAY = 86_400
D = Decimal


@pytest.fixture
def shop(transactional_db: None) -> Iterator[ConnectedShop]:
    with connected_shop() as found:
        yield found


def bring(connection: Connection) -> None:
    """All there is, however many runs it takes."""
    for _ in range(50):
        if not any(step.more for step in ledger.import_money(connection).values()):
            return
    raise AssertionError("the import does not end")


def delivered(shop: ConnectedShop) -> str:
    order_id = shop.tiktok.create_order(status="AWAITING_SHIPMENT")
    shop.tiktok.walk_to(order_id, "DELIVERED")
    shop.sync(order_id)
    return order_id


def settled(shop: ConnectedShop) -> str:
    order_id = delivered(shop)
    shop.tiktok.settle_day()
    bring(shop.connection)
    return order_id


def open_codes() -> list[tuple[str, str]]:
    rows = Difference.objects.filter(state="open").order_by("code", "subject")
    return list(rows.values_list("code", "subject"))


def total(**wanted: object) -> Decimal:
    found: Decimal | None = LedgerEntry.objects.filter(**wanted).aggregate(sum=Sum("amount"))["sum"]
    return found or D(0)


def test_an_order_is_followed_from_what_was_sold_to_the_bank(shop: ConnectedShop) -> None:
    order_id = delivered(shop)
    assert ledger.order_money(shop.connection, order_id).standing is Standing.NOT_SETTLED_YET

    bring(shop.connection)
    waiting = ledger.order_money(shop.connection, order_id)
    shop.tiktok.settle_day()
    with clock.turned(6 * 3600):
        bring(shop.connection)
    in_statement = ledger.order_money(shop.connection, order_id)
    payment_id = shop.tiktok.pay_out()
    bring(shop.connection)
    paid = ledger.order_money(shop.connection, shop.link(order_id).saleor_order_id)

    assert waiting.standing is Standing.NOT_SETTLED_YET
    assert (waiting.settled, list(waiting.expected)) == ({}, ["USD"])
    assert in_statement.standing is Standing.SETTLED
    assert (in_statement.settled, in_statement.expected) == (waiting.expected, {})
    assert paid.standing is Standing.PAID_OUT
    assert paid.order_id == order_id
    goods = {name: paid.by_kind["USD"].get(name, D(0)) for name in ("sale", "seller_discount")}
    assert sum(goods.values()) == paid.sold["goods"]
    assert [(one.payout_id, one.state) for one in paid.payouts] == [(payment_id, "paid")]
    reserve = paid.by_kind["USD"].get("reserve", D(0))
    assert paid.payouts[0].amount == paid.settled["USD"] + reserve
    assert paid.differences == ()


def test_a_payout_is_followed_to_its_orders_and_closes(shop: ConnectedShop) -> None:
    orders = sorted(delivered(shop) for _ in range(3))
    shop.tiktok.add_adjustment("LOGISTICS_REIMBURSEMENT", "12.00")
    shop.tiktok.settle_day()
    payment_id = shop.tiktok.pay_out()
    bring(shop.connection)

    first = ledger.payout_trace(shop.connection, payment_id, size=2)
    rest = ledger.payout_trace(shop.connection, payment_id, size=2, after=first.next)

    shown = [*first.orders, *rest.orders]
    assert [one.order_id for one in shown] == orders
    assert rest.next == ""
    assert {one.saleor_order_id for one in shown} == {
        shop.link(order_id).saleor_order_id for order_id in orders
    }
    assert first.without_order["LOGISTICS_REIMBURSEMENT"] >= D("12.00")
    assert first.total == first.amount == first.payout.amount
    known = sum((one.net for one in shown), D(0)) + sum(first.without_order.values())
    assert known == first.amount
    assert first.payout.entries_complete
    assert total(payout=first.payout, in_settlement=True) == 0
    assert open_codes() == []


def test_reading_again_changes_nothing(shop: ConnectedShop) -> None:
    settled(shop)
    shop.tiktok.pay_out()
    bring(shop.connection)
    fields = ("pk", "source_id", "amount", "statement", "payout")
    before = list(LedgerEntry.objects.order_by("pk").values_list(*fields))
    bring(shop.connection)

    assert list(LedgerEntry.objects.order_by("pk").values_list(*fields)) == before


def test_a_statement_is_linked_to_its_payout_whenever_that_is_known(shop: ConnectedShop) -> None:
    settled(shop)
    assert Statement.objects.get().payout is None

    payment_id = shop.tiktok.pay_out()
    bring(shop.connection)

    statement = Statement.objects.get()
    assert (statement.payment_status, statement.payment_id) == ("paid", payment_id)
    assert statement.payout == Payout.objects.get(payout_id=payment_id)
    assert not LedgerEntry.objects.filter(payout=None).exists()


def test_a_later_refund_is_another_row_of_the_same_order(shop: ConnectedShop) -> None:
    order_id = settled(shop)
    case = shop.tiktok.request_return(order_id)
    shop.tiktok.complete_return(case)
    shop.tiktok.advance_time(DAY)
    shop.tiktok.settle_day()
    with clock.turned(60):
        bring(shop.connection)
        unknown = open_codes()
        jobs.enqueue("case.sync", shop.connection, order_id)
        shop.work()
        bring(shop.connection)

    assert unknown == [("REFUND_DIFFERS", order_id)]
    money = ledger.order_money(shop.connection, order_id)
    rows = {(line.statement_id, line.row_id) for line in money.lines if line.kind != "reserve"}
    assert len(rows) == len({statement for statement, _ in rows}) == 2
    assert money.by_kind["USD"]["refund"] < 0
    assert [one.code for one in money.differences] == []


def test_a_penalty_is_told_by_name_with_or_without_an_order(shop: ConnectedShop) -> None:
    order_id = delivered(shop)
    shop.tiktok.add_adjustment("PLATFORM_PENALTY", "-5.00", order_id=order_id)
    row = shop.tiktok.add_adjustment("DEDUCTIONS_INCURRED_BY_SELLER", "-2.50")
    shop.tiktok.settle_day()
    bring(shop.connection)

    assert open_codes() == [
        ("UNEXPECTED_ADJUSTMENT", order_id),
        ("UNEXPECTED_ADJUSTMENT", f"row:{row}"),
    ]
    found = Difference.objects.get(subject=order_id)
    assert (found.area, found.currency, found.amount) == ("money", "USD", D("-5.000"))
    assert found.theirs == {"PLATFORM_PENALTY": "-5.00"}
    [finding] = ledger.attention(shop.connection)
    assert (finding.code, finding.severity) == ("UNEXPECTED_ADJUSTMENT", "warning")
    assert order_id in finding.message


def test_what_was_accepted_opens_again_only_when_an_amount_changes(shop: ConnectedShop) -> None:
    order_id = delivered(shop)
    shop.tiktok.add_adjustment("PLATFORM_PENALTY", "-5.00", order_id=order_id)
    shop.tiktok.settle_day()
    bring(shop.connection)
    ledger.accept(Difference.objects.get(), "ada@example.com", "agreed on the phone")
    ledger.reconcile(shop.connection)
    kept = Difference.objects.get()
    shop.tiktok.advance_time(DAY)
    shop.tiktok.add_adjustment("PLATFORM_PENALTY", "-1.00", order_id=order_id)
    shop.tiktok.settle_day()
    bring(shop.connection)

    assert (kept.state, kept.actor, kept.note) == (
        "accepted", "ada@example.com", "agreed on the phone",
    )  # fmt: skip
    again = Difference.objects.get()
    assert (again.state, again.actor) == ("open", "")
    assert again.theirs == {"PLATFORM_PENALTY": "-6.00"}


def test_a_payment_that_failed_needs_a_person_until_it_is_sent_again(shop: ConnectedShop) -> None:
    order_id = settled(shop)
    first = shop.tiktok.pay_out()
    shop.tiktok.fail_payment()
    bring(shop.connection)
    failed = open_codes()
    [error] = ledger.attention(shop.connection)
    shop.tiktok.advance_time(DAY)
    second = shop.tiktok.pay_out()
    with clock.turned(2 * DAY):
        bring(shop.connection)
        bring(shop.connection)
    statement = Statement.objects.get()

    assert ("PAYMENT_FAILED", f"payout:{first}") in failed
    assert open_codes() == []
    assert (error.code, error.severity) == ("PAYMENT_FAILED", "error")
    assert statement.payout is not None
    assert statement.payout.payout_id == second
    paid = ledger.order_money(shop.connection, order_id)
    assert [one.payout_id for one in paid.payouts] == [second]
    assert total(payout__payout_id=first) == 0
    assert total(payout__payout_id=second, in_settlement=True) == 0


def test_an_exchanged_payout_closes_before_the_exchange(shop: ConnectedShop) -> None:
    shop.tiktok.configure(payout_currency="EUR", exchange_rate="0.9")
    settled(shop)
    payment_id = shop.tiktok.pay_out()
    bring(shop.connection)

    payout = Payout.objects.get(payout_id=payment_id)
    trace = ledger.payout_trace(shop.connection, payment_id)
    assert (payout.currency, payout.settled_currency) == ("EUR", "USD")
    assert payout.before_exchange is not None
    assert payout.exchange_rate == D("0.9")
    assert payout.amount != payout.before_exchange
    assert (trace.currency, trace.total) == ("USD", payout.before_exchange)
    assert payout.entries_complete
    assert {one.currency for one in LedgerEntry.objects.all()} == {"USD"}


def test_a_statement_that_does_not_close_is_told_and_read_again_later(shop: ConnectedShop) -> None:
    delivered(shop)
    shop.tiktok.settle_day()
    world = shop.tiktok.world
    [statement] = world.ledger(world.shop()).statements()
    statement.total("settlement")
    row = next(one for one in statement.rows if one.kind == "ORDER")
    row.fees["transaction_fee_amount"] -= 1
    bring(shop.connection)
    [found] = Difference.objects.filter(code="STATEMENT_SUM")
    read = shop.tiktok.calls()
    bring(shop.connection)
    unread = shop.tiktok.calls()
    row.fees["transaction_fee_amount"] += 1
    with clock.turned(6 * 3600):
        bring(shop.connection)

    assert (found.subject, found.amount) == (f"statement:{statement.id}", D("-0.01"))
    [rows] = [name for name in read if "statement_transactions" in name]
    assert unread[rows] == read[rows]
    assert Statement.objects.get().rows_complete
    found.refresh_from_db()
    assert found.state == "gone"


def test_a_statement_that_cannot_be_read_keeps_no_other_from_being_read(
    shop: ConnectedShop,
) -> None:
    zero = dict.fromkeys(("settlement", "revenue", "fee", "shipping", "adjustment"), D(0))
    Statement.objects.create(
        connection=shop.connection, statement_id="111", currency="USD", payment_status="paid",
        at=clock.now() - timedelta(days=80), **zero,
    )  # fmt: skip
    order_id = settled(shop)

    assert open_codes() == [("MONEY_UNREADABLE", "statement:111")]
    assert ledger.order_money(shop.connection, order_id).standing is Standing.SETTLED


def test_a_place_in_a_statement_that_is_gone_is_begun_anew(shop: ConnectedShop) -> None:
    delivered(shop)
    statement_id = shop.tiktok.settle_day()
    SyncCursor.objects.create(
        connection=shop.connection, resource=f"ledger.rows:{statement_id}", page_token="gone"
    )
    bring(shop.connection)

    assert Statement.objects.get().rows_complete
    assert open_codes() == []


def test_reading_goes_on_where_it_was_stopped(
    shop: ConnectedShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    orders = {delivered(shop) for _ in range(5)}
    statement_id = shop.tiktok.settle_day()
    monkeypatch.setattr(finance_calls, "FINANCE_PAGE", 2)
    monkeypatch.setattr(marketplace_statements, "PAGES_PER_RUN", 2)
    ledger.import_money(shop.connection)
    half = set(LedgerEntry.objects.exclude(order_id="").filter(expected=False)
               .values_list("order_id", flat=True))  # fmt: skip
    cursor = SyncCursor.objects.get(resource=f"ledger.rows:{statement_id}")
    shop.tiktok.inject_fault("unavailable", path="statement_transactions", times=1)
    with pytest.raises(RetryLater):
        ledger.import_money(shop.connection)
    bring(shop.connection)

    assert 0 < len(half) < 5
    assert cursor.page_token != ""
    assert not Statement.objects.filter(rows_complete=False).exists()
    assert not SyncCursor.objects.filter(resource__startswith="ledger.rows").exists()
    settled_orders = LedgerEntry.objects.exclude(order_id="").values_list("order_id", flat=True)
    assert set(settled_orders) == orders


def test_an_order_that_is_brought_over_later_gets_its_money(shop: ConnectedShop) -> None:
    order_id = shop.tiktok.create_order(status="AWAITING_SHIPMENT")
    shop.tiktok.walk_to(order_id, "DELIVERED")
    shop.tiktok.settle_day()
    bring(shop.connection)
    assert open_codes() == [("SETTLED_WITHOUT_ORDER", order_id)]

    shop.sync(order_id)
    ledger.reconcile(shop.connection, [order_id])

    assert open_codes() == []
    saleor_id = shop.link(order_id).saleor_order_id
    entries = LedgerEntry.objects.filter(order_id=order_id)
    assert set(entries.values_list("saleor_order_id", flat=True)) == {saleor_id}


def test_without_the_permission_the_money_waits_and_the_channel_goes_on(
    shop: ConnectedShop,
) -> None:
    shop.tiktok.inject_fault("scope_missing", path="finance", times=1)
    jobs.enqueue("ledger.import", shop.connection)
    shop.work()

    job = Job.objects.get(kind="ledger.import")
    assert (job.status, job.problem["code"]) == ("parked", "TIKTOK_SCOPE_MISSING")
    shop.connection.refresh_from_db()
    assert shop.connection.state == "active"


def test_where_a_market_has_a_wallet_its_movements_are_the_payouts(transactional_db: None) -> None:
    with connected_shop(region="TH") as shop:
        settled(shop)
        shop.tiktok.pay_out()
        bring(shop.connection)

        kinds = Payout.objects.values_list("kind", "state").order_by("kind")
        assert list(kinds) == [("settle", "paid"), ("withdraw", "paid")]
        withdrawn = Payout.objects.get(kind="withdraw")
        assert withdrawn.amount > 0
        with clock.turned(20 * DAY):
            ledger.reconcile(shop.connection)
        assert open_codes() == []


def test_the_history_of_a_shop_closes_to_the_cent(transactional_db: None) -> None:
    with connected_shop(orders=40) as shop:
        shop.connection.orders_since = clock.now() - timedelta(days=200)
        shop.connection.save(update_fields=["orders_since"])
        shop.sync(*shop.tiktok.order_ids())
        bring(shop.connection)
        ledger.reconcile(shop.connection)

        assert OrderLink.objects.count() > 30
        assert Statement.objects.count() > 5
        assert not Statement.objects.filter(rows_complete=False).exists()
        for statement in Statement.objects.all():
            rows = total(statement=statement, in_settlement=True)
            assert rows == statement.payable
        assert Payout.objects.count() > 3
        assert not Payout.objects.filter(entries_complete=False).exists()
        assert open_codes() == []
