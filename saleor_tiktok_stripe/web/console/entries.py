"""What forms of daily work have in common: amounts, and keys that make a second click harmless."""

from __future__ import annotations

import secrets
from decimal import Decimal, InvalidOperation
from typing import Final

from ...errors import InvalidInput
from .visits import Visit

KEY: Final = "key"
_LONGEST: Final = 64


def form_key(visit: Visit) -> str:
    """A form's own idempotency key: made when the form is shown, and kept while it is shown again,
    so that sending it twice does the thing once."""
    kept = visit.entered(KEY)
    return kept if 0 < len(kept) <= _LONGEST else f"console-{secrets.token_urlsafe(18)}"


def sent_key(visit: Visit) -> str:
    """The key of the form that was sent. Raises ``InvalidInput`` for a form without one."""
    kept = visit.entered(KEY)
    if not 0 < len(kept) <= _LONGEST:
        raise InvalidInput("FORM_OUT_OF_DATE", "This form is out of date. Load the page again.")
    return kept


def amount(visit: Visit, name: str = "amount") -> Decimal | None:
    """An amount as it was entered; None for nothing. Raises ``InvalidInput``."""
    text = visit.entered(name).replace(",", ".")
    if not text:
        return None
    try:
        found = Decimal(text)
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite() or abs(found.adjusted()) > 15:
        raise InvalidInput("AMOUNT_INVALID", "This is no amount. Write it like 12.50.", field=name)
    return found


def number(visit: Visit, name: str) -> int:
    """A row's id as it was sent; 0 for anything else."""
    text = visit.entered(name)
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0


def kept(text: str) -> Decimal | None:
    """An amount as rows keep it in JSON; None for what is none."""
    try:
        return Decimal(text)
    except InvalidOperation:
        return None
