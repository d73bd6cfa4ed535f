"""Returns and refunds: asked for, answered, sent back, disputed, paid back.

Who moves a return from where to where: reference sheet, returns, transitions. What nobody answers
in time moves by itself when the sandbox clock passes the deadline.
"""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heappop

from saleor_tiktok_stripe.sandbox.tiktok import ids
from saleor_tiktok_stripe.sandbox.tiktok.generator import (
    refund_for,
    return_reason,
    tracking_number,
)
from saleor_tiktok_stripe.sandbox.tiktok.life_cases import RESPOND_WITHIN
from saleor_tiktok_stripe.sandbox.tiktok.life_packages import PackageLife
from saleor_tiktok_stripe.sandbox.tiktok.model import SHIPPED, Line, Order, Record, Refund, Return
from saleor_tiktok_stripe.sandbox.tiktok.plan import DAY
from saleor_tiktok_stripe.sandbox.tiktok.shop import Shop

PENDING, REJECTED = "RETURN_OR_REFUND_REQUEST_PENDING", "REFUND_OR_RETURN_REQUEST_REJECT"
TO_SHIP, SENT, PARCEL_REJECTED = (
    "AWAITING_BUYER_SHIP",
    "BUYER_SHIPPED_ITEM",
    "REJECT_RECEIVE_PACKAGE",
)
OFFERED, APPROVED = "AWAITING_BUYER_RESPONSE", "RETURN_OR_REFUND_REQUEST_SUCCESS"
CANCELLED, COMPLETE = "RETURN_OR_REFUND_REQUEST_CANCEL", "RETURN_OR_REFUND_REQUEST_COMPLETE"
REPLACE_PENDING, REPLACE_REFUND = (
    "REPLACEMENT_REQUEST_PENDING",
    "REPLACEMENT_REQUEST_REFUND_SUCCESS",
)
REPLACE_REJECTED, REPLACED = "REPLACEMENT_REQUEST_REJECT", "REPLACEMENT_REQUEST_COMPLETE"
_TIME_FOR = {
    PENDING: RESPOND_WITHIN,
    REPLACE_PENDING: RESPOND_WITHIN,
    OFFERED: RESPOND_WITHIN,
    TO_SHIP: 14 * DAY,
    REJECTED: 7 * DAY,
    PARCEL_REJECTED: 7 * DAY,
}


def left_of(line: Line) -> int:
    """What may still go back for a line, its tax and fees included."""
    whole = line.sale + line.tax + line.retail_delivery_fee + line.buyer_service_fee
    return max(0, whole - line.refunded)


