"""Sending answers: once, after a look at the case. Handler of ``case.answer``; the subject is the
case's id.

An answer whose confirmation was lost shows in the case's state. Who is faster, the merchant, the
buyer who withdraws, or the marketplace when the deadline passes: the state that is found decides,
and says what happened.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from ... import accounts, jobs
from ...errors import InDoubt, NeedsReauthorization, Parked, Problem, RetryLater, VendorBug
from ...jobs import ClaimedJob, Done, Result
from ...models import (
    OPEN_REQUESTS,
    AfterSalesCase,
    Connection,
    MarketplaceRequest,
    RequestState,
)
from ...tiktok.aftersales_types import Decision
from ...tiktok.client import TikTokClient
from .actions import ANSWERS, Name, did
from .problems import moved_on, problem
from .rows import State, of_cancellation, of_return
from .settling import mark_sent, refuse, unmark

SYNC = "case.sync"


def answer_case(
    connection: Connection | None, claimed: Sequence[ClaimedJob]
) -> Mapping[int, Result]:
    """Handler of ``case.answer``."""
    if connection is None:
        return {}
    client = accounts.client(connection)
    return {job.id: _answer(connection, client, job.subject) for job in claimed}


def _answer(connection: Connection, client: TikTokClient, case_id: str) -> Result:
    rows = MarketplaceRequest.objects.filter(
        connection=connection,
        kind=MarketplaceRequest.Kind.ANSWER,
        subject=case_id,
        state__in=OPEN_REQUESTS,
    )
    row = rows.first()
    if row is None:
        return Done(outcome="skipped")
    try:
        send(client, row)
    except InDoubt as error:
        return error  # of this case alone: no other waits for it
    finally:
        jobs.enqueue(SYNC, connection, row.order_id, lane=jobs.LANE_CLICK)
    return Done(note=row.state)


def send(client: TikTokClient, row: MarketplaceRequest) -> None:
    """Send an open answer, or find out what became of it. Its state is kept. Raises ``RetryLater``
    (also ``InDoubt``), ``NeedsReauthorization``."""
    case = look(client, row)
    if _settled(row, case):
        return
    first = row.state == RequestState.WAITING
    if not mark_sent(row):
        return
    try:
        _call(client, row)
    except InDoubt:
        raise
    except (RetryLater, NeedsReauthorization):
        if first:  # nothing was done
            unmark(row)
        raise
    except (Parked, VendorBug) as error:
        # Somebody may have been faster, or our own earlier try was.
        if not _settled(row, look(client, row)):
            refuse(row, _problem(error))
        return
    _done(row)


def look(client: TikTokClient, row: MarketplaceRequest) -> AfterSalesCase | None:
    """The case as it is now, not saved; None when the marketplace does not list it."""
    if row.body.get("cancellation"):
        asked = client.search_cancellations(cancel_ids=[row.subject]).cancellations
        found = [of_cancellation(row.connection, one) for one in asked]
    else:
        back = client.search_returns(return_ids=[row.subject]).returns
        found = [of_return(row.connection, one) for one in back]
    return next((case for case in found if case.case_id == row.subject), None)


def _settled(row: MarketplaceRequest, case: AfterSalesCase | None) -> bool:
    """Whether there is nothing more to send: done before, overtaken, or gone."""
    if case is None:
        refuse(row, problem("CASE_GONE", case=row.subject))
        return True
    asks = case.state == State.NEEDS_ANSWER and case.awaited == row.body["awaited"]
    if asks:
        return False
    if row.state == RequestState.IN_DOUBT and did(case, row.body["action"]):
        _done(row)
    else:
        refuse(row, moved_on(case))
    return True


def _done(row: MarketplaceRequest) -> None:
    row.state, row.problem = RequestState.SUCCEEDED, None
    row.reference = row.subject
    row.save(update_fields=["state", "problem", "reference", "updated_at"])


def _call(client: TikTokClient, row: MarketplaceRequest) -> None:
    body, key = row.body, str(row.key)
    reason, comment = body.get("reason", ""), body.get("comment", "")
    if body.get("cancellation"):
        client.answer_cancellation(
            row.subject,
            accept=body["action"] == Name.ACCEPT,
            reason=reason,
            comment=comment,
            key=key,
        )
        return
    client.answer_return(
        row.subject,
        decision_of(row),
        reason=reason,
        comment=comment,
        offer=Decimal(body["offer"]) if "offer" in body else None,
        currency=row.currency,
        buyer_keeps=body["action"] == Name.ACCEPT_KEEPS,
        key=key,
    )


def decision_of(row: MarketplaceRequest) -> Decision:
    """What a return's answer is called at the marketplace."""
    for one in ANSWERS.get(row.body["awaited"], ()):
        if one.name == row.body["action"] and one.decision is not None:
            return one.decision
    raise VendorBug("CASE_ACTION_UNFIT", "This answer does not fit what was asked.")


def _problem(error: Parked | VendorBug) -> Problem:
    if isinstance(error, Parked):
        return error.problem
    return Problem(error.code, "case", error.message, "Answer the case in TikTok Seller Center.")
