"""Cancellations, refunds and returns: read, open, answer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from . import endpoints
from .aftersales_types import (
    Decision,
    Eligibility,
    Opened,
    RejectReason,
    ReturnKind,
    ReturnPage,
)
from .aftersales_wire import (
    CancellationWire,
    CancelOpenedWire,
    EligibilityWire,
    ReasonWire,
    ReturnOpenedWire,
    ReturnWire,
)
from .calls import Calls, next_token, page_query, seconds, total, written
from .gateway import build, rows
from .types import CancellationPage
from .wire import amount_text

_OPENS = {
    ReturnKind.REFUND: "REFUND",
    ReturnKind.RETURN_AND_REFUND: "RETURN_AND_REFUND",
}


class AftersalesCalls(Calls):
    """``key`` is an idempotency key of ours (up to 255 characters), stored before the call. What a
    repetition answers is not documented, so a lost answer is ``InDoubt`` all the same: read the
    case again. All raise the errors of ``TikTokClient``."""

    def search_cancellations(
        self,
        *,
        order_ids: Sequence[str] = (),
        cancel_ids: Sequence[str] = (),
        updated_from: datetime | None = None,
        updated_to: datetime | None = None,
        page_token: str = "",
        page_size: int = 50,
    ) -> CancellationPage:
        """One page of cancellations, oldest change first; of certain orders or of a time range."""
        body = {
            "order_ids": list(order_ids),
            "cancel_ids": list(cancel_ids),
            "update_time_ge": seconds(updated_from),
            "update_time_lt": seconds(updated_to),
        }
        query = page_query(page_token, page_size, "update_time")
        data = self._search(endpoints.CANCELLATION_SEARCH, query, body, page_token)
        built, broken = self._each(
            data, "cancellations", CancellationWire, CancellationWire.cancellation, "cancel_id"
        )
        return CancellationPage(built, broken, next_token(data), total(data))

    def search_returns(
        self,
        *,
        order_ids: Sequence[str] = (),
        return_ids: Sequence[str] = (),
        updated_from: datetime | None = None,
        updated_to: datetime | None = None,
        page_token: str = "",
        page_size: int = 50,
    ) -> ReturnPage:
        """One page (of 10 to 50) of refund, return and replacement requests, by change."""
        body = {
            "order_ids": list(order_ids),
            "return_ids": list(return_ids),
            "update_time_ge": seconds(updated_from),
            "update_time_lt": seconds(updated_to),
        }
        query = page_query(page_token, page_size, "update_time")
        data = self._search(endpoints.RETURN_SEARCH, query, body, page_token)
        built, broken = self._each(
            data, "return_orders", ReturnWire, ReturnWire.returned, "return_id"
        )
        return ReturnPage(built, broken, next_token(data), total(data))

    def cancel(self, order_id: str, reason: str, unit_ids: Sequence[str] = ()) -> Opened:
        """Cancel an order, or units of it where the market has ``Capability.PARTIAL_CANCEL`` (and
        only for want of stock). ``reason`` is a key of ``reasons.cancel_reason``.

        Takes no idempotency key: after ``InDoubt`` search the order's cancellations first.
        """
        endpoint = endpoints.CANCEL
        body: dict[str, object] = {"order_id": order_id, "cancel_reason": reason}
        if unit_ids:
            body["order_line_item_ids"] = list(unit_ids)
        data = self._gateway.call(endpoint, body=body)
        return written(endpoint, data, CancelOpenedWire, CancelOpenedWire.opened)

    def answer_cancellation(
        self, cancel_id: str, *, accept: bool, reason: str = "", comment: str = "", key: str
    ) -> None:
        """Accept or reject a buyer's request to cancel; a rejection needs a reason's key."""
        endpoint = endpoints.CANCELLATION_APPROVE if accept else endpoints.CANCELLATION_REJECT
        body = None if accept else _rejection(reason, comment)
        self._gateway.call(
            endpoint, path={"id": cancel_id}, query={"idempotency_key": key}, body=body
        )

    def open_return(
        self,
        order_id: str,
        kind: ReturnKind,
        reason: str,
        *,
        unit_ids: Sequence[str] = (),
        amount: Decimal | None = None,
        currency: str = "",
        key: str,
    ) -> Opened:
        """Give the buyer money back (``REFUND``), or have goods returned first.

        No units named: all. ``amount`` below what these units cost is a partial refund (None: all
        of it), above it ``Parked`` (``TIKTOK_REFUND_TOO_HIGH``). ``reason`` is a key of
        ``reasons.return_reason``.
        """
        if kind not in _OPENS:
            raise ValueError(f"a seller opens no {kind.value}")
        endpoint = endpoints.RETURN_OPEN
        body: dict[str, object] = {
            "order_id": order_id,
            "return_type": _OPENS[kind],
            "return_reason": reason,
        }
        if unit_ids:
            body["order_line_item_ids"] = list(unit_ids)
        if amount is not None:
            body |= {"refund_total": amount_text(amount, currency), "currency": currency}
        data = self._gateway.call(endpoint, query={"idempotency_key": key}, body=body)
        return written(endpoint, data, ReturnOpenedWire, ReturnOpenedWire.opened)

    def answer_return(
        self,
        return_id: str,
        decision: Decision,
        *,
        reason: str = "",
        comment: str = "",
        offer: Decimal | None = None,
        currency: str = "",
        buyer_keeps: bool = False,
        key: str,
    ) -> None:
        """Decide on a request. Rejections need a reason's key (``reject_reasons``), ``OFFER_PART``
        an amount; ``buyer_keeps`` with ``APPROVE_RETURN`` refunds without the goods."""
        body: dict[str, object] = {"decision": decision.value}
        rejects = decision.value.startswith("REJECT_")
        if rejects:
            body |= _rejection(reason, comment)
        if decision is Decision.APPROVE_RETURN and buyer_keeps:
            body["buyer_keep_item"] = True
        if decision is Decision.OFFER_PART:
            if offer is None:
                raise ValueError("an offer needs an amount")
            body["partial_refund"] = {
                "amount": amount_text(offer, currency),
                "currency": currency,
            }
        endpoint = endpoints.RETURN_REJECT if rejects else endpoints.RETURN_APPROVE
        self._gateway.call(
            endpoint, path={"id": return_id}, query={"idempotency_key": key}, body=body
        )

    def reject_reasons(self, case_id: str, locale: str = "") -> tuple[RejectReason, ...]:
        """The reasons with which this cancellation or return may be rejected now."""
        endpoint = endpoints.REJECT_REASONS
        query = {"return_or_cancel_id": case_id, **({"locale": locale} if locale else {})}
        found = rows(self._gateway.call(endpoint, query=query), "reasons", endpoint.label)
        return tuple(build(one, ReasonWire, ReasonWire.reason, endpoint.label) for one in found)

    def eligibility(self, order_id: str) -> tuple[Eligibility, ...]:
        """What the seller may do to an order's units now, one row per SKU and request."""
        endpoint = endpoints.ELIGIBILITY
        query = {"initiate_aftersale_user": "SELLER"}
        data = self._gateway.call(endpoint, path={"id": order_id}, query=query)
        found = rows(data, "sku_eligibility", endpoint.label)
        make = EligibilityWire.eligibilities
        read = (build(one, EligibilityWire, make, endpoint.label) for one in found)
        return tuple(row for sku in read for row in sku)


def _rejection(reason: str, comment: str) -> dict[str, object]:
    if not reason:
        raise ValueError("a rejection needs a reason")
    return {"reject_reason": reason, **({"comment": comment} if comment else {})}
