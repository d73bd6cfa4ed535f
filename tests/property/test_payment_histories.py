"""Payments live through everything at once; in the end Saleor's totals are Stripe's, to the cent.

Answers lost after Stripe acted, failures of Stripe's own, limits, doubled, reordered and lost
notifications, concurrent refunds, refunds that fail after they succeeded, disputes. How many lives
there are can be set: `TIKTOK_STRIPE_PAYMENT_HISTORIES`.
"""

from __future__ import annotations

import os
from collections import Counter
from decimal import Decimal
from random import Random

import pytest

from saleor_tiktok_stripe import aftersales, jobs, payments
from saleor_tiktok_stripe.errors import ChannelError
from saleor_tiktok_stripe.jobs import clock
from saleor_tiktok_stripe.models import Charge, Job, RefundRequest
from saleor_tiktok_stripe.saleor_api.transactions import SessionRequest
from tests.support.till import Till, open_till

HISTORIES = int(os.environ.get("TIKTOK_STRIPE_PAYMENT_HISTORIES", "120"))
METHODS = ["pm_card_visa"] * 6 + [
    "pm_card_createDispute",
    "pm_card_createDisputeInquiry",
    "pm_card_visa_chargeDeclined",
    "pm_card_pendingRefund",
    "pm_card_refundFail",
]
DELAYED = ["pm_usBankAccount_success"] * 2
FAULTS = ["lost_answer", "error_after", "error_before", "rate_limit", "lock_timeout", "conflict"]
FAULTS += ["cut_before", "unavailable"]
REASONS = ["requested_by_customer", "duplicate", ""]


@pytest.mark.timeout(1800)
def test_saleors_totals_are_stripes_whatever_happens(transactional_db: None):
    rng = Random("payments")
    with open_till(seed=11) as till:
        lives = [_Life(till, Random(f"life-{number}")) for number in range(HISTORIES)]
        for kind in FAULTS:
            till.control.fault(kind, times=None, probability=0.015)
        for _ in range(6):
            rng.shuffle(lives)
            for life in lives:
                life.step()
            _post(till, rng)
            till.work()

        _settle(till)

        wrong = {life.request.transaction_id: said for life in lives if (said := life.differs())}
        assert wrong == {}
        _no_refund_twice(till)
        assert not Job.objects.filter(status__in=["dead", "parked"]).exists()


def _post(till: Till, rng: Random) -> None:
    """Some notifications are lost, some come twice, in any order; some wait."""
    chance = rng.random()
    if chance < 0.2:
        till.control.drop()
    elif chance < 0.5:
        till.control.duplicate()
    till.control.reorder(rng.random() < 0.5)
    if rng.random() < 0.7:
        till.deliver()


def _settle(till: Till) -> None:
    """The weather clears, and time goes by."""
    till.control.clear_faults()
    for hours in (0.2, 2, 26, 28, 30):
        with clock.turned(hours * 3600):
            for kind in ("payments.catch_up", "payments.sweep"):
                till.run(kind)
            till.run_all()
    with clock.turned(32 * 3600):
        ids = Charge.objects.exclude(payment_id="").values_list("payment_id", flat=True)
        jobs.enqueue_many("payment.sync", till.connection, list(ids))
        till.work()


def _no_refund_twice(till: Till) -> None:
    refunds = till.control.objects("refund")
    keys = Counter(one["metadata"].get("saleor_refund", one["id"]) for one in refunds)
    assert {key: count for key, count in keys.items() if count > 1} == {}
    taken = {str(row.key) for row in RefundRequest.objects.exclude(refund_id="")}
    assert {one["metadata"]["saleor_refund"] for one in refunds if one["metadata"]} <= taken


