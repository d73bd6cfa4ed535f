"""A process of its own that needs a fresh token: prints the tokens its threads ended with.

With an argument "crash" it dies right after TikTok's answer to a refresh, before storing it.
"""

from __future__ import annotations

import json
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import django

django.setup()

from django.db import connection as database  # noqa: E402

from saleor_tiktok_stripe.accounts.tiktok import refreshing  # noqa: E402
from saleor_tiktok_stripe.errors import RetryLater  # noqa: E402
from saleor_tiktok_stripe.models import Connection  # noqa: E402


def token(_: int) -> str:
    deadline = time.monotonic() + 60
    try:
        while time.monotonic() < deadline:
            try:
                return refreshing.usable(Connection.objects.get()).access_token
            except RetryLater:
                time.sleep(0.05)
    finally:
        database.close()
    return "none in time"


if __name__ == "__main__":
    if "crash" in sys.argv:
        refreshing._store = lambda *_: os._exit(9)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    with ThreadPoolExecutor(8) as pool:
        sys.stdout.write(json.dumps(sorted(set(pool.map(token, range(8))))))
