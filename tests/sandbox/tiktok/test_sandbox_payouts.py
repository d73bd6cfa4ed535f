"""Refunds, reserves, adjustments and payouts, and an order's truth: all to the cent."""

from __future__ import annotations

from decimal import Decimal

import pytest

DAY = 86_400
BY_ORDER = {"sort_field": "order_create_time", "page_size": 100}
BY_TIME = {"sort_field": "create_time", "page_size": 100}
NOT_RECEIVED = "ecom_order_delivered_refund_reason_not_received"


@pytest.fixture(scope="module", params=["US", "DE", "JP", "TH", "BR"])
def market(request, sandbox_server, connect):
    sandbox = sandbox_server(regions=(request.param,), orders=150, rate_burst=10_000, seed=23)
    return sandbox, connect(sandbox)


def statements(caller):
    query = {"sort_field": "statement_time", "page_size": 100}
    return caller.data("GET", "/finance/202309/statements", query)["statements"]


def rows_of(caller, statement_id):
    path = f"/finance/202501/statements/{statement_id}/statement_transactions"
    rows, token = [], ""
    while True:
        page = caller.data("GET", path, {**BY_ORDER, "page_token": token})
        rows += page["transactions"]
        token = page["next_page_token"]
        if not token:
            return page, rows


def payments(caller):
    return caller.data("GET", "/finance/202309/payments", BY_TIME)["payments"]


def added(block):
    return sum(
        added(value) if isinstance(value, dict) else Decimal(value) for value in block.values()
    )


def sold(sandbox, *counts, status="DELIVERED"):
    wanted = [(sku["sku_id"], n) for sku, n in zip(sandbox.catalog(), counts, strict=False)]
    while True:
        order_id = sandbox.create_order(wanted, status=status, by_tiktok=False)
        if Decimal(sandbox.order(order_id)["payment"]["sub_total"]):
            return order_id


def refund(caller, order_id, **body):
    given = {"order_id": order_id, "return_type": "REFUND", "return_reason": NOT_RECEIVED, **body}
    return caller.data("POST", "/return_refund/202309/returns", {}, given)["return_id"]


def test_everything_that_happens_closes_to_the_cent(market):
    sandbox, caller = market
    currency = sandbox.credentials["currency"]
    part = "1" if currency not in {"JPY"} else "100"
    whole, partly, cut = sold(sandbox, 2), sold(sandbox, 1, 1), sold(sandbox, 2)
    refund(caller, whole)
    lines = [line["id"] for line in sandbox.order(partly)["line_items"]]
    refund(caller, partly, order_line_item_ids=lines[:1], refund_total=part, currency=currency)
    sandbox.complete_return(sandbox.request_return(cut))
    never = sold(sandbox, 1, status="AWAITING_SHIPMENT")
    sandbox.cancel(never)
    sandbox.add_adjustment("PLATFORM_PENALTY", f"-{part}", order_id=whole)
    sandbox.add_adjustment("SHIPPING_FEE_ADJUSTMENT", part)

    sandbox.settle_day(reserve=True)
    sandbox.release_reserve()
    sandbox.settle_day()

    settled: dict[str, Decimal] = {}
    for statement in statements(caller):
        page, rows = rows_of(caller, statement["id"])
        for name in ("revenue", "shipping_cost", "adjustment", "settlement"):
            total = sum(Decimal(row[f"{name}_amount"]) for row in rows)
            assert total == Decimal(statement[f"{name}_amount"])
        reserve = sum(Decimal(row["reserve_amount"]) for row in rows)
        assert Decimal(page["total_reserve_amount"]) == reserve
        assert Decimal(page["payable_amount"]) == Decimal(statement["settlement_amount"]) + reserve
        for row in rows:
            parts = ("revenue_amount", "shipping_cost_amount", "fee_tax_amount")
            whole_row = sum(Decimal(row[name]) for name in (*parts, "adjustment_amount"))
            assert Decimal(row["settlement_amount"]) == whole_row
            if row["type"] == "ORDER":
                assert added(row["revenue_breakdown"]) == Decimal(row["revenue_amount"])
                assert added(row["fee_tax_breakdown"]) == Decimal(row["fee_tax_amount"])
            owner = row["order_id"] or row["adjustment_order_id"]
            if owner:
                amount = Decimal(row["settlement_amount"])
                settled[owner] = settled.get(owner, Decimal(0)) + amount
    assert never not in settled
    for order_id in (whole, partly, cut):
        assert Decimal(sandbox.truth(order_id)["settled"]) == settled[order_id]
    truth = sandbox.truth(whole)
    assert Decimal(truth["refunded"]) <= Decimal(truth["paid"])
    assert sandbox.truth(never)["settled"] == "0"


