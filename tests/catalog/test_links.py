from __future__ import annotations

import pytest

from saleor_tiktok_stripe import catalog, jobs
from saleor_tiktok_stripe.catalog.matching import SkuKeys
from saleor_tiktok_stripe.errors import InvalidInput
from saleor_tiktok_stripe.models import AuditEntry, LinkMethod, SkuLink
from tests.support.shop import ConnectedShop


def _first(shop: ConnectedShop) -> tuple[dict, SkuKeys]:
    one = shop.tiktok.catalog()[0]
    return one, SkuKeys(one["sku_id"], one["product_id"], one["seller_sku"])


def _variant_id(shop: ConnectedShop, sku: str) -> str:
    return shop.saleor.state.by_sku[sku].id


def _remove(shop: ConnectedShop, sku: str):
    product = shop.saleor.state.by_sku.pop(sku)
    shop.saleor.state.variants.pop(product.key)
    return product


def test_a_sku_is_linked_by_itself_and_the_link_is_kept(shop: ConnectedShop):
    one, keys = _first(shop)

    found = catalog.resolve_all(shop.connection, [keys])

    assert found.variants[one["sku_id"]].id == _variant_id(shop, one["seller_sku"])
    row = SkuLink.objects.get()
    assert (row.method, row.variant_sku) == (LinkMethod.SKU, one["seller_sku"])


def test_a_known_link_is_not_written_again(shop: ConnectedShop):
    _, keys = _first(shop)
    catalog.resolve_all(shop.connection, [keys])
    before = SkuLink.objects.get().updated_at

    catalog.resolve_all(shop.connection, [keys])

    assert SkuLink.objects.get().updated_at == before


def test_an_unknown_sku_is_listed_with_the_reason(shop: ConnectedShop):
    found = catalog.resolve_all(shop.connection, [SkuKeys("sku-x", seller_sku="NOBODY")])

    assert found.variants == {"sku-x": None}
    assert found.notes == {"sku-x": "No variant has this SKU or barcode."}
    assert SkuLink.objects.get().method == LinkMethod.MISSING


def test_a_link_by_hand_wins_and_stays(shop: ConnectedShop):
    one, keys = _first(shop)
    other = shop.tiktok.catalog()[1]["seller_sku"]
    catalog.resolve_all(shop.connection, [keys])

    catalog.link(shop.connection, one["sku_id"], _variant_id(shop, other), "anna@example.com")

    found = catalog.resolve_all(shop.connection, [keys])
    assert found.variants[one["sku_id"]].id == _variant_id(shop, other)
    entry = AuditEntry.objects.get(action="sku.link")
    assert (entry.actor, entry.subject) == ("anna@example.com", one["sku_id"])


def test_a_link_cut_by_hand_is_not_made_again(shop: ConnectedShop):
    one, keys = _first(shop)
    catalog.resolve_all(shop.connection, [keys])

    catalog.unlink(shop.connection, one["sku_id"], "anna@example.com")

    found = catalog.resolve_all(shop.connection, [keys])
    assert found.variants == {one["sku_id"]: None}
    assert catalog.recheck_missing(shop.connection) == 0


def test_a_variant_that_does_not_exist_cannot_be_linked(shop: ConnectedShop):
    with pytest.raises(InvalidInput) as caught:
        catalog.link(shop.connection, "sku-x", "UHJvZHVjdFZhcmlhbnQ6OTk5OTk=", "anna")

    assert (caught.value.code, caught.value.field) == ("VARIANT_NOT_FOUND", "variant")
    assert not SkuLink.objects.exists()


def test_a_deleted_variant_is_replaced_by_one_that_fits(shop: ConnectedShop):
    one, keys = _first(shop)
    catalog.resolve_all(shop.connection, [keys])
    product = _remove(shop, one["seller_sku"])
    assert catalog.resolve_all(shop.connection, [keys]).variants == {one["sku_id"]: None}

    shop.saleor.state.add_products([product], channels=["tiktok-us"])

    found = catalog.resolve_all(shop.connection, [keys])
    assert found.variants[one["sku_id"]].id == _variant_id(shop, one["seller_sku"])


def test_a_link_by_hand_to_a_deleted_variant_is_not_replaced(shop: ConnectedShop):
    one, keys = _first(shop)
    other = shop.tiktok.catalog()[1]["seller_sku"]
    catalog.link(shop.connection, one["sku_id"], _variant_id(shop, other), "anna")
    _remove(shop, other)

    found = catalog.resolve_all(shop.connection, [keys])

    assert found.variants == {one["sku_id"]: None}
    assert found.notes == {one["sku_id"]: "The variant it was linked to was deleted."}


def test_an_order_that_waits_for_a_link_imports_itself_once_it_is_made(shop: ConnectedShop):
    one, _ = _first(shop)
    _remove(shop, one["seller_sku"])
    order_id = shop.tiktok.create_order([(one["sku_id"], 1)], status="AWAITING_SHIPMENT")
    shop.sync(order_id)
    assert shop.job(order_id).status == "parked"
    other = shop.tiktok.catalog()[1]["seller_sku"]

    catalog.link(shop.connection, one["sku_id"], _variant_id(shop, other), "anna")
    shop.work()

    assert shop.saleor_order(order_id).lines[0].variant.sku == other


def test_all_listings_are_matched_in_advance(shop: ConnectedShop):
    jobs.enqueue("catalog.refresh", shop.connection)
    shop.work()

    listed = {one["sku_id"] for one in shop.tiktok.catalog()}
    assert {row.sku_id for row in SkuLink.objects.exclude(variant_id="")} == listed


def test_a_sku_without_seller_sku_is_found_by_its_barcode(shop: ConnectedShop):
    one, _ = _first(shop)
    product = _remove(shop, one["seller_sku"])
    product.sku = "OTHER-NAME"
    shop.saleor.state.add_products([product], channels=["tiktok-us"])

    assert catalog.refresh_links(shop.connection, shop.client) >= 1

    row = SkuLink.objects.get(sku_id=one["sku_id"])
    assert (row.method, row.variant_sku) == (LinkMethod.BARCODE, "OTHER-NAME")
