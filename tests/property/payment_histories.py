"""Made-up lives of payments: what buyers, staff, banks and Stripe's dashboard do, how news of it
goes astray, which calls fail before or after Stripe acted, and where processes die. Some histories
live side by side in one channel; all of it is made of one seed."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from random import Random
from typing import Any

from django.db import connection as database

from saleor_tiktok_stripe import aftersales, jobs
from saleor_tiktok_stripe.aftersales import disputes
from saleor_tiktok_stripe.errors import ChannelError, InvalidInput
from saleor_tiktok_stripe.models import Charge, Dispute
from saleor_tiktok_stripe.sandbox.stripe.dispute_rules import CLOSED_STATES
from saleor_tiktok_stripe.sandbox.stripe.errors import StripeError

from .payment_books import PLACES
from .payment_doors import Killed
from .payment_parts import (
    CARDS,
    DECISIONS,
    DELAYED,
    FAULTS,
    FINEST,
    KILLS,
    PAYMENTS,
    REFUSALS,
    SALEOR_ASKS,
    TURNS,
    Life,
    Stage,
    at_once,
)

Choices = tuple[tuple[Callable[["Histories", "Life"], None], float], ...]


class Histories:
    """Those of ``count`` payments in one channel, one to three for each checkout. ``steps`` tells
    what happened at which checkout ("": everywhere), ``seen`` counts it."""

    def __init__(self, stage: Stage, rng: Random, currency: str, count: int) -> None:
        self.stage, self.rng, self.currency, self.count = stage, rng, currency, count
        self.control = stage.control
        self.steps: list[tuple[str, str]] = []
        self.seen: Counter[str] = Counter()
        self.lives: list[Life] = []
        self._late: list[tuple[bytes, str]] = []
        self._thread = threading.get_ident()
        self._calm, self._inside, self._kills = True, False, KILLS

    # --- the course of it

    def live(self) -> None:
        """Everything happens, in an order that nobody planned."""
        self.stage.run("payments.catch_up")
        while len(self.lives) < self.count:
            checkout = self.stage.checkout(self.rng.randint(1, 3))
            for _ in range(min(self.rng.choice(PAYMENTS), self.count - len(self.lives))):
                self._new_life(checkout)
        self._calm = False
        for life in self.rng.sample(self.lives, len(self.lives)):
            self._set_out(life)
            self._meddle(0.4)
        for _ in range(self.rng.randint(3 * self.count, 6 * self.count)):
            self._step()
            self._meddle(0.4)
        self._calm = True

    def story(self, words: str) -> list[str]:
        """What happened at the checkouts of the payments that ``words`` name."""
        named = {one.checkout for one in self.lives if _named(one, words)} | {""}
        return [step for checkout, step in self.steps if checkout in named]

    def point(self, name: str) -> None:
        """A process may die here, or somebody else get in between."""
        if self._calm or self.stage.serving or threading.get_ident() != self._thread:
            return
        chance = self.rng.random()
        if chance < (0.03 if name.endswith(":after") else 0.01) and self._kills:
            self._kills -= 1
            self._note(None, "killed", name)
            raise Killed
        if chance > 0.95 and not self._inside and not database.in_atomic_block:
            self._inside = True
            self._do(MEANWHILE)
            self._inside = False

    def _set_out(self, life: Life) -> None:
        """Most buyers just pay."""
        way = (H.begin, H.pay, H.pay, H.process, H.complete)
        for step in way[: self.rng.choice((0, 1, 3, 4, 5, 5, 5))]:
            self._do(((step, 1),), life)

    def _meddle(self, chance: float) -> None:
        if self.rng.random() < chance:
            self._do(INSIDE)

    def _step(self) -> None:
        """Somebody does something with one of the payments, as it stands at Stripe."""
        life = self.rng.choice(self.lives)
        status = self.control.payment(life.payment_id)["status"] if life.payment_id else ""
        self._do(OUTSIDE[status], life)

    def _do(self, choices: Choices, life: Life | None = None) -> None:
        steps, weights = zip(*choices, strict=True)
        [step] = self.rng.choices(steps, weights)
        try:
            step(self, life or self.rng.choice(self.lives))
        except (StripeError, ValueError):
            self.seen["not now"] += 1  # the sandbox refuses what Stripe would refuse
        except Killed:
            pass

    def _note(self, life: Life | None, what: str, more: object = "") -> None:
        self.seen[what] += 1
        self.steps.append((life.checkout if life else "", f"{what} {more}".strip()))

    def _new_life(self, checkout: str) -> Life:
        life = Life(checkout, f"storefront-{len(self.lives)}")
        self.lives.append(life)
        return life

    # --- the buyer

    def begin(self, life: Life) -> None:
        """Also again, with the same key: the storefront did not see the answer."""
        if life.order_id:
            return None
        begun = self.stage.initialize(life.checkout, life.key)
        if begun["transaction"] is None:
            return self._note(life, "not begun", begun["errors"])
        life.transaction_id = begun["transaction"]["id"]
        self._learn(life, begun)
        return self._note(life, "begin", begun["transactionEvent"]["type"])

    def begin_another(self, life: Life) -> None:
        siblings = sum(one.checkout == life.checkout for one in self.lives)
        if not life.order_id and siblings < 4:
            self.begin(self._new_life(life.checkout))

    def process(self, life: Life) -> None:
        if not life.transaction_id:
            return self.begin(life)
        processed = self.stage.process(life.transaction_id)
        self._learn(life, processed)
        event = processed["transactionEvent"] or {}
        return self._note(life, "process", event.get("type"))

    def _learn(self, life: Life, answer: dict[str, Any]) -> None:
        data = answer["data"] or {}
        life.payment_id = data.get("paymentIntentId") or life.payment_id

    def pay(self, life: Life) -> None:
        if not life.payment_id:
            return self.process(life)
        status = self.control.payment(life.payment_id)["status"]
        if status == "requires_action":
            passed = self.rng.random() < 0.7
            return self._note(life, "3ds", self.control.authenticate(life.payment_id, passed))
        if status != "requires_payment_method":
            return self.process(life)
        delayed = DELAYED.get(self.currency, ())
        method = self.rng.choice(delayed if delayed and self.rng.random() < 0.2 else CARDS)
        return self._note(life, "pay", (method, self.control.pay(life.payment_id, method)))

    def complete(self, life: Life) -> None:
        """Early, late, or never."""
        if life.order_id:
            return
        order_id = self.stage.complete(life.checkout)
        if order_id:
            for each in self.lives:
                if each.checkout == life.checkout:
                    each.order_id = order_id
            self._note(life, "complete")

    # --- staff, in Saleor

    def ask(self, life: Life) -> None:
        """Capture, cancel or refund: what is offered, now and then what is not."""
        if not life.transaction_id:
            return
        books = self.stage.books(life.transaction_id)
        offered = books.actions
        if not offered or self.rng.random() < 0.1:
            offered = ("CHARGE", "CANCEL", "REFUND")
        kind = self.rng.choice((*offered, offered[0]))
        limit = books.sums["charged" if kind == "REFUND" else "authorized"]
        if limit <= 0:
            return
        amount = None if self.rng.random() < 0.3 else self._part(limit)
        self.stage.request(kind, life.transaction_id, amount)
        self._note(life, f"staff {kind}", amount)

    def ask_again(self, life: Life) -> None:
        """Twice the same, at once."""
        for _ in range(2):
            self.ask(life)

    def grant(self, life: Life) -> None:
        if not (life.order_id and life.transaction_id):
            return
        charged = self.stage.books(life.transaction_id).sums["charged"]
        if charged > 0:
            amount = self._part(charged)
            self.stage.grant(life.order_id, life.transaction_id, amount)
            self._note(life, "grant", amount)

    def cancel_order(self, life: Life) -> None:
        if life.order_id:
            self.stage.cancel_order(life.order_id)
            for each in self.lives:
                each.canceled |= each.order_id == life.order_id
            self._note(life, "order canceled")

    # --- our own service

    def refund(self, life: Life) -> None:
        """Some at once; the second is now and then the same request again."""
        charge = Charge.objects.filter(transaction_id=life.transaction_id or "-").first()
        if charge is None or charge.captured <= 0:
            return
        key = f"request-{self.rng.randint(1, 4)}" if self.rng.random() < 0.3 else ""
        amount = None if self.rng.random() < 0.15 else self._part(charge.captured)
        for _ in range(self.rng.randint(1, 3)):
            self._refund(life, charge, amount, key)

    def refund_at_once(self, life: Life) -> None:
        """Impatient staff and two workers, really at the same time."""
        charge = Charge.objects.filter(transaction_id=life.transaction_id or "-").first()
        if charge is None or charge.captured <= 0 or database.in_atomic_block:
            return
        amount = self._part(charge.captured)
        refunds = [lambda: self._refund(life, charge, amount, "")] * 3
        at_once([*refunds, jobs.work, jobs.work])
        self._note(life, "refunds at once", amount)

    def _refund(self, life: Life, charge: Charge, amount: Decimal | None, key: str) -> None:
        try:
            aftersales.refund(charge, amount, actor="staff@example.com", request_key=key)
        except InvalidInput as error:
            assert error.code in REFUSALS, error  # noqa: PT017
            return self._note(life, "refused", error.code)
        return self._note(life, "refund", (amount, key))

    def accept_dispute(self, life: Life) -> None:
        held = Dispute.objects.filter(charge__payment_id=life.payment_id or "-").first()
        if held is None:
            return None
        try:
            disputes.draft(held, "staff@example.com")
            disputes.accept(held, "staff@example.com", confirm=True)
        except ChannelError as error:
            return self._note(life, "dispute not accepted", error.code)
        return self._note(life, "dispute accepted")

    # --- the bank, and Stripe's dashboard

    def bank(self, life: Life) -> None:
        """What it does with a payment that waits, or with one that was taken."""
        if not life.payment_id:
            return
        status = self.control.payment(life.payment_id)["status"]
        if status == "processing":
            comes = self.rng.random() < 0.7
            self._note(life, "bank", self.control.settle_payment(life.payment_id, comes))
        elif status == "requires_capture" and self.rng.random() < 0.3:
            self._note(life, "expired", self.control.expire_authorization(life.payment_id))
        elif status == "succeeded":
            self.rng.choice((self.decide_dispute, self.dispute, self.end_refund))(life)

    def dispute(self, life: Life) -> None:
        """All that is left, or a part of it. Banks never take back more than was paid."""
        totals = self.control.totals(life.payment_id)
        others = self.control.objects("dispute")
        disputed = sum(one["amount"] for one in others if one["payment_intent"] == life.payment_id)
        left = totals.charged - max(disputed, totals.refunded + totals.refund_pending)
        if disputed + left > totals.charged or left <= 0:
            return
        whole = self._major(left)
        amount = self._minor(min(whole, self._part(whole)))
        inquiry = self.rng.random() < 0.4
        self.control.dispute(life.payment_id, inquiry=inquiry, amount=amount)
        self._note(life, "dispute", (amount, inquiry))

    def decide_dispute(self, life: Life) -> None:
        open_ = [
            one
            for one in self.control.objects("dispute")
            if one["payment_intent"] == life.payment_id and DECISIONS.get(one["status"])
        ]
        if not open_:
            return
        chosen = self.rng.choice(open_)
        if chosen["status"] in CLOSED_STATES and self.rng.random() < 0.7:
            return
        then = self.rng.choice(DECISIONS[chosen["status"]])
        if chosen["status"].startswith("warning_") and then == "needs_response":
            self.control.escalate(chosen["id"], refunds_fail=self.rng.random() < 0.5)
        else:
            self.control.decide(chosen["id"], then)
        self._note(life, "dispute decided", (chosen["status"], then))

    def end_refund(self, life: Life) -> None:
        """One under way arrives, or one fails that had succeeded."""
        made = [r for r in self.control.objects("refund") if r["payment_intent"] == life.payment_id]
        if not made:
            return
        refund_id = self.rng.choice(made)["id"]
        if self.rng.random() < 0.5:
            self.control.settle_refund(refund_id)
            self._note(life, "refund settled")
        else:
            self.control.fail_refund(refund_id)
            self._note(life, "refund failed")

    def dashboard(self, life: Life) -> None:
        """Somebody works in Stripe's own dashboard."""
        if not life.payment_id:
            return
        payment = self.control.payment(life.payment_id)
        if payment["status"] == "succeeded":
            totals = self.control.totals(life.payment_id)
            left = totals.charged - totals.refunded - totals.refund_pending
            if left > 0:
                amount = self._minor(self._part(self._major(left)))
                self.control.dashboard_refund(life.payment_id, amount)
                self._note(life, "dashboard refund", amount)
        elif payment["status"] == "requires_capture" and self.rng.random() < 0.5:
            amount = self._minor(self._part(self._major(payment["amount"])))
            self._note(
                life, "dashboard capture", self.control.dashboard_capture(life.payment_id, amount)
            )
        elif self.rng.random() < 0.3:
            self._note(life, "dashboard cancel", self.control.dashboard_cancel(life.payment_id))

    def refunds_differ(self, life: Life) -> None:
        outcome = self.rng.choice(("pending", "requires_action", "failed"))
        self.control.next_refunds(outcome)

    # --- news, time, weather, workers

    def deliver(self, life: Life) -> None:
        """Notifications travel: lost, doubled, late and in any order; now and then refused."""
        arriving: list[tuple[bytes, str]] = []
        news: list[tuple[bytes, str]] = [*self._late]

        def take(url: str, body: bytes, header: str) -> int:
            news.append((body, header))
            return 200

        self.control.deliver(take)
        self._late = []
        for one in news:
            fate = self.rng.random()
            if fate < 0.2:
                self.seen["news lost"] += 1
            elif fate < 0.35:
                self._late.append(one)
            else:
                arriving += [one] * (2 if fate < 0.5 else 1)
        self.rng.shuffle(arriving)
        for body, header in arriving:
            self.stage.notify(body, header)
        self._note(None, "news", len(arriving))

    def bring(self, life: Life) -> None:
        self.stage.bring()

    def work(self, life: Life) -> None:
        self.stage.work(self.rng.choice((1, 2, 3, 10_000)))

    def periodic(self, life: Life) -> None:
        """In a random order, as timers are."""
        names = ["payments.sweep", "payments.catch_up", "disputes.watch"]
        jobs.sweep()
        self.stage.run(*self.rng.sample(names, k=self.rng.randint(1, 3)))
        self._note(None, "periodic")

    def turn(self, life: Life) -> None:
        seconds = self.rng.choices(TURNS, (8, 8, 8, 6, 4, 3, 2, 1))[0]
        self.stage.turn(seconds)
        self._note(None, "later", seconds)

    def weather(self, life: Life) -> None:
        kind = self.rng.choice(sorted(FAULTS))
        path = self.rng.choice(FAULTS[kind])
        times = self.rng.choice((1, 1, 1, 2, 4))
        self.control.fault(kind, path=path, times=times)
        self._note(None, f"fault {kind}", (path, times))

    def saleor_weather(self, life: Life) -> None:
        self.stage.trouble(self.rng.choice(("busy", "lost")))
        self._note(None, "saleor fault")

    # --- the end

    def settle(self) -> None:
        """Stripe is healthy again, and time goes by: nothing but the usual jobs runs."""
        self._calm = True
        self.control.clear_faults()
        self.control.next_refunds()
        for seconds in (100_000, 1_200, 1_200):
            for _ in range(SALEOR_ASKS):
                self.stage.bring()
            self.stage.turn(seconds)
            jobs.sweep()
            self.stage.run("payments.catch_up", "payments.sweep")
            self.stage.run_all()

    def uncanceled(self) -> list[str]:
        """Orders that staff gave up and that came back."""
        given_up = {one.order_id for one in self.lives if one.canceled}
        return [one for one in given_up if self.stage.order_status(one) != "CANCELED"]

    # --- amounts

    def _part(self, whole: Decimal) -> Decimal:
        """Some of it or all; now and then a little more."""
        finest = FINEST.get(self.currency, Decimal("0.01"))
        units = int(whole / finest)
        share = self.rng.choice((0.1, 0.25, 0.5, 0.5, 0.75, 1.0, 1.0, 1.05))
        return max(1, int(units * share)) * finest

    def _major(self, minor: int) -> Decimal:
        return Decimal(minor).scaleb(-PLACES.get(self.currency, 2))

    def _minor(self, major: Decimal) -> int:
        return int(major.scaleb(PLACES.get(self.currency, 2)))


