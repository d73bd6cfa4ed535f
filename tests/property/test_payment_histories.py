"""Whatever happens to payments, and however the news about it goes astray, Saleor's totals end as
Stripe's, to the minor unit, and no money goes back twice.

A history is reproduced by its seed: ``TIKTOK_STRIPE_PAYMENT_HISTORY=1234``.
"""

from __future__ import annotations

import logging
import os
from collections import Counter
from decimal import Decimal
from random import Random

import pytest

from .payment_books import differences
from .payment_doors import points
from .payment_histories import CURRENCIES, FINEST, LEAST, History
from .payment_stage import sandbox_stage

HISTORIES = int(os.environ.get("TIKTOK_STRIPE_PAYMENT_HISTORIES", "2000"))
ONLY = os.environ.get("TIKTOK_STRIPE_PAYMENT_HISTORY")
SEEDS = [int(ONLY)] if ONLY else list(range(HISTORIES))
AT_ONCE = 50
OVER_SOCKETS = 40
"""Each so many calls Stripe over HTTP; the others leave the wire out."""


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> None:
    """A line for each job would cost more than the job."""
    caplog.set_level(logging.CRITICAL, "saleor_tiktok_stripe")


@pytest.mark.timeout(600)
@pytest.mark.parametrize("start", range(0, len(SEEDS), AT_ONCE))
def test_totals_are_stripes_whatever_happens(transactional_db: None, start: int):
    seen: Counter[str] = Counter()
    wrong = {}
    for seed in SEEDS[start : start + AT_ONCE]:
        problems, history = live(seed)
        seen += history.seen
        if problems:
            wrong[seed] = problems + history.steps
    assert wrong == {}, "\n".join(_story(seed, words) for seed, words in wrong.items())


def live(seed: int) -> tuple[list[str], History]:
    """One history from its seed, and what was wrong in the end."""
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
        history = History(made, rng, currency)
        with points(history.point):
            history.live()
        history.settle()
        begun = [one.transaction_id for one in history.lives if one.transaction_id]
        problems = differences(made, begun, currency)
        problems += [f"{order} is no longer canceled" for order in history.uncanceled()]
    return problems, history


def _story(seed: int, words: list[str]) -> str:
    return "\n  ".join([f"history {seed}:", *words])
