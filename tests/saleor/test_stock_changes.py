"""Which stocks and prices changed, told by row versions, on a real Saleor."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.utils import timezone
from saleor.checkout.models import Checkout, CheckoutLine
from saleor.product.models import ProductChannelListing, ProductVariantChannelListing
from saleor.warehouse.models import Reservation, Stock

from saleor_tiktok_stripe.saleor_api.ids import database_id
from saleor_tiktok_stripe.saleor_api.in_process import scanning
from saleor_tiktok_stripe.saleor_api.in_process.adapter import InProcessSaleor
from saleor_tiktok_stripe.saleor_api.types import GoodsReturn, Package, WarehouseStock
from tests.saleor.row_versions import others_are_through
from tests.saleor.shop import Shop, line, make_shop, order
from tests.saleor.test_plugin import ask, staff_token

pytestmark = pytest.mark.django_db(transaction=True)
saleor = InProcessSaleor()
SET_STOCK = """
mutation ($variant: ID!, $stocks: [StockInput!]!) {
  productVariantStocksUpdate(variantId: $variant, stocks: $stocks) { errors { code } }
}
"""
SET_PRICE = """
mutation ($variant: ID!, $input: [ProductVariantChannelListingAddInput!]!) {
  productVariantChannelListingUpdate(id: $variant, input: $input) { errors { code } }
}
"""


def changes(cursor: str, of: Callable = saleor.stock_changes) -> tuple[set[str], str]:
    """All changed variants, and where to go on."""
    others_are_through()
    found: set[str] = set()
    complete = False
    while not complete:
        page = of("tiktok-us", cursor)
        found |= set(page.variant_ids)
        cursor, complete = page.cursor, page.complete
    return found, cursor


@contextmanager
def a_transaction_of_somebody_else() -> Iterator:
    """Another session's, open until the block ends."""
    other = connection.copy()
    try:
        with other.cursor() as database:
            database.execute("BEGIN")
            yield database
            database.execute("COMMIT")
    finally:
        other.close()


def reserve(shop: Shop, variant: int, units: int, *, minutes: int = 10) -> Reservation:
    checkout = Checkout.objects.create(channel=shop.channel, currency="USD")
    row = CheckoutLine.objects.create(
        checkout=checkout, variant=shop.variants[variant], quantity=units, currency="USD"
    )
    until = timezone.now() + timedelta(minutes=minutes)
    return Reservation.objects.create(
        checkout_line=row, stock=shop.stock(variant), quantity_reserved=units, reserved_until=until
    )


def test_nothing_is_told_from_the_beginning_nor_without_a_change() -> None:
    make_shop(variants=3)

    found, cursor = changes("")
    again, _ = changes(cursor)

    assert (found, again) == (set(), set())


def test_each_kind_of_change_is_told_once_by_the_variant_it_concerns() -> None:
    shop = make_shop(variants=4, stocks=(50, 50))
    made = None
    _, cursor = changes("")

    def counted() -> None:
        stocks = [{"warehouse": shop.warehouse_id(), "quantity": 49}]
        said = ask(
            staff_token("manage_products"), SET_STOCK, variant=shop.variant_id(1), stocks=stocks
        )
        assert said["productVariantStocksUpdate"]["errors"] == []

    def ordered() -> None:
        nonlocal made
        new = order(shop, line(shop, 0, 2), line(shop, 2, 1))
        [made] = saleor.create_orders([new], lambda results: None)

    def shipped() -> None:
        saleor.fulfill(made.order_id, Package("P1", {made.line_ids["sku-2"]: 1}, "T", True))

    def came_back() -> None:
        saleor.return_goods(made.order_id, GoodsReturn("R", {made.line_ids["sku-2"]: 1}, True))

    def cancelled() -> None:
        saleor.cancel_order(made.order_id)

    def in_a_checkout() -> None:
        reserve(shop, 3, 1)

    def not_tracked() -> None:
        shop.variants[1].track_inventory = False
        shop.variants[1].save()

    def off_sale() -> None:
        rows = ProductChannelListing.objects.filter(product=shop.variants[2].product)
        rows.update(is_published=False)

    for change, concerned in (
        (counted, {1}),
        (ordered, {0, 2}),
        (shipped, {2}),
        (came_back, {2}),
        (cancelled, {0}),
        (in_a_checkout, {3}),
        (not_tracked, {1}),
        (off_sale, {2}),
    ):
        change()
        found, cursor = changes(cursor)
        assert found == {shop.variant_id(number) for number in concerned}, change.__name__
        again, cursor = changes(cursor)
        assert again == set(), change.__name__


