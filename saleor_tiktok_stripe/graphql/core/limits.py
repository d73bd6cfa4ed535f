"""Bounds of what may be asked: depth, size and cost of a query, and calls per minute.

Checked where the API is entered, so that they hold at Saleor's own address too, whose cost map
knows none of these fields.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from graphql.language import ast

from ... import conf
from ...errors import RetryLater
from ...transport import Call, Lane, Rate
from ...transport.limiter import RateLimiter
from .asking import Asking
from .errors import TooMuch

DEEPEST: Final = 12
MOST_FIELDS: Final = 1_000
MOST_COST: Final = 10_000
"""A field costs one, times the number of items asked for of every list it stands in."""
PAGE: Final = 20
LARGEST_PAGE: Final = 100
_LISTS: Final = frozenset({"edges", "nodes"})


def spend(info: Any, asking: Asking) -> None:
    """Check the operation's bounds and take it out of the asker's budget, once per operation (a
    request at Saleor's address may have several); what was refused stays so for all its fields.
    Raises ``TooMuch``: ``QUERY_TOO_DEEP``, ``QUERY_TOO_COSTLY``, ``RATE_LIMITED``."""
    if asking.counted is not info.operation:
        asking.counted, asking.refused = info.operation, None
        try:
            measure(info.operation, info.fragments, info.variable_values or {})
            _take(asking)
        except TooMuch as refused:
            asking.refused = refused
    if asking.refused is not None:
        raise asking.refused


def check_size(document: ast.Document) -> None:
    """Raises ``TooMuch`` (``QUERY_TOO_COSTLY``) for more fields and fragments than a query may
    have: validation compares those of one name with each other, so that it has to be known
    before."""
    waiting: list[Any] = [one for one in document.definitions if hasattr(one, "selection_set")]
    left = MOST_FIELDS
    while waiting:
        found = waiting.pop().selection_set
        selections = found.selections if found is not None else []
        left -= len(selections)
        if left < 0:
            raise _too_many()
        waiting += [one for one in selections if hasattr(one, "selection_set")]


def _take(asking: Asking) -> None:
    who = asking.who
    account = f"{who.kind}:{who.id}" if who.id else f"ip:{asking.ip}"
    group = "api" if who.id else "public"
    call = Call("POST", "", label="graphql", group=group, account=account, lane=Lane.INTERACTIVE)
    try:
        _limiter(conf.redis_url(), conf.api_calls_per_minute()).take(call)
    except RetryLater as error:
        wait = round(error.retry_after or 1.0)
        raise TooMuch("RATE_LIMITED", f"Too many calls; try again in {max(wait, 1)} s.") from None


@cache
def _limiter(redis_url: str, per_minute: int) -> RateLimiter:
    rates = {"api": Rate(per_minute, 60), "public": Rate(max(per_minute // 2, 1), 60)}
    return RateLimiter(rates, redis_url=redis_url)


def measure(
    operation: ast.OperationDefinition,
    fragments: Mapping[str, ast.FragmentDefinition],
    variables: Mapping[str, Any],
) -> int:
    """The cost of an operation. Raises ``TooMuch``. What introspection asks for costs nothing."""
    meter = _Meter(fragments, variables)
    return meter.cost(operation.selection_set, 1, 1)


class _Meter:
    def __init__(
        self, fragments: Mapping[str, ast.FragmentDefinition], variables: Mapping[str, Any]
    ) -> None:
        self.fragments = fragments
        self.variables = variables
        self.seen = 0

    def cost(self, selections: ast.SelectionSet | None, depth: int, times: int) -> int:
        if selections is None:
            return 0
        total = 0
        for one in selections.selections:
            self.seen += 1  # fragments too: one in two, in two, in two is many without any field
            if self.seen > MOST_FIELDS:
                raise _too_many()
            if isinstance(one, ast.FragmentSpread):
                found = self.fragments.get(one.name.value)
                total += self.cost(found.selection_set, depth, times) if found else 0
            elif isinstance(one, ast.InlineFragment):
                total += self.cost(one.selection_set, depth, times)
            elif not one.name.value.startswith("__"):
                total += self._field(one, depth, times)
            if total > MOST_COST:
                raise TooMuch(
                    "QUERY_TOO_COSTLY",
                    f"This query asks for too much at once (more than {MOST_COST:,} fields of "
                    "items). Ask for smaller pages.",
                )
        return total

    def _field(self, field: ast.Field, depth: int, times: int) -> int:
        if depth > DEEPEST:
            raise TooMuch("QUERY_TOO_DEEP", f"A query may be {DEEPEST} levels deep.")
        return times + self.cost(field.selection_set, depth + 1, times * self._items(field))

    def _items(self, field: ast.Field) -> int:
        """How many items a field stands for: of a connection, as many as its page has."""
        for argument in field.arguments:
            if argument.name.value == "first":
                return max(1, min(self._number(argument.value), LARGEST_PAGE))
        return PAGE if self._is_list(field.selection_set, set()) else 1

    def _is_list(self, selections: ast.SelectionSet | None, known: set[str]) -> bool:
        """Whether items are selected, also by a fragment; ``known`` are those looked into."""
        for one in selections.selections if selections else ():
            if isinstance(one, ast.Field):
                if one.name.value in _LISTS:
                    return True
            elif isinstance(one, ast.InlineFragment):
                if self._is_list(one.selection_set, known):
                    return True
            elif one.name.value not in known:
                known.add(one.name.value)
                found = self.fragments.get(one.name.value)
                if found and self._is_list(found.selection_set, known):
                    return True
        return False

    def _number(self, value: Any) -> int:
        if isinstance(value, ast.Variable):
            given = self.variables.get(value.name.value)
            return given if isinstance(given, int) else PAGE
        return int(value.value) if isinstance(value, ast.IntValue) else PAGE


def _too_many() -> TooMuch:
    return TooMuch("QUERY_TOO_COSTLY", f"A query may have {MOST_FIELDS:,} fields.")
