"""The one table of the console's pages: where each is, whom it is for, and what it can do."""

from __future__ import annotations

from typing import Final

from ... import access
from .page import Action, Page
from .views import activity, guide, settings, start

PAGES: Final[tuple[Page, ...]] = (
    Page(
        "start",
        "",
        access.HEALTH,
        "Start",
        start.show,
        {
            "verify": Action(start.verify, access.SETTINGS),
            "retry": Action(start.retry, access.ORDERS),
        },
        menu="Start",
        icon="start",
    ),
    Page(
        "guide",
        "guide/",
        access.SETTINGS,
        "Set up this channel",
        guide.show,
        {
            "enter_app": Action(guide.enter_app),
            "choose": Action(guide.choose),
            "enter_keys": Action(guide.enter_keys),
            "verify": Action(guide.verify),
            "preview": Action(guide.preview),
            "begin_import": Action(guide.begin_import),
        },
        within="start",
    ),
    Page(
        "settings",
        "settings/",
        access.SETTINGS,
        "Settings",
        settings.show,
        {
            "verify": Action(settings.verify),
            "choices": Action(settings.choices),
            "disconnect": Action(settings.disconnect),
            "link": Action(settings.link),
            "unlink": Action(settings.unlink),
            "refresh": Action(settings.refresh),
        },
        menu="Settings",
        icon="settings",
    ),
    Page(
        "activity",
        "activity/",
        access.HEALTH,
        "Activity",
        activity.show,
        {
            "retry": Action(activity.retry, access.ORDERS),
            "retry_one": Action(activity.retry_one, access.ORDERS),
            "replay": Action(activity.replay, access.ORDERS),
        },
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
