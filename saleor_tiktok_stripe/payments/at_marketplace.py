"""Refunds of money that the marketplace holds, asked for over HTTP: Saleor waits for the reference
or a refusal. As ``at_once``, for requests that may turn into another one on their way: the answer
to a buyer's request, or a cancellation."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from django.db import transaction

from .. import jobs
from ..aftersales.cases.problems import problem
from ..aftersales.cases.settling import name_of, refuse, words
from ..errors import Problem
from ..jobs import clock
from ..models import (
    Connection,
    ConnectionState,
    Job,
    JobStatus,
    MarketplaceRequest,
    RequestState,
)
from ..saleor_api.transactions import ActionAnswer

Kind = MarketplaceRequest.Kind
JOBS: Final[Mapping[str, tuple[str, str]]] = {
    Kind.RETURN: ("case.open", "order_id"),
    Kind.ANSWER: ("case.answer", "subject"),
    Kind.CANCEL: ("order.push", "order_id"),
}
"""Who carries a request out: the job, and where the row keeps its subject."""


def find(event_id: str) -> MarketplaceRequest | None:
    """The request that stands for Saleor's own record ``event_id``."""
    rows = MarketplaceRequest.objects.select_related("connection")
    return rows.filter(saleor_event=event_id).first()


def result_within(event_id: str, seconds: float, give_up_after: timedelta) -> ActionAnswer | None:
    """What came of the request, once its job has run, here or by a worker; None: not known yet,
    Saleor is to ask again. What could not be sent for ``give_up_after`` is refused."""
    end = time.monotonic() + seconds
    row = find(event_id)
    while row is not None:
        kind, name = JOBS[row.kind]
        found = jobs.result_within(
            max(end - time.monotonic(), 0.0),
            kind,
            row.connection,
            str(getattr(row, name)),
            lambda kind=row.kind: _look(event_id, kind),  # type: ignore[misc]
        )
        if isinstance(found, ActionAnswer):
            return found
        if found is None or time.monotonic() >= end:
            return _given_up(event_id, give_up_after)
        row = find(event_id)
    return None


def _look(event_id: str, kind: str) -> ActionAnswer | str | None:
    """The answer; another kind's name when the request turned into that; None: wait."""
    row = find(event_id)
    if row is None:
        return None
    if row.kind != kind:
        return str(row.kind)
    if row.state == RequestState.WAITING:
        hindrance = _hindrance(row)
        if hindrance is not None:
            return _withdrawn(row, hindrance)
    return _answer(row)


def _answer(row: MarketplaceRequest) -> ActionAnswer | None:
    if row.state == RequestState.REFUSED:
        return ActionAnswer(str(row.key), words(row), row.amount)
    if row.state == RequestState.FAILED:
        return ActionAnswer(name_of(row), words(row), row.amount)
    taken = row.state in {RequestState.PENDING, RequestState.SUCCEEDED}
    return ActionAnswer(name_of(row)) if taken and row.reference else None


def _hindrance(row: MarketplaceRequest) -> Problem | None:
    """Why nothing is sent until somebody mends it; None when it is only late."""
    connection = Connection.objects.get(pk=row.connection_id)
    if connection.state != ConnectionState.ACTIVE:
        return problem("SHOP_NOT_CONNECTED")
    kind, name = JOBS[row.kind]
    parked = Job.objects.filter(
        kind=kind, connection=connection, subject=getattr(row, name), status=JobStatus.PARKED
    ).first()
    return Problem(**parked.problem) if parked and parked.problem else None


def _given_up(event_id: str, patience: timedelta) -> ActionAnswer | None:
    row = find(event_id)
    if row is None or row.state != RequestState.WAITING:
        return _answer(row) if row is not None else None
    if clock.now() - row.created_at <= patience:
        return None
    return _withdrawn(row, problem("SHOP_NOT_REACHED"))


def _withdrawn(row: MarketplaceRequest, why: Problem) -> ActionAnswer | None:
    """Refuse what was never sent; None when a worker began to send it meanwhile."""
    with transaction.atomic():
        locked = MarketplaceRequest.objects.select_for_update().get(pk=row.pk)
        if locked.state != RequestState.WAITING:
            return None
        refuse(locked, why)
    return ActionAnswer(str(locked.key), words(locked), locked.amount)
