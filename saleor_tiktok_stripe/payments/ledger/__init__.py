"""Every amount from the order to the payout: brought in, compared, shown and exported."""

from ...models.paging import Page
from .asking import ask_import, ask_reconcile
from .attention import accept, attention
from .classes import CLASSES, Class
from .exporting import ENTRIES, ORDERS, PAYOUTS, export_csv
from .importing import import_money
from .reading import EntryFilter, entries, payouts, statements
from .reconciling import Reconciled, reconcile
from .tracing import (
    MoneyLine,
    OpenDifference,
    OrderMoney,
    OrderShare,
    PayoutShare,
    PayoutTrace,
    Standing,
    order_money,
    payout_trace,
)

__all__ = [
    "CLASSES",
    "ENTRIES",
    "ORDERS",
    "PAYOUTS",
    "Class",
    "EntryFilter",
    "MoneyLine",
    "OpenDifference",
    "OrderMoney",
    "OrderShare",
    "Page",
    "PayoutShare",
    "PayoutTrace",
    "Reconciled",
    "Standing",
    "accept",
    "ask_import",
    "ask_reconcile",
    "attention",
    "entries",
    "export_csv",
    "import_money",
    "order_money",
    "payout_trace",
    "payouts",
    "reconcile",
    "statements",
]
