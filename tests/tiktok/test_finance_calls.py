"""Statements, settled and expected amounts and payouts over real HTTP."""

from __future__ import annotations

import copy
import random
from datetime import UTC, datetime
from decimal import Decimal as D

import pytest

from saleor_tiktok_stripe.errors import VendorBug
from saleor_tiktok_stripe.tiktok.finance_types import (
    ExpectedRow,
    SettledPage,
    SettledRow,
    Statement,
)
from saleor_tiktok_stripe.tiktok.finance_wire import parts
from tests.transport.servers import answer, reset, serving

from .requests import asked
from .test_client import check_signature
from .wire_samples import envelope

DAY = datetime(2026, 1, 10, tzinfo=UTC)
STATEMENT = {
    "id": "7238804564000000339",
    "statement_time": 1768003200,
    "currency": "USD",
    "revenue_amount": "33.5",
    "net_sales_amount": "33.5",
    "shipping_cost_amount": "-8.31",
    "fee_amount": "-4.93",
    "adjustment_amount": "12",
    "settlement_amount": "32.26",
    "payment_status": "PROCESSING",
    "payment_id": "0",
    "payment_time": 0,
}
ORDER_ROW = {
    "id": "1636700041000000001",
    "type": "ORDER",
    "order_id": "576461413000000002",
    "order_create_time": 1767052800,
    "adjustment_id": "",
    "adjustment_order_id": "",
    "associated_order_id": "",
    "reserve_id": "",
    "reserve_status": "",
    "reserve_amount": "0",
    "revenue_amount": "53.5",
    "shipping_cost_amount": "-3.21",
    "fee_tax_amount": "-5.89",
    "adjustment_amount": "0",
    "revenue_breakdown": {
        "subtotal_before_discount_amount": "55",
        "seller_discount_amount": "-1.5",
        "refund_subtotal_before_discount_amount": "0",
    },
    "shipping_cost_breakdown": {
        "actual_shipping_fee_amount": "-9.2",
        "customer_paid_shipping_fee_amount": "5.99",
        "supplementary_component": {"fbm_shipping_cost_amount": "-9.2"},
    },
    "fee_tax_breakdown": {
        "fee": {"referral_fee_amount": "-3.21", "affiliate_commission_amount": "-2.68"},
        "tax": {"vat_amount": "0"},
    },
    "supplementary_component": {"customer_payment_amount": "59.65", "note": "free text"},
    "settlement_amount": "44.4",
}
ADJUSTMENT_ROW = {
    "id": "1636700041000000003",
    "type": "LOGISTICS_REIMBURSEMENT",
    "order_id": "",
    "order_create_time": 0,
    "adjustment_id": "7238804564000000501",
    "adjustment_order_id": "576461413000000007",
    "adjustment_amount": "12",
    "settlement_amount": "12",
}
RESERVE_ROW = {
    "id": "1636700041000000004",
    "type": "RESERVE",
    "order_id": "0",
    "associated_order_id": "576461413000000002",
    "reserve_status": "COLLECTED",
    "reserve_amount": "-4",
    "settlement_amount": "0",
}
PAGE = {
    "id": "7238804564000000339",
    "currency": "USD",
    "total_settlement_amount": "56.4",
    "total_reserve_amount": "-4",
    "payable_amount": "52.4",
    "total_count": 3,
    "next_page_token": "N",
    "transactions": [ORDER_ROW, ADJUSTMENT_ROW, RESERVE_ROW],
}


def test_statements_are_asked_by_day_oldest_first(client_for):
    paid = {
        **STATEMENT,
        "id": "8",
        "payment_status": "PAID",
        "payment_id": "345",
        "payment_time": 1768003200,
    }
    bad = {**STATEMENT, "id": "9", "settlement_amount": "32.265"}
    with serving(answer(envelope({"statements": [STATEMENT, paid, bad]}))) as server:
        found = client_for(server).statements(since=DAY, page_token="T")

    assert asked(server.requests[0]) == (
        "GET",
        "/finance/202309/statements",
        {
            "sort_field": "statement_time",
            "sort_order": "ASC",
            "page_size": "100",
            "page_token": "T",
            "statement_time_ge": "1768003200",
        },
        None,
    )
    check_signature(server.requests[0])
    first, second = found.statements
    assert first == Statement(
        id="7238804564000000339",
        at=DAY,
        currency="USD",
        settlement=D("32.26"),
        revenue=D("33.50"),
        fee=D("-4.93"),
        shipping=D("-8.31"),
        adjustment=D("12.00"),
        payment_status="processing",
        payment_id="",
        paid_at=None,
    )
    assert first.settlement == first.revenue + first.fee + first.shipping + first.adjustment
    assert (second.payment_status, second.payment_id, second.paid_at) == ("paid", "345", DAY)
    assert found.broken == (("9", "more decimals than USD has"),)
    assert (found.next_token, found.total) == ("", None)


