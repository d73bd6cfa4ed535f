from __future__ import annotations

from dataclasses import replace
from decimal import Decimal as D

import pytest

from saleor_tiktok_stripe.errors import Parked
from saleor_tiktok_stripe.orders.mapping import to_new_order
from saleor_tiktok_stripe.saleor_api.types import SaleorOrderStatus as Status
from saleor_tiktok_stripe.tiktok.types import Component, FulfilledBy, OrderKind, OrderState, Tax

from .samples import MASKED, NO_ADDRESS, cancellation, context, order, unit


def _paid(new):
    return {one.name: (one.authorized, one.charged, one.refunded) for one in new.transactions}


def _gross(new):
    return sum(line.unit_gross * line.quantity for line in new.lines) + new.shipping_gross


def test_amounts_of_a_line_with_tax_on_top():
    new = to_new_order(order(), context())

    [line] = new.lines
    assert (line.undiscounted_unit_net, line.undiscounted_unit_gross) == (D(20), D("21.24"))
    assert (line.unit_net, line.unit_gross) == (D("18.50"), D("19.74"))
    assert line.tax_rate == D("0.075")
    assert line.discount_reason == "Seller discount on TikTok Shop"
    assert not new.display_gross_prices
    # The buyer paid 16.50 and 1.24 tax; the platform pays its discount of 2.
    assert _paid(new) == {
        "TikTok Shop": (D(0), D("17.74"), D(0)),
        "TikTok Shop platform discount": (D(0), D(2), D(0)),
    }
    assert _gross(new) == D("19.74")


def test_amounts_of_a_line_with_tax_inside():
    taxed = unit(taxes=(Tax("VAT", D("2.75"), D("0.2")),), currency="GBP")

    new = to_new_order(
        order(taxed, paid={"total": D("16.50")}), context(region="GB", currency="GBP")
    )

    [line] = new.lines
    assert (line.unit_net, line.unit_gross) == (D("15.75"), D("18.50"))
    assert (line.undiscounted_unit_net, line.undiscounted_unit_gross) == (D("17.25"), D(20))
    assert new.display_gross_prices
    assert new.metadata["tiktok.tax_kind"] == "inclusive"
    assert _gross(new) == D("18.50")


def test_tax_on_top_in_a_market_that_usually_includes_it():
    taxed = unit(taxes=(Tax("VAT", D("3.30"), None),), currency="GBP")

    new = to_new_order(order(taxed), context(region="GB", currency="GBP"))

    assert new.lines[0].unit_gross == D("21.80")
    assert new.lines[0].tax_rate is None
    assert new.metadata["tiktok.tax_kind"] == "exclusive"


def test_us_orders_never_have_tax_inside():
    with pytest.raises(Parked) as caught:
        to_new_order(order(paid={"total": D("16.50")}), context())

    assert caught.value.problem.code == "AMOUNTS_DO_NOT_ADD_UP"
    assert caught.value.problem.stage == "money"
    assert caught.value.problem.params == {
        "order": "576461413000000001",
        "currency": "USD",
        "what": "the total",
        "expected": "17.74",
        "actual": "16.50",
    }


def test_tax_given_for_the_order_only_is_divided_to_the_last_coin():
    units = tuple(
        unit(n, list_price=D(price), sale_price=D(price), seller_discount=D(0),
             platform_discount=D(0), taxes=())
        for n, price in enumerate(("10", "10", "10"))
    )  # fmt: skip

    new = to_new_order(order(*units, paid={"product_tax": D("1.00")}), context())

    taxes = sorted((line.unit_gross - line.unit_net, line.quantity) for line in new.lines)
    assert taxes == [(D("0.33"), 2), (D("0.34"), 1)]
    assert {line.tax_rate for line in new.lines} == {None}
    assert new.metadata["tiktok.tax_spread"] == "true"


