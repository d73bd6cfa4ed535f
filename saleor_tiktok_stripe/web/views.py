from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseNotFound


def handle(request: HttpRequest, channel_slug: str, path: str) -> HttpResponse:
    """Answer one request below the plugin's address of a channel; 404 for what is not served."""
    return HttpResponseNotFound()
