"""Do both sides agree? Counts and sums per state and currency, to the cent."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Final

from .. import accounts, jobs
from ..errors import RetryLater
from ..models import Connection, OrderLink
from ..saleor_api import get_saleor
from ..saleor_api.types import SaleorOrder, SaleorOrderStatus
from ..tiktok.client import TikTokClient
from ..tiktok.regions import decimals
from ..tiktok.types import Order, OrderPage, OrderState
from .money import ZERO
from .reading import chunks, returns_of
from .returned import returned_units
from .states import saleor_status

CHUNK: Final = 100
PATIENCE: Final = 20
LONGEST_WAIT: Final = 5.0


@dataclass(frozen=True)
class Parked:
    """An order that waits for somebody."""

    order_id: str
    code: str
    cause: str
    cure: str


@dataclass(frozen=True)
class Row:
    """One state and currency. ``ours`` counts orders that stand in Saleor in the state that goes
    with it, with the same money; ``held_back`` those that are rightly not (yet) there: unpaid, in
    the hold window, older than the import's start.
    """

    state: str
    currency: str
    theirs: int
    their_sum: Decimal
    held_back: int
    held_back_sum: Decimal
    parked: int
    parked_sum: Decimal
    ours: int
    our_sum: Decimal

    @property
    def difference(self) -> int:
        """Orders that are neither in Saleor as they should be, nor held back, nor parked."""
        return self.theirs - self.held_back - self.parked - self.ours

    @property
    def difference_sum(self) -> Decimal:
        """The same in money."""
        return self.their_sum - self.held_back_sum - self.parked_sum - self.our_sum

    def shown(self, amount: Decimal) -> str:
        """An amount with the currency's decimals; with all it has where it has more."""
        rounded = round(amount, decimals(self.currency))
        return f"{rounded if rounded == amount else amount:,}"


@dataclass(frozen=True)
class Summary:
    """``disagreeing``: order id -> what differs."""

    rows: tuple[Row, ...]
    parked: tuple[Parked, ...]
    disagreeing: Mapping[str, str]

    @property
    def agrees(self) -> bool:
        """Nothing is missing, doubled or different, but for parked orders that say why."""
        return not self.disagreeing and not any(
            row.difference or row.difference_sum for row in self.rows
        )


@dataclass
class _Tally:
    theirs: int = 0
    their_sum: Decimal = ZERO
    held_back: int = 0
    held_back_sum: Decimal = ZERO
    parked: int = 0
    parked_sum: Decimal = ZERO
    ours: int = 0
    our_sum: Decimal = ZERO


@dataclass
class _Comparison:
    rows: dict[tuple[str, str], _Tally] = field(default_factory=lambda: defaultdict(_Tally))
    disagreeing: dict[str, str] = field(default_factory=dict)


def merchant_total(order: Order) -> Decimal:
    """What the merchant sold, from the marketplace's own totals: what the buyer paid, less fees,
    plus what the platform paid. Computed apart from the mapping, so that it can check it.
    """
    payment = order.payment
    shipping = payment.shipping_list - payment.shipping_seller_discount - payment.shipping_fee
    return (
        payment.total
        - sum(payment.fees.values(), ZERO)
        + payment.platform_discount
        + shipping
        + payment.payment_platform_discount
    )


def summarize(
    connection: Connection,
    client: TikTokClient | None = None,
    *,
    placed_from: datetime | None = None,
) -> Summary:
    """Compare all orders of the shop (placed since ``placed_from``) with Saleor's, page by page.

    Raises the errors of both sides' calls.
    """
    client = client or accounts.client(connection)
    parked = {one.order_id: one for one in parked_orders(connection)}
    found = _Comparison()
    for orders in _pages(client, placed_from):
        _compare(connection, client, orders, parked, found)
    rows = tuple(
        Row(state, currency, **vars(tally))
        for (state, currency), tally in sorted(found.rows.items())
    )
    return Summary(rows, tuple(parked.values()), found.disagreeing)