def test_a_change_that_commits_after_the_scan_is_told_by_the_next() -> None:
    shop = make_shop(variants=3)
    _, cursor = changes("")

    with a_transaction_of_somebody_else() as database:
        sql = "UPDATE warehouse_stock SET quantity = 7 WHERE product_variant_id = %s"
        database.execute(sql, [shop.variants[0].pk])
        Stock.objects.filter(product_variant=shop.variants[1]).update(quantity=8)
        during, cursor = changes(cursor)
    after, cursor = changes(cursor)
    then, _ = changes(cursor)

    assert during == {shop.variant_id(1)}
    assert shop.variant_id(0) in after
    assert then == set()


def test_a_change_in_a_savepoint_of_a_long_transaction_is_told() -> None:
    shop = make_shop(variants=2)
    _, cursor = changes("")

    with a_transaction_of_somebody_else() as database:
        database.execute("SELECT pg_current_xact_id()")
        _, cursor = changes(cursor)
        database.execute("SAVEPOINT one")
        sql = "UPDATE warehouse_stock SET quantity = 7 WHERE product_variant_id = %s"
        database.execute(sql, [shop.variants[0].pk])
        database.execute("RELEASE one")
        _, cursor = changes(cursor)

    assert changes(cursor)[0] == {shop.variant_id(0)}


def test_frozen_and_locked_rows_are_no_changes() -> None:
    shop = make_shop(variants=2)
    _, cursor = changes("")

    with connection.cursor() as database:
        database.execute("VACUUM (FREEZE) warehouse_stock")
        database.execute("SELECT 1 FROM warehouse_stock FOR UPDATE")

    assert changes(cursor)[0] == set()
    assert shop.stock().quantity == 100


def test_a_warehouse_given_to_the_channel_brings_its_variants() -> None:
    shop = make_shop(variants=2)
    other = make_shop(slug="other", variants=1)
    Stock.objects.create(
        warehouse=other.warehouses[0], product_variant=shop.variants[1], quantity=5
    )
    _, cursor = changes("")

    other.warehouses[0].channels.add(shop.channel)

    found, _ = changes(cursor)
    assert shop.variant_id(1) in found
    assert shop.variant_id(0) not in found


def test_stocks_of_other_channels_are_not_told() -> None:
    make_shop(variants=2)
    other = make_shop(slug="other", variants=1)
    _, cursor = changes("")

    Stock.objects.filter(warehouse=other.warehouses[0]).update(quantity=1)

    assert changes(cursor)[0] == set()


def test_many_changes_come_in_pages_and_none_is_left_out(monkeypatch) -> None:
    monkeypatch.setattr(scanning, "PAGE", 3)
    shop = make_shop(variants=8)
    _, cursor = changes("")
    Stock.objects.update(quantity=5)

    pages = []
    for number in range(3):
        page = saleor.stock_changes("tiktok-us", cursor)
        pages.append((len(page.variant_ids), page.complete))
        cursor = page.cursor
        if number == 0:  # meanwhile: one already told, one still to come
            Stock.objects.filter(product_variant__in=shop.variants[:1]).update(quantity=4)
    after, cursor = changes(cursor)

    assert pages == [(3, False), (3, False), (2, True)]
    assert after >= {shop.variant_id(0)}
    assert changes(cursor)[0] == set()


@pytest.mark.parametrize("cursor", ['{"horizon": 99999999999}', '{"horizon": 0}'])
def test_a_cursor_that_is_not_of_this_database_brings_every_variant(cursor) -> None:
    shop = make_shop(variants=3)

    found, then = changes(cursor)

    assert found == {shop.variant_id(number) for number in range(3)}
    assert changes(then)[0] == set()


