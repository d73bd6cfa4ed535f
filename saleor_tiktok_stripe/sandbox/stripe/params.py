"""What parameters a call takes: declared per route, checked as Stripe checks them.

A spec is a mapping of names to kinds, made with the functions below; nested objects are specs
again. Values come out typed (int, bool, str, dict, list). `""` clears what may be cleared and
stays `""`. `expand` needs no declaration.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from saleor_tiktok_stripe.sandbox.stripe.errors import invalid

_TRUE, _FALSE = frozenset({"true", "True", "1"}), frozenset({"false", "False", "0"})
_RANGE = ("gt", "gte", "lt", "lte")


@dataclass(frozen=True)
class Kind:
    """One parameter's type and bounds."""

    name: str
    required: bool = False
    choices: tuple[str, ...] = ()
    low: int | None = None
    longest: int = 5000
    of: Mapping[str, Kind] = field(default_factory=dict)
    each: Kind | None = None


Spec = Mapping[str, Kind]


def text(*, required: bool = False, choices: tuple[str, ...] = (), longest: int = 5000) -> Kind:
    """A string, of a closed list when `choices` is given."""
    return Kind("text", required, choices, longest=longest)


def integer(*, required: bool = False, low: int | None = None) -> Kind:
    """A whole number, at least `low`."""
    return Kind("integer", required, low=low)


def flag() -> Kind:
    """A boolean, in any of the spellings clients have used."""
    return Kind("flag")


def obj(fields: Spec, *, required: bool = False) -> Kind:
    """A nested object."""
    return Kind("obj", required, of=fields)


def items(each: Kind | None = None, *, required: bool = False) -> Kind:
    """A list."""
    return Kind("items", required, each=each or text())


def metadata() -> Kind:
    """Up to 50 strings of up to 500 characters under keys of up to 40; `""` clears."""
    return Kind("metadata")


def when() -> Kind:
    """A time (unix seconds), or a range {gt, gte, lt, lte} of times."""
    return Kind("when")


def free() -> Kind:
    """A subtree whose details the sandbox takes as they come."""
    return Kind("free")


PAGING: Spec = {
    "limit": Kind("limit"),
    "starting_after": text(),
    "ending_before": text(),
}
ADDRESS: Spec = {
    name: text() for name in ("city", "country", "line1", "line2", "postal_code", "state")
}


def check(given: Mapping[str, Any], spec: Spec) -> dict[str, Any]:
    """The typed parameters; StripeError 400 for the first that is unknown, missing or wrong."""
    return _object(given, spec, "")


def _object(given: Mapping[str, Any], spec: Spec, prefix: str) -> dict[str, Any]:
    unknown = [_name(prefix, name) for name in given if name not in spec]
    if unknown:
        plural = "s" if len(unknown) > 1 else ""
        said = f"Received unknown parameter{plural}: {', '.join(unknown)}"
        raise invalid(said, unknown[0], "parameter_unknown")
    for name, kind in spec.items():
        if kind.required and name not in given:
            param = _name(prefix, name)
            raise invalid(f"Missing required param: {param}.", param, "parameter_missing")
    return {name: _value(value, spec[name], _name(prefix, name)) for name, value in given.items()}


def _name(prefix: str, name: str) -> str:
    return f"{prefix}[{name}]" if prefix else name


def _value(value: Any, kind: Kind, param: str) -> Any:
    return _CHECKS[kind.name](value, kind, param)


def _text(value: Any, kind: Kind, param: str) -> str:
    if not isinstance(value, str):
        raise invalid(f"Invalid string: {value}", param)
    if not value and kind.required:
        raise invalid(
            f"You passed an empty string for '{param}'. We assume empty values are an attempt to "
            f"unset a parameter; however '{param}' cannot be unset. You should remove '{param}' "
            "from your request or supply a non-empty value.",
            param,
            "parameter_invalid_empty",
        )
    if kind.choices and value and value not in kind.choices:
        *most, last = kind.choices
        listed = f"{', '.join(most)} or {last}" if most else last
        raise invalid(f"Invalid {param}: must be one of {listed}", param)
    if len(value) > kind.longest:
        said = f"Invalid string: {value[:20]}…; must be at most {kind.longest} characters"
        raise invalid(said, param)
    return value


def _integer(value: Any, kind: Kind, param: str) -> int:
    sign = value.removeprefix("-") if isinstance(value, str) else ""
    if not (sign.isascii() and sign.isdigit()):
        raise invalid(f"Invalid integer: {value}", param, "parameter_invalid_integer")
    number = int(value)
    if kind.low is not None and number < kind.low:
        said = f"This value must be greater than or equal to {kind.low}."
        raise invalid(said, param, "parameter_invalid_integer")
    return number


def _limit(value: Any, kind: Kind, param: str) -> int:
    number = _integer(value, kind, param)
    if not 1 <= number <= 100:
        said = "This value must be greater than or equal to 1 and less than or equal to 100."
        raise invalid(said, param, "parameter_invalid_integer")
    return number


def _flag(value: Any, kind: Kind, param: str) -> bool:
    if value in _TRUE:
        return True
    if value in _FALSE:
        return False
    raise invalid(f"Invalid boolean: {value}", param)


def _obj(value: Any, kind: Kind, param: str) -> dict[str, Any] | str:
    if value == "":
        return ""
    if not isinstance(value, dict):
        raise invalid("Invalid object", param)
    return _object(value, kind.of, param)


def _items(value: Any, kind: Kind, param: str) -> list[Any] | str:
    if value == "":
        return ""
    if not isinstance(value, list):
        raise invalid("Invalid array", param)
    each = kind.each or text()
    return [_value(item, each, f"{param}[{index}]") for index, item in enumerate(value)]


def _metadata(value: Any, kind: Kind, param: str) -> dict[str, str] | str:
    if value == "":
        return ""
    # Keys that are all digits look like a list on the wire.
    if isinstance(value, list):
        value = {str(index): item for index, item in enumerate(value)}
    if not isinstance(value, dict):
        raise invalid("Invalid metadata: must be an object", param)
    for name, item in value.items():
        if len(name) > 40:
            said = f"Invalid metadata key: '{name}' must be at most 40 characters"
            raise invalid(said, f"{param}[{name}]")
        if not isinstance(item, str) or len(item) > 500:
            said = f"Metadata values must be strings of up to 500 characters, but {name} is not"
            raise invalid(said, f"{param}[{name}]")
    return value


def _when(value: Any, kind: Kind, param: str) -> int | dict[str, int]:
    if isinstance(value, dict):
        spec = {name: integer() for name in _RANGE}
        return _object(value, spec, param)
    return _integer(value, kind, param)


def _free(value: Any, kind: Kind, param: str) -> Any:
    return value


_CHECKS = {
    "text": _text,
    "integer": _integer,
    "limit": _limit,
    "flag": _flag,
    "obj": _obj,
    "items": _items,
    "metadata": _metadata,
    "when": _when,
    "free": _free,
}


def merged_metadata(former: Mapping[str, str], given: Any) -> dict[str, str]:
    """Metadata after an update: keys set to `""` go, `""` for the whole clears it."""
    if given is None:
        return dict(former)
    if given == "":
        return {}
    kept = {**former, **given}
    for name in [name for name, value in kept.items() if value == ""]:
        del kept[name]
    if len(kept) > 50:
        raise invalid("Metadata may have at most 50 keys", "metadata")
    return kept
