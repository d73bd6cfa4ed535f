"""Amounts: the sheet's table to the unit, and what must hold for all of them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saleor_tiktok_stripe.errors import InvalidInput, VendorBug
from saleor_tiktok_stripe.stripe_api.money import PRECISIONS, to_major, to_minor


@pytest.mark.parametrize(
    ("amount", "currency", "sent"),
    [
        ("10.99", "USD", 1099),
        ("500", "JPY", 500),
        ("5000", "MGA", 5000),
        ("5000", "ISK", 500000),
        ("50.000", "KWD", 50000),
        ("5", "UGX", 500),
        ("45", "HUF", 4500),
        ("45.50", "HUF", 4550),
        ("45.50", "TWD", 4550),
        ("1.230", "BHD", 1230),
        ("0", "EUR", 0),
        ("10.990000", "USD", 1099),
        ("1E+3", "JPY", 1000),
    ],
)
def test_an_amount_is_sent_in_stripes_own_unit(amount, currency, sent):
    """woocommerce/woocommerce-gateway-stripe#883: zero-decimal mistakes charge a hundredfold."""
    assert to_minor(Decimal(amount), currency) == sent
    assert to_major(sent, currency) == Decimal(amount)


@pytest.mark.parametrize(
    ("amount", "currency"),
    [
        ("50.001", "KWD"),
        ("1.005", "BHD"),
        ("10.999", "USD"),
        ("0.5", "JPY"),
        ("0.01", "MGA"),
        ("5000.50", "ISK"),
        ("5.01", "UGX"),
        ("0.001", "EUR"),
    ],
)
def test_a_finer_amount_is_refused_and_never_rounded(amount, currency):
    with pytest.raises(InvalidInput) as refused:
        to_minor(Decimal(amount), currency)

    assert refused.value.code == "AMOUNT_TOO_FINE"
    assert refused.value.field == "amount"


@pytest.mark.parametrize(
    ("amount", "currency", "code"),
    [
        ("-1", "USD", "AMOUNT_INVALID"),
        ("NaN", "USD", "AMOUNT_INVALID"),
        ("Infinity", "USD", "AMOUNT_INVALID"),
        ("1E+30", "USD", "AMOUNT_INVALID"),
        ("1", "usd", "CURRENCY_UNKNOWN"),
        ("1", "XXX", "CURRENCY_UNKNOWN"),
    ],
)
def test_what_is_no_amount_is_refused(amount, currency, code):
    with pytest.raises(InvalidInput) as refused:
        to_minor(Decimal(amount), currency)

    assert refused.value.code == code


def test_an_unknown_currency_in_an_answer_is_not_guessed():
    with pytest.raises(VendorBug) as refused:
        to_major(100, "XXX")

    assert refused.value.code == "CURRENCY_UNKNOWN"


@given(st.sampled_from(sorted(PRECISIONS)), st.integers(0, 10**11))
def test_every_amount_stripe_can_hold_comes_back_the_same(currency, units):
    precision = PRECISIONS[currency]
    minor = units // precision.step * precision.step

    major = to_major(minor, currency)

    assert to_minor(major, currency) == minor
    assert -major.as_tuple().exponent == precision.exponent


@given(st.sampled_from(sorted(PRECISIONS)), st.integers(1, 10**9), st.integers(1, 9))
def test_an_amount_between_two_of_stripes_is_always_refused(currency, units, tenths):
    precision = PRECISIONS[currency]
    step = Decimal(precision.step).scaleb(-precision.exponent)

    with pytest.raises(InvalidInput) as refused:
        to_minor(step * units + step * tenths / 10, currency)

    assert refused.value.code == "AMOUNT_TOO_FINE"
