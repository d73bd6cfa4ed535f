"""Vendors' notifications: taken at once or refused, without a word about why."""

from __future__ import annotations

import logging

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse

from .. import conf, inbox
from ..models import Vendor
from . import answers

log = logging.getLogger("saleor_tiktok_stripe.web")


def receive(request: HttpRequest, channel_slug: str, vendor: Vendor) -> HttpResponse:
    """The inbox's answer, always without a body; 413, unread, when the body is too large, and 503
    while the database is away: the vendor tries again."""
    body = read_body(request)
    if body is None:
        return answers.empty(413)
    signature = request.headers.get(inbox.WIRES[vendor].header)
    try:
        answer = inbox.receive(vendor, channel_slug, body, signature)
    except (OperationalError, InterfaceError) as error:
        # Not raised: an error tracker would be told the body, which holds buyer data.
        log.warning("notification not stored: %s", type(error).__name__)
        return answers.empty(503)
    return answers.empty(answer.status)


def read_body(request: HttpRequest) -> bytes | None:
    """At most ``conf.WEBHOOK_BODY_LIMIT`` bytes; None when there are more."""
    try:
        announced = int(request.headers.get("Content-Length") or 0)
    except ValueError:
        return None
    if announced > conf.WEBHOOK_BODY_LIMIT:
        return None
    body = request.read(conf.WEBHOOK_BODY_LIMIT + 1)
    return body if len(body) <= conf.WEBHOOK_BODY_LIMIT else None
