"""SKUs of the marketplace as they are listed: what each sells, what was told of it, and what is
wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Count, Q

from ..models import Connection, LinkMethod, PriceLevel, SkuLink, StockLevel
from ..models.paging import SIZE, Page, in_order


@dataclass(frozen=True)
class LinkLine:
    """A SKU and the variant it sells. ``method`` is a ``LinkMethod``; ``note`` says why nothing was
    found. ``pushed`` pieces were told at ``pushed_at``, the marketplace ``seen`` had; ``wanted`` is
    what it should have by the last count (None: not counted yet). ``short``: so many more were sold
    than there are. The same for ``price_*``, in ``currency``. ``problem_*``: why the last stock
    (else price) was refused."""

    sku_id: str
    product_id: str
    seller_sku: str
    barcode: str
    title: str
    variant_id: str
    variant_sku: str
    method: str
    note: str
    updated_at: datetime
    wanted: int | None
    pushed: int | None
    pushed_at: datetime | None
    seen: int | None
    short: int
    price_wanted: Decimal | None
    price_pushed: Decimal | None
    currency: str
    problem_code: str
    problem_cause: str
    problem_cure: str


def links(
    connection: Connection,
    *,
    method: str = "",
    linked: bool | None = None,
    problem: bool | None = None,
    search: str = "",
    after: str = "",
    size: int = SIZE,
) -> Page[LinkLine]:
    """SKUs of the shop by their id. ``linked``: whether they sell a variant; ``problem``: whether
    their number or price was refused, or more were sold than there are. ``search``: a SKU's id, the
    seller's SKU or barcode, a variant's id or SKU, or a part of the title. Three queries."""
    rows = SkuLink.objects.filter(connection=connection)
    if method:
        rows = rows.filter(method=method)
    if linked is not None:
        rows = rows.exclude(variant_id="") if linked else rows.filter(variant_id="")
    if problem is not None:
        wrong = Q(sku_id__in=_wrong(connection))
        rows = rows.filter(wrong if problem else ~wrong)
    if search.strip():
        rows = rows.filter(_named(search.strip()))
    return in_order(rows, "sku_id", after, size).of(lambda found: _lines(connection, found))


def line_of(row: SkuLink) -> LinkLine:
    """One SKU as it is listed."""
    return _lines(row.connection, [row])[0]


def counted(connection: Connection) -> dict[str, int]:
    """How many SKUs are linked how, by ``LinkMethod``; those without any have 0."""
    grouped = SkuLink.objects.filter(connection=connection).values_list("method")
    found = dict(grouped.annotate(number=Count("id")).order_by("method"))
    return {method: found.get(method, 0) for method in LinkMethod.values}


def _wrong(connection: Connection) -> list[str]:
    stock = StockLevel.objects.filter(connection=connection)
    price = PriceLevel.objects.filter(connection=connection, problem__isnull=False)
    found = stock.filter(problem__isnull=False).values_list("sku_id")
    short = stock.filter(short__gt=0).values_list("sku_id")
    return [sku_id for (sku_id,) in found.union(short, price.values_list("sku_id"))]


def _named(search: str) -> Q:
    exact = ("sku_id", "seller_sku", "barcode", "variant_id", "variant_sku")
    named = Q(title__icontains=search)
    for field in exact:
        named |= Q(**{field: search})
    return named


def _lines(connection: Connection, rows: Sequence[SkuLink]) -> list[LinkLine]:
    ids = [row.sku_id for row in rows]
    stock = {
        level.sku_id: level
        for level in StockLevel.objects.filter(connection=connection, sku_id__in=ids)
    }
    prices = {
        level.sku_id: level
        for level in PriceLevel.objects.filter(connection=connection, sku_id__in=ids)
    }
    return [_line(row, stock.get(row.sku_id), prices.get(row.sku_id)) for row in rows]


def _line(row: SkuLink, stock: StockLevel | None, price: PriceLevel | None) -> LinkLine:
    stock, price = stock or StockLevel(), price or PriceLevel()
    problem = stock.problem or price.problem or {}
    return LinkLine(
        sku_id=row.sku_id,
        product_id=row.product_id,
        seller_sku=row.seller_sku,
        barcode=row.barcode,
        title=row.title,
        variant_id=row.variant_id,
        variant_sku=row.variant_sku,
        method=row.method,
        note=row.note,
        updated_at=row.updated_at,
        wanted=stock.wanted,
        pushed=stock.pushed,
        pushed_at=stock.pushed_at,
        seen=stock.seen,
        short=stock.short,
        price_wanted=price.wanted,
        price_pushed=price.pushed,
        currency=price.currency,
        problem_code=str(problem.get("code", "")),
        problem_cause=str(problem.get("cause", "")),
        problem_cure=str(problem.get("cure", "")),
    )
