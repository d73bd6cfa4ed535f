"""`expand[]`: ids replaced by their objects, in a copy."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any

from saleor_tiktok_stripe.sandbox.stripe.errors import invalid
from saleor_tiktok_stripe.sandbox.stripe.world import Account, Object

Include = Callable[[Account, Object], Any]
DEEPEST = 4

_FIELDS: dict[str, dict[str, str]] = defaultdict(dict)
_INCLUDED: dict[str, dict[str, Include]] = defaultdict(dict)


def expandable(kind: str, **fields: str) -> None:
    """Say which fields of a kind hold ids of what kind: `expandable("refund", charge="charge")`.

    Dotted fields (`evidence.receipt`) are given as `evidence__receipt="file"`.
    """
    _FIELDS[kind] |= {name.replace("__", "."): target for name, target in fields.items()}


def includable(kind: str, field: str, make: Include) -> None:
    """Say that a field appears only when expanded; `make(account, object)` gives its value."""
    _INCLUDED[kind][field] = make


def expanded(account: Account, thing: Object, wanted: list[str]) -> Object:
    """The object with what `expand[]` asks for; 400 for what cannot be expanded."""
    for path in wanted:
        parts = path.split(".")
        if len(parts) > DEEPEST:
            raise invalid(f"You cannot expand more than {DEEPEST} levels of a property.", "expand")
        thing = _at(account, thing, parts, path)
    return thing


def _at(account: Account, thing: Object, parts: list[str], path: str) -> Object:
    if thing.get("object") == "list":
        if parts[0] != "data" or len(parts) < 2:
            raise _cannot(path)
        return {**thing, "data": [_at(account, row, parts[1:], path) for row in thing["data"]]}
    kind = thing.get("object", "")
    for length in (1, 2):
        name = ".".join(parts[:length])
        if name in _INCLUDED[kind]:
            value = _INCLUDED[kind][name](account, thing)
            return _replaced(thing, parts[:length], _deeper(account, value, parts[length:], path))
        if name in _FIELDS[kind]:
            return _field(account, thing, parts, length, path)
    below = thing.get(parts[0])
    if isinstance(below, dict) and below.get("object") and len(parts) > 1:
        return _replaced(thing, parts[:1], _at(account, below, parts[1:], path))
    raise _cannot(path)


def _field(account: Account, thing: Object, parts: list[str], length: int, path: str) -> Object:
    target = _FIELDS[thing["object"]][".".join(parts[:length])]
    value: Any = thing
    for part in parts[:length]:
        value = value.get(part) if isinstance(value, dict) else None
    if value is None:
        return thing
    if isinstance(value, str):
        value = account.find(target, value) or value
    if isinstance(value, list):
        value = [account.find(target, id_) or id_ for id_ in value]
    return _replaced(thing, parts[:length], _deeper(account, value, parts[length:], path))


def _deeper(account: Account, value: Any, rest: list[str], path: str) -> Any:
    if not rest or not isinstance(value, dict):
        return value
    return _at(account, value, rest, path)


def _replaced(thing: Object, parts: list[str], value: Any) -> Object:
    if len(parts) == 1:
        return {**thing, parts[0]: value}
    below = thing.get(parts[0]) or {}
    return {**thing, parts[0]: {**below, parts[1]: value}}


def _cannot(path: str) -> Exception:
    return invalid(f"This property cannot be expanded ({path}).", "expand")