class _Life:
    """One buyer's payment: at each step something that may happen next."""

    def __init__(self, till: Till, rng: Random) -> None:
        self._till, self._rng = till, rng
        flow = rng.choice(["CHARGE", "CHARGE", "AUTHORIZATION"])
        self.request: SessionRequest = till.begin(f"{rng.randint(100, 20_000) / 100:.2f}", flow)

    def step(self) -> None:
        payment_id = self._payment_id()
        if not payment_id:
            self._till.initialize(self.request)
            return
        status = self._till.control.payment(payment_id)["status"]
        for name in self._rng.sample(STEPS.get(status, ["process"]), k=1):
            getattr(self, f"_{name}")(payment_id)

    def differs(self) -> str:
        """What is not the same on both sides, "" when nothing is."""
        payment_id = self._payment_id()
        found = self._till.transaction(self.request)
        if not payment_id:
            return "" if not found.charged else "charged without a payment"
        theirs = self._till.control.totals(payment_id)
        ours = {
            "authorized": found.authorized,
            "charged": found.charged,
            "refunded": found.refunded,
            "refund_pending": found.refund_pending,
        }
        expected = {
            "authorized": Decimal(theirs.authorized) / 100,
            "charged": Decimal(theirs.kept - theirs.refund_pending) / 100,
            "refunded": Decimal(theirs.refunded) / 100,
            "refund_pending": Decimal(theirs.refund_pending) / 100,
        }
        events = [(one.type, one.psp_reference, str(one.amount)) for one in found.events]
        return "" if ours == expected else f"{ours} != {expected}: {theirs} {events}"

    def _payment_id(self) -> str:
        made = Charge.objects.filter(transaction_id=self.request.transaction_id).first()
        return made.payment_id if made else ""

    def _process(self, payment_id: str) -> None:
        self._till.process(self.request)

    def _initialize(self, payment_id: str) -> None:
        if any(not one.counts for one in self._till.found(self.request).item.events):
            self._till.initialize(self.request)

    def _pay(self, payment_id: str) -> None:
        methods = METHODS + DELAYED * (self.request.flow == "CHARGE")
        self._till.control.pay(payment_id, self._rng.choice(methods))

    def _bank(self, payment_id: str) -> None:
        self._till.control.settle_payment(payment_id, comes=self._rng.random() < 0.7)

    def _capture(self, payment_id: str) -> None:
        whole = int(self._till.control.payment(payment_id)["amount"])
        amount = self._rng.choice([whole, self._rng.randint(51, whole)])
        self._asked(payments.request_capture, "CHARGE", amount)

    def _cancel(self, payment_id: str) -> None:
        self._asked(payments.request_cancel, "CANCEL", 0)

    def _asked(self, ask, kind: str, cents: int) -> None:
        if kind not in self._till.transaction(self.request).actions:
            return
        held = self._till.transaction(self.request).authorized
        amount = min(Decimal(cents) / 100 or held, held)
        if not amount:
            return
        try:
            ask(self._till.ask(self.request, kind, f"{amount:.2f}"))
        except ChannelError:
            pytest.fail("refused what Saleor offered")

    def _refund(self, payment_id: str) -> None:
        """Several at once, as impatient staff do; what is above the rest is refused."""
        left = self._till.charge(self.request).captured
        for _ in range(self._rng.randint(1, 3)):
            amount = (left * self._rng.randint(5, 70) / 100).quantize(Decimal("0.01"))
            try:
                aftersales.refund(
                    self._till.charge(self.request),
                    amount,
                    reason=self._rng.choice(REASONS),
                    actor="staff@example.com",
                )
            except ChannelError as error:
                assert error.code in REFUSALS, error  # noqa: PT017

    def _dashboard_refund(self, payment_id: str) -> None:
        totals = self._till.control.totals(payment_id)
        left = totals.charged - totals.refunded - totals.refund_pending
        if left > 100 and not totals.charged_back:
            self._till.control.dashboard_refund(payment_id, self._rng.randint(1, left // 2))

    def _fail_refund(self, payment_id: str) -> None:
        made = self._till.control.objects("refund")
        mine = [one for one in made if one["payment_intent"] == payment_id]
        if mine and mine[-1]["status"] == "succeeded":
            self._till.control.fail_refund(mine[-1]["id"])


REFUSALS = {"REFUND_ABOVE_REST", "CHARGE_DISPUTED", "ALREADY_REFUNDED", "AMOUNT_NOT_POSITIVE"}
REFUSALS |= {"NOTHING_CAPTURED"}
STEPS = {
    "requires_payment_method": ["pay", "pay", "pay", "initialize", "process"],
    "requires_action": ["process"],
    "processing": ["bank", "process"],
    "requires_capture": ["capture", "capture", "cancel", "process"],
    "succeeded": ["refund", "refund", "dashboard_refund", "fail_refund", "process"],
}