def test_shipping_and_who_pays_for_its_discount():
    shipping = {
        "shipping_list": D(10),
        "shipping_seller_discount": D(3),
        "shipping_platform_discount": D(2),
        "shipping_fee": D(5),
        "shipping_tax": D("0.40"),
    }

    new = to_new_order(order(paid=shipping), context())

    assert (new.shipping_net, new.shipping_gross) == (D(7), D("7.40"))
    assert new.undiscounted_shipping_gross == D("10.40")
    assert new.shipping_tax_rate is None
    assert _paid(new)["TikTok Shop"][1] == D("16.50") + D("1.24") + D(5) + D("0.40")
    assert _paid(new)["TikTok Shop platform discount"][1] == D(4)
    assert new.metadata["tiktok.shipping_seller_discount"] == "3"


@pytest.mark.parametrize(("fee", "by_platform"), [("7", "4"), ("6", "5")])
def test_a_cofunded_discount_counts_once(fee: str, by_platform: str):
    # Either it is part of the two funders' discounts, or it comes on top of them.
    shipping = {
        "shipping_list": D(10),
        "shipping_seller_discount": D(1),
        "shipping_platform_discount": D(2),
        "shipping_cofunded_discount": D(1),
        "shipping_fee": D(fee),
    }

    new = to_new_order(order(paid=shipping), context())

    assert new.shipping_gross == D(9)
    assert _paid(new)["TikTok Shop platform discount"][1] == D(by_platform)


def test_fees_between_buyer_and_marketplace_stay_out_of_the_order():
    fees = {"small_order": D("1.20"), "retail_delivery": D("0.29")}

    new = to_new_order(order(paid={"fees": fees}), context())

    assert _gross(new) == D("19.74")
    assert _paid(new)["TikTok Shop"][1] == D("17.74")
    assert new.metadata["tiktok.fee.small_order"] == "1.2"
    assert new.metadata["tiktok.fee.retail_delivery"] == "0.29"
    assert new.metadata["tiktok.total_paid"] == "19.23"


def test_a_payment_discount_is_the_platforms():
    new = to_new_order(order(paid={"payment_platform_discount": D("0.74")}), context())

    assert _paid(new)["TikTok Shop"][1] == D("17.00")
    assert _paid(new)["TikTok Shop platform discount"][1] == D("2.74")
    assert _gross(new) == D("19.74")


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"list_total": D(21)}, "the sum of list prices"),
        ({"seller_discount": D(1)}, "the sum of seller discounts"),
        ({"platform_discount": D(1)}, "the sum of platform discounts"),
        ({"sub_total": D("16.51"), "total": D("17.75")}, "the subtotal"),
        ({"shipping_list": D(5)}, "the shipping fee"),
        ({"tax": D("1.25"), "total": D("17.75")}, "the tax"),
        ({"product_tax": D("1.25")}, "the sum of item taxes"),
        ({"total": D("17.73")}, "the total"),
        ({"total": D("17.75")}, "the total"),
    ],
)
def test_sums_that_do_not_close_park_the_order(change, what):
    with pytest.raises(Parked) as caught:
        to_new_order(order(paid=change), context())

    assert caught.value.problem.code == "AMOUNTS_DO_NOT_ADD_UP"
    assert caught.value.problem.params["what"] == what


def test_a_unit_price_that_does_not_follow_from_its_discounts_parks_the_order():
    with pytest.raises(Parked) as caught:
        to_new_order(order(unit(seller_discount=D("1.49"))), context())

    assert caught.value.problem.params["what"] == "the price of item unit-1"


@pytest.mark.parametrize("total", ["-1", "NaN", "Infinity", "17.745"])
def test_amounts_that_cannot_be_right_park_the_order(total: str):
    with pytest.raises(Parked) as caught:
        to_new_order(order(paid={"total": D(total)}), context())

    assert caught.value.problem.code == "AMOUNT_INVALID"


