from __future__ import annotations

import pytest

from saleor_tiktok_stripe.catalog.matching import SkuKeys, barcodes, match
from saleor_tiktok_stripe.models import LinkMethod
from saleor_tiktok_stripe.saleor_api.types import Variant

ORDER = ("sku", "external_reference", "barcode")


def variant(name: str, **changes) -> Variant:
    values = {"sku": "", "external_reference": "", "barcodes": ()} | changes
    return Variant(name, "product", **values, product_name="Tee", variant_name="M",
                   in_channel=True)  # fmt: skip


KEYS = SkuKeys("sku-1", seller_sku="TEE", barcode="4006381333931")
BY_SKU = variant("a", sku="TEE")
BY_REFERENCE = variant("b", sku="B", external_reference="sku-1")
BY_BARCODE = variant("c", sku="C", barcodes=("4006381333931",))


def test_the_order_of_the_keys_decides():
    everything = [BY_BARCODE, BY_REFERENCE, BY_SKU]

    assert match(KEYS, everything, ORDER).variant.id == "a"
    assert match(KEYS, everything, ORDER).method is LinkMethod.SKU
    assert match(KEYS, everything[:2], ORDER).method is LinkMethod.EXTERNAL_REFERENCE
    assert match(KEYS, everything[:1], ORDER).method is LinkMethod.BARCODE
    assert match(KEYS, everything, ("barcode", "sku")).variant.id == "c"


def test_keys_that_the_merchant_left_out_are_not_used():
    found = match(KEYS, [BY_REFERENCE, BY_BARCODE], ("sku",))

    assert found.variant is None
    assert found.method is LinkMethod.MISSING
    assert found.note == "No variant has this SKU or barcode."


def test_several_variants_that_fit_alike_are_no_match():
    twins = [variant("c", sku="C", barcodes=("4006381333931",)),
             variant("d", sku="D", barcodes=("4006381333931",))]  # fmt: skip

    found = match(KEYS, twins, ORDER)

    assert found.variant is None
    assert found.note == "Several variants have the same barcode: C, D."


def test_the_same_variant_found_twice_is_one():
    assert match(KEYS, [BY_SKU, BY_SKU], ORDER).variant.id == "a"


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        (SkuKeys("1", seller_sku="", barcode="036000291452"), ("036000291452",)),
        (SkuKeys("1", seller_sku="4006381333931"), ("4006381333931",)),
        (SkuKeys("1", seller_sku="12345"), ()),
        (SkuKeys("1", seller_sku="TEE-12345678"), ()),
        (SkuKeys("1", barcode="978-3-16-148410-0"), ("9783161484100",)),
    ],
)
def test_only_what_has_a_barcodes_length_counts_as_one(keys, expected):
    assert barcodes(keys) == expected


def test_a_upc_and_its_ean_are_the_same_barcode():
    upc = SkuKeys("1", barcode="036000291452")

    assert match(upc, [variant("e", barcodes=("0036000291452",))], ORDER).variant.id == "e"


def test_empty_skus_never_match_variants_without_sku():
    assert match(SkuKeys("1"), [variant("x")], ORDER).variant is None
