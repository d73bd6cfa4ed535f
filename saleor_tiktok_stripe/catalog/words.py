"""Numbers and prices in the merchant's words: pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from .numbers import MOST, Terms, Why
from .prices import PriceTerms

_REASONS: Final[Mapping[Why, str]] = {
    Why.NOT_SELLABLE: "The variant is not for sale in this channel, so none is offered.",
    Why.NO_VARIANT: "The linked variant does not exist in Saleor any more, so none is offered.",
    Why.UNTRACKED: "Saleor does not count this variant's stock, so {number} are offered.",
}
_ROUNDED: Final[Mapping[str, str]] = {
    "none": "",
    "whole": ", up to the next whole amount",
    "99": ", up to the next that ends in 99",
    "95": ", up to the next that ends in 95",
    "90": ", up to the next that ends in 90",
}


def why_number(terms: Terms) -> str:
    """How the number came about, in one line."""
    if terms.why is not Why.COUNTED:
        return _REASONS[terms.why].format(number=terms.number)
    in_all = sum(one.free for one in terms.warehouses.values())
    steps = [f"{in_all} free in {_warehouses(terms)}"]
    if terms.waiting:
        steps.append(f"less {terms.waiting} sold in orders that are not in Saleor yet")
    if terms.owed:
        steps.append(f"less {terms.owed} in orders that no stock is set aside for")
    if terms.percent != 100:
        steps.append(f"of that {terms.percent} %, rounded down")
    if terms.buffer:
        steps.append(f"less a buffer of {terms.buffer}")
    if terms.shared_by > 1:
        steps.append(f"shared by {terms.shared_by} SKUs that sell this variant")
    most = MOST if terms.most is None else min(terms.most, MOST)
    if terms.number == most:
        steps.append(f"at most {most}")
    return f"{', '.join(steps)}: {terms.number}."


def _warehouses(terms: Terms) -> str:
    return ", ".join(terms.warehouses) or "no warehouse"


def why_price(kept: Mapping[str, Any]) -> str:
    """How the price came about, in one line; empty where none was made."""
    made = PriceTerms.from_json(kept)
    if made is None:
        return ""
    source = "discounted price" if made.source == "discounted" else "price"
    steps = f"{source} {made.base.normalize():f} {made.currency}"
    if made.percent != 100:
        steps += f" x {made.percent.normalize():f} %"
    if made.add:
        steps += f" {'+' if made.add > 0 else '-'} {abs(made.add).normalize():f}"
    return f"{steps}{_ROUNDED[made.rounding]}: {made.price} {made.currency}."