def test_a_statements_rows_add_up_to_it_and_keep_all_their_parts(client_for):
    with serving(answer(envelope(PAGE))) as server:
        found = client_for(server).settled("7238804564000000339")

    assert asked(server.requests[0]) == (
        "GET",
        "/finance/202501/statements/7238804564000000339/statement_transactions",
        {"sort_field": "order_create_time", "sort_order": "ASC", "page_size": "100"},
        None,
    )
    order, adjustment, reserve = found.rows
    assert found == SettledPage(
        statement_id="7238804564000000339",
        currency="USD",
        settlement=D("56.40"),
        reserve=D("-4.00"),
        payable=D("52.40"),
        rows=(order, adjustment, reserve),
        broken=(),
        next_token="N",
        total=3,
    )
    assert sum(row.settlement for row in found.rows) == found.settlement
    assert order == SettledRow(
        id="1636700041000000001",
        kind="ORDER",
        order_id="576461413000000002",
        adjustment_id="",
        related_order_id="",
        currency="USD",
        settlement=D("44.40"),
        revenue=D("53.50"),
        shipping=D("-3.21"),
        fee_tax=D("-5.89"),
        adjustment=D("0.00"),
        reserve=D("0.00"),
        reserve_status="",
        ordered_at=datetime(2025, 12, 30, tzinfo=UTC),
        parts={
            "revenue": {
                "subtotal_before_discount_amount": D(55),
                "seller_discount_amount": D("-1.5"),
            },
            "shipping": {
                "actual_shipping_fee_amount": D("-9.2"),
                "customer_paid_shipping_fee_amount": D("5.99"),
            },
            "shipping_supplementary": {"fbm_shipping_cost_amount": D("-9.2")},
            "fee": {
                "referral_fee_amount": D("-3.21"),
                "affiliate_commission_amount": D("-2.68"),
            },
            "supplementary": {"customer_payment_amount": D("59.65")},
        },
        raw=ORDER_ROW,
        statement_id="7238804564000000339",
    )
    assert (adjustment.kind, adjustment.order_id) == ("LOGISTICS_REIMBURSEMENT", "")
    assert adjustment.adjustment_id == "7238804564000000501"
    assert adjustment.related_order_id == "576461413000000007"
    assert (adjustment.adjustment, adjustment.settlement) == (D(12), D(12))
    assert (adjustment.ordered_at, adjustment.parts) == (None, {})
    assert (reserve.order_id, reserve.related_order_id) == ("", "576461413000000002")
    assert (reserve.reserve, reserve.reserve_status) == (D(-4), "collected")


def test_the_parts_of_a_row_add_up_to_its_blocks():
    found = parts(ORDER_ROW)

    assert sum(found["revenue"].values()) == D("53.5")
    assert sum(found["shipping"].values()) == D("-3.21")
    assert sum(found["fee"].values()) == D("-5.89")


def test_components_of_tomorrow_are_kept_under_their_own_names():
    row = {
        "bonus_breakdown": {"loyalty_amount": "1.25", "inner": {"deep_amount": "-0.5"}},
        "fee_tax_breakdown": {"rounding_amount": "0.01", "levy": {"sugar_amount": "-1"}},
        "settlement_amount": "9",
    }

    assert parts(row) == {
        "bonus_breakdown": {"loyalty_amount": D("1.25")},
        "bonus_breakdown.inner": {"deep_amount": D("-0.5")},
        "fee_tax": {"rounding_amount": D("0.01")},
        "fee_tax_breakdown.levy": {"sugar_amount": D(-1)},
    }


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"settlement_amount": 44.4}, "not a decimal amount"),
        ({"settlement_amount": None}, "not a decimal amount"),
        ({"settlement_amount": "--4"}, "not a decimal amount"),
        ({"settlement_amount": "4e2"}, "not a decimal amount"),
        ({"settlement_amount": "+4"}, "not a decimal amount"),
        ({"settlement_amount": "٤"}, "not a decimal amount"),
        ({"fee_tax_amount": "-5.893"}, "more decimals"),
        ({"order_id": "5x"}, "not an id"),
        ({"id": "0x1"}, "not an id"),
    ],
)
def test_a_row_whose_money_is_unclear_is_set_aside_not_guessed(client_for, changes, why):
    page = {**PAGE, "transactions": [{**ORDER_ROW, **changes}, ADJUSTMENT_ROW]}
    with serving(answer(envelope(page))) as server:
        found = client_for(server).settled("7238804564000000339")

    assert [row.kind for row in found.rows] == ["LOGISTICS_REIMBURSEMENT"]
    ((_, told),) = found.broken
    assert why in told


