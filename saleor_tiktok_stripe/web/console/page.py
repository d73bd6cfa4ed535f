"""What a row of the table of pages is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.http import HttpResponse

from ...access import Rule

if TYPE_CHECKING:
    from .visits import Visit

View = Callable[["Visit"], HttpResponse]


@dataclass(frozen=True)
class Action:
    """What a form of a page asks for. ``rule`` None: whoever may see the page may do it."""

    view: View
    rule: Rule | None = None


@dataclass(frozen=True)
class Page:
    """``path`` below the console's address, with a slash at its end ("" is the start page); a part
    in ``<>`` is an argument (an id). ``rule``: who may see it. ``view`` answers GET. ``actions``:
    what its forms may ask for, by name. ``menu``: its name in the navigation, "" for none;
    ``within``: the page of the navigation that it belongs to.
    """

    name: str
    path: str
    rule: Rule
    title: str
    view: View
    actions: Mapping[str, Action] = field(default_factory=dict)
    menu: str = ""
    icon: str = "plain"
    within: str = ""

    def match(self, path: str) -> dict[str, str] | None:
        """The arguments when this is the page at ``path``."""
        asked, known = path.split("/"), self.path.split("/")
        if len(asked) != len(known) or "\0" in path:
            return None
        pairs = list(zip(known, asked, strict=True))
        if any(part != given for part, given in pairs if not part.startswith("<")):
            return None
        found = {part[1:-1]: given for part, given in pairs if part.startswith("<")}
        return found if all(found.values()) else None
