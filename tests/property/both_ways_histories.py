"""Made-up lives of orders at TikTok: what buyers, the seller and TikTok do there, what staff do in
Saleor and through our services, how news goes astray, which calls fail before or after they took
effect, and where processes die. Some twenty live side by side; all of it is made of one seed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from random import Random
from typing import Any

from django.db import connection as database

from saleor_tiktok_stripe import jobs
from saleor_tiktok_stripe.aftersales.cases import answering
from saleor_tiktok_stripe.aftersales.cases.actions import Name, possible_actions
from saleor_tiktok_stripe.errors import ChannelError
from saleor_tiktok_stripe.jobs import clock, schedule
from saleor_tiktok_stripe.models import AfterSalesCase
from saleor_tiktok_stripe.sandbox.stripe.errors import StripeError
from saleor_tiktok_stripe.sandbox.tiktok.model import Order

from .both_ways_parts import (
    ADJUSTMENTS,
    FAULTS,
    KILLS,
    KINDS_OF_RETURN,
    LONG,
    OFTEN,
    PERIODIC,
    RETURN_STEPS,
    ROUNDS,
    TURNS,
    WAYS,
)
from .both_ways_staff import StaffMoves
from .both_ways_stage import BothWaysStage, Refused
from .payment_doors import Killed
from .payment_histories import Histories

PAYMENTS = 2
"""Made at Saleor's own checkout meanwhile."""


@dataclass
class Sale:
    """An order at TikTok."""

    order_id: str
    steps: list[str] = field(default_factory=list)


Move = Callable[["BothWays", Sale], Any]


