"""One step, told to the marketplace: the row first, then the call, then what came of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from .. import jobs
from ..errors import (
    InDoubt,
    NeedsReauthorization,
    Parked,
    Problem,
    RetryLater,
    VendorBug,
)
from ..models import Connection, MarketplaceRequest
from ..orders.cancelling import PUSH
from ..orders.shipments import package_of
from ..orders.states import Place, package_key, place
from ..tiktok.client import TikTokClient
from ..tiktok.fulfilment_types import CombinedPackage, Handover, PackageState, Tracking
from ..tiktok.types import Order
from . import combining, requests
from .problems import STAGE, problem
from .requests import Kind
from .steps import Cancel, How, Retrack, Ship, Step

DONE_BEFORE: Final[Mapping[str, frozenset[str]]] = {
    Kind.SHIP: frozenset(
        {"TIKTOK_ALREADY_SHIPPED", "TIKTOK_ALREADY_DONE", "TIKTOK_ORDER_CANCELLED"}
    ),
    Kind.CANCEL: frozenset({"TIKTOK_ALREADY_DONE"}),
    Kind.TRACK: frozenset(),
}
"""Refusals that say it was done before: the newest state shows whether it was."""
COMBINED_BEFORE: Final = "TIKTOK_PACKAGE_REFUSED"
"""Said, too, of orders that were combined already, such as by another worker just now."""
ON_THEIR_WAY: Final = frozenset(
    {PackageState.PROCESSING, PackageState.FULFILLING, PackageState.COMPLETED}
)
TOO_LATE: Final = frozenset({"TIKTOK_TOO_LATE_TO_CANCEL", "TIKTOK_ALREADY_SHIPPED"})


@dataclass(frozen=True)
class Sent:
    """What came of a step: it was done (``made``: packages, or a cancellation), or refused for a
    reason; neither when the newest state has to tell."""

    made: tuple[str, ...] = ()
    refused: Problem | None = None


@dataclass(frozen=True)
class Sender:
    """Tells steps of one connection. ``handover``: how packages with the marketplace's label reach
    the carrier."""

    connection: Connection
    client: TikTokClient
    handover: Handover

    def send(self, order: Order, step: Step, known: Collection[int]) -> Sent:
        """``known``: the requests that had succeeded before the order was read. Raises ``InDoubt``
        (the row stays so), ``RetryLater``, ``NeedsReauthorization`` and ``VendorBug``; a refusal
        is an answer."""
        kind, subject, body = _row_of(step)
        row = requests.begin(self.connection, order.id, kind, subject, body, known)
        if row is None:
            raise InDoubt(
                "REQUEST_IN_DOUBT",
                f"Another worker is telling TikTok about order {order.id} just now.",
                retry_after=5.0,
            )
        return self._call(order, row)

    def finish(self, order: Order, row: MarketplaceRequest) -> Sent:
        """Send what a row in doubt has left to do: packages of it that have not gone."""
        return self._call(order, row) if requests.resume(row) else Sent()

    def cancel(self, order: Order, row: MarketplaceRequest, known: Collection[int]) -> Sent:
        """Send a cancellation that somebody asked for."""
        step = Cancel(row.subject, row.body["reason"], requests.units_of(row))
        return self.send(order, step, known)

    def _call(self, order: Order, row: MarketplaceRequest) -> Sent:
        try:
            made = self._ask(order, row)
        except InDoubt:
            raise
        except (RetryLater, NeedsReauthorization):
            if not row.body.get("left"):
                requests.put_back(row)
            raise
        except VendorBug as error:
            requests.refuse(row, Problem(error.code, STAGE, error.message, "Report it."))
            raise
        except Parked as error:
            return self._refused(order, row, error.problem)
        if made is None:
            return Sent()
        requests.succeed(row, made)
        return Sent(made=made)

    def _refused(self, order: Order, row: MarketplaceRequest, said: Problem) -> Sent:
        told = _in_words(order, row, said)
        combined = bool(row.body.get("combine")) and said.code == COMBINED_BEFORE
        if combined or said.code in DONE_BEFORE[row.kind]:
            MarketplaceRequest.objects.filter(pk=row.pk).update(problem=asdict(told))
            return Sent()
        requests.refuse(row, told)
        return Sent(refused=told)

    def _ask(self, order: Order, row: MarketplaceRequest) -> tuple[str, ...] | None:
        """What was made; None when somebody else did it since the order was read."""
        body = row.body
        match row.kind:
            case Kind.CANCEL:
                opened = self.client.cancel(order.id, body["reason"], tuple(body["unit_ids"]))
                return (opened.id,)
            case Kind.TRACK:
                return self._retrack(order, body)
            case _:
                return self._ship(order, row)

    def _retrack(self, order: Order, body: Mapping[str, Any]) -> tuple[str, ...]:
        tracking = Tracking(body["number"], body["carrier_id"])
        package = body["package"]
        if package.startswith("order:"):
            self.client.update_tracking(order.id, tracking)
        else:
            self.client.update_package_tracking(package_of(package), tracking)
        return (package,)

    def _ship(self, order: Order, row: MarketplaceRequest) -> tuple[str, ...] | None:
        body = row.body
        tracking = Tracking(body["number"], body["carrier_id"]) if body.get("number") else None
        if body["how"] == How.MARK and tracking is not None:
            return (self.client.mark_shipped(order.id, tracking, body["unit_ids"]).package_id,)
        if body.get("split"):
            groups = {str(n): group for n, group in enumerate(body["split"], start=1)}
            made = self.client.split(order.id, groups)
            self._keep(row, packages=[*body["packages"], made["1"]], split=[])
        if body.get("combine"):
            package = combining.combine(self.client, _draft(body))
            others = [one for one in package.order_ids if one != order.id]
            self._keep(row, packages=[package.id], combine={}, others=others)
        for package_id in row.body["packages"]:
            if package_id in row.body.get("left", ()) or _has_left(order, package_id):
                continue
            partners = row.body.get("others") or self._partners(order, row, package_id)
            if partners is None:
                return None
            self.client.ship_package(
                package_id,
                handover=None if tracking else self.handover,
                tracking=tracking,
            )
            self._keep(row, left=[*row.body.get("left", ()), package_id])
            jobs.enqueue_many("order.sync", self.connection, partners)
            jobs.enqueue_many(PUSH, self.connection, row.body.get("others", []))
        return tuple(row.body["packages"])

    def _keep(self, row: MarketplaceRequest, **facts: object) -> None:
        row.body = {**row.body, **facts}
        MarketplaceRequest.objects.filter(pk=row.pk).update(body=row.body)

    def _partners(self, order: Order, row: MarketplaceRequest, package: str) -> list[str] | None:
        """A combined package takes the goods of other orders along: these, or None when it left
        with one of them after the order was read, or is another one now. They are asked for before
        it is shipped: an error here means that nothing was done."""
        if order.split_or_combined.upper() != "COMBINED":
            return []
        found = self.client.package(package)
        if found.state in ON_THEIR_WAY:
            return None
        partners = [one for one in found.order_ids if one != order.id]
        if package in row.body.get("apart", ()):
            return partners
        if not combining.leave_behind_cancelled(self.client, package, partners):
            return partners
        self._keep(row, apart=[package])
        requests.put_back(row)
        return None


def _has_left(order: Order, package: str) -> bool:
    units = [unit for unit in order.units if package_key(order, unit) == package]
    return bool(units) and all(place(order, unit) is Place.SHIPPED for unit in units)


def _row_of(step: Step) -> tuple[str, str, dict[str, Any]]:
    """Kind, subject and body of the request for a step."""
    match step:
        case Ship():
            tracking = step.tracking or Tracking("", "")
            return Kind.SHIP, step.fulfillment_id, {
                "how": step.how.value,
                "unit_ids": list(step.unit_ids),
                "packages": list(step.packages),
                "split": [list(group) for group in step.split],
                "combine": asdict(step.combine) if step.combine else {},
                "others": [],
                "number": tracking.number,
                "carrier_id": tracking.carrier_id,
            }  # fmt: skip
        case Retrack():
            return Kind.TRACK, subject_of(step), {
                "package": step.package,
                "number": step.tracking.number,
                "carrier_id": step.tracking.carrier_id,
            }  # fmt: skip
        case Cancel():
            body = {"unit_ids": list(step.unit_ids), "reason": step.reason}
            return Kind.CANCEL, step.subject, body


def _draft(body: Mapping[str, Any]) -> CombinedPackage:
    return CombinedPackage(body["combine"]["id"], tuple(body["combine"]["order_ids"]))


def subject_of(step: Step) -> str:
    """What a step's request is about."""
    match step:
        case Ship():
            return step.fulfillment_id
        case Retrack():
            return f"{step.fulfillment_id}:{step.package}"
        case Cancel():
            return step.subject


def _in_words(order: Order, row: MarketplaceRequest, said: Problem) -> Problem:
    """The marketplace's refusal, with the order it is about."""
    if row.kind == Kind.CANCEL and said.code in TOO_LATE:
        gone = sum(place(order, unit) is not Place.CANCELLED for unit in order.units)
        return problem("CANCEL_TOO_LATE", order=order.id, shipped=gone)
    if row.body.get("combine"):
        return combining.refused(order, _draft(row.body), said)
    cause = f"Order {order.id}: {said.cause}"
    return replace(said, stage=STAGE, cause=cause, params={**said.params, "order": order.id})
