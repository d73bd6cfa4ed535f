"""Answers with the headers that every address of ours sends."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from django.http import HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect, JsonResponse
from django.template import Context, Engine

_TEMPLATES: Final = Path(__file__).resolve().parent.parent / "templates"
_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_POLICY: Final = "default-src 'none'; base-uri 'none'; frame-ancestors 'none'"


def empty(status: int = 200) -> HttpResponse:
    """No body: what a vendor gets, whatever happened."""
    return sealed(HttpResponse(b"", status=status))


def not_found() -> HttpResponse:
    """404 without a word."""
    return empty(404)


def not_allowed(*methods: str) -> HttpResponse:
    """405 with the methods that are."""
    return sealed(HttpResponseNotAllowed(methods))


def data(values: Mapping[str, Any]) -> HttpResponse:
    """JSON."""
    return sealed(JsonResponse(dict(values)))


def redirect(url: str) -> HttpResponse:
    """To a vendor's page."""
    return sealed(HttpResponseRedirect(url))


def page(title: str, *, status: int = 200, **values: Any) -> HttpResponse:
    """A page for a person: no script, nothing loaded from anywhere."""
    nonce = secrets.token_urlsafe(16)
    body = _template().render(Context({"title": title, "nonce": nonce, **values}))
    policy = f"{_POLICY}; style-src 'nonce-{nonce}'; form-action 'self'"
    return sealed(HttpResponse(body, status=status), policy)


def sealed(response: HttpResponse, policy: str = _POLICY) -> HttpResponse:
    """``response`` with our headers."""
    for name, value in _HEADERS.items():
        response[name] = value
    response["Content-Security-Policy"] = policy
    return response


@lru_cache(maxsize=1)
def _template() -> Any:
    # An engine of our own: the host's template settings are none of our business.
    return Engine(dirs=[str(_TEMPLATES)]).get_template("saleor_tiktok_stripe/page.html")
