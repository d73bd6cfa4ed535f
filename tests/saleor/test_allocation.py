"""Stock set aside for imported orders: never more than there is, by Saleor's own rules."""

from __future__ import annotations

import inspect
from datetime import timedelta

import pytest
from django.utils import timezone
from saleor.channel import AllocationStrategy
from saleor.checkout.models import Checkout, CheckoutLine
from saleor.order.models import OrderLine
from saleor.plugins.manager import get_plugins_manager
from saleor.product.models import ProductVariantChannelListing
from saleor.site.models import SiteSettings
from saleor.warehouse.models import Allocation, PreorderAllocation, Reservation, Stock

from saleor_tiktok_stripe.saleor_api.in_process.adapter import InProcessSaleor
from saleor_tiktok_stripe.saleor_api.types import NewFulfillment, SaleorOrderStatus
from tests.saleor.shop import Shop, line, make_shop, order

pytestmark = pytest.mark.django_db


def create(*orders):
    return InProcessSaleor().create_orders(orders, lambda results: None)


def held(shop: Shop, variant: int = 0) -> list[tuple[int, int]]:
    """Per warehouse: units in allocations, and what the stock row says of them."""
    rows = []
    for warehouse in range(len(shop.warehouses)):
        stock = shop.stock(variant, warehouse)
        units = Allocation.objects.filter(stock=stock).values_list("quantity_allocated", flat=True)
        rows.append((sum(units), stock.quantity_allocated))
    return rows


def test_orders_of_one_batch_share_what_there_is() -> None:
    shop = make_shop(stocks=(5,))

    results = create(*[order(shop, line(shop, quantity=3)) for _ in range(3)])

    assert [result.unallocated for result in results] == [{}, {"sku-0": 1}, {"sku-0": 3}]
    assert all(result.created for result in results)
    assert held(shop) == [(5, 5)]
    assert shop.stock().quantity == 5


def test_earlier_allocations_count() -> None:
    shop = make_shop(stocks=(5,))
    create(order(shop, line(shop, quantity=4)))

    [second] = create(order(shop, line(shop, quantity=4)))

    assert second.unallocated == {"sku-0": 3}
    assert held(shop) == [(5, 5)]


def test_reservations_in_checkouts_count_while_they_last() -> None:
    shop = make_shop(stocks=(5,))
    SiteSettings.objects.update(reserve_stock_duration_anonymous_user=10)
    checkout = Checkout.objects.create(channel=shop.channel, currency="USD")
    reserve(shop, checkout, 2, timedelta(minutes=5))
    reserve(shop, checkout, 1, -timedelta(minutes=5))
    create(order(shop, line(shop, quantity=1)))

    [second] = create(order(shop, line(shop, quantity=3)))

    assert second.unallocated == {"sku-0": 1}
    assert held(shop) == [(3, 3)]


def reserve(shop: Shop, checkout: Checkout, units: int, lasts: timedelta) -> None:
    row = CheckoutLine.objects.create(
        checkout=checkout, variant=shop.variants[0], quantity=units, currency="USD"
    )
    Reservation.objects.create(
        checkout_line=row,
        stock=shop.stock(),
        quantity_reserved=units,
        reserved_until=timezone.now() + lasts,
    )


def test_warehouses_come_in_the_channels_order() -> None:
    shop = make_shop(stocks=(2, 9))

    create(order(shop, line(shop, quantity=3)))

    assert held(shop) == [(2, 2), (1, 1)]


def test_or_the_fullest_first() -> None:
    shop = make_shop(stocks=(2, 9), strategy=AllocationStrategy.PRIORITIZE_HIGH_STOCK)

    create(order(shop, line(shop, quantity=3)), order(shop, line(shop, quantity=7)))

    assert held(shop) == [(1, 1), (9, 9)]


def test_or_only_the_one_the_merchant_chose() -> None:
    shop = make_shop(stocks=(9, 2))
    chosen = shop.warehouse_id(1)

    [made] = create(order(shop, line(shop, quantity=3), warehouse_id=chosen))

    assert made.unallocated == {"sku-0": 1}
    assert held(shop) == [(0, 0), (2, 2)]


def test_warehouses_of_other_channels_are_not_touched() -> None:
    shop, other = make_shop(stocks=(1,)), make_shop(slug="other")
    Stock.objects.create(
        warehouse=other.warehouses[0], product_variant=shop.variants[0], quantity=50
    )

    [made] = create(order(shop, line(shop, quantity=3)))

    assert made.unallocated == {"sku-0": 2}


def test_nothing_is_set_aside_that_the_merchant_does_not_ship() -> None:
    shop = make_shop()
    variant = shop.variants[1]
    variant.track_inventory = False
    variant.save()

    [made] = create(order(shop, line(shop, 0, 2, allocate=False), line(shop, 1, 500)))

    assert made.unallocated == {}
    assert Allocation.objects.count() == 0


def test_only_what_has_not_left_yet_is_set_aside() -> None:
    shop = make_shop()
    create(
        order(
            shop,
            line(shop, quantity=5),
            status=SaleorOrderStatus.PARTIALLY_FULFILLED,
            fulfillments=(
                NewFulfillment("P1", {"sku-0": 1}),
                NewFulfillment("cancelled", {"sku-0": 1}, returned=True),
            ),
        )
    )

    assert held(shop) == [(3, 3)]


def test_preorders_go_by_saleors_preorder_limits() -> None:
    shop = make_shop(stocks=(5,))
    variant = shop.variants[0]
    variant.is_preorder = True
    variant.save()
    ProductVariantChannelListing.objects.filter(variant=variant).update(
        preorder_quantity_threshold=4
    )

    first, second = create(order(shop, line(shop, quantity=3)), order(shop, line(shop, quantity=3)))

    assert (first.unallocated, second.unallocated) == ({}, {"sku-0": 3})
    assert PreorderAllocation.objects.get().quantity == 3
    assert held(shop) == [(0, 0)]


def test_allocations_equal_saleors_own_for_one_order() -> None:
    """Saleor's allocator on one order of three lines, against ours."""
    from saleor.order.fetch import OrderLineInfo
    from saleor.warehouse.management import allocate_stocks

    stocks = (4, 3, 9)
    for strategy in (
        AllocationStrategy.PRIORITIZE_SORTING_ORDER,
        AllocationStrategy.PRIORITIZE_HIGH_STOCK,
    ):
        ours = make_shop(slug=f"ours-{strategy}", stocks=stocks, strategy=strategy)
        theirs = make_shop(slug=f"theirs-{strategy}", stocks=stocks, strategy=strategy)
        create(order(ours, line(ours, 0, 5), line(ours, 1, 8)))
        create(
            order(theirs, line(theirs, 0, 5, allocate=False), line(theirs, 1, 8, allocate=False))
        )
        lines = OrderLine.objects.filter(order__channel=theirs.channel).select_related("variant")
        infos = [
            OrderLineInfo(line=row, quantity=row.quantity, variant=row.variant) for row in lines
        ]
        if "site_settings" in inspect.signature(allocate_stocks).parameters:
            allocate_stocks(
                infos,
                "US",
                theirs.channel,
                SiteSettings.objects.get(),
                None,
                calculate_stocks_with_shipping_zones=False,
            )
        else:  # up to 3.22
            manager = get_plugins_manager(allow_replica=False)
            allocate_stocks(infos, "US", theirs.channel, manager)

        assert [held(ours, n) for n in (0, 1)] == [held(theirs, n) for n in (0, 1)]
