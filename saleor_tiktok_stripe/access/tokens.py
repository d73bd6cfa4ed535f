"""From a request to who asks it."""

from __future__ import annotations

from ipaddress import ip_address

from django.http import HttpRequest

from ..saleor_api import get_saleor
from ..saleor_api.requestors import ANONYMOUS, Requestor


def token_of(request: HttpRequest) -> str:
    """Where Saleor looks for it too: ``Authorization-Bearer``, else ``Authorization: Bearer``."""
    given = request.headers.get("Authorization-Bearer", "")
    if given:
        return given.strip()
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() in ("bearer", "jwt") else ""


def who_asks(request: HttpRequest) -> Requestor:
    """Raises ``InvalidInput`` (``TOKEN_EXPIRED``, ``TOKEN_INVALID``) for a token that is no good:
    nobody is to think they are signed in when they are not."""
    token = token_of(request)
    return get_saleor().requestor(token) if token else ANONYMOUS


def ip_of(request: HttpRequest) -> str:
    """Where a request comes from, as Saleor makes it out when it counts attempts to sign in: the
    first address of ``X-Forwarded-For``, else the other end of the line."""
    for given in request.headers.get("X-Forwarded-For", "").split(","):
        try:
            return str(ip_address(given.strip()))
        except ValueError:
            continue
    return str(request.META.get("REMOTE_ADDR", ""))
