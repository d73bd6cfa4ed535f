"""Find sellable variants by what a marketplace knows of them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import F, Func, Q, TextField, Value
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Coalesce, NullIf
from saleor.attribute.models import AssignedVariantAttributeValue, AttributeValue
from saleor.product.models import ProductVariant, ProductVariantChannelListing

from ..ids import database_ids, global_id
from ..types import Variant

BARCODE_NAMES: Final = ("barcode", "ean", "gtin", "upc", "isbn")
"""Slugs of variant attributes and keys of variant metadata that hold a barcode."""


@dataclass(frozen=True)
class Keys:
    """What to look for; a variant matching any of these is found."""

    skus: tuple[str, ...] = ()
    external_references: tuple[str, ...] = ()
    barcodes: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()


def find_variants(channel_slug: str, keys: Keys) -> list[Variant]:
    """See ``Saleor.find_variants``: five queries at most. Ordered by primary key."""
    wanted = Q(pk__in=database_ids("ProductVariant", keys.ids))
    if keys.skus:
        wanted |= Q(sku__in=keys.skus)
    if keys.external_references:
        wanted |= Q(external_reference__in=keys.external_references)
    codes = {code for code in map(digits, keys.barcodes) if code}
    if codes:
        wanted |= Q(pk__in=_with_barcode(codes))
    rows = list(ProductVariant.objects.filter(wanted).select_related("product").order_by("pk"))
    ids = [row.pk for row in rows]
    listed = _listed(channel_slug, ids)
    barcodes = _barcodes(rows)
    return [_variant(row, row.pk in listed, barcodes[row.pk]) for row in rows]


def digits(text: str) -> str:
    """A barcode without the dashes and spaces people write in it."""
    return re.sub(r"\D", "", text)


def _variant(row: ProductVariant, in_channel: bool, barcodes: Iterable[str]) -> Variant:
    return Variant(
        id=global_id("ProductVariant", row.pk),
        product_id=global_id("Product", row.product_id),
        sku=row.sku or "",
        external_reference=row.external_reference or "",
        barcodes=tuple(dict.fromkeys(barcodes)),
        product_name=row.product.name,
        variant_name=row.name,
        in_channel=in_channel,
        track_inventory=row.track_inventory,
    )


def _listed(channel_slug: str, ids: list[int]) -> set[int]:
    listings = ProductVariantChannelListing.objects.filter(
        variant_id__in=ids, channel__slug=channel_slug, price_amount__isnull=False
    )
    return set(listings.values_list("variant_id", flat=True))


def _only_digits(expression: Any) -> Func:
    return Func(
        expression,
        Value(r"\D"),
        Value(""),
        Value("g"),
        function="regexp_replace",
        output_field=TextField(),
    )


def _with_barcode(codes: set[str]) -> set[int]:
    """Metadata is narrowed by its index to variants that have such a key at all."""
    found: set[int] = set()
    marked = ProductVariant.objects.filter(metadata__has_any_keys=list(BARCODE_NAMES)).order_by()
    any_key = Q()
    for name in BARCODE_NAMES:
        alias = f"code_{name}"
        marked = marked.alias(**{alias: _only_digits(KeyTextTransform(name, "metadata"))})
        any_key |= Q(**{f"{alias}__in": codes})
    found.update(marked.filter(any_key).values_list("pk", flat=True))
    values = _attribute_values().alias(code=_only_digits(F("text"))).filter(code__in=codes)
    assigned = AssignedVariantAttributeValue.objects.filter(value__in=values.values("pk"))
    found.update(assigned.order_by().values_list("assignment__variant_id", flat=True))
    return found


def _attribute_values() -> Any:
    """Values of barcode attributes, plain text or chosen from a list."""
    text = Coalesce(NullIf("plain_text", Value("")), "name", output_field=TextField())
    return (
        AttributeValue.objects.filter(attribute__slug__in=BARCODE_NAMES)
        .annotate(text=text)
        .order_by()
    )


def _barcodes(rows: list[ProductVariant]) -> dict[int, list[str]]:
    codes: dict[int, list[str]] = defaultdict(list)
    for row in rows:
        metadata = row.metadata or {}
        codes[row.pk] += [digits(str(metadata[name])) for name in BARCODE_NAMES if name in metadata]
    assigned = AssignedVariantAttributeValue.objects.filter(
        assignment__variant_id__in=[row.pk for row in rows],
        value__attribute__slug__in=BARCODE_NAMES,
    )
    columns = ("assignment__variant_id", "value__plain_text", "value__name")
    for variant_id, plain, name in assigned.order_by("pk").values_list(*columns):
        codes[variant_id].append(digits(plain or name))
    return codes
