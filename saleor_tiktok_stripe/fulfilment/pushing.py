"""What staff did in Saleor, told to the marketplace: read both sides, plan, ask, look again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Final

from django.db import transaction

from .. import accounts, jobs
from ..errors import ChannelError, InvalidInput, NeedsReauthorization, Problem
from ..jobs import Again, ClaimedJob, Done, Park, Result, clock
from ..models import AuditEntry, Connection, MarketplaceRequest, OrderLink, RequestState
from ..orders.cancelling import PUSH, is_asked, stuck_syncs
from ..orders.linking import line_map_of, links_for, owed
from ..orders.problems import problem as order_problem
from ..orders.shipments import keys_of
from ..orders.states import Place, place
from ..orders.syncing import missing
from ..saleor_api import get_saleor
from ..saleor_api.types import SaleorOrder
from ..tiktok.client import TikTokClient
from ..tiktok.fulfilment_types import Handover
from ..tiktok.regions import region
from ..tiktok.types import Order
from . import requests
from .adopting import adopt, adopt_tracking
from .carriers import CarrierBook
from .combining import Alone, Parcels
from .planning import Facts, needs_carriers, plan
from .problems import problem
from .providers import current_book
from .requests import Kind
from .sending import Sender, subject_of
from .steps import How, Plan, Retrack, Ship, Step

ROUNDS: Final = 6
"""So often both sides are read, at most, in one run."""
CATCH_UP: Final = 3.0
"""Seconds that Saleor is given to be brought in step with what the marketplace did meanwhile."""
LOOKS: Final = 5
PARTNER_ASKS: Final = "TIKTOK_AFTERSALE_PENDING"
"""The buyer of another order in a combined package asks to cancel: that is answered there."""
PARTNER_PAUSE: Final = 600.0


def push(connection: Connection | None, claimed: Sequence[ClaimedJob]) -> Mapping[int, Result]:
    """Handler of ``order.push``: up to 20 orders, subject is the marketplace's order id.

    Saleor is read before the marketplace: what the marketplace cancelled in between then looks as
    if Saleor still had it, never as if staff had taken it out.
    """
    if connection is None:
        return {}
    links = links_for(connection, [job.subject for job in claimed])
    results: dict[int, Result] = {
        job.id: Done("not_imported") for job in claimed if job.subject not in links
    }
    wanted = [job for job in claimed if job.subject in links]
    if not wanted:
        return results
    pusher = Pusher(connection)
    found = pusher.read([links[job.subject] for job in wanted])
    for job in wanted:
        link = links[job.subject]
        try:
            results[job.id] = pusher.push(job, link, found.get(link.order_id))
        except NeedsReauthorization:
            raise
        except ChannelError as error:
            results[job.id] = error
    return results


Both = tuple[SaleorOrder, Order]


class Pusher:
    """Tells orders of one connection; reads policy, market and carriers once."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.saleor = get_saleor()
        self.policy = accounts.policy(connection)
        self.region = region(connection.region)
        self._unreadable: dict[str, str] = {}
        self._shown: set[str] = set()
        self._moved: set[str] = set()
        self._known: set[int] = set()

    @cached_property
    def client(self) -> TikTokClient:
        """Made when first needed."""
        return accounts.client(self.connection)

    @cached_property
    def book(self) -> CarrierBook:
        """The carriers; read from the marketplace where that was long ago."""
        return current_book(self.connection, self.client, self.policy.default_carrier)

    @cached_property
    def sender(self) -> Sender:
        """Asks the marketplace."""
        return Sender(self.connection, self.client, Handover(self.policy.handover))

    @cached_property
    def parcels(self) -> Parcels:
        """Finds orders that leave in one parcel."""
        return Parcels(self.connection, self.saleor, self.client, self._alone)

    def read(self, links: Sequence[OrderLink]) -> dict[str, Both]:
        """Both sides of these orders, Saleor's first; those that one side lacks are missing."""
        self._known |= requests.succeeded(self.connection, [link.order_id for link in links])
        ours = self.saleor.orders([link.saleor_order_id for link in links])
        page = self.client.orders([link.order_id for link in links])
        theirs = {one.id: one for one in page.orders}
        self._unreadable |= dict(page.broken)
        self._shown |= theirs.keys()
        return {
            link.order_id: (ours[link.saleor_order_id], theirs[link.order_id])
            for link in links
            if link.saleor_order_id in ours and link.order_id in theirs
        }

    def push(self, job: ClaimedJob, link: OrderLink, both: Both | None) -> Result:
        """Tell what there is to tell about one order. Raises what concerns it alone."""
        refused: dict[str, Problem] = {}
        sent = 0
        if link.order_id in self._moved:  # with another order of this batch
            both = self.read([link]).get(link.order_id)
        for _ in range(ROUNDS):
            if both is None:
                return self._absent(job, link)
            if both[1].updated_at < link.marketplace_updated_at:
                return Again(CATCH_UP)
            if self._settle(link, both, refused) or self._send_asked(link, both, refused):
                both = self.read([link]).get(link.order_id)
                continue
            found = self.plan(link, both, refused)
            if not found.steps:
                requests.drop_unwanted(self.connection, link.order_id)
                if owed(link, both[1], both[0]) != link.unallocated:
                    self._bring_in_step(link)
                return self._result(job, link, both[1], found, refused, sent)
            for step in found.steps:
                sent += self._tell(link, both, step, refused)
            both = self.read([link]).get(link.order_id)
        return Again(CATCH_UP)

    def _absent(self, job: ClaimedJob, link: OrderLink) -> Result:
        """One side does not show the order: what was done in Saleor is not forgotten for that."""
        order_id = link.order_id
        if order_id in self._unreadable:
            why = self._unreadable[order_id]
            return Park(order_problem("ORDER_UNREADABLE", order=order_id, reason=why))
        return Done("gone") if order_id in self._shown else missing(job)

    def plan(
        self, link: OrderLink, both: Both, refused: Mapping[str, Problem] | None = None
    ) -> Plan:
        """What would be told, without telling it."""
        facts = self._facts(link, both, refused or {})
        found = plan(facts)
        if not any(isinstance(step, Ship) and step.how is not How.MARK for step in found.steps):
            return found
        rules = self.client.split_rules([link.order_id])
        found = plan(replace(facts, rule=next(iter(rules), None)))
        return self.parcels.together(link, both[1], found)

    def _alone(self, links: Sequence[OrderLink]) -> dict[str, Alone]:
        found = self.read(links)
        return {
            one.order_id: Alone(both[1], plan(self._facts(one, both, {})))
            for one in links
            if (both := found.get(one.order_id)) is not None
        }

    def _facts(self, link: OrderLink, both: Both, refused: Mapping[str, Problem]) -> Facts:
        saleor_order, order = both
        rows = MarketplaceRequest.objects.filter(
            connection=self.connection, order_id=order.id, kind__in=requests.OURS
        )
        doubtful = rows.filter(state=RequestState.IN_DOUBT)
        retracked = rows.filter(kind=Kind.TRACK, state=RequestState.SUCCEEDED)
        return Facts(
            order=order,
            saleor_order=saleor_order,
            line_map=link.line_map or line_map_of(saleor_order),
            region=self.region,
            policy=self.policy,
            carriers=self.book if needs_carriers(saleor_order) else CarrierBook(),
            now=clock.now(),
            in_doubt={row.subject: requests.units_of(row) for row in doubtful},
            retracked=frozenset(row.reference for row in retracked),
            refused=frozenset(refused),
        )

    def _settle(self, link: OrderLink, both: Both, refused: dict[str, Problem]) -> bool:
        """Find out what became of requests whose answers were not seen; True when something did
        that has to be read again. Raises ``InDoubt`` while one may be under way."""
        news = False
        for row in requests.open_rows(self.connection, link.order_id):
            if row.state != RequestState.IN_DOUBT:
                continue
            news = True
            if not requests.settle(row, both[1], self.client):
                self.sender.finish(both[1], row)
            elif row.state == RequestState.REFUSED:
                refused[row.subject] = requests.problem_of(row)
        return self._adopt_told(link, both[0]) or news

    def _adopt_told(self, link: OrderLink, saleor_order: SaleorOrder) -> bool:
        """Fulfillments that the marketplace was told of, and that do not say so yet. How far their
        parcels came is written by the order's next look, which may have been before."""
        untold = [one.id for one in saleor_order.fulfillments if not keys_of(one)]
        rows = MarketplaceRequest.objects.filter(
            connection=self.connection,
            order_id=link.order_id,
            kind=Kind.SHIP,
            state=RequestState.SUCCEEDED,
            subject__in=untold,
        )
        adopted = [adopt(self.saleor, link, row, self.book) for row in rows]
        if any(adopted):
            self._bring_in_step(link)
        return any(adopted)

    def _send_asked(self, link: OrderLink, both: Both, refused: dict[str, Problem]) -> bool:
        """Cancellations that somebody asked for, and that were not sent; True when one was."""
        asked = False
        for row in requests.open_rows(self.connection, link.order_id):
            if row.kind != Kind.CANCEL or row.state != RequestState.WAITING:
                continue
            if row.subject in refused or not is_asked(row.subject):
                continue
            asked = True
            too_late = self._too_late(both[1], row)
            if too_late is not None:
                requests.refuse(row, too_late)
                continue
            sent = self.sender.cancel(both[1], row, self._known)
            if sent.refused is not None:
                refused[row.subject] = sent.refused
        return asked

    def _too_late(self, order: Order, row: MarketplaceRequest) -> Problem | None:
        wanted = requests.units_of(row) or tuple(unit.id for unit in order.units)
        gone = [
            unit
            for unit in order.units
            if unit.id in wanted and place(order, unit) is Place.SHIPPED
        ]
        return problem("CANCEL_TOO_LATE", order=order.id, shipped=len(gone)) if gone else None

    def _tell(self, link: OrderLink, both: Both, step: Step, refused: dict[str, Problem]) -> int:
        """One step; 1 when it was done."""
        if isinstance(step, Ship) and step.combine is not None:
            self._moved.update(step.combine.order_ids)
        sent = self.sender.send(both[1], step, self._known)
        if sent.refused is not None:
            refused[subject_of(step)] = sent.refused
        if isinstance(step, Retrack) and sent.made:
            adopt_tracking(self.saleor, step, self.book)
        return int(bool(sent.made))

    def _result(
        self,
        job: ClaimedJob,
        link: OrderLink,
        order: Order,
        found: Plan,
        refused: Mapping[str, Problem],
        sent: int,
    ) -> Result:
        problems = [*found.problems, *refused.values()]
        if found.unrecorded:
            looks = int(job.progress.get("looks", 0))
            if looks < LOOKS:
                self._bring_in_step(link)
                return Again(CATCH_UP, {"looks": looks + 1})
            cancelled = any(place(order, unit) is Place.CANCELLED for unit in order.units)
            code = "SHIPPED_BUT_CANCELLED" if cancelled else "SHIPMENTS_DIFFER"
            problems.append(problem(code, order=order.id))
        if problems:
            if problems[0].code == PARTNER_ASKS and order.split_or_combined.upper() == "COMBINED":
                return Again(PARTNER_PAUSE)
            return Park(problems[0])
        if found.look_again is not None:
            return Again(max((found.look_again - clock.now()).total_seconds(), 1.0))
        if stuck_syncs(self.connection, [link.order_id]):
            self._bring_in_step(link)  # what was done in Saleor may be what that waits for
        if found.behind:  # such as after a fulfillment was cancelled that TikTok contradicted
            self._bring_in_step(link)
        return Done("told" if sent else "nothing_to_tell", note=f"sent={sent}")

    def _bring_in_step(self, link: OrderLink) -> None:
        """Saleor lags behind the marketplace: it is looked at again, whatever was seen of it."""
        with transaction.atomic():
            OrderLink.objects.filter(pk=link.pk).update(fingerprint="")
            jobs.enqueue("order.sync", self.connection, link.order_id, lane=jobs.LANE_CLICK)


def plan_push(connection: Connection, order_id: str) -> Plan:
    """What ``order.push`` would tell the marketplace about an order now; nothing is sent or
    written. Raises ``InvalidInput`` (``ORDER_NOT_IMPORTED``) for an order that is not in Saleor.
    """
    link = links_for(connection, [order_id]).get(order_id)
    pusher = Pusher(connection)
    both = pusher.read([link]).get(order_id) if link is not None else None
    if link is None or both is None:
        raise InvalidInput(
            "ORDER_NOT_IMPORTED", f"Order {order_id} is not in Saleor, or not at TikTok any more."
        )
    return pusher.plan(link, both)


def retry_push(connection: Connection, order_ids: Sequence[str], actor: str) -> int:
    """Tell these orders again now, because ``actor`` asked; how many. Written to the audit log."""
    with transaction.atomic():
        wanted = sorted(links_for(connection, order_ids))
        jobs.enqueue_many(PUSH, connection, wanted, lane=jobs.LANE_CLICK)
        AuditEntry.objects.create(
            connection=connection, actor=actor, action="order.push", data={"orders": wanted}
        )
    return len(wanted)
