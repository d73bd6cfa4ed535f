"""Refunds that staff ask for on money the marketplace holds: written down, decided with the newest
state in hand, and sent once. Handler of ``case.open``; the subject is the marketplace's order id.

One order's requests are taken one after the other. Before anything is sent the marketplace is asked
what it has: a refund whose answer was lost is found there and taken for ours, and what was given
back meanwhile is not given twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final

from django.db import transaction

from ... import accounts, conf, jobs
from ...errors import (
    ChannelError,
    InDoubt,
    InvalidInput,
    NeedsReauthorization,
    Parked,
    Problem,
    RetryLater,
    VendorBug,
)
from ...jobs import ClaimedJob, Done, Result, clock
from ...models import (
    OPEN_REQUESTS,
    AfterSalesCase,
    Connection,
    MarketplaceRequest,
    RequestState,
)
from ...orders.cancelling import PART_REASON, request_cancel
from ...orders.problems import parked
from ...tiktok import reasons
from ...tiktok.aftersales_types import Eligibility, ReturnKind
from ...tiktok.client import TikTokClient
from . import answering
from .actions import Name
from .deciding import Answer, Cancel, Refund, Refusal, Situation, Wanted, decide
from .problems import problem
from .reading import situation, units_of
from .rows import is_return
from .settling import mark_sent, refuse, tell, unmark

SYNC: Final = "case.sync"
CLOCKS_DIFFER: Final = timedelta(minutes=5)


def open_case(connection: Connection | None, claimed: Sequence[ClaimedJob]) -> Mapping[int, Result]:
    """Handler of ``case.open``."""
    if connection is None:
        return {}
    client = accounts.client(connection)
    return {job.id: _of_order(connection, client, job.subject) for job in claimed}


def _of_order(connection: Connection, client: TikTokClient, order_id: str) -> Result:
    rows = MarketplaceRequest.objects.filter(
        connection=connection,
        kind=MarketplaceRequest.Kind.RETURN,
        order_id=order_id,
        state__in=OPEN_REQUESTS,
    )
    handled = 0
    try:
        for row in rows.order_by("created_at", "pk"):
            open_one(connection, client, row)
            handled += 1
    except InDoubt as error:
        return error  # of this order alone: no other waits for it
    finally:
        jobs.enqueue(SYNC, connection, order_id, lane=jobs.LANE_CLICK)
    return Done(note=f"handled={handled}")


def open_one(connection: Connection, client: TikTokClient, row: MarketplaceRequest) -> None:
    """Carry one request out, or refuse it. Raises ``RetryLater`` (also ``InDoubt``) and
    ``NeedsReauthorization``; then nothing after it is sent."""
    now = situation(connection, client, row.order_id)
    if now is None:
        raise parked("ORDER_MISSING", order=row.order_id)
    if row.state == RequestState.IN_DOUBT and _adopted(row, now):
        return
    named = row.body.get("unit_ids") if row.state == RequestState.IN_DOUBT else None
    lines = row.body.get("lines", {})
    unit_ids = named or units_of(connection, lines, now)
    # In Saleor nobody grants more of a line than there is; here two may have asked at once.
    if not named and not row.saleor_event and len(unit_ids) < sum(lines.values()):
        _refused(row, problem("NOTHING_LEFT_OF_LINES", order=row.order_id))
        return
    wanted = Wanted(row.amount or now.left, row.currency, tuple(unit_ids))
    decided = decide(wanted, now)
    _wait_for_doubt(row, decided)
    try:
        match decided:
            case Refusal(why):
                _refused(row, why)
            case Answer(case, action):
                _answer(row, case, action, wanted)
            case Cancel(unit_ids):
                _cancel(connection, row, wanted, unit_ids)
            case Refund(unit_ids):
                _refund(connection, client, row, wanted, unit_ids)
    except InvalidInput as error:
        _refused(row, _problem(error))


def _wait_for_doubt(row: MarketplaceRequest, decided: object) -> None:
    """What was sent may still be under way: the same again does no harm (it has one key), but
    nothing else is done before it must have shown."""
    sent = row.sent_at if row.state == RequestState.IN_DOUBT else None
    if sent is not None and not isinstance(decided, Refund):
        over = sent + timedelta(seconds=conf.doubt_seconds()) - clock.now()
        if over > timedelta(0):
            raise InDoubt(
                "CASE_IN_DOUBT",
                "It is not known yet whether TikTok took the refund.",
                retry_after=over.total_seconds() + 1,
            )


def _refused(row: MarketplaceRequest, why: Problem) -> None:
    refuse(row, why)
    tell(row, {})


def _problem(error: ChannelError) -> Problem:
    if isinstance(error, Parked):
        return error.problem
    return Problem(error.code, "refund", error.message, "Refund it in TikTok Seller Center.")


def _answer(row: MarketplaceRequest, case: AfterSalesCase, action: Name, wanted: Wanted) -> None:
    """The request becomes the answer to the buyer's own, and is sent as that."""
    row.kind, row.subject = MarketplaceRequest.Kind.ANSWER, case.case_id
    row.body = {"action": action.value, "awaited": case.awaited, **_asked(row)}
    if not is_return(case):
        row.body["cancellation"] = True
    if action is Name.OFFER:
        row.body["offer"] = format(wanted.amount, "f")
    with transaction.atomic():
        if _still_open(row):
            answering.save(row)


