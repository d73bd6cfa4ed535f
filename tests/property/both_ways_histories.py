"""Made-up lives of orders: who does something when, how news goes astray, which calls fail before
or after they took effect, and where processes die. Some fifty live side by side in one shop; all
of it is made of one seed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from django.db import connection as database

from saleor_tiktok_stripe import jobs
from saleor_tiktok_stripe.errors import ChannelError
from saleor_tiktok_stripe.jobs import clock, schedule
from saleor_tiktok_stripe.sandbox.stripe.errors import StripeError

from .both_ways_cases import CaseMoves
from .both_ways_parts import (
    FAULTS,
    KILLS,
    LOST,
    OFTEN,
    PERIODIC,
    ROUNDS,
    TURNS,
    WAYS,
)
from .both_ways_stage import BothWaysStage, Refused
from .both_ways_tiktok import Sale
from .payment_doors import Killed
from .payment_histories import Histories

PAYMENTS = 2
"""Made at Saleor's own checkout meanwhile."""


Move = Callable[["BothWays", Sale], Any]


class BothWays(CaseMoves):
    """Those of ``count`` orders in one shop, to which with ``many_returns`` more parcels come back.
    ``seen`` counts what happened, ``steps`` of a sale (or of all: ``general``) tell it."""

    def __init__(
        self, stage: BothWaysStage, rng: Random, count: int, *, many_returns: bool = False
    ) -> None:
        self.stage, self.rng, self.size = stage, rng, count
        self.many_returns = many_returns
        self.tiktok = stage.tiktok
        self.sales: list[Sale] = []
        self.general: list[str] = []
        self.seen: Counter[str] = Counter()
        self.counted: Counter[str] = Counter()
        self.lowered: set[str] = set()
        self.taken_out: set[str] = set()
        self.too_late: set[str] = set()
        self.payments: Histories | None = None
        self._number = 0
        self._late: list[tuple[bytes, str]] = []
        self._calm, self._inside, self._kills = True, False, KILLS
        self._moment = ""

    # --- the course of it

    def live(self) -> None:
        """Everything happens, in an order that nobody planned."""
        if self.stage.payments is not None:
            currency = self.tiktok.credentials["currency"]
            self.payments = Histories(self.stage.payments, self.rng, currency, PAYMENTS)
            self.stage.payments.run("payments.catch_up")
        self._periodic(("orders.poll", "cases.poll", *OFTEN))
        self._calm = False
        for number in range(ROUNDS):
            self._arrivals(number)
            for sale in self.rng.sample(self.sales, len(self.sales)):
                for _ in range(self.rng.choice((0, 1, 1, 2))):
                    self._step(sale)
                if self.rng.random() < 0.06:
                    self._do(MEDDLE, sale)
            if self.many_returns:
                self.parcels_come_back()
            self._pay()
            self._do(NEWS)
            self._do(AFTERWARDS)
            self._do(((H.turn, 1),))
            if self.rng.random() < 0.6:
                self._do(WEATHER)
        self._calm = True

    def _arrivals(self, number: int) -> None:
        for _ in range(-(-self.size // 4) if number < 4 else 0):
            if len(self.sales) < self.size:
                self._do(((H.order, 1),))

    def _pay(self) -> None:
        if self.payments is None:
            return
        if len(self.payments.lives) < PAYMENTS:
            life = self.payments._new_life(self.payments.stage.checkout(self.rng.randint(1, 3)))
            self.payments._set_out(life)
        self.payments._step()
        self.payments._do(((Histories.deliver, 1), (Histories.bring, 1)))

    def story(self, words: str) -> list[str]:
        """What happened to the orders that ``words`` name."""
        told = [one for one in self.sales if one.order_id in words]
        return [f"{one.order_id}: {step}" for one in told for step in one.steps]

    def point(self, name: str) -> None:
        """A process may die here, or somebody else get in between."""
        if self._calm or self.stage.serving:
            return
        chance = self.rng.random()
        if chance < (0.006 if name.endswith(":after") else 0.002) and self._kills:
            self._kills -= 1
            self._note(None, "killed", name)
            raise Killed
        if chance > 0.985 and not self._inside and not database.in_atomic_block:
            self._inside, self._moment = True, name
            sale = self.rng.choice(self.sales)
            self._step(sale, MEANWHILE)
            self._inside, self._moment = False, ""

    def _step(self, sale: Sale, sides: Any = None) -> None:
        side = self.rng.random()
        if sides is MEANWHILE:
            side *= 0.8  # only where something happens at once
        if side < 0.55:
            order = self.order_of(sale)
            choices = WHERE.get(order.status, ())
            if choices:
                self._do(choices, sale)
        elif side < 0.85:
            self._do(STAFF, sale)
        elif side < 0.93:
            self._do(((H.answer, 1),), sale)
        else:
            self._do(((H.return_goes_on, 1),), sale)

    def _do(self, choices: Sequence[tuple[Any, float]], sale: Sale | None = None) -> None:
        steps, weights = zip(*choices, strict=True)
        [step] = self.rng.choices(steps, weights)
        try:
            step(self, sale or (self.rng.choice(self.sales) if self.sales else Sale("")))
        except (ValueError, StripeError, Refused):
            self.seen["not now"] += 1  # as TikTok, Stripe or Saleor would refuse
        except ChannelError as error:
            self.seen[f"not now: {error.code}"] += 1
        except Killed:
            pass

    def _note(self, sale: Sale | None, what: str, more: object = "") -> None:
        self.seen[what] += 1
        inside = f" (in {self._moment})" if self._moment else ""
        when = f"{clock.now():%d %H:%M:%S}"
        said = f"{when} {what} {more}".strip() + inside
        (sale.steps if sale else self.general).append(said)

    # --- news, time, weather, workers

    def deliver_news(self, sale: Sale) -> None:
        """Notifications travel: lost, doubled, late and in any order."""
        arriving: list[tuple[bytes, str]] = []
        news, self._late = [*self._late, *self.stage.news()], []
        for one in news:
            fate = self.rng.random()
            if fate < 0.25:
                self.seen["news lost"] += 1
            elif fate < 0.4:
                self._late.append(one)
            else:
                arriving += [one] * (2 if fate < 0.5 else 1)
        self.rng.shuffle(arriving)
        for body, signature in arriving:
            self.stage.notify(body, signature)
        self.seen["news"] += len(arriving)

    def bring(self, sale: Sale) -> None:
        self.stage.saleor.bring()

    def work(self, sale: Sale) -> None:
        self.stage.work(self.rng.choice((3, 10, 10_000)))

    def work_all(self, sale: Sale) -> None:
        self.stage.work()

    def look(self, sale: Sale) -> None:
        """Every few seconds."""
        self._periodic(OFTEN)

    def periodic(self, sale: Sale) -> None:
        jobs.sweep()
        self._periodic(self.rng.sample(PERIODIC, self.rng.randint(1, len(PERIODIC))))

    def _periodic(self, names: Sequence[str]) -> None:
        self.stage.ask(*names)
        self.stage.work()

    def turn(self, sale: Sale) -> None:
        seconds = self.rng.choices(*TURNS)[0]
        self.stage.turn(seconds)
        self._note(None, "later", seconds)

    def fault(self, sale: Sale) -> None:
        kind = self.rng.choice(sorted(FAULTS))
        path = self.rng.choice(FAULTS[kind])
        times = self.rng.choice((1, 1, 2, 3))
        self.tiktok.inject_fault(kind, path=path, times=times)
        self._note(None, f"fault {kind}", (path, times))

    def lose(self, sale: Sale) -> None:
        """TikTok does what it is asked next, and nobody sees that it did."""
        path = self.rng.choice(LOST)
        self.tiktok.inject_fault("lost_answer", path=path, times=1)
        self._note(None, "fault lost_answer", path)

    def clear(self, sale: Sale) -> None:
        self.tiktok.clear_faults()

    def saleor_fault(self, sale: Sale) -> None:
        kind = self.rng.choice(("busy", "lost"))
        self.stage.saleor.trouble(kind)
        self._note(None, f"saleor {kind}")

    # --- the end

    def settle(self) -> None:
        """Everybody is healthy again, staff mend what they are asked to, time goes by, and nothing
        but the usual jobs runs."""
        self._calm = True
        self.tiktok.clear_faults()
        for sale in self.sales:
            self._decide(sale)
        for day in WAYS:
            for _ in range(3):
                self.stage.saleor.bring()
            self.mend()
            if self.many_returns and day != WAYS[-1]:  # then nobody waits for their end any more
                self.parcels_come_back()
                self.parcels_come_back()
            self.stage.turn(day)
            self.stage.news()
            jobs.sweep()
            self.reconcile()
        if self.payments is not None:
            self.payments.settle()
        self.tiktok.settle_day()
        self.tiktok.pay_out()
        self.stage.turn(7 * 3600)
        self.reconcile()

    def _decide(self, sale: Sale) -> None:
        """Nobody waits for ever for a payment, or for the end of a hold."""
        status = self.order_of(sale).status
        if status == "UNPAID":
            self._do(((H.expire, 1),), sale)
        elif status == "ON_HOLD":
            self._do(((H.end_hold, 1),), sale)

    def expire(self, sale: Sale) -> None:
        self._at_tiktok(sale, "cancel", by="SYSTEM")

    def reconcile(self) -> None:
        """All that runs by the clock, once."""
        schedule.look()
        self.stage.ask(*PERIODIC, "stock.compare", "ledger.reconcile")
        self.stage.run_all()


H = BothWays
_GONE = ((H.request_return, 2), (H.touch, 0.5))
WHERE: dict[str, Sequence[tuple[Move, float]]] = {
    "UNPAID": ((H.pay, 6), (H.cancel_there, 1)),
    "ON_HOLD": ((H.end_hold, 6), (H.request_cancel, 1), (H.touch, 1), (H.cancel_there, 0.5)),
    "AWAITING_SHIPMENT": (
        (H.ship_there, 3), (H.split, 1), (H.combine, 1), (H.uncombine, 0.5), (H.buy_label, 2),
        (H.cancel_there, 1), (H.cancel_part_there, 1), (H.request_cancel, 2),
        (H.withdraw_cancel, 1), (H.change_address, 0.5),
    ),
    "PARTIALLY_SHIPPING": (
        (H.ship_there, 3), (H.cancel_part_there, 1), (H.in_transit, 1), (H.request_cancel, 0.5),
        (H.withdraw_cancel, 1), (H.buy_label, 1),
    ),
    "AWAITING_COLLECTION": ((H.in_transit, 4), (H.track_there, 1), (H.touch, 0.5)),
    "IN_TRANSIT": ((H.deliver, 4), (H.request_return, 0.5)),
    "DELIVERED": ((H.request_return, 5), (H.return_goes_on, 3), (H.complete, 0.7), (H.touch, 0.5)),
}  # fmt: skip
STAFF: Sequence[tuple[Move, float]] = (
    (H.fulfil, 8), (H.fulfil_part, 3), (H.retrack, 2), (H.call_back, 0.7), (H.take_out, 1),
    (H.cancel, 1), (H.refund, 3), (H.grant, 2), (H.count, 1), (H.reprice, 0.3),
)  # fmt: skip
MEDDLE: Sequence[tuple[Move, float]] = (
    (H.work, 4), (H.bring, 3), (H.deliver_news, 1), (H.turn, 1),
)  # fmt: skip
NEWS: Sequence[tuple[Move, float]] = ((H.deliver_news, 1),)
AFTERWARDS: Sequence[tuple[Move, float]] = (
    (H.work_all, 4), (H.look, 5), (H.periodic, 2), (H.work, 1),
)  # fmt: skip
WEATHER: Sequence[tuple[Move, float]] = (
    (H.turn, 1), (H.fault, 5), (H.lose, 6), (H.saleor_fault, 1), (H.clear, 0.5), (H.settle_day, 2),
    (H.pay_out, 1), (H.release_reserve, 0.3), (H.bring, 2),
)  # fmt: skip
MEANWHILE = object()
"""What happens at the very moment at which a worker is half way."""
