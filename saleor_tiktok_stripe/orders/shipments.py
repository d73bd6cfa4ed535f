"""Which packages of the marketplace a Saleor fulfillment stands for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from ..saleor_api.keys import PACKAGE_KEY
from ..saleor_api.types import FulfillmentState

GONE: Final = frozenset({"FULFILLED", "WAITING_FOR_APPROVAL"})
"""States of a Saleor fulfillment in which goods count as shipped."""


def keys_of(one: FulfillmentState) -> tuple[str, ...]:
    """The packages it was recorded or told as, several where the marketplace divided what left
    Saleor at once; none: the marketplace does not know of it."""
    return tuple(key for key in one.metadata.get(PACKAGE_KEY, "").split(",") if key)


def package_of(key: str) -> str:
    """The package's id: later parts of one that has no id of its own are numbered."""
    return key.partition("+")[0]


def packages_of(one: FulfillmentState) -> frozenset[str]:
    """The same for all of its keys."""
    return frozenset(package_of(key) for key in keys_of(one))


def joined(keys: Iterable[str]) -> str:
    """As kept in the metadata."""
    return ",".join(dict.fromkeys(keys))
