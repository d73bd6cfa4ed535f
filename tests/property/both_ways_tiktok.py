"""What happens to an order at TikTok: by its buyer, by the seller in Seller Center, by carriers and
by TikTok itself; and the money that TikTok settles and pays out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from random import Random
from typing import Any

from saleor_tiktok_stripe.sandbox.tiktok import TikTokSandbox
from saleor_tiktok_stripe.sandbox.tiktok.model import Order

from .both_ways_parts import ADJUSTMENTS, KINDS_OF_RETURN, LONG, RETURN_STEPS, TO_COME_BACK
from .both_ways_stage import BothWaysStage


@dataclass
class Sale:
    """An order at TikTok."""

    order_id: str
    steps: list[str] = field(default_factory=list)


class TikTokMoves:
    """Each may be refused with ``ValueError``, as TikTok would refuse it."""

    stage: BothWaysStage
    tiktok: TikTokSandbox
    rng: Random
    sales: list[Sale]
    _number: int

    def _note(self, sale: Sale | None, what: str, more: object = "") -> None:
        raise NotImplementedError

    def _do(self, choices: Sequence[tuple[Any, float]], sale: Sale | None = None) -> None:
        raise NotImplementedError

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
        for step in (TikTokMoves.pay, TikTokMoves.end_hold)[: self.rng.choice((0, 1, 2, 2, 2))]:
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

    def want_back(self, sale: Sale) -> None:
        """The buyer wants to send something back."""
        order = self.order_of(sale)
        gone = [one.id for one in order.active_lines() if one.status in LONG]
        if order.status == "DELIVERED" and gone:
            lines = self._some(gone) if self.rng.random() < 0.5 else ()
            self._at_tiktok(sale, "request_return", lines, kind="RETURN_AND_REFUND")

    def send_back(self, sale: Sale) -> None:
        """Goods that the seller agreed to take travel, with a number, and arrive."""
        for case in self.order_of(sale).returns:
            step = TO_COME_BACK.get(case.status, "") if case.open else ""
            if step == "buyer_ships":
                self.tiktok.buyer_ships(case.id, tracking=self._tracking())
                self._note(sale, step, case.id)
            elif step and not case.deadline:
                self.tiktok.parcel_arrives(case.id)
                self._note(sale, step, case.id)

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

    # --- small things

    def _waiting(self, sale: Sale) -> list[str]:
        lines = self.order_of(sale).active_lines()
        return [line.id for line in lines if line.status == "AWAITING_SHIPMENT"]

    def _some(self, lines: Sequence[str]) -> list[str]:
        return sorted(self.rng.sample(list(lines), self.rng.randint(1, len(lines))))

    def _tracking(self) -> str:
        self._number += 1
        return f"TRK{self._number:07d}X"
