"""What was sold: figures against the period before, charts with their tables, one currency at a
time; as files, and as a page to print."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any, Final

from django.http import HttpResponse
from django.utils.html import format_html

from .... import insights
from ....errors import InvalidInput
from ....insights import CurrencyInsights, Insights, Period, PeriodName
from ....insights import Table as Exported
from ....insights.report import NOTHING, Row, Section, report, section, span
from ... import answers
from .. import downloads
from ..parts import Choice, Column, Figure, Filter, Html, Input, Link, Table, table
from ..visits import Missing, Visit

PERIODS: Final = {
    PeriodName.TODAY: "Today",
    PeriodName.WEEK: "7 days",
    PeriodName.MONTH_30: "30 days",
    PeriodName.QUARTER: "90 days",
    PeriodName.MONTH: "This month",
    PeriodName.CUSTOM: "Other days",
}
_FILES: Final = {
    Exported.DAYS: "Days",
    Exported.HOURS: "Hours",
    Exported.PRODUCTS: "Products",
    Exported.FEES: "Fees",
}
_STYLE: Final = re.compile(r"<style>(.*?)</style>", re.DOTALL)
_PRINT_POLICY: Final = (
    "default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; frame-ancestors 'none'"
)


def show(visit: Visit) -> HttpResponse:
    """The figures of ``?period=`` (or ``?since=`` and ``?until=``) in ``?currency=``."""
    wanted, wrong = _period(visit)
    found = insights.figures(visit.connections, wanted)
    one = _chosen(found, visit.query("currency"))
    asked = _asked(wanted)
    return visit.show(
        "insights.html",
        found=found,
        wrong=wrong,
        span=span(wanted.first, wanted.last),
        before=span(found.before.first, found.before.last) if found.before else "",
        currencies=[
            (
                Link(each.currency, visit.url(query={**asked, "currency": each.currency})),
                one is not None and each.currency == one.currency,
            )
            for each in found.currencies
        ],
        filter=_filter(visit, wanted, one),
        printed=visit.url("insights_print", asked),
        files=[
            Link(label, visit.url("insights_file", asked, table=name.value), button=True)
            for name, label in _FILES.items()
        ],
        **(_shown(visit, found, one) if one is not None else {}),
    )


def print_view(visit: Visit) -> HttpResponse:
    """The report of the same days, as a page of its own."""
    wanted, _ = _period(visit)
    page = report(visit.connections, wanted, title=visit.channel)
    styles = "".join(_STYLE.findall(page))
    digest = base64.b64encode(hashlib.sha256(styles.encode()).digest()).decode()
    return answers.sealed(HttpResponse(page), _PRINT_POLICY.format(digest=digest))


def download(visit: Visit) -> HttpResponse:
    """One table of the same days."""
    name = visit.arguments["table"]
    if name not in set(_FILES):
        raise Missing("There is no such file.")
    wanted, _ = _period(visit)
    lines = insights.export_csv(visit.connections, wanted, name)
    filename = f"sales-{name}-{wanted.first}-{wanted.last}.csv"
    return downloads.csv_file(visit.request, filename, lines)


def _period(visit: Visit) -> tuple[Period, str]:
    """The days that were asked for, and what is wrong with them where they are none: then the
    usual ones."""
    since, until = visit.query("since"), visit.query("until")
    name = visit.query("period") or (PeriodName.CUSTOM if since else PeriodName.MONTH_30)
    try:
        first, last = (_day(since), _day(until)) if name == PeriodName.CUSTOM else (None, None)
        return insights.period(visit.connections, name, since=first, until=last), ""
    except InvalidInput as error:
        return insights.period(visit.connections), error.message


def _day(text: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidInput("PERIOD_INVALID", "This is no day. Write it like 2026-11-23.") from None


def _asked(wanted: Period) -> dict[str, str]:
    if wanted.name is not PeriodName.CUSTOM:
        return {"period": wanted.name.value}
    return {
        "period": wanted.name.value,
        "since": f"{wanted.first}",
        "until": f"{wanted.last}",
    }


def _chosen(found: Insights, currency: str) -> CurrencyInsights | None:
    named = [one for one in found.currencies if one.currency == currency]
    return next(iter(named or found.currencies), None)


def _shown(visit: Visit, found: Insights, one: CurrencyInsights) -> dict[str, Any]:
    series = insights.by_day(visit.connections, found.period)
    earlier = insights.by_day(visit.connections, found.before) if found.before else ()
    part = section(visit.connections, found, one, series, earlier)
    return {
        "currency": one.currency,
        "figures": list(_figures(part)),
        "section": part,
        "hours": range(24),
        "sides": _sides(part),
        "fees": _fees(part),
        "products": _products(part),
        "states": _states(part),
        "days": _days(part),
    }


def _figures(part: Section) -> Iterator[Figure]:
    for card in part.cards:
        known = f"{card.change} from {card.before}" if card.change != NOTHING else ""
        yield Figure(
            card.label, card.value, known or (f"Before: {card.before}" if card.before else "")
        )


def _rows(rows: Sequence[Row]) -> list[tuple[Any, ...]]:
    return [
        tuple(Html(format_html("<b>{}</b>", cell)) for cell in row.cells)
        if row.strong
        else row.cells
        for row in rows
    ]


def _headed(*texts: str, numbers: Sequence[str]) -> list[str | Column]:
    return [*texts, *(Column(label, number=True) for label in numbers)]


def _sides(part: Section) -> Table:
    numbers = (*part.vendors, "All", "Before", "Change")
    columns = _headed(f"In {part.currency}", numbers=numbers)
    return table("TikTok and Stripe side by side", columns, _rows(part.sides))


def _fees(part: Section) -> Table:
    columns = _headed("Fee", numbers=("Settled", "Estimated", "All", "Of volume"))
    empty = "No fee of these sales is known yet: vendors tell them when they settle."
    return table("Fees", columns, _rows(part.fees), empty=empty)


def _products(part: Section) -> Table:
    numbers = ("Units", "TikTok Shop", "Stripe", "All", "Share")
    columns = _headed("Product", "SKU", numbers=numbers)
    empty = "No products are known of these sales."
    return table("Products by volume", columns, _rows(part.products), empty=empty)


def _states(part: Section) -> Table:
    columns = _headed("Vendor", "State", numbers=("Orders", "Volume"))
    return table("Orders by the state of their payment", columns, _rows(part.states))


def _days(part: Section) -> Table:
    numbers = (*part.vendors, "Volume", "Orders", "Refunded", "Fees", "Net")
    return table("Day by day", _headed("From", numbers=numbers), _rows(part.days))


def _filter(visit: Visit, wanted: Period, one: CurrencyInsights | None) -> Filter:
    choices = tuple(Choice(name.value, label) for name, label in PERIODS.items())
    inputs = (
        Input(
            "period", "Days", "select", value=wanted.name.value, choices=choices, id="filter-period"
        ),
        Input("since", "First day", "date", value=f"{wanted.first}", id="filter-since"),
        Input("until", "Last day", "date", value=f"{wanted.last}", id="filter-until"),
    )
    return Filter(inputs, hidden={"currency": one.currency} if one is not None else {})
