"""What a SKU costs at the marketplace: pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal
from typing import Any, Final

from ..accounts import ChannelPolicy
from ..saleor_api.types import ListedPrice
from ..tiktok.regions import decimals

ENDINGS: Final[Mapping[str, int]] = {"99": 99, "95": 95, "90": 90}
"""The last two digits of a price in its smallest unit: 12.99 in USD, 1,299 in JPY."""
_CYCLE: Final = 100


@dataclass(frozen=True)
class PriceTerms:
    """What a price was made of: ``source`` (``price`` or ``discounted``) was ``base``, of which
    ``percent`` plus ``add`` is ``exact``; ``price`` is that, rounded."""

    price: Decimal
    currency: str
    source: str
    base: Decimal
    percent: Decimal
    add: Decimal
    exact: Decimal
    rounding: str

    def to_json(self) -> dict[str, str]:
        """As kept with the price."""
        return {name: str(value) for name, value in vars(self).items()}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> PriceTerms | None:
        """From what ``to_json`` made; None where nothing was kept yet."""
        if not kept:
            return None
        amounts = {
            name: Decimal(kept[name]) for name in ("price", "base", "percent", "add", "exact")
        }
        return cls(**{**kept, **amounts})


def price_terms(listed: ListedPrice, policy: ChannelPolicy) -> PriceTerms:
    """The price of one SKU by the merchant's rule. It may come out at zero or below: the caller
    never tells such a price to anybody."""
    base = listed.discounted if policy.price_source == "discounted" else listed.price
    exact = base * policy.price_percent / 100 + policy.price_add
    return PriceTerms(
        price=rounded(exact, listed.currency, policy.price_rounding),
        currency=listed.currency,
        source=policy.price_source,
        base=base,
        percent=policy.price_percent,
        add=policy.price_add,
        exact=exact,
        rounding=policy.price_rounding,
    )


def rounded(amount: Decimal, currency: str, rounding: str) -> Decimal:
    """``amount`` up to the next price that ends as wanted; with ``none``, to the currency's
    smallest unit. Where a currency has no decimals, ``whole`` changes nothing and an ending is that
    of the hundreds (JPY 1,234 becomes 1,299)."""
    exponent = decimals(currency)
    unit = Decimal(1).scaleb(-exponent)
    if rounding == "none":
        return amount.quantize(unit, ROUND_HALF_UP)
    if rounding == "whole":
        return amount.quantize(Decimal(1), ROUND_CEILING).quantize(unit)
    smallest = int(amount.scaleb(exponent).to_integral_value(ROUND_CEILING))
    up = (ENDINGS[rounding] - smallest) % _CYCLE
    return (Decimal(smallest + up) * unit).quantize(unit)
