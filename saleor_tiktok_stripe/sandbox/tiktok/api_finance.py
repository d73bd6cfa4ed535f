"""Finance endpoints."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from saleor_tiktok_stripe.sandbox.tiktok import money, paging
from saleor_tiktok_stripe.sandbox.tiktok.errors import ApiError
from saleor_tiktok_stripe.sandbox.tiktok.fields import Field
from saleor_tiktok_stripe.sandbox.tiktok.finance import Row, breakdown
from saleor_tiktok_stripe.sandbox.tiktok.gateway import Call, Endpoint
from saleor_tiktok_stripe.sandbox.tiktok.ledger import Ledger, Payout, Statement
from saleor_tiktok_stripe.sandbox.tiktok.model import Line
from saleor_tiktok_stripe.sandbox.tiktok.regions import REGIONS

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
    _ledger(call).payouts(call.world.clock.now())
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
    payout = statement.payout
    status = payout.status if payout else "PROCESSING"
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
        "payment_status": status,
        "payment_id": payout.id if payout else "",
        "payment_time": payout.paid_at if payout and status == "PAID" else 0,
    }


def _transaction(call: Call, row: Row) -> dict[str, Any]:
    reserve, adjusts = row.kind == "RESERVE", row.kind not in {"ORDER", "RESERVE"}
    status = ("COLLECTED" if row.reserve < 0 else "RELEASED") if reserve else ""
    shown = {
        "id": row.id,
        "type": row.kind,
        "order_id": row.order_id if row.kind == "ORDER" else "",
        "order_create_time": row.ordered_at if row.kind == "ORDER" else 0,
        "adjustment_id": str(int(row.id) + 1) if adjusts else "",
        "adjustment_order_id": row.order_id if adjusts else "",
        "associated_order_id": row.order_id if reserve else "",
        "reserve_id": row.reserve_id,
        "reserve_status": status,
        "reserve_amount": _text(call, row.reserve),
        "estimated_release_time": str(row.release_at) if row.release_at else "",
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
    _ledger(call).statements()
    found = _ledger(call).by_id.get(call.parts["statement_id"])
    if found is None:
        raise ApiError(36009004, "The parameter StatementId is invalid")
    turned = call.query["sort_order"] == "DESC"
    page, token = paging.of_list(call, found.rows[::-1] if turned else found.rows)
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
        transactions=[_transaction(call, row) for row in page],
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
    groups: dict[str, list[Line]] = {}
    order = call.the_shop.order(row.order_index)
    for line in (line for line in order.lines if line.id in row.line_ids):
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
    found = [(s, row) for s, row in _ledger(call).rows_of(order.id) if row.kind == "ORDER"]
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
    low, high = call.query["create_time_ge"], call.query["create_time_lt"]
    rows = [
        _payment(call, payout)
        for payout in ledger.payouts(call.world.clock.now())
        if (low is None or payout.created_at >= low) and (high is None or payout.created_at < high)
    ]
    page, token = paging.of_list(call, _sorted(call, rows, "create_time"))
    return paging.answer(call, token, payments=page)


def _payment(call: Call, payout: Payout) -> dict[str, Any]:
    region, settings = call.the_shop.region, call.world.settings

    def cash(amount: int) -> dict[str, str]:
        return {"value": _text(call, amount), "currency": region.currency}

    sent = cash(payout.payable)
    if settings.payout_currency:
        exponents = {place.currency: place.exponent for place in REGIONS.values()}
        exponent = exponents.get(settings.payout_currency, 2)
        amount = money.decimal(payout.payable, region.exponent) * Decimal(settings.exchange_rate)
        minor = int((amount.scaleb(exponent)).quantize(Decimal(1), ROUND_HALF_UP))
        sent = {"value": money.text(minor, exponent), "currency": settings.payout_currency}
    return {
        "id": payout.id,
        "create_time": payout.created_at,
        "paid_time": payout.paid_at if payout.status == "PAID" else 0,
        "status": payout.status,
        "bank_account": "****6789",
        "exchange_rate": settings.exchange_rate,
        "amount": sent,
        "settlement_amount": cash(payout.total("settlement")),
        "reserve_amount": cash(payout.total("reserve")),
        "payment_amount_before_exchange": cash(payout.payable),
    }


def _movements(payout: Payout) -> list[tuple[str, int, str]]:
    """Kind, amount and status of what a payout does in the wallet."""
    amount = payout.payable
    moved = [] if payout.retry else [("SETTLE", amount, "SUCCESS")]
    if payout.status == "FAILED":
        return [*moved, ("WITHDRAW", -amount, "FAILED"), ("REVERSE", amount, "SUCCESS")]
    return [*moved, ("WITHDRAW", -amount, "SUCCESS" if payout.status == "PAID" else "PROCESSING")]


_WALLET_ID = {"SETTLE": 0, "WITHDRAW": 5 * 10**11, "REVERSE": 6 * 10**11, "TRANSFER": 7 * 10**11}


def withdrawals(call: Call) -> dict[str, Any]:
    """GET /finance/202309/withdrawals: the wallet, where payouts are taken by hand."""
    low, high = call.query["create_time_ge"], call.query["create_time_lt"]
    rows = []
    for payout in _ledger(call).payouts(call.world.clock.now()):
        when = payout.paid_at if payout.status == "PAID" else payout.created_at
        inside = (low is None or when >= low) and (high is None or when < high)
        for kind, amount, status in _movements(payout):
            if kind in call.query["types"] and inside:
                rows.append(
                    {
                        "id": f"{int(payout.id) + _WALLET_ID[kind]}",
                        "type": kind,
                        "amount": _text(call, amount),
                        "currency": call.the_shop.region.currency,
                        "status": status,
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
        if (low is None or row.ordered_at >= low) and (high is None or row.ordered_at < high)
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
        sum_est_adjustment_amount=_text(call, sum(row.adjustment for row in rows)),
        sum_est_settlement_amount=_text(call, sum(row.settlement for row in rows)),
    )


def _estimate(call: Call, row: Row) -> dict[str, Any]:
    adjusts = row.kind != "ORDER"
    return {
        "id": row.id,
        "type": row.kind,
        "status": "UNSETTLED",
        "order_id": "" if adjusts else row.order_id,
        "adjustment_id": str(int(row.id) + 1) if adjusts else "",
        "adjustment_order_id": row.order_id if adjusts else "",
        "currency": call.the_shop.region.currency,
        "est_revenue_amount": _text(call, sum(row.revenue.values())),
        "est_fee_tax_amount": _text(call, row.fee_tax),
        "est_shipping_cost_amount": _text(call, sum(row.shipping.values())),
        "est_adjustment_amount": _text(call, row.adjustment),
        "est_settlement_amount": _text(call, row.settlement),
        "estimated_settlement": "3 days after delivery",
        "order_create_time": row.ordered_at,
        "order_delivery_time": row.delivered_at,
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
