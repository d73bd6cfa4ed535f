"""Figures of a period and of the one before it, by currency and vendor. Read from sums by day, so
that they cost the same however many orders there are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, replace
from decimal import Decimal
from typing import Any, Final

from django.db.models import Case, CharField, QuerySet, Sum, Value, When

from ..jobs import clock
from ..models import Connection, SalesDay, SalesMoneyDay
from .labels import FEES, vendor_label
from .periods import before, checked, zone_of
from .taking_in import progress
from .types import (
    Changes,
    CurrencyInsights,
    Fee,
    Figures,
    Insights,
    Period,
    Side,
    ratio,
)

NET: Final = ("net_settled", "net_estimated")
SUMMED: Final = tuple(one.name for one in fields(Figures) if one.name not in NET)
_NOW: Final = "now"
_BEFORE: Final = "before"
_ZERO: Final = Decimal(0)
_Key = tuple[str, str, str]
"""Which period, currency, vendor."""


def figures(connections: Sequence[Connection], wanted: Period, *, compare: bool = True) -> Insights:
    """Everything about a period, and (``compare``) by how much it changed against as many days
    before it. ``connections`` are those of one channel. Raises ``InvalidInput`` for a period that
    is none (``PERIOD_INVALID``, ``PERIOD_TOO_LONG``)."""
    checked(wanted)
    earlier = before(wanted) if compare else None
    sums = _sums(connections, wanted, earlier)
    fees = _fees(connections, wanted, earlier, sums)
    currencies = sorted({key[1] for key in sums})
    found = [
        _of_currency(currency, sums, fees.get(currency, ()), compared=earlier is not None)
        for currency in currencies
    ]
    return Insights(
        period=wanted,
        before=earlier,
        zone=zone_of(connections),
        currencies=tuple(sorted(found, key=lambda one: -one.now.placed)),
        made_at=clock.now(),
        progress=progress(connections),
    )


def total(parts: Iterable[Figures]) -> Figures:
    """Figures of one currency, added up."""
    sums: dict[str, Any] = defaultdict(int)
    for part in parts:
        for name in (*SUMMED, *NET):
            sums[name] += getattr(part, name)
    return Figures(**sums)


def changes(now: Figures, earlier: Figures) -> Changes:
    """By how many percent each changed."""
    names = [one.name for one in fields(Changes)]
    return Changes(**{name: percent(getattr(now, name), getattr(earlier, name)) for name in names})


def percent(now: Decimal | int | None, earlier: Decimal | int | None) -> Decimal | None:
    """The change in percent, to one decimal; None where there was nothing."""
    if not earlier or now is None:
        return None
    return round((Decimal(now) - Decimal(earlier)) / abs(Decimal(earlier)) * 100, 1)


def within(rows: QuerySet[Any], connections: Sequence[Connection], wanted: Period) -> QuerySet[Any]:
    """Sums of these connections and days."""
    return rows.filter(
        connection__in=[one.pk for one in connections], day__range=(wanted.first, wanted.last)
    )


def vendors(connections: Sequence[Connection]) -> dict[int, str]:
    """Connection -> vendor."""
    return {one.pk: str(one.vendor) for one in connections}


def _both(
    rows: QuerySet[Any], connections: Sequence[Connection], wanted: Period, earlier: Period | None
) -> QuerySet[Any]:
    """Rows of both periods, marked by which they are of."""
    whole = replace(wanted, first=earlier.first) if earlier else wanted
    mark = Case(
        When(day__gte=wanted.first, then=Value(_NOW)),
        default=Value(_BEFORE),
        output_field=CharField(),
    )
    marked: QuerySet[Any] = within(rows, connections, whole).annotate(era=mark)
    return marked


def _sums(
    connections: Sequence[Connection], wanted: Period, earlier: Period | None
) -> dict[_Key, Figures]:
    named = vendors(connections)
    rows = _both(SalesDay.objects.all(), connections, wanted, earlier)
    grouped = rows.values_list("era", "currency", "connection_id").annotate(
        **{f"sum_{name}": Sum(name) for name in SUMMED}
    )
    return {
        (era, currency, named[connection_id]): Figures(**dict(zip(SUMMED, sums, strict=True)))
        for era, currency, connection_id, *sums in grouped
    }


def _fees(
    connections: Sequence[Connection],
    wanted: Period,
    earlier: Period | None,
    sums: dict[_Key, Figures],
) -> Mapping[str, Sequence[Fee]]:
    """Fees of the period by currency; what is in the vendors' books is put into ``sums``."""
    named = vendors(connections)
    rows = _both(SalesMoneyDay.objects.all(), connections, wanted, earlier)
    grouped = rows.values_list("era", "currency", "connection_id", "kind")
    fees: dict[str, dict[str, list[Decimal]]] = defaultdict(
        lambda: defaultdict(lambda: [_ZERO] * 2)
    )
    net: dict[_Key, list[Decimal]] = defaultdict(lambda: [_ZERO] * 2)
    summed = grouped.annotate(sum_settled=Sum("settled"), sum_estimated=Sum("estimated"))
    for era, currency, connection_id, kind, *amounts in summed:
        places = [net[era, currency, named[connection_id]]]
        if era == _NOW and kind in FEES:
            places.append(fees[currency][kind])
        for place in places:
            place[:] = [one + amount for one, amount in zip(place, amounts, strict=True)]
    for key, (settled, estimated) in net.items():
        known = sums.get(key, Figures())
        sums[key] = replace(known, net_settled=settled, net_estimated=estimated)
    return {
        currency: [
            Fee(kind, label, *kinds[kind]) for kind, label in FEES.items() if any(kinds[kind])
        ]
        for currency, kinds in fees.items()
    }


def _of_currency(
    currency: str, sums: Mapping[_Key, Figures], fees: Sequence[Fee], *, compared: bool
) -> CurrencyInsights:
    parts = {era: _vendors_of(sums, era, currency) for era in (_NOW, _BEFORE)}
    now, earlier = total(parts[_NOW].values()), total(parts[_BEFORE].values())
    sides = tuple(
        _side(vendor, parts, now.volume, compared=compared)
        for vendor in sorted({*parts[_NOW], *parts[_BEFORE]}, reverse=True)
    )
    return CurrencyInsights(
        currency=currency,
        now=now,
        before=earlier if compared else None,
        change=changes(now, earlier) if compared else None,
        sides=sides,
        fees=tuple(fees),
    )


def _vendors_of(sums: Mapping[_Key, Figures], era: str, currency: str) -> dict[str, Figures]:
    return {key[2]: one for key, one in sums.items() if key[:2] == (era, currency)}


def _side(
    vendor: str, parts: Mapping[str, Mapping[str, Figures]], volume: Decimal, *, compared: bool
) -> Side:
    now = parts[_NOW].get(vendor, Figures())
    earlier = parts[_BEFORE].get(vendor, Figures())
    return Side(
        vendor=vendor,
        label=vendor_label(vendor),
        now=now,
        before=earlier if compared else None,
        change=changes(now, earlier) if compared else None,
        share=ratio(now.volume, volume),
    )
