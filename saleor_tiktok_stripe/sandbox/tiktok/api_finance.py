"""Finance endpoints."""

from __future__ import annotations

from typing import Any

from saleor_tiktok_stripe.sandbox.tiktok import money, paging
from saleor_tiktok_stripe.sandbox.tiktok.errors import ApiError
from saleor_tiktok_stripe.sandbox.tiktok.fields import Field
from saleor_tiktok_stripe.sandbox.tiktok.finance import Ledger, Row, Statement, breakdown
from saleor_tiktok_stripe.sandbox.tiktok.gateway import Call, Endpoint
from saleor_tiktok_stripe.sandbox.tiktok.plan import DAY

_SCOPE = "seller.finance.info"
_PART_SUMS = ("revenue", "shipping")


def _ledger(call: Call) -> Ledger:
    return call.world.ledger(call.the_shop)


def _text(call: Call, amount: int) -> str:
    return money.text(amount, call.the_shop.region.exponent)


def _sorted(call: Call, rows: list[Any], key: str) -> list[Any]:
    turned = call.query["sort_order"] == "DESC"
    return sorted(rows, key=lambda row: (row[key], row["id"]), reverse=turned)


def statements(call: Call) -> dict[str, Any]:
    """GET /finance/202309/statements."""
    low, high = call.query["statement_time_ge"], call.query["statement_time_lt"]
    shown = [
        _statement(call, statement)
        for statement in _ledger(call).statements()
        if (low is None or statement.time >= low) and (high is None or statement.time < high)
    ]
    wanted = call.query["payment_status"]
    shown = [row for row in shown if wanted in {None, row["payment_status"]}]
    rows, token = paging.of_list(call, _sorted(call, shown, "statement_time"))
    return paging.answer(call, token, statements=rows)


def _statement(call: Call, statement: Statement) -> dict[str, Any]:
    payment, paid_at = _ledger(call).payment_of(statement, call.world.clock.now())
    return {
        "id": statement.id,
        "statement_time": statement.time,
        "currency": call.the_shop.region.currency,
        "settlement_amount": _text(call, statement.total("settlement")),
        "revenue_amount": _text(call, statement.total("revenue")),
        "net_sales_amount": _text(call, statement.total("revenue")),
        "fee_amount": _text(call, statement.total("fee_tax")),
        "shipping_cost_amount": _text(call, statement.total("shipping")),
        "adjustment_amount": _text(call, statement.total("adjustment")),
        "payment_status": "PAID" if payment else "PROCESSING",
        "payment_id": payment,
        "payment_time": paid_at,
    }


def _transaction(call: Call, row: Row) -> dict[str, Any]:
    reserve, adjusts = row.kind == "RESERVE", row.kind not in {"ORDER", "RESERVE"}
    order = row.order
    shown = {
        "id": row.id,
        "type": row.kind,
        "order_id": order.id if order and not reserve else "",
        "order_create_time": order.create_time if order and not reserve else 0,
        "adjustment_id": str(int(row.id) + 1) if adjusts else "",
        "adjustment_order_id": "",
        "associated_order_id": order.id if order and reserve else "",
        "reserve_id": row.id[-11:] if reserve else "",
        "reserve_status": "COLLECTED" if reserve else "",
        "reserve_amount": _text(call, row.reserve),
        "estimated_release_time": "",
        "revenue_amount": _text(call, sum(row.revenue.values())),
        "shipping_cost_amount": _text(call, sum(row.shipping.values())),
        "fee_tax_amount": _text(call, row.fee_tax),
        "adjustment_amount": _text(call, row.adjustment),
        "settlement_amount": _text(call, row.settlement),
    }
    if row.kind == "ORDER":
        extra = {name: _text(call, value) for name, value in row.extra.items()}
        shown |= {
            **breakdown(row, call.the_shop.region.exponent),
            "supplementary_component": extra,
        }
    return shown


def by_statement(call: Call) -> dict[str, Any]:
    """GET /finance/202501/statements/{statement_id}/statement_transactions."""
    wanted = call.parts["statement_id"]
    found = next((s for s in _ledger(call).statements() if s.id == wanted), None)
    if found is None:
        raise ApiError(36009004, "The parameter StatementId is invalid")
    ordered = _sorted(call, [_transaction(call, row) for row in found.rows], "order_create_time")
    rows, token = paging.of_list(call, ordered)
    settlement, reserve = found.total("settlement"), found.total("reserve")
    return paging.answer(
        call,
        token,
        id=found.id,
        create_time=found.time,
        status="SETTLED",
        currency=call.the_shop.region.currency,
        total_settlement_amount=_text(call, settlement),
        total_reserve_amount=_text(call, reserve),
        payable_amount=_text(call, settlement + reserve),
        total_settlement_breakdown={
            "total_revenue_amount": _text(call, found.total("revenue")),
            "total_shipping_cost_amount": _text(call, found.total("shipping")),
            "total_fee_tax_amount": _text(call, found.total("fee_tax")),
            "total_adjustment_amount": _text(call, found.total("adjustment")),
        },
        total_count=len(found.rows),
        transactions=rows,
    )


