"""Minor units, which exist only in this room: Stripe's own exponents, as a table.

They are not those of ISO 4217 (MGA has two decimals there and none here, ISK none there and two
here). Amounts finer than Stripe takes are refused, never rounded. Sources: Stripe's page on
currencies (zero-decimal, three-decimal and special cases) and its support note on ISK.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Final

from ..errors import InvalidInput, VendorBug


@dataclass(frozen=True)
class Precision:
    """``exponent`` is the number of decimals in a minor unit; a minor amount must be a
    multiple of ``step``."""

    exponent: int
    step: int = 1


TWO: Final = Precision(2)
_ZERO = Precision(0)
_THREE = Precision(3, step=10)
_WHOLE_OF_TWO = Precision(2, step=100)

SPECIAL: Final[Mapping[str, Precision]] = {
    **dict.fromkeys(
        ("BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV")
        + ("XAF", "XOF", "XPF"),
        _ZERO,
    ),
    **dict.fromkeys(("BHD", "JOD", "KWD", "OMR", "TND"), _THREE),
    **dict.fromkeys(("ISK", "UGX"), _WHOLE_OF_TWO),
}
"""All currencies that are not simply of two decimals. The last digit of a three-decimal amount is
0. ISK and UGX count in hundredths that must be whole."""

_TWO_DECIMAL = (
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD "
    "CAD CDF CHF CNY COP CRC CVE CZK DKK DOP DZD EGP ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD "
    "HKD HNL HTG HUF IDR ILS INR JMD KES KGS KHR KYD KZT LAK LBP LKR LRD LSL MAD MDL MKD MMK MNT "
    "MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD "
    "RUB SAR SBD SCR SEK SGD SHP SLE SOS SRD STD STN SVC SZL THB TJS TOP TRY TTD TWD TZS UAH USD "
    "UYU UZS WST XCD XCG YER ZAR ZMW"
)

PRECISIONS: Final[Mapping[str, Precision]] = {
    **dict.fromkeys(_TWO_DECIMAL.split(), TWO),
    **SPECIAL,
}
"""Every currency that Stripe takes. One that is not here is refused: its exponent is not known."""


def to_minor(amount: Decimal, currency: str) -> int:
    """``amount`` of ``currency`` (upper case) in the unit Stripe counts in.

    Raises ``InvalidInput``: ``CURRENCY_UNKNOWN``, ``AMOUNT_TOO_FINE`` (finer than Stripe takes) or
    ``AMOUNT_INVALID`` (negative, not finite, or absurdly large).
    """
    precision = _precision(currency)
    if not amount.is_finite() or amount < 0:
        raise InvalidInput("AMOUNT_INVALID", "An amount must be zero or more.", field="amount")
    if amount.adjusted() > 12:
        raise InvalidInput("AMOUNT_INVALID", "The amount is too large.", field="amount")
    try:
        minor = amount.scaleb(precision.exponent)
        whole = int(minor)
    except InvalidOperation:
        whole, minor = 0, Decimal(1)
    if minor != whole or whole % precision.step:
        raise InvalidInput(
            "AMOUNT_TOO_FINE",
            f"{amount} {currency}: Stripe does not take amounts of this currency that fine.",
            field="amount",
        )
    return whole


def check(amount: Decimal, currency: str) -> None:
    """That Stripe takes this amount, for rooms that know no minor units. Raises as ``to_minor``."""
    to_minor(amount, currency)


def to_major(minor: int, currency: str) -> Decimal:
    """An amount in Stripe's unit as ``Decimal`` of ``currency``, with that currency's decimals.

    Negative amounts occur (balance transactions). What Stripe says is believed, however fine.
    Raises ``VendorBug`` (``CURRENCY_UNKNOWN``) where the exponent is not known.
    """
    found = PRECISIONS.get(currency)
    if found is None:
        raise VendorBug(
            "CURRENCY_UNKNOWN", f"Stripe named a currency that is not known: {currency[:8]!r}."
        )
    return Decimal(minor).scaleb(-found.exponent)


def _precision(currency: str) -> Precision:
    found = PRECISIONS.get(currency)
    if found is None:
        raise InvalidInput(
            "CURRENCY_UNKNOWN",
            f"Stripe does not take payments in {currency[:8]!r}.",
            field="currency",
        )
    return found
