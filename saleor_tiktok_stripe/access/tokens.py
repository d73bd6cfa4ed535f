"""From a request to who asks it."""

from __future__ import annotations

from django.http import HttpRequest

from ..saleor_api import get_saleor
from ..saleor_api.requestors import Requestor


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
    return get_saleor().requestor(token_of(request))
