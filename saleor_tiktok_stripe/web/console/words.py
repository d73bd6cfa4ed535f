"""What internal names are called on the pages. Names that are not in a table are shown readable."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from ...models import Vendor

VENDORS: Final[Mapping[str, str]] = {Vendor.TIKTOK: "TikTok", Vendor.STRIPE: "Stripe"}
STATUSES: Final[dict[str, str]] = {
    "queued": "Waiting",
    "running": "Running",
    "parked": "Needs attention",
    "done": "Done",
    "dead": "Given up",
}
CONNECTION_STATES: Final[Mapping[str, str]] = {
    "pending": "Not connected yet",
    "active": "Connected",
    "needs_reauth": "Must be renewed",
    "disabled": "Switched off",
}
JOBS: Final[Mapping[str, str]] = {
    "order.sync": "Bring an order in step",
    "order.reference": "Tell TikTok the order's number",
    "order.push": "Tell TikTok what was shipped or cancelled",
    "orders.poll": "Ask TikTok for changed orders",
    "orders.watch": "Look for changes in Saleor",
    "orders.backfill": "Import earlier orders",
    "catalog.refresh": "Read TikTok's products",
    "carriers.refresh": "Read TikTok's carriers",
    "stock.push": "Send stock to TikTok",
    "stock.compare": "Compare stock with TikTok",
    "price.push": "Send prices to TikTok",
    "case.sync": "Bring an after-sales case in step",
    "case.answer": "Answer an after-sales case",
    "case.open": "Open a cancellation or refund at TikTok",
    "cases.poll": "Ask TikTok for after-sales cases",
    "ledger.import": "Import statements and payouts",
    "ledger.reconcile": "Compare the money of orders",
    "drift.check": "Compare both sides",
    "accounts.refresh": "Renew the access",
    "accounts.verify": "Verify the connection",
    "accounts.deauthorized": "Note that the access was taken away",
    "accounts.end": "Disconnect",
    "payment.sync": "Bring a payment in step",
    "payment.act": "Capture or release a payment",
    "payment.refund": "Refund a payment",
    "payments.sweep": "Look after open payments",
    "payments.catch_up": "Catch up on Stripe's notifications",
    "payments.mirror": "Mirror TikTok sales at Stripe",
    "dispute.answer": "Answer a dispute",
    "dispute.tell": "Note a dispute at its order",
    "disputes.watch": "Ask Stripe for disputes",
}
AUDIT: Final[Mapping[str, str]] = {
    "connection.pending": "Connection waits for an authorization",
    "connection.active": "Connection switched on",
    "connection.needs_reauth": "Authorization ended",
    "connection.disabled": "Connection switched off",
    "connection.disconnected": "Disconnected",
    "connection.configured": "Settings changed",
    "connection.consent_asked": "Consent asked for",
    "connection.consent_declined": "Consent declined",
    "connection.account_chosen": "Stripe account connected",
    "connection.shop_chosen": "TikTok shop connected",
    "connection.refreshed": "Access renewed",
    "connection.webhooks_registered": "Notifications registered",
    "orders.backfill": "Import of earlier orders asked for",
    "order.push": "Shipments told to TikTok once more",
    "event.replay": "Notifications handed over again",
    "job.retry": "Tried again",
    "dispute.accept": "Dispute accepted",
    "dispute.stage": "Evidence saved at Stripe",
    "dispute.submit": "Evidence submitted",
    "refund.acknowledge": "Failed refund noted",
}
CHOICES: Final[Mapping[str, str]] = {
    "wait": "Wait until the hold is over",
    "import_unconfirmed": "Import at once, unconfirmed",
    "park": "The order waits until the SKU is linked",
    "placeholder": "Import with a placeholder line",
    "price": "The channel's price",
    "discounted": "After Saleor's promotions",
    "none": "No rounding",
    "whole": "Whole amounts",
    "99": "Ends in .99",
    "95": "Ends in .95",
    "90": "Ends in .90",
    "DROP_OFF": "Drop off",
    "PICKUP": "Pick-up",
}


def job(kind: str) -> str:
    """A kind of work."""
    return JOBS.get(kind) or _readable(kind)


def audit(action: str) -> str:
    """What somebody did."""
    return AUDIT.get(action) or _readable(action)


def choice(value: str) -> str:
    """One of a policy's choices."""
    return CHOICES.get(value) or _readable(value)


def code(name: str) -> str:
    """The code of a problem."""
    return re.sub(r"\bsku\b", "SKU", _readable(name.lower()), flags=re.IGNORECASE)


def event(kind: str) -> str:
    """A notification's type, as its vendor names it."""
    return _readable(kind)


def _readable(name: str) -> str:
    return name.replace("_", " ").replace(".", " ").strip().capitalize()
