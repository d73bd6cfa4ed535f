"""Delivers what was written down, and tries again for three days."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.db.models import F

from ..accounts import NoticePolicy, notice_policy, notice_secrets
from ..accounts.audit import record
from ..accounts.lookup import channel_connections
from ..errors import ChannelError, InvalidInput
from ..jobs import Again, ClaimedJob, Done, Result, clock
from ..models import Connection, NoticeDelivery
from . import mail, webhook
from .content import Content, compose
from .message import payload
from .outcomes import Outcome
from .telling import policy_in_zone, receivers

log = logging.getLogger("saleor_tiktok_stripe.notices")

RETRIES: Final = (60, 300, 1_800, 7_200, 18_000, 36_000, 43_200)
"""Seconds until the next attempt; the last holds for all that follow."""
GIVE_UP: Final = timedelta(days=3)
NOT_WANTED: Final = Outcome("NOT_WANTED", final=True)
"""The receiver was taken out of the settings meanwhile."""
_State = NoticeDelivery.State


def send(_: Connection | None, claimed: Sequence[ClaimedJob]) -> Mapping[int, Result]:
    """Handler of ``notice.send``; the subject is the delivery's key.

    An attempt is counted before it is made, and its end is written after it. A worker that dies
    in between leaves the row pending: the message is sent once more, under the same id. So it comes
    twice at worst for each such death, and is never lost.
    """
    return {job.id: _send(job.subject) for job in claimed}


def _send(key: str) -> Result:
    row = NoticeDelivery.objects.filter(key=UUID(key)).first()
    if row is None or row.state != _State.PENDING:
        return Done("skipped")
    outcome = _attempt(row, notice_policy(row.channel_slug))
    if outcome.taken:
        return Done("sent")
    if outcome is NOT_WANTED:
        return Done("skipped", "not wanted any more")
    if row.state == _State.FAILED:
        log.warning("notice %s by %s given up: %s", row.key, row.means, outcome.code)
        return Done("given_up", outcome.code)
    return Again(_pause(row, outcome))


def _attempt(row: NoticeDelivery, policy: NoticePolicy, *, once: bool = False) -> Outcome:
    """Try it and write down what came of it; with ``once`` there is no other attempt."""
    now = clock.now()
    rows = NoticeDelivery.objects.filter(pk=row.pk)
    if not _wanted(row, policy):
        rows.delete()
        return NOT_WANTED
    rows.update(attempts=F("attempts") + 1, attempted_at=now)
    row.refresh_from_db()
    outcome = _deliver(row, policy)
    row.error = outcome.code[:64]
    if outcome.taken:
        row.state = _State.SENT
    elif once or outcome.final or clock.now() - row.created_at >= GIVE_UP:
        row.state = _State.FAILED
    row.ended_at = None if row.state == _State.PENDING else clock.now()
    row.save(update_fields=["state", "error", "ended_at"])
    return outcome


def _wanted(row: NoticeDelivery, policy: NoticePolicy) -> bool:
    if row.means == NoticeDelivery.Means.MAIL:
        return row.target in policy.recipients
    return bool(policy.webhook_url)


def _deliver(row: NoticeDelivery, policy: NoticePolicy) -> Outcome:
    content = Content.model_validate(row.content)
    if row.means == NoticeDelivery.Means.MAIL:
        return mail.send(content, row.target, row.key)
    try:
        secrets = notice_secrets(row.channel_slug)
    except ChannelError as error:
        return Outcome(error.code)
    account = f"notices:{row.channel_slug}"
    url, body = policy.webhook_url, payload(content)
    return webhook.call(url, body, row.key, secrets, clock.now(), account)


def _pause(row: NoticeDelivery, outcome: Outcome) -> float:
    """Seconds until the next attempt, none after the last moment."""
    wait = RETRIES[min(row.attempts, len(RETRIES)) - 1]
    left = (row.created_at + GIVE_UP - clock.now()).total_seconds()
    return max(1.0, min(max(wait, outcome.retry_after or 0.0), left))


@dataclass(frozen=True)
class Tested:
    """What came of a test. ``target`` is the address ("" for the webhook), ``code`` why it was not
    taken, with ``words`` for the merchant."""

    means: str
    target: str
    taken: bool
    code: str
    words: str


def test(channel_slug: str, actor: str) -> tuple[Tested, ...]:
    """Send a test to every receiver now, once, and say what came of each.

    Raises ``InvalidInput`` (``NOTICES_NOWHERE``) while there is no receiver. Not inside a
    transaction: servers are called.
    """
    policy = notice_policy(channel_slug)
    if not policy.tells_somebody:
        raise InvalidInput(
            "NOTICES_NOWHERE",
            "There is nobody to send a test to. Enter a mail address or a webhook address first.",
        )
    connections = channel_connections(channel_slug)
    policy = policy_in_zone(policy, connections)
    content = compose("test", channel_slug, policy, clock.now())
    results = []
    for row in receivers(content, policy, clock.now()):
        row.save()
        results.append(_tested(row, _attempt(row, policy, once=True)))
    for connection in connections[:1]:
        taken = sum(one.taken for one in results)
        record(
            "notices.test", connection, actor, data={"taken": str(taken), "of": str(len(results))}
        )
    return tuple(results)


def _tested(row: NoticeDelivery, outcome: Outcome) -> Tested:
    return Tested(row.means, row.target, outcome.taken, outcome.code, words_for(outcome.code))


def words_for(code: str) -> str:
    """What became of an attempt, in the merchant's words."""
    if code.startswith("HTTP_"):
        return f"The webhook answered with HTTP status {code[5:]}; it must be 200 to 299."
    return _WORDS.get(code, "The other side could not be called. It is tried again by itself.")


_WORDS: Final[Mapping[str, str]] = {
    "": "It was taken.",
    "MAIL_NOT_CONFIGURED": "No mail server is set, or its settings cannot be used. Set them in "
    "Saleor's plugin Admin emails, or EMAIL_URL for the whole server.",
    "MAIL_ADDRESS_REFUSED": "The mail server does not take mail for this address.",
    "MAIL_LOGIN_REFUSED": "The mail server refuses the user name or password of the mail settings.",
    "MAIL_REFUSED": "The mail server refuses the mail. Check the sender in the mail settings.",
    "MAIL_UNREACHABLE": "The mail server cannot be reached.",
    "FORBIDDEN_ADDRESS": "The webhook address leads to a private network; it must be reachable "
    "from outside.",
    "HOST_NOT_ALLOWED": "The webhook address cannot be called; it must begin with https.",
    "NOT_A_REQUEST": "The webhook address cannot be called.",
    "UNREACHABLE": "The webhook address cannot be reached.",
    "TLS_FAILED": "The webhook address does not show a valid certificate.",
    "TIMED_OUT": "The webhook did not answer in time (15 seconds).",
    "BROKEN_OFF": "The webhook broke off before its answer was complete.",
    "ANSWER_TOO_LARGE": "The webhook answered with more than 64 KB.",
    "SECRET_UNREADABLE": "The webhook's secret cannot be read with the keys of this server.",
}