def part_of(whole: Refund, amount: int) -> Refund:
    """A part of a refund, its components in proportion; the subtotal takes the rounding."""
    if amount >= whole.total:
        return whole
    names = ("tax", "shipping", "retail_delivery_fee", "buyer_service_fee")
    parts = {name: getattr(whole, name) * amount // whole.total for name in names}
    withheld = whole.withheld * amount // whole.total
    return Refund(subtotal=amount - sum(parts.values()), **parts, withheld=withheld)


def refundable(order: Order, lines: Sequence[Line], *, with_shipping: bool = False) -> Refund:
    """All that may still go back for these lines."""
    whole = refund_for(order, lines, with_shipping=with_shipping)
    if any(line.refunded for line in lines):
        return part_of(whole, min(whole.total, sum(left_of(line) for line in lines)))
    return whole


class ReturnLife(PackageLife):
    """Moves returns on."""

    def request_return(
        self,
        order_id: str,
        line_ids: Sequence[str] = (),
        *,
        kind: str = "RETURN_AND_REFUND",
        reason_key: str = "",
        reason_text: str = "",
    ) -> str:
        """The buyer wants money back for lines (all that nothing was asked for, when none are
        named); `kind` REFUND, RETURN_AND_REFUND or REPLACEMENT; returns the id."""
        shop, order = self._take(order_id)
        locked = order.locked_lines()
        free = [ln.id for ln in order.active_lines() if ln.id not in locked and left_of(ln)]
        lines = self._lines(order, line_ids or free)
        if any(line.status not in SHIPPED for line in lines) or order.status == "COMPLETED":
            raise ValueError(f"order {order_id} cannot be returned")
        if not lines or locked & {line.id for line in lines}:
            raise ValueError(f"a return of order {order_id} is open")
        case = self.open_return(
            shop, order, lines, refundable(order, lines), kind=kind, role="BUYER",
            reason=(reason_key, reason_text) if reason_key else return_reason(kind),
        )  # fmt: skip
        status = REPLACE_PENDING if kind == "REPLACEMENT" else PENDING
        self.set_return(shop, order, case, status, "BUYER")
        return case.id

    def open_return(
        self,
        shop: Shop,
        order: Order,
        lines: Sequence[Line],
        refund: Refund,
        *,
        kind: str,
        role: str,
        reason: tuple[str, str],
    ) -> Return:
        """A return that has no status yet: `set_return` is to follow."""
        now, position = self._now(), order.next_case
        with_parcel = kind != "REFUND"
        case = Return(
            id=ids.return_id(shop.number, order.index, position),
            slot=ids.slot(order.index, position),
            order_id=order.id,
            role=role,
            kind=kind,
            status=PENDING,
            reason=reason[0],
            reason_text=reason[1],
            line_ids=[line.id for line in lines],
            refund=refund,
            create_time=now,
            update_time=now,
            handover_method="DROP_OFF" if with_parcel else "",
            shipment_type="PLATFORM" if with_parcel else "",
        )
        order.next_case += 1
        order.returns.append(case)
        return case

    def find_return(self, return_id: str) -> tuple[Shop, Order, Return]:
        """A return with its shop and order; KeyError when there is none."""
        for shop in self.world.shops:
            slot = ids.return_slot(shop.number, return_id)
            found = shop.thing("returns", slot) if slot is not None else None
            if found is not None and isinstance(found[1], Return):
                return shop, shop.hold_changed(found[0]), found[1]
        raise KeyError(f"no return {return_id}")

    def set_return(
        self, shop: Shop, order: Order, case: Return, status: str, role: str, note: str = ""
    ) -> None:
        """Move a return to a status, tell, and set what happens when nobody answers."""
        now = self._now()
        case.status, case.update_time = status, now
        if status == SENT and not case.tracking:
            case.tracking = tracking_number(shop.region.code, case.slot * 13 + 5)
        case.records.append(Record(role, status, case.reason_text, note, now))
        case.deadline = now + _TIME_FOR[status] if status in _TIME_FOR else 0
        if case.deadline:
            self.remind(case.deadline, case.id)
        if status in {COMPLETE, REPLACE_REFUND}:
            self._pay_back(shop, order, case)
        self._note(shop, order, order.status)
        self._tell_return(shop, case)

    def _pay_back(self, shop: Shop, order: Order, case: Return) -> None:
        if case.paid_back:
            return
        case.paid_back = True
        left = case.refund.total - case.refund.shipping
        for line in order.lines:
            if line.id in case.line_ids:
                share = min(left, left_of(line))
                line.refunded += share
                left -= share
        self._tell_refund(shop, order, case)

    def approve_money(self, shop: Shop, order: Order, case: Return, role: str) -> None:
        """SUCCESS, and COMPLETE after the refund delay."""
        self.set_return(shop, order, case, APPROVED, role)
        delay = self.world.settings.refund_delay
        if delay:
            self.remind(self._now() + delay, case.id)
        else:
            self.set_return(shop, order, case, COMPLETE, "SYSTEM")

    def advance_return(self, return_id: str, status: str) -> str:
        """Set a return's status, for example BUYER_SHIPPED_ITEM, whatever it was."""
        shop, order, case = self.find_return(return_id)
        self.set_return(shop, order, case, status, "SYSTEM")
        return case.id

    def complete_return(self, return_id: str) -> str:
        """The refund has been paid out to the buyer."""
        shop, order, case = self.find_return(return_id)
        if case.status != APPROVED:
            self.set_return(shop, order, case, APPROVED, "SYSTEM")
        self.set_return(shop, order, case, COMPLETE, "SYSTEM")
        return case.id

    def _expect(self, return_id: str, *statuses: str) -> tuple[Shop, Order, Return]:
        shop, order, case = self.find_return(return_id)
        if case.status not in statuses:
            raise ValueError(f"return {return_id} is {case.status}")
        return shop, order, case

    def buyer_ships(self, return_id: str, tracking: str = "") -> str:
        """The buyer sends the goods back."""
        shop, order, case = self._expect(return_id, TO_SHIP)
        case.tracking = tracking
        self.set_return(shop, order, case, SENT, "BUYER")
        return case.id

    def parcel_arrives(self, return_id: str) -> str:
        """The returned parcel is delivered to the seller, who has 48 hours to look at it."""
        shop, order, case = self._expect(return_id, SENT)
        case.deadline = self._now() + RESPOND_WITHIN
        self.remind(case.deadline, case.id)
        self._note(shop, order, order.status)
        return case.id

    def answer_offer(self, return_id: str, *, accept: bool) -> str:
        """The buyer takes the part that was offered, or refuses it: then it is the seller's turn
        again."""
        shop, order, case = self._expect(return_id, OFFERED)
        if accept:
            case.refund = part_of(case.refund, case.offer)
            self.approve_money(shop, order, case, "BUYER")
        else:
            case.offer_refused = True
            self.set_return(shop, order, case, PENDING, "BUYER")
        return case.id

    def withdraw_return(self, return_id: str) -> str:
        """The buyer gives it up."""
        shop, order, case = self._expect(
            return_id, PENDING, REJECTED, OFFERED, TO_SHIP, REPLACE_PENDING
        )
        replaces = case.kind == "REPLACEMENT"
        status = "REPLACEMENT_REQUEST_CANCEL" if replaces else CANCELLED
        self.set_return(shop, order, case, status, "BUYER")
        return case.id

    def edit_return(
        self, return_id: str, line_ids: Sequence[str] = (), *, kind: str = "REFUND"
    ) -> str:
        """The buyer asks for something else instead: another request takes this one's place;
        returns its id."""
        _, order, case = self._expect(return_id, PENDING, REJECTED)
        self.withdraw_return(return_id)
        new_id = self.request_return(order.id, line_ids or case.line_ids, kind=kind)
        case.next_id = new_id
        self.find_return(new_id)[2].former_id = case.id
        return new_id

    def dispute(self, return_id: str) -> str:
        """The buyer asks TikTok to decide."""
        shop, order, case = self._expect(return_id, REJECTED, PARCEL_REJECTED)
        case.arbitration, case.deadline = "IN_PROGRESS", 0
        self._note(shop, order, order.status)
        self._tell_return(shop, case)
        return case.id

    def decide(self, return_id: str, *, for_buyer: bool) -> str:
        """TikTok decides a dispute."""
        shop, order, case = self._expect(return_id, REJECTED, PARCEL_REJECTED)
        if case.arbitration != "IN_PROGRESS":
            raise ValueError(f"return {return_id} is not disputed")
        case.arbitration = "SUPPORT_BUYER" if for_buyer else "SUPPORT_SELLER"
        if not for_buyer:
            self.set_return(shop, order, case, CANCELLED, "OPERATOR")
        elif case.kind == "RETURN_AND_REFUND" and case.status == REJECTED:
            self.set_return(shop, order, case, TO_SHIP, "OPERATOR")
        else:
            self.approve_money(shop, order, case, "OPERATOR")
        return case.id

    def _return_due(self, return_id: str) -> None:
        shop, order, case = self.find_return(return_id)
        if case.status == APPROVED:
            self.set_return(shop, order, case, COMPLETE, "SYSTEM")
        elif not case.deadline or self._now() < case.deadline:
            return
        elif case.status == SENT or (case.status == PENDING and case.kind == "REFUND"):
            self.approve_money(shop, order, case, "SYSTEM")
        elif case.status == PENDING:
            self.set_return(shop, order, case, TO_SHIP, "SYSTEM")
        elif case.status == REPLACE_PENDING:
            self.set_return(shop, order, case, REPLACED, "SYSTEM")
        elif case.status == OFFERED:
            self.set_return(shop, order, case, PENDING, "SYSTEM")
        elif case.status in {TO_SHIP, REJECTED, PARCEL_REJECTED}:
            self.set_return(shop, order, case, CANCELLED, "SYSTEM")

    def pass_time(self) -> int:
        """Let everything happen whose time has come; returns how many deadlines passed."""
        passed, due = 0, self.world.due
        while due and due[0][0] <= self._now():
            case_id = heappop(due)[2]
            numbers = [shop.number for shop in self.world.shops]
            if any(ids.return_slot(number, case_id) is not None for number in numbers):
                self._return_due(case_id)
            else:
                self._cancellation_due(case_id)
            passed += 1
        return passed

    def _tell_return(self, shop: Shop, case: Return) -> None:
        self.world.outbox.emit(
            shop.id,
            "RETURN_STATUS_CHANGE",
            {
                "order_id": case.order_id,
                "return_role": case.role,
                "return_type": case.kind,
                "return_status": case.status,
                "return_id": case.id,
                "create_time": case.create_time,
                "update_time": case.update_time,
            },
        )
        newer = ["AFTERSALES_REQUEST_STATUS_UPDATE"]
        newer += ["RMA_STATUS_UPDATE"] if case.kind != "REFUND" else []
        newer += ["APPEAL_COMPLETED"] if case.arbitration.startswith("SUPPORT") else []
        for event in newer:
            self.world.outbox.emit(
                shop.id,
                event,
                {
                    "aftersales_request_id": case.id,
                    "rma_id": case.id,
                    "line_items": self._case_lines(case),
                    "status": case.status,
                    "update_time": case.update_time,
                },
            )
