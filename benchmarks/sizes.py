"""The same thing small and large: each size in a process and a database of its own, so that the two
can take turns."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Self
from urllib.parse import urlsplit, urlunsplit


class Side:
    """``python -m <module> <size>``: it answers each line of its standard input with a number."""

    def __init__(self, module: str, size: int, url: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, str(size)],
            env=os.environ | {"DATABASE_URL": url},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def ask(self, what: str = "") -> float:
        """Its answer to ``what``; waits until it is ready."""
        asked, told = self._process.stdin, self._process.stdout
        assert asked is not None  # both are pipes
        assert told is not None
        asked.write(f"{what}\n")
        asked.flush()
        return float(told.readline())


@contextmanager
def both(module: str, small: int, large: int) -> Iterator[tuple[Side, Side]]:
    """The small one in the database of ``DATABASE_URL``, the large one in a copy of it."""
    from saleor_tiktok_stripe.sandbox.components.postgres import Postgres

    url = os.environ["DATABASE_URL"]
    own = urlsplit(url).path[1:]
    server = Postgres(url=urlunsplit(urlsplit(url)._replace(path="/postgres")))
    copy = f"{own}_large"
    copied = server.create_database(copy, template=own)
    try:
        with Side(module, small, url) as few, Side(module, large, copied) as many:
            yield few, many
    finally:
        server.drop_database(copy)
