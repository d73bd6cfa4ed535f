"""Do our row, the marketplace's number and Saleor's stock and price agree on a SKU? Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ..errors import Problem
from ..models import LinkMethod, PriceLevel, SkuLink, StockLevel
from ..payments.ledger.differences import Found, plain_text
from .order_sides import told


@dataclass(frozen=True)
class Sides:
    """``wanted``: the number that the merchant's rule makes of the stock now (None: stock is not
    told). ``seen``: what the marketplace says it has (None: it does not list the SKU). ``price``
    and ``currency``: what the rule makes of the price (None: prices are not told), or ``no_price``
    says why it makes none."""

    link: SkuLink
    level: StockLevel | None = None
    wanted: int | None = None
    seen: int | None = None
    price_level: PriceLevel | None = None
    price: Decimal | None = None
    currency: str = ""
    no_price: Problem | None = None


def judge(sides: Sides) -> list[Found]:
    """The differences of one SKU."""
    if not sides.link.variant_id:
        return list(_unlinked(sides.link))
    return [*_stock(sides), *_price(sides)]


def _unlinked(link: SkuLink) -> Iterator[Found]:
    if link.method == LinkMethod.UNLINKED:
        return
    theirs = {"sku": link.seller_sku, "title": link.title}
    yield Found("SKU_UNLINKED", link.sku_id, ours={"note": link.note}, theirs=theirs)


def _stock(sides: Sides) -> Iterator[Found]:
    if sides.wanted is None or sides.seen == sides.wanted:
        return
    level = sides.level
    pushed = level.pushed if level is not None else None
    ours = {"available": str(sides.wanted), "told": "never" if pushed is None else str(pushed)}
    ours |= _why(level.problem if level is not None else None)
    theirs = {"available": "not listed" if sides.seen is None else str(sides.seen)}
    refused = level is not None and level.problem is not None
    code = "STOCK_DIFFERS" if pushed == sides.wanted and not refused else "STOCK_NOT_PUSHED"
    yield Found(code, sides.link.sku_id, ours=ours, theirs=theirs)


def _price(sides: Sides) -> Iterator[Found]:
    level = sides.price_level
    pushed = level.pushed if level is not None else None
    currency = str(level.pushed_terms.get("currency", "")) if level is not None else ""
    theirs = {"price": "never told" if pushed is None else f"{plain_text(pushed)} {currency}"}
    if sides.no_price is not None:
        yield Found("PRICE_DIFFERS", sides.link.sku_id, ours=told(sides.no_price), theirs=theirs)
    elif sides.price is not None and (sides.price, sides.currency) != (pushed, currency):
        ours = {"price": f"{plain_text(sides.price)} {sides.currency}"}
        ours |= _why(level.problem if level is not None else None)
        yield Found("PRICE_DIFFERS", sides.link.sku_id, ours=ours, theirs=theirs)


def _why(problem: Mapping[str, Any] | None) -> dict[str, str]:
    """Why the last push was refused."""
    names = ("cause", "cure")
    if not problem:
        return {}
    return {"problem": problem["code"], **{name: problem.get(name, "") for name in names}}
