"""Cancellations and returns: asked for, decided, paid back."""

from __future__ import annotations

from collections.abc import Sequence

from saleor_tiktok_stripe.sandbox.tiktok import ids
from saleor_tiktok_stripe.sandbox.tiktok.generator import (
    reason,
    refund_for,
    return_reason,
    tracking_number,
)
from saleor_tiktok_stripe.sandbox.tiktok.life_base import LifeBase
from saleor_tiktok_stripe.sandbox.tiktok.model import SHIPPED, Cancellation, Order, Return
from saleor_tiktok_stripe.sandbox.tiktok.shop import Shop


class CaseLife(LifeBase):
    """Moves cancellations and returns on."""

    def cancel(self, order_id: str, line_ids: Sequence[str] = (), *, by: str = "SELLER") -> str:
        """Cancel an order or some lines, at once and for good; returns the cancellation id."""
        case_id = self.request_cancel(order_id, line_ids, by=by)
        self.resolve_cancel(case_id, approve=True)
        return self.complete_cancel(case_id)

    def request_cancel(
        self, order_id: str, line_ids: Sequence[str] = (), *, by: str = "BUYER"
    ) -> str:
        """A cancellation that still waits for a decision; returns its id."""
        shop, order = self._take(order_id)
        lines = self._lines(order, line_ids)
        if any(line.status in SHIPPED for line in lines):
            raise ValueError("a shipped line cannot be cancelled")
        key, words = reason(by)
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
        )
        order.next_case += 1
        order.cancellations.append(case)
        order.buyer_requests_cancel = by == "BUYER"
        order.request_cancel_time = now
        self._note(shop, order, order.status)
        self._tell_case(shop, case)
        return case.id

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

    def _cancellation(self, case_id: str) -> tuple[Shop, Order, Cancellation]:
        for shop in self.world.shops:
            slot = ids.cancel_slot(shop.number, case_id)
            found = shop.thing("cancellations", slot) if slot is not None else None
            if found is not None and isinstance(found[1], Cancellation):
                return shop, shop.hold_changed(found[0]), found[1]
        raise KeyError(f"no cancellation {case_id}")

    def _return(self, return_id: str) -> tuple[Shop, Order, Return]:
        for shop in self.world.shops:
            slot = ids.return_slot(shop.number, return_id)
            found = shop.thing("returns", slot) if slot is not None else None
            if found is not None and isinstance(found[1], Return):
                return shop, shop.hold_changed(found[0]), found[1]
        raise KeyError(f"no return {return_id}")

    def resolve_cancel(self, case_id: str, *, approve: bool) -> str:
        """Approve a pending cancellation, or refuse (or withdraw) it."""
        shop, order, case = self._cancellation(case_id)
        if case.status != "CANCELLATION_REQUEST_PENDING":
            raise ValueError(f"cancellation {case_id} is {case.status}")
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
        if order.status != "ON_HOLD" or not order.active_lines():
            order.status = order.derived_status()
        if order.status == "CANCELLED":
            order.cancel_time, order.cancel_by = self._now(), case.role
            order.cancel_reason = case.reason_text

    def complete_cancel(self, case_id: str) -> str:
        """The money of an approved cancellation has gone back."""
        shop, order, case = self._cancellation(case_id)
        if case.status != "CANCELLATION_REQUEST_SUCCESS":
            raise ValueError(f"cancellation {case_id} is {case.status}")
        case.status, case.update_time = "CANCELLATION_REQUEST_COMPLETE", self._now()
        self._note(shop, order, order.status)
        self._tell_case(shop, case)
        return case.id

    def request_return(
        self, order_id: str, line_ids: Sequence[str] = (), *, kind: str = "RETURN_AND_REFUND"
    ) -> str:
        """The buyer wants money back for lines (all, when none are named); returns the id."""
        shop, order = self._take(order_id)
        lines = self._lines(order, line_ids)
        if any(line.status not in SHIPPED for line in lines) or order.status == "COMPLETED":
            raise ValueError(f"order {order_id} cannot be returned")
        key, words = return_reason(kind)
        now, position = self._now(), order.next_case
        case = Return(
            id=ids.return_id(shop.number, order.index, position),
            slot=ids.slot(order.index, position),
            order_id=order.id,
            role="BUYER",
            kind=kind,
            status="RETURN_OR_REFUND_REQUEST_PENDING",
            reason=key,
            reason_text=words,
            line_ids=[line.id for line in lines],
            refund=refund_for(order, lines),
            create_time=now,
            update_time=now,
        )
        order.next_case += 1
        order.returns.append(case)
        self._note(shop, order, order.status)
        self._tell_return(shop, case)
        return case.id

    def advance_return(self, return_id: str, status: str) -> str:
        """Set a return's status, for example BUYER_SHIPPED_ITEM."""
        shop, order, case = self._return(return_id)
        case.status, case.update_time = status, self._now()
        if status == "BUYER_SHIPPED_ITEM":
            case.tracking = tracking_number(shop.region.code, case.slot * 13 + 5)
        self._note(shop, order, order.status)
        self._tell_return(shop, case)
        return case.id

    def complete_return(self, return_id: str) -> str:
        """The refund has been paid out to the buyer."""
        self.advance_return(return_id, "RETURN_OR_REFUND_REQUEST_SUCCESS")
        return self.advance_return(return_id, "RETURN_OR_REFUND_REQUEST_COMPLETE")

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
