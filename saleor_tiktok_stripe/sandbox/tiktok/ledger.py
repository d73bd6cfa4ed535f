"""A shop's statements and payouts: history made on first use, later days as they are settled."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from saleor_tiktok_stripe.sandbox.tiktok import ids, money
from saleor_tiktok_stripe.sandbox.tiktok.finance import (
    ADJUSTMENTS,
    RELEASE_AFTER,
    Row,
    refund_row,
    sale_id,
    sale_row,
    settles_at,
)
from saleor_tiktok_stripe.sandbox.tiktok.plan import DAY
from saleor_tiktok_stripe.sandbox.tiktok.shop import Shop

_PAID_AFTER = 2 * DAY
_SETTLED_STATES = frozenset({"DELIVERED", "COMPLETED"})


@dataclass
class Payout:
    """One transfer to the seller's bank, of several statements. Status PROCESSING, PAID, FAILED."""

    id: str
    created_at: int
    paid_at: int
    statements: list[Statement]
    status: str = "PROCESSING"
    retry: bool = False
    """Whether it pays again what a failed one did not."""

    def total(self, name: str) -> int:
        """Sum over its statements: settlement or reserve."""
        return sum(statement.total(name) for statement in self.statements)

    @property
    def payable(self) -> int:
        """Settlement and reserve: what is sent."""
        return self.total("settlement") + self.total("reserve")


@dataclass
class Statement:
    """One day's settlement of a shop. `time` is the midnight (UTC) that ends the day."""

    id: str
    time: int
    rows: list[Row]
    payout: Payout | None = None
    _totals: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.rows.sort(key=lambda row: (row.ordered_at, row.id))

    def total(self, name: str) -> int:
        """Sum over the rows: revenue, shipping, fee_tax, adjustment, settlement or reserve."""
        if name not in self._totals:
            if name in {"revenue", "shipping"}:
                value = sum(sum(getattr(row, name).values()) for row in self.rows)
            else:
                value = sum(getattr(row, name) for row in self.rows)
            self._totals[name] = value
        return self._totals[name]

    @property
    def payable(self) -> int:
        """Settlement and reserve."""
        return self.total("settlement") + self.total("reserve")