def _shares(amount: int, weights: list[int]) -> list[int]:
    """Split an amount by weights so that the parts add up to it."""
    whole, parts, given, seen = sum(weights) or 1, [], 0, 0
    for weight in weights:
        seen += weight
        upto = amount * seen // whole
        parts.append(upto - given)
        given = upto
    if parts:
        parts[-1] += amount - given
    return parts


def _sku_rows(call: Call, statement: Statement, row: Row) -> list[dict[str, Any]]:
    groups: dict[str, list[Any]] = {}
    for line in row.lines:
        groups.setdefault(line.sku.sku_id, []).append(line)
    weights = [sum(line.original for line in lines) or 1 for lines in groups.values()]
    exponent = call.the_shop.region.exponent
    split = {
        part: {name: _shares(v, weights) for name, v in getattr(row, part).items()}
        for part in ("revenue", "shipping", "fees", "taxes")
    }
    shown = []
    for place, (sku_id, lines) in enumerate(groups.items()):
        own = {part: {name: v[place] for name, v in split[part].items()} for part in split}
        piece = Row(
            id=row.id,
            kind=row.kind,
            order=row.order,
            lines=lines,
            revenue=own["revenue"],
            shipping=own["shipping"],
            fees=own["fees"],
            taxes=own["taxes"],
        )
        shown.append(
            {
                "statement_id": statement.id,
                "sku_id": sku_id,
                "sku_name": lines[0].sku.sku_name,
                "product_name": lines[0].sku.product_name,
                "quantity": str(len(lines)),
                "revenue_amount": _text(call, sum(piece.revenue.values())),
                "shipping_cost_amount": _text(call, sum(piece.shipping.values())),
                "fee_tax_amount": _text(call, piece.fee_tax),
                "settlement_amount": _text(call, piece.settlement),
                **breakdown(piece, exponent),
            }
        )
    return shown


def by_order(call: Call) -> dict[str, Any]:
    """GET /finance/202501/orders/{order_id}/statement_transactions."""
    order = call.the_shop.find(call.parts["order_id"])
    if order is None:
        raise ApiError(21008111, "the order does not belong to this seller")
    found = [
        (statement, row)
        for statement in _ledger(call).statements()
        for row in statement.rows
        if row.kind == "ORDER" and row.order is not None and row.order.id == order.id
    ]
    sums = {part: sum(sum(getattr(r, part).values()) for _, r in found) for part in _PART_SUMS}
    skus = [shown for statement, row in found for shown in _sku_rows(call, statement, row)]
    return {
        "order_id": order.id,
        "order_create_time": order.create_time,
        "currency": order.currency,
        "revenue_amount": _text(call, sums["revenue"]),
        "shipping_cost_amount": _text(call, sums["shipping"]),
        "fee_and_tax_amount": _text(call, sum(row.fee_tax for _, row in found)),
        "settlement_amount": _text(call, sum(row.settlement for _, row in found)),
        "total_count": len(skus),
        "sku_transactions": skus,
    }


def payments(call: Call) -> dict[str, Any]:
    """GET /finance/{202309|202605}/payments. Not open in South East Asia."""
    shop, ledger = call.the_shop, _ledger(call)
    if shop.region.south_east_asia:
        raise ApiError(21008106, f"payments are not open in {shop.region.code}")
    now, currency, rows = call.world.clock.now(), shop.region.currency, []
    low, high = call.query["create_time_ge"], call.query["create_time_lt"]
    for payment, parts in ledger.payments(now).items():
        settlement = sum(part.total("settlement") for part in parts)
        reserve = sum(part.total("reserve") for part in parts)
        paid_at = ledger.payment_of(parts[0], now)[1]
        if (low is not None and paid_at < low) or (high is not None and paid_at >= high):
            continue
        paid = {"value": _text(call, settlement + reserve), "currency": currency}
        rows.append(
            {
                "id": payment,
                "create_time": paid_at - DAY,
                "paid_time": paid_at,
                "status": "PAID",
                "bank_account": "****6789",
                "exchange_rate": "1",
                "amount": paid,
                "settlement_amount": {"value": _text(call, settlement), "currency": currency},
                "reserve_amount": {"value": _text(call, reserve), "currency": currency},
                "payment_amount_before_exchange": paid,
            }
        )
    page, token = paging.of_list(call, _sorted(call, rows, "create_time"))
    return paging.answer(call, token, payments=page)


