"""Keeps calls out of the error tracker.

Saleor runs Sentry where ``SENTRY_DSN`` is set, and its SDK patches ``http.client``: the query
string of every request becomes a breadcrumb and a span. TikTok's token calls carry the app secret
and the refresh token there, so no call of ours may be recorded.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any


@contextmanager
def unrecorded() -> Iterator[None]:
    """What is sent inside the block leaves no trace in Sentry (SDK 2, which all supported Saleors
    have); nothing to do without it."""
    sdk = sys.modules.get("sentry_sdk")
    if sdk is None or not hasattr(sdk, "new_scope"):
        yield
        return
    with sdk.new_scope() as scope:
        scope.set_client(_silent_client(sdk))
        yield


@lru_cache(maxsize=1)
def _silent_client(sdk: Any) -> Any:
    """One without the integration that records requests, and with nowhere to send anything."""
    return sdk.Client(dsn=None, default_integrations=False, auto_enabling_integrations=False)
