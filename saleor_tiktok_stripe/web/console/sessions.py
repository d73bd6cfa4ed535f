"""Who is signed in, kept in one encrypted cookie: there is no table of sessions.

The cookie goes to the console's own address only, is out of reach for scripts and is not sent along
from other sites. It holds Saleor's tokens; what they permit is asked of Saleor at each visit.
"""

from __future__ import annotations

import json
import secrets
import time
from dataclasses import dataclass, field, replace
from hmac import compare_digest
from typing import Any, Final

from django.http import HttpRequest, HttpResponse

from ... import conf
from ...errors import ChannelError, InvalidInput
from ...models.fields import UnreadableSecret, decrypt, encrypt
from ...saleor_api.requestors import SignedIn

COOKIE: Final = "tiktok_stripe_console"
FLASH_COOKIE: Final = "tiktok_stripe_console_said"
IDLE_SECONDS: Final = 12 * 3600
"""So long after the last visit a session ends."""
RENEW_SECONDS: Final = 600
"""So old the time of the last visit in the cookie may become before the cookie is written anew."""
FLASH_SECONDS: Final = 120
LARGEST: Final = 4000
"""Bytes that browsers keep of a cookie, less its attributes."""


@dataclass(frozen=True)
class Session:
    """``csrf`` is in each form. Empty tokens: nobody is signed in yet. ``seen``: Unix time."""

    csrf: str = field(repr=False)
    access: str = field(default="", repr=False)
    refresh: str = field(default="", repr=False)
    seen: int = 0

    @property
    def signed_in(self) -> bool:
        """Whether it holds a token."""
        return bool(self.access)

    def fits(self, token: str) -> bool:
        """Whether a form was made for this session."""
        return compare_digest(self.csrf.encode(), token.encode("utf-8", "surrogatepass"))


@dataclass(frozen=True)
class Flash:
    """What is said once, on the next page. ``tone``: ``good``, ``bad`` or ``info``."""

    tone: str
    text: str


def begin(signed: SignedIn | None = None) -> Session:
    """A new session with its own token for forms; signed in, or for the sign-in form."""
    csrf, now = secrets.token_urlsafe(24), int(time.time())
    if signed is None:
        return Session(csrf, seen=now)
    return Session(csrf, signed.access, signed.refresh, now)


def read(request: HttpRequest) -> Session | None:
    """The request's session; None when there is none, it is forged, or it was idle for too long."""
    held = _opened(request.COOKIES.get(COOKIE, ""), "session")
    if held is None or time.time() - int(held["t"]) > IDLE_SECONDS:
        return None
    return Session(held["c"], held["a"], held["r"], int(held["t"]))


def is_stale(session: Session) -> bool:
    """Whether the cookie is to be written anew, so that who works is not signed out."""
    return time.time() - session.seen > RENEW_SECONDS


def touched(session: Session) -> Session:
    """The same, seen now."""
    return replace(session, seen=int(time.time()))


def keep(response: HttpResponse, session: Session, request: HttpRequest, address: str) -> None:
    """Write the cookie. Raises ``InvalidInput`` (``SESSION_TOO_LARGE``) where no browser would
    keep it."""
    held = {"a": session.access, "r": session.refresh, "c": session.csrf, "t": session.seen}
    sealed = _sealed("session", held)
    if len(sealed) > LARGEST:
        raise InvalidInput(
            "SESSION_TOO_LARGE",
            "Saleor's sign-in is larger than a browser keeps. Sign in with another account.",
        )
    _set(response, COOKIE, sealed, IDLE_SECONDS, request, address)


def end(response: HttpResponse, request: HttpRequest, address: str) -> None:
    """Forget who is signed in."""
    for name in (COOKIE, FLASH_COOKIE):
        _set(response, name, "", 0, request, address)


def say(response: HttpResponse, flash: Flash, request: HttpRequest, address: str) -> None:
    """Let the next page say something; encrypted, so that nobody else can make it speak."""
    held = {"tone": flash.tone, "text": flash.text[:900]}
    _set(response, FLASH_COOKIE, _sealed("said", held), FLASH_SECONDS, request, address)


def said(request: HttpRequest) -> Flash | None:
    """What this page is to say."""
    held = _opened(request.COOKIES.get(FLASH_COOKIE, ""), "said")
    return None if held is None else Flash(held["tone"], held["text"])


def unsay(response: HttpResponse, request: HttpRequest, address: str) -> None:
    """It was said."""
    _set(response, FLASH_COOKIE, "", 0, request, address)


def _sealed(purpose: str, held: dict[str, Any]) -> str:
    return encrypt(json.dumps({"for": f"console.{purpose}", **held}, separators=(",", ":")))


def _opened(cookie: str, purpose: str) -> dict[str, Any] | None:
    if not cookie or not cookie.isascii():
        return None
    try:
        held = json.loads(decrypt(cookie))
    except (UnreadableSecret, ValueError):
        return None
    if not isinstance(held, dict) or held.get("for") != f"console.{purpose}":
        return None
    return held


def _set(
    response: HttpResponse, name: str, value: str, age: int, request: HttpRequest, address: str
) -> None:
    # Behind a proxy that ends TLS the request itself may look plain.
    secure = request.is_secure() or conf.public_url().startswith("https://")
    response.set_cookie(
        name,
        value,
        max_age=age,
        path=address,
        secure=secure,
        httponly=True,
        samesite="Strict",
    )


def ends_session(error: ChannelError) -> bool:
    """Whether Saleor does not know the token any more."""
    return isinstance(error, InvalidInput) and error.code in {"TOKEN_EXPIRED", "TOKEN_INVALID"}
