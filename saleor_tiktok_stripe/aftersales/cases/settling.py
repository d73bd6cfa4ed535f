"""What became of requests of ours, from the cases as they are now; and Saleor is told of those that
its staff asked for.

A refund that staff asked for in Saleor is known there by the case's reference from the moment the
marketplace has it. Its success comes with the case's own refund (``order.sync``), under the same
reference; that it came to nothing is told here.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Final

from django.db.models import Q
from django.utils import timezone

from ...errors import Parked, Problem
from ...jobs import clock
from ...models import (
    OPEN_REQUESTS,
    AfterSalesCase,
    Connection,
    MarketplaceRequest,
    RequestState,
)
from ...saleor_api import Saleor, get_saleor
from ...saleor_api.transactions import EventReport
from .problems import came_to_nothing, problem
from .rows import State, reference

log = logging.getLogger("saleor_tiktok_stripe.aftersales")

TOLD: Final = "told"
_LOST: Final = frozenset({State.CLOSED, State.REJECTED})
_GONE: Final = frozenset({"TRANSACTION_DELETED", "ORDER_DELETED", "SALEOR_NOT_FOUND"})


def settle(connection: Connection, order_ids: Iterable[str]) -> None:
    """All requests about these orders. Raises what Saleor raises."""
    asked = ~Q(transaction_id="") | Q(state=RequestState.PENDING)
    rows = MarketplaceRequest.objects.filter(
        asked, connection=connection, order_id__in=list(order_ids)
    )
    requests = list(rows.order_by("created_at", "pk"))
    names = {row.reference for row in requests if row.reference}
    found = AfterSalesCase.objects.filter(connection=connection, case_id__in=names)
    cases = {case.case_id: case for case in found}
    for row in requests:
        _conclude(row, cases)
        tell(row, cases)


def _conclude(row: MarketplaceRequest, cases: Mapping[str, AfterSalesCase]) -> None:
    """The marketplace took it, and now it is over, one way or the other."""
    if _gone_before(row):
        refuse(row, problem("ORDER_CANCELLED", order=row.order_id))
        return
    case = cases.get(row.reference)
    if case is None:
        return
    if row.state in {RequestState.PENDING, RequestState.SUCCEEDED} and _failed(row, case):
        row.state = RequestState.FAILED
        row.problem = asdict(came_to_nothing(case))
        row.save(update_fields=["state", "problem", "updated_at"])
    elif row.state == RequestState.PENDING and case.state == State.COMPLETE:
        row.state = RequestState.SUCCEEDED
        row.save(update_fields=["state", "updated_at"])


def _gone_before(row: MarketplaceRequest) -> bool:
    """A refund that was to cancel what was cancelled already, nobody knows by what."""
    cancels = row.kind == MarketplaceRequest.Kind.CANCEL and bool(row.transaction_id)
    return cancels and row.state == RequestState.SUCCEEDED and not row.reference


def _failed(row: MarketplaceRequest, case: AfterSalesCase) -> bool:
    """A rejection of ours has done what it was to do. A replacement is complete without money."""
    wants_money = row.kind != MarketplaceRequest.Kind.ANSWER or bool(row.transaction_id)
    no_money = case.state == State.COMPLETE and case.amount <= 0 and bool(row.transaction_id)
    return wants_money and (case.state in _LOST or no_money)


def tell(row: MarketplaceRequest, cases: Mapping[str, AfterSalesCase]) -> None:
    """Saleor's own record of the request is named by what it became, or ended. Once for each."""
    said = _to_tell(row)
    if not row.saleor_event or not said or row.body.get(TOLD) == said:
        return
    saleor = get_saleor()
    try:
        if said == "named":
            saleor.attach_reference(row.saleor_event, name_of(row, cases.get(row.reference)))
        else:
            _end(saleor, row, cases.get(row.reference))
    except Parked as error:
        if error.code not in _GONE:
            raise
        log.info("request=%s its transaction is gone", row.key)
    row.body = {**row.body, TOLD: said}
    row.save(update_fields=["body", "updated_at"])


def _to_tell(row: MarketplaceRequest) -> str:
    if row.state == RequestState.REFUSED:
        return "refused"
    if row.state == RequestState.FAILED:
        return "failed"
    known = row.state in {RequestState.PENDING, RequestState.SUCCEEDED}
    return "named" if known and row.reference else ""


def name_of(row: MarketplaceRequest, case: AfterSalesCase | None = None) -> str:
    """What the request is called on the transaction once the marketplace has it."""
    if case is not None:
        return reference(case)
    cancels = row.kind == MarketplaceRequest.Kind.CANCEL or row.body.get("cancellation")
    return f"cancel:{row.reference}" if cancels else f"return:{row.reference}"


def _end(saleor: Saleor, row: MarketplaceRequest, case: AfterSalesCase | None) -> None:
    """A failure, under our own key where the marketplace never had it."""
    name = str(row.key) if row.state == RequestState.REFUSED else name_of(row, case)
    with saleor.exclusive_transaction(row.transaction_id):
        found = saleor.transaction(row.transaction_id)
        if found is None:
            return
        saleor.attach_reference(row.saleor_event, name)
        report = EventReport("REFUND_FAILURE", name, row.amount or found.charged, words(row))
        saleor.report_events(row.transaction_id, [report], found.actions)


def words(row: MarketplaceRequest) -> str:
    """Why it was refused, or failed, and what to do, for staff."""
    problem = row.problem or {}
    return f"{problem.get('cause', '')} {problem.get('cure', '')}".strip()


def mark_sent(row: MarketplaceRequest) -> bool:
    """Written before the call: from now on the answer may be lost. False when the request was
    withdrawn meanwhile: nothing may be sent."""
    at = row.sent_at or clock.now()
    rows = MarketplaceRequest.objects.filter(pk=row.pk, state__in=OPEN_REQUESTS)
    marked = rows.update(
        state=RequestState.IN_DOUBT, sent_at=at, body=row.body, updated_at=timezone.now()
    )
    row.refresh_from_db()
    return bool(marked)


def unmark(row: MarketplaceRequest) -> None:
    """Nothing was done: it was not sent after all."""
    row.state, row.sent_at = RequestState.WAITING, None
    row.save(update_fields=["state", "sent_at", "updated_at"])


def refuse(row: MarketplaceRequest, problem: Problem) -> None:
    """Nothing was done, and nothing will be."""
    row.state = RequestState.REFUSED
    row.problem = asdict(problem)
    row.save(update_fields=["state", "problem", "updated_at"])
