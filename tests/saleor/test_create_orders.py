"""What `create_orders` writes, finds again and refuses, on a real Saleor."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from saleor.account.models import Address, User
from saleor.order.models import Fulfillment, Order, OrderEvent, OrderGrantedRefund, OrderLine
from saleor.order.search import update_order_search_vector
from saleor.order.utils import updates_amounts_for_order
from saleor.payment.models import TransactionItem
from saleor.payment.transaction_item_calculations import recalculate_transaction_amounts
from saleor.tax.models import TaxConfigurationPerCountry
from saleor.warehouse.models import Allocation

from saleor_tiktok_stripe.errors import Parked, VendorBug
from saleor_tiktok_stripe.saleor_api.ids import global_id
from saleor_tiktok_stripe.saleor_api.in_process.adapter import InProcessSaleor
from saleor_tiktok_stripe.saleor_api.types import (
    CreatedOrder,
    NewFulfillment,
    NewTransaction,
    SaleorOrderStatus,
)
from tests.saleor.shop import BUYER, line, make_shop, order

pytestmark = pytest.mark.django_db
SHIPPED_AT = datetime(2026, 11, 3, 9, 0, tzinfo=UTC)


def create(*orders) -> list[CreatedOrder]:
    return InProcessSaleor().create_orders(orders, lambda results: None)


def event_types(reference: str) -> list[str]:
    events = OrderEvent.objects.filter(order__external_reference=reference).order_by("pk")
    return list(events.values_list("type", flat=True))


def test_results_come_in_the_order_given_and_are_recorded_once() -> None:
    shop = make_shop()
    orders = [order(shop), order(shop), order(shop)]
    recorded: list[list[CreatedOrder]] = []

    results = InProcessSaleor().create_orders(orders, recorded.append)

    assert recorded == [results]
    assert [r.external_reference for r in results] == [o.external_reference for o in orders]
    rows = {row.external_reference: row for row in Order.objects.all()}
    for result in results:
        row = rows[result.external_reference]
        assert (result.order_id, result.number) == (global_id("Order", row.pk), str(row.number))
        assert result.created
        assert result.error == ""
        assert result.line_ids == {"sku-0": global_id("OrderLine", row.lines.get().pk)}


def test_an_order_that_exists_is_found_with_its_lines_and_not_written_again() -> None:
    shop = make_shop()
    first = order(shop, line(shop, 0, 2), line(shop, 1, 1))
    [made] = create(first)

    again, other = create(first, order(shop))

    assert again == replace(made, created=False)
    assert other.created
    assert Order.objects.count() == 2
    assert Allocation.objects.count() == 3
    assert shop.stock(0).quantity_allocated == 3


def test_fifty_orders_take_few_queries(django_assert_max_num_queries) -> None:
    shop = make_shop(stocks=(1000,))
    create(order(shop))
    orders = [order(shop, line(shop, 0), line(shop, 1, 2)) for _ in range(50)]

    with django_assert_max_num_queries(30):
        create(*orders)

    assert Order.objects.count() == 51


def test_more_than_fifty_orders_or_one_twice_are_our_mistake() -> None:
    shop = make_shop()
    one = order(shop)

    with pytest.raises(VendorBug, match="BAD_BATCH"):
        create(*[order(shop) for _ in range(51)])
    with pytest.raises(VendorBug, match="BAD_BATCH"):
        create(one, one)
    with pytest.raises(VendorBug, match="SEVERAL_CHANNELS"):
        create(one, order(make_shop(slug="other")))

    assert Order.objects.count() == 0


def test_a_channel_that_is_gone_parks_the_batch() -> None:
    shop = make_shop()

    with pytest.raises(Parked) as parked:
        create(order(shop, channel_slug="gone"))

    assert parked.value.problem.code == "CHANNEL_NOT_FOUND"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"currency": "EUR"}, "The order is in EUR, the channel sells in USD."),
        ({"lines": ()}, "The order has no lines."),
        ({"status": SaleorOrderStatus.DRAFT}, "An order cannot be imported with the status DRAFT."),
        ({"status": SaleorOrderStatus.FULFILLED}, "0 of 1 units have been shipped."),
        ({"created_at": datetime(2026, 11, 1)}, "The order's date has no time zone."),  # noqa: DTZ001
        ({"warehouse_id": "V2FyZWhvdXNlOjE="}, "The warehouse that was chosen"),
        ({"shipping_gross": Decimal("4.99")}, "Shipping has a net price above its gross price."),
        ({"shipping_tax_rate": Decimal(11)}, "Shipping has the tax rate 11."),
        ({"external_reference": "x" * 251}, "external reference is over 250 characters long."),
        ({"external_reference": ""}, "The order has no external reference."),
        ({"customer_note": "a\x00b"}, "The order holds a NUL character"),
        ({"metadata": {"k": "\x00"}}, "The order holds a NUL character"),
        ({"shipping_address": replace(BUYER, country="XX")}, "shipping address names no country"),
        ({"billing_address": replace(BUYER, city="x" * 257)}, "billing address's city is over 256"),
        ({"granted_refund": Decimal(-1)}, "The granted refund has the amount -1."),
    ],
)
def test_a_bad_order_is_refused_in_words_and_the_others_go_on(changes, reason) -> None:
    shop = make_shop()
    bad, good = order(shop, **changes), order(shop)

    refused, made = create(bad, good)

    assert reason in refused.error
    assert (refused.created, refused.order_id, refused.number) == (False, "", "")
    assert made.created
    assert Order.objects.count() == 1
    assert Address.objects.count() == 3  # the good order's two and the warehouse's


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"quantity": 0}, "Line sku-0 has the quantity 0."),
        ({"variant_id": global_id("ProductVariant", 999999)}, "a variant that does not exist"),
        ({"variant_id": "nonsense"}, "a variant that does not exist"),
        ({"variant_id": None, "product_name": ""}, "neither a variant nor a product name"),
        ({"unit_gross": Decimal("NaN")}, "Line sku-0 has the amount NaN."),
        ({"unit_net": Decimal("10.01")}, "Line sku-0 has a net price above its gross price."),
        ({"unit_net": Decimal("9.999")}, "finer than the currency's smallest coin: 9.999."),
        ({"undiscounted_unit_gross": Decimal("11.00"), "undiscounted_unit_net": Decimal("9.00")},
         "Line sku-0 costs more after its discount than before."),
        ({"sku": "x" * 256}, "The SKU of line sku-0 is over 255 characters long."),
    ],
)  # fmt: skip
def test_a_bad_line_refuses_its_order(changes, reason) -> None:
    shop = make_shop()

    [refused] = create(order(shop, line(shop, **changes), transactions=()))

    assert reason in refused.error
    assert Order.objects.count() == 0


def test_sums_that_do_not_close_refuse_the_order() -> None:
    shop = make_shop()
    good = order(shop)
    short = replace(good.transactions[0], charged=Decimal("14.99"))

    [refused] = create(replace(good, transactions=(short,)))

    assert refused.error == "Lines and shipping come to 15.00 USD, the payments to 14.99."
    assert Order.objects.count() == 0


def test_what_only_the_database_refuses_keeps_out_that_order_alone() -> None:
    shop = make_shop()
    good = order(shop)
    bad = order(shop, line(shop, price="900000000000000.00", quantity=1000), transactions=())

    refused, made = create(bad, good)

    assert refused.error == "Saleor's database refused the order (DataError)."
    assert made.created
    assert list(Order.objects.values_list("external_reference", flat=True)) == [
        good.external_reference
    ]


def test_prices_discounts_and_taxes_are_kept_to_the_cent() -> None:
    shop = make_shop()
    goods = line(
        shop,
        quantity=3,
        unit_net=Decimal("9.09"),
        unit_gross=Decimal("10.00"),
        undiscounted_unit_net=Decimal("10.91"),
        undiscounted_unit_gross=Decimal("12.00"),
        tax_rate=Decimal("0.1"),
        discount_reason="Seller discount",
    )
    new = order(shop, goods, undiscounted_shipping_gross=Decimal("8.00"))

    create(new)

    row = Order.objects.get()
    assert (row.subtotal_net_amount, row.subtotal_gross_amount) == (
        Decimal("27.270"),
        Decimal("30.000"),
    )
    assert (row.total_net_amount, row.total_gross_amount) == (Decimal("32.270"), Decimal("35.000"))
    assert row.undiscounted_total_gross_amount == Decimal("44.000")
    assert row.undiscounted_base_shipping_price_amount == Decimal("8.000")
    made = OrderLine.objects.get()
    assert made.base_unit_price_amount == Decimal("10.000")
    assert made.unit_discount_amount == Decimal("2.000")
    assert made.discounts.get().amount_value == Decimal("6.000")
    assert made.tax_class == shop.tax_class


def test_transactions_add_up_again_when_saleor_recalculates_them() -> None:
    shop = make_shop()
    tiktok = NewTransaction(
        "TikTok Shop", "", "T1", Decimal("7.00"), Decimal("5.00"), Decimal("0.00")
    )
    platform = NewTransaction(
        "TikTok Shop platform discount", "", "T2", Decimal("2.00"), Decimal(0), Decimal("1.00")
    )
    create(order(shop, transactions=(tiktok, platform)))
    row = Order.objects.get()
    before = (row.total_charged_amount, row.total_authorized_amount, row.charge_status)

    for item in TransactionItem.objects.order_by("pk"):
        recalculate_transaction_amounts(item)
    updates_amounts_for_order(row)

    row.refresh_from_db()
    assert before == (Decimal(9), Decimal(1), "partial")
    assert (row.total_charged_amount, row.total_authorized_amount, row.charge_status) == before
    amounts = TransactionItem.objects.order_by("pk").values_list(
        "charged_value", "refunded_value", "authorized_value"
    )
    assert list(amounts) == [(7, 5, 0), (2, 0, 1)]


def test_late_orders_come_with_their_packages_and_touch_no_stock() -> None:
    shop = make_shop()
    new = order(
        shop,
        line(shop, 0, 3, allocate=False),
        line(shop, 1, 1, allocate=False),
        status=SaleorOrderStatus.FULFILLED,
        fulfillments=(
            NewFulfillment("P1", {"sku-0": 2}, "TRACK1", SHIPPED_AT, metadata={"tiktok.x": "y"}),
            NewFulfillment("P2", {"sku-1": 1}),
            NewFulfillment("cancelled", {"sku-0": 1}, returned=True),
        ),
    )

    [made] = create(new)

    assert made.unallocated == {}
    packages = list(Fulfillment.objects.order_by("fulfillment_order"))
    assert [(p.fulfillment_order, p.status) for p in packages] == [
        (1, "fulfilled"),
        (2, "fulfilled"),
        (3, "returned"),
    ]
    assert packages[0].tracking_number == "TRACK1"
    assert packages[0].created_at == SHIPPED_AT
    assert packages[0].metadata == {"tiktok.package_id": "P1", "tiktok.x": "y"}
    assert [line.stock for package in packages for line in package.lines.all()] == [None] * 3
    assert list(OrderLine.objects.order_by("pk").values_list("quantity_fulfilled", flat=True)) in (
        [3, 1],
        [1, 3],
    )
    assert (shop.stock(0).quantity, shop.stock(0).quantity_allocated) == (100, 0)
    assert Allocation.objects.count() == 0
    assert event_types(new.external_reference) == [
        "placed",
        "order_fully_paid",
        "confirmed",
        "fulfillment_fulfilled_items",
        "tracking_updated",
        "fulfillment_fulfilled_items",
        "fulfillment_returned",
    ]


def test_packages_that_do_not_fit_the_order_refuse_it() -> None:
    shop = make_shop()
    shipped = SaleorOrderStatus.FULFILLED
    too_many = order(shop, status=shipped, fulfillments=(NewFulfillment("P", {"sku-0": 2}),))
    unknown = order(shop, status=shipped, fulfillments=(NewFulfillment("P", {"other": 1}),))

    first, second = create(too_many, unknown)

    assert first.error == "Packages hold 2 units of line sku-0, ordered 1."
    assert second.error == "Package P holds 1 of an unknown line other."


def test_a_granted_refund_lowers_what_is_due() -> None:
    shop = make_shop()
    paid = NewTransaction("TikTok Shop", "", "T1", Decimal("10.00"), Decimal("5.00"), Decimal(0))

    create(order(shop, transactions=(paid,), granted_refund=Decimal("5.00")))

    assert OrderGrantedRefund.objects.get().amount_value == Decimal(5)
    assert Order.objects.get().charge_status == "full"


def test_zero_price_orders_and_placeholder_lines_are_orders_too() -> None:
    shop = make_shop()
    sample = line(shop, price="0.00", variant_id=None, sku="unlinked", key="unlinked")

    [made] = create(order(shop, sample, shipping="0.00"))

    row = OrderLine.objects.get()
    assert made.created
    assert made.unallocated == {}
    assert (row.variant, row.product_sku, row.is_shipping_required) == (None, "unlinked", True)
    assert row.order.charge_status == "full"


def test_unpaid_unconfirmed_and_cancelled_orders_keep_their_state() -> None:
    shop = make_shop()
    held = order(shop, transactions=(), status=SaleorOrderStatus.UNCONFIRMED)
    cancelled = order(shop, status=SaleorOrderStatus.CANCELED)

    create(held, cancelled)

    statuses = dict(Order.objects.values_list("external_reference", "status"))
    assert statuses == {
        held.external_reference: "unconfirmed",
        cancelled.external_reference: "canceled",
    }
    assert event_types(held.external_reference) == ["placed"]
    assert event_types(cancelled.external_reference)[-1] == "canceled"
    assert shop.stock(0).quantity_allocated == 1  # the held one; Saleor allocates those too


def test_buyers_make_no_customers_but_known_customers_get_their_orders() -> None:
    shop = make_shop()
    known = User.objects.create(email="ada@example.com", first_name="Ada")

    create(order(shop), order(shop, email="ada@example.com"), order(shop, email="ada@example.com"))

    assert list(User.objects.all()) == [known]
    known.refresh_from_db()
    assert known.number_of_orders == 2
    assert Order.objects.filter(user=known).count() == 2
    assert Order.objects.filter(user_email="v1abc@scs.tiktokw.us", user=None).count() == 1


def test_masked_phones_and_names_do_not_stop_an_order() -> None:
    shop = make_shop()
    masked = replace(BUYER, first_name="A***", phone="(+1)650*****00")

    create(order(shop, shipping_address=masked, billing_address=None))

    row = Order.objects.get()
    assert (row.shipping_address.first_name, str(row.shipping_address.phone)) == ("A***", "")
    assert row.shipping_address.validation_skipped
    assert row.billing_address.first_name == "A***"
    assert row.billing_address_id != row.shipping_address_id


def test_orders_show_gross_prices_where_the_channel_does() -> None:
    shop = make_shop()
    TaxConfigurationPerCountry.objects.create(
        tax_configuration=shop.channel.tax_configuration, country="CA", display_gross_prices=False
    )
    canadian = replace(BUYER, country="CA")

    create(
        order(shop),
        order(shop, display_gross_prices=False),
        order(shop, shipping_address=canadian),
    )

    shown = Order.objects.order_by("number").values_list("display_gross_prices", flat=True)
    assert list(shown) == [True, False, False]


@pytest.mark.parametrize(
    ("given", "kept"), [("en", "en"), ("de-AT", "de-at"), ("pt-XX", "pt"), ("xx", "en")]
)
def test_languages_become_saleors(given, kept) -> None:
    create(order(make_shop(), language_code=given))

    assert Order.objects.get().language_code == kept


def test_the_search_vector_is_the_one_saleor_makes() -> None:
    shop = make_shop()
    User.objects.create(email="ada@example.com", first_name="Ada", last_name="Byron")
    accents = replace(BUYER, first_name="Zoë", street_address_2="Floor 2", company_name="Ünal & Co")
    create(
        order(
            shop,
            line(shop, 0),
            line(shop, 1, 2),
            email="ada@example.com",
            shipping_address=accents,
            customer_note="please ring twice",
            notes=("first note", "second note"),
        )
    )
    row = Order.objects.get()
    ours = row.search_vector

    update_order_search_vector(row)

    row.refresh_from_db()
    assert ours is not None
    assert row.search_vector == ours
