"""Which calls of Saleor's hooks come of our own writes: they must change nothing.

Saleor calls its hooks while it writes, or, inside a transaction, after the commit: long after the
write has returned. So both are marked: the time of the write, and every callback that it leaves for
the commit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.db import transaction

_OWN: ContextVar[bool] = ContextVar("saleor_own_write", default=False)


def is_own_write() -> bool:
    """True while Saleor tells of something that this plugin wrote itself, also after its commit.
    Always False over HTTP, where no hook is called.
    """
    return _OWN.get()


@contextmanager
def own_write() -> Iterator[None]:
    """What happens inside, and what it leaves for the commit, is ours. May be nested."""
    if _OWN.get():
        yield
        return
    connection = transaction.get_connection()
    plain = connection.on_commit
    token = _OWN.set(True)
    connection.on_commit = _marking(plain)
    try:
        yield
    finally:
        connection.on_commit = plain
        _OWN.reset(token)


def _marking(plain: Callable[..., None]) -> Callable[..., None]:
    """``connection.on_commit`` whose callbacks run marked. Django's own list of them would need its
    private form, and two callbacks around ours would leave the mark on when one in between fails.
    """

    def on_commit(func: Callable[[], Any], robust: bool = False) -> None:
        def marked() -> None:
            token = _OWN.set(True)
            try:
                func()
            finally:
                _OWN.reset(token)

        plain(marked if callable(func) else func, robust=robust)

    return on_commit
