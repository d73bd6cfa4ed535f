"""From a request below ``console/`` to its answer: who asks, whether they may, then the page."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Final
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse

from ... import access
from ...errors import ChannelError, InvalidInput, Parked, RetryLater
from ...saleor_api import get_saleor
from ...saleor_api.requestors import Requestor
from .. import answers
from . import pages, rendering, serving, sessions, signing
from .page import Page
from .visits import CONSOLE, Missing, Place, Visit, failed_status

log = logging.getLogger("saleor_tiktok_stripe.web")

BODY_LIMIT: Final = 16 * 1024 * 1024
"""Bytes of a form, with its files."""


def handle(request: HttpRequest, channel_slug: str, path: str) -> HttpResponse:
    """``path`` begins with ``console/``. Nothing of a request's body is read before it is known
    who sent it, but for the sign-in form's."""
    root = request.path.removesuffix(path)
    place = Place(channel_slug, quote(root, safe="/") + CONSOLE)
    below = path.removeprefix(CONSOLE)
    if below.startswith(serving.PREFIX):
        return serving.serve(request, below)
    if request.method not in ("GET", "HEAD", "POST"):
        return answers.not_allowed("GET", "HEAD", "POST")
    if below == signing.SIGN_IN:
        return signing.sign_in(request, place)
    found = pages.find(below)
    session = sessions.read(request)
    if below != signing.SIGN_OUT and found is None:
        return answers.not_found()
    if session is None or not session.signed_in:
        return signing.ask(request, place, below)
    if below == signing.SIGN_OUT:
        return signing.sign_out(request, place, session)
    assert found is not None  # noqa: S101  (for the type checker: answered above)
    return _visited(request, place, session, found)


def _visited(
    request: HttpRequest,
    place: Place,
    session: sessions.Session,
    found: tuple[Page, dict[str, str]],
) -> HttpResponse:
    try:
        who, renewed = _who(session)
    except ChannelError as error:
        if sessions.ends_session(error):
            return signing.ask(request, place, _own_path(request, place), ended=True)
        return signing.failed(place, error)
    page, arguments = found
    visit = Visit(request, place, renewed, who, page, pages.PAGES, arguments)
    response = _answered(visit)
    if renewed is not session or sessions.is_stale(session):
        sessions.keep(response, sessions.touched(renewed), request, place.base)
    if sessions.FLASH_COOKIE in request.COOKIES and response.status_code != 303:
        sessions.unsay(response, request, place.base)
    return response


def _who(session: sessions.Session) -> tuple[Requestor, sessions.Session]:
    """Whom the session stands for now, with a new token where the old one is used up."""
    try:
        return get_saleor().requestor(session.access), session
    except InvalidInput as error:
        if error.code != "TOKEN_EXPIRED" or not session.refresh:
            raise
    token = get_saleor().renew(session.refresh)
    return get_saleor().requestor(token), replace(session, access=token)


def _answered(visit: Visit) -> HttpResponse:
    try:
        if not visit.connections and not _is_channel(visit.channel):
            return answers.not_found()
        visit.require(visit.page.rule)
        if visit.request.method == "POST":
            return _acted(visit)
        return visit.page.view(visit)
    except access.Denied as error:
        return _denied(visit, error)
    except ChannelError as error:
        return _failed(visit, error)


def _is_channel(slug: str) -> bool:
    try:
        get_saleor().channel(slug)
    except Parked:
        return False
    return True


def _acted(visit: Visit) -> HttpResponse:
    """Do what the form asks; where that fails, show its page again with the reason."""
    if int(visit.request.headers.get("Content-Length") or 0) > BODY_LIMIT:
        return answers.empty(413)
    if not visit.session.fits(visit.request.POST.get("csrf", "")):
        return refused(visit)
    name = visit.entered("do")
    action = visit.page.actions.get(name)
    if action is None:
        raise Missing("This page has no such button any more. Reload it.")
    visit.require(action.rule or visit.page.rule)
    try:
        return action.view(visit)
    except ChannelError as error:
        if isinstance(error, access.Denied | Missing):
            raise
        log.info("console %s %s: %s", visit.page.name, name, error.code)
        again = replace(visit, error=error, did=name, form=visit.entered("form"))
        return visit.page.view(again)


def refused(visit: Visit) -> HttpResponse:
    """A form that was not made for this session: 403, and nothing is done."""
    return rendering.page(
        "problem.html",
        {
            "visit": visit,
            "title": "This form is out of date",
            "message": "It was made before you signed in, or somewhere else, so nothing was done.",
            "cure": "Go back, reload the page, and send it again.",
        },
        status=403,
    )


def _denied(visit: Visit, error: access.Denied) -> HttpResponse:
    """Which permission is missing, and who can give it."""
    page, name = visit.page, visit.request.POST.get("do", "")
    rule = page.actions[name].rule if name in page.actions else None
    values = {
        "visit": visit,
        "title": "You may not open this page",
        "message": error.message,
        "words": (rule or page.rule).words if error.code == "PERMISSION_DENIED" else "",
        "denied": True,
    }
    return rendering.page("problem.html", values, status=403)


def _failed(visit: Visit, error: ChannelError) -> HttpResponse:
    log.info("console %s: %s", visit.page.name, error.code)
    status = 404 if isinstance(error, InvalidInput) else failed_status(error)
    title = {404: "There is nothing here", 503: "Not now"}.get(status, "That did not work")
    retry = "Nothing was changed. Try again in a minute." if isinstance(error, RetryLater) else ""
    values = {"visit": visit, "title": title, "message": error.message, "cure": retry}
    return rendering.page("problem.html", values, status=status)


def _own_path(request: HttpRequest, place: Place) -> str:
    return quote(request.path, safe="/").removeprefix(place.base)
