"""Calls the merchant's webhook, signed as https://www.standardwebhooks.com says."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Final
from urllib.parse import parse_qsl, urlsplit, urlunsplit
from uuid import UUID

from standardwebhooks import Webhook

from .. import __version__, conf
from ..errors import ChannelError, RetryLater
from ..transport import Call, Rate, Transport, retry_after_seconds
from .outcomes import TAKEN, Outcome

TIMEOUT: Final = (3.05, 15.0)
ANSWER_LIMIT: Final = 64 * 1024
"""Bytes of an answer that are read: nothing in it matters but its status."""
GONE: Final = 410


def call(
    url: str, body: str, key: UUID, secrets: Sequence[str], now: datetime, account: str
) -> Outcome:
    """Post ``body``. ``key`` is the message's id, the same at each attempt; ``now`` (in UTC) is
    signed with it, once by each of ``secrets``. ``account`` counts for limits.

    Private addresses are refused, redirects are not followed; any status from 200 to 299 takes it.
    """
    parts = urlsplit(url)
    signatures = [Webhook(secret).sign(str(key), now, body) for secret in secrets]
    headers = {
        "Content-Type": "application/json",
        "webhook-id": str(key),
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
    request = Call(
        "POST",
        urlunsplit((parts.scheme, parts.netloc, parts.path or "/", "", "")),
        "notices.webhook",
        params=tuple(parse_qsl(parts.query, keep_blank_values=True)),
        headers=headers,
        body=body.encode(),
        safe=True,  # receivers know a message by its id
        group="notices",
        account=account,
        timeout=TIMEOUT,
    )
    try:
        reply = _door(parts.hostname or "", conf.redis_url(), conf.sandbox_allowed()).send(request)
    except RetryLater as error:
        return Outcome(error.code, retry_after=error.retry_after)
    except ChannelError as error:
        return Outcome(error.code, final=True)
    if 200 <= reply.status < 300:
        return TAKEN
    return Outcome(
        f"HTTP_{reply.status}",
        final=reply.status == GONE,
        retry_after=retry_after_seconds(reply.headers),
    )


_RATE: Final = Rate(100, 10)
"""Far above what is ever told: the limit must not use up attempts."""


@lru_cache(maxsize=64)
def _door(host: str, redis_url: str, sandbox: bool) -> Transport:  # noqa: FBT001
    return Transport(
        (host,),
        user_agent=f"saleor-tiktok-stripe/{__version__}",
        allow_loopback=sandbox,
        redis_url=redis_url,
        rates={"notices": _RATE},
        body_limit=ANSWER_LIMIT,
    )
