"""What the parts of the client share."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from ..errors import InvalidInput
from .gateway import Gateway
from .money import to_minor

METADATA_KEYS = 50
METADATA_KEY_LENGTH = 40
METADATA_VALUE_LENGTH = 500
PAGE = 100


class Calls:
    """Holds the gateway of one account."""

    _gateway: Gateway


def money(amount: Decimal, currency: str) -> dict[str, object]:
    """The two parameters of an amount. Raises ``InvalidInput``."""
    return {"amount": to_minor(amount, currency), "currency": currency.lower()}


def checked_metadata(metadata: Mapping[str, str] | None) -> dict[str, str] | None:
    """``metadata`` as Stripe takes it: 50 keys of 40 characters, values of 500. An empty value
    removes the key. Raises ``InvalidInput`` (``METADATA_INVALID``)."""
    if not metadata:
        return None
    fits = len(metadata) <= METADATA_KEYS and all(
        0 < len(name) <= METADATA_KEY_LENGTH
        and "[" not in name
        and "]" not in name
        and len(value) <= METADATA_VALUE_LENGTH
        for name, value in metadata.items()
    )
    if not fits:
        raise InvalidInput(
            "METADATA_INVALID",
            "Stripe takes 50 metadata entries with names of 40 and values of 500 characters.",
            field="metadata",
        )
    return dict(metadata)


def seconds(moment: datetime) -> int:
    """Unix seconds of an aware time."""
    return int(moment.timestamp())


def one_of(value: str, allowed: frozenset[str], field: str) -> str | None:
    """``value`` when Stripe knows it, None for "". Raises ``InvalidInput`` (``REASON_UNKNOWN``)."""
    if not value:
        return None
    if value in allowed:
        return value
    words = ", ".join(sorted(allowed))
    raise InvalidInput("REASON_UNKNOWN", f"Stripe takes one of: {words}.", field=field)
