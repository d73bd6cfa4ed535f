"""Fields that say what they take, and check it before anything is read."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import graphene
from graphql import GraphQLError

from ...access import Denied, Rule, check
from ...errors import ChannelError
from ...saleor_api import writer
from .asking import asking_of
from .errors import ApiError, PermissionDenied, top_level

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
                return resolve(shop, **arguments)
            except ChannelError as error:
                raise top_level(error) from None

    return resolver


def permit(rule: Rule, info: Any, channel_slug: str) -> None:
    """Raises ``PermissionDenied`` for whoever may not."""
    try:
        check(rule, asking_of(info).who, channel_slug)
    except Denied as denied:
        raise PermissionDenied(denied.code, denied.message) from None


def is_told(error: Exception) -> bool:
    """Whether an error of a resolver was made for people."""
    original = error
    while isinstance(original, GraphQLError) and getattr(original, "original_error", None):
        original = original.original_error
    return isinstance(original, ApiError) or type(original) is GraphQLError