def withdrawals(call: Call) -> dict[str, Any]:
    """GET /finance/202309/withdrawals: the wallet, where payouts are taken by hand."""
    shop, ledger, now = call.the_shop, _ledger(call), call.world.clock.now()
    low, high = call.query["create_time_ge"], call.query["create_time_lt"]
    rows = []
    for place, (payment, parts) in enumerate(ledger.payments(now).items()):
        amount = sum(part.total("settlement") + part.total("reserve") for part in parts)
        when = ledger.payment_of(parts[0], now)[1]
        for kind, sign in (("SETTLE", 1), ("WITHDRAW", -1)):
            inside = (low is None or when >= low) and (high is None or when < high)
            if kind in call.query["types"] and inside:
                rows.append(
                    {
                        "id": f"{int(payment) + (5 * 10**11 if sign < 0 else 0) + place}",
                        "type": kind,
                        "amount": _text(call, sign * amount),
                        "currency": shop.region.currency,
                        "status": "SUCCESS",
                        "create_time": when,
                    }
                )
    page, token = paging.of_list(call, rows)
    return paging.answer(call, token, total_count=len(rows), withdrawals=page)


def unsettled(call: Call) -> dict[str, Any]:
    """GET /finance/202507/orders/unsettled: estimates; a row goes away once it is settled."""
    low, high = call.query["search_time_ge"], call.query["search_time_lt"]
    rows = [
        row
        for row in _ledger(call).unsettled()
        if row.order is not None
        and (low is None or row.order.create_time >= low)
        and (high is None or row.order.create_time < high)
    ]
    shown = [_estimate(call, row) for row in rows]
    page, token = paging.of_list(call, _sorted(call, shown, "order_create_time"))
    sums = {part: sum(sum(getattr(r, part).values()) for r in rows) for part in _PART_SUMS}
    return paging.answer(
        call,
        token,
        total_count=len(rows),
        transactions=page,
        sum_est_revenue_amount=_text(call, sums["revenue"]),
        sum_est_shipping_cost_amount=_text(call, sums["shipping"]),
        sum_est_fee_amount=_text(call, sum(row.fee_tax for row in rows)),
        sum_est_adjustment_amount="0",
        sum_est_settlement_amount=_text(call, sum(row.settlement for row in rows)),
    )


def _estimate(call: Call, row: Row) -> dict[str, Any]:
    order = row.order
    return {
        "id": row.id,
        "type": row.kind,
        "status": "UNSETTLED",
        "order_id": order.id if order else "",
        "adjustment_id": "",
        "adjustment_order_id": "",
        "currency": call.the_shop.region.currency,
        "est_revenue_amount": _text(call, sum(row.revenue.values())),
        "est_fee_tax_amount": _text(call, row.fee_tax),
        "est_shipping_cost_amount": _text(call, sum(row.shipping.values())),
        "est_adjustment_amount": "0",
        "est_settlement_amount": _text(call, row.settlement),
        "estimated_settlement": "3 days after delivery",
        "order_create_time": order.create_time if order else 0,
        "order_delivery_time": order.delivery_time if order else 0,
        **breakdown(row, call.the_shop.region.exponent),
    }


def _query(sort: str, *times: str) -> dict[str, Field]:
    fields = {name: Field("int", low=0) for name in times}
    fields |= paging.query_fields(1, 100, 20, (sort,))
    fields["sort_field"] = Field("str", required=True, choices=(sort,))
    return fields


_STATUS = Field("str", choices=("PAID", "FAILED", "PROCESSING"))
_TYPES = Field("list", required=True, choices=("WITHDRAW", "SETTLE", "TRANSFER", "REVERSE"))
_CREATED = ("create_time_ge", "create_time_lt")

ENDPOINTS = (
    Endpoint(
        "GET", "/finance/statements", statements, _SCOPE,
        query={
            **_query("statement_time", "statement_time_ge", "statement_time_lt"),
            "payment_status": _STATUS,
        },
    ),
    Endpoint(
        "GET", "/finance/statements/{statement_id}/statement_transactions", by_statement, _SCOPE,
        versions=("202501",), query=_query("order_create_time"),
    ),
    Endpoint(
        "GET", "/finance/orders/{order_id}/statement_transactions", by_order, _SCOPE,
        versions=("202501",),
    ),
    Endpoint(
        "GET", "/finance/payments", payments, _SCOPE, versions=("202309", "202605"),
        query=_query("create_time", *_CREATED),
    ),
    Endpoint(
        "GET", "/finance/withdrawals", withdrawals, _SCOPE,
        query={
            **{name: Field("int", low=0) for name in _CREATED},
            **paging.query_fields(1, 100, 20),
            "types": _TYPES,
        },
    ),
    Endpoint(
        "GET", "/finance/orders/unsettled", unsettled, _SCOPE, versions=("202507",),
        query=_query("order_create_time", "search_time_ge", "search_time_lt"),
    ),
)  # fmt: skip
