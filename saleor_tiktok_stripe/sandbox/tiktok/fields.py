"""Checks of query and body parameters, as data. Messages name fields the way TikTok does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from saleor_tiktok_stripe.sandbox.tiktok.errors import ApiError, invalid


@dataclass(frozen=True)
class Field:
    """One parameter. `kind` is int, str, bool, list or object, `code` what is raised."""

    kind: str
    required: bool = False
    default: Any = None
    low: int | None = None
    high: int | None = None
    choices: tuple[str, ...] = ()
    longest: int | None = None
    code: int = 36009004


def _pascal(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


def _refuse(name: str, spec: Field, why: str) -> ApiError:
    if spec.code == invalid("").code:
        return invalid(f"The parameter {_pascal(name)} {why}")
    return ApiError(spec.code, f"{name} {why}")


def _number(name: str, spec: Field, value: Any) -> int:
    if isinstance(value, str) and value.isascii() and value.lstrip("-").isdigit():
        return _bounded(name, spec, int(value))
    if isinstance(value, bool) or not isinstance(value, int):
        raise _refuse(name, spec, "must be a number")
    return _bounded(name, spec, value)


def _bounded(name: str, spec: Field, value: int) -> int:
    too_low = spec.low is not None and value < spec.low
    if too_low or (spec.high is not None and value > spec.high):
        raise _refuse(name, spec, f"must lie between {spec.low} and {spec.high}")
    return value


def _checked(name: str, spec: Field, value: Any) -> Any:
    if spec.kind == "int":
        return _number(name, spec, value)
    types: dict[str, Any] = {"str": str, "bool": bool, "list": list, "object": dict}
    if not isinstance(value, types[spec.kind]):
        raise _refuse(name, spec, "has the wrong type")
    if spec.choices:
        for item in value if isinstance(value, list) else [value]:
            if item not in spec.choices:
                raise _refuse(name, spec, f"must be one of {', '.join(spec.choices)}")
    if spec.longest is not None and len(value) > spec.longest:
        raise _refuse(name, spec, f"has more than {spec.longest} entries")
    return value


def _read(given: Mapping[str, Any], specs: Mapping[str, Field]) -> dict[str, Any]:
    read: dict[str, Any] = {}
    for name, spec in specs.items():
        value = given.get(name)
        if value is None or value == "":
            if spec.required:
                raise _refuse(name, spec, "is required")
            read[name] = spec.default
        else:
            read[name] = _checked(name, spec, value)
    return read


def read_query(given: Mapping[str, str], specs: Mapping[str, Field]) -> dict[str, Any]:
    """Query parameters as values: digits as int, comma lists as lists; unknown ones are ignored."""
    split = {
        name: value.split(",") if specs[name].kind == "list" else value
        for name, value in given.items()
        if name in specs and value
    }
    return _read(split, specs)


def read_body(given: Mapping[str, Any], specs: Mapping[str, Field]) -> dict[str, Any]:
    """Body parameters, checked; unknown ones are ignored."""
    return _read(given, specs)
