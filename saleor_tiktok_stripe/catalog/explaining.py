"""Why a SKU has the number and the price that it has at the marketplace."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from django.db.models import Q

from ..errors import InvalidInput, Problem
from ..models import Connection, ConnectionState, LinkMethod, PriceLevel, SkuLink, StockLevel
from .counting import Counter
from .levels import known
from .numbers import Place, Terms
from .price_pushing import Pricer
from .prices import PriceTerms
from .waiting import orders_owed, orders_waiting
from .words import why_number, why_price

_STATES: Final[Mapping[str, str]] = {
    "off": "Nothing is pushed: it is switched off in this channel's settings.",
    "not_connected": "Nothing is pushed: the shop is not connected.",
    "unlinked": "Nothing is pushed: this SKU is linked to no variant.",
    "refused": "It was refused: {cause} {cure}",
    "due": "It is pushed at the next look, within seconds.",
    "in_step": "TikTok has what it should have.",
}


@dataclass(frozen=True)
class Told:
    """What the marketplace was told last: when, by which job, made of which terms, and what it
    answered (``answer`` also tells of a later refusal). ``problem`` is why it was refused; it is
    tried again at ``retry_at``."""

    at: datetime | None
    job_id: int | None
    answer: str
    problem: Problem | None
    retry_at: datetime | None


@dataclass(frozen=True)
class PriceExplanation:
    """``wanted`` by the rule now, in the channel's currency; ``pushed`` last."""

    state: str
    why: str
    words: str
    wanted: Decimal | None
    currency: str
    pushed: Decimal | None
    terms: PriceTerms | None
    pushed_terms: PriceTerms | None
    told: Told


@dataclass(frozen=True)
class Explanation:
    """A SKU's number. ``wanted`` by Saleor's stock of this moment and its ``terms``, by warehouse;
    ``pushed`` last, made of ``pushed_terms``; ``seen`` is what the marketplace said it had, at
    ``seen_at``. ``state``: ``in_step``, ``due``, ``refused``, ``unlinked``, ``off`` or
    ``not_connected``; ``words`` says it for a merchant, ``why`` how the number came about.
    ``waiting_orders`` hold pieces and are not in Saleor yet, ``owed_orders`` are, but nothing is
    set aside for them. ``others``: further SKUs that were meant by what was asked for. ``price``
    None: prices are not pushed.
    """

    sku_id: str
    product_id: str
    seller_sku: str
    title: str
    variant_id: str
    variant_sku: str
    state: str
    words: str
    why: str
    wanted: int | None
    terms: Terms | None
    warehouses: Mapping[str, Place]
    waiting_orders: tuple[str, ...]
    owed_orders: tuple[str, ...]
    pushed: int | None
    pushed_terms: Terms | None
    seen: int | None
    seen_at: datetime | None
    told: Told
    others: tuple[str, ...]
    price: PriceExplanation | None


def explain(connection: Connection, sku: str) -> Explanation:
    """Everything about one SKU, named by its id at the marketplace, the seller's SKU, or the
    variant (its id or SKU). Reads Saleor, asks the marketplace nothing.

    Raises ``InvalidInput`` (``SKU_UNKNOWN``) when nothing has that name.
    """
    link, others = _find(connection, sku.strip())
    counter = Counter(connection)
    counted = counter.of([link.sku_id]).get(link.sku_id)
    level = StockLevel.objects.filter(connection=connection, sku_id=link.sku_id).first()
    level = level or StockLevel(connection=connection, sku_id=link.sku_id)
    terms = counted.terms if counted else None
    state = _state(connection, link, on=counter.policy.stock_push)
    if not state:
        in_step = terms is not None and known(level) == terms.number
        state = "refused" if level.problem else "in_step" if in_step else "due"
    return Explanation(
        sku_id=link.sku_id,
        product_id=link.product_id,
        seller_sku=link.seller_sku,
        title=link.title,
        variant_id=link.variant_id,
        variant_sku=link.variant_sku,
        state=state,
        words=_words(state, level, link),
        why=why_number(terms) if terms else "",
        wanted=terms.number if terms else None,
        terms=terms,
        warehouses=terms.warehouses if terms else {},
        waiting_orders=tuple(_waiting(connection, link)),
        owed_orders=tuple(orders_owed(connection, link.variant_sku)) if link.variant_sku else (),
        pushed=level.pushed,
        pushed_terms=Terms.from_json(level.pushed_terms),
        seen=level.seen,
        seen_at=level.seen_at,
        told=_told(level),
        others=others,
        price=_price(connection, link),
    )


def _find(connection: Connection, sku: str) -> tuple[SkuLink, tuple[str, ...]]:
    """The SKU's own id decides, then the seller's SKU, then the variant."""
    links = SkuLink.objects.filter(connection=connection).order_by("sku_id")
    for which in (
        Q(sku_id=sku),
        Q(seller_sku=sku),
        Q(variant_id=sku) | Q(variant_sku=sku),
    ):
        found = list(links.filter(which)[:20]) if sku else []
        if found:
            # A linked one first: of the others there is nothing to tell.
            found.sort(key=lambda one: not one.variant_id)
            return found[0], tuple(one.sku_id for one in found[1:])
    raise InvalidInput(
        "SKU_UNKNOWN", "No SKU of this shop has this id, SKU or variant.", field="sku"
    )


def _waiting(connection: Connection, link: SkuLink) -> list[str]:
    rows = SkuLink.objects.filter(connection=connection, variant_id=link.variant_id)
    sharing = rows.values_list("sku_id", flat=True) if link.variant_id else ()
    return orders_waiting(connection, {link.sku_id, *sharing})


def _price(connection: Connection, link: SkuLink) -> PriceExplanation | None:
    pricer = Pricer(connection)
    if not pricer.policy.price_push:
        return None
    rows = PriceLevel.objects.filter(connection=connection, sku_id=link.sku_id)
    level = rows.first() or PriceLevel(connection=connection, sku_id=link.sku_id)
    state = _state(connection, link, on=True)
    if link.variant_id:
        listed = pricer.listed({link.sku_id: link})
        pricer.put(level, listed.get(link.variant_id))
    if not state:
        in_step = level.wanted is not None and level.wanted == level.pushed
        state = "refused" if level.problem else "in_step" if in_step else "due"
    return PriceExplanation(
        state=state,
        why=why_price(level.terms),
        words=_words(state, level, link),
        wanted=level.wanted,
        currency=level.currency,
        pushed=level.pushed,
        terms=PriceTerms.from_json(level.terms),
        pushed_terms=PriceTerms.from_json(level.pushed_terms),
        told=_told(level),
    )


def _state(connection: Connection, link: SkuLink, *, on: bool) -> str:
    if not on:
        return "off"
    if connection.state != ConnectionState.ACTIVE:
        return "not_connected"
    return "" if link.variant_id else "unlinked"


def _words(state: str, level: StockLevel | PriceLevel, link: SkuLink) -> str:
    wrong = level.problem or {}
    words = _STATES[state].format(cause=wrong.get("cause", ""), cure=wrong.get("cure", ""))
    if state == "unlinked":
        note = link.note or ("Somebody cut the link." if link.method == LinkMethod.UNLINKED else "")
        return f"{words} {note}".strip()
    return words


def _told(level: StockLevel | PriceLevel) -> Told:
    kept = level.problem
    problem = Problem(**{**kept, "waits_for": tuple(kept["waits_for"])}) if kept else None
    return Told(level.pushed_at, level.job_id, level.answer, problem, level.retry_at)
