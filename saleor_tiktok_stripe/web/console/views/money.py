"""The books of both vendors: payouts, statements, single amounts, what does not agree, and files to
save; a payout and what it is made of."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Final

from django.http import HttpResponse

from .... import drift
from ....errors import InvalidInput
from ....models import Connection, LedgerEntry, Payout, Vendor
from ....payments import ledger
from ....payments.ledger import EntryFilter, PayoutTrace
from ....payments.ledger.exporting import csv_lines
from .. import downloads, terms, words
from ..parts import (
    Badge,
    Choice,
    Code,
    Column,
    Fact,
    Filter,
    Input,
    Lines,
    Link,
    Money,
    Table,
    table,
)
from ..visits import Missing, Visit
from . import moneys, repairing

PAYOUTS, STATEMENTS, ENTRIES, OPEN = "payouts", "statements", "entries", "differences"
TABS: Final[Mapping[str, str]] = {
    PAYOUTS: "Payouts",
    STATEMENTS: "Statements",
    ENTRIES: "Amounts",
    OPEN: "Differences",
}
AREAS: Final = ("money", "payout")
_FILES: Final = {
    ledger.ENTRIES: "Single amounts",
    ledger.ORDERS: "Sums by order",
    ledger.PAYOUTS: "Payouts",
}


def show(visit: Visit) -> HttpResponse:
    """One of the lists, by ``?list=``, of one vendor."""
    tab = visit.query("list") if visit.query("list") in TABS else PAYOUTS
    connection = _connection(visit)
    if connection is None:
        return visit.show("money.html", connection=None)
    listed, following = _LISTS[tab](visit, connection)
    counted = sum(one.number for one in drift.counts(visit.connections) if one.area in AREAS)
    kept = {"list": tab, "vendor": connection.vendor, **_asked(visit)}
    return visit.show(
        "money.html",
        connection=connection,
        tabs=[
            (Link(_label(one, counted), _url(visit, one, connection)), one == tab) for one in TABS
        ],
        name=TABS[tab] if tab == OPEN else f"{TABS[tab]}, {words.VENDORS[connection.vendor]}",
        table=listed,
        filter=_filter(visit, tab, connection),
        pager=visit.pager(following, **kept),
        files=[_file(visit, connection, kind) for kind in _FILES],
    )


def show_payout(visit: Visit) -> HttpResponse:
    """What a payout is made of, a page of its orders at a time."""
    connection = _of_payout(visit)
    found = ledger.payout_trace(connection, visit.arguments["id"], after=visit.query("after"))
    return visit.show(
        "payout.html",
        f"Payout {found.payout.payout_id}",
        badges=(terms.badge(terms.PAYOUT, found.payout.state), _complete(found)),
        facts=list(_facts(found, connection)),
        differs=moneys.differing(found.differences),
        orders=_shares(visit, found, connection),
        loose=_loose(found),
        pager=visit.pager(found.next),
    )


def download(visit: Visit) -> HttpResponse:
    """One of the files, of the days that were asked for."""
    kind = visit.arguments["kind"]
    connection = _connection(visit)
    if connection is None or kind not in _FILES:
        raise Missing("There is no such file.")
    since, until = _moment(visit, "since"), _moment(visit, "until", end=True)
    lines = csv_lines(connection, kind, since, until)
    return downloads.csv_file(visit.request, f"{connection.vendor}-{kind}.csv", lines)


def repair(visit: Visit) -> HttpResponse:
    """Compare the money of one difference again."""
    return visit.go(_open_list(visit), repairing.repair_one(visit, AREAS))


def accept(visit: Visit) -> HttpResponse:
    """Accept one difference, with a note."""
    return visit.go(_open_list(visit), repairing.accept_one(visit, AREAS))


def _open_list(visit: Visit) -> str:
    return visit.url(query={"list": OPEN})


def _connection(visit: Visit) -> Connection | None:
    """Whose books: ``?vendor=``, else the first that there is."""
    wanted = visit.query("vendor")
    if wanted in words.VENDORS:
        return visit.connection_or_none(wanted)
    return visit.connections[0] if visit.connections else None


def _label(tab: str, open_: int) -> str:
    return f"{TABS[tab]} ({open_:,})" if tab == OPEN and open_ else TABS[tab]


def _url(visit: Visit, tab: str, connection: Connection) -> str:
    return visit.url(query={"list": tab, "vendor": connection.vendor})


def _file(visit: Visit, connection: Connection, kind: str) -> Link:
    asked = {"vendor": connection.vendor, **_asked(visit, "since", "until")}
    return Link(_FILES[kind], visit.url("money_file", asked, kind=kind), button=True)


def _asked(visit: Visit, *names: str) -> dict[str, str]:
    wanted = names or ("kind", "order", "since", "until")
    return {name: visit.query(name) for name in wanted if visit.query(name)}


def _payouts(visit: Visit, connection: Connection) -> tuple[Table, str]:
    page = ledger.payouts(connection, after=visit.query("after"))
    rows = [
        (
            Lines((Link(one.payout_id, visit.url("payout", id=one.payout_id)), _kind(one))),
            terms.badge(terms.PAYOUT, one.state),
            one.made_at,
            one.paid_at,
            Money(one.amount, one.currency),
        )
        for one in page.items
    ]
    columns = ("Payout", "State", "Made", "Paid", Column("Amount", number=True))
    empty = "Nothing was paid out yet."
    return table("Payouts, newest first", columns, rows, empty=empty), page.next


def _statements(visit: Visit, connection: Connection) -> tuple[Table, str]:
    if connection.vendor != Vendor.TIKTOK:
        empty = "Stripe makes no statements: its amounts stand in its payouts."
        return table("Statements", ("Statement",), [], empty=empty), ""
    page = ledger.statements(connection, after=visit.query("after"))
    rows = [
        (
            Lines((f"{one.at:%-d %b %Y}", Code(one.statement_id))),
            terms.readable(one.payment_status.lower()),
            Link(one.payout.payout_id, visit.url("payout", id=one.payout.payout_id))
            if one.payout
            else None,
            Money(one.revenue, one.currency),
            Money(one.fee, one.currency),
            Money(one.settlement, one.currency),
        )
        for one in page.items
    ]
    columns: list[str | Column] = ["Day", "Payment", "Payout"]
    columns += [Column(label, number=True) for label in ("Sales", "Fees", "Settled")]
    empty = "TikTok has settled nothing yet. It settles some days after delivery."
    return table("Statements, newest first", columns, rows, empty=empty), page.next


def _entries(visit: Visit, connection: Connection) -> tuple[Table, str]:
    wanted = EntryFilter(
        order_id=visit.query("order").strip(),
        kind=visit.query("kind"),
        since=_moment(visit, "since"),
        until=_moment(visit, "until", end=True),
    )
    page = ledger.entries(connection, wanted, after=visit.query("after"))
    rows = [
        (
            Lines((terms.words(terms.LEDGER, one.kind), terms.readable(one.component))),
            Lines((_order(visit, one, connection), *_estimate(one))),
            one.happened_at,
            Link(one.payout.payout_id, visit.url("payout", id=one.payout.payout_id))
            if one.payout
            else None,
            Money(one.amount, one.currency),
        )
        for one in page.items
    ]  # fmt: skip
    columns = ("What", "Order", "When", "Payout", Column("Amount", number=True))
    empty = "Nothing was booked like this."
    return table("Amounts, newest first", columns, rows, empty=empty), page.next


def _open(visit: Visit, connection: Connection) -> tuple[Table, str]:
    """Of both vendors: there should be few."""
    page = drift.listed(visit.connections, areas=AREAS, after=visit.query("after"))
    empty = "Every amount agrees, from the order to the payout."
    return repairing.differences_table(visit, page.items, empty=empty), page.next


def _order(visit: Visit, one: LedgerEntry, connection: Connection) -> Link | Code | None:
    if not one.order_id:
        return None
    if connection.vendor == Vendor.TIKTOK and visit.may_open(f"orders/{one.order_id}/"):
        return Link(one.order_id, visit.url("order", id=one.order_id))
    return Code(one.order_id)


def _estimate(one: LedgerEntry) -> tuple[Badge, ...]:
    return (Badge("Estimate", "info"),) if one.expected else ()


def _kind(one: Payout) -> str:
    return terms.readable(one.kind.lower())


def _of_payout(visit: Visit) -> Connection:
    rows = Payout.objects.select_related("connection").filter(connection__in=visit.connections)
    found = rows.filter(payout_id=visit.arguments["id"]).first()
    if found is None:
        raise Missing("This channel knows no such payout.")
    return found.connection


def _complete(found: PayoutTrace) -> Badge:
    if found.payout.entries_complete:
        return Badge("All parts are known", "good")
    return Badge("Parts are missing still", "info")


def _facts(found: PayoutTrace, connection: Connection) -> Iterator[Fact]:
    payout = found.payout
    yield Fact("From", words.VENDORS[connection.vendor])
    yield Fact("Arrives", Money(payout.amount, payout.currency))
    if payout.before_exchange not in (None, payout.amount):
        yield Fact("Before exchange", Money(payout.before_exchange, payout.settled_currency))
        yield Fact("Rate", payout.exchange_rate and payout.exchange_rate.normalize())
    yield Fact("Its parts must come to", Money(found.amount, found.currency))
    yield Fact("They come to", Money(found.total, found.currency))
    yield Fact("Made", payout.made_at)
    yield Fact("Paid", payout.paid_at)
    if found.statements:
        yield Fact("Statements", Lines(tuple(Code(one) for one in found.statements)))


def _shares(visit: Visit, found: PayoutTrace, connection: Connection) -> Table:
    linked = connection.vendor == Vendor.TIKTOK
    rows = [
        (
            Link(one.order_id, visit.url("order", id=one.order_id))
            if linked and visit.may_open(f"orders/{one.order_id}/")
            else Code(one.order_id),
            moneys.kinds(one.by_kind, found.currency),
            Money(one.net, found.currency),
        )
        for one in found.orders
    ]
    columns = ("Order", "Parts", Column("Net", number=True))
    return table("Orders of the payout", columns, rows, empty="No order is in it.")


def _loose(found: PayoutTrace) -> Table | None:
    rows = [
        (terms.readable(component), Money(amount, found.currency))
        for component, amount in found.without_order.items()
    ]
    columns = ("What", Column("Amount", number=True))
    return table("Amounts that belong to no order", columns, rows) if rows else None


def _moment(visit: Visit, name: str, *, end: bool = False) -> datetime | None:
    """A day of the address in UTC; with ``end`` the moment after it. Raises ``InvalidInput``."""
    text = visit.query(name)
    if not text:
        return None
    try:
        day = datetime.combine(datetime.fromisoformat(text).date(), time(), UTC)
        return day + timedelta(days=1) if end else day
    except (ValueError, OverflowError):
        raise InvalidInput(
            "PERIOD_INVALID", "This is no day. Write it like 2026-11-23.", field=name
        ) from None


def _filter(visit: Visit, tab: str, connection: Connection) -> Filter | None:
    vendors = tuple(Choice(one.vendor, words.VENDORS[one.vendor]) for one in visit.connections)
    vendor = Input(
        "vendor", "Whose books", "select", value=connection.vendor, choices=vendors,
        id="filter-vendor",
    )  # fmt: skip
    if tab == OPEN:
        return None
    if tab != ENTRIES:
        return Filter((vendor,), hidden={"list": tab})
    kinds = (Choice("", "All"), *(Choice(one, label) for one, (label, _) in terms.LEDGER.items()))
    inputs = (
        vendor,
        Input("kind", "What", "select", value=visit.query("kind"), choices=kinds, id="filter-kind"),
        Input("order", "Order's id", value=visit.query("order"), id="filter-order"),
        Input("since", "From", "date", value=visit.query("since"), id="filter-since"),
        Input("until", "To", "date", value=visit.query("until"), id="filter-until"),
    )
    return Filter(inputs, hidden={"list": tab})


_LISTS: Final[Mapping[str, Callable[[Visit, Connection], tuple[Table, str]]]] = {
    PAYOUTS: _payouts,
    STATEMENTS: _statements,
    ENTRIES: _entries,
    OPEN: _open,
}
