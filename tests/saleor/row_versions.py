"""For tests that say what is told once: who else's transactions count."""

from __future__ import annotations

import time

from django.db import connection

# A session of this test's own database may be part of the test, so only others are waited for.
_OLDER = """
SELECT count(*) FROM pg_stat_activity
WHERE NOT (datname = current_database() AND backend_type = 'client backend')
  AND backend_xid IS NOT NULL AND backend_xid::text::bigint < %s
"""


def others_are_through(seconds: float = 300) -> None:
    """Wait until no transaction runs that is older than what was just written. Row versions count
    for all databases of a server, so that beside a test next door, or a vacuum, a change is told
    once more.

    :raises AssertionError: one still runs after ``seconds``
    """
    end = time.monotonic() + seconds
    with connection.cursor() as database:
        database.execute("SELECT pg_current_xact_id()::text::bigint")
        [written] = database.fetchone()
        while True:
            database.execute(_OLDER, [written % 2**32])
            if database.fetchone() == (0,):
                return
            assert time.monotonic() < end, "an older transaction next door came to no end"
            time.sleep(0.01)
