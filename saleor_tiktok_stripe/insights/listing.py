"""What was sold, by product and by the state of its payment."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from django.db.models import Count, Q, QuerySet, Sum

from ..errors import InvalidInput
from ..models import Connection, SalesProductDay, SalesStateDay, SoldProduct
from ..models.paging import limited
from .figures import vendors, within
from .labels import state_label
from .periods import checked
from .types import Period, ProductFigures, Products, StateFigures, ratio

TOP = 10
_ZERO = Decimal(0)
_DIGITS: Final = 20


def products(
    connections: Sequence[Connection],
    wanted: Period,
    currency: str,
    *,
    after: str = "",
    size: int = TOP,
) -> Products:
    """Products of one currency by what they sold for, the best first; vendors together, and each
    one's part. ``after`` is the last page's ``next``. Raises ``InvalidInput`` as ``figures``, and
    ``PAGE_INVALID``."""
    rows = within(SalesProductDay.objects.filter(currency=currency), connections, checked(wanted))
    sums = {"sum_orders": Sum("orders"), "sum_units": Sum("units"), "sum_volume": Sum("volume")}
    by_key = rows.values("key").annotate(**sums).order_by("-sum_volume", "key")
    left = _after(by_key, after) if after else by_key
    size = limited(size)
    found = list(left[: size + 1])
    page = found[:size]
    whole = rows.aggregate(volume=Sum("volume", default=_ZERO))["volume"]
    more = len(found) > size
    rest = _rest(_after(by_key, _token(page[-1]))) if more else (0, 0, _ZERO)
    parts = _parts(rows, connections, [one["key"] for one in page])
    named = SoldProduct.objects.in_bulk([one["key"] for one in page], field_name="key")
    return Products(
        items=tuple(_product(one, named, parts, whole) for one in page),
        next=_token(page[-1]) if more else "",
        places=tuple(_token(one) for one in page),
        currency=currency,
        rest_products=rest[0],
        rest_units=rest[1],
        rest_volume=rest[2],
    )


def payment_states(connections: Sequence[Connection], wanted: Period) -> tuple[StateFigures, ...]:
    """Orders and what they come to by the state of their payment, also of those that were cancelled
    or never paid; by currency and vendor."""
    named = vendors(connections)
    rows = within(SalesStateDay.objects.all(), connections, checked(wanted))
    grouped = (
        rows.values_list("currency", "connection_id", "state")
        .annotate(sum_orders=Sum("orders"), sum_volume=Sum("volume"))
        .order_by("currency", "connection_id", "-sum_orders", "state")
    )
    return tuple(
        StateFigures(currency, named[pk], state, state_label(state), orders, volume)
        for currency, pk, state, orders, volume in grouped
    )


def _token(row: Mapping[str, Any]) -> str:
    return f"{row['sum_volume']}|{row['key']}"


def _after(by_key: QuerySet[Any], after: str) -> QuerySet[Any]:
    volume, _, key = after.partition("|")
    try:
        place = Decimal(volume)
    except InvalidOperation:
        place = Decimal("NaN")
    if not place.is_finite() or abs(place.adjusted()) > _DIGITS or not key:
        raise InvalidInput("PAGE_INVALID", "This is no place in the list.", field="after")
    return by_key.filter(Q(sum_volume__lt=place) | Q(sum_volume=place, key__gt=key))


def _rest(left: QuerySet[Any]) -> tuple[int, int, Decimal]:
    found = left.order_by().aggregate(
        number=Count("key"), units=Sum("sum_units"), volume=Sum("sum_volume")
    )
    return found["number"], found["units"] or 0, found["volume"] or _ZERO


def _parts(
    rows: QuerySet[Any], connections: Sequence[Connection], keys: Sequence[str]
) -> Mapping[str, list[tuple[str, Decimal]]]:
    """Product -> what each vendor sold of it."""
    named = vendors(connections)
    found: dict[str, list[tuple[str, Decimal]]] = defaultdict(list)
    grouped = rows.filter(key__in=keys).values_list("key", "connection_id")
    for key, pk, volume in grouped.annotate(sum_volume=Sum("volume")).order_by("connection_id"):
        found[key].append((named[pk], volume))
    return found


def _product(
    row: Mapping[str, Any],
    named: Mapping[Any, SoldProduct],
    parts: Mapping[str, list[tuple[str, Decimal]]],
    whole: Decimal,
) -> ProductFigures:
    known = named.get(row["key"])
    return ProductFigures(
        key=row["key"],
        variant_id=known.variant_id if known else "",
        sku=known.sku if known else "",
        name=(known.name if known else "") or row["key"],
        orders=row["sum_orders"],
        units=row["sum_units"],
        volume=row["sum_volume"],
        share=ratio(row["sum_volume"], whole),
        by_vendor=tuple(parts.get(row["key"], ())),
    )
