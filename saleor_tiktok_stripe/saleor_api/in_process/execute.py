"""Saleor's own GraphQL mutations, executed in this process as the plugin's App.

No HTTP, no token, no query cost: permissions, events, webhooks and search stay Saleor's business.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from django.db import OperationalError
from graphql.error import GraphQLError
from saleor.app.models import App
from saleor.core.exceptions import PermissionDenied

from ...errors import ChannelError, Parked, Problem, RetryLater, VendorBug
from ..documents import document
from ..own_writes import own_write
from ..refusals import refusal
from . import versions
from .app import ensure_app


def execute(operation: str, variables: Mapping[str, Any]) -> dict[str, Any]:
    """Run ``operations/<operation>.graphql``; the payload of its one field.

    Raises ``Parked`` where Saleor refuses something that a merchant can mend, ``VendorBug`` for any
    other refusal, ``RetryLater`` when the database was busy.
    """
    from saleor.graphql.context import get_context_value

    app = usable_app()
    context = get_context_value(versions.request_context(app))
    try:
        with own_write():
            result = prepared(operation).execute(
                variable_values=dict(variables), context_value=context
            )
    except GraphQLError as error:  # a value that is none of its type
        raise failure(operation, error) from error
    if result.errors:
        raise failure(operation, result.errors[0])
    payload: dict[str, Any] = result.data[operation]
    if payload["errors"]:
        subject = str(variables.get("id") or variables.get("order") or variables.get("token"))
        raise refusal(operation, payload["errors"], subject)
    return payload


def usable_app() -> App:
    """The plugin's App, or ``Parked`` when an admin switched it off."""
    app = ensure_app()
    if not app.is_active:
        raise Parked(
            Problem(
                code="APP_SWITCHED_OFF",
                stage="follow",
                cause=f"The app {app.name!r} is switched off in Saleor.",
                cure="Switch it on under Extensions in the Dashboard.",
            )
        )
    return app


@cache
def prepared(operation: str) -> Any:
    """``operations/<operation>.graphql``, parsed and checked once."""
    # imported late: the schema takes seconds to build, and most processes never run a mutation
    from saleor.graphql.api import backend, schema

    return backend.document_from_string(schema, document(operation))


def failure(operation: str, error: Exception) -> ChannelError:
    """What to raise where Saleor did not get as far as a payload."""
    cause = getattr(error, "original_error", error)
    if isinstance(cause, OperationalError):
        return RetryLater("SALEOR_DATABASE_BUSY", "Saleor's database was busy; it is tried again.")
    if isinstance(cause, PermissionDenied):
        return Parked(
            Problem(
                code="APP_PERMISSION_MISSING",
                stage="follow",
                cause=f"Saleor does not let this plugin's app run {operation}.",
                cure="Give the app back the permissions that verify lists, then try again.",
            )
        )
    return VendorBug("SALEOR_GRAPHQL_ERROR", f"{operation} failed: {type(cause).__name__}")
