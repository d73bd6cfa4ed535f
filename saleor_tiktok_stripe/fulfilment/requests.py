"""Our rows about what the marketplace is asked: written down before the call, and, where its answer
was not seen, settled by what the newest state of the order shows.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import Any, Final

from django.db import IntegrityError, transaction

from .. import conf, jobs
from ..errors import InDoubt, Problem
from ..jobs import clock
from ..models import OPEN_REQUESTS, Connection, MarketplaceRequest, OrderLink, RequestState
from ..orders.cancelling import is_asked
from ..orders.states import Place, is_cancelled, package_key, place
from ..tiktok.client import TikTokClient
from ..tiktok.types import Order

Kind = MarketplaceRequest.Kind
OURS: Final = (Kind.SHIP, Kind.TRACK, Kind.CANCEL)
"""Kinds that ``order.push`` sends; the others are about cases."""
TRIES: Final = 3
"""So often the marketplace may say that something was done before, without showing it."""


def open_rows(connection: Connection, order_id: str) -> list[MarketplaceRequest]:
    """What was asked and not answered, oldest first."""
    rows = MarketplaceRequest.objects.filter(
        connection=connection, order_id=order_id, kind__in=OURS, state__in=OPEN_REQUESTS
    )
    return list(rows.order_by("created_at", "pk"))


def succeeded(connection: Connection, order_ids: Collection[str]) -> frozenset[int]:
    """Keys of the rows of these orders that were done."""
    rows = MarketplaceRequest.objects.filter(
        connection=connection,
        order_id__in=order_ids,
        kind__in=OURS,
        state=RequestState.SUCCEEDED,
    )
    return frozenset(rows.values_list("pk", flat=True))


def begin(
    connection: Connection,
    order_id: str,
    kind: str,
    subject: str,
    body: Mapping[str, Any],
    known: Collection[int],
) -> MarketplaceRequest | None:
    """The row of a call that is about to be made, committed as in doubt. None while another call
    of its kind for this subject is, or when one succeeded that is not among ``known`` (what had
    succeeded before the order was read): another worker did it meanwhile. What was refused before
    and is tried again keeps its row."""
    rows = MarketplaceRequest.objects.select_for_update().filter(
        connection=connection, order_id=order_id, kind=kind, subject=subject
    )
    try:
        with transaction.atomic():
            links = OrderLink.objects.filter(connection=connection, order_id=order_id)
            links.select_for_update().first()  # one at a time: the looks below stay true
            row = rows.filter(state__in=OPEN_REQUESTS).first()
            if row is not None and row.state == RequestState.IN_DOUBT:
                return None
            if rows.filter(state=RequestState.SUCCEEDED).exclude(pk__in=known).exists():
                return None
            if row is None:
                row = rows.filter(state=RequestState.REFUSED).order_by("-pk").first()
                row = row or MarketplaceRequest(
                    connection=connection, order_id=order_id, kind=kind, subject=subject
                )
                row.body, row.attempt = {}, 1
            row.body = {**row.body, **body}
            row.state, row.sent_at, row.problem = RequestState.IN_DOUBT, clock.now(), None
            row.save()
            return row
    except IntegrityError:
        return None  # another worker wrote it at the same time


def resume(row: MarketplaceRequest) -> bool:
    """Mark a row in doubt as being sent once more; False when another worker has it."""
    rows = MarketplaceRequest.objects.filter(
        pk=row.pk, state=RequestState.IN_DOUBT, sent_at=row.sent_at
    )
    row.sent_at, row.attempt = clock.now(), row.attempt + 1
    return bool(rows.update(sent_at=row.sent_at, attempt=row.attempt))


def succeed(row: MarketplaceRequest, made: Sequence[str]) -> None:
    """It was done, and the order is to be looked at again: in one commit. ``made`` is what it
    became: packages, or a cancellation."""
    row.state, row.problem = RequestState.SUCCEEDED, None
    row.reference, row.body = next(iter(made), ""), {**row.body, "made": list(made)}
    with transaction.atomic():
        _save(row)
        jobs.enqueue("order.sync", row.connection, row.order_id, lane=jobs.LANE_CLICK)


def refuse(row: MarketplaceRequest, problem: Problem) -> None:
    """The marketplace, or a rule of ours, said no: nothing changed there."""
    row.state, row.problem = RequestState.REFUSED, asdict(problem)
    with transaction.atomic():
        _save(row)


def _save(row: MarketplaceRequest) -> None:
    row.save(update_fields=["state", "reference", "problem", "body", "updated_at"])
    if row.kind == Kind.CANCEL:
        jobs.enqueue("case.sync", row.connection, row.order_id, lane=jobs.LANE_CLICK)


def put_back(row: MarketplaceRequest) -> None:
    """Certainly nothing was done: it waits again."""
    rows = MarketplaceRequest.objects.filter(pk=row.pk, state=RequestState.IN_DOUBT)
    rows.update(state=RequestState.WAITING, sent_at=None)


def drop_unwanted(connection: Connection, order_id: str) -> None:
    """What certainly was not done, and is not to be done any more; never what somebody asked for.
    Call it when nothing of this order is left to be told."""
    for row in open_rows(connection, order_id):
        if row.state == RequestState.WAITING and not is_asked(row.subject):
            MarketplaceRequest.objects.filter(pk=row.pk, state=RequestState.WAITING).delete()


def settle(row: MarketplaceRequest, order: Order, client: TikTokClient) -> bool:
    """Ask what became of a row in doubt; True when that is known (it succeeded, was refused, or
    waits again). Raises ``InDoubt`` while its call may still be under way.
    """
    done = _done(row, order, client)
    if done is not None:
        row.body = {**row.body, **_as_it_left(row, order)}
        succeed(row, done)
        return True
    if row.problem is not None and row.attempt >= TRIES:
        refuse(row, problem_of(row))
        return True
    settles = timedelta(seconds=conf.doubt_seconds())
    left = row.sent_at + settles - clock.now() if row.sent_at else timedelta()
    if left > timedelta() and row.problem is None:
        raise InDoubt(
            "REQUEST_IN_DOUBT",
            f"What TikTok made of a request for order {order.id} is not known yet.",
            retry_after=left.total_seconds() + 1,
        )
    if _partly(row, order):
        return False
    rows = MarketplaceRequest.objects.filter(pk=row.pk, state=RequestState.IN_DOUBT)
    rows.update(state=RequestState.WAITING, sent_at=None, attempt=row.attempt + 1)
    return True


def _as_it_left(row: MarketplaceRequest, order: Order) -> dict[str, str]:
    """Number and carrier of a shipment as the marketplace has them: somebody else may have shipped
    it there meanwhile."""
    wanted = set(units_of(row))
    units = [unit for unit in order.units if unit.id in wanted and unit.tracking_number]
    if row.kind != Kind.SHIP or not units:
        return {}
    return {"number": units[0].tracking_number, "carrier_id": units[0].carrier_id}


def problem_of(row: MarketplaceRequest) -> Problem:
    """Why it was refused."""
    kept = dict(row.problem or {})
    return Problem(**{**kept, "waits_for": tuple(kept.get("waits_for", ()))})


def _done(row: MarketplaceRequest, order: Order, client: TikTokClient) -> tuple[str, ...] | None:
    """What the row became, read off the order; None when there is no sign of it."""
    match row.kind:
        case Kind.SHIP:
            return _shipped(row, order)
        case Kind.TRACK:
            return _tracked(row, order)
        case Kind.CANCEL:
            return _cancelled(row, order, client)
    return None


def units_of(row: MarketplaceRequest) -> tuple[str, ...]:
    """The units a row is about; none: all of the order."""
    return tuple(row.body.get("unit_ids", ()))


def _shipped(row: MarketplaceRequest, order: Order) -> tuple[str, ...] | None:
    wanted = set(units_of(row))
    units = [unit for unit in order.units if unit.id in wanted]
    if not units or any(place(order, unit) is not Place.SHIPPED for unit in units):
        return None
    return tuple(sorted({package_key(order, unit) for unit in units}))


def _partly(row: MarketplaceRequest, order: Order) -> bool:
    """Some of its packages left, others not."""
    wanted = set(units_of(row))
    return row.kind == Kind.SHIP and any(
        place(order, unit) is Place.SHIPPED for unit in order.units if unit.id in wanted
    )


def _tracked(row: MarketplaceRequest, order: Order) -> tuple[str, ...] | None:
    package, number = row.body.get("package", ""), row.body.get("number", "")
    for unit in order.units:
        if package_key(order, unit) == package and unit.tracking_number == number:
            return (str(package),)
    return None


def _cancelled(
    row: MarketplaceRequest, order: Order, client: TikTokClient
) -> tuple[str, ...] | None:
    """The cancellation of these units: the seller's, or the one that was faster; without its id
    where only the order shows it."""
    wanted = set(units_of(row)) or {unit.id for unit in order.units}
    gone = {unit.id for unit in order.units if place(order, unit) is Place.CANCELLED}
    found = client.search_cancellations(order_ids=[order.id]).cancellations
    for one in sorted(found, key=lambda one: one.role != "SELLER"):
        named = {unit.unit_id for unit in one.units} or wanted
        counts = one.role == "SELLER" or one.complete or one.approved
        if counts and named & wanted and wanted <= gone | named:
            return (one.id,)
    return () if is_cancelled(order) or wanted <= gone else None
