"""A page to print or mail: figures, charts and tables of a period, whole in one file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.template import Context, Engine
from django.utils.safestring import SafeString, mark_safe

from ..models import Connection
from ..tiktok.regions import decimals
from . import charts
from .figures import figures, percent
from .listing import payment_states, products
from .series import by_day, by_hour, heat_map
from .types import (
    CurrencyInsights,
    Fee,
    Figures,
    HeatMap,
    Insights,
    Period,
    Point,
    Products,
    Series,
    Side,
    StateFigures,
)

TEMPLATES: Final = Path(__file__).resolve().parents[1] / "templates"
WEEKDAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
NOTHING: Final = "–"
_TOP: Final = 15


@dataclass(frozen=True)
class Card:
    """A figure at the top of the page. ``good``: the change is welcome; None: it is neither."""

    label: str
    value: str
    change: str
    good: bool | None
    before: str


@dataclass(frozen=True)
class Row:
    """A line of a table of texts. ``strong``: a sum."""

    cells: tuple[str, ...]
    strong: bool = False


@dataclass(frozen=True)
class Section:
    """Everything of one currency."""

    currency: str
    cards: tuple[Card, ...]
    covered: str
    sides: tuple[Row, ...]
    vendors: tuple[str, ...]
    charts: Mapping[str, SafeString]
    fees: tuple[Row, ...]
    days: tuple[Row, ...]
    products: tuple[Row, ...]
    states: tuple[Row, ...]
    heat: HeatMap | None
    weekdays: tuple[tuple[str, Any], ...]
    peak: str


def report(connections: Sequence[Connection], wanted: Period, *, title: str) -> str:
    """The page as HTML: no script, nothing from elsewhere; light, dark and on paper. ``title`` says
    whose figures they are. Raises ``InvalidInput`` as ``figures``."""
    found = figures(connections, wanted)
    series = by_day(connections, wanted)
    earlier = by_day(connections, found.before) if found.before else ()
    values = {
        "title": title,
        "insights": found,
        "period": span(wanted.first, wanted.last),
        "earlier": span(found.before.first, found.before.last) if found.before else "",
        "made_at": _local(found.made_at, found.zone),
        "as_of": _local(found.progress.as_of, found.zone),
        "sections": [section(connections, found, one, series, earlier) for one in found.currencies],
        "css": mark_safe(charts.css()),  # noqa: S308  (a file of this package)
        "hours": range(24),
    }
    return str(_engine().get_template("saleor_tiktok_stripe/report.html").render(Context(values)))


def money(amount: Decimal | None, currency: str, *, signed: bool = False) -> str:
    """``1,234.50`` with the currency's decimals; a dash for nothing that is known."""
    if amount is None:
        return NOTHING
    return f"{amount:{'+' if signed and amount else ''},.{decimals(currency)}f}".replace("-", "−")


def share(rate: Decimal | None) -> str:
    """``4.2 %``."""
    return NOTHING if rate is None else f"{rate * 100:.1f} %"


def change(by: Decimal | None) -> str:
    """``+12.5 %``; a dash where there was nothing before."""
    return NOTHING if by is None else f"{by:+.1f} %".replace("-", "−")


def span(first: date, last: date) -> str:
    """``1 – 30 November 2026``, as short as it can be said."""
    if first == last:
        return f"{last.day} {last:%B %Y}"
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day} – {last.day} {last:%B %Y}"
    if first.year == last.year:
        return f"{first.day} {first:%B} – {last.day} {last:%B %Y}"
    return f"{first.day} {first:%B %Y} – {last.day} {last:%B %Y}"


@lru_cache(maxsize=1)
def _engine() -> Engine:
    # An engine of our own: the host's template settings are none of our business.
    return Engine(dirs=[str(TEMPLATES)], autoescape=True)


def _local(moment: datetime | None, zone: str) -> str:
    return f"{moment.astimezone(ZoneInfo(zone)):%d %b %Y, %H:%M}" if moment else NOTHING


