"""Refunds by order of money that the marketplace holds: what is named is what goes back, or nothing
does."""

from __future__ import annotations

import pytest

from saleor_tiktok_stripe import aftersales
from saleor_tiktok_stripe.aftersales import OrderRefund
from saleor_tiktok_stripe.errors import InvalidInput
from saleor_tiktok_stripe.models import MarketplaceRequest, OrderLink
from tests.support.shop import ConnectedShop
from tests.support.stored import everything

from .case_shop import sold, writes


def two_lines(shop: ConnectedShop, status: str = "DELIVERED") -> OrderLink:
    """An order of two pieces of one SKU and one of another."""
    first, second = (one["sku_id"] for one in shop.tiktok.catalog()[:2])
    order_id = shop.tiktok.create_order([(first, 2), (second, 1)], status=status)
    shop.sync(order_id)
    return shop.link(order_id)


def line_of(link: OrderLink, pieces: int) -> str:
    """The Saleor line that has so many."""
    held = list(link.line_map.values())
    return next(one for one in held if held.count(one) == pieces)


def ask(shop: ConnectedShop, link: OrderLink, lines: dict[str, int], key: str = "") -> OrderRefund:
    wish = aftersales.Wish(lines=lines, request_key=key)
    return aftersales.refund_order(
        [shop.connection], order_id=link.saleor_order_id, wish=wish, actor="anna"
    )


@pytest.mark.parametrize(
    ("more", "code"), [({}, "QUANTITY_INVALID"), ({"x": 1}, "ORDER_LINE_UNKNOWN")]
)
def test_a_line_or_a_piece_that_the_order_does_not_have_is_not_passed_over(
    shop: ConnectedShop, more: dict[str, int], code: str
):
    link = two_lines(shop)
    pieces = 2 if more else 3
    before = everything()

    with pytest.raises(InvalidInput) as error:
        ask(shop, link, {line_of(link, 2): pieces, **more})

    assert (error.value.code, error.value.field) == (code, "lines")
    assert everything() == before


def test_pieces_that_were_given_back_are_not_paid_for_by_others(shop: ConnectedShop):
    link = two_lines(shop)
    line = line_of(link, 2)
    ask(shop, link, {line: 1})
    shop.work()
    before = everything()

    with pytest.raises(InvalidInput) as error:
        ask(shop, link, {line: 2})

    assert error.value.code == "NOTHING_LEFT_OF_LINES"
    assert error.value.message.startswith("Only 1 of these pieces can still be refunded")
    assert everything() == before
    assert ask(shop, link, {line: 1}).request is not None


def test_two_who_ask_for_the_same_piece_at_once_pay_for_it_once(shop: ConnectedShop):
    link = two_lines(shop)
    line = line_of(link, 1)
    first, second = ask(shop, link, {line: 1}), ask(shop, link, {line: 1})
    assert first.request is not None
    assert second.request is not None

    shop.work()

    first.request.refresh_from_db()
    second.request.refresh_from_db()
    assert first.request.state in {"pending", "succeeded"}
    assert second.request.state == "refused"
    assert isinstance(second.request, MarketplaceRequest)
    assert (second.request.problem or {})["code"] == "NOTHING_LEFT_OF_LINES"
    assert writes(shop, "/returns") == 1


@pytest.mark.parametrize("status", ["DELIVERED", "AWAITING_SHIPMENT"])
@pytest.mark.parametrize("worked", [False, True])
def test_a_key_is_for_the_lines_that_it_came_with(
    shop: ConnectedShop, status: str, *, worked: bool
):
    link = two_lines(shop, status)
    first, other = line_of(link, 2), line_of(link, 1)
    made = ask(shop, link, {first: 2}, "k").request
    if worked:
        shop.work()

    again = ask(shop, link, {first: 2}, "k").request
    with pytest.raises(InvalidInput) as error:
        ask(shop, link, {other: 1}, "k")

    assert made is not None
    assert again is not None
    assert again.request_key == made.request_key
    assert error.value.code == "REQUEST_KEY_REUSED"
    assert MarketplaceRequest.objects.count() == 1


def test_all_that_is_left_needs_no_lines(shop: ConnectedShop):
    link = shop.link(sold(shop))

    made = ask(shop, link, {}, "k").request

    assert made is not None
    assert ask(shop, link, {}, "k").request == made
