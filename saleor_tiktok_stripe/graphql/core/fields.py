"""Fields that say what they take, and check it before anything is read."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, Final, TypeVar

import graphene
from graphql import GraphQLError

from ...access import Denied, Rule, check
from ...errors import ChannelError, InvalidInput
from ...saleor_api import writer
from .asking import asking_of
from .errors import ApiError, PermissionDenied, original_of, top_level

log = logging.getLogger("saleor_tiktok_stripe.graphql")

Resolver = Callable[..., Any]


class RuledField(graphene.Field):
    """A field of the namespace. ``rule`` says what it takes; ``resolve(shop, **arguments)`` gets
    the ``Shop`` (the channel that is asked about). Errors of services are told with their codes.
    """

    def __init__(
        self, type_: Any, *, rule: Rule, resolve: Resolver, description: str, **arguments: Any
    ) -> None:
        self.rule = rule
        words = f"{description}\n\nRequires: {_requires(rule)}."
        super().__init__(type_, description=words, resolver=_ruled(rule, resolve), **arguments)


def _requires(rule: Rule) -> str:
    return "nothing, it is public" if rule.public else f"permission {rule.words}"


def _ruled(rule: Rule, resolve: Resolver) -> Resolver:
    def resolver(shop: Any, info: Any, **arguments: Any) -> Any:
        with writer():
            permit(rule, info, shop.channel_slug)
            try:
                check_texts(arguments)
                return resolve(shop, **arguments)
            except ChannelError as error:
                raise top_level(error) from None

    return resolver


def check_texts(given: Any, field: str = "") -> None:
    """Raises ``InvalidInput`` (``TEXT_INVALID``) for a text that PostgreSQL cannot hold."""
    if isinstance(given, str):
        if "\x00" in given or any("\ud800" <= one <= "\udfff" for one in given):
            words = "A text has a sign that no text can have."
            raise InvalidInput("TEXT_INVALID", words, field=field)
    elif isinstance(given, Mapping):
        for name, one in given.items():
            check_texts(one, name)
    elif isinstance(given, list | tuple):
        for one in given:
            check_texts(one, field)


Resolved = TypeVar("Resolved")


def told(resolver: Callable[..., Resolved]) -> Callable[..., Resolved]:
    """Of a field within a type: it may write (Saleor guards its database), and errors of services
    are told with their codes."""

    @wraps(resolver)
    def resolve(*args: Any, **arguments: Any) -> Resolved:
        with writer():
            try:
                return resolver(*args, **arguments)
            except ChannelError as error:
                raise top_level(error) from None

    return resolve


def or_none(ask: Callable[..., Resolved], *args: Any, **arguments: Any) -> Resolved | None:
    """What ``ask`` answers; None for what does not exist, as everywhere in Saleor."""
    try:
        return ask(*args, **arguments)
    except InvalidInput as error:
        if error.code in ABSENT:
            return None
        raise


ABSENT: Final = frozenset(
    {
        "CASE_UNKNOWN",
        "DIFFERENCE_UNKNOWN",
        "DISPUTE_NOT_FOUND",
        "JOB_NOT_FOUND",
        "NOT_CONFIGURED",
        "ORDER_UNKNOWN",
        "PAYMENT_NOT_FOUND",
        "PAYOUT_UNKNOWN",
        "SKU_UNKNOWN",
    }
)
"""Codes that say that something does not exist in this channel."""


def permit(rule: Rule, info: Any, channel_slug: str) -> None:
    """Raises ``PermissionDenied`` for whoever may not."""
    try:
        check(rule, asking_of(info).who, channel_slug)
    except Denied as denied:
        raise PermissionDenied(denied.code, denied.message) from None


def is_told(error: Exception) -> bool:
    """Whether an error of a resolver was made for people."""
    original = original_of(error)
    return isinstance(original, ApiError) or type(original) is GraphQLError
