"""A worker that kills itself when it comes to a named point: ``python -m ... <point>``.

It wraps functions of the package from outside, so that nothing of this is in the package.
"""

from __future__ import annotations

import functools
import os
import signal
import sys
from collections.abc import Callable
from typing import Any

import django


def die(*_: Any, **__: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _wrap(owner: Any, name: str, *, before: bool) -> None:
    original: Callable[..., Any] = getattr(owner, name)

    @functools.wraps(original)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        if before:
            die()
        original(*args, **kwargs)
        return die()

    setattr(owner, name, wrapped)


def points() -> dict[str, tuple[Any, str]]:
    """Point -> what is wrapped. ``:before`` or ``:after`` follows the name on the command line."""
    from saleor_tiktok_stripe import jobs
    from saleor_tiktok_stripe.catalog import links
    from saleor_tiktok_stripe.orders import applying, backfill, importing, linking, polling
    from saleor_tiktok_stripe.saleor_api.http import HttpSaleor
    from saleor_tiktok_stripe.saleor_api.over_http import creating
    from saleor_tiktok_stripe.tiktok.client import TikTokClient

    return {
        "read": (TikTokClient, "orders"),
        "resolve": (links, "_store"),
        "adopt": (importing.Importer, "_adopt"),
        "create": (HttpSaleor, "create_orders"),
        "saleor-create": (creating, "_create"),
        "record": (importing.Importer, "_record"),
        "links": (importing, "save_new"),
        "finish": (jobs, "finish"),
        "follow": (importing.Importer, "follow"),
        "step": (applying, "perform"),
        "fulfill": (HttpSaleor, "fulfill"),
        "cancel": (HttpSaleor, "cancel_order"),
        "cancel-lines": (HttpSaleor, "cancel_lines"),
        "grant": (HttpSaleor, "grant_refund"),
        "refunds": (HttpSaleor, "record_refunds"),
        "metadata": (HttpSaleor, "set_metadata"),
        "followed": (applying, "save_followed"),
        "reference": (TikTokClient, "set_external_references"),
        "backfill-page": (backfill, "import_page"),
        "poll-page": (polling, "_advance"),
        "refunds-open": (linking, "touch_open_refunds"),
    }


def main(point: str) -> None:
    django.setup()
    from saleor_tiktok_stripe import jobs
    from saleor_tiktok_stripe.jobs import kinds

    kinds.register_all()
    name, _, when = point.partition(":")
    owner, attribute = points()[name]
    _wrap(owner, attribute, before=when == "before")
    jobs.work(deadline_seconds=30)


if __name__ == "__main__":
    main(sys.argv[1])
