"""Payouts to a seller's bank, and a wallet's movements, over real HTTP."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal as D

import pytest

from saleor_tiktok_stripe.errors import Parked
from saleor_tiktok_stripe.tiktok.finance_types import (
    MarketplacePayment,
    Withdrawal,
)
from tests.transport.servers import answer, serving

from .requests import asked
from .wire_samples import envelope

DAY = datetime(2026, 1, 10, tzinfo=UTC)
PAYMENT = {
    "id": "345",
    "create_time": 1767916800,
    "paid_time": 1768003200,
    "status": "PAID",
    "bank_account": "****6789",
    "exchange_rate": "0.86543217",
    "amount": {"value": "45.35", "currency": "GBP"},
    "settlement_amount": {"value": "56.4", "currency": "USD"},
    "reserve_amount": {"value": "-4", "currency": "USD"},
    "payment_amount_before_exchange": {"value": "52.4", "currency": "USD"},
}


def test_a_payout_in_another_currency_says_what_it_was(client_for):
    bare = {
        "id": "346",
        "create_time": 1767916800,
        "amount": {"value": "7", "currency": "USD"},
        "reserve_amount": {},
        "exchange_rate": "",
    }
    odd = {**PAYMENT, "id": "347", "reserve_amount": {"value": "-4", "currency": "EUR"}}
    with serving(answer(envelope({"payments": [PAYMENT, bare, odd]}))) as server:
        found = client_for(server).payments(DAY, datetime(2026, 1, 11, tzinfo=UTC))

    assert asked(server.requests[0]) == (
        "GET",
        "/finance/202309/payments",
        {
            "sort_field": "create_time",
            "sort_order": "ASC",
            "page_size": "100",
            "create_time_ge": "1768003200",
            "create_time_lt": "1768089600",
        },
        None,
    )
    foreign, plain = found.payments
    assert foreign == MarketplacePayment(
        id="345",
        status="paid",
        created_at=datetime(2026, 1, 9, tzinfo=UTC),
        paid_at=DAY,
        currency="GBP",
        amount=D("45.35"),
        settlement_currency="USD",
        settlement=D("56.40"),
        reserve=D("-4.00"),
        before_exchange=D("52.40"),
        exchange_rate=D("0.86543217"),
        bank_account="****6789",
    )
    assert (plain.settlement, plain.settlement_currency, plain.reserve) == (D(7), "USD", D(0))
    assert (plain.before_exchange, plain.exchange_rate, plain.paid_at) == (None, None, None)
    assert found.broken == (("347", "the reserve is in another currency"),)


def test_payouts_are_no_payments_where_sellers_withdraw(client_for):
    refused = answer(envelope(None, 21008106, "not open"))
    with serving(refused) as server, pytest.raises(Parked) as failed:
        client_for(server).payments(DAY)

    assert failed.value.problem.code == "TIKTOK_NOT_IN_REGION"


def test_a_wallets_movements_are_read_signed(client_for):
    rows = [
        {
            "id": "1",
            "type": "SETTLE",
            "status": "SUCCESS",
            "currency": "VND",
            "amount": "3804511",
            "create_time": 1768003200,
        },
        {
            "id": "2",
            "type": "WITHDRAW",
            "currency": "VND",
            "amount": "-3804511",
            "create_time": 1768003200,
        },
        {"id": "3", "currency": "VND", "amount": "0.5", "create_time": 1768003200},
    ]
    with serving(answer(envelope({"withdrawals": rows, "total_count": 3}))) as server:
        found = client_for(server).withdrawals(DAY)

    assert asked(server.requests[0]) == (
        "GET",
        "/finance/202309/withdrawals",
        {
            "types": "WITHDRAW,SETTLE,TRANSFER,REVERSE",
            "page_size": "100",
            "create_time_ge": "1768003200",
        },
        None,
    )
    assert found.withdrawals == (
        Withdrawal("1", "settle", "success", "VND", D(3804511), DAY),
        Withdrawal("2", "withdraw", "", "VND", D(-3804511), DAY),
    )
    assert found.broken == (("3", "more decimals than VND has"),)
    assert found.total == 3
