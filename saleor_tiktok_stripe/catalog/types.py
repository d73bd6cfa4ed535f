"""What the catalog room hands out."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class VariantRef:
    """The Saleor variant that a marketplace SKU sells. ``id`` is Saleor's global id."""

    id: str
    sku: str
    product_name: str
    variant_name: str


@dataclass(frozen=True)
class Pushed:
    """What a run told the marketplace: SKUs it took, SKUs it refused. ``more``: the run stopped at
    its time. ``failed``: SKUs whose products failed for the moment."""

    sent: int
    refused: int
    more: bool
    failed: int = 0


@dataclass(frozen=True)
class Change:
    """What a push would change of a SKU; ``before`` None where nobody knows. ``why`` in the
    merchant's words. Amounts in ``currency``, pieces where it is empty."""

    sku_id: str
    seller_sku: str
    before: int | Decimal | None
    after: int | Decimal | None
    why: str
    currency: str = ""
