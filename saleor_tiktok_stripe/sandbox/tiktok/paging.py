"""Paging: opaque tokens that only fit the filters and the sort they were given for."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from saleor_tiktok_stripe.sandbox.tiktok.errors import invalid
from saleor_tiktok_stripe.sandbox.tiktok.fields import Field
from saleor_tiktok_stripe.sandbox.tiktok.gateway import Call
from saleor_tiktok_stripe.sandbox.tiktok.index import TimeIndex, slot_of

DIRECTIONS = ("ASC", "DESC")


def query_fields(
    low: int, high: int, default: int, sorts: tuple[str, ...] = (), order: str = "ASC"
) -> dict[str, Field]:
    """The paging and sorting parameters of a search; the first of `sorts` is the default."""
    fields = {
        "page_size": Field("int", default=default, low=low, high=high),
        "page_token": Field("str"),
    }
    if sorts:
        fields["sort_field"] = Field("str", default=sorts[0], choices=sorts)
        fields["sort_order"] = Field("str", default=order, choices=DIRECTIONS)
    return fields


@dataclass(frozen=True)
class Page:
    """One page: the things' slots, the token for the next one, and how many there are in all."""

    slots: list[int]
    next_token: str
    total: int


def _fingerprint(call: Call) -> str:
    filters = {name: value for name, value in call.query.items() if name != "page_token"}
    cipher = call.shop.cipher if call.shop else ""
    text = json.dumps([call.path, cipher, filters, dict(call.body)], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _encode(position: int, total: int, fingerprint: str) -> str:
    return base64.urlsafe_b64encode(json.dumps([position, total, fingerprint]).encode()).decode()


def _decode(call: Call) -> tuple[int, int] | None:
    token = call.query.get("page_token")
    if not token:
        return None
    try:
        position, total, fingerprint = json.loads(base64.urlsafe_b64decode(token.encode()))
    except ValueError as error:
        raise invalid("The parameter PageToken is invalid") from error
    if fingerprint != _fingerprint(call):
        raise invalid("The parameter PageToken does not fit the filters")
    return int(position), int(total)


def by_time(
    call: Call,
    index: TimeIndex,
    low: int | None,
    high: int | None,
    fits: Callable[[int], bool] | None = None,
) -> Page:
    """A page of an index in [low, high); `fits` says whether a slot passes the other filters.

    The token holds the place behind the last entry, so what changes while a client pages is met
    again or not at all, but nothing else moves.
    """
    descending = call.query["sort_order"] == "DESC"
    size = call.query["page_size"]
    seen = _decode(call)
    after, total = seen if seen else (None, _count(index, low, high, fits))
    slots: list[int] = []
    last = 0
    for key in index.keys(low, high, descending, after):
        slot = slot_of(key)
        if fits is not None and not fits(slot):
            continue
        if len(slots) == size:
            return Page(slots, _encode(last, total, _fingerprint(call)), total)
        slots.append(slot)
        last = key
    return Page(slots, "", total)


def _count(
    index: TimeIndex, low: int | None, high: int | None, fits: Callable[[int], bool] | None
) -> int:
    if fits is None:
        return index.count(low, high)
    return sum(fits(slot_of(key)) for key in index.keys(low, high, False, None))


def of_list(call: Call, rows: Sequence[Any]) -> tuple[list[Any], str]:
    """A page of a short list, and the token for the next one."""
    seen = _decode(call)
    start = seen[0] if seen else 0
    end = start + call.query["page_size"]
    token = _encode(end, len(rows), _fingerprint(call)) if end < len(rows) else ""
    return list(rows[start:end]), token


def answer(call: Call, token: str, **data: Any) -> dict[str, Any]:
    """The answer of a search. The last page says "" or, when so asked, nothing at all."""
    shown: Mapping[str, Any] = {"next_page_token": token}
    if not token and call.fault("page_token_missing") is not None:
        shown = {}
    return {**shown, **data}
