"""Scalars. Inside Saleor those that both schemas have must be Saleor's own: one schema cannot hold
two types of one name."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final

import graphene
from graphql import GraphQLError
from graphql.language import ast

from ...saleor_api import runs_inside_saleor

_DIGITS: Final = 20
"""Before and behind the point: more than any amount of money has."""

if runs_inside_saleor():
    from ...saleor_api.in_process.scalars import Date, DateTime, Upload
else:

    class Date(graphene.Date):  # type: ignore[no-redef]
        __doc__ = graphene.Date.__doc__  # as at Saleor

        @staticmethod
        def parse_value(value: Any) -> Any:
            return _read(graphene.Date, value)

    class DateTime(graphene.DateTime):  # type: ignore[no-redef]
        __doc__ = graphene.DateTime.__doc__  # as at Saleor

        @staticmethod
        def parse_value(value: Any) -> Any:
            return _read(graphene.DateTime, value)

    def _read(scalar: Any, value: Any) -> Any:
        """None, which graphql-core takes for an error, for what is no moment, or one that no
        database has."""
        try:
            found = scalar.parse_value(value)
            if isinstance(found, datetime) and found.tzinfo is not None:
                found.astimezone(UTC)
        except (ValueError, IndexError, OverflowError):  # graphene looks at "" by its first sign
            return None
        return found

    class Upload(graphene.Scalar):  # type: ignore[no-redef]
        """A file: null in the variables, and a part of its own in the request.

        See https://github.com/jaydenseric/graphql-multipart-request-spec.
        """

        @staticmethod
        def serialize(value: Any) -> Any:
            return value

        @staticmethod
        def parse_literal(node: Any) -> Any:
            return node

        @staticmethod
        def parse_value(value: Any) -> Any:
            return value


class TiktokStripeAmount(graphene.Scalar):
    """An exact decimal number in major units, as text ("12.30"); numbers are taken too."""

    @staticmethod
    def serialize(value: Decimal) -> str:
        return format(value, "f")

    @staticmethod
    def parse_literal(node: Any) -> Decimal:
        if not isinstance(node, ast.StringValue | ast.IntValue | ast.FloatValue):
            raise GraphQLError('An amount is a decimal number, such as "12.30".')
        return TiktokStripeAmount.parse_value(node.value)

    @staticmethod
    def parse_value(value: Any) -> Decimal:
        try:
            amount = Decimal(str(value).strip())
        except InvalidOperation:
            amount = Decimal("NaN")
        far = not amount.is_finite() or abs(amount.adjusted()) > _DIGITS
        if isinstance(value, bool) or far or len(str(value)) > 32:
            raise GraphQLError('An amount is a decimal number, such as "12.30".')
        return amount


__all__ = ["Date", "DateTime", "TiktokStripeAmount", "Upload"]