def test_zero_decimal_currencies_have_no_fractions():
    whole = {"list_price": D(155000), "seller_discount": D(0), "platform_discount": D(0),
             "sale_price": D(155000), "taxes": (), "currency": "IDR"}  # fmt: skip
    rupiah = context(region="ID", currency="IDR")
    assert to_new_order(order(unit(**whole)), rupiah).lines[0].unit_gross == D(155000)

    half = whole | {"list_price": D("155000.5"), "sale_price": D("155000.5")}
    with pytest.raises(Parked) as caught:
        to_new_order(order(unit(**half)), rupiah)

    assert caught.value.problem.code == "AMOUNT_INVALID"


def test_another_currency_than_the_channels_is_parked_with_its_cure():
    with pytest.raises(Parked) as caught:
        to_new_order(order(), context(currency="EUR"))

    problem = caught.value.problem
    assert problem.code == "CURRENCY_MISMATCH"
    assert problem.cure == "Connect this TikTok shop to a channel in USD, then retry."


# --- lines -------------------------------------------------------------------------------------


def test_units_that_are_alike_become_one_line():
    new = to_new_order(order(unit(1), unit(2), unit(3)), context())

    [line] = new.lines
    assert (line.quantity, line.key) == (3, "unit-1")
    assert line.metadata == {
        "tiktok.unit_ids": "unit-1,unit-2,unit-3",
        "tiktok.sku_id": "sku-1",
        "tiktok.product_id": "product-1",
        "tiktok.seller_sku": "TEE-BLK-M",
        "tiktok.list_price": "20",
        "tiktok.seller_discount": "1.5",
        "tiktok.platform_discount": "2",
    }


@pytest.mark.parametrize(
    "change",
    [
        {"sku_id": "sku-2"},
        {"list_price": D(21), "sale_price": D("17.50")},
        {"seller_discount": D("2.50"), "platform_discount": D(1)},
        {"taxes": (Tax("SALES_TAX", D("1.25"), D("0.075")),)},
        {"taxes": (Tax("SALES_TAX", D("1.24"), None),)},
        {"is_gift": True},
        {"state": OrderState.CANCELLED},
    ],
)
def test_units_that_differ_in_anything_stay_apart(change):
    new = to_new_order(order(unit(1), unit(2, **change)), context())

    assert [line.quantity for line in new.lines] == [1, 1]


def test_a_sku_without_variant_parks_the_order_until_it_is_linked():
    with pytest.raises(Parked) as caught:
        to_new_order(order(unit(sku_id="sku-x")), context())

    problem = caught.value.problem
    assert problem.code == "SKU_NOT_LINKED"
    assert problem.stage == "link"
    assert problem.waits_for == ("sku:sku-x",)
    assert problem.params["skus"] == "TEE-BLK-M (TikTok SKU sku-x)"
    assert problem.cure == (
        "Link the SKU to a variant, or give the variant the same SKU: the order then imports "
        "itself."
    )


def test_a_sku_without_variant_becomes_a_placeholder_line_if_the_merchant_says_so():
    new = to_new_order(order(unit(sku_id="sku-x")), context(placeholder=True))

    [line] = new.lines
    assert (line.variant_id, line.sku, line.allocate) == (None, "TEE-BLK-M", False)
    assert (line.product_name, line.variant_name) == ("Cotton tee", "Black, M")


def test_samples_and_gifts_cost_nothing_and_nobody_paid():
    free = unit(list_price=D(0), seller_discount=D(0), platform_discount=D(0), sale_price=D(0),
                taxes=(), is_gift=True)  # fmt: skip

    new = to_new_order(order(free, is_sample=True), context())

    assert new.transactions == ()
    assert new.lines[0].is_gift
    assert new.lines[0].unit_gross == 0
    assert new.metadata["tiktok.sample"] == "true"


def test_bundles_name_their_parts():
    bundle = unit(components=(Component("sku-7", "product-7", "PART", 2),))

    new = to_new_order(order(bundle), context())

    assert new.lines[0].metadata["tiktok.components"] == (
        '[{"sku_id": "sku-7", "seller_sku": "PART", "quantity": 2}]'
    )


# --- states ------------------------------------------------------------------------------------

SHIPPED = {"package_id": "p1", "carrier": "USPS", "tracking_number": "T1"}


