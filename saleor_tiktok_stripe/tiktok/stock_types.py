"""Stock and prices at the marketplace, in neutral words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from ..errors import Problem


@dataclass(frozen=True)
class SkuStock:
    """``available`` may still be sold; ``committed`` is what open orders need of it, besides."""

    product_id: str
    sku_id: str
    seller_sku: str
    available: int
    committed: int
    warehouses: Mapping[str, int]
    """Available by warehouse id."""


@dataclass(frozen=True)
class NewStock:
    """What a SKU is to have: absolute quantities by warehouse id. Every warehouse assigned to the
    SKU must be named."""

    sku_id: str
    quantities: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class NewPrice:
    """What a SKU is to cost before tax where tax comes on top, else with it; major units."""

    sku_id: str
    amount: Decimal
    currency: str


@dataclass(frozen=True)
class SkuRefused:
    """One SKU of an update that was refused while the others were accepted."""

    sku_id: str
    code: int
    problem: Problem
