"""Mutations: input in, a service asked, its answer or ``errors`` out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import graphene
from graphene.types.unmountedtype import UnmountedType

from ...access import Rule
from ...errors import ChannelError, InvalidInput
from ...saleor_api import writer
from .asking import asking_of
from .errors import TiktokStripeError, as_payload
from .fields import _requires, check_texts, permit
from .shop import shop_of


class Mutation(graphene.Mutation):
    """Base of all. A subclass has ``class Meta`` with ``rule`` and ``description``, ``class
    Arguments``, fields of its payload, and ``perform(shop, actor, **arguments)``, which returns
    the payload's values by name, or raises a ``ChannelError``, which is told in ``errors``.

    ``channel`` is an argument of each: needed at Saleor's own address, known at the plugin's.
    """

    class Meta:
        abstract = True

    rule: ClassVar[Rule]

    @classmethod
    def __init_subclass_with_meta__(
        cls, rule: Rule, description: str, arguments: Any = None, **options: Any
    ) -> None:
        cls.rule = rule
        given = getattr(cls, "Arguments", None)
        arguments = {name: value for name, value in vars(given).items() if name[0] != "_"}
        arguments["channel"] = graphene.String(description=CHANNEL_WORDS)
        fields = options.pop("_meta", None)
        super().__init_subclass_with_meta__(
            arguments=arguments,
            description=f"{description}\n\nRequires: {_requires(rule)}.",
            _meta=fields,
            **options,
        )

    errors = graphene.List(
        graphene.NonNull(TiktokStripeError),
        required=True,
        description="Why it was not done; empty when it was.",
    )

    @classmethod
    def mutate(
        cls, root: object, info: Any, channel: str | None = None, **arguments: Any
    ) -> Mutation:
        """Check the rule, ask the service, shape what it says."""
        with writer():
            try:
                shop = shop_of(info, channel)
            except InvalidInput as error:
                permit(cls.rule, info, channel or "")
                return cls(errors=[as_payload(error, cls.inputs())])
            permit(cls.rule, info, shop.channel_slug)
            try:
                check_texts(arguments)
                made = cls.perform(shop, asking_of(info).who.name, **arguments)
            except ChannelError as error:
                return cls(errors=[as_payload(error, cls.inputs())])
        return cls(errors=[], **made)

    @classmethod
    def inputs(cls) -> frozenset[str]:
        """Names of all that can be entered, within input objects too."""
        return frozenset(_names(cls._meta.arguments))

    @classmethod
    def perform(cls, *asked: Any, **arguments: Any) -> dict[str, Any]:
        """``(shop, actor, **arguments)``: ask the service; ``actor`` is who asks, for the audit
        log."""
        raise NotImplementedError


def _names(fields: Mapping[str, Any]) -> Iterator[str]:
    for name, field in fields.items():
        yield name
        kind: Any = field.get_type() if isinstance(field, UnmountedType) else field.type
        while isinstance(kind, graphene.NonNull | graphene.List):
            kind = kind.of_type
        if isinstance(kind, type) and issubclass(kind, graphene.InputObjectType):
            yield from _names(kind._meta.fields)  # type: ignore[attr-defined]


CHANNEL_WORDS = (
    "Slug of the channel. At the plugin's own address it is that of the address, and may be left "
    "out; at Saleor's own it is needed."
)
