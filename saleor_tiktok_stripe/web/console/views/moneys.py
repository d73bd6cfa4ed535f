"""Parts that show amounts of the books: used by the pages of an order and of the money."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from ....payments.ledger import MoneyLine, OpenDifference, OrderMoney
from .. import amounts, terms
from ..parts import Attention, Badge, Code, Column, Fact, Lines, Link, Money, Table, table
from ..visits import Visit


def sums(amounts: Mapping[str, Decimal]) -> Lines:
    """Amounts by currency, below each other."""
    return Lines(tuple(Money(amount, currency) for currency, amount in amounts.items()))


def order_facts(visit: Visit, found: OrderMoney) -> Iterator[Fact]:
    """Where an order's money is, and what it came to."""
    yield Fact("Where it is", terms.badge(terms.STANDING, found.standing.value))
    known = {**dict.fromkeys(terms.SOLD), **found.sold}
    for name, amount in known.items():
        if amount:
            yield Fact(terms.words(terms.SOLD, name), Money(amount, found.currency))
    if found.settled:
        yield Fact("Settled", sums(found.settled))
    if found.expected:
        yield Fact("Expected still", sums(found.expected))
    for share in found.payouts:
        link = Link(share.payout_id, visit.url("payout", id=share.payout_id))
        said = (link, terms.badge(terms.PAYOUT, share.state))
        yield Fact("In payout", Lines((Money(share.amount, share.currency), said)))


def lines_table(visit: Visit, lines: Sequence[MoneyLine]) -> Table:
    """Every amount of an order, oldest first."""
    rows = [
        (
            Lines((terms.words(terms.LEDGER, one.kind), terms.readable(one.component))),
            _notes(one),
            Code(one.statement_id) if one.statement_id else None,
            Link(one.payout_id, visit.url("payout", id=one.payout_id)) if one.payout_id else None,
            Money(one.amount, one.currency),
        )
        for one in lines
    ]
    columns = ("What", "Note", "Statement", "Payout", Column("Amount", number=True))
    return table("Amounts, oldest first", columns, rows, empty="Nothing of it is booked yet.")


def differing(found: Sequence[OpenDifference]) -> list[Attention]:
    """Money that does not agree, with what to do."""
    return [
        Attention(
            "warn", one.words, by(one.amount, one.currency), one.cure if one.state == "open" else ""
        )
        for one in found
    ]


def by(amount: Decimal | None, currency: str) -> str:
    """By how much something differs."""
    return "" if amount is None else f"The difference is {amounts.words(amount, currency)}."


def kinds(amounts: Mapping[str, Decimal], currency: str) -> Lines:
    """Amounts by what they are, in one cell."""
    return Lines(
        tuple(
            (terms.words(terms.LEDGER, name), Money(amount, currency))
            for name, amount in sorted(amounts.items(), key=lambda one: _place(one[0]))
            if amount
        )
    )


def _place(kind: str) -> int:
    known = list(terms.LEDGER)
    return known.index(kind) if kind in known else len(known)


def _notes(one: MoneyLine) -> tuple[Badge, ...]:
    estimate = (Badge("Estimate", "info"),) if one.expected else ()
    return estimate if one.in_settlement else (*estimate, Badge("Not part of the sum"))
