"""The first-run guide, and once it is finished the channel's health at a glance."""

from __future__ import annotations

from django.http import HttpResponse

from ..visits import Visit


def show(visit: Visit) -> HttpResponse:
    """The start page."""
    return visit.show("start.html")
