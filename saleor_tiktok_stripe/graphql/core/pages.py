"""Lists as connections with cursors, as everywhere in Saleor; they go forward only."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Any, Final

import graphene
from graphene.relay import PageInfo

from ...access import Rule
from ...errors import InvalidInput
from ...models.paging import Page
from ...saleor_api import writer
from .fields import RuledField, check_texts
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
        with writer():
            return self.count() if self.count else None


def paged(page: Page[Any], count: Callable[[], int] | None = None) -> Listed:
    """A page of a list function as the API shows it."""
    cursors = [cursor_of(place) for place in page.places]
    return Listed(page.items, cursors, bool(page.next), count)


def cursor_of(place: str) -> str:
    """A place in a list, as clients carry it."""
    return base64.urlsafe_b64encode(place.encode()).decode()


def place_of(cursor: str | None) -> str:
    """Raises ``InvalidInput`` (``PAGE_INVALID``)."""
    try:
        place = base64.b64decode((cursor or "").encode(), b"-_", validate=True).decode()
        check_texts(place)
    except (ValueError, binascii.Error, InvalidInput):
        raise InvalidInput(
            "PAGE_INVALID", "This is no cursor of this list.", field="after"
        ) from None
    return place


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
            "__doc__": "An item of a page.",
            "node": graphene.Field(node, required=True, description="The item."),
            "cursor": graphene.String(required=True, description="Its place in the list."),
        },
    )
    return type(
        f"{name}CountableConnection",
        (graphene.ObjectType,),
        {
            "__doc__": "A page of a list.",
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


def page_field(
    node: Any,
    *,
    rule: Rule,
    description: str,
    listed: Callable[..., Page[Any]],
    wanted: type[graphene.InputObjectType] | None = None,
    count: Callable[[Any], int] | None = None,
    **arguments: Any,
) -> RuledField:
    """A list as a field of the namespace: ``listed(shop, after=, size=, **filter, **arguments)``.
    ``wanted`` is the type of its ``filter``; ``count(shop)`` tells how many there are without
    one."""

    def resolve(
        shop: Any,
        first: int | None = None,
        after: str | None = None,
        filter: dict[str, Any] | None = None,  # noqa: A002  (as the API calls it)
        **rest: Any,
    ) -> Listed:
        terms = {name: value for name, value in (filter or {}).items() if value is not None}
        page = listed(shop, after=place_of(after), size=size_of(first), **terms, **rest)
        all_of = None if count is None or terms or rest else partial(count, shop)
        return paged(page, all_of)

    if wanted is not None:
        arguments["filter"] = wanted(description="Which ones; all if left out.")
    return RuledField(
        connection_type(node),
        rule=rule,
        description=description,
        resolve=resolve,
        **arguments,
        **page_arguments(),
    )


def page_arguments() -> dict[str, Any]:
    """``first`` and ``after``."""
    return {
        "first": graphene.Int(description=FIRST_WORDS),
        "after": graphene.String(description=AFTER_WORDS),
    }
