"""Receiving a notification: verify on the raw bytes, write down, answer; the work comes later.

Reference: TikTok Shop wants 200 with an empty body within 3 seconds, 401 for a wrong signature, and
repeats anything else after 2 min, 30 min, 3 h and 12 h; Stripe takes any 2xx within 10 seconds and
repeats for 3 days. Both deliver at least once, in any order.
"""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from typing import Any

from django.db import connection as database

from .. import conf
from ..errors import InvalidInput
from ..jobs import clock
from ..jobs.queue import insert_params, insert_sql, wake_on_commit
from ..models import Connection, EventStatus, Vendor
from ..models.fields import KeysNotUsable, UnreadableSecret, encrypt
from ..stripe_api.types import Notification
from . import doors, from_stripe
from .types import Door, Hint, InboxAnswer
from .vendors import WIRES

log = logging.getLogger("saleor_tiktok_stripe.inbox")

_STATUS = {
    "handed_over": 200,
    "ignored": 200,
    "duplicate": 200,
    "rejected": 401,
    "unknown_channel": 404,
    "too_large": 413,
    # The vendor tries again later, when the admin has put the key back.
    "unreadable_secret": 503,
}

_EVENT = """
INSERT INTO saleor_tiktok_stripe_inboundevent (provider, connection_id, event_key, event_type,
    subject, body, sent_at, received_at, status, replays)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, 0)
ON CONFLICT (connection_id, event_key) DO NOTHING RETURNING id
"""
_JOBS = insert_sql(guard="WHERE EXISTS (SELECT 1 FROM event)")

_KEY_LIMIT = 128
_TYPE_LIMIT = 64
_SUBJECT_LIMIT = 128

_answers: Counter[str] = Counter()
_answers_lock = threading.Lock()


def receive(
    vendor: Vendor, channel_slug: str, raw_body: bytes, signature: str | None
) -> InboxAnswer:
    """Take in one notification for the channel's account; ``signature`` is the header's value.

    Stored, deduplicated and handed over in one statement, so that a process killed at any moment
    has done all of it or nothing. Nothing is stored unless the signature fits. Raises the
    database's errors: the vendor then repeats the notification.
    """
    started = time.monotonic()
    outcome, hint = _take(vendor, channel_slug, raw_body, signature or "")
    with _answers_lock:
        _answers[outcome] += 1
    # Anyone can send what is refused: no line in the log for each.
    log.log(
        logging.INFO if hint else logging.DEBUG,
        "event vendor=%s channel=%s id=%s type=%s subject=%s outcome=%s ms=%.1f",
        vendor.value,
        channel_slug[:64],
        hint.event_key if hint else "",
        hint.event_type if hint else "",
        hint.subject if hint else "",
        outcome,
        (time.monotonic() - started) * 1000,
    )
    return InboxAnswer(_STATUS[outcome], outcome)


def adopt(connection: Connection, notifications: Iterable[Notification]) -> int:
    """Take in events that were listed at Stripe, as if they had been delivered; how many were new.

    Raises ``UnreadableSecret``.
    """
    door = doors.of(connection)
    outcomes = [
        _store(Vendor.STRIPE, door, one.raw.encode(), _limited(from_stripe.hint(one, door)))
        for one in notifications
    ]
    return sum(outcome != "duplicate" for outcome in outcomes)


def answers() -> dict[str, int]:
    """This process's answers by outcome since it started."""
    with _answers_lock:
        return dict(_answers)


def _take(
    vendor: Vendor, channel_slug: str, raw_body: bytes, signature: str
) -> tuple[str, Hint | None]:
    if len(raw_body) > conf.WEBHOOK_BODY_LIMIT:
        return "too_large", None
    try:
        door = doors.door(vendor, channel_slug)
        if door is None:
            return "unknown_channel", None
        fitting = _fitting(vendor, door, raw_body, signature)
    except (UnreadableSecret, KeysNotUsable):
        return "unreadable_secret", None
    if fitting is None:
        return "rejected", None
    hint = _read(vendor, raw_body, fitting)
    return _store(vendor, fitting, raw_body, hint), hint


def _fitting(vendor: Vendor, door: Door, raw_body: bytes, signature: str) -> Door | None:
    """The door whose secret the signature was made with."""
    fits = WIRES[vendor].fits
    if fits(door, raw_body, signature):
        return door
    newer = doors.reloaded(door, vendor)
    return newer if newer and fits(newer, raw_body, signature) else None


def _read(vendor: Vendor, raw_body: bytes, door: Door) -> Hint:
    try:
        return _limited(WIRES[vendor].read(raw_body, door))
    except InvalidInput:
        # Signed, so the vendor's: kept like any type that we do not know.
        key = "sha256:" + hashlib.sha256(raw_body).hexdigest()
        return Hint(key, "UNREADABLE", "", None, ())


def _limited(hint: Hint) -> Hint:
    subject = hint.requests[0].subjects[0] if hint.requests else hint.subject
    return replace(
        hint,
        event_key=hint.event_key[:_KEY_LIMIT],
        event_type=hint.event_type[:_TYPE_LIMIT],
        subject=subject[:_SUBJECT_LIMIT],
    )


def _store(vendor: Vendor, door: Door, raw_body: bytes, hint: Hint) -> str:
    status = EventStatus.HANDED_OVER if hint.requests else EventStatus.IGNORED
    params: list[Any] = [
        vendor.value,
        door.connection_id,
        hint.event_key,
        hint.event_type,
        hint.subject,
        encrypt(raw_body.decode("utf-8", "backslashreplace")),
        hint.sent_at,
        clock.now(),
        status.value,
    ]
    for request in hint.requests:
        params += insert_params(request.job, door.connection_id, request.subjects)
    with database.cursor() as cursor:
        cursor.execute(_statement(len(hint.requests)), params)
        is_new = cursor.fetchone() is not None
    if not is_new:
        return "duplicate"
    if hint.requests:
        wake_on_commit()
    return status.value


@cache
def _statement(kinds: int) -> str:
    """Stores an event and, when it is new, that many kinds of jobs."""
    if not kinds:
        return _EVENT
    jobs = ", ".join(f"job{number} AS ({_JOBS})" for number in range(kinds))
    return f"WITH event AS ({_EVENT}), {jobs} SELECT id FROM event"  # noqa: S608  (no input in it)