def test_what_was_held_back_is_released_once(market):
    sandbox, caller = market
    sandbox.settle_day()
    sold(sandbox, 1)
    held = rows_of(caller, sandbox.settle_day(reserve=True))[1]
    (kept,) = [row for row in held if row["reserve_status"] == "COLLECTED"]
    assert Decimal(kept["reserve_amount"]) < 0
    assert kept["associated_order_id"]

    assert kept["reserve_id"] in sandbox.release_reserve()
    released = rows_of(caller, sandbox.settle_day())[1]

    back = [row for row in released if row["reserve_id"] == kept["reserve_id"]]
    assert [(row["reserve_status"], Decimal(row["reserve_amount"])) for row in back] == [
        ("RELEASED", -Decimal(kept["reserve_amount"]))
    ]
    assert sandbox.release_reserve() == []
    assert sandbox.settle_day() == ""


def test_a_partial_refund_takes_back_its_share_of_revenue_and_fees(sandbox, caller):
    order_id = sold(sandbox, 1)
    line = sandbox.order(order_id)["line_items"][0]
    sandbox.settle_day()
    refund(caller, order_id, order_line_item_ids=[line["id"]], refund_total="4", currency="USD")

    rows = rows_of(caller, sandbox.settle_day())[1]

    (row,) = [r for r in rows if r["order_id"] == order_id]
    earned = Decimal(line["original_price"]) - Decimal(line["seller_discount"])
    assert -earned < Decimal(row["revenue_amount"]) < 0
    assert Decimal(row["supplementary_component"]["customer_refund_amount"]) == -4
    assert Decimal(row["fee_tax_amount"]) > 0


def test_an_adjustment_names_its_order_and_no_other_does(sandbox, caller):
    order_id = sold(sandbox, 1)
    row_id = sandbox.add_adjustment("CHARGE_BACK", "-12.34", order_id=order_id)
    waiting = caller.data("GET", "/finance/202507/orders/unsettled", BY_ORDER)
    (estimate,) = [row for row in waiting["transactions"] if row["id"] == row_id]
    assert estimate["est_settlement_amount"] == "-12.34"

    rows = rows_of(caller, sandbox.settle_day())[1]

    (row,) = [row for row in rows if row["id"] == row_id]
    assert (row["type"], row["order_id"], row["adjustment_order_id"]) == (
        "CHARGE_BACK",
        "",
        order_id,
    )
    assert (row["adjustment_amount"], row["settlement_amount"]) == ("-12.34", "-12.34")
    assert row["adjustment_id"]
    with pytest.raises(ValueError, match="no adjustment BRIBE"):
        sandbox.add_adjustment("BRIBE", "1")


def test_payouts_are_on_their_way_paid_failed_and_sent_again(sandbox, connect):
    sandbox.configure_tokens(access_life=60 * DAY)
    caller = connect(sandbox)
    sandbox.pay_out()
    sold(sandbox, 3)
    made = sandbox.settle_day(reserve=False)

    def shown():
        row = next(row for row in statements(caller) if row["id"] == made)
        return row["payment_status"], row["payment_id"]

    assert shown() == ("PROCESSING", "")
    for _ in range(6):
        sandbox.advance_time(DAY)
        if shown()[1]:
            break
    status, first = shown()
    assert status == "PROCESSING"
    (row,) = [row for row in payments(caller) if row["id"] == first]
    assert (row["status"], row["paid_time"]) == ("PROCESSING", 0)
    sandbox.advance_time(DAY)
    assert shown() == ("PAID", first)
    assert sandbox.fail_payment() == first
    assert shown() == ("FAILED", first)

    second = sandbox.pay_out()

    assert shown() == ("PAID", second)
    by_id = {row["id"]: row for row in payments(caller)}
    assert (by_id[first]["status"], by_id[second]["status"]) == ("FAILED", "PAID")
    assert by_id[first]["amount"] == by_id[second]["amount"]
    assert sandbox.pay_out() == ""