@pytest.mark.parametrize("what", ["stock", "warehouse", "listing"])
def test_after_something_was_taken_away_every_variant_is_looked_at_once(what) -> None:
    shop = make_shop(variants=3, stocks=(5, 5))
    _, cursor = changes("")

    if what == "stock":
        shop.stock(1, 0).delete()
    elif what == "warehouse":
        shop.warehouses[1].channels.remove(shop.channel)
    else:
        ProductVariantChannelListing.objects.filter(variant=shop.variants[1]).delete()

    found, cursor = changes(cursor)
    assert found == {shop.variant_id(number) for number in range(3)}
    assert changes(cursor)[0] == set()


def test_a_new_stock_hides_no_lost_one() -> None:
    shop = make_shop(variants=3)
    _, cursor = changes("")

    shop.stock(0).delete()
    Stock.objects.create(warehouse=shop.warehouses[0], product_variant=shop.variants[0], quantity=1)

    assert len(changes(cursor)[0]) == 3


def test_stock_is_what_is_there_allocated_and_reserved_in_each_warehouse() -> None:
    shop = make_shop(variants=3, stocks=(10, 20))
    make_shop(slug="other", variants=1)
    saleor.create_orders([order(shop, line(shop, 0, 3))], lambda results: None)
    reserve(shop, 0, 2)
    reserve(shop, 0, 4, minutes=-1)
    ProductChannelListing.objects.filter(product=shop.variants[1].product).update(
        available_for_purchase_at=timezone.now() + timedelta(days=1)
    )
    shop.variants[1].track_inventory = False
    shop.variants[1].save()
    Stock.objects.filter(product_variant=shop.variants[2]).delete()

    found = saleor.stock("tiktok-us", [shop.variant_id(n) for n in range(3)] + ["nonsense"])

    first, second, third = (found[shop.variant_id(number)] for number in range(3))
    assert len(found) == 3
    assert dict(first.warehouses) == {
        "tiktok-us-0": WarehouseStock(10, 3, 2),
        "tiktok-us-1": WarehouseStock(20, 0, 0),
    }
    assert (first.tracks_inventory, first.sellable) == (True, True)
    assert (second.tracks_inventory, second.sellable) == (False, False)
    assert (dict(third.warehouses), third.sellable) == ({}, True)


def test_stock_of_a_thousand_variants_is_one_query(django_assert_num_queries) -> None:
    shop = make_shop(variants=20)
    ids = [shop.variant_id(number) for number in range(20)]

    with django_assert_num_queries(2):  # the channel, the stock
        assert len(saleor.stock("tiktok-us", ids)) == 20


def test_prices_and_their_changes() -> None:
    shop = make_shop(variants=3)
    _, cursor = changes("", saleor.price_changes)
    prices = [{"channelId": saleor.channel("tiktok-us").id, "price": "12.50"}]
    ask(staff_token("manage_products"), SET_PRICE, variant=shop.variant_id(1), input=prices)
    edited, cursor = changes(cursor, saleor.price_changes)
    listing = ProductVariantChannelListing.objects.filter(variant=shop.variants[2])
    listing.update(discounted_price_amount=Decimal("7.25"))
    promoted, cursor = changes(cursor, saleor.price_changes)
    Stock.objects.update(quantity=1)
    counted, _ = changes(cursor, saleor.price_changes)

    found = saleor.prices("tiktok-us", [shop.variant_id(n) for n in range(3)] + ["nonsense"])

    assert (edited, promoted, counted) == ({shop.variant_id(1)}, {shop.variant_id(2)}, set())
    assert {(p.price, p.discounted, p.currency) for p in found.values()} == {
        (Decimal("10.000"), Decimal("10.000"), "USD"),
        (Decimal("12.500"), Decimal("12.500"), "USD"),
        (Decimal("10.000"), Decimal("7.250"), "USD"),
    }
    assert database_id("ProductVariant", shop.variant_id(0)) == shop.variants[0].pk


def test_variants_not_listed_in_the_channel_have_no_price() -> None:
    shop = make_shop(variants=2)
    ProductVariantChannelListing.objects.filter(variant=shop.variants[0]).delete()
    ProductVariantChannelListing.objects.update(price_amount=None)

    assert saleor.prices("tiktok-us", [shop.variant_id(0), shop.variant_id(1)]) == {}
