"""Channels, variants and orders as feature rooms see them, read from a real Saleor."""

from __future__ import annotations

from decimal import Decimal

import pytest
from saleor.attribute import AttributeInputType, AttributeType
from saleor.attribute.models import Attribute, AttributeValue
from saleor.attribute.utils import associate_attribute_values_to_instance
from saleor.product.models import ProductVariantChannelListing

from saleor_tiktok_stripe.errors import Parked
from saleor_tiktok_stripe.saleor_api.ids import database_id, global_id
from saleor_tiktok_stripe.saleor_api.in_process.adapter import InProcessSaleor
from saleor_tiktok_stripe.saleor_api.types import SaleorOrderStatus
from tests.saleor.shop import BUYER, Shop, line, make_shop, order

pytestmark = pytest.mark.django_db
saleor = InProcessSaleor()


def found(shop: Shop, **keys) -> list[str]:
    return [variant.sku for variant in saleor.find_variants(shop.channel.slug, **keys)]


def with_barcode_attribute(shop: Shop, variant: int, code: str) -> None:
    row = shop.variants[variant]
    attribute = Attribute.objects.create(
        slug="ean",
        name="EAN",
        type=AttributeType.PRODUCT_TYPE,
        input_type=AttributeInputType.PLAIN_TEXT,
    )
    row.product.product_type.variant_attributes.add(attribute)
    value = AttributeValue.objects.create(
        attribute=attribute, name=code, slug=f"{row.pk}_ean", plain_text=code
    )
    associate_attribute_values_to_instance(row, {attribute.pk: [value]})


def test_a_channel_with_its_warehouses() -> None:
    shop = make_shop(stocks=(1, 2))

    channel = saleor.channel("tiktok-us")

    assert (channel.slug, channel.currency, channel.default_country) == ("tiktok-us", "USD", "US")
    assert channel.is_active
    assert [w.slug for w in channel.warehouses] == ["tiktok-us-0", "tiktok-us-1"]
    assert channel.warehouses[0].id == shop.warehouse_id(0)
    with pytest.raises(Parked, match="CHANNEL_NOT_FOUND"):
        saleor.channel("gone")


def test_variants_are_found_by_any_key_each_once() -> None:
    shop = make_shop(variants=4)
    shop.variants[2].metadata = {"gtin": "978-3-16-148410-0", "other": "1"}
    shop.variants[2].save()
    with_barcode_attribute(shop, 3, "4006381 333931")

    assert found(shop, skus=["tiktok-us-0", "unknown"]) == ["tiktok-us-0"]
    assert found(shop, external_references=["erp-tiktok-us-1"]) == ["tiktok-us-1"]
    assert found(shop, barcodes=["9783161484100"]) == ["tiktok-us-2"]
    assert found(shop, barcodes=["4006381-333931", ""]) == ["tiktok-us-3"]
    assert found(shop, ids=[shop.variant_id(0), "nonsense"]) == ["tiktok-us-0"]
    assert found(shop) == []
    assert found(
        shop,
        skus=["tiktok-us-0", "tiktok-us-2"],
        external_references=["erp-tiktok-us-0"],
        barcodes=["9783161484100"],
    ) == ["tiktok-us-0", "tiktok-us-2"]


def test_a_variant_tells_what_linking_needs() -> None:
    shop = make_shop()
    variant = shop.variants[0]
    variant.metadata = {"ean": "978-3"}
    variant.save()
    ProductVariantChannelListing.objects.filter(variant=shop.variants[1]).delete()

    first, second = saleor.find_variants("tiktok-us", skus=["tiktok-us-0", "tiktok-us-1"])

    assert (first.id, first.barcodes, first.in_channel) == (shop.variant_id(0), ("9783",), True)
    assert (first.product_name, first.variant_name) == ("Article 0", "Size 0")
    assert first.product_id == global_id("Product", variant.product_id)
    assert (second.barcodes, second.in_channel, second.track_inventory) == ((), False, True)


def test_a_thousand_keys_take_few_queries(django_assert_max_num_queries) -> None:
    shop = make_shop(variants=20)
    keys = [f"tiktok-us-{number}" for number in range(1000)]

    with django_assert_max_num_queries(5):
        assert len(found(shop, skus=keys, barcodes=[str(number) for number in range(1000)])) == 20


def test_orders_are_read_in_few_queries(django_assert_max_num_queries) -> None:
    shop = make_shop()
    new = [order(shop, line(shop, 0, 2), line(shop, 1)) for _ in range(30)]
    made = saleor.create_orders(new, lambda results: None)

    with django_assert_max_num_queries(9):
        states = saleor.orders([result.order_id for result in made] + ["nonsense"])

    assert len(states) == 30
    one = states[made[0].order_id]
    assert one.external_reference == new[0].external_reference
    assert (one.status, one.currency, one.number) == (
        SaleorOrderStatus.UNFULFILLED,
        "USD",
        made[0].number,
    )
    assert (one.total_gross, one.shipping_gross, one.charged) == (35, 5, 35)
    assert [
        (row.id, row.sku, row.quantity, row.quantity_to_fulfill, row.quantity_allocated)
        for row in one.lines
    ] == [
        (made[0].line_ids["sku-0"], "tiktok-us-0", 2, 2, 2),
        (made[0].line_ids["sku-1"], "tiktok-us-1", 1, 1, 1),
    ]
    assert one.lines[0].total_gross == Decimal(20)
    assert one.transactions[0].psp_reference == new[0].external_reference
    assert one.shipping_address == BUYER


def test_orders_are_found_by_reference() -> None:
    shop = make_shop()
    new = order(shop)
    [made] = saleor.create_orders([new], lambda results: None)

    assert saleor.find_orders([new.external_reference, "unknown"]) == {
        new.external_reference: made.order_id
    }


def test_ids_of_other_things_are_no_ids() -> None:
    assert database_id("ProductVariant", global_id("ProductVariant", "7")) == 7
    assert database_id("ProductVariant", global_id("ProductVariant", str(2**31))) is None
    assert database_id("Order", global_id("Order", "7")) is None
    assert database_id("Order", global_id("OrderLine", "7")) is None
    assert database_id("Order", global_id("Order", "x")) is None
    assert database_id("Order", "§") is None
