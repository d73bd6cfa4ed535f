"""How Saleor says no."""

from __future__ import annotations

from typing import Any

from graphql import GraphQLError


class PermissionDenied(GraphQLError):
    """Saleor's words and error code for a missing permission."""

    def __init__(self, *permissions: str) -> None:
        words = "To access this path, you need one of the following permissions: "
        super().__init__(words + ", ".join(permissions))
        self.extensions = {"exception": {"code": "PermissionDenied", "stacktrace": []}}


class IntegrityError(Exception):
    """What Postgres raises through Saleor on a doubled unique value: the mutation is undone."""


class Invalid(Exception):
    """A validation error of a mutation: becomes an entry of its ``errors``."""

    def __init__(self, field: str, code: str, message: str, **extra: Any) -> None:
        super().__init__(message)
        self.entry = {"field": field, "code": code, "message": message, **extra}
