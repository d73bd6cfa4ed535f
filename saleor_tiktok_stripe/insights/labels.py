"""What things are called for merchants."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ..models import LedgerEntry, SaleFact, Vendor

Kind = LedgerEntry.Kind

FEES: Final[Mapping[str, str]] = {
    Kind.FEE: "Vendor's fees",
    Kind.COMMISSION: "Affiliate commission",
    Kind.SHIPPING: "Shipping",
    Kind.TAX: "Taxes and duties on fees",
    Kind.DISPUTE: "Disputes",
    Kind.ADJUSTMENT: "Adjustments",
    Kind.OTHER: "Other",
}
"""Kinds of the ledger that are a cost (or, with a plus, a gain) beside the sale, in the order they
are shown."""
NOT_NET: Final = (Kind.RESERVE, Kind.PAYOUT)
"""Money that only moves: it is no part of what a sale brings."""


def vendor_label(vendor: str) -> str:
    """``TikTok Shop``, ``Stripe``."""
    return str(Vendor(vendor).label)


def state_label(state: str) -> str:
    """A payment state in words."""
    return str(SaleFact.State(state).label)


def fee_label(kind: str) -> str:
    """A kind of fee in words."""
    return FEES[kind]