class BothWays(StaffMoves):
    """Those of ``count`` orders in one shop. ``seen`` counts what happened, ``steps`` of a sale (or
    of all: ``general``) tell it."""

    def __init__(self, stage: BothWaysStage, rng: Random, count: int) -> None:
        self.stage, self.rng, self.count = stage, rng, count
        self.tiktok = stage.tiktok
        self.sales: list[Sale] = []
        self.general: list[str] = []
        self.seen: Counter[str] = Counter()
        self.counted: Counter[str] = Counter()
        self.lowered: set[str] = set()
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
            self._pay()
            self._do(NEWS)
            self._do(AFTERWARDS)
            self._do(((H.turn, 1),))
            if self.rng.random() < 0.6:
                self._do(WEATHER)
        self._calm = True

    def _arrivals(self, number: int) -> None:
        for _ in range(-(-self.count // 4) if number < 4 else 0):
            if len(self.sales) < self.count:
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

    def order_of(self, sale: Sale) -> Order:
        """TikTok's own record."""
        found = self.tiktok.world.shops[0].find(sale.order_id)
        assert found is not None
        return found

    # --- buyers

    def order(self, sale: Sale) -> None:
        """One buys what TikTok has."""
        del sale
        shop = self.tiktok.world.shops[0]
        wanted: list[tuple[str, int]] = []
        for sku in self.rng.sample(sorted(self.stage.skus()), self.rng.choice((1, 1, 2, 3))):
            units = min(self.rng.choice((1, 1, 2, 3)), shop.stock.total(sku))
            if units > 0:
                wanted.append((sku, units))
        if not wanted:
            return
        share: dict[str, Any] = {}
        if self.sales and self.rng.random() < 0.2:
            share = {"buyer_of": self.rng.choice(self.sales).order_id}
        else:
            share = {
                "shipping_type": self.rng.choice(("SELLER",) * 4 + ("TIKTOK",)),
                "by_tiktok": self.rng.random() < 0.05,
            }
        made = Sale(self.tiktok.create_order(wanted, **share))
        self.sales.append(made)
        self._note(made, "order", (wanted, share))
        for step in (H.pay, H.end_hold)[: self.rng.choice((0, 1, 2, 2, 2))]:
            self._do(((step, 1),), made)

    def pay(self, sale: Sale) -> None:
        self._at_tiktok(sale, "pay")

    def end_hold(self, sale: Sale) -> None:
        self._at_tiktok(sale, "end_hold")

    def request_cancel(self, sale: Sale) -> None:
        """Of the whole order, or of some of it."""
        lines = self._waiting(sale)
        some = self._some(lines) if lines and self.rng.random() < 0.3 else ()
        self._at_tiktok(sale, "request_cancel", some)

    def withdraw_cancel(self, sale: Sale) -> None:
        for case in self.order_of(sale).cancellations:
            if case.status.endswith("PENDING"):
                self.tiktok.resolve_cancel(case.id, approve=False)
                self._note(sale, "withdraws the cancellation")

    def change_address(self, sale: Sale) -> None:
        self._at_tiktok(sale, "change_address", street=f"{self.rng.randint(1, 99)} New Street")

    def request_return(self, sale: Sale) -> None:
        order = self.order_of(sale)
        gone = [ln.id for ln in order.active_lines() if ln.status in LONG]
        lines = self._some(gone) if gone and self.rng.random() < 0.7 else ()
        kind = self.rng.choice(KINDS_OF_RETURN)
        self._at_tiktok(sale, "request_return", lines, kind=kind)

    def return_goes_on(self, sale: Sale) -> None:
        """What buyer, carrier or TikTok do with an open return."""
        open_ones = [one for one in self.order_of(sale).returns if one.open]
        if not open_ones:
            return
        case = self.rng.choice(open_ones)
        steps = RETURN_STEPS.get(case.status, ())
        if case.arbitration == "IN_PROGRESS":
            steps = ("decide",)
        if not steps:
            return
        step = self.rng.choice(steps)
        more: dict[str, Any] = {}
        if step == "answer_offer":
            more = {"accept": self.rng.random() < 0.6}
        elif step == "decide":
            more = {"for_buyer": self.rng.random() < 0.6}
        elif step == "edit_return":
            more = {"kind": self.rng.choice(("REFUND", "RETURN_AND_REFUND"))}
        getattr(self.tiktok, step)(case.id, **more)
        self._note(sale, step, (case.id, more))

    # --- the seller in Seller Center, TikTok, carriers

    def ship_there(self, sale: Sale) -> None:
        lines = self._waiting(sale)
        if lines:
            whole = self.order_of(sale).tag == "COMBINED" or self.rng.random() < 0.6
            part = () if whole else self._some(lines)
            self._at_tiktok(sale, "ship", part)

    def split(self, sale: Sale) -> None:
        lines = self._waiting(sale)
        if len(lines) > 1 and self.order_of(sale).tag != "COMBINED":
            cut = self.rng.randint(1, len(lines) - 1)
            self._at_tiktok(sale, "split", [lines[:cut], lines[cut:]])

    def combine(self, sale: Sale) -> None:
        order = self.order_of(sale)
        for other in self.sales:
            there = self.order_of(other)
            same = there.buyer_id == order.buyer_id and there.status == order.status
            if other is not sale and same and order.tag != "COMBINED" != there.tag:
                self.tiktok.combine([sale.order_id, other.order_id])
                self._note(sale, "combine", other.order_id)
                self._note(other, "combine", sale.order_id)
                return

    def uncombine(self, sale: Sale) -> None:
        for package in self.order_of(sale).packages:
            if package.tag == "COMBINED" and package.status == "TO_FULFILL":
                self.tiktok.uncombine(package.id)
                self._note(sale, "uncombine", package.id)

    def buy_label(self, sale: Sale) -> None:
        order = self.order_of(sale)
        if order.shipping_type == "TIKTOK" and self.stage.world.region == "US":
            self._at_tiktok(sale, "buy_label")

    def track_there(self, sale: Sale) -> None:
        """Another number in Seller Center."""
        for package in self.order_of(sale).packages:
            if package.shipped_at and package.status in {"PROCESSING", "FULFILLING"}:
                provider = self.tiktok.world.shops[0].region.providers[0][1]
                number = self._tracking()
                self.tiktok.change_tracking(package.id, provider, number)
                self._note(sale, "tracking changed at TikTok", number)
                return

    def cancel_there(self, sale: Sale) -> None:
        by = self.rng.choice(("SELLER", "SELLER", "SYSTEM", "BUYER"))
        self._at_tiktok(sale, "cancel", by=by)

    def cancel_part_there(self, sale: Sale) -> None:
        lines = self._waiting(sale)
        if lines and self.tiktok.world.shops[0].region.partial_cancel:
            self._at_tiktok(sale, "cancel", self._some(lines))

    def in_transit(self, sale: Sale) -> None:
        self._at_tiktok(sale, "in_transit")

    def deliver(self, sale: Sale) -> None:
        self._at_tiktok(sale, "deliver")

    def complete(self, sale: Sale) -> None:
        if not any(one.open for one in self.order_of(sale).returns):
            self._at_tiktok(sale, "complete")

    def touch(self, sale: Sale) -> None:
        self._at_tiktok(sale, "touch")

    def _at_tiktok(self, sale: Sale, step: str, *args: Any, **more: Any) -> None:
        status = self.order_of(sale).status
        getattr(self.tiktok, step)(sale.order_id, *args, **more)
        self._note(sale, f"{status}:{step}", (*args, more or ""))

    # --- money

    def settle_day(self, sale: Sale) -> None:
        if self.rng.random() < 0.3:
            kind = self.rng.choice(ADJUSTMENTS)
            whole = self.rng.randint(-9, 9) or 1
            about = sale.order_id if self.rng.random() < 0.5 else ""
            self.tiktok.add_adjustment(kind, str(whole * self._coin()), order_id=about)
            self._note(sale, "adjustment", (kind, whole, about))
        self._note(None, "statement", self.tiktok.settle_day())

    def pay_out(self, sale: Sale) -> None:
        made = self.tiktok.pay_out()
        self._note(None, "paid out", made)
        if made and self.rng.random() < 0.1:
            self._note(None, "payout failed", self.tiktok.fail_payment())

    def release_reserve(self, sale: Sale) -> None:
        self._note(None, "reserve released", self.tiktok.release_reserve())

    def _coin(self) -> Decimal:
        shop = self.tiktok.world.shops[0]
        return Decimal(100) if shop.region.exponent == 0 else Decimal(1)

    # --- our services

    def answer(self, sale: Sale) -> None:
        """The merchant decides one of the order's cases, or another one's."""
        rows = AfterSalesCase.objects.filter(
            connection=self.stage.connection, state="needs_answer"
        ).order_by("pk")
        mine = list(rows.filter(order_id=sale.order_id)) or list(rows)
        if not mine:
            return
        case = self.rng.choice(mine)
        names = [one.name for one in possible_actions(case, now=clock.now())]
        if not names:
            return
        name = self.rng.choice(names)
        about = next((one for one in self.sales if one.order_id == case.order_id), sale)
        self._answer(case, name)
        self._note(about, f"answer {name}", case.case_id)

    def _answer(self, case: AfterSalesCase, name: Name) -> None:
        actor = "merchant"
        match name:
            case Name.REJECT:
                reasons = answering.reject_reasons(case)
                if reasons:
                    answering.reject(case, self.rng.choice(reasons).key, actor=actor)
            case Name.OFFER:
                part = (case.amount / 2).quantize(
                    Decimal(1) if self._coin() > 1 else Decimal("0.01")
                )
                answering.offer(case, part, actor=actor)
            case _:
                answering.accept(
                    case,
                    actor=actor,
                    buyer_keeps=name is Name.ACCEPT_KEEPS,
                    instead_of_replacement=name is Name.REFUND,
                )

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

    # --- small things

    def _waiting(self, sale: Sale) -> list[str]:
        lines = self.order_of(sale).active_lines()
        return [line.id for line in lines if line.status == "AWAITING_SHIPMENT"]

    def _some(self, lines: Sequence[str]) -> list[str]:
        return sorted(self.rng.sample(list(lines), self.rng.randint(1, len(lines))))

    def _tracking(self) -> str:
        self._number += 1
        return f"TRK{self._number:07d}X"


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
    (H.turn, 1), (H.fault, 6), (H.saleor_fault, 1), (H.clear, 0.5), (H.settle_day, 2),
    (H.pay_out, 1), (H.release_reserve, 0.3), (H.bring, 2),
)  # fmt: skip
MEANWHILE = object()
"""What happens at the very moment at which a worker is half way."""