@pytest.mark.parametrize("state", ["AWAITING_COLLECTION", "IN_TRANSIT", "DELIVERED", "COMPLETED"])
def test_an_order_that_left_is_fulfilled_and_touches_no_stock(state: str):
    gone = unit(state=OrderState[state], **SHIPPED)

    new = to_new_order(order(gone, state=OrderState[state]), context())

    assert new.status is Status.FULFILLED
    [package] = new.fulfillments
    assert (package.key, package.quantities) == ("p1", {"unit-1": 1})
    assert package.tracking_number == "T1"
    assert package.metadata["tiktok.carrier"] == "USPS"
    assert not new.lines[0].allocate


def test_a_partly_shipped_order_sets_aside_only_what_is_left():
    gone = unit(1, state=OrderState.IN_TRANSIT, **SHIPPED)

    new = to_new_order(order(gone, unit(2), state=OrderState.PARTIALLY_SHIPPED), context())

    assert new.status is Status.PARTIALLY_FULFILLED
    assert [(line.key, line.allocate) for line in new.lines] == [
        ("unit-1", False),
        ("unit-2", True),
    ]


def test_a_package_id_alone_does_not_mean_that_it_left():
    new = to_new_order(order(unit(package_id="p1")), context())

    assert new.status is Status.UNFULFILLED
    assert new.fulfillments == ()


def test_an_order_in_two_packages_has_two_fulfillments():
    first = unit(1, state=OrderState.IN_TRANSIT, **SHIPPED)
    second = replace(first, id="unit-2", package_id="p2", tracking_number="T2")

    new = to_new_order(
        order(first, second, state=OrderState.IN_TRANSIT, split_or_combined="SPLIT"), context()
    )

    assert [(one.key, one.quantities) for one in new.fulfillments] == [
        ("p1", {"unit-1": 1}),
        ("p2", {"unit-1": 1}),
    ]
    assert new.lines[0].quantity == 2


def test_units_cancelled_before_the_import_are_taken_out():
    cancelled = unit(2, state=OrderState.CANCELLED)

    new = to_new_order(
        order(unit(1), cancelled),
        context(cancellations=(cancellation("unit-2", amount="17.74", tax_amount=D("1.24")),)),
    )

    assert new.status is Status.PARTIALLY_RETURNED
    [group] = new.fulfillments
    assert (group.returned, group.quantities) == (True, {"unit-2": 1})
    assert [line.allocate for line in new.lines] == [True, False]
    # The buyer got 17.74 back, the platform takes its 2 back.
    assert _paid(new) == {
        "TikTok Shop": (D(0), D("17.74"), D("17.74")),
        "TikTok Shop platform discount": (D(0), D(2), D(2)),
    }
    assert new.granted_refund == D("19.74")
    assert new.metadata["tiktok.refunds_at_import"] == "4035325000000000001"


def test_a_cancelled_order_has_no_shipment_and_its_refunds_come_from_the_cancellation():
    gone = order(unit(state=OrderState.CANCELLED), state=OrderState.CANCELLED)

    before = to_new_order(gone, context())
    after = to_new_order(
        gone,
        context(cancellations=(cancellation("unit-1", amount="17.74", tax_amount=D("1.24")),)),
    )

    assert (before.status, before.fulfillments) == (Status.CANCELED, ())
    assert not before.lines[0].allocate
    assert _paid(before)["TikTok Shop"] == (D(0), D("17.74"), D(0))
    assert _paid(after)["TikTok Shop"] == (D(0), D("0.00"), D("17.74"))
    assert after.granted_refund == 0


def test_a_cancellation_that_is_not_complete_gives_nothing_back():
    pending = cancellation("unit-1", amount="17.74", complete=False)

    new = to_new_order(order(), context(cancellations=(pending,)))

    assert _paid(new)["TikTok Shop"] == (D(0), D("17.74"), D(0))


