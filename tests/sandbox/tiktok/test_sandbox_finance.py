"""Statements: rows add up to the statement, parts to the row, and nothing settles twice."""

from __future__ import annotations

from decimal import Decimal

import pytest

STATEMENTS = "/finance/202309/statements"
BY_TIME = {"sort_field": "order_create_time", "page_size": 100}


@pytest.fixture(scope="module", params=["US", "DE", "JP", "ID"])
def market(request, sandbox_server, connect):
    sandbox = sandbox_server(regions=(request.param,), orders=200, rate_burst=10_000)
    return sandbox, connect(sandbox)


def all_statements(caller):
    query = {"sort_field": "statement_time", "page_size": 100}
    return caller.data("GET", STATEMENTS, query)["statements"]


def transactions(caller, statement):
    path = f"/finance/202501/statements/{statement['id']}/statement_transactions"
    rows, token = [], ""
    while True:
        page = caller.data("GET", path, {**BY_TIME, "page_token": token})
        rows += page["transactions"]
        token = page["next_page_token"]
        if not token:
            return page, rows


def added(block):
    return sum(
        added(value) if isinstance(value, dict) else Decimal(value)
        for name, value in block.items()
        if name != "supplementary_component"
    )


def test_rows_add_up_to_the_statement_and_parts_to_the_row(market):
    caller = market[1]
    kinds = set()
    for statement in all_statements(caller):
        page, rows = transactions(caller, statement)
        kinds |= {row["type"] for row in rows}
        for name in ("revenue", "shipping_cost", "adjustment", "settlement"):
            total = sum(Decimal(row[f"{name}_amount"]) for row in rows)
            assert total == Decimal(statement[f"{name}_amount"])
        fees = sum(Decimal(row["fee_tax_amount"]) for row in rows)
        assert fees == Decimal(statement["fee_amount"])
        reserve = sum(Decimal(row["reserve_amount"]) for row in rows)
        assert Decimal(page["payable_amount"]) == Decimal(statement["settlement_amount"]) + reserve
        assert page["total_count"] == len(rows)
        for row in rows:
            parts = ("revenue_amount", "shipping_cost_amount", "fee_tax_amount")
            whole = sum(Decimal(row[name]) for name in (*parts, "adjustment_amount"))
            assert Decimal(row["settlement_amount"]) == whole
            assert bool(row["order_id"]) != (row["type"] != "ORDER")
            if row["type"] == "ORDER":
                assert added(row["revenue_breakdown"]) == Decimal(row["revenue_amount"])
                cost = Decimal(row["shipping_cost_amount"])
                assert added(row["shipping_cost_breakdown"]) == cost
                assert added(row["fee_tax_breakdown"]) == Decimal(row["fee_tax_amount"])

    assert {"ORDER", "LOGISTICS_REIMBURSEMENT"} <= kinds
    assert ("RESERVE" in kinds) == (market[0].credentials["region"] == "US")


def test_sales_are_charged_negatively_and_platform_discounts_do_not_lower_revenue(market):
    sandbox, caller = market
    rows = [row for s in all_statements(caller) for row in transactions(caller, s)[1]]
    sales = [r for r in rows if r["type"] == "ORDER" and Decimal(r["revenue_amount"]) > 0]
    assert sales
    for row in sales:
        assert Decimal(row["fee_tax_amount"]) <= 0
        lines = [
            line
            for line in sandbox.order(row["order_id"])["line_items"]
            if line["display_status"] != "CANCELLED"
        ]
        expected = sum(
            Decimal(ln["original_price"]) - Decimal(ln["seller_discount"]) for ln in lines
        )
        assert Decimal(row["revenue_amount"]) == expected


def test_an_orders_own_view_agrees_with_its_rows(market):
    sandbox, caller = market
    rows = [row for s in all_statements(caller) for row in transactions(caller, s)[1]]
    order_id = next(row["order_id"] for row in rows if row["order_id"])
    own = [Decimal(r["settlement_amount"]) for r in rows if r["order_id"] == order_id]

    view = caller.data("GET", f"/finance/202501/orders/{order_id}/statement_transactions")

    assert Decimal(view["settlement_amount"]) == sum(own)
    skus = view["sku_transactions"]
    assert sum(Decimal(sku["settlement_amount"]) for sku in skus) == sum(own)
    assert view["total_count"] == len(skus)


def test_payments_bundle_their_statements(market):
    caller = market[1]
    query = {"sort_field": "create_time", "page_size": 100}
    path = "/finance/202309/payments"
    if market[0].credentials["region"] == "ID":
        assert caller.code("GET", path, query) == (200, 21008106)
        return
    paid: dict[str, Decimal] = {}
    for statement in all_statements(caller):
        if statement["payment_status"] == "PAID":
            payable = Decimal(transactions(caller, statement)[0]["payable_amount"])
            paid[statement["payment_id"]] = paid.get(statement["payment_id"], 0) + payable

    found = caller.data("GET", path, query)["payments"]

    assert {p["id"]: Decimal(p["payment_amount_before_exchange"]["value"]) for p in found} == paid


def test_withdrawals_take_out_what_was_settled(market):
    query = {"types": "SETTLE,WITHDRAW", "page_size": 100}
    rows = market[1].data("GET", "/finance/202309/withdrawals", query)["withdrawals"]

    assert sum(Decimal(row["amount"]) for row in rows) == 0
    assert {row["type"] for row in rows} == {"SETTLE", "WITHDRAW"}
    assert len({row["id"] for row in rows}) == len(rows)


def of_orders(caller, statement_id):
    """A statement's rows without what some days of the week add: adjustments and reserves."""
    _, rows = transactions(caller, {"id": statement_id})
    return [row for row in rows if row["type"] == "ORDER"]


def test_a_delivered_order_is_unsettled_until_the_day_is_settled(sandbox, caller):
    sandbox.settle_day()
    order_id = sandbox.create_order(status="DELIVERED")
    path = "/finance/202507/orders/unsettled"
    before = caller.data("GET", path, BY_TIME)

    made = sandbox.settle_day()

    assert [row["order_id"] for row in before["transactions"]] == [order_id]
    assert caller.data("GET", path, BY_TIME)["total_count"] == 0
    rows = of_orders(caller, made)
    assert [row["order_id"] for row in rows] == [order_id]
    estimate = before["transactions"][0]["est_settlement_amount"]
    assert rows[0]["settlement_amount"] == estimate
    assert sandbox.settle_day() == ""


def test_a_completed_return_settles_as_a_negative_row(sandbox, caller):
    order_id = sandbox.create_order(status="DELIVERED")
    sandbox.settle_day()
    line = sandbox.order(order_id)["line_items"][0]
    sandbox.complete_return(sandbox.request_return(order_id, [line["id"]]))

    rows = of_orders(caller, sandbox.settle_day())

    assert [row["order_id"] for row in rows] == [order_id]
    lost = Decimal(line["original_price"]) - Decimal(line["seller_discount"])
    assert Decimal(rows[0]["revenue_amount"]) == -lost
    view = caller.data("GET", f"/finance/202501/orders/{order_id}/statement_transactions")
    assert len({sku["statement_id"] for sku in view["sku_transactions"]}) == 2
