"""The smallest pieces of the wire format: ids, amounts, times, text.

Strict where a misreading costs money (amounts, ids, times), tolerant elsewhere. Amounts are decimal
text without sign or exponent; a JSON number is refused: it may have been a float on its way.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict

from .regions import decimals

_AMOUNT = re.compile(r"[0-9]{1,13}(\.[0-9]{1,6})?")
_SIGNED = re.compile(r"-?[0-9]{1,13}(\.[0-9]{1,6})?")
_EXCHANGE = re.compile(r"[0-9]{1,9}(\.[0-9]{1,12})?")
_ID = re.compile(r"[0-9]{1,32}")
_CURRENCY = re.compile(r"[A-Z]{3}")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_SUSPECT = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])|\xed[\xa0-\xbf]")
"""How such a character is written; a whole emoji may be written so too."""
_LATEST = 4_102_444_800  # 2100-01-01
ZERO = Decimal(0)


class Unreadable(ValueError):
    """A value that must not be guessed. The text holds no buyer data."""


def load(body: bytes) -> Any:
    """JSON as sent, but for what the database cannot keep: half characters (a text cut in the
    middle of an emoji) and NULs show as U+FFFD, so that no id or amount becomes readable by it.
    ValueError also for NaN, Infinity and absurd nesting."""

    def refuse(name: str) -> object:
        raise ValueError(name)

    try:
        found = json.loads(body, parse_constant=refuse)
        return _storable(found) if _SUSPECT.search(body) else found
    except RecursionError:
        pass
    raise ValueError("nested too deeply")


def _storable(value: Any) -> Any:
    if isinstance(value, str):
        return _UNSTORABLE.sub("\ufffd", value)
    if isinstance(value, list):
        return [_storable(one) for one in value]
    if isinstance(value, dict):
        return {_storable(name): _storable(one) for name, one in value.items()}
    return value


def _amount(value: object) -> Decimal:
    if isinstance(value, str) and _AMOUNT.fullmatch(value):
        return Decimal(value)
    raise Unreadable("not a decimal amount")


def _optional_amount(value: object) -> Decimal:
    return ZERO if value is None or value == "" else _amount(value)


def signed(value: object) -> Decimal | None:
    """A signed amount of a statement; None where the value is none."""
    return Decimal(value) if isinstance(value, str) and _SIGNED.fullmatch(value) else None


def _signed(value: object) -> Decimal:
    found = signed(value)
    if found is None:
        raise Unreadable("not a decimal amount")
    return found


def _optional_signed(value: object) -> Decimal:
    return ZERO if value is None or value == "" else _signed(value)


def _exchange(value: object) -> Decimal | None:
    if value is None or value == "":
        return None
    if isinstance(value, str) and _EXCHANGE.fullmatch(value):
        return Decimal(value)
    raise Unreadable("not an exchange rate")


def _rate(value: object) -> Decimal | None:
    if value is None or value == "":
        return None
    rate = _amount(value)
    if rate > 1:
        raise Unreadable("not a fraction")
    return rate


def _id(value: object) -> str:
    if isinstance(value, str) and _ID.fullmatch(value):
        return value
    raise Unreadable("not an id")


def _optional_id(value: object) -> str:
    return "" if value is None or value == "" else _id(value)


def _reference(value: object) -> str:
    """Links to other things are empty or 0 where there is none."""
    return "" if value in ("0", 0) else _optional_id(value)


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    raise Unreadable("not text")


def _flag(value: object) -> bool:
    if value is None:
        return False
    if isinstance(value, bool):
        return value
    raise Unreadable("not true or false")


def _optional_time(value: object) -> datetime | None:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 12:
        value = int(value)
    if value is None or value == "" or (value == 0 and not isinstance(value, bool)):
        return None
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value < _LATEST:
        return datetime.fromtimestamp(value, UTC)
    raise Unreadable("not a time in seconds")


def _time(value: object) -> datetime:
    found = _optional_time(value)
    if found is None:
        raise Unreadable("time missing")
    return found


def _currency(value: object) -> str:
    if isinstance(value, str) and _CURRENCY.fullmatch(value):
        return value
    raise Unreadable("not a currency")


def _count(value: object) -> int | None:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 12:
        return int(value)
    if value is None or (isinstance(value, int) and not isinstance(value, bool) and value >= 0):
        return value
    raise Unreadable("not a count")


def _rows(value: object) -> object:
    return [] if value is None else value


Amount = Annotated[Decimal, BeforeValidator(_amount)]
OptionalAmount = Annotated[Decimal, BeforeValidator(_optional_amount)]
Signed = Annotated[Decimal, BeforeValidator(_signed)]
OptionalSigned = Annotated[Decimal, BeforeValidator(_optional_signed)]
ExchangeRate = Annotated[Decimal | None, BeforeValidator(_exchange)]
Rate = Annotated[Decimal | None, BeforeValidator(_rate)]
Id = Annotated[str, BeforeValidator(_id)]
OptionalId = Annotated[str, BeforeValidator(_optional_id)]
Reference = Annotated[str, BeforeValidator(_reference)]
Text = Annotated[str, BeforeValidator(_text)]
Flag = Annotated[bool, BeforeValidator(_flag)]
OptionalTime = Annotated[datetime | None, BeforeValidator(_optional_time)]
Time = Annotated[datetime, BeforeValidator(_time)]
Currency = Annotated[str, BeforeValidator(_currency)]
Count = Annotated[int | None, BeforeValidator(_count)]
Nullable = BeforeValidator(_rows)
"""For lists that may be null: read as empty."""


class Wire(BaseModel):
    """Base of the wire models: unknown fields are ignored; errors do not repeat the input."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)


def money(value: Decimal, currency: str) -> Decimal:
    """``value`` with its currency's decimals; ``Unreadable`` when it has more (padding is fine)."""
    rounded = value.quantize(Decimal(1).scaleb(-decimals(currency)))
    if rounded != value:
        raise Unreadable(f"more decimals than {currency} has")
    return rounded


def amount_text(value: Decimal, currency: str) -> str:
    """An amount as calls take it; ``Unreadable`` when it has more decimals than its currency."""
    return format(money(value, currency), "f")