@pytest.mark.parametrize(
    "changes",
    [
        {"total_settlement_amount": None},
        {"total_settlement_amount": "1.005"},
        {"currency": ""},
        {"transactions": {}},
    ],
)
def test_a_page_without_its_totals_is_no_page(client_for, changes):
    page = answer(envelope({**PAGE, **changes}))
    with serving(page) as server, pytest.raises(VendorBug) as failed:
        client_for(server).settled("7238804564000000339")

    assert failed.value.code == "TIKTOK_UNREADABLE_ANSWER"


def test_what_is_payable_is_settlement_and_reserve_where_it_is_not_told(client_for):
    page = {name: value for name, value in PAGE.items() if name != "payable_amount"}
    with serving(answer(envelope(page))) as server:
        assert client_for(server).settled("7238804564000000339").payable == D("52.40")


@pytest.mark.parametrize(
    ("told", "expected"),
    [("1768435200", "1768435200"), ("3 days after delivery", "3 days after delivery"), (None, "")],
)
def test_what_is_expected_is_an_estimate_in_tiktoks_words(client_for, told, expected):
    row = {
        "id": "4",
        "order_id": "5",
        "currency": "USD",
        "est_revenue_amount": "77",
        "est_fee_tax_amount": "-6.01",
        "est_shipping_cost_amount": "-4.7",
        "est_settlement_amount": "66.29",
        "estimated_settlement": told,
        "order_create_time": 1767052800,
    }
    with serving(answer(envelope({"transactions": [row], "total_count": 1}))) as server:
        found = client_for(server).expected("T")

    assert asked(server.requests[0]) == (
        "GET",
        "/finance/202507/orders/unsettled",
        {
            "sort_field": "order_create_time",
            "sort_order": "ASC",
            "page_size": "100",
            "page_token": "T",
        },
        None,
    )
    assert found.rows == (
        ExpectedRow(
            id="4",
            order_id="5",
            adjustment_id="",
            currency="USD",
            revenue=D(77),
            fee_tax=D("-6.01"),
            shipping=D("-4.70"),
            adjustment=D(0),
            settlement=D("66.29"),
            ordered_at=datetime(2025, 12, 30, tzinfo=UTC),
            expected=expected,
        ),
    )


@pytest.mark.parametrize(
    "call",
    [
        lambda api: api.statements(since=DAY, page_token="SAME"),
        lambda api: api.settled("1", "SAME"),
        lambda api: api.expected("SAME"),
        lambda api: api.payments(DAY, page_token="SAME"),
        lambda api: api.withdrawals(DAY, page_token="SAME"),
    ],
)
def test_a_page_that_comes_twice_is_an_error_not_a_loop(client_for, call):
    with serving(answer(envelope({**PAGE, "next_page_token": "SAME"}))) as server:
        client = client_for(server)
        with pytest.raises(VendorBug) as failed:
            call(client)

    assert failed.value.code == "TIKTOK_PAGE_REPEATED"


def test_reads_are_repeated_when_their_answer_is_lost(client_for):
    with serving(reset, answer(envelope({"statements": []}))) as server:
        assert client_for(server).statements(since=DAY).statements == ()

    assert len(server.requests) == 2


GARBAGE = ["", "NaN", "-1", "1e3", "١٢", "999999", None, True, 0, 1.5, [], {}, "12.345", "0x1"]
TOTALS = ("settlement", "revenue", "shipping", "fee_tax", "adjustment", "reserve")


def test_no_damaged_row_of_a_statement_ends_in_an_amount_that_was_not_sent(app):
    """Every total that is read is the text that was sent, or zero where it is absent or empty."""
    from .test_mutations import Canned, places

    chance, read = random.Random(20261123), 0
    names = {"shipping": "shipping_cost_amount"}

    for _ in range(1_500):
        row = copy.deepcopy(ORDER_ROW)
        path = chance.choice([one for one in places(row) if one])
        where = row
        for key in path[:-1]:
            where = where[key]
        where[path[-1]] = chance.choice(GARBAGE)
        found = _settled(app, Canned(envelope({**PAGE, "transactions": [row]})))
        for one in found.rows:
            read += 1
            for name in TOTALS:
                said = row.get(names.get(name, f"{name}_amount"))
                assert getattr(one, name) == D(said or 0)
            assert all(isinstance(v, D) for group in one.parts.values() for v in group.values())
        assert len(found.rows) + len(found.broken) == 1

    assert read > 500


def _settled(app, transport):
    from saleor_tiktok_stripe.tiktok.client import TikTokClient

    return TikTokClient(app, "token", "cipher", transport).settled("7238804564000000339")
