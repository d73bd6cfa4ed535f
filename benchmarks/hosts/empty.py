"""A view that does nothing: what any request costs in this server."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import path


def empty(request: HttpRequest) -> HttpResponse:
    """200 and no body."""
    return HttpResponse()


urlpatterns = [path("empty/", empty)]
