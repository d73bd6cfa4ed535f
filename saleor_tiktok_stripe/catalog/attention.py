"""What of a shop's stock and prices needs somebody, for the health page and ``doctor``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.db.models import Count

from ..accounts import NAMED, Finding, Severity, with_rest
from ..models import Connection, PriceLevel, SkuLink, StockLevel
from .levels import known
from .waiting import orders_owed, orders_waiting


def attention(connection: Connection) -> list[Finding]:
    """SKUs of which more was sold than there is (``OVERSOLD``), and numbers and prices that the
    marketplace refuses (by their problem's code, with how many)."""
    return [*_oversold(connection), *_refused(connection)]


def _oversold(connection: Connection) -> list[Finding]:
    rows = StockLevel.objects.filter(connection=connection, short__gt=0).order_by("-short", "pk")
    levels = list(rows[:NAMED])
    links = {
        link.sku_id: link
        for link in SkuLink.objects.filter(
            connection=connection, sku_id__in=[level.sku_id for level in levels]
        )
    }
    found = [_finding(connection, level, links.get(level.sku_id)) for level in levels]
    return with_rest(found, rows.count() if len(levels) == NAMED else len(levels))


def _finding(connection: Connection, level: StockLevel, link: SkuLink | None) -> Finding:
    orders = orders_waiting(connection, [level.sku_id])
    if link is not None and link.variant_sku:
        orders += orders_owed(connection, link.variant_sku)
    name = (link.seller_sku or link.variant_sku) if link else ""
    offered = known(level)
    still = f" TikTok still offers {offered}." if offered else " TikTok offers none of it now."
    return Finding(
        code="OVERSOLD",
        severity=Severity.ERROR,
        subject=level.sku_id,
        message=f"{level.short} more of {name or level.sku_id} were sold than there are"
        f"{_orders(orders)}.{still}",
        cure="Add stock in Saleor, or cancel what cannot be delivered.",
    )


def _orders(orders: Sequence[str]) -> str:
    if not orders:
        return ""
    more = f" and {len(orders) - NAMED} more" if len(orders) > NAMED else ""
    return f" (order {', '.join(orders[:NAMED])}{more})"


def _refused(connection: Connection) -> Iterable[Finding]:
    for model, what in ((StockLevel, "stock"), (PriceLevel, "price")):
        rows = model._default_manager.filter(connection=connection, problem__isnull=False)
        codes = rows.values_list("problem__code").annotate(count=Count("pk")).order_by("-count")
        for code, count in codes[:NAMED]:
            first = rows.filter(problem__code=code).order_by("pk").first()
            if first is None or first.problem is None:
                continue
            others = f" The same for {count - 1} more." if count > 1 else ""
            yield Finding(
                code=code,
                severity=Severity.WARNING,
                subject=first.sku_id,
                message=f"The {what} of SKU {first.sku_id} is not told to TikTok: "
                f"{first.problem['cause']}{others}",
                cure=first.problem["cure"],
            )