class Ledger:
    """The statements and payouts of one shop."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.by_id: dict[str, Statement] = {}
        self._settled: set[str] = set()
        self._of_order: dict[str, list[tuple[Statement, Row]]] = {}
        self._held: list[Row] = []
        self._release_now: set[str] = set()
        self._pending: list[Row] = []
        self._added = 0
        self._payouts: list[Payout] = []
        self._made = False

    def statements(self) -> list[Statement]:
        """All statements, oldest first."""
        if not self._made:
            self._made = True
            for when, rows in sorted(self._history().items()):
                self._close(when, rows)
        return list(self.by_id.values())

    def rows_of(self, order_id: str) -> list[tuple[Statement, Row]]:
        """Every row about an order: its sale and refunds, adjustments and reserves because of
        it."""
        self.statements()
        return self._of_order.get(order_id, [])

    def _history(self) -> dict[int, list[Row]]:
        days: dict[int, list[Row]] = {}
        for index in range(self.shop.spec.orders):
            plan = self.shop.planner.outline(index)
            if not plan.delivery_time:
                continue
            order = self.shop.generator.order(plan)
            when = settles_at(order)
            if when and when <= self.shop.start:
                days.setdefault(when, []).append(sale_row(self.shop, order))
            for case in order.returns:
                at = ((case.update_time + DAY) // DAY + 1) * DAY
                if case.paid_back and when and max(at, when) <= self.shop.start:
                    days.setdefault(max(at, when), []).append(refund_row(self.shop, order, case))
        return days

    def _close(self, when: int, rows: list[Row], reserve: bool | None = None) -> Statement:
        day, part = when // DAY, sum(s.time == when for s in self.by_id.values())
        if day % 7 == 0 and not part:
            weekly = self._adjustment("LOGISTICS_REIMBURSEMENT", self.shop.region.price(1200))
            weekly.id = ids.transaction_id(self.shop.number, 2 * 10**12 + day)
            rows = [*rows, weekly]
        rows = [*rows, *self._pending, *self._releases(when)]
        self._pending = []
        if reserve is None:
            reserve = self.shop.region.has_reserve and day % 5 == 0 and not part
        if reserve:
            rows = [*rows, *self._collect(when, rows)]
        made = Statement(ids.statement_id(self.shop.number, day, part), when, rows)
        self.by_id[made.id] = made
        for row in made.rows:
            self._settled.add(row.id)
            if row.order_id:
                self._of_order.setdefault(row.order_id, []).append((made, row))
        return made

    @staticmethod
    def _adjustment(kind: str, amount: int) -> Row:
        return Row(id="", kind=kind, adjustment=amount)

    def _collect(self, when: int, rows: list[Row]) -> list[Row]:
        first = next((row for row in rows if row.kind == "ORDER"), None)
        amount = -money.portion(sum(row.settlement for row in rows), 500)
        if first is None or amount >= 0:
            return []
        number = when // DAY * 100 + len(self.by_id) % 100
        row = Row(
            id=ids.transaction_id(self.shop.number, 3 * 10**12 + number),
            kind="RESERVE",
            order_id=first.order_id,
            order_index=first.order_index,
            ordered_at=first.ordered_at,
            reserve=amount,
            reserve_id=f"{70_000_000_000 + number}",
            release_at=when + RELEASE_AFTER,
        )
        self._held.append(row)
        return [row]

    def _releases(self, when: int) -> list[Row]:
        due = [r for r in self._held if r.release_at <= when or r.reserve_id in self._release_now]
        self._held = [row for row in self._held if row not in due]
        self._release_now.clear()
        return [
            Row(
                id=str(int(row.id) + 10**12),
                kind="RESERVE",
                order_id=row.order_id,
                order_index=row.order_index,
                ordered_at=row.ordered_at,
                reserve=-row.reserve,
                reserve_id=row.reserve_id,
            )
            for row in due
        ]

    def _candidates(self, index: int) -> Iterator[Row]:
        if self.shop.status_of(index) not in _SETTLED_STATES:
            return
        untouched = index not in self.shop.changed and index < self.shop.spec.orders
        if untouched and sale_id(self.shop, index) in self._settled:
            plan = self.shop.planner.outline(index)
            if not plan.returned:
                return
        order = self.shop.order(index)
        yield sale_row(self.shop, order)
        for case in order.returns:
            if case.paid_back:
                yield refund_row(self.shop, order, case)

    def unsettled(self) -> list[Row]:
        """Rows of delivered orders and paid refunds that are in no statement yet, and adjustments
        that wait for one."""
        self.statements()
        rows = [
            row
            for index in range(self.shop.next_index)
            for row in self._candidates(index)
            if row.id not in self._settled
        ]
        return [*rows, *self._pending]

    def settle(self, now: int, *, reserve: bool | None = None) -> Statement | None:
        """Close the day: everything not yet settled goes into one statement, None if nothing is.
        `reserve` forces or forbids that a part is held back."""
        rows = [row for row in self.unsettled() if row.kind == "ORDER"]
        if not rows and not self._pending and not self._release_now:
            return None
        return self._close(now // DAY * DAY, rows, reserve)

    def add_adjustment(self, kind: str, amount: int, order_id: str = "") -> str:
        """A charge (negative) or a credit that the next statement carries, for an order or the
        shop; returns the row's id. ValueError for a kind that does not exist."""
        if kind not in ADJUSTMENTS:
            raise ValueError(f"no adjustment {kind}; there are: {', '.join(ADJUSTMENTS)}")
        self.statements()
        row = self._adjustment(kind, amount)
        order = self.shop.find(order_id) if order_id else None
        if order_id and order is None:
            raise KeyError(f"no order {order_id}")
        if order is not None:
            row.order_id, row.order_index = order.id, order.index
            row.ordered_at = order.create_time
        self._added += 1
        row.id = ids.transaction_id(self.shop.number, 6 * 10**12 + self._added * 10)
        self._pending.append(row)
        return row.id

    def release_reserve(self, reserve_id: str = "") -> list[str]:
        """Release a reserve (all that are held, when none is named) with the next statement;
        returns their ids."""
        self.statements()
        held = [row.reserve_id for row in self._held if reserve_id in {"", row.reserve_id}]
        if reserve_id and not held:
            raise KeyError(f"no reserve {reserve_id} is held")
        self._release_now |= set(held)
        return held

    def payouts(self, now: int) -> list[Payout]:
        """Payouts made until now, oldest first: statements of two days go together, two days later;
        a day before it is on its way. Nothing is sent while the sum is not above nothing."""
        bundles: dict[int, list[Statement]] = {}
        for statement in self.statements():
            if statement.payout is None:
                bundles.setdefault(statement.time // (2 * DAY), []).append(statement)
        carried: list[Statement] = []
        for bundle, statements in sorted(bundles.items()):
            paid_at = (bundle + 1) * 2 * DAY + _PAID_AFTER
            if paid_at - DAY > now:
                break
            carried += statements
            if sum(statement.payable for statement in carried) > 0:
                self._send(carried, paid_at - DAY, paid_at)
                carried = []
        for payout in self._payouts:
            if payout.status == "PROCESSING" and payout.paid_at <= now:
                payout.status = "PAID"
        return self._payouts

    def _send(self, statements: list[Statement], created: int, paid: int) -> Payout:
        retry = any(statement.payout is not None for statement in statements)
        number = len(self._payouts) + 1
        made = Payout(
            ids.payment_id(self.shop.number, number * 7), created, paid, statements, retry=retry
        )
        for statement in statements:
            statement.payout = made
        self._payouts.append(made)
        return made

    def pay_out(self, now: int) -> str:
        """Pay what is on its way, and send everything else that is not paid (what failed, too) at
        once; returns the id of the new payout, "" when there is nothing to send."""
        for payout in self.payouts(now):
            if payout.status == "PROCESSING":
                payout.status, payout.paid_at = "PAID", now
        waiting = [s for s in self.statements() if s.payout is None]
        failed = [s for s in self.statements() if s.payout and s.payout.status == "FAILED"]
        made = ""
        for group in (failed, waiting):
            if sum(statement.payable for statement in group) > 0:
                payout = self._send(group, now, now)
                payout.status, made = "PAID", payout.id
        return made

    def fail_payment(self, now: int, payment_id: str = "") -> str:
        """The bank sends a payout back (the newest, when none is named); returns its id."""
        found = [p for p in self.payouts(now) if payment_id in {"", p.id} and p.status != "FAILED"]
        if not found:
            raise KeyError(f"no payout {payment_id}")
        found[-1].status = "FAILED"
        return found[-1].id
