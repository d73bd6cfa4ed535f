"""Links between marketplace SKUs and Saleor variants: found, set, cut, kept true."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.db import transaction
from django.utils import timezone

from .. import jobs
from ..accounts import policy
from ..errors import InvalidInput
from ..models import AuditEntry, Connection, LinkMethod, PriceLevel, SkuLink, StockLevel
from ..saleor_api import Saleor, get_saleor
from ..saleor_api.types import Variant
from ..tiktok.types import Unit
from .levels import cut, due_variants
from .matching import NOT_FOUND, Match, SkuKeys, barcodes, match, ref, references
from .types import VariantRef

RECHECK_LIMIT = 500
_KEEP = frozenset({LinkMethod.MANUAL, LinkMethod.UNLINKED})


@dataclass(frozen=True)
class Resolution:
    """``variants`` by SKU id (None: not linked), ``notes`` why not."""

    variants: Mapping[str, VariantRef | None]
    notes: Mapping[str, str] = field(default_factory=dict)

    @property
    def special(self) -> dict[str, str]:
        """The notes of what was not simply not found: by SKU id."""
        return {sku_id: note for sku_id, note in self.notes.items() if note != NOT_FOUND}


def waiting_key(sku_id: str) -> str:
    """What a parked job waits for until this SKU is linked."""
    return f"sku:{sku_id}"


def keys_of(unit: Unit) -> SkuKeys:
    """What an order line tells about its SKU."""
    return SkuKeys(
        sku_id=unit.sku_id,
        product_id=unit.product_id,
        seller_sku=unit.seller_sku,
        title=" - ".join(part for part in (unit.product_name, unit.sku_name) if part),
    )


def resolve_all(
    connection: Connection, wanted: Iterable[SkuKeys], *, dry_run: bool = False
) -> Resolution:
    """Links of all ``wanted`` SKUs in one look: stored ones that still exist, else found by SKU,
    external reference or barcode in the merchant's order, and stored.

    A stored link whose variant was deleted is looked for anew, unless it was set by hand. Jobs that
    wait for a SKU that is linked now are released. ``dry_run``: nothing is stored. Raises
    what ``Saleor.find_variants`` raises.
    """
    keys = {one.sku_id: one for one in wanted}
    if not keys:
        return Resolution({})
    stored = {
        link.sku_id: link
        for link in SkuLink.objects.filter(connection=connection, sku_id__in=list(keys))
    }
    looking = [_enriched(one, stored.get(sku_id)) for sku_id, one in keys.items()]
    variants = _candidates(get_saleor(), connection, looking, stored.values())
    by_id = {variant.id: variant for variant in variants}
    order = policy(connection).sku_match
    results: dict[str, Match] = {}
    for one in looking:
        link = stored.get(one.sku_id)
        results[one.sku_id] = _stored_match(link, by_id) or match(one, variants, order)
    if not dry_run:
        _store(connection, looking, stored, results)
    return Resolution(
        {sku_id: found.variant for sku_id, found in results.items()},
        {sku_id: found.note for sku_id, found in results.items() if found.variant is None},
    )


def _enriched(keys: SkuKeys, link: SkuLink | None) -> SkuKeys:
    """Order lines do not tell the barcode; the listing that was read earlier did."""
    if link is None:
        return keys
    return SkuKeys(
        keys.sku_id,
        keys.product_id or link.product_id,
        keys.seller_sku or link.seller_sku,
        keys.barcode or link.barcode,
        keys.title or link.title,
    )


def _candidates(
    saleor: Saleor,
    connection: Connection,
    looking: Sequence[SkuKeys],
    stored: Iterable[SkuLink],
) -> list[Variant]:
    linked = {link.sku_id: link for link in stored}
    open_keys = [one for one in looking if not _is_kept(linked.get(one.sku_id))]
    unlinked = [
        one for one in open_keys if one.sku_id not in linked or not linked[one.sku_id].variant_id
    ]
    return saleor.find_variants(
        connection.channel_slug,
        skus=sorted({one.seller_sku for one in open_keys if one.seller_sku}),
        external_references=sorted({value for one in unlinked for value in references(one)}),
        barcodes=sorted({code for one in unlinked for code in barcodes(one)}),
        ids=sorted({link.variant_id for link in linked.values() if link.variant_id}),
    )


def _is_kept(link: SkuLink | None) -> bool:
    return link is not None and link.method in _KEEP


def _stored_match(link: SkuLink | None, by_id: Mapping[str, Variant]) -> Match | None:
    """What the row says, or None where the matching has to look."""
    if link is None:
        return None
    if link.method == LinkMethod.UNLINKED:
        return Match(None, LinkMethod.UNLINKED, "Somebody cut this link on purpose.")
    if link.variant_id in by_id:
        return Match(ref(by_id[link.variant_id]), LinkMethod(link.method))
    if link.method == LinkMethod.MANUAL:
        return Match(None, LinkMethod.MANUAL, "The variant it was linked to was deleted.")
    return None


def _store(
    connection: Connection,
    looking: Sequence[SkuKeys],
    stored: Mapping[str, SkuLink],
    results: Mapping[str, Match],
) -> None:
    changed = [one for one in looking if _differs(stored.get(one.sku_id), one, results[one.sku_id])]
    if not changed:
        return
    rows = [_row(connection, one, results[one.sku_id]) for one in changed]
    fresh = [
        waiting_key(row.sku_id)
        for row in rows
        if row.variant_id and _was_unlinked(stored.get(row.sku_id))
    ]
    with transaction.atomic():
        _upsert(rows)
        _offer_anew(connection, _moved(stored, rows))
        cut(connection, [row.sku_id for row in rows if not row.variant_id and row.sku_id in stored])
        if fresh:
            jobs.release_waiting(connection, fresh)


def _moved(stored: Mapping[str, SkuLink], rows: Sequence[SkuLink]) -> set[str]:
    """Variants that are sold by other SKUs than before."""
    before = {row.sku_id: stored[row.sku_id].variant_id for row in rows if row.sku_id in stored}
    pairs = [(before.get(row.sku_id, ""), row.variant_id) for row in rows]
    return {variant for old, new in pairs if old != new for variant in (old, new) if variant}


def _offer_anew(connection: Connection, variant_ids: set[str]) -> None:
    """Stock and prices of what is sold by other SKUs from now on must be told."""
    due_variants(StockLevel, connection, sorted(variant_ids), anew=True)
    if variant_ids and policy(connection).price_push:
        due_variants(PriceLevel, connection, sorted(variant_ids), anew=True)


def _was_unlinked(link: SkuLink | None) -> bool:
    return link is None or not link.variant_id


def _differs(link: SkuLink | None, keys: SkuKeys, found: Match) -> bool:
    if link is None:
        return True
    if link.method in _KEEP:
        return False
    variant_id = found.variant.id if found.variant else ""
    known = (link.variant_id, link.method, link.note, link.seller_sku, link.barcode)
    return known != (variant_id, found.method, found.note, keys.seller_sku, keys.barcode)


def _row(connection: Connection, keys: SkuKeys, found: Match) -> SkuLink:
    return SkuLink(
        connection=connection,
        sku_id=keys.sku_id,
        product_id=keys.product_id,
        seller_sku=keys.seller_sku[:255],
        barcode=keys.barcode[:64],
        title=keys.title[:500],
        variant_id=found.variant.id if found.variant else "",
        variant_sku=(found.variant.sku if found.variant else "")[:255],
        method=found.method,
        note=found.note[:500],
        updated_at=timezone.now(),
    )


_FIELDS = (
    "product_id", "seller_sku", "barcode", "title", "variant_id", "variant_sku", "method", "note",
    "updated_at",
)  # fmt: skip


def _upsert(rows: Sequence[SkuLink]) -> None:
    """Rows set by hand meanwhile stay as they are. Sorted, so that two importers never lock each
    other out.
    """
    kept = set(
        SkuLink.objects.select_for_update()
        .filter(
            connection_id=rows[0].connection_id,
            sku_id__in=[row.sku_id for row in rows],
            method__in=_KEEP,
        )
        .order_by("sku_id")
        .values_list("sku_id", flat=True)
    )
    SkuLink.objects.bulk_create(
        sorted((row for row in rows if row.sku_id not in kept), key=lambda row: row.sku_id),
        update_conflicts=True,
        unique_fields=["connection", "sku_id"],
        update_fields=list(_FIELDS),
    )


def link(connection: Connection, sku_id: str, variant_id: str, actor: str) -> SkuLink:
    """Link a SKU to a variant by hand; orders that waited for it import themselves.

    Raises ``InvalidInput`` (``VARIANT_NOT_FOUND``) when Saleor has no such variant.
    """
    found = get_saleor().find_variants(connection.channel_slug, ids=[variant_id])
    if not found:
        raise InvalidInput(
            "VARIANT_NOT_FOUND", "This variant does not exist in Saleor.", field="variant"
        )
    return _set(connection, sku_id, actor, LinkMethod.MANUAL, ref(found[0]))


def unlink(connection: Connection, sku_id: str, actor: str) -> SkuLink:
    """Cut a link; the automatic matching leaves the SKU alone from then on."""
    return _set(connection, sku_id, actor, LinkMethod.UNLINKED, None)


def _set(
    connection: Connection,
    sku_id: str,
    actor: str,
    method: LinkMethod,
    variant: VariantRef | None,
) -> SkuLink:
    values = {
        "variant_id": variant.id if variant else "",
        "variant_sku": variant.sku if variant else "",
        "method": method,
        "note": "",
    }
    with transaction.atomic():
        rows = SkuLink.objects.select_for_update().filter(connection=connection, sku_id=sku_id)
        before = rows.values_list("variant_id", flat=True).first() or ""
        row, _ = SkuLink.objects.update_or_create(
            connection=connection, sku_id=sku_id, defaults=values
        )
        AuditEntry.objects.create(
            actor=actor,
            action=f"sku.{'link' if variant else 'unlink'}",
            connection=connection,
            subject=sku_id,
            data={"variant_id": values["variant_id"]},
        )
        _offer_anew(connection, {one for one in (before, row.variant_id) if one})
        if variant is None:
            cut(connection, [sku_id])
        else:
            jobs.release_waiting(connection, [waiting_key(sku_id)])
    return row


def recheck_missing(connection: Connection) -> int:
    """Look again for the variants of SKUs that had none; returns how many are linked now."""
    rows = SkuLink.objects.filter(connection=connection, method=LinkMethod.MISSING)
    keys = [
        SkuKeys(row.sku_id, row.product_id, row.seller_sku, row.barcode, row.title)
        for row in rows.order_by("updated_at")[:RECHECK_LIMIT]
    ]
    found = resolve_all(connection, keys).variants
    SkuLink.objects.filter(
        connection=connection,
        method=LinkMethod.MISSING,
        sku_id__in=[one.sku_id for one in keys],
    ).update(updated_at=timezone.now())
    return sum(variant is not None for variant in found.values())
