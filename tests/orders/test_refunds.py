"""What goes back to whom, from the marketplace's cancellations."""

from __future__ import annotations

from decimal import Decimal as D

from saleor_tiktok_stripe.orders.money import settle
from saleor_tiktok_stripe.orders.refunds import refunds, refunds_open
from saleor_tiktok_stripe.tiktok.types import OrderState

from .samples import cancellation, order, unit


def test_a_cancellation_of_the_rest_gives_back_no_discount_a_second_time():
    # Given an item cancelled first, then the order with a cancellation that names no items.
    now = order(unit(1), unit(2), state=OrderState.CANCELLED)
    part = cancellation("unit-1", amount="17.74", tax_amount=D("1.24"), id="1")
    rest = cancellation(amount="17.74", id="2")

    first, second = refunds(now, settle(now, "US"), [rest, part])

    assert (first.by_buyer, first.by_platform) == (D("17.74"), D(2))
    assert (second.by_buyer, second.by_platform) == (D("17.74"), D(2))


def test_an_item_cancelled_twice_is_given_back_once():
    now = order(unit(1), unit(2))
    twice = [cancellation("unit-1", amount="17.74", tax_amount=D("1.24"), id=i) for i in "12"]

    assert [one.by_platform for one in refunds(now, settle(now, "US"), twice)] == [D(2), D(0)]


def test_an_order_that_the_platform_paid_alone_waits_for_its_refund_too():
    free = unit(
        seller_discount=D(0),
        platform_discount=D(20),
        sale_price=D(0),
        taxes=(),
        state=OrderState.CANCELLED,
    )
    gone = order(free, state=OrderState.CANCELLED)
    assert gone.payment.total == 0

    assert refunds_open(gone, ())
    assert not refunds_open(gone, [cancellation("unit-1", amount="0")])


def test_a_sample_that_nobody_paid_waits_for_no_refund():
    nothing = {"list_price": D(0), "seller_discount": D(0), "platform_discount": D(0)}
    sample = unit(sale_price=D(0), taxes=(), state=OrderState.CANCELLED, **nothing)

    assert not refunds_open(order(sample, state=OrderState.CANCELLED), ())
