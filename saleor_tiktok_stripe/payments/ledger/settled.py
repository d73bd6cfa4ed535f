"""Rows of the marketplace's statements as entries. Pure.

The entries of a row always sum to what was settled: what its named parts do not explain is an entry
of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Final

from ...tiktok.finance_types import ExpectedRow, SettledRow
from .drafts import Draft
from .kinds import ADJUSTMENTS, BESIDES, MARKETPLACE, Kind

ORDER_ROW: Final = "ORDER"
RESERVE_ROW: Final = "RESERVE"
ADJUSTMENT: Final = "adjustment"
UNEXPLAINED: Final = "unexplained"
"""First word of the component of an amount that no name explains."""
_BLOCKS: Final = (
    ("revenue", ("revenue",)),
    ("shipping", ("shipping",)),
    ("fee_tax", ("fee", "tax", "fee_tax")),
)
"""An amount of the row, and the groups of parts that make it up."""
_ZERO = Decimal(0)


def settled_entries(row: SettledRow, at: datetime) -> list[Draft]:
    """What ``row`` of the statement of ``at`` is made of; empty where all is zero. In settlement
    and not a reserve, they sum to ``row.settlement``; with the reserve, to what is paid."""
    order_id = row.order_id or row.related_order_id
    draft = partial(
        Draft,
        row_id=row.id,
        currency=row.currency,
        happened_at=at,
        order_id=order_id,
        ordered_at=row.ordered_at,
        source_ref=row.adjustment_id,
    )
    found = [*_of_blocks(row, draft), *_of_adjustment(row, draft)]
    left = row.settlement - sum((one.amount for one in found), _ZERO)
    if left:
        found.append(_unexplained(draft, "settlement", left))
    if row.reserve:
        component = f"{RESERVE_ROW} {row.reserve_status}".strip()
        found.append(draft(kind=Kind.RESERVE, component=component, amount=row.reserve))
    return [*found, *_besides(row, draft)]


def expected_entries(row: ExpectedRow, now: datetime) -> list[Draft]:
    """What is estimated for ``row``, by block: its parts change until it is settled."""
    blocks = (
        (Kind.SALE, "revenue", row.revenue),
        (Kind.SHIPPING, "shipping", row.shipping),
        (Kind.FEE, "fee_tax", row.fee_tax),
        (Kind.ADJUSTMENT, ADJUSTMENT, row.adjustment),
    )
    left = row.settlement - sum((amount for _, _, amount in blocks), _ZERO)
    draft = partial(
        Draft,
        row_id=row.id,
        currency=row.currency,
        happened_at=row.ordered_at or now,
        order_id=row.order_id,
        ordered_at=row.ordered_at,
        source_ref=row.adjustment_id,
    )
    found = [
        draft(kind=kind, component=component, amount=amount)
        for kind, component, amount in blocks
        if amount
    ]
    return [*found, *([_unexplained(draft, "settlement", left)] if left else [])]


def _of_blocks(row: SettledRow, draft: partial[Draft]) -> Iterator[Draft]:
    for block, groups in _BLOCKS:
        left: Decimal = getattr(row, block)
        for group in groups:
            for name, amount in row.parts.get(group, {}).items():
                left -= amount
                kind = MARKETPLACE[group].get(name, Kind.OTHER)
                yield draft(kind=kind, component=name, amount=amount, place=f"{group}.{name}")
        if left:
            yield _unexplained(draft, block, left)


def _of_adjustment(row: SettledRow, draft: partial[Draft]) -> Iterator[Draft]:
    if not row.adjustment:
        return
    if row.kind == ORDER_ROW:
        yield draft(kind=Kind.ADJUSTMENT, component=ADJUSTMENT, amount=row.adjustment)
    else:
        kind = ADJUSTMENTS.get(row.kind, Kind.OTHER)
        yield draft(kind=kind, component=row.kind, amount=row.adjustment)


def _besides(row: SettledRow, draft: partial[Draft]) -> Iterator[Draft]:
    """Groups that no block of the row is the sum of, also such as are new."""
    summed = {group for _, groups in _BLOCKS for group in groups}
    for group, parts in row.parts.items():
        if group in summed:
            continue
        for name, amount in _nonzero(parts).items():
            yield draft(
                kind=BESIDES.get(name, Kind.OTHER),
                component=name,
                amount=amount,
                in_settlement=False,
                place=f"{group}.{name}",
            )


def _nonzero(parts: Mapping[str, Decimal]) -> dict[str, Decimal]:
    return {name: amount for name, amount in parts.items() if amount}


def _unexplained(draft: partial[Draft], what: str, amount: Decimal) -> Draft:
    return draft(kind=Kind.OTHER, component=f"{UNEXPLAINED} {what}", amount=amount)
