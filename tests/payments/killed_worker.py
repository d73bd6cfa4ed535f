"""A process that kills itself when it comes to a named point: ``python -m ... <point> [session]``.

It works on what is queued, or answers the session given as JSON. ``:before`` or ``:after`` follows
the point's name. Functions of the package are wrapped from outside.
"""

from __future__ import annotations

import json
import sys
from decimal import Decimal
from typing import Any

import django

from tests.orders.killed_worker import _wrap


def points() -> dict[str, tuple[Any, str]]:
    """Point -> what is wrapped."""
    from saleor_tiktok_stripe.aftersales import answering, sending
    from saleor_tiktok_stripe.payments import acting, following, sessions
    from saleor_tiktok_stripe.saleor_api.http import HttpSaleor
    from saleor_tiktok_stripe.stripe_api.client import StripeClient

    return {
        "create": (StripeClient, "create_payment"),
        "attach": (sessions.rows, "attach"),
        "capture": (StripeClient, "capture"),
        "cancel": (StripeClient, "cancel"),
        "kept": (acting, "_keep"),
        "refund": (StripeClient, "create_refund"),
        "refund-kept": (sending, "record_refund"),
        "report": (HttpSaleor, "report_events"),
        "look-kept": (following, "save_look"),
        "upload": (StripeClient, "upload_evidence_file"),
        "submit": (StripeClient, "submit_evidence"),
        "submitted": (answering, "_submitted"),
        "close": (StripeClient, "close_dispute"),
    }


def main(point: str, session: str = "") -> None:
    django.setup()
    from saleor_tiktok_stripe import jobs, payments
    from saleor_tiktok_stripe.jobs import kinds
    from saleor_tiktok_stripe.saleor_api.transactions import SessionRequest

    kinds.register_all()
    name, _, when = point.partition(":")
    owner, attribute = points()[name]
    _wrap(owner, attribute, before=when == "before")
    if session:
        values = json.loads(session)
        payments.initialize(SessionRequest(**values | {"amount": Decimal(values["amount"])}))
    else:
        jobs.work(deadline_seconds=30)


if __name__ == "__main__":
    main(*sys.argv[1:])
