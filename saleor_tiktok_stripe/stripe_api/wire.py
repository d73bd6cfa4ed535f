"""The smallest pieces of the wire format: ids, amounts, times, text.

Strict where a misreading costs money (amounts, currencies, ids, times), tolerant elsewhere: fields
and values that Stripe adds are no error.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict

_ID = re.compile(r"[A-Za-z0-9_]{1,255}")
_CURRENCY = re.compile(r"[a-z]{3}")
_LATEST = 4_102_444_800  # 2100-01-01


class Unreadable(ValueError):
    """A value that must not be guessed. The text holds no buyer data."""


def _minor(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise Unreadable("not a whole amount")


def _unsigned(value: object) -> int:
    found = _minor(value)
    if found < 0:
        raise Unreadable("a negative amount")
    return found


def _optional_unsigned(value: object) -> int:
    return 0 if value is None else _unsigned(value)


def _id(value: object) -> str:
    found = _optional_id(value)
    if found:
        return found
    raise Unreadable("id missing")


def _optional_id(value: object) -> str:
    """An id, or the object it was expanded to."""
    if isinstance(value, Mapping):
        value = value.get("id")
    if value is None or value == "":
        return ""
    if isinstance(value, str) and _ID.fullmatch(value):
        return value
    raise Unreadable("not an id")


def _currency(value: object) -> str:
    if isinstance(value, str) and _CURRENCY.fullmatch(value):
        return value.upper()
    raise Unreadable("not a currency")


def _optional_time(value: object) -> datetime | None:
    if value is None or (value == 0 and not isinstance(value, bool)):
        return None
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value < _LATEST:
        return datetime.fromtimestamp(value, UTC)
    raise Unreadable("not a time in seconds")


def _time(value: object) -> datetime:
    found = _optional_time(value)
    if found is None:
        raise Unreadable("time missing")
    return found


def _text(value: object) -> str:
    return value.replace("\x00", "") if isinstance(value, str) else ""


def _flag(value: object) -> bool:
    if isinstance(value, bool):
        return value
    raise Unreadable("not true or false")


def _tolerant_flag(value: object) -> bool:
    return value is True


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _rate(value: object) -> Decimal | None:
    if isinstance(value, Decimal | int) and not isinstance(value, bool):
        return Decimal(value)
    return None


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _expanded(value: object) -> Mapping[str, Any] | None:
    """The object where it was expanded (or always is one); None for an id or nothing."""
    return value if isinstance(value, Mapping) else None


def _rows(value: object) -> list[Any]:
    return [row for row in value if isinstance(row, Mapping)] if isinstance(value, list) else []


def _texts(value: object) -> tuple[str, ...]:
    return tuple(one for one in value if isinstance(one, str)) if isinstance(value, list) else ()


def _metadata(value: object) -> dict[str, str]:
    return {
        name: one
        for name, one in _object(value).items()
        if isinstance(name, str) and isinstance(one, str)
    }


Minor = Annotated[int, BeforeValidator(_minor)]
Unsigned = Annotated[int, BeforeValidator(_unsigned)]
OptionalUnsigned = Annotated[int, BeforeValidator(_optional_unsigned)]
Id = Annotated[str, BeforeValidator(_id)]
OptionalId = Annotated[str, BeforeValidator(_optional_id)]
Currency = Annotated[str, BeforeValidator(_currency)]
Time = Annotated[datetime, BeforeValidator(_time)]
OptionalTime = Annotated[datetime | None, BeforeValidator(_optional_time)]
Text = Annotated[str, BeforeValidator(_text)]
Flag = Annotated[bool, BeforeValidator(_flag)]
TolerantFlag = Annotated[bool, BeforeValidator(_tolerant_flag)]
Count = Annotated[int | None, BeforeValidator(_count)]
ExchangeRate = Annotated[Decimal | None, BeforeValidator(_rate)]
Object = Annotated[Mapping[str, Any], BeforeValidator(_object)]
Texts = Annotated[tuple[str, ...], BeforeValidator(_texts)]
Metadata = Annotated[dict[str, str], BeforeValidator(_metadata)]
Expanded = BeforeValidator(_expanded)
"""For objects that may come as their id only: read as None."""
Rows = BeforeValidator(_rows)


class Wire(BaseModel):
    """Base of the wire models: unknown fields are ignored; errors do not repeat the input."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)
