"""Lists, traces and tables of the ledger, on rows made here."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from saleor_tiktok_stripe.errors import InvalidInput
from saleor_tiktok_stripe.models import (
    AuditEntry,
    Connection,
    Difference,
    LedgerEntry,
    OrderLink,
    Payout,
    Statement,
)
from saleor_tiktok_stripe.payments import ledger
from saleor_tiktok_stripe.payments.ledger import EntryFilter, Standing
from saleor_tiktok_stripe.payments.ledger.differences import MONEY, PAYOUT, Found, keep
from tests.support.factories import make_connection, make_stripe_connection

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 1, tzinfo=UTC)
D = Decimal


@pytest.fixture
def connection() -> Connection:
    return make_connection()


def entry(connection: Connection, amount: str = "1.00", **changes: Any) -> LedgerEntry:
    number = LedgerEntry.objects.count()
    values: dict[str, Any] = {
        "source_id": f"{number}:x",
        "row_id": str(number),
        "kind": "sale",
        "component": "subtotal_before_discount_amount",
        "currency": "USD",
        "order_id": "o1",
        "happened_at": AT,
    }
    return LedgerEntry.objects.create(connection=connection, amount=D(amount), **(values | changes))


def payout(connection: Connection, payout_id: str = "p1", **changes: Any) -> Payout:
    values: dict[str, Any] = {
        "kind": "payment", "state": "paid", "currency": "USD", "amount": D(10), "made_at": AT,
    }  # fmt: skip
    return Payout.objects.create(connection=connection, payout_id=payout_id, **(values | changes))


def statement(connection: Connection, at: datetime = AT, **changes: Any) -> Statement:
    zero = dict.fromkeys(("revenue", "fee", "shipping", "adjustment"), D(0))
    values: dict[str, Any] = {
        "statement_id": f"s{Statement.objects.count()}", "currency": "USD", "settlement": D(10),
        "payment_status": "processing", "rows_complete": True,
    }  # fmt: skip
    return Statement.objects.create(connection=connection, at=at, **(zero | values | changes))


def link(connection: Connection, order_id: str = "o1", **changes: Any) -> OrderLink:
    values: dict[str, Any] = {
        "saleor_order_id": f"saleor-{order_id}", "state": "completed", "fingerprint": "f",
        "marketplace_updated_at": AT,
    }  # fmt: skip
    return OrderLink.objects.create(connection=connection, order_id=order_id, **(values | changes))


def table(connection: Connection, kind: str, **bounds: datetime | None) -> list[dict[str, str]]:
    out = io.StringIO()
    ledger.export_csv(connection, kind, bounds.get("since"), bounds.get("until"), out)
    return list(csv.DictReader(io.StringIO(out.getvalue())))


# --- lists


def test_pages_go_on_where_the_last_one_ended_whatever_was_added(connection: Connection) -> None:
    made = [entry(connection, happened_at=AT + timedelta(days=day // 2)) for day in range(5)]
    newest_first = sorted(made, key=lambda one: (one.happened_at, one.pk), reverse=True)
    first = ledger.entries(connection, size=2)
    entry(connection, happened_at=AT + timedelta(days=9))
    second = ledger.entries(connection, size=2, after=first.next)
    third = ledger.entries(connection, size=2, after=second.next)

    assert [*first.items, *second.items, *third.items] == newest_first
    assert third.next == ""


@pytest.mark.parametrize("after", ["x", "2026-01-01|", "2026-01-01T00:00:00|5", "|", "2026|x"])
def test_a_place_that_is_none_is_refused(connection: Connection, after: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        ledger.payouts(connection, after=after)

    assert (refused.value.code, refused.value.field) == ("PAGE_INVALID", "after")


def test_entries_are_found_by_order_kind_statement_payout_and_time(connection: Connection) -> None:
    paid, settled = payout(connection), statement(connection)
    other = entry(connection, order_id="o2", saleor_order_id="saleor-o2", kind="fee")
    own = entry(connection, payout=paid, statement=settled, happened_at=AT + timedelta(days=1))
    guess = entry(connection, order_id="o3", expected=True)
    entry(make_stripe_connection(), order_id="o1")

    def found(**wanted: Any) -> list[LedgerEntry]:
        return list(ledger.entries(connection, EntryFilter(**wanted)).items)

    assert found(order_id="o1") == [own]
    assert found(order_id="saleor-o2") == [other]
    assert found(kind="fee") == [other]
    assert found(statement_id=settled.statement_id) == found(payout_id="p1") == [own]
    assert found(since=AT + timedelta(days=1)) == [own]
    assert set(found(until=AT + timedelta(days=1))) == {other, guess}
    assert found(expected=True) == [guess]


def test_statements_and_payouts_are_listed_newest_first(connection: Connection) -> None:
    old, new = statement(connection), statement(connection, AT + timedelta(days=1))
    early, late = payout(connection), payout(connection, "p2", made_at=AT + timedelta(days=1))

    assert ledger.statements(connection).items == (new, old)
    assert ledger.payouts(connection).items == (late, early)


# --- traces


def test_nothing_is_known_of_an_unknown_order(connection: Connection) -> None:
    found = ledger.order_money(connection, "o9")

    assert (found.standing, found.lines, found.sold) == (Standing.UNKNOWN, (), {})


@pytest.mark.parametrize(
    ("states", "standing"),
    [
        (["paid", "paid"], Standing.PAID_OUT),
        (["paid", "pending"], Standing.PARTLY_PAID_OUT),
        (["failed", "pending"], Standing.SETTLED),
        (["paid", None], Standing.PARTLY_PAID_OUT),
        ([None], Standing.SETTLED),
    ],
)
def test_where_an_orders_money_is(
    connection: Connection, states: list[str | None], standing: Standing
) -> None:
    for number, state in enumerate(states):
        paid = payout(connection, f"p{number}", state=state) if state else None
        entry(connection, payout=paid)

    assert ledger.order_money(connection, "o1").standing is standing


def test_currencies_are_never_added(connection: Connection) -> None:
    link(connection, money={"currency": "USD", "buyer": "9.00"})
    for currency, amount in (("USD", "9.00"), ("USD", "-1.00"), ("EUR", "4.00")):
        entry(connection, amount, currency=currency)

    found = ledger.order_money(connection, "o1")

    assert found.settled == {"USD": D("8.000"), "EUR": D("4.000")}
    assert found.sold == {"buyer": D("9.00")}


def test_an_unknown_payout_is_refused(connection: Connection) -> None:
    payout(make_stripe_connection(), "p1")

    with pytest.raises(InvalidInput) as refused:
        ledger.payout_trace(connection, "p1")

    assert refused.value.code == "PAYOUT_UNKNOWN"


def test_reading_a_payout_costs_as_many_queries_however_many_orders_it_has(
    connection: Connection, django_assert_num_queries: Any
) -> None:
    paid = payout(connection)
    for number in range(60):
        entry(connection, order_id=f"o{number:02}", payout=paid)

    with django_assert_num_queries(7):
        found = ledger.payout_trace(connection, "p1", size=50)

    assert (len(found.orders), found.next, found.total) == (50, "o49", D(60))


# --- differences


def test_a_difference_is_opened_kept_closed_and_opened_again(connection: Connection) -> None:
    one = Found("REVENUE_DIFFERS", "o1", "USD", D(-1), {"goods": "5.00"}, {"revenue": "4.00"})
    keep(connection, MONEY, ["o1", "o2"], [one])
    first = Difference.objects.get()
    keep(connection, MONEY, ["o1", "o2"], [one])
    same = Difference.objects.get()
    keep(connection, MONEY, ["o2"], [])
    untouched = Difference.objects.get()
    keep(connection, MONEY, ["o1", "o2"], [])
    gone = Difference.objects.get()
    keep(connection, MONEY, ["o1", "o2"], [one])
    again = Difference.objects.get()

    assert [row.state for row in (first, same, untouched, gone, again)] == [
        "open", "open", "open", "gone", "open",
    ]  # fmt: skip
    assert same.last_seen == first.last_seen
    assert gone.gone_at is not None
    assert again.gone_at is None
    assert again.first_seen == first.first_seen


def test_only_the_classes_that_were_looked_for_are_closed(connection: Connection) -> None:
    failed = Found("PAYMENT_FAILED", "payout:p1", "USD", D(1))
    keep(connection, PAYOUT, ["payout:p1"], [failed])
    keep(connection, PAYOUT, ["payout:p1"], [], codes=["PAYOUT_DIFFERS"])

    assert Difference.objects.get().state == "open"


def test_accepting_is_written_down_and_a_gone_one_cannot_be(connection: Connection) -> None:
    keep(connection, MONEY, ["o1"], [Found("ORDER_NOT_SETTLED", "o1")])
    row = Difference.objects.get()
    ledger.accept(row, "ada@example.com", "known")
    keep(connection, MONEY, ["o1"], [])

    with pytest.raises(InvalidInput) as refused:
        ledger.accept(row, "ada@example.com")

    assert refused.value.code == "DIFFERENCE_GONE"
    [audited] = AuditEntry.objects.all()
    assert (audited.action, audited.actor, audited.subject, audited.data) == (
        "difference.accept", "ada@example.com", "ORDER_NOT_SETTLED o1", {"note": "known"},
    )  # fmt: skip


def test_what_needs_a_person_is_told_by_class_the_gravest_first(connection: Connection) -> None:
    orders = [f"o{number}" for number in range(7)]
    keep(connection, MONEY, orders, [Found("ORDER_NOT_SETTLED", one) for one in orders])
    keep(connection, MONEY, ["x"], [Found("REFUND_NOT_IN_STATEMENT", "x")])
    keep(connection, PAYOUT, ["payout:p1"], [Found("PAYMENT_FAILED", "payout:p1")])

    failed, late = ledger.attention(connection)

    assert (failed.code, failed.severity) == ("PAYMENT_FAILED", "error")
    assert "payout p1" in failed.message
    assert (late.code, late.severity) == ("ORDER_NOT_SETTLED", "warning")
    assert late.message.count("order o") == 5
    assert "and 2 more" in late.message


# --- statements and payouts


def codes(connection: Connection) -> list[str]:
    ledger.reconcile(connection)
    rows = Difference.objects.filter(state="open").order_by("code")
    return list(rows.values_list("code", flat=True))


NOW = datetime.now(UTC)


@pytest.mark.parametrize(
    ("days", "changes", "expected"),
    [
        (13, {}, []),
        (15, {}, ["PAYOUT_MISSING"]),
        (15, {"settlement": D(-3)}, []),
        (3, {"payment_status": "paid", "payment_id": "p9"}, ["PAYOUT_MISSING"]),
        (1, {"payment_status": "paid", "payment_id": "p9"}, []),
        (3, {"payment_status": "failed"}, ["PAYMENT_FAILED"]),
        (200, {}, []),
    ],
)
def test_a_statement_is_paid_in_time(
    connection: Connection, days: int, changes: dict[str, Any], expected: list[str]
) -> None:
    statement(connection, NOW - timedelta(days=days), **changes)

    assert codes(connection) == expected


def test_in_a_market_without_payments_a_paid_statement_needs_no_payout(
    transactional_db: None,
) -> None:
    connection = make_connection(region="TH")
    statement(connection, NOW - timedelta(days=3), payment_status="paid", payment_id="p9")

    assert codes(connection) == []


def test_a_payout_is_compared_once_all_its_statements_are_read(connection: Connection) -> None:
    paid = payout(connection, made_at=NOW)
    half = statement(connection, payout=paid, rows_complete=False)
    entry(connection, "9.00", order_id="", payout=paid, statement=half)
    assert codes(connection) == []

    Statement.objects.update(rows_complete=True)
    assert codes(connection) == ["PAYOUT_DIFFERS"]

    entry(connection, "1.00", order_id="", payout=paid, statement=half, kind="reserve")
    assert codes(connection) == []
    paid.refresh_from_db()
    assert paid.entries_complete


# --- CSV


def test_entries_as_a_table(connection: Connection) -> None:
    paid, settled = payout(connection), statement(connection)
    entry(connection, "-1.50", kind="fee", component="referral_fee_amount", payout=paid,
          statement=settled, saleor_order_id="saleor-o1", source_ref="a1")  # fmt: skip
    entry(connection, happened_at=AT + timedelta(days=1))

    rows = table(connection, "entries", until=AT + timedelta(days=1))

    assert rows == [
        {
            "date": "2026-03-01T00:00:00+00:00", "order": "o1", "saleor_order": "saleor-o1",
            "kind": "fee", "name": "referral_fee_amount", "currency": "USD", "amount": "-1.50",
            "in_settlement": "yes", "expected": "no", "transaction": "0", "statement": "s0",
            "payout": "p1", "source": "a1",
        }
    ]  # fmt: skip


def test_orders_as_a_table_sum_by_kind_and_currency(connection: Connection) -> None:
    entry(connection, "55.00")
    entry(connection, "-3.21", kind="fee")
    entry(connection, "59.65", in_settlement=False)
    entry(connection, "-4.00", kind="platform_discount", in_settlement=False)
    entry(connection, "7.00", currency="EUR", happened_at=AT + timedelta(days=3))
    entry(connection, "99.00", expected=True)
    entry(connection, "12.00", order_id="")

    rows = table(connection, "orders", since=AT)

    shown = ("order", "currency", "sale", "fee", "total", "platform_discount", "last")
    assert [tuple(row[name] for name in shown) for row in rows] == [
        ("o1", "EUR", "7.00", "0.00", "7.00", "0.00", "2026-03-04T00:00:00+00:00"),
        ("o1", "USD", "55.00", "-3.21", "51.79", "-4.00", "2026-03-01T00:00:00+00:00"),
    ]


def test_payouts_as_a_table(connection: Connection) -> None:
    payout(connection, amount=D("28.26"), reserve=D("-4"), exchange_rate=D("0.9"))

    [row] = table(connection, "payouts")

    assert (row["payout"], row["amount"], row["reserve"], row["exchange_rate"], row["paid"]) == (
        "p1", "28.26", "-4.00", "0.90", "",
    )  # fmt: skip


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_text_that_a_spreadsheet_would_run_is_made_harmless(
    connection: Connection, text: str
) -> None:
    entry(connection, "-1.00", component=text)

    [row] = table(connection, "entries")

    assert row["name"] == f"'{text}"
    assert row["amount"] == "-1.00"


def test_a_table_that_does_not_exist_is_refused(connection: Connection) -> None:
    out = io.StringIO()
    with pytest.raises(InvalidInput) as refused:
        ledger.export_csv(connection, "buyers", None, None, out)

    assert refused.value.code == "EXPORT_UNKNOWN"
    assert out.getvalue() == ""


# --- all orders, in batches


def test_all_orders_are_compared_in_batches_on_both_sides_of_the_ledger(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("saleor_tiktok_stripe.payments.ledger.reconciling.BATCH", 2)
    money = {"currency": "USD", "buyer": "1", "platform": "0", "goods": "2.00"}
    for number in (1, 3, 5):
        link(connection, f"o{number}", money=money, state="in_transit")
    for number in (2, 3, 4):
        entry(connection, order_id=f"o{number}", ordered_at=AT)
    entry(make_stripe_connection(), order_id="o9")

    found = ledger.reconcile(connection)

    assert (found.orders, found.differences, found.after) == (5, 3, "")
    assert list(Difference.objects.order_by("subject").values_list("subject", "code")) == [
        ("o2", "SETTLED_WITHOUT_ORDER"), ("o3", "REVENUE_DIFFERS"), ("o4", "SETTLED_WITHOUT_ORDER"),
    ]  # fmt: skip


def test_a_comparison_stops_at_its_limit_and_goes_on(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("saleor_tiktok_stripe.payments.ledger.reconciling.BATCH", 2)
    for number in range(5):
        link(connection, f"o{number}")

    first = ledger.reconcile(connection, limit=3)
    rest = ledger.reconcile(connection, after=first.after)

    assert (first.orders, first.after) == (4, "o3")
    assert (rest.orders, rest.after) == (1, "")


def test_queries_do_not_grow_with_the_orders_of_a_batch(
    connection: Connection, django_assert_num_queries: Any
) -> None:
    for number in range(40):
        link(connection, f"o{number:02}")
        entry(connection, order_id=f"o{number:02}")
    names = [f"o{number:02}" for number in range(40)]

    with django_assert_num_queries(7):
        ledger.reconcile(connection, names)
