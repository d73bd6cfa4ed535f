"""One address space for both hosts: Saleor's plugin URLs, and the sidecar's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from hmac import compare_digest
from typing import Final

from django.http import HttpRequest, HttpResponse

from .. import access, accounts, conf, health
from ..errors import ChannelError, InvalidInput
from ..models import Vendor
from . import answers, notifications, oauth, saleor_requests

View = Callable[[HttpRequest, str], HttpResponse]
CONSOLE: Final = "console/"


def handle(request: HttpRequest, channel_slug: str, path: str) -> HttpResponse:
    """Answer one request below the plugin's address of a channel.

    404 for any other path, and for channels without settings.
    """
    vendor = _NOTIFIES.get(path)
    if vendor is not None:
        # Thousands an hour: the inbox looks the channel up itself, and remembers it.
        if request.method != "POST":
            return answers.not_allowed("POST")
        return notifications.receive(request, channel_slug, vendor)
    if path == "webhooks/saleor/":
        return saleor_requests.receive(request)
    if path == "graphql/":
        return _graphql(request, channel_slug)
    if path.startswith(CONSOLE):
        from .console import handle as console  # its templates and views: with the first visit

        return console(request, channel_slug, path)
    if path == "health/":
        return _health(request, channel_slug)
    vendor, views = _VIEWS.get(path, (None, {}))
    if vendor is None or not _set_up(vendor, channel_slug):
        return answers.not_found()
    view = views.get(request.method or "")
    return answers.not_allowed(*views) if view is None else view(request, channel_slug)


def _graphql(request: HttpRequest, channel_slug: str) -> HttpResponse:
    """Open to pages of any origin, as Saleor's own API: nobody is signed in by cookie there."""
    if request.method == "OPTIONS":
        response = answers.empty(204)
    elif request.method == "POST":
        from ..graphql.view import answer  # graphene and the whole schema: with the first request

        response = answers.sealed(answer(request, channel_slug))
    else:
        return answers.not_allowed("POST", "OPTIONS")
    for name, value in _CROSS_ORIGIN.items():
        response[name] = value
    return response


def _health(request: HttpRequest, channel_slug: str) -> HttpResponse:
    """One word for everybody, figures for those whom ``access.HEALTH`` lets see them."""
    connections = accounts.channel_connections(channel_slug)
    if not connections:
        return answers.not_found()
    if request.method != "GET":
        return answers.not_allowed("GET")
    if _may_see_details(request, channel_slug):
        return answers.data(health.channel_details(connections))
    return answers.data(health.channel_summary(connections))


def _may_see_details(request: HttpRequest, channel_slug: str) -> bool:
    try:
        return access.allows(access.HEALTH, access.who_asks(request), channel_slug)
    except InvalidInput:
        return False
    except ChannelError:
        # Saleor cannot be asked, which is when an admin looks here.
        return _holds_app_token(request)


def _holds_app_token(request: HttpRequest) -> bool:
    """Sidecar: whether the request shows its own token."""
    ours = conf.saleor_app_token()
    return bool(ours) and compare_digest(access.token_of(request).encode(), ours.encode())


def _set_up(vendor: Vendor, channel_slug: str) -> bool:
    return any(one.vendor == vendor for one in accounts.channel_connections(channel_slug))


_CROSS_ORIGIN: Final = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "POST, OPTIONS",
    "Access-Control-Allow-Headers": "Authorization, Authorization-Bearer, Content-Type",
    "Access-Control-Max-Age": "600",
}
_NOTIFIES: Final[Mapping[str, Vendor]] = {
    "webhooks/tiktok/": Vendor.TIKTOK,
    "webhooks/stripe/": Vendor.STRIPE,
}
_VIEWS: Final[Mapping[str, tuple[Vendor, Mapping[str, View]]]] = {
    "oauth/tiktok/start/": (Vendor.TIKTOK, {"GET": oauth.start}),
    "oauth/tiktok/": (Vendor.TIKTOK, {"GET": oauth.callback, "POST": oauth.choose}),
    "oauth/stripe/start/": (Vendor.STRIPE, {"GET": oauth.start_stripe}),
    "oauth/stripe/": (Vendor.STRIPE, {"GET": oauth.callback_stripe}),
}