def test_one_payout_bundles_statements_and_is_their_sum(sandbox, caller):
    sandbox.pay_out()
    for _ in range(3):
        sold(sandbox, 1)
        sandbox.settle_day()

    paid = sandbox.pay_out()

    mine = [row for row in statements(caller) if row["payment_id"] == paid]
    assert len(mine) >= 3
    total = sum(Decimal(rows_of(caller, row["id"])[0]["payable_amount"]) for row in mine)
    row = next(row for row in payments(caller) if row["id"] == paid)
    assert Decimal(row["payment_amount_before_exchange"]["value"]) == total
    parts = Decimal(row["settlement_amount"]["value"]) + Decimal(row["reserve_amount"]["value"])
    assert parts == total


def test_cross_border_sellers_are_paid_in_their_own_currency(sandbox, caller):
    sandbox.configure(payout_currency="JPY", exchange_rate="151.5")

    for row in payments(caller):
        before = Decimal(row["payment_amount_before_exchange"]["value"])
        assert row["payment_amount_before_exchange"]["currency"] == "USD"
        assert row["amount"]["currency"] == "JPY"
        assert abs(Decimal(row["amount"]["value"]) - before * Decimal("151.5")) <= Decimal("0.5")


def test_a_failed_withdrawal_is_reversed(sandbox_server, connect):
    sandbox = sandbox_server(regions=("TH",), orders=60, rate_burst=1000)
    caller = connect(sandbox)
    failed = sandbox.fail_payment()
    query = {"types": "SETTLE,WITHDRAW,REVERSE", "page_size": 100}

    def wallet():
        rows = caller.data("GET", "/finance/202309/withdrawals", query)["withdrawals"]
        return rows, sum(Decimal(row["amount"]) for row in rows)

    rows, left = wallet()
    assert ("REVERSE", "SUCCESS") in {(row["type"], row["status"]) for row in rows}
    assert left > 0
    again = sandbox.pay_out()
    assert again != failed
    assert wallet()[1] == 0


def test_the_truth_of_an_order(sandbox, caller):
    order_id = sold(sandbox, 2, 1, status="AWAITING_SHIPMENT")
    lines = [line["id"] for line in sandbox.order(order_id)["line_items"]]
    sandbox.cancel(order_id, lines[2:], by="SELLER")
    sandbox.ship(order_id, lines[:1], tracking="TRUTH-1")
    truth = sandbox.truth(order_id)
    assert [unit["shipments"] for unit in truth["units"].values()] == [1, 0, 0]
    assert [unit["cancelled"] for unit in truth["units"].values()] == [False, False, True]
    assert [p["tracking_number"] for p in truth["packages"] if p["tracking_number"]] == ["TRUTH-1"]
    assert Decimal(truth["cancelled"]) > 0

    sandbox.walk_to(order_id, "DELIVERED")
    sandbox.complete_return(sandbox.request_return(order_id, lines[:1]))
    sandbox.settle_day()
    before = sandbox.truth(order_id)
    sandbox.pay_out()

    truth = sandbox.truth(order_id)
    parts = Decimal(truth["cancelled"]) + Decimal(truth["returned"])
    assert Decimal(truth["refunded"]) == parts
    assert Decimal(truth["units"][lines[0]]["refunded"]) == Decimal(truth["returned"])
    assert Decimal(truth["refunded"]) <= Decimal(truth["paid"])
    assert before["paid_out"] == "0"
    assert truth["paid_out"] == truth["settled"] != "0"
    assert [unit["shipments"] for unit in truth["units"].values()] == [1, 1, 0]


def test_generated_orders_never_give_back_more_than_was_paid(market):
    sandbox, _ = market
    for order_id in sandbox.order_ids():
        truth = sandbox.truth(order_id)
        assert Decimal(truth["refunded"]) <= max(Decimal(truth["paid"]), Decimal(0))


def test_writes_are_counted_by_endpoint(sandbox, caller):
    order_id = sold(sandbox, 1)
    query = {"idempotency_key": "once"}
    body = {"order_id": order_id, "return_type": "REFUND", "return_reason": NOT_RECEIVED}
    for _ in range(2):
        caller.data("POST", "/return_refund/202309/returns", query, body)
    caller.data("POST", "/return_refund/202309/refunds/calculate", {}, {
        "order_id": sold(sandbox, 1), "request_type": "REFUND", "reason_name": NOT_RECEIVED,
    })  # fmt: skip

    assert sandbox.writes() == {"POST /return_refund/returns": 1}
    (entry,) = sandbox.write_log()
    assert entry["body"]["order_id"] == order_id
