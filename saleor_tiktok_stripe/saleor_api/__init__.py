"""The only room that knows Saleor. Feature rooms take ``get_saleor()`` and the types."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from functools import cache

from django.apps import apps

from .interface import Saleor
from .own_writes import is_own_write

__all__ = ["Saleor", "get_saleor", "is_own_write", "runs_inside_saleor", "writer"]


def runs_inside_saleor() -> bool:
    """True when this process is Saleor's own (plugin host)."""
    return apps.is_installed("saleor.order")


@cache
def get_saleor() -> Saleor:
    """The Saleor of this host: in process when we run inside it, else over HTTP."""
    if runs_inside_saleor():
        from .in_process.adapter import InProcessSaleor

        return InProcessSaleor()
    from .http import HttpSaleor

    return HttpSaleor.from_settings()


def writer() -> AbstractContextManager[None]:
    """Permission to write to the database: Saleor guards its writer connection in requests and
    tasks (``CELERY_RESTRICT_WRITER_METHOD``); every door of ours opens this once.
    """
    if runs_inside_saleor():
        from saleor.core.db.connection import allow_writer

        return allow_writer()
    return nullcontext()
