"""The settings form of a channel, as data: its fields, what saving does, what it shows.

Each vendor has its part, and can be set up without the other. A host shows ``FIELDS`` with
``outputs``; to save it calls ``ask_first`` and then, in a transaction, ``save``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from ...errors import InvalidInput
from ..stripe.connecting import Asked
from . import notices, stripe, tiktok
from .fields import ACTOR, MASK, Field, Kind, as_entered
from .tiktok import check_warehouses

__all__ = [
    "ACTOR",
    "FIELDS",
    "MASK",
    "Asked",
    "Field",
    "Kind",
    "as_entered",
    "ask_first",
    "check_warehouses",
    "current",
    "outputs",
    "save",
]

FIELDS: Final = (*tiktok.FIELDS, *stripe.FIELDS, *notices.FIELDS)
# PostgreSQL keeps neither.
_UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")
_SECRETS: Final = frozenset(field.name for field in FIELDS if field.kind == Kind.SECRET)


def ask_first(channel_slug: str, values: Mapping[str, Any], *, active: bool) -> Asked | None:
    """Ask Stripe about a key that was entered: one short call, before any transaction is open.

    What ``save`` needs of the answer. Raises ``InvalidInput`` naming the field, and ``RetryLater``
    (``STRIPE_UNREACHABLE``): nothing is to be saved then.
    """
    return stripe.ask_first(channel_slug, _legible(values), active=active)


def save(
    channel_slug: str, values: Mapping[str, Any], *, active: bool, asked: Asked | None = None
) -> dict[str, Any]:
    """Validate and save what the form holds; the values to keep in the form instead.

    ``values`` by field name, ``asked`` from ``ask_first``. Call it in a transaction: nothing is
    kept when it raises ``InvalidInput``, which names the field. A cleared secret disconnects its
    account. Either vendor may be left out, or both.
    """
    values = _legible(values)
    by_stripe = stripe.entered_at_all(values) or stripe.ends(channel_slug, values)
    by_tiktok = tiktok.entered_at_all(values) or tiktok.ends(channel_slug, values)
    # Switched on with nothing entered: the console, whose guide asks for it, is only there then.
    first = active and not by_stripe and not by_tiktok
    if first or (by_stripe and not by_tiktok):
        kept = tiktok.leave_out(channel_slug, values)
    else:
        kept = tiktok.save(channel_slug, values, active=active)
    kept_of_stripe = stripe.save(channel_slug, values, active=active, asked=asked)
    return {**kept, **kept_of_stripe, **notices.save(channel_slug, values)}


def _legible(values: Mapping[str, Any]) -> dict[str, Any]:
    """Without the spaces that pasting brings along."""
    for name, value in values.items():
        if isinstance(value, str) and _UNSTORABLE.search(value):
            words = "Enter this again: it holds a character that cannot be stored."
            raise InvalidInput("POLICY_INVALID", words, field=name)
    return {
        name: value.strip() if isinstance(value, str) else value for name, value in values.items()
    }


def current(channel_slug: str) -> dict[str, str | bool]:
    """What the fields hold now, wherever it was entered last: the form, the console, the API. A
    host that keeps the form's values takes these before it adds what is entered: what is old there
    would undo what was changed elsewhere, and a secret that it does not know end a connection."""
    return {
        **tiktok.current(channel_slug),
        **stripe.current(channel_slug),
        **notices.current(channel_slug),
    }


def outputs(channel_slug: str, actor: str) -> dict[str, Any]:
    """What the form shows, whatever a host kept of it; makes fresh connect links."""
    held = current(channel_slug)
    # Of a secret Saleor shows the end.
    masks = {one: MASK[-4:] for one in _SECRETS if held.get(one)}
    return {
        **held,
        **masks,
        **tiktok.outputs(channel_slug, actor),
        **stripe.outputs(channel_slug, actor),
        **notices.outputs(channel_slug),
    }
