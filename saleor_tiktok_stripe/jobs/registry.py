"""Which code runs which kind of job. Handlers named by path are imported at first use."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from threading import Lock
from typing import Any

from .. import conf
from ..models import Connection
from .types import Handler

ReauthHook = Callable[[Connection, str], Any]


@dataclass(frozen=True)
class Kind:
    """A kind of job, as registered."""

    name: str
    handler: Handler | str
    batch: int
    lease_seconds: int
    max_attempts: int
    needs_active: bool

    def load(self) -> Handler:
        """The handler itself."""
        handler: Handler = resolve(self.handler)
        return handler


_kinds: dict[str, Kind] = {}
_reauth: list[ReauthHook | str] = []
_one_at_a_time = Lock()
"""Rooms know each other: of two threads that import two of them, each may wait for the other."""


def register(
    kind: str,
    handler: Handler | str,
    *,
    batch: int = 1,
    lease_seconds: int | None = None,
    max_attempts: int = 12,
    needs_active: bool = True,
) -> None:
    """Say who runs ``kind``: a callable, or ``"package.module:name"``.

    Up to ``batch`` jobs of one connection are handed over at once. ``lease_seconds`` (default
    ``conf.lease_seconds``) must exceed the longest run of a batch; after it another worker may take
    the jobs. After ``max_attempts``
    failures that no vendor explains the job is dead. ``needs_active=False``: also runs while the
    connection is not active. Registering again replaces.
    """
    lease = lease_seconds or conf.lease_seconds()
    _kinds[kind] = Kind(kind, handler, batch, lease, max_attempts, needs_active)


def on_needs_reauth(hook: ReauthHook | str) -> None:
    """What stops a connection whose job met ``NeedsReauthorization``; gets it and the words."""
    _reauth[:] = [hook]


def tell_needs_reauth(connection: Connection, reason: str) -> None:
    """Call the hook."""
    for hook in _reauth:
        resolve(hook)(connection, reason)


def kinds() -> tuple[Kind, ...]:
    """All that are registered."""
    return tuple(_kinds.values())


def kind(name: str) -> Kind:
    """The registered one; ``KeyError`` when there is none."""
    return _kinds[name]


def resolve(target: Any) -> Any:
    """``target``, or what ``"package.module:name"`` names; imported now."""
    if not isinstance(target, str):
        return target
    module, _, name = target.partition(":")
    with _one_at_a_time:
        imported = import_module(module)
    return getattr(imported, name)
