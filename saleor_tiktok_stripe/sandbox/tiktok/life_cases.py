"""Cancellations: asked for, decided, paid back."""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heappush

from saleor_tiktok_stripe.sandbox.tiktok import ids, money
from saleor_tiktok_stripe.sandbox.tiktok.generator import reason, refund_for
from saleor_tiktok_stripe.sandbox.tiktok.life_base import LifeBase
from saleor_tiktok_stripe.sandbox.tiktok.model import SHIPPED, Cancellation, Order, Return
from saleor_tiktok_stripe.sandbox.tiktok.plan import DAY
from saleor_tiktok_stripe.sandbox.tiktok.shop import Shop

RESPOND_WITHIN = 2 * DAY


class CaseLife(LifeBase):
    """Moves cancellations on."""

    def cancel(
        self,
        order_id: str,
        line_ids: Sequence[str] = (),
        *,
        by: str = "SELLER",
        reason_key: str = "",
        reason_text: str = "",
    ) -> str:
        """Cancel an order or some lines, at once and for good; returns the cancellation id."""
        case = self._open_cancellation(order_id, line_ids, by, reason_key, reason_text)
        self.resolve_cancel(case.id, approve=True)
        return self.complete_cancel(case.id)

    def seller_cancel(
        self, order_id: str, line_ids: Sequence[str], reason_key: str, reason_text: str
    ) -> Cancellation:
        """As `cancel` by the seller, but the money goes back after the refund delay."""
        case = self._open_cancellation(order_id, line_ids, "SELLER", reason_key, reason_text)
        self.resolve_cancel(case.id, approve=True)
        self.pay_back_later(case.id)
        return case

    def request_cancel(
        self, order_id: str, line_ids: Sequence[str] = (), *, by: str = "BUYER"
    ) -> str:
        """A cancellation that waits for a decision (48 hours, then it is approved), returns its id.
        Before the order waits for shipment a buyer's is approved at once."""
        early = self._take(order_id)[1].status in {"UNPAID", "ON_HOLD"}
        case = self._open_cancellation(order_id, line_ids, by)
        if by == "BUYER" and early:
            self.resolve_cancel(case.id, approve=True)
            self.pay_back_later(case.id)
        else:
            self.remind(case.create_time + RESPOND_WITHIN, case.id)
        return case.id

    def _open_cancellation(
        self,
        order_id: str,
        line_ids: Sequence[str],
        by: str,
        reason_key: str = "",
        reason_text: str = "",
    ) -> Cancellation:
        shop, order = self._take(order_id)
        lines = self._lines(order, line_ids)
        if not lines:
            raise ValueError(f"nothing of order {order_id} is left to cancel")
        if any(line.status in SHIPPED for line in lines):
            raise ValueError("a shipped line cannot be cancelled")
        if any(case.status.endswith("PENDING") for case in order.cancellations):
            raise ValueError("a cancellation is pending")
        key, words = (reason_key, reason_text) if reason_key else reason(by)
        now, position = self._now(), order.next_case
        whole = len(lines) == len(order.active_lines())
        case = Cancellation(
            id=ids.cancel_id(shop.number, order.index, position),
            slot=ids.slot(order.index, position),
            order_id=order.id,
            role=by,
            kind="BUYER_CANCEL" if by == "BUYER" and order.status != "ON_HOLD" else "CANCEL",
            status="CANCELLATION_REQUEST_PENDING",
            reason=key,
            reason_text=words,
            line_ids=[line.id for line in lines],
            refund=refund_for(order, lines, with_shipping=whole),
            create_time=now,
            update_time=now,
            replenish="out_of_stock" not in key,
        )
        order.next_case += 1
        order.cancellations.append(case)
        order.buyer_requests_cancel = by == "BUYER"
        order.request_cancel_time = now
        self._note(shop, order, order.status)
        self._tell_case(shop, case)
        return case

    def _tell_case(self, shop: Shop, case: Cancellation) -> None:
        self.world.outbox.emit(
            shop.id,
            "CANCELLATION_STATUS_CHANGE",
            {
                "order_id": case.order_id,
                "cancellations_role": case.role,
                "cancel_status": case.status,
                "cancel_id": case.id,
                "create_time": case.create_time,
            },
        )

    @staticmethod
    def _case_lines(case: Cancellation | Return) -> list[dict[str, str]]:
        """The newer notifications name orders by line only."""
        return [{"order_id": case.order_id, "order_line_item_id": i} for i in case.line_ids]

    def _tell_refund(self, shop: Shop, order: Order, case: Cancellation | Return) -> None:
        if not order.paid_time:
            return
        self.world.outbox.emit(
            shop.id,
            "REFUND_SUCCESS",
            {
                "aftersales_request_id": case.id,
                "rma_id": case.id,
                "line_items": self._case_lines(case),
                "refund_currency": order.currency,
                "refund_total": money.text(case.refund.total, order.exponent),
                "refund_status": "SUCCESS",
                "refund_timestamp": self._now(),
            },
        )

    def remind(self, when: int, case_id: str) -> None:
        """Look at a case when the sandbox clock has reached a time."""
        number = self.world.reminders = self.world.reminders + 1
        heappush(self.world.due, (when, number, case_id))

    def pay_back_later(self, case_id: str) -> None:
        """The money of an approved case goes back after the refund delay, 0: at once."""
        delay = self.world.settings.refund_delay
        if delay:
            self.remind(self._now() + delay, case_id)
        else:
            self.complete_cancel(case_id)

    def _cancellation_due(self, case_id: str) -> None:
        _, order, case = self.find_cancellation(case_id)
        now = self._now()
        if case.status == "CANCELLATION_REQUEST_SUCCESS":
            self.complete_cancel(case_id)
        elif case.status.endswith("PENDING") and now >= case.create_time + RESPOND_WITHIN:
            shipped = any(ln.status in SHIPPED for ln in order.lines if ln.id in case.line_ids)
            self.resolve_cancel(case_id, approve=not shipped)
            if not shipped:
                self.pay_back_later(case_id)

    def find_cancellation(self, case_id: str) -> tuple[Shop, Order, Cancellation]:
        """A cancellation with its shop and order; KeyError when there is none."""
        for shop in self.world.shops:
            slot = ids.cancel_slot(shop.number, case_id)
            found = shop.thing("cancellations", slot) if slot is not None else None
            if found is not None and isinstance(found[1], Cancellation):
                return shop, shop.hold_changed(found[0]), found[1]
        raise KeyError(f"no cancellation {case_id}")

    def resolve_cancel(self, case_id: str, *, approve: bool) -> str:
        """Approve a pending cancellation, or refuse (or withdraw) it."""
        shop, order, case = self.find_cancellation(case_id)
        if case.status != "CANCELLATION_REQUEST_PENDING":
            raise ValueError(f"cancellation {case_id} is {case.status}")
        if approve and any(ln.status in SHIPPED for ln in order.lines if ln.id in case.line_ids):
            raise ValueError("a shipped line cannot be cancelled")
        former = order.status
        order.buyer_requests_cancel = False
        case.update_time = self._now()
        case.status = f"CANCELLATION_REQUEST_{'SUCCESS' if approve else 'CANCELLED'}"
        if approve:
            self._cancel_lines(shop, order, case)
        self._note(shop, order, former)
        self._tell_case(shop, case)
        return case.id

    def _cancel_lines(self, shop: Shop, order: Order, case: Cancellation) -> None:
        for line in order.active_lines():
            if line.id in case.line_ids:
                line.status, line.cancel_user = "CANCELLED", case.role
                shop.stock.release(line, shop.warehouse_id(order), replenish=case.replenish)
                line.cancel_reason, line.package_id = case.reason_text, ""
                for package in list(order.packages):
                    package.line_ids = [i for i in package.line_ids if i != line.id]
                    if not package.line_ids:
                        order.packages.remove(package)
        gone = {line.sku.sku_id for line in order.lines if line.id in case.line_ids}
        self._tell_stock(shop, gone)
        if order.status != "ON_HOLD" or not order.active_lines():
            order.status = order.derived_status()
        if order.status == "CANCELLED":
            order.cancel_time, order.cancel_by = self._now(), case.role
            order.cancel_reason = case.reason_text

    def complete_cancel(self, case_id: str) -> str:
        """The money of an approved cancellation has gone back."""
        shop, order, case = self.find_cancellation(case_id)
        if case.status != "CANCELLATION_REQUEST_SUCCESS":
            raise ValueError(f"cancellation {case_id} is {case.status}")
        case.status, case.update_time = "CANCELLATION_REQUEST_COMPLETE", self._now()
        self._note(shop, order, order.status)
        self._tell_case(shop, case)
        self._tell_refund(shop, order, case)
        return case.id
