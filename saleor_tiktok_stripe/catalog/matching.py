"""Which variant does a marketplace SKU sell? Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ..models import LinkMethod
from ..saleor_api.types import Variant
from .types import VariantRef

NOT_FOUND: Final = "No variant has this SKU or barcode."
BARCODE_LENGTHS: Final = frozenset({8, 12, 13, 14})
"""GTIN-8, GTIN-12 (UPC), GTIN-13 (EAN, ISBN), GTIN-14."""


@dataclass(frozen=True)
class SkuKeys:
    """What a marketplace SKU can be recognised by."""

    sku_id: str
    product_id: str = ""
    seller_sku: str = ""
    barcode: str = ""
    title: str = ""


@dataclass(frozen=True)
class Match:
    """``variant`` None: ``note`` says why none was chosen."""

    variant: VariantRef | None
    method: LinkMethod
    note: str = ""


def references(keys: SkuKeys) -> tuple[str, ...]:
    """Values of a variant's external reference that mean this SKU."""
    return tuple(value for value in (keys.seller_sku, keys.sku_id) if value)


def barcodes(keys: SkuKeys) -> tuple[str, ...]:
    """Barcodes of this SKU as digits; sellers often use the barcode as SKU."""
    found = (_digits(keys.barcode), keys.seller_sku)
    return tuple(dict.fromkeys(code for code in found if _is_barcode(code)))


def match(keys: SkuKeys, variants: Iterable[Variant], order: Sequence[str]) -> Match:
    """The one variant that fits by the first of ``order`` (``sku``, ``external_reference``,
    ``barcode``) that fits any. Several variants fitting alike is no match: nobody guesses.
    """
    candidates = list(variants)
    for name in order:
        fits = _RULES[LinkMethod(name)]
        found = {one.id: one for one in candidates if fits(keys, one)}
        if len(found) == 1:
            return Match(ref(next(iter(found.values()))), LinkMethod(name))
        if found:
            skus = ", ".join(sorted(one.sku or one.id for one in found.values()))
            words = LinkMethod(name).label.lower()
            return Match(None, LinkMethod.MISSING, f"Several variants have the {words}: {skus}.")
    return Match(None, LinkMethod.MISSING, NOT_FOUND)


def ref(variant: Variant) -> VariantRef:
    """What the other rooms need to know of a variant."""
    return VariantRef(variant.id, variant.sku, variant.product_name, variant.variant_name)


def _same_sku(keys: SkuKeys, variant: Variant) -> bool:
    return bool(keys.seller_sku) and variant.sku == keys.seller_sku


def _same_reference(keys: SkuKeys, variant: Variant) -> bool:
    return bool(variant.external_reference) and variant.external_reference in references(keys)


def _same_barcode(keys: SkuKeys, variant: Variant) -> bool:
    wanted = {code.zfill(14) for code in barcodes(keys)}
    return any(_digits(code).zfill(14) in wanted for code in variant.barcodes if _digits(code))


_RULES: Final[Mapping[LinkMethod, Callable[[SkuKeys, Variant], bool]]] = {
    LinkMethod.SKU: _same_sku,
    LinkMethod.EXTERNAL_REFERENCE: _same_reference,
    LinkMethod.BARCODE: _same_barcode,
}


def _digits(code: str) -> str:
    return "".join(char for char in code if char.isdigit() and char.isascii())


def _is_barcode(code: str) -> bool:
    return code.isascii() and code.isdigit() and len(code) in BARCODE_LENGTHS