def parked_orders(connection: Connection) -> Iterator[Parked]:
    """Orders that wait for somebody, with the words."""
    for one in jobs.waiting(connection, "order.sync"):
        yield Parked(one.subject, one.code, one.cause, one.cure)


def _pages(client: TikTokClient, placed_from: datetime | None) -> Iterator[Sequence[Order]]:
    token = ""
    seen: set[str] = set()
    while True:
        page = _patiently(client, placed_from, token)
        yield [order for order in page.orders if order.id not in seen]
        seen |= {order.id for order in page.orders}
        token = page.next_token
        if not token:
            return


def _patiently(client: TikTokClient, placed_from: datetime | None, token: str) -> OrderPage:
    """Nobody else repeats this call when the budget of calls is used up for a moment."""
    for _ in range(PATIENCE):
        try:
            return client.search_orders(
                created_from=placed_from, page_token=token, sort="create_time"
            )
        except RetryLater as error:
            if error.retry_after is None or error.retry_after > LONGEST_WAIT:
                raise
            time.sleep(error.retry_after)
    return client.search_orders(created_from=placed_from, page_token=token, sort="create_time")


def _compare(
    connection: Connection,
    client: TikTokClient,
    orders: Iterable[Order],
    parked: Mapping[str, Parked],
    found: _Comparison,
) -> None:
    for chunk in chunks(orders, CHUNK):
        links = {
            link.order_id: link
            for link in OrderLink.objects.filter(
                connection=connection, order_id__in=[order.id for order in chunk]
            )
        }
        ours = get_saleor().orders([link.saleor_order_id for link in links.values()])
        back = returns_of(client, [link.order_id for link in links.values() if link.has_returns])
        for order in chunk:
            link = links.get(order.id)
            saleor_order = ours.get(link.saleor_order_id) if link else None
            returned = sum(map(len, returned_units(order, back.get(order.id, ())).values()))
            seen = _Seen(order, saleor_order, saleor_status(order, returned))
            _count(connection, seen, order.id in parked, found)


@dataclass(frozen=True)
class _Seen:
    """An order of both sides, and the state it should have in Saleor."""

    order: Order
    saleor_order: SaleorOrder | None
    expected: SaleorOrderStatus


def _count(
    connection: Connection,
    seen: _Seen,
    is_parked: bool,  # noqa: FBT001
    found: _Comparison,
) -> None:
    order, saleor_order = seen.order, seen.saleor_order
    tally = found.rows[order.state.value, order.payment.currency]
    total = merchant_total(order)
    tally.theirs += 1
    tally.their_sum += total
    if saleor_order is None and _is_held_back(connection, order):
        tally.held_back += 1
        tally.held_back_sum += total
    elif is_parked:
        tally.parked += 1
        tally.parked_sum += total
    elif saleor_order is not None:
        difference = _difference(order, saleor_order, total, seen.expected)
        if difference:
            found.disagreeing[order.id] = difference
        tally.ours += 1
        tally.our_sum += saleor_order.total_gross
    else:
        found.disagreeing[order.id] = "missing in Saleor"


def _is_held_back(connection: Connection, order: Order) -> bool:
    chosen = accounts.policy(connection)
    never_paid = order.paid_at is None and not order.is_cod and order.payment.total > 0
    if order.state is OrderState.UNPAID or (order.state is OrderState.CANCELLED and never_paid):
        return True
    if order.state is OrderState.ON_HOLD and chosen.hold_policy == "wait":
        return True
    start = connection.orders_since
    return start is not None and order.created_at < start


def _difference(
    order: Order, saleor_order: SaleorOrder, total: Decimal, expected: SaleorOrderStatus
) -> str:
    if saleor_order.status is not expected:
        return f"is {saleor_order.status.value} in Saleor, should be {expected.value}"
    if saleor_order.total_gross != total:
        return f"comes to {saleor_order.total_gross} in Saleor, should be {total}"
    if saleor_order.currency != order.payment.currency:
        return f"is in {saleor_order.currency} in Saleor"
    return ""
