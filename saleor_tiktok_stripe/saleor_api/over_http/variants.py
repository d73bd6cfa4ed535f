"""Variants found by their keys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..ids import only_ids
from ..types import Variant
from . import reading
from .client import Client

PAGE = 100
_REFERENCES_PER_QUERY = 50
_BARCODES_PER_QUERY = 10


def find(
    client: Client,
    channel_slug: str,
    *,
    skus: Sequence[str],
    external_references: Sequence[str],
    barcodes: Sequence[str],
    ids: Sequence[str],
) -> list[Variant]:
    """Variants matching any key, each once."""
    views: dict[str, Mapping[str, Any]] = {}
    for chunk in chunks(skus, PAGE):
        views.update(_edges(client.query("variantsBySku", {"skus": chunk})["productVariants"]))
    for chunk in chunks(only_ids("ProductVariant", ids), PAGE):
        views.update(_edges(client.query("variantsById", {"ids": chunk})["productVariants"]))
    for chunk in chunks(external_references, _REFERENCES_PER_QUERY):
        asked = [{"reference": reference} for reference in chunk]
        for view in client.query_each("variantByExternalReference", asked):
            if view is not None:
                views[view["id"]] = view
    for chunk in chunks(barcodes, _BARCODES_PER_QUERY):
        for page in client.query_each("variantsByMetadata", list(_barcode_pairs(chunk))):
            views.update(_edges(page))
    return [reading.variant(view, channel_slug) for view in views.values()]


def chunks(values: Sequence[str], size: int) -> Iterator[list[str]]:
    """Each of ``values`` once, empty ones left out, in lists of at most ``size``."""
    unique = [value for value in dict.fromkeys(values) if value]
    for start in range(0, len(unique), size):
        yield unique[start : start + size]


def _edges(page: Mapping[str, Any] | None) -> dict[str, Mapping[str, Any]]:
    return {edge["node"]["id"]: edge["node"] for edge in (page or {}).get("edges") or ()}


def _barcode_pairs(barcodes: Sequence[str]) -> Iterator[dict[str, str]]:
    """As given and with the digits alone: Saleor compares metadata to the letter."""
    for barcode in barcodes:
        for value in dict.fromkeys((barcode, reading.digits(barcode))):
            if value:
                yield from ({"key": key, "value": value} for key in reading.BARCODE_KEYS)
