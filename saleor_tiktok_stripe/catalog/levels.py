"""Rows of what the marketplace was told of each SKU: marking them due, and writing them down.

A row is due from the moment something about it changed until what was pushed is written down. It
counts its marks: a value that changes while it is being pushed was marked once more meanwhile, and
stays due. All writers lock rows in the order of ``sku_id``, after links and before jobs, so that
none locks another out.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, Self, TypeVar

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection as database
from django.db import transaction
from django.db.models import F, Q, QuerySet

from .. import jobs
from ..errors import RetryLater
from ..jobs import clock
from ..models import Connection, PriceLevel, StockLevel

Level = TypeVar("Level", StockLevel, PriceLevel)
AnyLevel = type[StockLevel | PriceLevel]

BATCH: Final = 600
"""Rows at once: as many SKUs as the marketplace tells the stock of in one call."""
RESERVED_RECHECK: Final = timedelta(minutes=1)
RETRY: Final[Mapping[str, timedelta]] = {
    "SKU_NOT_LISTED": timedelta(days=1),
    "PRICE_NOT_LISTED": timedelta(hours=6),
    "PRICE_NOT_POSITIVE": timedelta(days=1),
    "PRICE_OTHER_CURRENCY": timedelta(days=1),
    "TIKTOK_PRODUCT_MISSING": timedelta(days=1),
    "TIKTOK_NOT_OF_THIS_SHOP": timedelta(days=1),
    "TIKTOK_SKU_REFUSED": timedelta(hours=6),
    "TIKTOK_STOCK_LIMIT": timedelta(days=1),
}
"""When a refused one is tried again without anything having changed. What is not named here (a
promotion that locks a price, a product under review) passes by itself."""
NOTE_SECONDS: Final = 0.3
SOLD_WAIT: Final = timedelta(minutes=1)
"""How long the order is waited for that took pieces away."""
IN_A_ROW: Final = 3
"""So many products that fail one after the other are no matter of a single product."""
RETRY_USUALLY: Final = timedelta(hours=1)

_EMPTY: Final[Mapping[type[Any], Mapping[str, str]]] = {
    StockLevel: {"reserved": "false", "short": "0"},
    PriceLevel: {"currency": "''"},
}
_MARK = """
INSERT INTO {table} AS t (connection_id, sku_id, terms, pushed_terms, answer, due, marks,
    created_at, updated_at, {columns})
SELECT l.connection_id, l.sku_id, '{{}}', '{{}}', '', true, 1, %(now)s, %(now)s, {values}
FROM saleor_tiktok_stripe_skulink AS l
WHERE l.connection_id = %(connection)s AND l.variant_id <> '' AND ({which})
ORDER BY l.sku_id
ON CONFLICT (connection_id, sku_id) DO UPDATE SET
    due = true, marks = t.marks + 1, updated_at = EXCLUDED.updated_at,
    retry_at = CASE WHEN %(anew)s THEN NULL ELSE t.retry_at END,
    checked_at = CASE WHEN %(anew)s THEN NULL ELSE t.checked_at END
"""
_OF_VARIANTS = "l.variant_id = ANY(%(keys)s)"
_OF_SKUS = """l.sku_id = ANY(%(keys)s) OR l.variant_id IN (
    SELECT variant_id FROM saleor_tiktok_stripe_skulink
    WHERE connection_id = %(connection)s AND sku_id = ANY(%(keys)s) AND variant_id <> '')"""
_RECORD = """
WITH r AS (SELECT * FROM jsonb_to_recordset(%(rows)s::jsonb) AS r({typed})),
locked AS MATERIALIZED (
    SELECT l.id FROM {table} AS l JOIN r ON r.id = l.id ORDER BY l.sku_id FOR UPDATE OF l)
