"""One address space for both hosts: Saleor's plugin URLs, and the sidecar's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from hmac import compare_digest
from typing import Final

from django.http import HttpRequest, HttpResponse

from .. import accounts, conf, health
from ..models import Vendor
from . import answers, notifications, oauth

MaySeeDetails = Callable[[HttpRequest], bool]
View = Callable[[HttpRequest, str], HttpResponse]


def holds_app_token(request: HttpRequest) -> bool:
    """Sidecar: whether the request shows the Saleor app's token (``Authorization: Bearer``)."""
    expected = conf.saleor_app_token()
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    if not expected or scheme.lower() != "bearer":
        return False
    return compare_digest(given.strip().encode(), expected.encode())


def handle(
    request: HttpRequest,
    channel_slug: str,
    path: str,
    *,
    may_see_details: MaySeeDetails = holds_app_token,
) -> HttpResponse:
    """Answer one request below the plugin's address of a channel.

    404 for any other path, and for channels without settings. ``may_see_details`` decides who gets
    the figures of ``health/``.
    """
    vendor = _NOTIFIES.get(path)
    if vendor is not None:
        # Thousands an hour: the inbox looks the channel up itself, and remembers it.
        if request.method != "POST":
            return answers.not_allowed("POST")
        return notifications.receive(request, channel_slug, vendor)
    if path == "health/":
        return _health(request, channel_slug, may_see_details)
    views = _VIEWS.get(path)
    if views is None or accounts.connection_or_none(channel_slug) is None:
        return answers.not_found()
    view = views.get(request.method or "")
    return answers.not_allowed(*views) if view is None else view(request, channel_slug)


def _health(
    request: HttpRequest, channel_slug: str, may_see_details: MaySeeDetails
) -> HttpResponse:
    connection = accounts.connection_or_none(channel_slug)
    if connection is None:
        return answers.not_found()
    if request.method != "GET":
        return answers.not_allowed("GET")
    if may_see_details(request):
        return answers.data(health.details(connection))
    return answers.data(health.summary(connection))


_NOTIFIES: Final[Mapping[str, Vendor]] = {
    "webhooks/tiktok/": Vendor.TIKTOK,
    "webhooks/stripe/": Vendor.STRIPE,
}
_VIEWS: Final[Mapping[str, Mapping[str, View]]] = {
    "oauth/tiktok/start/": {"GET": oauth.start},
    "oauth/tiktok/": {"GET": oauth.callback, "POST": oauth.choose},
}
