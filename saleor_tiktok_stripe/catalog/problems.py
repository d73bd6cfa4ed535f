"""Every reason of this room why a number or a price is not told, in the merchant's words.

A row of ``TEXTS`` is code -> (stage, cause, cure); both texts are filled from ``params``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

from ..errors import ChannelError, Parked, Problem

TEXTS: Final[Mapping[str, tuple[str, str, str]]] = {
    "SKU_NOT_LISTED": (
        "stock",
        "TikTok does not list SKU {sku} in this shop any more.",
        "Nothing, if it was taken down on purpose; else list it again. It is tried again daily.",
    ),
    "PRICE_NOT_LISTED": (
        "price",
        "The variant of SKU {sku} has no price in channel {channel}.",
        "Give the variant a price in the channel; it is told to TikTok at once then.",
    ),
    "PRICE_NOT_POSITIVE": (
        "price",
        "The price rule makes {price} {currency} for SKU {sku}; a price must be above zero.",
        "Correct the price in Saleor, or the percentage and the amount added in the settings.",
    ),
    "PRICE_OTHER_CURRENCY": (
        "price",
        "Channel {channel} has prices in {currency}, but the TikTok shop sells in {wanted}. "
        "Nothing is converted, so no price was told.",
        "Connect the shop to a channel in {wanted}, or switch the price push off.",
    ),
}
WHOLE_SHOP: Final = frozenset(
    {
        "TIKTOK_SCOPE_MISSING",
        "TIKTOK_SHOP_INACTIVE",
        "TIKTOK_SELLER_INACTIVE",
        "TIKTOK_IP_NOT_ALLOWED",
        "TIKTOK_NOT_IN_REGION",
    }
)
"""Refusals that every other SKU would meet too: the job stops with them."""
GONE: Final = frozenset(
    {
        "SKU_NOT_LISTED",
        "TIKTOK_PRODUCT_MISSING",
        "TIKTOK_NOT_OF_THIS_SHOP",
        "TIKTOK_PRODUCT_NOT_LIVE",
    }
)
"""A SKU with one of these sells nothing: it takes no share of its variant's pieces."""


def problem(code: str, **params: object) -> Problem:
    """The problem ``code`` with its words filled in; ``KeyError`` for a code not in the table."""
    stage, cause, cure = TEXTS[code]
    facts = {name: str(value) for name, value in params.items()}
    return Problem(code, stage, cause.format(**facts), cure.format(**facts), facts)


def of_error(error: ChannelError) -> Problem:
    """What a call that was refused as a whole means for each of its SKUs. Raises ``error`` again
    where it concerns the whole shop."""
    if error.code in WHOLE_SHOP:
        raise error
    if isinstance(error, Parked):
        return error.problem
    return Problem(
        code=error.code,
        stage="stock",
        cause=error.message,
        cure="It is tried again by itself; report it if it stays.",
    )


def kept(problem: Problem) -> dict[str, Any]:
    """As kept with the number."""
    return asdict(problem) | {"params": dict(problem.params)}
