"""Entries before they are rows, and how a batch of them is written."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from django.db import transaction

from ...models import Connection, LedgerEntry, OrderLink, Payout, Statement
from .kinds import Kind

_SOURCE_LIMIT: Final = 160
_COMPONENT_LIMIT: Final = 96
_AT_ONCE: Final = 1000
_OWN: Final = (
    "row_id",
    "kind",
    "component",
    "currency",
    "amount",
    "order_id",
    "source_ref",
    "ordered_at",
    "in_settlement",
    "happened_at",
)


@dataclass(frozen=True)
class Draft:
    """One named amount of a row (a transaction) of the vendor's. Fields as in ``LedgerEntry``;
    ``place`` makes the name unique within the row where ``component`` alone does not."""

    row_id: str
    kind: Kind
    component: str
    currency: str
    amount: Decimal
    happened_at: datetime
    order_id: str = ""
    source_ref: str = ""
    ordered_at: datetime | None = None
    in_settlement: bool = True
    place: str = ""

    @property
    def source_id(self) -> str:
        """``<transaction>:<component>``, shortened so that different names stay different."""
        name = f"{self.row_id}:{self.place or self.component}"
        if len(name) <= _SOURCE_LIMIT:
            return name
        digest = hashlib.sha256(name.encode()).hexdigest()[:32]
        return f"{name[: _SOURCE_LIMIT - 33]}~{digest}"


def write(
    connection: Connection,
    drafts: Sequence[Draft],
    *,
    rows: Iterable[str],
    statement: Statement | None = None,
    payout: Payout | None = None,
) -> None:
    """Make the entries of ``rows`` (transaction ids) be exactly ``drafts``, in one commit. What is
    there already is brought up to date, what a row no longer has is removed, and estimates of these
    rows go away. ``payout`` None leaves the payout that is known."""
    found = {draft.source_id: draft for draft in drafts}
    saleor = _saleor_ids(connection, {draft.order_id for draft in drafts})
    entries = [
        LedgerEntry(
            connection=connection,
            source_id=source_id,
            statement=statement,
            payout=payout,
            saleor_order_id=saleor.get(draft.order_id, ""),
            **_values(draft),
        )
        for source_id, draft in sorted(found.items())
    ]
    changing = [*_OWN, "statement", "saleor_order_id", *(["payout"] if payout else [])]
    with transaction.atomic():
        known = LedgerEntry.objects.filter(connection=connection, row_id__in=list(rows))
        known.exclude(source_id__in=list(found)).delete()
        _upsert(entries, changing)


def write_expected(
    connection: Connection, drafts: Sequence[Draft], *, rows: Sequence[str], at: datetime
) -> None:
    """Replace the estimates of ``rows`` by ``drafts``, made at ``at``. Rows that are settled
    already get none."""
    known = LedgerEntry.objects.filter(connection=connection, row_id__in=rows)
    with transaction.atomic():
        known.filter(expected=True).delete()
        settled = set(known.values_list("row_id", flat=True))
        wanted = [draft for draft in drafts if draft.row_id not in settled]
        saleor = _saleor_ids(connection, {draft.order_id for draft in wanted})
        LedgerEntry.objects.bulk_create(
            LedgerEntry(
                connection=connection,
                source_id=f"expected:{draft.source_id}"[:_SOURCE_LIMIT],
                expected=True,
                created_at=at,
                saleor_order_id=saleor.get(draft.order_id, ""),
                **_values(draft),
            )
            for draft in wanted
        )


def _values(draft: Draft) -> dict[str, object]:
    values = {name: getattr(draft, name) for name in _OWN}
    return values | {"component": draft.component[:_COMPONENT_LIMIT]}


def _upsert(entries: Sequence[LedgerEntry], changing: Sequence[str]) -> None:
    LedgerEntry.objects.bulk_create(
        entries,
        batch_size=_AT_ONCE,
        update_conflicts=True,
        unique_fields=["connection", "source_id"],
        update_fields=list(changing),
    )


def _saleor_ids(connection: Connection, order_ids: set[str]) -> dict[str, str]:
    """Marketplace order -> Saleor order. A Stripe payment is named by Saleor's order already."""
    wanted = [one for one in order_ids if one]
    if connection.vendor != "tiktok":
        return {one: one for one in wanted}
    links = OrderLink.objects.filter(connection=connection, order_id__in=wanted)
    return dict(links.values_list("order_id", "saleor_order_id"))
