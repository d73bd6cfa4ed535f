"""However the looks at a payment go astray, Saleor's sums end as Stripe's."""

from __future__ import annotations

from collections import Counter
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from saleor_tiktok_stripe.payments.answers import answer
from saleor_tiktok_stripe.payments.reporting import plan
from saleor_tiktok_stripe.saleor_api.transactions import EventReport
from saleor_tiktok_stripe.stripe_api.types import PaymentState
from tests.support.saleor_sums import SaleorModel
from tests.support.stripe_lives import Life

FLOWS = st.sampled_from(["CHARGE", "AUTHORIZATION"])
CHANCES = st.integers(0, 2**32).map(Random)


@settings(max_examples=2000)
@given(FLOWS, CHANCES)
def test_sums_agree_however_looks_are_lost_doubled_and_reordered(flow: str, rng: Random):
    life, saleor = Life(flow, rng).run(), SaleorModel()
    _begin(saleor, life)

    for seen in _astray(life, rng):
        if rng.random() < 0.5 and saleor.asks_gateway:
            saleor.answered(answer(seen.payment, life.flow, {}, ""))
        _tell(saleor, life, seen)
    _tell(saleor, life, life.last)

    _agree(saleor, life)


@settings(max_examples=200)
@given(FLOWS, CHANCES)
def test_a_second_look_finds_nothing_to_tell(flow: str, rng: Random):
    life, saleor = Life(flow, rng).run(), SaleorModel()
    _begin(saleor, life)
    _tell(saleor, life, life.last)

    found = plan(life.last, saleor.transaction(), life.charge)

    assert found.reports == ()
    assert set(found.actions) == set(saleor.actions)


@settings(max_examples=300)
@given(FLOWS, CHANCES)
def test_an_older_look_only_tells_less(flow: str, rng: Random):
    # given: Saleor knows the newest
    life, saleor = Life(flow, rng).run(), SaleorModel()
    _begin(saleor, life)
    _tell(saleor, life, life.last)
    before = saleor.sums

    # when: older looks come in late
    for seen in _astray(life, rng):
        _tell(saleor, life, seen)

    # then
    assert saleor.sums == before


@settings(max_examples=300)
@given(CHANCES)
def test_captures_asked_in_saleor_count_once(rng: Random):
    life, saleor = Life("AUTHORIZATION", rng).run(), SaleorModel()
    _begin(saleor, life)
    authorized = [one for one in life.looks if one.payment.state is PaymentState.AUTHORIZED]
    if not authorized or life.last.payment.state is not PaymentState.SUCCEEDED:
        return
    _tell(saleor, life, authorized[0])
    first = saleor.ask("CHARGE", life.last.payment.captured)
    second = saleor.ask("CHARGE", life.last.payment.amount)

    # when: the first was done, the second refused; the answers and looks come in any order
    steps = [
        lambda: saleor.attach(first, life.last.payment.id),
        lambda: _refuse(saleor, second, life),
        lambda: _tell(saleor, life, life.last),
        *(lambda seen=seen: _tell(saleor, life, seen) for seen in _astray(life, rng)),
    ]
    rng.shuffle(steps)
    for step in steps:
        step()

    # then
    _agree(saleor, life)
    assert saleor.sums.charge_pending == 0


def _begin(saleor: SaleorModel, life: Life) -> None:
    first = life.looks[0].payment
    saleor.begin(life.flow, first.amount)
    saleor.answered(answer(first, life.flow, {}, ""))


def _astray(life: Life, rng: Random) -> list:
    return [rng.choice(life.looks) for _ in range(rng.randint(0, 2 * len(life.looks)))]


def _tell(saleor: SaleorModel, life: Life, seen) -> None:
    found = plan(seen, saleor.transaction(), life.charge)
    saleor.report(found.reports, found.actions)


def _refuse(saleor: SaleorModel, place: int, life: Life) -> None:
    amount = saleor.events[place].amount
    saleor.attach(place, "our-own-key")
    saleor.report([EventReport("CHARGE_FAILURE", "our-own-key", amount)], saleor.actions)


def _agree(saleor: SaleorModel, life: Life) -> None:
    expected = life.expected()
    found = {name: getattr(saleor.sums, name) for name in expected}
    assert found == expected, (saleor.types(), life.looks)
    told = Counter((kind, reference) for kind, reference, _ in saleor.types())
    assert all(count == 1 for (kind, _), count in told.items() if not _repeats(kind))


def _repeats(kind: str) -> bool:
    return kind.endswith("_ACTION_REQUIRED")
