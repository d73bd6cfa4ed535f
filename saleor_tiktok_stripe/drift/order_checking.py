"""Orders, 50 at a time: each side is read once, judged, and the differences are kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cached_property

from .. import accounts
from ..errors import Parked
from ..fulfilment.pushing import Pusher
from ..fulfilment.watching import has_news
from ..jobs import clock
from ..models import AfterSalesCase, Connection, OrderLink
from ..orders.applying import Facts, known_of
from ..orders.importing import Importer, Outcome
from ..orders.linking import line_map_of, links_for
from ..orders.reading import cancellations_of, returns_of
from ..payments.ledger.differences import Found, keep, plain_text
from ..saleor_api import get_saleor
from ..saleor_api.types import SaleorOrder
from ..tiktok.client import TikTokClient
from ..tiktok.types import Order
from .busy import GRACE, KINDS, busy
from .classes import ORDER, ORDERS
from .order_sides import Sides, judge, told
from .push_sides import untold


class OrderCheck:
    """Checks orders of one connection; reads policy and market once. ``patient``: what changed a
    moment ago is left alone, since nothing had the time to bring it in step."""

    def __init__(self, connection: Connection, *, patient: bool) -> None:
        self.connection = connection
        self.patient = patient
        self.policy = accounts.policy(connection)
        self.saleor = get_saleor()
        self.pusher = Pusher(connection)

    @property
    def client(self) -> TikTokClient:
        """The one that the push plans with."""
        return self.pusher.client

    @cached_property
    def limit(self) -> datetime:
        """What changed after it is left alone."""
        return clock.now() - GRACE

    def imported(self, links: Sequence[OrderLink]) -> int:
        """Judge orders that have a row here; how many differences are open. Saleor is read before
        the marketplace. Raises what concerns the whole connection."""
        underway = busy(self.connection, KINDS[ORDER], [link.order_id for link in links])
        links = [link for link in links if link.order_id not in underway]
        if not links:
            return 0
        ids = [link.order_id for link in links]
        ours = self.saleor.orders([link.saleor_order_id for link in links])
        page = self.client.orders(ids)
        theirs = {order.id: order for order in page.orders}
        unreadable = {order_id for order_id, _ in page.broken}
        links = [
            link
            for link in links
            if link.order_id not in unreadable
            and not self._is_fresh(theirs.get(link.order_id), ours.get(link.saleor_order_id))
        ]
        found = self._judge(links, ours, theirs)
        changed = self._changed_meanwhile(links)
        judged = [link.order_id for link in links if link.order_id not in changed]
        found = [one for one in found if one.subject not in changed]
        return keep(self.connection, ORDER, judged, found, codes=ORDERS)

    def unlinked(self, orders: Sequence[Order]) -> int:
        """Judge orders that the marketplace has and that have no row here: what an import would do
        with them says whether they should be in Saleor."""
        known = links_for(self.connection, [order.id for order in orders])
        underway = busy(self.connection, KINDS[ORDER], [order.id for order in orders])
        missing = [
            order
            for order in orders
            if order.id not in known
            and order.id not in underway
            and not self._is_fresh(order, None)
        ]
        if not missing:
            return 0
        importer = Importer(self.connection, self.client, dry_run=True)
        importer.import_new(missing)
        found = [one for order in missing for one in _missing(order, importer.outcome)]
        arrived = links_for(self.connection, [order.id for order in missing])
        judged = [order.id for order in missing if order.id not in arrived]
        found = [one for one in found if one.subject not in arrived]
        return keep(self.connection, ORDER, judged, found, codes=ORDERS)

    def named(self, order_ids: Sequence[str]) -> int:
        """Judge these orders, whether they have a row here or not."""
        links = links_for(self.connection, order_ids)
        found = self.imported(list(links.values()))
        others = [order_id for order_id in order_ids if order_id not in links]
        if others:
            orders = self.client.orders(others).orders
            found += self.unlinked(orders)
            gone = set(others) - {order.id for order in orders}
            keep(self.connection, ORDER, sorted(gone), [], codes=ORDERS)
        return found

    def _judge(
        self,
        links: Sequence[OrderLink],
        ours: Mapping[str, SaleorOrder],
        theirs: Mapping[str, Order],
    ) -> list[Found]:
        ids = [link.order_id for link in links if link.order_id in theirs]
        cancellations = cancellations_of(self.client, ids)
        returns = returns_of(self.client, ids)
        cases = self._cases(ids)
        found: list[Found] = []
        for link in links:
            of = link.order_id
            order, saleor_order = theirs.get(of), ours.get(link.saleor_order_id)
            if saleor_order is not None:
                link.line_map = link.line_map or line_map_of(saleor_order)
            facts = Facts(
                region=self.connection.region,
                cancellations=cancellations.get(of, ()),
                returns=returns.get(of, ()),
                restock=self.policy.restock_returns,
                tells_cancels=self.policy.cancel_push,
            )
            untold_yet = self._untold(link, saleor_order, order)
            known = known_of(link, facts)
            kept = cases.get(of, {})
            found += judge(Sides(link, order, saleor_order, known, facts, kept, untold_yet))
        return found

    def _untold(
        self, link: OrderLink, saleor_order: SaleorOrder | None, order: Order | None
    ) -> list[Found]:
        """The cheap look first: of most orders there is nothing to tell."""
        if saleor_order is None or order is None or not has_news(saleor_order, link):
            return []
        return untold(order, saleor_order, self.pusher.plan(link, (saleor_order, order)))

    def _cases(self, order_ids: Sequence[str]) -> dict[str, dict[str, str]]:
        rows = AfterSalesCase.objects.filter(connection=self.connection, order_id__in=order_ids)
        found: dict[str, dict[str, str]] = {}
        for order_id, case_id, state in rows.values_list("order_id", "case_id", "raw_state"):
            found.setdefault(order_id, {})[case_id] = state
        return found

    def _is_fresh(self, order: Order | None, saleor_order: SaleorOrder | None) -> bool:
        if not self.patient:
            return False
        times = (
            order.updated_at if order else None,
            saleor_order.updated_at if saleor_order else None,
        )
        return any(moment is not None and moment > self.limit for moment in times)

    def _changed_meanwhile(self, links: Iterable[OrderLink]) -> set[str]:
        """Somebody worked on these while both sides were read: nothing is known of them."""
        seen = {link.order_id: link.updated_at for link in links}
        now = links_for(self.connection, seen)
        moved = {one for one, at in seen.items() if one not in now or now[one].updated_at != at}
        return moved | busy(self.connection, KINDS[ORDER], list(seen))


def _missing(order: Order, outcome: Outcome) -> list[Found]:
    if order.id in outcome.skipped or order.id in outcome.waiting:
        return []
    error = outcome.failed.get(order.id)
    ours: dict[str, str] = {}
    if isinstance(error, Parked):
        ours = told(error.problem)
    elif error is not None:
        ours = {"problem": error.code, "cause": error.message}
    elif order.id in outcome.changed:
        ours = {"link": "missing"}
    theirs = {"state": order.state.value, "paid": plain_text(order.payment.total)}
    currency = order.payment.currency
    return [Found("ORDER_MISSING_IN_SALEOR", order.id, currency, None, ours, theirs)]
