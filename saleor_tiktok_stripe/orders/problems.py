"""Every reason why an order waits for somebody, in the merchant's words, in one place.

A row of ``TEXTS`` is code -> (stage, cause, cure); both texts are filled from ``params``, which
hold ids, SKUs and amounts, never buyer data.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ..errors import Parked, Problem

GONE: Final = "SALEOR_ORDER_MISSING"

TEXTS: Final[Mapping[str, tuple[str, str, str]]] = {
    "AMOUNTS_DO_NOT_ADD_UP": (
        "money",
        "The amounts of order {order} do not add up: {what} should be {expected} {currency}, "
        "TikTok says {actual} {currency}.",
        "Compare the order with TikTok Seller Center and retry; if it still differs, report it.",
    ),
    "AMOUNT_INVALID": (
        "money",
        "Order {order} has an amount that cannot be right: {what} is {actual} {currency}.",
        "Compare the order with TikTok Seller Center and retry; if it still differs, report it.",
    ),
    "CURRENCY_MISMATCH": (
        "money",
        "Order {order} is in {currency}, but channel {channel} sells in {channel_currency}.",
        "Connect this TikTok shop to a channel in {currency}, then retry.",
    ),
    "SKU_NOT_LINKED": (
        "link",
        "Order {order} contains {skus}, which no product variant in Saleor is linked to.",
        "Link the SKU to a variant{otherwise}: the order then imports itself.",
    ),
    "STATE_UNKNOWN": (
        "import",
        "TikTok reports the state {state} for order {order}, which this version does not know.",
        "Update this plugin, then retry.",
    ),
    "ORDER_EMPTY": (
        "import",
        "TikTok lists no items for order {order}.",
        "Retry later; if the order has items in TikTok Seller Center, report it.",
    ),
    "ORDER_MISSING": (
        "import",
        "TikTok does not know order {order} for this shop.",
        "Check that the right shop is connected to this channel, then retry.",
    ),
    "ORDER_UNREADABLE": (
        "import",
        "TikTok's data of order {order} cannot be read: {reason}",
        "Retry later; if it stays, report it with the order's number.",
    ),
    "SALEOR_REFUSED": (
        "import",
        "Saleor refused order {order}: {reason}",
        "Mend what Saleor names, then retry.",
    ),
    GONE: (
        "follow",
        "The Saleor order of TikTok order {order} does not exist any more.",
        "If it was deleted on purpose, accept the difference once it is listed (within a day, or "
        "check the order); TikTok's order goes on without it.",
    ),
    "CANCELLED_IN_SALEOR": (
        "follow",
        "Order {order} was cancelled in Saleor, but TikTok still expects {open} of its items.",
        "Cancel the order in TikTok Seller Center too; a cancelled order is never reopened here.",
    ),
    "CANCELLED_AFTER_SHIPMENT": (
        "follow",
        "TikTok cancelled order {order} (or a part of it) after {shipped} of its items had been "
        "recorded as shipped in Saleor.",
        "Check where the goods are. Cancel or return the fulfillment in Saleor, then retry.",
    ),
    "LINES_DIFFER": (
        "follow",
        "The lines of order {order} in Saleor are not those that were imported ({detail}).",
        "Bring the order in step by hand: {detail}. Then retry.",
    ),
    "PACKAGES_DIFFER": (
        "follow",
        "The packages of order {order} were put together differently after they had been recorded "
        "in Saleor (package {package}).",
        "Cancel the fulfillment in Saleor and retry: it is then recorded as TikTok shows it.",
    ),
}


def problem(code: str, *, waits_for: tuple[str, ...] = (), **params: object) -> Problem:
    """The problem ``code`` with its words filled in; ``KeyError`` for a code not in the table."""
    stage, cause, cure = TEXTS[code]
    facts = {name: str(value) for name, value in params.items()}
    return Problem(
        code=code,
        stage=stage,
        cause=cause.format(**facts),
        cure=cure.format(**facts),
        params=facts,
        waits_for=waits_for,
    )


def parked(code: str, *, waits_for: tuple[str, ...] = (), **params: object) -> Parked:
    """The same as an error to raise."""
    return Parked(problem(code, waits_for=waits_for, **params))
