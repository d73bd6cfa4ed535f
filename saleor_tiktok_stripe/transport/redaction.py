"""Keeps secrets out of texts: log lines, exception messages, third-party loggers.

The token calls of TikTok carry the app secret in the URL, and urllib3 logs URLs at DEBUG.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable

MASK = "***"

SECRET_NAMES = (
    "app_secret",
    "access_token",
    "refresh_token",
    "auth_code",
    "client_secret",
    "x-tts-access-token",
    "authorization",
    "shop_cipher",
    "sign",
    "code",
)

_PAIR = re.compile(
    r"(?i)(?<![a-z0-9_-])(" + "|".join(map(re.escape, SECRET_NAMES)) + r")"
    r"(\"?\s*[=:]\s*\"?)([^&\s\"',;)]+)"
)
_QUERY = re.compile(r"\?[^\s\"')]*")


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """``text`` without query strings, without values of secret parameters and without any of
    ``secrets`` (values of 4 characters and more).
    """
    for secret in secrets:
        if len(secret) >= 4:
            text = text.replace(secret, MASK)
    text = _QUERY.sub("?" + MASK, text)
    return _PAIR.sub(lambda found: f"{found.group(1)}{found.group(2)}{MASK}", text)


class _QueryFilter(logging.Filter):
    """Rewrites a record's message so that no query string is left in it."""

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        if "?" in message:
            record.msg = _QUERY.sub("?" + MASK, message)
            record.args = None
        return True


def guard_third_party_loggers() -> None:
    """Make urllib3's own log lines safe. Harmless when called again."""
    for name in ("urllib3.connectionpool", "urllib3.util.retry"):
        logger = logging.getLogger(name)
        if not any(isinstance(one, _QueryFilter) for one in logger.filters):
            logger.addFilter(_QueryFilter())