UPDATE {table} AS l SET {assigned}
FROM r JOIN locked ON locked.id = r.id WHERE l.id = r.id
"""


def due(
    connection: Connection,
    sku_ids: Iterable[str] = (),
    *,
    variant_ids: Iterable[str] = (),
    now: bool = False,
    moved: bool = False,
) -> None:
    """Look at the stock of these SKUs again, and of all that sell the same variants; part of the
    caller's transaction. ``now``: do not wait for the next regular look. ``moved``: it changed at
    the marketplace too, so that what was pushed last says nothing.
    """
    by_sku, by_variant = sorted(set(sku_ids)), sorted(set(variant_ids))
    due_skus(StockLevel, connection, by_sku, anew=moved)
    due_variants(StockLevel, connection, by_variant, anew=moved)
    if now and (by_sku or by_variant):
        jobs.enqueue("stock.push", connection)


def due_variants(
    model: AnyLevel, connection: Connection, variant_ids: Sequence[str], *, anew: bool = False
) -> None:
    """All SKUs of these variants are due; ``anew``: also those that were refused a while ago."""
    if variant_ids:
        mark(model, connection, _OF_VARIANTS, sorted(set(variant_ids)), anew=anew)


def due_skus(
    model: AnyLevel, connection: Connection, sku_ids: Sequence[str], *, anew: bool = False
) -> None:
    """These SKUs are due, and all others of their variants."""
    if sku_ids:
        mark(model, connection, _OF_SKUS, sorted(set(sku_ids)), anew=anew)


def due_all(model: AnyLevel, connection: Connection) -> None:
    """Every linked SKU is due, refused ones too."""
    mark(model, connection, "true", [], anew=True)


def cut(connection: Connection, sku_ids: Sequence[str]) -> None:
    """These SKUs are linked to nothing any more: what was wanted of them ends with the next run."""
    for model in (StockLevel, PriceLevel):
        rows = model._default_manager.filter(connection=connection, sku_id__in=list(sku_ids))
        locked = rows.select_for_update().order_by("sku_id").values_list("pk", flat=True)
        model._default_manager.filter(pk__in=list(locked)).update(
            due=True, marks=F("marks") + 1, retry_at=None
        )


def mark(
    model: AnyLevel,
    connection: Connection,
    which: str,
    keys: Sequence[str],
    *,
    anew: bool = False,
) -> None:
    """Rows of linked SKUs, made where there are none yet: one statement, however many. ``anew``:
    also those that were refused a while ago, and nothing known of them is taken for granted."""
    extra = _EMPTY[model]
    statement = _MARK.format(
        table=model._meta.db_table,
        columns=", ".join(extra),
        values=", ".join(extra.values()),
        which=which,
    )
    params: dict[str, Any] = {
        "connection": connection.pk,
        "keys": list(keys),
        "now": clock.now(),
        "anew": anew,
    }
    with database.cursor() as cursor:
        cursor.execute(statement, params)


def due_rows(
    model: type[Level], connection: Connection, *, without: Iterable[int] = ()
) -> list[Level]:
    """The next ones to look at, longest marked first; those that were refused wait their time."""
    ready = Q(retry_at__isnull=True) | Q(retry_at__lte=clock.now())
    rows = model._default_manager.filter(ready, connection=connection, due=True)
    return list(rows.exclude(pk__in=list(without)).order_by("pk")[:BATCH])


def reserved_again(connection: Connection) -> None:
    """SKUs of which checkouts held some a minute ago, or orders were owed some: nobody tells when
    that ends."""
    old = clock.now() - RESERVED_RECHECK
    rows = StockLevel.objects.filter(connection=connection, reserved=True, due=False)
    held: QuerySet[StockLevel, str] = rows.filter(checked_at__lt=old).values_list(
        "sku_id", flat=True
    )
    ids = list(held[:BATCH])
    if ids:
        due_skus(StockLevel, connection, ids)


def fell(connection: Connection, sku_ids: Sequence[str]) -> None:
    """The marketplace has fewer of these than it was told: sold, most likely, in an order that we
    have not heard of. It is asked for; told again now, the number would sell the pieces twice. Such
    an order makes them due at once."""
    if not sku_ids:
        return
    with transaction.atomic():
        due_skus(StockLevel, connection, sku_ids)
        rows = StockLevel.objects.filter(connection=connection, sku_id__in=list(sku_ids))
        locked = rows.select_for_update().order_by("sku_id").values_list("pk", flat=True)
        StockLevel.objects.filter(pk__in=list(locked)).update(retry_at=clock.now() + SOLD_WAIT)
        jobs.enqueue("orders.poll", connection)


def retry_at(code: str) -> datetime:
    """When to try again what was refused with this problem."""
    return clock.now() + RETRY.get(code, RETRY_USUALLY)


def record(rows: Sequence[Level], fields: Sequence[str]) -> None:
    """Write ``fields`` of all ``rows`` in one statement. With ``due`` among them, a row that was
    marked again since it was read stays due."""
    if not rows:
        return
    model = type(rows[0])
    fields_of: Any = model._meta.get_field
    typed = [
        "id bigint",
        "marks integer",
        *(f"{name} {fields_of(name).db_type(database)}" for name in fields),
    ]
    statement = _RECORD.format(
        table=model._meta.db_table,
        typed=", ".join(typed),
        assigned=", ".join(map(_assigned, [*fields, "updated_at"])),
    )
    values = [{name: getattr(row, name) for name in ("id", "marks", *fields)} for row in rows]
    params: dict[str, Any] = {"rows": json.dumps(values, cls=DjangoJSONEncoder), "now": clock.now()}
    with transaction.atomic(), database.cursor() as cursor:
        cursor.execute(statement, params)


class Failures:
    """What failed for the moment: one product stops no other, but several in a row do."""

    def __init__(self) -> None:
        self._row = 0
        self.rows: set[int] = set()
        """Primary keys of what is tried again in another run."""

    def add(self, error: RetryLater, rows: Iterable[StockLevel | PriceLevel]) -> None:
        """Raises it when it is one too many."""
        self._row += 1
        self.rows |= {row.pk for row in rows}
        if self._row >= IN_A_ROW:
            raise error

    def passed(self) -> None:
        """A product was told."""
        self._row = 0


class Notes:
    """Rows to be written down together, now and then, and at the end in any case."""

    def __init__(self, fields: Sequence[str]) -> None:
        self._fields = fields
        self._rows: list[Any] = []
        self._since = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._write()

    def add(self, rows: Iterable[StockLevel | PriceLevel]) -> None:
        """Of one model, as all before."""
        self._rows += rows
        if time.monotonic() - self._since >= NOTE_SECONDS:
            self._write()

    def _write(self) -> None:
        record(self._rows, self._fields)
        self._rows, self._since = [], time.monotonic()


def _assigned(name: str) -> str:
    match name:
        case "due":
            return "due = r.due OR l.marks <> r.marks"
        case "problem":
            return "problem = NULLIF(r.problem, 'null'::jsonb)"
        case "updated_at":
            return "updated_at = %(now)s"
    return f"{name} = r.{name}"


def known(level: StockLevel) -> int | None:
    """What the marketplace has, as far as we know: what it said last, or what it took since."""
    if level.pushed is None or level.pushed_at is None:
        return level.seen
    heard_since = level.seen_at is not None and level.seen_at > level.pushed_at
    return level.seen if heard_since else level.pushed