def section(
    connections: Sequence[Connection],
    found: Insights,
    one: CurrencyInsights,
    series: Sequence[Series],
    earlier: Sequence[Series],
) -> Section:
    """Everything of one currency of ``found``. ``series`` and ``earlier``: ``by_day`` of its period
    and of the one before."""
    own = [each for each in series if each.currency == one.currency]
    past = [each for each in earlier if each.currency == one.currency]
    hours = [each for each in by_hour(connections, found.period) if each.currency == one.currency]
    maps = [each for each in heat_map(connections, found.period) if each.currency == one.currency]
    heat = maps[0] if maps else None
    sold = products(connections, found.period, one.currency, size=_TOP)
    drawn = {"volume": charts.volume_chart(own), "costs": charts.costs_chart(own)}
    if past:
        drawn["trend"] = charts.trend_chart(own, past)
    if hours:
        drawn["hours"] = charts.hours_chart(hours)
    return Section(
        currency=one.currency,
        cards=tuple(_cards(one)),
        covered=covered(one.now),
        sides=tuple(_sides(one)),
        vendors=tuple(side.label for side in one.sides),
        charts=drawn,
        fees=tuple(_fees(one.fees, one)),
        days=tuple(_days(own, one)),
        products=tuple(_products(sold)),
        states=tuple(_states(payment_states(connections, found.period), one)),
        heat=heat,
        weekdays=tuple(zip(WEEKDAYS, heat.rows, strict=True)) if heat else (),
        peak=_peak(heat),
    )


def _cards(one: CurrencyInsights) -> Iterator[Card]:
    now, old, changed = one.now, one.before, one.change
    code = one.currency

    def card(label: str, name: str, text: Any, *, up_is_good: bool | None = True) -> Card:
        by = getattr(changed, name) if changed else None
        is_good = None if by is None or not by or up_is_good is None else (by > 0) is up_is_good
        was = text(getattr(old, name)) if old else ""
        return Card(label, text(getattr(now, name)), change(by), is_good, was)

    def amount(value: Decimal | None) -> str:
        return money(value, code)

    yield card("Volume", "volume", amount)
    yield card("Orders", "orders", _count)
    yield card("Average order", "average", amount)
    yield card("Net after fees", "net", amount)
    yield card("Refunded", "refunded", amount, up_is_good=False)
    yield card("Refund rate", "refund_rate", share, up_is_good=False)
    yield card("Dispute rate", "dispute_rate", share, up_is_good=False)
    yield card("Cancellation rate", "cancellation_rate", share, up_is_good=False)


def covered(now: Figures) -> str:
    """How much of the net is known; "" where it is of all orders, and settled."""
    if now.settled >= now.orders:
        return ""
    known = now.settled + now.estimated
    told = "" if known >= now.orders else f" Vendors have not told of {now.orders - known:,} yet."
    return (
        f"Net: {now.settled:,} of {now.orders:,} orders are settled, {now.estimated:,} estimated."
        + told
    )


def _count(value: int) -> str:
    return f"{value:,}"


def _sides(one: CurrencyInsights) -> Iterator[Row]:
    """A line for each figure, a column for each vendor, all, and the period before."""
    code = one.currency
    figures_of = [side.now for side in one.sides] + [one.now]
    old = one.before

    def line(label: str, read: Any, text: Any, *, strong: bool = False) -> Row:
        now = read(one.now)
        was = read(old) if old else None
        by = change(percent(now, was)) if old else NOTHING
        cells = [text(read(each)) for each in figures_of]
        return Row((label, *cells, text(was) if old else NOTHING, by), strong)

    def amount(value: Decimal | None) -> str:
        return money(value, code)

    yield line("Volume", lambda f: f.volume, amount, strong=True)
    yield line("Orders", lambda f: f.orders, _count)
    yield line("Average order", lambda f: f.average, amount)
    yield line("Units", lambda f: f.units, _count)
    yield line("Refunded", lambda f: f.refunded, amount)
    yield line("Refund rate", lambda f: f.refund_rate, share)
    yield line("Disputed orders", lambda f: f.disputed_orders, _count)
    yield line("Dispute rate", lambda f: f.dispute_rate, share)
    yield line("Lost in disputes", lambda f: f.dispute_lost, amount)
    yield line("Cancelled orders", lambda f: f.cancelled, _count)
    yield line("Cancellation rate", lambda f: f.cancellation_rate, share)
    yield line("Your discounts", lambda f: f.seller_discount, amount)
    yield line("Paid by the platform", lambda f: f.platform_discount, amount)
    yield line("Net, settled", lambda f: f.net_settled, amount)
    yield line("Net, estimated", lambda f: f.net_estimated, amount)
    yield line("Net after fees", lambda f: f.net, amount, strong=True)


