"""What the types of several rooms are made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

import graphene

from ...stripe_api.money import PRECISIONS, TWO
from ..core.enums import enum
from ..core.scalars import TiktokStripeAmount

_MOST: Final = 500

TiktokStripeVendor = enum(
    "TiktokStripeVendor",
    "Whose account it is.",
    {"tiktok": "TikTok Shop.", "stripe": "Stripe."},
)


@dataclass(frozen=True)
class Money:
    """An amount of a currency."""

    amount: Decimal
    currency: str


class TiktokStripeMoney(graphene.ObjectType):
    """An exact amount of a currency."""

    amount = graphene.Field(
        TiktokStripeAmount,
        required=True,
        description="In major units, with as many decimals as the currency has.",
    )
    currency = graphene.String(required=True, description="ISO 4217 code.")

    @staticmethod
    def resolve_amount(one: Money | Mapping[str, Any], info: Any) -> Decimal:
        shown = one if isinstance(one, Money) else Money(one["amount"], one["currency"])
        return with_decimals(shown.amount, shown.currency)


@dataclass(frozen=True)
class Named:
    """An amount with its name."""

    name: str
    money: Money


class TiktokStripeNamedAmount(graphene.ObjectType):
    """An amount with its name."""

    name = graphene.String(required=True, description="What it is.")
    money = graphene.Field(TiktokStripeMoney, required=True, description="How much it is.")


@dataclass(frozen=True)
class Problem:
    """Why something waits for somebody."""

    code: str
    cause: str
    cure: str


class TiktokStripeProblem(graphene.ObjectType):
    """Why something waits for somebody, and what to do about it."""

    code = graphene.String(
        required=True, description="The stable code under which the troubleshooting guide has it."
    )
    cause = graphene.String(required=True, description="What happened.")
    cure = graphene.String(required=True, description="What to do.")


class TiktokStripeFact(graphene.ObjectType):
    """A fact with its name."""

    name = graphene.String(required=True, description="What it is.")
    value = graphene.String(required=True, description="What it says.")


def with_decimals(amount: Decimal, currency: str) -> Decimal:
    """With the currency's own decimals; what is finer keeps all of it."""
    places = PRECISIONS.get(currency.upper(), TWO).exponent
    usual = amount.quantize(Decimal(1).scaleb(-places))
    return usual if usual == amount else amount.normalize()


def money(amount: Decimal | None, currency: str) -> Money | None:
    """None for what is not known."""
    return None if amount is None or not currency else Money(amount, currency)


def problem(code: str, cause: str, cure: str) -> Problem | None:
    """None where there is none."""
    return Problem(code, cause, cure) if code else None


def kept_problem(kept: Mapping[str, object] | None) -> Problem | None:
    """From a row."""
    told = kept or {}
    return problem(*(str(told.get(name) or "") for name in ("code", "cause", "cure")))


def named(amounts: Mapping[str, Decimal], currency: str) -> list[Named]:
    """In their own order."""
    return [Named(name, Money(amount, currency)) for name, amount in amounts.items()]


def moneys(sums: Mapping[str, Decimal]) -> list[Money]:
    """Sums by currency."""
    return [Money(amount, currency) for currency, amount in sums.items()]


def facts(values: Mapping[str, object]) -> Sequence[dict[str, str]]:
    """Facts by their names; long ones are cut."""
    return [{"name": name, "value": _shown(value)} for name, value in values.items()]


def _shown(value: object) -> str:
    shown = ", ".join(map(str, value[:_MOST])) if isinstance(value, list) else str(value)
    return shown if len(shown) <= _MOST else f"{shown[: _MOST - 1]}…"


def of(type_: type, words: str) -> graphene.List:
    """A list without gaps, always there."""
    return graphene.List(graphene.NonNull(type_), required=True, description=words)


def text(words: str) -> graphene.String:
    """A text that is always there, and may be empty."""
    return graphene.String(required=True, description=words)
