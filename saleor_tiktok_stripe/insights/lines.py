"""What was sold in an order: read once from Saleor, and how its products are called."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Final

from ..jobs import clock
from ..models import Connection, LinkMethod, SkuLink, SoldProduct
from ..saleor_api import get_saleor
from ..saleor_api.types import OrderLineState, SaleorOrder, Variant
from .sales import ZERO, Lines

AT_ONCE: Final = 50
"""Orders asked of Saleor at a time."""
_SKU: Final = "sku:"


def read_lines(connection: Connection, order_ids: Sequence[str]) -> dict[str, Lines]:
    """Saleor order -> what was sold; an order that Saleor has no more has no lines. New products
    are written down with their names. Raises what Saleor's calls raise; not in a transaction."""
    found: dict[str, Lines] = {}
    sold: dict[str, OrderLineState] = {}
    for start in range(0, len(order_ids), AT_ONCE):
        wanted = list(order_ids[start : start + AT_ONCE])
        orders = get_saleor().orders(wanted)
        for order_id in wanted:
            order = orders.get(order_id)
            found[order_id] = _of(order) if order is not None else Lines(order_id)
            for line in order.lines if order is not None else ():
                sold.setdefault(key_of(line), line)
    _name(connection, sold)
    return found


def key_of(line: OrderLineState) -> str:
    """What a product is known by: Saleor's variant, else the SKU of a line without one."""
    return line.variant_id or f"{_SKU}{line.sku}"


def _of(order: SaleorOrder) -> Lines:
    products: dict[str, tuple[int, Decimal]] = {}
    for line in order.lines:
        units, volume = products.get(key_of(line), (0, ZERO))
        products[key_of(line)] = (units + line.quantity, volume + line.total_gross)
    return Lines(order.id, products, order.currency, order.total_gross)


def _name(connection: Connection, sold: Mapping[str, OrderLineState]) -> None:
    known = set(SoldProduct.objects.filter(key__in=list(sold)).values_list("key", flat=True))
    new = {key: line for key, line in sold.items() if key not in known}
    if not new:
        return
    variants = _variants(connection, [one.variant_id for one in new.values() if one.variant_id])
    titles = _titles(connection, [one.sku for one in new.values() if not one.variant_id])
    SoldProduct.objects.bulk_create(
        [
            SoldProduct(
                key=key,
                variant_id=line.variant_id or "",
                sku=line.sku,
                name=_called(variants.get(line.variant_id or ""), titles.get(line.sku, line.sku)),
            )
            for key, line in sorted(new.items())
        ],
        ignore_conflicts=True,
    )


def rename(connection: Connection, limit: int) -> int:
    """Ask Saleor anew what the products are called whose names are the oldest; how many."""
    rows = SoldProduct.objects.exclude(variant_id="").order_by("updated_at", "pk")[:limit]
    known = list(rows)
    variants = _variants(connection, [one.variant_id for one in known])
    for one in known:
        variant = variants.get(one.variant_id)
        one.name = _called(variant, one.name)
        one.sku = variant.sku if variant is not None else one.sku
        one.updated_at = clock.now()
    SoldProduct.objects.bulk_update(known, ["name", "sku", "updated_at"])
    return len(known)


def _variants(connection: Connection, ids: Sequence[str]) -> dict[str, Variant]:
    found: dict[str, Variant] = {}
    for start in range(0, len(ids), 100):
        wanted = list(ids[start : start + 100])
        for one in get_saleor().find_variants(connection.channel_slug, ids=wanted):
            found[one.id] = one
    return found


def _titles(connection: Connection, skus: Iterable[str]) -> dict[str, str]:
    """What the marketplace calls SKUs that no variant is linked to."""
    rows = SkuLink.objects.filter(connection=connection, seller_sku__in=[s for s in skus if s])
    named = rows.exclude(title="").filter(method__in=[LinkMethod.MISSING, LinkMethod.UNLINKED])
    return dict(named.values_list("seller_sku", "title"))


def _called(variant: Variant | None, otherwise: str) -> str:
    if variant is None:
        return otherwise[:500]
    names = [variant.product_name]
    if variant.variant_name and variant.variant_name not in (variant.product_name, variant.sku):
        names.append(variant.variant_name)
    return " – ".join(name for name in names if name)[:500] or otherwise[:500]
