"""Statements, settled and expected amounts, payouts: what became of the money."""

from __future__ import annotations

from datetime import datetime

from . import endpoints
from .calls import Calls, next_token, seconds, total
from .finance_types import (
    ExpectedPage,
    PaymentPage,
    SettledPage,
    StatementPage,
    WithdrawalPage,
)
from .finance_wire import (
    ExpectedWire,
    PaymentWire,
    SettledHeadWire,
    SettledWire,
    StatementWire,
    WithdrawalWire,
)
from .gateway import build

FINANCE_PAGE = 100
WITHDRAWAL_KINDS = ("WITHDRAW", "SETTLE", "TRANSFER", "REVERSE")


class FinanceCalls(Calls):
    """Reads only, pages of 100, oldest first; ``since`` is inclusive, ``until`` exclusive. All
    raise the errors of ``TikTokClient``."""

    def statements(
        self, *, since: datetime, until: datetime | None = None, page_token: str = ""
    ) -> StatementPage:
        """One page of statements: one a day, cut at 00:00 UTC and stamped with its end."""
        query = {
            "sort_field": "statement_time",
            "sort_order": "ASC",
            "page_size": FINANCE_PAGE,
            "page_token": page_token,
            "statement_time_ge": seconds(since),
            "statement_time_lt": seconds(until),
        }
        data = self._page(endpoints.STATEMENTS, query, page_token)
        built, broken = self._each(data, "statements", StatementWire, StatementWire.statement, "id")
        return StatementPage(built, broken, next_token(data), total(data))

    def settled(self, statement_id: str, page_token: str = "") -> SettledPage:
        """One page of a statement's rows. An order may be in several statements: rows are told
        apart by their own id."""
        endpoint = endpoints.STATEMENT_ROWS
        query = {
            "sort_field": "order_create_time",
            "sort_order": "ASC",
            "page_size": FINANCE_PAGE,
            "page_token": page_token,
        }
        data = self._page(endpoint, query, page_token, path={"id": statement_id})
        head = build(data, SettledHeadWire, lambda wire: wire, endpoint.label)
        settlement, reserve, payable = build(
            data, SettledHeadWire, SettledHeadWire.totals, endpoint.label
        )
        built, broken = self._each(
            data,
            "transactions",
            SettledWire,
            lambda wire: wire.row(head.id, head.currency),
            "id",
        )
        return SettledPage(
            statement_id=head.id,
            currency=head.currency,
            settlement=settlement,
            reserve=reserve,
            payable=payable,
            rows=built,
            broken=broken,
            next_token=next_token(data),
            total=total(data),
        )

    def expected(self, page_token: str = "") -> ExpectedPage:
        """One page of estimates of what is not settled yet; a row goes away once it is."""
        query = {
            "sort_field": "order_create_time",
            "sort_order": "ASC",
            "page_size": FINANCE_PAGE,
            "page_token": page_token,
        }
        data = self._page(endpoints.UNSETTLED, query, page_token)
        built, broken = self._each(data, "transactions", ExpectedWire, ExpectedWire.row, "id")
        return ExpectedPage(built, broken, next_token(data), total(data))

    def payments(
        self, since: datetime, until: datetime | None = None, page_token: str = ""
    ) -> PaymentPage:
        """One page of payouts to the seller's bank, where the market has
        ``Capability.PAYMENTS``; a payout may hold several statements."""
        query = {
            "sort_field": "create_time",
            "sort_order": "ASC",
            "page_size": FINANCE_PAGE,
            "page_token": page_token,
            "create_time_ge": seconds(since),
            "create_time_lt": seconds(until),
        }
        data = self._page(endpoints.PAYMENTS, query, page_token)
        built, broken = self._each(data, "payments", PaymentWire, PaymentWire.payment, "id")
        return PaymentPage(built, broken, next_token(data), total(data))

    def withdrawals(
        self, since: datetime, until: datetime | None = None, page_token: str = ""
    ) -> WithdrawalPage:
        """One page of the wallet's movements, where the market has ``Capability.WITHDRAWALS``."""
        query = {
            "types": ",".join(WITHDRAWAL_KINDS),
            "page_size": FINANCE_PAGE,
            "page_token": page_token,
            "create_time_ge": seconds(since),
            "create_time_lt": seconds(until),
        }
        data = self._page(endpoints.WITHDRAWALS, query, page_token)
        built, broken = self._each(
            data, "withdrawals", WithdrawalWire, WithdrawalWire.withdrawal, "id"
        )
        return WithdrawalPage(built, broken, next_token(data), total(data))
