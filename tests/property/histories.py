"""Made-up lives of orders, and the ways in which news about them goes astray."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from saleor_tiktok_stripe.sandbox.tiktok import TikTokSandbox

Step = Callable[["Life"], None]


@dataclass
class Life:
    """One order of the sandbox and what can happen to it next. ``open_case``: a cancellation that
    waits for an answer, ``paid_back``: one whose money has not gone back yet."""

    shop: TikTokSandbox
    order_id: str
    rng: random.Random
    open_case: str = ""
    returned: bool = False
    paid_back: list[str] = field(default_factory=list)
    steps: list[str] = field(default_factory=list)

    @property
    def shown(self) -> dict[str, object]:
        return self.shop.order(self.order_id)

    def waiting_lines(self) -> list[str]:
        return [
            line["id"]
            for line in self.shown["line_items"]
            if line["display_status"] == "AWAITING_SHIPMENT"
        ]

    def some(self, lines: list[str]) -> list[str]:
        return sorted(self.rng.sample(lines, self.rng.randint(1, len(lines))))

    def step(self, others: list[Life]) -> list[str]:
        """Let something happen; ids of the orders concerned (none when nothing fits)."""
        state = self.shown["status"]
        choices = list(MOVES.get(str(state), ()))
        if self.open_case:
            choices = [_answer_case]
        elif self.paid_back and self.rng.random() < 0.5:
            choices = [_pay_back]
        if not choices:
            return []
        move = self.rng.choice(choices)
        try:
            touched = move(self, others)
        except ValueError:
            return []  # the sandbox refuses what TikTok would refuse
        self.steps.append(f"{state}:{move.__name__}")
        return touched

    def settle(self) -> None:
        """Nothing stays undecided at the end, so that both sides can be compared."""
        if self.open_case:
            _answer_case(self, [])
        while self.paid_back:
            _pay_back(self, [])


def _pay(life: Life, others: list[Life]) -> list[str]:
    return [life.shop.pay(life.order_id)]


def _end_hold(life: Life, others: list[Life]) -> list[str]:
    return [life.shop.end_hold(life.order_id)]


def _ship_all(life: Life, others: list[Life]) -> list[str]:
    lines = life.waiting_lines()
    life.shop.ship(life.order_id, lines)
    return _with_partners(life, others)


def _ship_some(life: Life, others: list[Life]) -> list[str]:
    life.shop.ship(life.order_id, life.some(life.waiting_lines()))
    return _with_partners(life, others)


def _with_partners(life: Life, others: list[Life]) -> list[str]:
    """A combined package moves all its orders."""
    return [life.order_id, *(other.order_id for other in others)]


def _split(life: Life, others: list[Life]) -> list[str]:
    lines = life.waiting_lines()
    if len(lines) < 2:
        return []
    cut = life.rng.randint(1, len(lines) - 1)
    life.shop.split(life.order_id, [lines[:cut], lines[cut:]])
    return [life.order_id]


def _combine(life: Life, others: list[Life]) -> list[str]:
    partners = [other.order_id for other in others if other.shown["status"] == "AWAITING_SHIPMENT"]
    if not partners:
        return []
    life.shop.combine([life.order_id, partners[0]])
    return [life.order_id, partners[0]]


def _in_transit(life: Life, others: list[Life]) -> list[str]:
    life.shop.in_transit(life.order_id)
    return _with_partners(life, others)


def _deliver(life: Life, others: list[Life]) -> list[str]:
    life.shop.deliver(life.order_id)
    return _with_partners(life, others)


def _complete(life: Life, others: list[Life]) -> list[str]:
    life.shop.complete(life.order_id)
    return [life.order_id]


def _cancel_all(life: Life, others: list[Life]) -> list[str]:
    life.shop.cancel(life.order_id, by=life.rng.choice(["SELLER", "BUYER", "SYSTEM"]))
    return [life.order_id]


def _cancel_some(life: Life, others: list[Life]) -> list[str]:
    life.shop.cancel(life.order_id, life.some(life.waiting_lines()))
    return [life.order_id]


def _request_cancel(life: Life, others: list[Life]) -> list[str]:
    life.open_case = life.shop.request_cancel(life.order_id, life.some(life.waiting_lines()))
    return [life.order_id]


def _answer_case(life: Life, others: list[Life]) -> list[str]:
    approve = life.rng.random() < 0.6
    case, life.open_case = life.open_case, ""
    life.shop.resolve_cancel(case, approve=approve)
    if approve:
        life.paid_back.append(case)
    return [life.order_id]


def _pay_back(life: Life, others: list[Life]) -> list[str]:
    life.shop.complete_cancel(life.paid_back.pop(0))
    return [life.order_id]


def _change_address(life: Life, others: list[Life]) -> list[str]:
    life.shop.change_address(life.order_id, street=f"{life.rng.randint(1, 99)} New Street")
    return [life.order_id]


def _touch(life: Life, others: list[Life]) -> list[str]:
    life.shop.touch(life.order_id)
    return [life.order_id]


def _request_return(life: Life, others: list[Life]) -> list[str]:
    if life.returned:
        return _touch(life, others)
    life.returned = True
    life.shop.request_return(life.order_id, [life.shown["line_items"][0]["id"]])
    return [life.order_id]


MOVES = {
    "UNPAID": (_pay, _pay, _pay, _cancel_all),
    "ON_HOLD": (_end_hold, _end_hold, _end_hold, _cancel_all, _touch),
    "AWAITING_SHIPMENT": (
        _ship_all,
        _ship_all,
        _ship_some,
        _split,
        _combine,
        _cancel_all,
        _cancel_some,
        _request_cancel,
        _change_address,
    ),
    "PARTIALLY_SHIPPING": (_ship_all, _ship_some, _cancel_some, _touch),
    "AWAITING_COLLECTION": (_in_transit, _touch),
    "IN_TRANSIT": (_deliver,),
    "DELIVERED": (_complete, _complete, _request_return, _touch),
}


@dataclass
class Post:
    """How news travels: dropped, doubled, late and out of order."""

    rng: random.Random
    late: list[str] = field(default_factory=list)

    def deliver(self, order_ids: list[str]) -> list[str]:
        """What arrives now of ``order_ids``, with what was late."""
        arriving: list[str] = []
        held: list[str] = []
        for order_id in [*self.late, *order_ids]:
            fate = self.rng.random()
            if fate < 0.2:
                continue
            if fate < 0.4:
                held.append(order_id)
                continue
            arriving += [order_id] * (2 if fate < 0.55 else 1)
        self.late = held
        self.rng.shuffle(arriving)
        return arriving
