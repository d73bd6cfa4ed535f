"""The door Saleor opens. Only a door: every method is one call into a room."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseNotFound
from saleor.plugins.base_plugin import BasePlugin

from . import conf, web
from .saleor_api import writer


class TikTokStripePlugin(BasePlugin):
    """A TikTok Shop sales channel; one instance per Saleor channel."""

    PLUGIN_ID = conf.PLUGIN_ID
    PLUGIN_NAME = "TikTok Shop with Stripe"
    CONFIGURATION_PER_CHANNEL = True

    def webhook(self, request: HttpRequest, path: str, previous_value: Any) -> HttpResponse:
        """Serve our addresses. Saleor's legacy route reaches inactive plugins: checked here."""
        if not self.active or self.channel is None:
            return HttpResponseNotFound()
        if f"/channel/{self.channel.slug}/" not in request.path:
            return HttpResponseNotFound()
        with writer():
            return web.handle(request, self.channel.slug, (path or "").lstrip("/"))
