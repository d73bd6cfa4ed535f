"""Generated shops: money that adds up in every market, ids, masking, determinism, size."""

from __future__ import annotations

import json
import time
from decimal import Decimal

import pytest

from saleor_tiktok_stripe.sandbox.tiktok import Mix, catalog, ids, render
from saleor_tiktok_stripe.sandbox.tiktok.plan import DAY, SPREAD, STATUSES
from saleor_tiktok_stripe.sandbox.tiktok.regions import REGIONS
from saleor_tiktok_stripe.sandbox.tiktok.shop import Shop, ShopSpec

START = 1_795_000_000
EVERYTHING = Mix(
    whole_range=500, sample=60, lottery=60, pre_order=60, gift=200, bundle=200, split=500,
    partial_cancel=300, cancel_request=300, returned=300, payment_discount=200, pfand=500,
)  # fmt: skip
NOT_CASH = {"currency", "id", "line_items"}
FEES = (
    "retail_delivery_fee", "buyer_service_fee", "small_order_fee", "handling_fee",
    "shipping_insurance_fee", "item_insurance_fee", "item_insurance_tax",
    "payment_discount_service_fee",
)  # fmt: skip


def make_shop(region="US", orders=300, seed=3, **options):
    return Shop(ShopSpec(1, seed, orders, START, region, mix=EVERYTHING, **options))


def rendered(shop):
    return [render.order(o, shop.warehouse_id(o), START) for o in shop.all_orders()]


def total(lines, name):
    return sum(Decimal(line.get(name, "0")) for line in lines)


@pytest.fixture(scope="module", params=sorted(REGIONS))
def market(request):
    shop = make_shop(request.param, 250)
    return shop, rendered(shop)


def test_payment_block_adds_up(market):
    for order in market[1]:
        pay = {k: Decimal(v) for k, v in order["payment"].items() if k != "currency"}
        assert pay["sub_total"] == (
            pay["original_total_product_price"] - pay["seller_discount"] - pay["platform_discount"]
        )
        assert pay["shipping_fee"] == (
            pay["original_shipping_fee"]
            - pay["shipping_fee_seller_discount"]
            - pay["shipping_fee_platform_discount"]
        )
        assert pay["tax"] == pay["product_tax"] + pay["shipping_fee_tax"]
        fees = sum(pay[name] for name in FEES) + total(order["line_items"], "pfand_fee")
        assert pay["total_amount"] == (
            pay["sub_total"]
            + pay["shipping_fee"]
            + pay["tax"]
            + fees
            - pay["payment_platform_discount"]
        )


def test_lines_add_up_to_the_payment_block(market):
    sums = {
        "original_total_product_price": "original_price",
        "sub_total": "sale_price",
        "seller_discount": "seller_discount",
        "platform_discount": "platform_discount",
        "retail_delivery_fee": "retail_delivery_fee",
        "small_order_fee": "small_order_fee",
        "buyer_service_fee": "buyer_service_fee",
    }
    for order in market[1]:
        lines = order["line_items"]
        for whole, part in sums.items():
            assert Decimal(order["payment"][whole]) == total(lines, part)
        for line in lines:
            assert Decimal(line["sale_price"]) == (
                Decimal(line["original_price"])
                - Decimal(line["seller_discount"])
                - Decimal(line["platform_discount"])
            )
        taxes = sum(Decimal(tax["tax_amount"]) for line in lines for tax in line["item_tax"])
        assert Decimal(order["payment"]["product_tax"]) == taxes


def test_amounts_are_unpadded_and_fit_the_currency(market):
    shop, orders = market
    for order in orders:
        for name, amount in order["payment"].items():
            if name == "currency":
                assert amount == shop.region.currency
                continue
            places = amount.partition(".")[2]
            assert len(places) <= shop.region.exponent
            assert not places.endswith("0")
            assert "." not in amount or places


def test_tax_is_on_top_in_the_us_and_inside_elsewhere(market):
    shop, orders = market
    taxed = sum(Decimal(order["payment"]["tax"]) for order in orders)

    assert (taxed > 0) == (shop.region.code == "US")


def test_the_markets_own_fees_occur(market):
    shop, orders = market
    own = {
        "US": "retail_delivery_fee",
        "TH": "small_order_fee",
        "ID": "buyer_service_fee",
        "MY": "item_insurance_fee",
    }.get(shop.region.code)
    for name in ("retail_delivery_fee", "small_order_fee", "buyer_service_fee"):
        assert any(o["payment"][name] != "0" for o in orders) == (own == name)
    if shop.region.code == "ID":
        assert any(order["payment"]["handling_fee"] != "0" for order in orders)
        assert any(order["payment"]["shipping_insurance_fee"] != "0" for order in orders)


def test_price_detail_follows_its_rules(market):
    for order in list(market[0].all_orders())[:60]:
        detail = render.price_detail(order)
        for block in (detail, *detail["line_items"]):
            cash = {k: Decimal(v) for k, v in block.items() if k not in NOT_CASH}
            assert cash["sku_sale_price"] == (
                cash["sku_list_price"]
                - cash["subtotal_deduction_seller"]
                - cash["subtotal_deduction_platform"]
            )
            assert cash["subtotal"] == cash["sku_sale_price"] + cash["subtotal_tax_amount"]
        small = sum(line.small_order_fee for line in order.lines)
        exponent = market[0].region.exponent
        assert Decimal(detail["payment"]) == (
            Decimal(detail["sku_sale_price"])
            + Decimal(detail["shipping_sale_price"])
            + Decimal(detail["tax_amount"])
            + Decimal(small).scaleb(-exponent)
        )