def _fees(fees: Sequence[Fee], one: CurrencyInsights) -> Iterator[Row]:
    code = one.currency
    for fee in fees:
        amounts = (fee.settled, fee.estimated, fee.total)
        yield Row((fee.label, *(money(each, code) for each in amounts), _of(fee.total, one.now)))
    if fees:
        sums = [sum((getattr(fee, name) for fee in fees), Decimal(0)) for name in _FEE_SUMS]
        cells = (money(each, code) for each in (*sums, sum(sums, Decimal(0))))
        yield Row(("All fees", *cells, _of(sum(sums, Decimal(0)), one.now)), strong=True)


_FEE_SUMS: Final = ("settled", "estimated")


def _of(amount: Decimal, now: Figures) -> str:
    return share(amount / now.volume).replace("-", "−") if now.volume else NOTHING


def _days(series: Sequence[Series], one: CurrencyInsights) -> Iterator[Row]:
    code = one.currency
    points: list[tuple[Point, ...]] = list(zip(*(each.points for each in series), strict=True))
    for day in points:
        parts = [point.figures for point in day]
        volume = sum((part.volume for part in parts), Decimal(0))
        yield Row(
            (
                f"{charts.day_label(day[0].first, series[0].grain)}",
                *(money(_by(day, series, side).volume, code) for side in one.sides),
                money(volume, code),
                _count(sum(part.orders for part in parts)),
                money(sum((part.refunded for part in parts), Decimal(0)), code),
                money(sum((point.fees for point in day), Decimal(0)), code),
                money(sum((part.net for part in parts), Decimal(0)), code),
            )
        )


def _by(day: Sequence[Point], series: Sequence[Series], side: Side) -> Figures:
    for point, one in zip(day, series, strict=True):
        if one.vendor == side.vendor:
            return point.figures
    return Figures()


def _products(sold: Products) -> Iterator[Row]:
    code = sold.currency
    for one in sold.items:
        parts = dict(one.by_vendor)
        by_vendor = (money(parts.get(name), code) for name in ("tiktok", "stripe"))
        yield Row((one.name, one.sku, _count(one.units), *by_vendor, money(one.volume, code),
                   share(one.share)))  # fmt: skip
    if sold.rest_products:
        name = f"{sold.rest_products:,} more"
        rest = (_count(sold.rest_units), "", "", money(sold.rest_volume, code), "")
        yield Row((name, "", *rest), strong=True)


def _states(states: Sequence[StateFigures], one: CurrencyInsights) -> Iterator[Row]:
    labels = {side.vendor: side.label for side in one.sides}
    for state in states:
        if state.currency == one.currency:
            vendor = labels.get(state.vendor, state.vendor)
            amounts = (_count(state.orders), money(state.volume, one.currency))
            yield Row((vendor, state.label, *amounts))


def _peak(heat: HeatMap | None) -> str:
    if heat is None or heat.peak is None:
        return ""
    cell = heat.peak
    day = WEEKDAYS[cell.weekday - 1]
    return f"Most orders on {day} from {cell.hour:02}:00 to {(cell.hour + 1) % 24:02}:00."
