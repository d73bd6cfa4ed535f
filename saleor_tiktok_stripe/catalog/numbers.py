"""How many of a SKU the marketplace may sell: pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Any, Final

from ..accounts import ChannelPolicy
from ..saleor_api.types import VariantStock, WarehouseStock

MOST: Final = 99_999
"""The most that the marketplace takes for a SKU (inventory update, Open API 202309)."""
UNTRACKED: Final = 999
"""Offered of a variant whose stock Saleor does not count, unless the merchant sets a maximum."""


class Why(StrEnum):
    """What decided the number, where it is not simply what there is."""

    COUNTED = ""
    UNTRACKED = "untracked"
    NOT_SELLABLE = "not_sellable"
    NO_VARIANT = "no_variant"


@dataclass(frozen=True)
class Place:
    """Pieces in one warehouse; ``free`` of them are neither sold nor held by a checkout."""

    quantity: int
    allocated: int
    reserved: int

    @property
    def free(self) -> int:
        """May be negative: more were sold than there are."""
        return self.quantity - self.allocated - self.reserved


@dataclass(frozen=True)
class Terms:
    """What a number was made of. ``waiting``: pieces in orders that are not in Saleor yet;
    ``owed``: in orders that are, but for which no stock is set aside there. ``shared_by`` SKUs sell
    the same variant; this one is the ``place``-th of them, from 0. ``most`` is the merchant's
    maximum. ``at``: the marketplace's warehouse it was put into."""

    number: int
    warehouses: Mapping[str, Place] = field(default_factory=dict)
    waiting: int = 0
    owed: int = 0
    percent: int = 100
    buffer: int = 0
    most: int | None = None
    shared_by: int = 1
    place: int = 0
    why: Why = Why.COUNTED
    at: str = ""

    @property
    def free(self) -> int:
        """What is there for the channel, once every order has its pieces."""
        return sum(one.free for one in self.warehouses.values()) - self.waiting - self.owed

    @property
    def passes(self) -> bool:
        """Whether checkouts hold some, or orders are owed some: that ends, and nothing tells."""
        return bool(self.owed) or any(one.reserved for one in self.warehouses.values())

    @property
    def short(self) -> int:
        """How many more were sold than there are."""
        return max(0, -self.free) if self.why is Why.COUNTED else 0

    def to_json(self) -> dict[str, Any]:
        """As kept with the number."""
        places = {slug: asdict(one) for slug, one in self.warehouses.items()}
        return {**vars(self), "warehouses": places, "why": self.why.value}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Terms | None:
        """From what ``to_json`` made; None where nothing was kept yet."""
        if not kept:
            return None
        places = {slug: Place(**one) for slug, one in kept["warehouses"].items()}
        return cls(**{**kept, "warehouses": places, "why": Why(kept["why"])})


def terms(
    stock: VariantStock | None,
    policy: ChannelPolicy,
    *,
    waiting: int = 0,
    owed: int = 0,
    shared_by: int = 1,
    place: int = 0,
) -> Terms:
    """The number for one SKU: of what is free in the chosen warehouses, less what ``waiting`` and
    ``owed`` orders need, ``percent``, less the buffer, divided among the SKUs of the variant, at
    most the maximum.

    What orders need comes off first: once it is allocated in Saleor, the number must not jump.
    Several SKUs of one variant share the pieces: the marketplace knows no common stock, and the
    same piece offered twice is sold twice. What does not divide goes to the first of them, so the
    last piece stays on offer once.
    """
    made = Terms(
        number=0,
        warehouses=_places(stock, policy) if stock else {},
        waiting=waiting,
        owed=owed,
        percent=policy.stock_percent,
        buffer=policy.stock_buffer,
        most=policy.stock_max,
        shared_by=shared_by,
        place=place,
    )
    if stock is None:
        return replace(made, why=Why.NO_VARIANT)
    if not stock.sellable:
        return replace(made, why=Why.NOT_SELLABLE)
    most = MOST if made.most is None else min(made.most, MOST)
    if not stock.tracks_inventory:
        offered = UNTRACKED if made.most is None else most
        return replace(made, number=offered, why=Why.UNTRACKED)
    pool = max(0, max(0, made.free) * made.percent // 100 - made.buffer)
    share = pool // shared_by + (place < pool % shared_by)
    return replace(made, number=min(share, most))


def _places(stock: VariantStock, policy: ChannelPolicy) -> dict[str, Place]:
    chosen = chosen_warehouses(policy)
    return {
        slug: _place(one)
        for slug, one in sorted(stock.warehouses.items())
        if not chosen or slug in chosen
    }


def chosen_warehouses(policy: ChannelPolicy) -> tuple[str, ...]:
    """Slugs of the warehouses that are offered from; none: all of the channel's."""
    if policy.stock_warehouses:
        return policy.stock_warehouses
    return (policy.warehouse,) if policy.warehouse else ()


def _place(one: WarehouseStock) -> Place:
    return Place(one.quantity, one.allocated, one.reserved)
