"""What our part adds to Saleor's own time for ``transactionInitialize``.

Runs inside a real Saleor. The mutation is sent through Saleor's GraphQL view, as a storefront sends
it, for a new checkout each time; a local Stripe runs as a program of its own. Timed are the whole
request, the part that our plugin takes of it, and the calls to Stripe within that: our time without
Stripe over Saleor's without us, medians.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from types import SimpleNamespace
from typing import Any

from benchmarks.measuring import report, seconds

WARM_UP, TIMES = 10, 60


class Stopwatch:
    """Sums up how long calls of what it wraps took."""

    def __init__(self) -> None:
        self.spent = 0.0

    def over(self, owner: Any, name: str) -> None:
        """Measure ``owner.name`` from now on."""
        method: Callable[..., Any] = getattr(owner, name)

        @wraps(method)
        def timed(*args: Any, **kwargs: Any) -> Any:
            start = time.perf_counter()
            try:
                return method(*args, **kwargs)
            finally:
                self.spent += time.perf_counter() - start

        setattr(owner, name, timed)

    def taken(self) -> float:
        """Seconds since the last time it was asked."""
        spent, self.spent = self.spent, 0.0
        return spent


def main() -> None:
    """Print the ratio."""
    import django

    with _stripe() as stripe:
        os.environ["TIKTOK_STRIPE_SANDBOX"] = "1"
        os.environ["TIKTOK_STRIPE_STRIPE_API_URL"] = stripe["base_url"]
        os.environ["TIKTOK_STRIPE_STRIPE_CONNECT_URL"] = stripe["connect_url"]
        os.environ["TIKTOK_STRIPE_STRIPE_FILES_URL"] = stripe["files_url"]
        django.setup()
        from django.test.utils import setup_test_environment

        setup_test_environment()  # its client asks as "testserver"
        whole, ours, at_stripe = _measure(stripe)
    own = statistics.median(mine - there for mine, there in zip(ours, at_stripe, strict=True))
    saleors = statistics.median(all_ - mine for all_, mine in zip(whole, ours, strict=True))
    report(
        "transaction_initialize_overhead",
        own / saleors,
        f"our time without the call to Stripe {own * 1000:.1f} ms",
        f"Saleor's own time {saleors * 1000:.1f} ms",
        f"median of {TIMES} mutations through the GraphQL view",
    )


def _measure(stripe: dict[str, str]) -> tuple[list[float], list[float], list[float]]:
    from saleor_tiktok_stripe.plugin import TikTokStripeSessions
    from saleor_tiktok_stripe.transport import Transport
    from tests.saleor import payments
    from tests.saleor.shop import make_shop

    shop = make_shop(slug=f"bench-{uuid.uuid4().hex[:8]}", stocks=(10_000_000,))
    payments.switch(shop)
    payments.connect(shop, SimpleNamespace(**stripe))
    hook, vendor = Stopwatch(), Stopwatch()
    hook.over(TikTokStripeSessions, "transaction_initialize_session")
    vendor.over(Transport, "send")
    whole, ours, at_stripe = [], [], []
    for _ in range(WARM_UP + TIMES):
        checkout_id = payments.checkout(shop)
        for watch in (hook, vendor):
            watch.taken()
        whole.append(seconds(lambda source=checkout_id: payments.begin(source)))
        ours.append(hook.taken())
        at_stripe.append(vendor.taken())
    if not all(at_stripe):
        raise SystemExit("a payment was begun without Stripe")
    return whole[WARM_UP:], ours[WARM_UP:], at_stripe[WARM_UP:]


@contextmanager
def _stripe() -> Iterator[dict[str, str]]:
    command = [sys.executable, "-m", "saleor_tiktok_stripe.cli", "sandbox", "stripe", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None  # a pipe
        try:
            yield json.loads(program.stdout.readline())
        finally:
            program.terminate()


if __name__ == "__main__":
    main()
