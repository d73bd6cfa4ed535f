"""Orders of the marketplace as sales: from the link, its cases and the ledger."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Final

from ..models import AfterSalesCase, Connection, LedgerEntry, OrderLink
from ..tiktok.aftersales_types import Arbitration
from ..tiktok.types import OrderState
from . import books
from .sales import ZERO, Booked, Facts, Sale, state_of

_CHARGED_BACK: Final = LedgerEntry.Kind.DISPUTE
_PAID_BACK: Final = frozenset(
    {
        AfterSalesCase.Kind.CANCELLATION,
        AfterSalesCase.Kind.REFUND,
        AfterSalesCase.Kind.RETURN,
        AfterSalesCase.Kind.REPLACEMENT,
    }
)


def read(connection: Connection, order_ids: Sequence[str]) -> list[Sale]:
    """The sales of these orders, as far as they were brought over: three queries."""
    links = OrderLink.objects.filter(connection=connection, order_id__in=list(order_ids))
    booked = books.of_orders(connection, order_ids)
    cases: dict[str, list[AfterSalesCase]] = defaultdict(list)
    rows = AfterSalesCase.objects.filter(connection=connection, order_id__in=list(order_ids))
    for case in rows.order_by("pk"):
        cases[case.order_id].append(case)
    return [
        sale_of(link, cases.get(link.order_id, ()), booked.get(link.order_id, Booked()))
        for link in links.order_by("pk")
    ]


def saleor_ids(connection: Connection, order_ids: Sequence[str]) -> dict[str, str]:
    """The marketplace's order -> Saleor's."""
    links = OrderLink.objects.filter(connection=connection, order_id__in=list(order_ids))
    return dict(links.values_list("order_id", "saleor_order_id"))


def sale_of(link: OrderLink, cases: Iterable[AfterSalesCase], booked: Booked) -> Sale:
    """One order's sale. Its ``volume`` is None where the order's money was never checked here (it
    was in Saleor before this plugin): Saleor's own total tells it then."""
    cases = tuple(cases)
    money = {name: _amount(link.money, name) for name in _AMOUNTS}
    known = "currency" in link.money
    volume = money["buyer"] + money["platform"]
    currency = str(link.money.get("currency", ""))
    cancelled = link.state == OrderState.CANCELLED
    refunded = ZERO if cancelled else _refunded(cases, currency)
    questioned = [] if cancelled else [one for one in cases if one.arbitration]
    lost, open_now = _judged(questioned)
    taken_back = ZERO if cancelled else _charged_back(booked)
    standing, state = state_of(
        Facts(
            cancelled=cancelled,
            taken=True,
            authorized=False,
            under_way=False,
            in_dispute=open_now or taken_back > 0,
            refunded=refunded,
            paid=money["buyer"] if known else None,
            settled=booked.settled,
        )
    )
    return Sale(
        sale_id=link.order_id,
        saleor_order_id=link.saleor_order_id,
        placed_at=link.placed_at,
        standing=standing,
        state=state,
        currency=currency,
        volume=volume if known else None,
        shipping=money["shipping"],
        tax=money["tax"],
        seller_discount=money["seller_discount"],
        platform_discount=money["platform"],
        refunded=refunded,
        disputes=len(questioned) + (taken_back > 0),
        disputed=sum((one.amount for one in questioned), taken_back),
        dispute_lost=lost + taken_back,
        booked=booked,
    )


_AMOUNTS: Final = ("buyer", "platform", "shipping", "tax", "seller_discount")


def _amount(money: Mapping[str, object], name: str) -> Decimal:
    try:
        return Decimal(str(money.get(name, 0)))
    except InvalidOperation:
        return ZERO


def _refunded(cases: Iterable[AfterSalesCase], currency: str) -> Decimal:
    back = (
        one.amount
        for one in cases
        if one.state == AfterSalesCase.State.COMPLETE
        and one.kind in _PAID_BACK
        and not one.replaced_by
        and one.currency == (currency or one.currency)
    )
    return sum(back, ZERO)


def _judged(questioned: Iterable[AfterSalesCase]) -> tuple[Decimal, bool]:
    """What the marketplace gave the buyer, and whether it still looks at something."""
    lost, is_open = ZERO, False
    for one in questioned:
        lost += one.amount if one.arbitration == Arbitration.FOR_BUYER else ZERO
        is_open = is_open or one.arbitration == Arbitration.OPEN
    return lost, is_open


def _charged_back(booked: Booked) -> Decimal:
    """What the buyer's bank took, as the statement says; positive."""
    taken = sum((sum(kinds.get(_CHARGED_BACK, ()), ZERO) for kinds in booked.money.values()), ZERO)
    return max(-taken, ZERO)