def _still_open(row: MarketplaceRequest) -> bool:
    """Not withdrawn meanwhile; locked."""
    rows = MarketplaceRequest.objects.select_for_update().filter(pk=row.pk)
    return rows.filter(state__in=OPEN_REQUESTS).first() is not None


def _cancel(
    connection: Connection, row: MarketplaceRequest, wanted: Wanted, unit_ids: Sequence[str]
) -> None:
    """The request becomes a cancellation, which has its own way there."""
    reason = PART_REASON if unit_ids else _cancel_reason(connection)
    with transaction.atomic():
        if not _still_open(row):
            return
        MarketplaceRequest.objects.filter(pk=row.pk).delete()
        made = request_cancel(
            connection,
            row.order_id,
            unit_ids=unit_ids,
            reason=reason,
            actor=row.actor,
            amount=wanted.amount,
            currency=wanted.currency,
            saleor_event=row.saleor_event,
            transaction_id=row.transaction_id,
            granted_refund_id=row.granted_refund_id,
            request_key=row.request_key,
        )
        asked_by = (row.saleor_event, row.request_key)
        if (made.saleor_event, made.request_key) != asked_by:
            why = problem("ANSWER_ON_ITS_WAY", case=made.order_id)
            raise InvalidInput(why.code, f"{why.cause} {why.cure}")
        made.body = {**made.body, **_asked(row)}
        made.save(update_fields=["body", "updated_at"])


def _asked(row: MarketplaceRequest) -> dict[str, object]:
    """The lines that were named, kept for whoever comes with the same key again."""
    return {"lines": row.body["lines"]} if "lines" in row.body else {}


def _cancel_reason(connection: Connection) -> str:
    if reasons.cancel_reason(connection.region, reasons.BUYER_REQUESTED):
        return reasons.BUYER_REQUESTED
    return accounts.policy(connection).cancel_reason


def _refund(
    connection: Connection,
    client: TikTokClient,
    row: MarketplaceRequest,
    wanted: Wanted,
    unit_ids: tuple[str, ...],
) -> None:
    found = client.eligibility(row.order_id)
    if not wanted.unit_ids:  # of all that left: what has nothing left to give back is left out
        unit_ids = tuple(one for one in unit_ids if _may_refund(found, one)) or unit_ids
    try:
        reason = _reason(connection, found, unit_ids)
    except Parked as error:
        _refused(row, error.problem)
        return
    first = row.state == RequestState.WAITING
    row.body = {**row.body, "unit_ids": list(unit_ids)}
    if not mark_sent(row):
        return
    try:
        opened = client.open_return(
            row.order_id,
            ReturnKind.REFUND,
            reason,
            unit_ids=unit_ids,
            amount=wanted.amount,
            currency=wanted.currency,
            key=str(row.key),
        )
    except InDoubt:
        raise
    except (RetryLater, NeedsReauthorization):
        if first:  # nothing was done
            unmark(row)
        raise
    except (Parked, VendorBug) as error:
        now = situation(connection, client, row.order_id)
        if now is None or not _adopted(row, now):
            _refused(row, _problem(error))
        return
    _opened(row, opened.id)


def _may_refund(rows: Sequence[Eligibility], unit_id: str) -> bool:
    refunds = (one for one in rows if one.request == "refund" and unit_id in one.unit_ids)
    return any(one.eligible for one in refunds)


def _reason(connection: Connection, rows: Sequence[Eligibility], unit_ids: Sequence[str]) -> str:
    """The reason to give. Raises ``Parked`` when a unit may not be refunded now."""
    refunds = [one for one in rows if one.request == "refund"]
    for unit_id in unit_ids:
        if not _may_refund(rows, unit_id):
            about = [one for one in refunds if unit_id in one.unit_ids]
            said = next((one.reason or one.code for one in about), "") or "it gives no reason."
            raise Parked(problem("NOT_ELIGIBLE", reason=said))
    named = (reason for one in refunds if one.eligible for reason in one.reasons)
    usual = reasons.return_reason(connection.region, ReturnKind.REFUND)
    found = [*named]
    if usual and (usual in found or not found):
        return usual
    if found:
        return found[0]
    raise Parked(problem("NO_RETURN_REASON", region=connection.region))


def _adopted(row: MarketplaceRequest, now: Situation) -> bool:
    """Whether the refund that was sent is there after all: it is taken for ours."""
    sent = set(row.body.get("unit_ids", ()))
    taken = set(
        MarketplaceRequest.objects.filter(
            connection=row.connection, order_id=row.order_id, kind=MarketplaceRequest.Kind.RETURN
        ).values_list("reference", flat=True)
    )
    for case in now.cases:
        ours = is_return(case) and case.role == "seller" and case.case_id not in taken
        recent = row.sent_at is None or case.opened_at >= row.sent_at - CLOCKS_DIFFER
        same = case.amount == row.amount and set(case.units) in (sent, set())
        if ours and recent and same:
            _opened(row, case.case_id)
            return True
    return False


def _opened(row: MarketplaceRequest, return_id: str) -> None:
    row.state, row.reference, row.problem = RequestState.PENDING, return_id, None
    row.save(update_fields=["state", "reference", "problem", "updated_at"])
    tell(row, {})