def test_ids_are_texts_of_18_or_19_digits_and_unique(market):
    seen = [order["id"] for order in market[1]]
    seen += [line["id"] for order in market[1] for line in order["line_items"]]
    seen += [package["id"] for order in market[1] for package in order["packages"]]

    assert all(text.isdigit() and len(text) in {18, 19} for text in seen)
    assert len(set(seen)) == len(seen)


def test_states_of_order_lines_and_packages_agree(market):
    for order in market[1]:
        states = {ln["display_status"] for ln in order["line_items"]} - {"CANCELLED"}
        packages = {package["id"] for package in order["packages"]}
        assert {ln["package_id"] for ln in order["line_items"]} - {""} == packages
        if order["status"] == "CANCELLED":
            assert not states
        elif order["status"] == "PARTIALLY_SHIPPING":
            assert states == {"AWAITING_SHIPMENT", "AWAITING_COLLECTION"}
        elif order["status"] == "ON_HOLD":
            assert states == {"AWAITING_SHIPMENT"}
        else:
            assert states == {order["status"]}


def test_every_kind_of_order_occurs():
    orders = rendered(make_shop("US", 600)) + rendered(make_shop("TH", 300))
    lines = [line for order in orders for line in order["line_items"]]

    assert {order["status"] for order in orders} == set(STATUSES)
    assert {o["order_type"] for o in orders} == {"NORMAL", "ZERO_LOTTERY", "PRE_ORDER"}
    assert {o["fulfillment_type"] for o in orders} == {
        "FULFILLMENT_BY_SELLER",
        "FULFILLMENT_BY_TIKTOK",
    }
    assert {order["shipping_type"] for order in orders} == {"SELLER", "TIKTOK"}
    assert any(order["is_cod"] for order in orders)
    assert any(len(order["packages"]) == 2 for order in orders)
    assert any(order["is_buyer_request_cancel"] for order in orders)
    partly = [o for o in orders if o["status"] != "CANCELLED"]
    assert any(ln["display_status"] == "CANCELLED" for o in partly for ln in o["line_items"])
    assert any(line["combined_listing_skus"] for line in lines)
    gifts = [line for line in lines if line["is_gift"]]
    assert gifts
    assert {gift["sale_price"] for gift in gifts} == {"0"}
    samples = [order for order in orders if order["is_sample_order"]]
    assert samples
    assert {order["payment"]["sub_total"] for order in samples} == {"0"}


def test_a_tiny_shop_has_every_status():
    shop = Shop(ShopSpec(1, 5, 10, START))

    assert all(shop.status_counts()[status] >= 1 for status in STATUSES)


def test_same_seed_same_shop_and_other_seed_another():
    first, again = rendered(make_shop(seed=4)), rendered(make_shop(seed=4))

    assert first == again
    assert first != rendered(make_shop(seed=5))


def test_orders_lie_in_the_90_days_before_the_start():
    shop = make_shop("GB", 500)

    for order in shop.all_orders():
        assert START - SPREAD <= order.create_time <= order.update_time < START


def test_catalog_is_the_same_in_every_market_but_for_the_price():
    american, japanese = catalog(9), catalog(9, region="JP")

    same = [(sku.sku_id, sku.seller_sku, sku.barcode) for sku in american]
    assert same == [(sku.sku_id, sku.seller_sku, sku.barcode) for sku in japanese]
    assert len({sku.seller_sku for sku in american}) == len(american)
    assert all(sku.linked and sku.seller_sku and sku.price > 0 for sku in american)
    assert all(sku.price == int(sku.price) for sku in japanese)
    assert american[-1].bundle


def test_unlinked_skus_only_when_asked_for():
    skus = catalog(9, products=40, unlinked_share=0.3)
    unlinked = [sku for sku in skus if not sku.linked]

    assert 0.1 < len(unlinked) / len(skus) < 0.5
    assert {sku.seller_sku == "" for sku in unlinked} == {True, False}


def test_addresses_are_masked_by_state_and_shipping_type():
    shop = make_shop("US", 500)
    for order, made in zip(rendered(shop), shop.all_orders(), strict=True):
        address = order["recipient_address"]
        old = made.status == "COMPLETED" and START - made.end_time > 30 * DAY
        masked = order["shipping_type"] == "TIKTOK" or order["status"] == "CANCELLED" or old
        if order["status"] in {"UNPAID", "ON_HOLD"}:
            assert address["name"] == ""
            assert "district_info" not in address
        else:
            assert ("*" in address["full_address"]) == masked
            assert ("*" in address["phone_number"]) == masked
        assert address["region_code"] == "US"
        assert order["buyer_email"].endswith("@chat.seller.tiktok.com")


def test_a_list_of_ids_leads_back_to_the_orders():
    shop = make_shop("US", 50)

    assert [shop.find(order.id).index for order in shop.all_orders()] == list(range(50))
    assert shop.find("576461413038785752") is None
    assert shop.find("not a number") is None
    assert shop.find(ids.order_id(1, 50)) is None


def test_a_large_shop_starts_fast_and_keeps_no_bodies():
    begun = time.process_time()
    shop = Shop(ShopSpec(1, 1, 50_000, START))

    # A million orders are promised in 30 s, so 50,000 must take 1.5 s of processor time.
    assert time.process_time() - begun < 1.5
    assert sum(shop.status_counts().values()) == 50_000
    assert shop.changed == {}
    assert json.dumps(render.order(shop.order(31_415), "1", START))
