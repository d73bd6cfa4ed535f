"""One visit of one person to one page: what a view gets, and how it answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Final
from urllib.parse import quote, urlencode

from django.http import HttpRequest, HttpResponse

from ... import access, accounts
from ...access import Rule
from ...errors import ChannelError, InvalidInput
from ...models import Connection, Vendor
from ...saleor_api.requestors import Requestor
from . import rendering, sessions
from .page import Page
from .parts import Form, Input, Pager

CONSOLE: Final = "console/"


class Missing(ChannelError):
    """There is no such thing to show: answered 404."""

    def __init__(self, message: str) -> None:
        super().__init__("NOT_FOUND", message)


@dataclass(frozen=True)
class Place:
    """Where the console of a channel is: ``base`` is the path of its address, as browsers write
    it, with a slash at its end."""

    channel: str
    base: str


@dataclass(frozen=True)
class Visit:
    """What a view gets. ``page``: its row of the table, ``arguments``: the parts of the path that
    its pattern names. ``error``: why the action ``did`` failed, when the page is shown once more
    because of that.
    """

    request: HttpRequest
    place: Place
    session: sessions.Session
    who: Requestor
    page: Page
    pages: tuple[Page, ...]
    arguments: Mapping[str, str] = field(default_factory=dict)
    error: ChannelError | None = None
    did: str = ""
    form: str = ""

    @property
    def channel(self) -> str:
        """The channel's slug."""
        return self.place.channel

    @property
    def actor(self) -> str:
        """What services and the audit log call this person."""
        return self.who.name

    @cached_property
    def connections(self) -> list[Connection]:
        """The channel's: TikTok's first, then Stripe's."""
        return accounts.channel_connections(self.channel)

    def connection(self, vendor: Vendor | str) -> Connection:
        """Raises ``InvalidInput`` (``NOT_CONFIGURED``)."""
        return accounts.find_connection(self.channel, vendor)

    def connection_or_none(self, vendor: Vendor | str) -> Connection | None:
        """One vendor's, in any state."""
        return next((one for one in self.connections if one.vendor == vendor), None)

    def may(self, rule: Rule) -> bool:
        """Whether this person may do what the rule opens, in this channel."""
        return access.allows(rule, self.who, self.channel)

    def require(self, rule: Rule) -> None:
        """Raises ``access.Denied``."""
        access.check(rule, self.who, self.channel)

    def query(self, name: str) -> str:
        """A value of the address's query, "" for none."""
        return storable(self.request.GET.get(name, ""))

    def entered(self, name: str) -> str:
        """A value of the form that was sent, without the spaces around it."""
        return storable(self.request.POST.get(name, "")).strip()

    def url(self, name: str = "", query: Mapping[str, str] | None = None, **arguments: str) -> str:
        """The address of a page by its name in the table; without one, of this page."""
        page = self.page if not name else next(one for one in self.pages if one.name == name)
        values = arguments or (self.arguments if not name else {})
        parts = [
            quote(values[part[1:-1]], safe="") if part.startswith("<") else part
            for part in page.path.split("/")
        ]
        asked = {key: value for key, value in (query or {}).items() if value}
        return self.place.base + "/".join(parts) + (f"?{urlencode(asked)}" if asked else "")

    def may_open(self, path: str) -> bool:
        """Whether there is a page at ``path`` (below the console's address) for this person."""
        found = [one for one in self.pages if one.match(path) is not None]
        return bool(found) and self.may(found[0].rule)

    @property
    def menu(self) -> list[Page]:
        """The pages of the navigation that this person may open."""
        return [one for one in self.pages if one.menu and self.may(one.rule)]

    @property
    def said(self) -> sessions.Flash | None:
        """What is to be said once, after an action."""
        return sessions.said(self.request)

    def pager(self, following: str, **kept: str) -> Pager:
        """Links to the first and the next page of a list; ``kept`` are the filters in force."""
        first = self.url(query=kept) if self.query("after") else ""
        onward = self.url(query={**kept, "after": following}) if following else ""
        return Pager(first, onward)

    def filled(self, form: Form) -> Form:
        """The form with what was entered before it failed, and the reason at its field. What is
        secret is not repeated."""
        if self.error is None or self.did != form.action or self.form not in ("", form.id):
            return self._named(form, form.inputs)
        return self._named(form, [self._refilled(one) for one in form.inputs])

    def _named(self, form: Form, inputs: Iterable[Input]) -> Form:
        named = [one if one.id else replace(one, id=f"{form.id}-{one.name}") for one in inputs]
        return replace(form, inputs=tuple(named))

    def _refilled(self, one: Input) -> Input:
        wrong = isinstance(self.error, InvalidInput) and self.error.field == one.name
        words = self.error.message if wrong and self.error is not None else ""
        if one.kind in ("password", "file"):
            return replace(one, error=words)
        value = self.request.POST.get(one.name, "")
        return replace(one, value=value, error=words)

    def show(
        self, template: str, title: str = "", *, status: int = 200, **values: Any
    ) -> HttpResponse:
        """The page: ``template`` is a file of ``templates/.../console/``."""
        shown = {"visit": self, "title": title or self.page.title, **values}
        if self.error is None:
            return rendering.page(template, shown, status=status)
        status, field = failed_status(self.error), getattr(self.error, "field", "")
        shown["failed_at"] = f"{self.form}-{field}" if self.form and field else ""
        response = rendering.page(template, shown, status=status)
        # What is wrong may be nothing that can be entered: then there is no input to lead to.
        if f'id="{shown["failed_at"]}"'.encode() not in response.content:
            response = rendering.page(template, {**shown, "failed_at": ""}, status=status)
        return response

    def go(self, url: str, text: str = "", tone: str = "good") -> HttpResponse:
        """After an action: on to ``url`` (one that ``url()`` made), where ``text`` is said."""
        response = rendering.see_other(url)
        if text:
            flash = sessions.Flash(tone, text)
            sessions.say(response, flash, self.request, self.place.base)
        return response


def storable(text: str) -> str:
    """Without zero bytes, which no database keeps: asked for them, it raises."""
    return text.replace("\0", "")


def failed_status(error: ChannelError) -> int:
    """403 for what is not permitted, 404 for what is not there, 503 for what passes, else 422."""
    if isinstance(error, access.Denied):
        return 403
    if isinstance(error, Missing):
        return 404
    return 503 if error.retryable else 422
