"""The one table of the console's pages: where each is, whom it is for, and what it can do."""

from __future__ import annotations

from typing import Final

from ... import access
from .page import Action, Page
from .views import activity, start

PAGES: Final[tuple[Page, ...]] = (
    Page("start", "", access.HEALTH, "Start", start.show, menu="Start", icon="start"),
    Page(
        "activity",
        "activity/",
        access.ORDERS,
        "Activity",
        activity.show,
        {"replay": Action(activity.replay)},
        menu="Activity",
        icon="activity",
    ),
)


def find(path: str) -> tuple[Page, dict[str, str]] | None:
    """The page at ``path`` (below the console's address) and its arguments."""
    for page in PAGES:
        arguments = page.match(path)
        if arguments is not None:
            return page, arguments
    return None


def called(name: str) -> Page:
    """A page by its name. Raises ``StopIteration`` for one that is not in the table."""
    return next(page for page in PAGES if page.name == name)
