"""Receiving a notification: verify on the raw bytes, write down, answer; the work comes later.

Reference: TikTok Shop wants 200 with an empty body within 3 seconds, 401 for a wrong signature, and
repeats anything else after 2 min, 30 min, 3 h and 12 h. It delivers at least once, in any order.
"""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections import Counter
from typing import Any

from django.db import connection as database

from .. import conf
from ..errors import InvalidInput
from ..jobs import clock
from ..jobs.queue import insert_params, insert_sql, wake_on_commit
from ..models import EventStatus, Vendor
from ..models.fields import KeysNotUsable, UnreadableSecret, encrypt
from ..tiktok import webhooks
from ..tiktok.types import Notification
from . import doors, routes
from .types import Door, InboxAnswer

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
_EVENT_AND_JOBS = f"""
WITH event AS ({_EVENT}),
job AS ({insert_sql(guard="WHERE EXISTS (SELECT 1 FROM event)")})
SELECT id FROM event
"""  # noqa: S608  (no input in it)

_answers: Counter[str] = Counter()
_answers_lock = threading.Lock()


def receive(channel_slug: str, raw_body: bytes, authorization: str | None) -> InboxAnswer:
    """Take in one notification for the channel's shop; ``authorization`` is the header's value.

    Stored, deduplicated and handed over in one statement, so that a process killed at any moment
    has done all of it or nothing. Nothing is stored unless the signature fits. Raises the
    database's errors: the vendor then repeats the notification.
    """
    started = time.monotonic()
    outcome, notification = _take(channel_slug, raw_body, authorization or "")
    with _answers_lock:
        _answers[outcome] += 1
    # Anyone can send what is refused: no line in the log for each.
    log.log(
        logging.INFO if notification else logging.DEBUG,
        "event channel=%s id=%s type=%s subject=%s outcome=%s ms=%.1f",
        channel_slug[:64],
        notification.event_id if notification else "",
        event_type(notification) if notification else "",
        notification.subject[: routes.SUBJECT_LIMIT] if notification else "",
        outcome,
        (time.monotonic() - started) * 1000,
    )
    return InboxAnswer(_STATUS[outcome], outcome)


def answers() -> dict[str, int]:
    """This process's answers by outcome since it started."""
    with _answers_lock:
        return dict(_answers)


def event_type(notification: Notification) -> str:
    """Its name, or its number when the name is unknown."""
    if notification.kind == webhooks.UNKNOWN.name:
        return f"TYPE_{notification.type_id}"[:64]
    return notification.kind


def _take(channel_slug: str, raw_body: bytes, signature: str) -> tuple[str, Notification | None]:
    if len(raw_body) > conf.WEBHOOK_BODY_LIMIT:
        return "too_large", None
    try:
        door = doors.door(channel_slug)
        if door is None:
            return "unknown_channel", None
        fitting = _fitting(door, channel_slug, raw_body, signature)
    except (UnreadableSecret, KeysNotUsable):
        return "unreadable_secret", None
    if fitting is None:
        return "rejected", None
    notification = _read(raw_body)
    return _store(fitting, raw_body, notification), notification


def _fitting(door: Door, channel_slug: str, raw_body: bytes, signature: str) -> Door | None:
    """The door whose secret the signature was made with."""
    if webhooks.verify(door.app_key, door.app_secret, raw_body, signature):
        return door
    newer = doors.reloaded(door, channel_slug)
    if newer and webhooks.verify(newer.app_key, newer.app_secret, raw_body, signature):
        return newer
    return None


def _read(raw_body: bytes) -> Notification:
    try:
        return webhooks.parse(raw_body)
    except InvalidInput:
        # Signed, so the vendor's: kept like any type that we do not know.
        return Notification(
            type_id=0,
            kind="UNREADABLE",
            event_id="sha256:" + hashlib.sha256(raw_body).hexdigest(),
            shop_id="",
            sent_at=None,
            subject="",
            data={},
        )


def _store(door: Door, raw_body: bytes, notification: Notification) -> str:
    ours = notification.shop_id == door.shop_id
    request = routes.request(notification) if ours else routes.Request("", ())
    status = EventStatus.HANDED_OVER if request.subjects else EventStatus.IGNORED
    now = clock.now()
    params: list[Any] = [
        Vendor.TIKTOK.value,
        door.connection_id,
        notification.event_id,
        event_type(notification),
        (request.subjects or (notification.subject,))[0][: routes.SUBJECT_LIMIT],
        encrypt(raw_body.decode("utf-8", "backslashreplace")),
        notification.sent_at,
        now,
        status.value,
    ]
    statement = _EVENT
    if request.subjects:
        statement = _EVENT_AND_JOBS
        params += insert_params(request.job, door.connection_id, request.subjects)
    with database.cursor() as cursor:
        cursor.execute(statement, params)
        is_new = cursor.fetchone() is not None
    if not is_new:
        return "duplicate"
    if request.subjects:
        wake_on_commit()
    return status.value
