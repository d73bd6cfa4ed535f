"""Signing in with the staff account of the shop's Saleor, and out again."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote, urlencode

from django.http import HttpRequest, HttpResponse, QueryDict

from ... import access
from ...errors import ChannelError, InvalidInput, RetryLater
from ...saleor_api import get_saleor
from .. import answers
from . import pages, rendering, sessions
from .visits import Place, storable

SIGN_IN: Final = "sign-in/"
SIGN_OUT: Final = "sign-out/"
BODY_LIMIT: Final = 16 * 1024
_LONGEST_NEXT: Final = 500
_SENT_AWAY: Final = frozenset({"cross-site", "same-site"})


def ask(request: HttpRequest, place: Place, below: str, *, ended: bool = False) -> HttpResponse:
    """Send somebody who is not signed in to the form, and back to this page afterwards."""
    if _comes_from_elsewhere(request):
        return _come_again(place, request)
    query = request.META.get("QUERY_STRING", "") if request.method != "POST" else ""
    wanted = below if below != SIGN_OUT else ""
    asked = {"next": wanted + (f"?{query}" if query else "")}
    if ended or request.method == "POST":
        asked["said"] = "ended"
    shown = urlencode({name: value for name, value in asked.items() if value})
    response = rendering.see_other(place.base + SIGN_IN + (f"?{shown}" if shown else ""))
    if ended:
        sessions.end(response, request, place.base)
    return response


def sign_in(request: HttpRequest, place: Place) -> HttpResponse:
    """The form, and what it sends."""
    session = sessions.read(request)
    if request.method != "POST":
        return _form(request, place, session, said=_SAID.get(request.GET.get("said", ""), ""))
    if int(request.headers.get("Content-Length") or 0) > BODY_LIMIT:
        return answers.empty(413)
    if session is None or not session.fits(request.POST.get("csrf", "")):
        words = "The form was out of date, so nobody was signed in. Try again."
        return _form(request, place, session, failed=words, status=403)
    return _signed_in(request, place, session)


def sign_out(request: HttpRequest, place: Place, session: sessions.Session) -> HttpResponse:
    """By a form only: a link somewhere must not sign anybody out."""
    if request.method != "POST":
        return rendering.see_other(place.base)
    if not session.fits(request.POST.get("csrf", "")):
        return answers.empty(403)
    response = rendering.see_other(f"{place.base}{SIGN_IN}?said=out")
    sessions.end(response, request, place.base)
    return response


def failed(place: Place, error: ChannelError) -> HttpResponse:
    """Saleor cannot say who this is."""
    values = {
        "place": place,
        "title": "Not now",
        "message": "Saleor could not be asked who you are.",
        "cure": error.message,
    }
    return rendering.page("outside.html", values, status=503 if error.retryable else 502)


def destination(place: Place, wanted: str) -> str:
    """The address of the page that ``wanted`` (a path below the console's address, with its query)
    names; the start page for anything else, so that no link leads out of here."""
    path, _, query = wanted[:_LONGEST_NEXT].partition("?")
    if pages.find(path) is None:
        return place.base
    asked = QueryDict(query).urlencode()
    return place.base + quote(path, safe="/") + (f"?{asked}" if asked else "")


_SAID: Final = {
    "ended": "Your session has ended. Sign in again to go on where you were. What you sent last "
    "was not taken.",
    "out": "You are signed out.",
}


def _signed_in(request: HttpRequest, place: Place, session: sessions.Session) -> HttpResponse:
    email = storable(request.POST.get("email", "")).strip()
    password = request.POST.get("password", "")
    try:
        if not email or not password:
            raise InvalidInput("SIGN_IN_FAILED", "Enter your e-mail address and your password.")
        signed = get_saleor().sign_in(email, password, ip=access.ip_of(request))
        if signed.requestor.kind != "staff":
            raise InvalidInput("SIGN_IN_FAILED", "Only staff of the shop can sign in here.")
    except ChannelError as error:
        status = 429 if isinstance(error, RetryLater) else 422
        return _form(request, place, session, failed=error.message, email=email, status=status)
    response = rendering.see_other(destination(place, request.POST.get("next", "")))
    sessions.keep(response, sessions.begin(signed), request, place.base)
    return response


def _form(
    request: HttpRequest,
    place: Place,
    session: sessions.Session | None,
    *,
    status: int = 200,
    said: str = "",
    failed: str = "",
    email: str = "",
) -> HttpResponse:
    asked = request.POST if request.method == "POST" else request.GET
    used = session or sessions.begin()
    values = {
        "place": place,
        "title": "Sign in",
        "csrf": used.csrf,
        "next": asked.get("next", "")[:_LONGEST_NEXT],
        "said": said,
        "failed": failed,
        "email": email,
    }
    response = rendering.page("sign_in.html", values, status=status)
    if session is None:
        sessions.keep(response, used, request, place.base)
    return response


def _comes_from_elsewhere(request: HttpRequest) -> bool:
    """Browsers keep the cookie back when a link of another site (the Dashboard's, say) led here."""
    return (
        request.method == "GET"
        and sessions.COOKIE not in request.COOKIES
        and request.headers.get("Sec-Fetch-Site", "") in _SENT_AWAY
    )


def _come_again(place: Place, request: HttpRequest) -> HttpResponse:
    """The same address once more, asked for by a page of ours: then the cookie comes along."""
    query = request.META.get("QUERY_STRING", "")
    address = quote(request.path, safe="/") + (f"?{QueryDict(query).urlencode()}" if query else "")
    values = {"place": place, "title": "One moment", "again": address}
    return rendering.page("outside.html", values)
