"""Whose differences somebody may see and mend."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from .. import access
from ..access import Rule
from ..payments.ledger.differences import MONEY, PAYOUT
from .classes import AREAS

BOOKS: Final = (MONEY, PAYOUT)
"""What was settled and paid out takes the permission of the books, wherever it is shown. Orders,
SKUs and payments do not: Saleor too shows an order's payments to whoever works on orders."""


def open_areas(may: Callable[[Rule], bool]) -> tuple[str, ...]:
    """The areas for somebody who works on differences. ``may``: whether a rule lets them."""
    return (*AREAS, *BOOKS) if may(access.MONEY) else AREAS
