"""Orders of the marketplace into Saleor: new ones created in bulk, changed ones brought in step.

Used by the job that looks at single orders, by polling and by backfill. Nothing here remembers what
an event said: the newest state of both sides decides.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from .. import accounts, catalog, jobs
from ..accounts import ChannelPolicy
from ..errors import ChannelError, Parked
from ..jobs import ClaimedJob, Done
from ..models import Connection, Difference, Job, JobStatus, OrderLink
from ..saleor_api import Saleor, get_saleor, runs_inside_saleor
from ..saleor_api.types import ChannelInfo, CreatedOrder
from ..tiktok.aftersales_types import Return
from ..tiktok.client import TikTokClient
from ..tiktok.types import Cancellation, Order, OrderState
from .applying import Facts, bring_in_step
from .fingerprint import fingerprint
from .holding import tell_sold, tell_waiting
from .linking import Import, adopted_link, links_for, new_link, save_new
from .mapping import MappingContext, external_reference, to_new_order
from .problems import GONE, parked
from .reading import cancellations_of, chunks, returns_of
from .states import Place, place
from .warehouse import warehouse_of

log = logging.getLogger("saleor_tiktok_stripe.orders")

BATCH: Final = 50
"""Orders per write into Saleor (the most that Saleor takes at once)."""
HOLD_WINDOW: Final = timedelta(hours=1, minutes=2)
"""How long an order is usually held, and a little more."""
HOLD_RECHECK: Final = timedelta(minutes=10)


@dataclass
class Outcome:
    """What became of each order of a page, by order id.

    ``waiting`` orders are in their hold window (value: when to look again). ``skipped`` ones are
    not to be imported (value: why). ``failed`` ones are parked or tried again.
    """

    created: set[str] = field(default_factory=set)
    followed: set[str] = field(default_factory=set)
    unchanged: set[str] = field(default_factory=set)
    changed: set[str] = field(default_factory=set)
    waiting: dict[str, datetime] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    failed: dict[str, ChannelError] = field(default_factory=dict)


class Importer:
    """Imports orders of one connection; reads channel and policy once.

    ``claimed``: jobs by order id that are finished in the same transaction as their order is
    written. ``dry_run``: all is read and decided, nothing is written anywhere. Errors that concern
    the whole connection (``RetryLater``, ``NeedsReauthorization``) are raised; what concerns one
    order lands in ``Outcome.failed`` and stops no other.
    """

    def __init__(
        self,
        connection: Connection,
        client: TikTokClient,
        *,
        claimed: Mapping[str, ClaimedJob] | None = None,
        dry_run: bool = False,
    ) -> None:
        self.dry_run = dry_run
        self.connection = connection
        self.client = client
        self.claimed = claimed or {}
        self.saleor: Saleor = get_saleor()
        self.policy: ChannelPolicy = accounts.policy(connection)
        self.channel: ChannelInfo = self.saleor.channel(connection.channel_slug)
        self.outcome = Outcome()

    def import_new(self, orders: Iterable[Order]) -> dict[str, tuple[Order, OrderLink]]:
        """Create those that are not in Saleor yet; returns the others that changed, with their
        link. Unchanged ones cost no write.
        """
        newest = _newest(orders)
        links = links_for(self.connection, newest)
        changed: dict[str, tuple[Order, OrderLink]] = {}
        new: list[Order] = []
        for order in newest.values():
            link = links.get(order.id)
            if link is None:
                if self._wanted(order):
                    new.append(order)
            elif link.refunds_open or self._asked(order, link) or _has_news(order, link):
                changed[order.id] = (order, link)
            else:
                self.outcome.unchanged.add(order.id)
        for batch in chunks(new, BATCH):
            changed |= self._create(batch)
        self.outcome.changed |= changed.keys()
        if not self.dry_run:
            here = links.keys() | changed.keys() | self.outcome.created
            tell_waiting(self.connection, (newest[one] for one in newest if one not in here))
        return changed

    def follow(self, changed: Mapping[str, tuple[Order, OrderLink]]) -> None:
        """Bring orders that exist in Saleor in step."""
        if not changed:
            return
        cancellations = self._cancellations(order for order, _ in changed.values())
        with_returns = [order.id for order, link in changed.values() if link.has_returns]
        returns = returns_of(self.client, with_returns)
        seen = self.saleor.orders([link.saleor_order_id for _, link in changed.values()])
        for order, link in changed.values():
            try:
                bring_in_step(
                    self.saleor,
                    link,
                    order,
                    Facts(
                        region=self.connection.region,
                        cancellations=cancellations.get(order.id, ()),
                        returns=returns.get(order.id, ()),
                        restock=self.policy.restock_returns,
                        tells_cancels=self.policy.cancel_push,
                    ),
                    seen=seen.get(link.saleor_order_id),
                )
            except Parked as error:
                if error.code == GONE and self._may_stay_away(order):
                    self.outcome.skipped[order.id] = "deleted_in_saleor"
                else:
                    self.outcome.failed[order.id] = error
            else:
                self.outcome.followed.add(order.id)

    def _may_stay_away(self, order: Order) -> bool:
        """Somebody accepted that this order does not exist in Saleor any more."""
        accepted = Difference.objects.filter(
            connection=self.connection, code=GONE, state=Difference.State.ACCEPTED
        )
        return accepted.filter(area="order", subject=order.id).exists()

    def _asked(self, order: Order, link: OrderLink) -> bool:
        """Its returns may have moved on: nothing of the order itself tells."""
        return link.has_returns and order.id in self.claimed

    def _wanted(self, order: Order) -> bool:
        reason = self._unwanted(order)
        if reason:
            self.outcome.skipped[order.id] = reason
            return False
        if order.state is OrderState.ON_HOLD and self.policy.hold_policy == "wait":
            self.outcome.waiting[order.id] = _hold_ends(order)
            return False
        return True

    def _unwanted(self, order: Order) -> str:
        if order.state is OrderState.UNPAID:
            return "unpaid"
        never_paid = order.paid_at is None and not order.is_cod and order.payment.total > 0
        if order.state is OrderState.CANCELLED and never_paid:
            return "never_paid"
        if not self.policy.import_enabled:
            return "import_disabled"
        start = self.connection.orders_since
        return "too_old" if start is not None and order.created_at < start else ""

    def _create(self, orders: Sequence[Order]) -> dict[str, tuple[Order, OrderLink]]:
        """Write a batch; returns orders that turn out to exist already, to be brought in step."""
        existing = self._adopt(orders)
        missing = [order for order in orders if order.id not in existing]
        return existing | self._write(missing) if missing else existing

    def _adopt(self, orders: Sequence[Order]) -> dict[str, tuple[Order, OrderLink]]:
        """Orders that stand in Saleor without a link of ours: a crash came in between. They may
        have been made from an older state, so nothing is taken for granted."""
        by_reference = {external_reference(order.id): order for order in orders}
        found = self.saleor.find_orders(list(by_reference))
        links = [
            adopted_link(self.connection, by_reference[reference], order_id)
            for reference, order_id in found.items()
        ]
        if self.dry_run:
            of = {order.id: order for order in orders}
            return {link.order_id: (of[link.order_id], link) for link in links}
        save_new(links)
        return self._linked([by_reference[reference] for reference in found])

    def _write(self, orders: Sequence[Order]) -> dict[str, tuple[Order, OrderLink]]:
        cancellations = self._cancellations(orders)
        returns = returns_of(self.client, [one.id for one in orders if _has_left(one)])
        links = catalog.resolve_all(
            self.connection,
            [catalog.keys_of(unit) for order in orders for unit in order.units],
            dry_run=self.dry_run,
        )
        imports: dict[str, Import] = {}
        for order in orders:
            try:
                context = self._context(
                    links, cancellations.get(order.id, ()), returns.get(order.id, ())
                )
                new = to_new_order(order, context)
            except Parked as error:
                self.outcome.failed[order.id] = error
            else:
                imports[new.external_reference] = Import(
                    order, new, context.cancellations, context.returns
                )
        if self.dry_run:
            self.outcome.created |= {one.order.id for one in imports.values()}
        if self.dry_run or not imports:
            return {}
        created = self.saleor.create_orders(
            [one.new for one in imports.values()], lambda rows: self._record(imports, rows)
        )
        return self._sort_out(imports, created)

    def _context(
        self,
        links: catalog.Resolution,
        cancellations: tuple[Cancellation, ...],
        returns: tuple[Return, ...],
    ) -> MappingContext:
        return MappingContext(
            channel=self.channel,
            region=self.connection.region,
            variants=links.variants,
            unlinked=links.special,
            placeholder=self.policy.unlinked_policy == "placeholder",
            warehouse_id=warehouse_of(self.channel, self.policy),
            language_code=self.policy.language_code,
            cancellations=cancellations,
            returns=returns,
        )

    def _record(self, imports: Mapping[str, Import], rows: Sequence[CreatedOrder]) -> None:
        """Our links, the jobs and what comes next: in one transaction, on a host that has one for
        the orders too in that one."""
        good = [(imports[row.external_reference], row) for row in rows if not row.error]
        links = [
            new_link(self.connection, one, row)
            if row.created
            else adopted_link(self.connection, one.order, row.order_id)
            for one, row in good
        ]
        finished = {
            self.claimed[one.order.id]: Done("imported")
            for one, row in good
            if row.created and one.order.id in self.claimed
        }
        with transaction.atomic():
            save_new(links)
            sold = tell_sold(self.connection, [one.order for one, _ in good], links)
            self._flag_oversold(links)
            with_cases = [one.order.id for one, _ in good if one.returns or one.cancellations]
            jobs.enqueue_many("case.sync", self.connection, with_cases)
            if any(row.created for _, row in good):
                jobs.enqueue("order.reference", self.connection)
            if finished:
                jobs.finish(finished)
            if sold:
                jobs.enqueue("stock.push", self.connection)

    def _flag_oversold(self, links: Sequence[OrderLink]) -> None:
        """Tell staff where stock was short. Over HTTP no import sets any aside: nothing to tell."""
        if not runs_inside_saleor():
            return
        for link in links:
            if link.unallocated:
                short = ", ".join(f"{n} x {sku}" for sku, n in sorted(link.unallocated.items()))
                self.saleor.add_note(
                    link.saleor_order_id,
                    f"Oversold on TikTok Shop: no stock could be set aside for {short}.",
                )

    def _sort_out(
        self, imports: Mapping[str, Import], created: Sequence[CreatedOrder]
    ) -> dict[str, tuple[Order, OrderLink]]:
        existing: list[Order] = []
        for row in created:
            order = imports[row.external_reference].order
            if row.error:
                self.outcome.failed[order.id] = parked(
                    "SALEOR_REFUSED", order=order.id, reason=row.error
                )
            elif row.created:
                self.outcome.created.add(order.id)
            else:
                existing.append(order)
        return self._linked(existing)

    def _linked(self, orders: Sequence[Order]) -> dict[str, tuple[Order, OrderLink]]:
        links = links_for(self.connection, [order.id for order in orders])
        return {order.id: (order, links[order.id]) for order in orders}

    def _cancellations(self, orders: Iterable[Order]) -> dict[str, tuple[Cancellation, ...]]:
        return cancellations_of(self.client, [one.id for one in orders if _has_cancelled(one)])


def import_page(
    connection: Connection,
    client: TikTokClient,
    orders: Sequence[Order],
    *,
    dry_run: bool = False,
) -> Outcome:
    """A page of a listing: new orders are created at once, for all others that need attention a
    job is asked for. Returns what became of each; ``dry_run``: what would, and nothing is written.

    Raises what concerns the whole connection.
    """
    importer = Importer(connection, client, dry_run=dry_run)
    importer.import_new(orders)
    outcome = importer.outcome
    if dry_run:
        return outcome
    settled = outcome.created | outcome.unchanged | outcome.skipped.keys()
    again = outcome.changed | outcome.failed.keys() | _still_parked(connection, settled)
    jobs.enqueue_many("order.sync", connection, sorted(again))
    for moment, ids in _by_moment(outcome.waiting).items():
        jobs.enqueue_many("order.sync", connection, ids, run_after=moment)
    return outcome


def _still_parked(connection: Connection, settled: set[str]) -> set[str]:
    """Orders whose job waits for somebody although they are settled: it looks again and ends."""
    stuck = Job.objects.filter(
        connection=connection,
        subject__in=settled,
        kind="order.sync",
        status__in=[JobStatus.PARKED, JobStatus.DEAD],
    )
    return set(stuck.values_list("subject", flat=True))


def _by_moment(waiting: Mapping[str, datetime]) -> dict[datetime, list[str]]:
    """Rounded up to ten minutes: one statement serves many orders."""
    grouped: dict[datetime, list[str]] = {}
    for order_id, moment in waiting.items():
        minute = moment.replace(minute=moment.minute // 10 * 10, second=0, microsecond=0)
        grouped.setdefault(minute + timedelta(minutes=10), []).append(order_id)
    return grouped


def _has_news(order: Order, link: OrderLink) -> bool:
    if order.updated_at < link.marketplace_updated_at:
        return False
    return link.fingerprint != fingerprint(order)


def _has_cancelled(order: Order) -> bool:
    return not order.is_cod and any(place(order, one) is Place.CANCELLED for one in order.units)


def _has_left(order: Order) -> bool:
    return any(place(order, one) is Place.SHIPPED for one in order.units)


def _newest(orders: Iterable[Order]) -> dict[str, Order]:
    """Each order once: one that changed while its list was paged comes twice."""
    newest: dict[str, Order] = {}
    for order in orders:
        known = newest.get(order.id)
        if known is None or known.updated_at <= order.updated_at:
            newest[order.id] = order
    return newest


def _hold_ends(order: Order) -> datetime:
    """When to look at a held order again: after its hour, then every ten minutes."""
    usual = (order.paid_at or order.created_at) + HOLD_WINDOW
    return max(usual, datetime.now(usual.tzinfo) + HOLD_RECHECK)