def test_held_orders_are_unconfirmed():
    held = order(state=OrderState.ON_HOLD, recipient=NO_ADDRESS)

    new = to_new_order(held, context())

    assert new.status is Status.UNCONFIRMED
    assert new.lines[0].allocate
    assert new.shipping_address is None
    assert new.billing_address.country == "US"
    assert (new.billing_address.first_name, new.billing_address.last_name) == (
        "TikTok Shop",
        "buyer",
    )


def test_an_unknown_state_is_parked():
    with pytest.raises(Parked) as caught:
        to_new_order(order(state=OrderState.UNKNOWN, raw_state="BEAMED_UP"), context())

    assert caught.value.problem.code == "STATE_UNKNOWN"
    assert caught.value.problem.params["state"] == "BEAMED_UP"


def test_goods_that_the_marketplace_ships_allocate_nothing_here():
    new = to_new_order(order(fulfilled_by=FulfilledBy.MARKETPLACE), context())

    assert not new.lines[0].allocate
    assert new.metadata["tiktok.fulfilled_by"] == "marketplace"


def test_cash_on_delivery_is_authorized_until_delivered():
    waiting = to_new_order(order(is_cod=True, paid_at=None), context())
    delivered = to_new_order(
        order(unit(state=OrderState.DELIVERED, **SHIPPED), is_cod=True, state=OrderState.DELIVERED),
        context(),
    )

    assert _paid(waiting)["TikTok Shop"] == (D("17.74"), D(0), D(0))
    assert _paid(delivered)["TikTok Shop"] == (D(0), D("17.74"), D(0))


def test_cash_for_cancelled_items_is_never_collected():
    cod = order(
        unit(1, state=OrderState.DELIVERED, **SHIPPED),
        unit(2, state=OrderState.CANCELLED),
        is_cod=True,
        state=OrderState.DELIVERED,
    )

    new = to_new_order(cod, context())

    assert _paid(new) == {
        "TikTok Shop": (D("17.74"), D("17.74"), D(0)),
        "TikTok Shop platform discount": (D(2), D(2), D(0)),
    }


# --- the rest ----------------------------------------------------------------------------------


def test_a_masked_address_is_kept_as_shown_without_its_phone():
    new = to_new_order(order(recipient=MASKED), context())

    address = new.shipping_address
    assert (address.first_name, address.last_name) == ("J***", "R***")
    assert address.street_address_1 == "1** S** R** A**"
    assert (address.city, address.country_area, address.postal_code) == ("Columbus", "OH", "43215")
    assert address.phone == ""
    assert new.metadata["tiktok.address_masked"] == "true"


def test_a_readable_address():
    new = to_new_order(order(), context())

    address = new.shipping_address
    assert (address.street_address_1, address.street_address_2) == ("140 Sample Road", "Apt 5")
    assert address.phone == "+16145550142"
    assert "tiktok.address_masked" not in new.metadata


def test_what_is_about_the_buyer_stays_private():
    new = to_new_order(
        order(buyer_message="Leave at the door", seller_note="VIP"), context(language_code="de")
    )

    assert new.email == "v2b2v5x9@chat.seller.tiktok.com"
    assert new.customer_note == "Leave at the door"
    assert new.private_metadata == {
        "tiktok.buyer_id": "7494960000000000101",
        "tiktok.seller_note": "VIP",
    }
    assert "7494960000000000101" not in str(new.metadata)
    assert new.language_code == "de"


def test_facts_without_a_field_in_saleor_are_metadata():
    new = to_new_order(
        order(
            kind=OrderKind.PRE_ORDER,
            is_replacement=True,
            replaced_order_id="576461413000000000",
            deadlines={"ship_by": order().created_at},
            cancel_requested=True,
        ),
        context(),
    )

    facts = new.metadata
    assert facts["tiktok.kind"] == "pre_order"
    assert facts["tiktok.replaced_order_id"] == "576461413000000000"
    assert facts["tiktok.deadline.ship_by"] == "2026-01-02T03:04:05+00:00"
    assert facts["tiktok.cancel_requested"] == "true"
    assert facts["tiktok.tax_remitted_by"] == "marketplace"
    assert "tiktok.sample" not in facts