def _named(life: Life, words: str) -> bool:
    return any(name and name in words for name in (life.transaction_id, life.payment_id))


H = Histories
OUTSIDE: dict[str, Choices] = {
    "": ((H.begin, 4), (H.process, 1), (H.ask, 0.2)),
    "requires_payment_method": (
        (H.pay, 12), (H.process, 2), (H.begin, 1), (H.begin_another, 1), (H.complete, 1),
        (H.dashboard, 1), (H.bank, 0.2),
    ),
    "requires_action": ((H.pay, 6), (H.process, 1), (H.begin, 0.5), (H.dashboard, 0.5)),
    "processing": ((H.bank, 3), (H.process, 3), (H.complete, 2), (H.ask, 0.5)),
    "requires_capture": (
        (H.process, 2), (H.complete, 2), (H.ask, 7), (H.ask_again, 2), (H.dashboard, 1),
        (H.bank, 1), (H.cancel_order, 0.5), (H.refund, 0.5),
    ),
    "succeeded": (
        (H.process, 2), (H.complete, 2), (H.ask, 4), (H.ask_again, 2), (H.grant, 3),
        (H.refund, 7), (H.refund_at_once, 0.5), (H.bank, 10), (H.dashboard, 4),
        (H.refunds_differ, 1), (H.accept_dispute, 1), (H.cancel_order, 0.5), (H.begin, 0.5),
    ),
    "canceled": ((H.process, 2), (H.ask, 1), (H.complete, 1), (H.begin_another, 2)),
}  # fmt: skip
INSIDE: Choices = (
    (H.deliver, 10), (H.bring, 12), (H.work, 22), (H.periodic, 2), (H.turn, 5), (H.weather, 12),
    (H.saleor_weather, 1),
)  # fmt: skip
MEANWHILE: Choices = (
    (H.pay, 2), (H.bank, 4), (H.dashboard, 3), (H.refund, 4), (H.deliver, 3), (H.work, 6),
)  # fmt: skip
