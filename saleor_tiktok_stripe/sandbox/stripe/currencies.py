"""Which amounts Stripe takes in which currency (reference: amounts)."""

from __future__ import annotations

from saleor_tiktok_stripe.sandbox.stripe.errors import invalid, refused
from saleor_tiktok_stripe.sandbox.stripe.money import THREE_DECIMAL, WHOLE_ONLY, ZERO_DECIMAL

KNOWN = (
    frozenset(
        {
            "aed", "afn", "all", "amd", "ang", "aoa", "ars", "aud", "awg", "azn", "bam", "bbd",
            "bdt", "bgn", "bmd", "bnd", "bob", "brl", "bsd", "bwp", "byn", "bzd", "cad", "cdf",
            "chf", "cny", "cop", "crc", "cve", "czk", "dkk", "dop", "dzd", "egp", "etb", "eur",
            "fjd", "fkp", "gbp", "gel", "gip", "gmd", "gtq", "gyd", "hkd", "hnl", "htg", "huf",
            "idr", "ils", "inr", "jmd", "kes", "kgs", "khr", "kyd", "kzt", "lak", "lbp", "lkr",
            "lrd", "lsl", "mad", "mdl", "mkd", "mmk", "mnt", "mop", "mur", "mvr", "mwk", "mxn",
            "myr", "mzn", "nad", "ngn", "nio", "nok", "npr", "nzd", "pab", "pen", "pgk", "php",
            "pkr", "pln", "qar", "ron", "rsd", "rub", "sar", "sbd", "scr", "sek", "sgd", "shp",
            "sle", "sos", "srd", "std", "szl", "thb", "tjs", "top", "try", "ttd", "twd", "tzs",
            "uah", "usd", "uyu", "uzs", "wst", "xcd", "xcg", "yer", "zar", "zmw",
        }
    )
    | ZERO_DECIMAL
    | THREE_DECIMAL
    | WHOLE_ONLY
)  # fmt: skip
# Smallest charges; half a unit where nothing is said.
_LEAST = {
    "aed": 200, "bgn": 100, "czk": 1500, "dkk": 250, "gbp": 30, "hkd": 400, "huf": 17500,
    "mxn": 1000, "myr": 200, "nok": 300, "pln": 200, "ron": 200, "sek": 300, "thb": 1000,
}  # fmt: skip
MOST = 99_999_999


def exponent(currency: str) -> int:
    """Decimals of Stripe's minor unit."""
    if currency in ZERO_DECIMAL:
        return 0
    return 3 if currency in THREE_DECIMAL else 2


def words(amount: int, currency: str) -> str:
    """An amount as Stripe's messages write it."""
    places = exponent(currency)
    sign = {"usd": "$", "eur": "€", "gbp": "£", "jpy": "¥"}.get(currency, "")
    number = f"{amount / 10**places:,.{places}f}"
    return f"{sign}{number}" if sign else f"{number} {currency}"


def check_currency(currency: str) -> str:
    """The currency in lower case; 400 for one that Stripe does not know."""
    if currency.lower() not in KNOWN:
        listed = ", ".join(sorted(KNOWN))
        raise invalid(
            f"Invalid currency: {currency.lower()}. Stripe currently supports these currencies: "
            f"{listed}",
            "currency",
        )
    return currency.lower()


def check_amount(amount: int, currency: str, param: str = "amount") -> None:
    """400 for an amount that is too small, too large or too fine to be charged."""
    least = _LEAST.get(currency, 50)
    if amount < least:
        said = f"Amount must be at least {words(least, currency)}"
        raise invalid(said, param, "amount_too_small")
    if amount > MOST:
        said = f"Amount must be no more than {words(MOST, currency)}"
        raise invalid(said, param, "amount_too_large")
    check_fineness(amount, currency, param)


def check_fineness(amount: int, currency: str, param: str = "amount") -> None:
    """400 for an amount with decimals that the currency does not have."""
    if currency in WHOLE_ONLY and amount % 100:
        raise refused(
            f"Invalid amount: {currency.upper()} amounts must be divisible by 100.",
            "invalid_charge_amount_no_decimal_compatible",
            param,
        )
    if currency in THREE_DECIMAL and amount % 10:
        said = f"Invalid amount: {currency.upper()} amounts must be divisible by 10."
        raise refused(said, None, param)
