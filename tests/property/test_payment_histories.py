"""Whatever happens to payments, and however the news about it goes astray, Saleor's totals end as
Stripe's, to the minor unit, and no money goes back twice.

What a seed made is made again by ``TIKTOK_STRIPE_PAYMENT_SEED=123``; how many histories there are
says ``TIKTOK_STRIPE_PAYMENT_HISTORIES``.
"""

from __future__ import annotations

import logging
import os
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from random import Random

import pytest

from .payment_books import differences
from .payment_doors import points
from .payment_histories import Histories
from .payment_parts import CURRENCIES, FINEST, LEAST
from .payment_stage import sandbox_stage

HISTORIES = int(os.environ.get("TIKTOK_STRIPE_PAYMENT_HISTORIES", "2000"))
SIDE_BY_SIDE = 20
"""Payments in one channel, each with its history."""
ONLY = os.environ.get("TIKTOK_STRIPE_PAYMENT_SEED")
SEEDS = [int(ONLY)] if ONLY else list(range(HISTORIES // SIDE_BY_SIDE))
AT_ONCE = 3
OVER_SOCKETS = 20
"""One of so many calls Stripe over HTTP; the others leave the wire out."""


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> None:
    """A line for each job would cost more than the job."""
    caplog.set_level(logging.CRITICAL, "saleor_tiktok_stripe")


@pytest.mark.timeout(600)
@pytest.mark.parametrize("start", range(0, len(SEEDS), AT_ONCE))
def test_totals_are_stripes_whatever_happens(
    transactional_db: None, start: int, record_property: Callable[[str, object], None]
):
    seen: Counter[str] = Counter()
    wrong: list[str] = []
    for seed in SEEDS[start : start + AT_ONCE]:
        problems, histories = live(seed)
        seen += histories.seen
        if problems:
            story = histories.story(" ".join(problems))
            wrong += [f"seed {seed}:", *problems, *(f"  {step}" for step in story)]
    for what, times in sorted(seen.items()):
        record_property(what, times)
    assert wrong == [], "\n".join(wrong)


def live(seed: int) -> tuple[list[str], Histories]:
    """All that a seed makes, and what was wrong in the end."""
    rng = Random(f"payments-{seed}")
    currency = rng.choice(CURRENCIES)
    finest = FINEST.get(currency, Decimal("0.01"))
    least = LEAST.get(currency, 1)
    stage = sandbox_stage(
        seed,
        currency=currency,
        price=rng.randint(int(least / finest), int(least * 80 / finest)) * finest,
        shipping=rng.choice((0, 5)) * Decimal(least),
        flow=rng.choice(("CHARGE", "AUTHORIZATION")),
        sockets=seed % OVER_SOCKETS == OVER_SOCKETS - 1,
    )
    with stage as made:
        histories = Histories(made, rng, currency, SIDE_BY_SIDE)
        with points(histories.point):
            histories.live()
        histories.settle()
        begun = [one.transaction_id for one in histories.lives if one.transaction_id]
        problems = differences(made, begun, currency)
        problems += [f"{order} is no longer canceled" for order in histories.uncanceled()]
    return problems, histories
