"""Lists as connections with cursors, as everywhere in Saleor; they go forward only."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import graphene
from graphene.relay import PageInfo

from ...errors import InvalidInput
from .limits import LARGEST_PAGE, PAGE

FIRST_WORDS: Final = f"How many items; {PAGE} if left out, at most {LARGEST_PAGE}."
AFTER_WORDS: Final = "The cursor behind which the page begins."


@dataclass(frozen=True)
class Listed:
    """A page, made of what a list function of a room returned. ``cursors``: one for each item."""

    items: Sequence[Any]
    cursors: Sequence[str]
    more: bool
    count: Callable[[], int] | None = None

    @property
    def edges(self) -> list[dict[str, Any]]:
        """Items with their places."""
        pairs = zip(self.items, self.cursors, strict=True)
        return [{"node": item, "cursor": cursor} for item, cursor in pairs]

    @property
    def page_info(self) -> PageInfo:
        """Where it ends."""
        return PageInfo(
            has_next_page=self.more,
            has_previous_page=False,
            start_cursor=self.cursors[0] if self.cursors else None,
            end_cursor=self.cursors[-1] if self.cursors else None,
        )

    @property
    def total_count(self) -> int | None:
        """Counted when asked for."""
        return self.count() if self.count else None


def size_of(first: int | None) -> int:
    """Raises ``InvalidInput`` (``PAGE_SIZE_INVALID``)."""
    if first is None:
        return PAGE
    if not 1 <= first <= LARGEST_PAGE:
        raise InvalidInput(
            "PAGE_SIZE_INVALID", f"`first` is between 1 and {LARGEST_PAGE}.", field="first"
        )
    return first


@cache
def connection_type(node: type[graphene.ObjectType]) -> type[graphene.ObjectType]:
    """``<Node>CountableConnection`` with its edges."""
    name = node._meta.name
    edge = type(
        f"{name}CountableEdge",
        (graphene.ObjectType,),
        {
            "__doc__": None,
            "node": graphene.Field(node, required=True, description="The item."),
            "cursor": graphene.String(required=True, description="Its place in the list."),
        },
    )
    return type(
        f"{name}CountableConnection",
        (graphene.ObjectType,),
        {
            "__doc__": None,
            "edges": graphene.List(
                graphene.NonNull(edge), required=True, description="The items of this page."
            ),
            "page_info": graphene.Field(
                PageInfo, required=True, description="Where the page ends."
            ),
            "total_count": graphene.Int(
                description="How many there are in all, where that can be counted."
            ),
        },
    )


def page_arguments() -> dict[str, Any]:
    """``first`` and ``after``."""
    return {
        "first": graphene.Int(description=FIRST_WORDS),
        "after": graphene.String(description=AFTER_WORDS),
    }
