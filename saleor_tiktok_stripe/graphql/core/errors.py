"""Errors as they are told: at the top of an answer, or in a mutation's ``errors``."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any, Final

import graphene
from graphql import GraphQLError

from ...errors import (
    ChannelError,
    InDoubt,
    InvalidInput,
    NeedsReauthorization,
    Parked,
    RetryLater,
)


class TiktokStripeErrorCode(graphene.Enum):
    """What kind of error it is."""

    INVALID = "invalid"
    REQUIRED = "required"
    NOT_FOUND = "not_found"
    REFUSED = "refused"
    TRY_LATER = "try_later"
    IN_DOUBT = "in_doubt"
    NEEDS_REAUTHORIZATION = "needs_reauthorization"
    VENDOR_ERROR = "vendor_error"

    @property
    def description(self) -> str:
        """Shown in the schema."""
        return _MEANS.get(self.value, "")


_MEANS: Final = {
    "invalid": "Something that was entered cannot be used; `field` names it.",
    "required": "Something is missing; `field` names it.",
    "not_found": "What was named does not exist in this channel.",
    "refused": "A rule, or the vendor, says no: the message says what to do instead.",
    "try_later": "The vendor or the network failed in a way that passes.",
    "in_doubt": "It was sent and the answer was not seen: it is being looked up, do not repeat it.",
    "needs_reauthorization": "The account has to be connected again.",
    "vendor_error": "The vendor answered what cannot be read. Please report it.",
}


class TiktokStripeError(graphene.ObjectType):
    """Why a mutation did not do what was asked. Nothing was done, unless the code is IN_DOUBT."""

    field = graphene.String(description="Name of the input that caused it, if one did.")
    code = graphene.Field(TiktokStripeErrorCode, required=True, description="What kind it is.")
    message = graphene.String(required=True, description="What happened and what to do.")
    reason = graphene.String(
        required=True, description="The stable code under which the troubleshooting guide has it."
    )
    retryable = graphene.Boolean(
        required=True, description="Whether the same call may succeed later."
    )


def as_payload(error: ChannelError, inputs: Collection[str] | None = None) -> TiktokStripeError:
    """An error of a service as an item of ``errors``. ``inputs``: names of what can be entered, of
    which ``field`` is one where the service has another name for it."""
    name = getattr(error, "field", "")
    if inputs is not None:
        name = next((one for one in _spellings(name) if one in inputs), name)
    return TiktokStripeError(
        field=camel(name) if name else None,
        code=_kind(error),
        message=error.message,
        reason=error.code,
        retryable=error.retryable,
    )


def _spellings(name: str) -> Iterator[str]:
    """What a service's argument may be called in the API: ``order`` there is ``order_id`` here."""
    yield name
    yield f"{name}_id"
    yield _OTHERWISE.get(name, "")


_OTHERWISE: Final = {
    "case": "id",
    "dispute": "id",
    "job": "id",
    "payment": "id",
    "placed_from": "since",
    "placed_to": "until",
}


def _kind(error: ChannelError) -> str:
    match error:
        case InDoubt():
            return "in_doubt"
        case RetryLater():
            return "try_later"
        case NeedsReauthorization():
            return "needs_reauthorization"
        case InvalidInput():
            if error.code.endswith(("_NOT_FOUND", "NOT_CONFIGURED")) or "_UNKNOWN" in error.code:
                return "not_found"
            return "required" if error.code.endswith("_REQUIRED") else "invalid"
        case Parked():
            return "refused"
    return "vendor_error"


def camel(name: str) -> str:
    """``order_id`` as the API spells it."""
    first, *rest = name.split("_")
    return first + "".join(word.title() for word in rest)


class ApiError(GraphQLError):
    """An error at the top of the answer. ``extensions.code`` is its stable code."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message, extensions={"code": code})


class PermissionDenied(ApiError):
    """As Saleor calls it."""


class TooMuch(ApiError):
    """A query beyond the limits."""


def top_level(error: ChannelError) -> ApiError:
    """An error of a service where there is no ``errors`` field to put it: in a query."""
    return ApiError(error.code, error.message)


def original_of(error: Exception) -> Exception:
    """What a resolver raised, out of the errors that graphql-core wraps around it."""
    while isinstance(error, GraphQLError) and getattr(error, "original_error", None):
        error = error.original_error
    return error


def formatted(error: Exception) -> dict[str, Any]:
    """An error in an answer of the plugin's own address, in the shape that Saleor's has. What is
    not meant for people is told without its words."""
    original = original_of(error)
    known = isinstance(original, GraphQLError)
    shown: dict[str, Any] = {"message": str(error) if known else "Internal Server Error"}
    if isinstance(error, GraphQLError):
        if error.locations:
            shown["locations"] = [
                {"line": place.line, "column": place.column} for place in error.locations
            ]
        if error.path:
            shown["path"] = error.path
    extensions = dict(getattr(original, "extensions", None) or {}) if known else {}
    name = type(original).__name__ if known else "InternalServerError"
    shown["extensions"] = {**extensions, "exception": {"code": name}}
    return shown
