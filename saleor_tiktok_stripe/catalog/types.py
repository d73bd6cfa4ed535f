"""What the catalog room hands out."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class VariantRef:
    """The Saleor variant that a marketplace SKU sells. ``id`` is Saleor's global id."""

    id: str
    sku: str
    product_name: str
    variant_name: str
