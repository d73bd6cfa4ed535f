"""What notices say besides what each is about, and where in the console each thing is seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ..accounts import NoticeKind


@dataclass(frozen=True)
class Kind:
    """``one`` and ``many`` stand behind a number in a subject; ``title`` above the things in a
    mail. ``place`` is the console's page, where ``{subject}`` is what the notice is about."""

    one: str
    many: str
    title: str
    place: str = "console/"

    def page(self, subject: str) -> str:
        """Where it is seen; what is about no single thing, in the list."""
        return self.place.replace("{subject}/", f"{subject}/" if subject else "")


KINDS: Final[Mapping[NoticeKind, Kind]] = {
    NoticeKind.CASES: Kind(
        "request to answer", "requests to answer", "Buyers' requests", "console/cases/{subject}/"
    ),
    NoticeKind.DISPUTES: Kind(
        "dispute to answer", "disputes to answer", "Disputes", "console/disputes/{subject}/"
    ),
    NoticeKind.SHIPMENTS: Kind(
        "order to ship", "orders to ship", "Orders to ship", "console/orders/{subject}/"
    ),
    NoticeKind.AUTHORIZATION: Kind(
        "connection to renew", "connections to renew", "Connections", "console/"
    ),
    NoticeKind.SETUP: Kind(
        "setting to check", "settings to check", "Settings", "console/settings/"
    ),
    NoticeKind.WORK: Kind(
        "reason why work waits", "reasons why work waits", "Work that waits", "console/activity/"
    ),
    NoticeKind.PAYMENTS: Kind(
        "payment problem", "payment problems", "Payments", "console/transactions/"
    ),
    NoticeKind.STOCK: Kind("stock problem", "stock problems", "Stock and prices", "console/stock/"),
    NoticeKind.MONEY: Kind(
        "difference in the money", "differences in the money", "Money", "console/money/"
    ),
    NoticeKind.DRIFT: Kind(
        "comparison to look at", "comparisons to look at", "Differences", "console/drift/"
    ),
    NoticeKind.DELIVERY: Kind(
        "notice not delivered", "notices not delivered", "Notices", "console/settings/"
    ),
}
"""In the order in which they are told."""

JOBS: Final[Mapping[str, str]] = {
    "order.sync": "An order waits",
    "order.push": "A shipment or cancellation waits",
    "order.reference": "TikTok is not told an order's number",
    "orders.poll": "TikTok is not asked for orders",
    "orders.watch": "Saleor is not asked for changed orders",
    "orders.backfill": "The import of earlier orders waits",
    "stock.push": "Stock is not told to TikTok",
    "price.push": "Prices are not told to TikTok",
    "case.sync": "A buyer's request is not followed",
    "case.answer": "An answer to a buyer's request waits",
    "payment.sync": "A payment is not followed",
    "payment.act": "A capture or release waits",
    "payment.refund": "A refund waits",
    "payments.mirror": "TikTok's sales are not shown in Stripe",
    "dispute.answer": "An answer to a dispute waits",
    "ledger.import": "Settlements and payouts are not read",
    "": "Work waits",
}
"""What waits, by the kind of job; "" for any other."""


def clean(text: str) -> str:
    """One line without control characters: nothing that ends a header or hides a word."""
    kept = "".join(one if one.isprintable() else " " for one in text)
    return " ".join(kept.split())
