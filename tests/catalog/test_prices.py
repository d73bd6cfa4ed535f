"""What a SKU costs at the marketplace, by rule."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saleor_tiktok_stripe.accounts import ChannelPolicy
from saleor_tiktok_stripe.catalog.prices import PriceTerms, price_terms, rounded
from saleor_tiktok_stripe.catalog.words import why_price
from saleor_tiktok_stripe.saleor_api.types import ListedPrice

LISTED = ListedPrice("v1", "USD", Decimal("12.00"), Decimal("9.50"))


@pytest.mark.parametrize(
    ("rounding", "amount", "price"),
    [
        ("none", "12.344", "12.34"),
        ("none", "12.345", "12.35"),
        ("whole", "12.01", "13.00"),
        ("whole", "12.00", "12.00"),
        ("99", "12.20", "12.99"),
        ("99", "12.99", "12.99"),
        ("99", "12.991", "13.99"),
        ("95", "12.96", "13.95"),
        ("90", "12.20", "12.90"),
        ("90", "0.01", "0.90"),
    ],
)
def test_prices_go_up_to_the_next_that_ends_so(rounding: str, amount: str, price: str):
    assert str(rounded(Decimal(amount), "USD", rounding)) == price


@pytest.mark.parametrize(
    ("rounding", "amount", "price"),
    [
        ("none", "1234.5", "1235"),
        ("whole", "1234.1", "1235"),
        ("99", "1234", "1299"),
        ("99", "1300", "1399"),
        ("90", "1234", "1290"),
    ],
)
def test_without_cents_the_ending_is_that_of_the_hundreds(rounding: str, amount: str, price: str):
    assert str(rounded(Decimal(amount), "JPY", rounding)) == price


def test_percentage_amount_and_source():
    policy = ChannelPolicy(price_percent="105", price_add="1.50", price_rounding="99")

    made = price_terms(LISTED, policy)

    assert (made.base, made.exact, made.price) == (
        Decimal("12.00"),
        Decimal("14.1000"),
        Decimal("14.99"),
    )
    assert why_price(made.to_json()) == (
        "price 12 USD x 105 % + 1.5, up to the next that ends in 99: 14.99 USD."
    )
    cheaper = price_terms(LISTED, ChannelPolicy(price_source="discounted"))
    assert (cheaper.price, why_price(cheaper.to_json())) == (
        Decimal("9.50"),
        "discounted price 9.5 USD: 9.50 USD.",
    )


def test_a_price_may_come_out_at_zero_or_below():
    assert price_terms(LISTED, ChannelPolicy(price_add="-12")).price == 0
    assert price_terms(LISTED, ChannelPolicy(price_add="-15")).price == Decimal("-3.00")


@given(
    amount=st.decimals(Decimal("0.01"), Decimal(100_000), places=4),
    currency=st.sampled_from(["USD", "GBP", "JPY", "VND"]),
    rounding=st.sampled_from(["whole", "99", "95", "90"]),
)
def test_rounding_never_lowers_a_price_and_rounding_again_changes_nothing(
    amount, currency, rounding
):
    price = rounded(amount, currency, rounding)

    assert amount <= price
    assert rounded(price, currency, rounding) == price
    made = price_terms(
        ListedPrice("v1", currency, amount, amount), ChannelPolicy(price_rounding=rounding)
    )
    assert made.price == price
    assert PriceTerms.from_json(made.to_json()) == made
