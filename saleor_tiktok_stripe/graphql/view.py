"""The API's address below a channel: ``graphql/``."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from django.http import HttpRequest, HttpResponse, JsonResponse
from graphql import GraphQLError, parse, validate
from graphql.execution import ExecutionResult, execute
from graphql.language import ast

from ..access import ip_of, who_asks
from ..errors import ChannelError, RetryLater
from .core.asking import Asking, Context
from .core.errors import ApiError, formatted
from .core.fields import is_told
from .core.limits import MOST_FIELDS, check_size
from .reading import Unusable, read
from .schema import schema

log = logging.getLogger("saleor_tiktok_stripe.graphql")

_TOKENS: Final = 10 * MOST_FIELDS
_KEPT_QUERIES: Final = 256
_KEPT_SIZE: Final = 10_000
"""Characters of a query that is kept."""


def answer(request: HttpRequest, channel_slug: str) -> HttpResponse:
    """Answer one request: ``POST`` with JSON, or with files as the multipart specification has it.

    Signed in by header alone (``Authorization: Bearer``), never by cookie, so that no other page
    can speak for anybody. 400 for what cannot be read, 401 for a token that is no good, 413 for too
    much, 503 when Saleor cannot be asked who it is; else 200, with ``errors`` where there are some.
    """
    try:
        asked = read(request)
        who = who_asks(request)
    except Unusable as error:
        return _refused(error.status, "BAD_REQUEST", error.words)
    except ChannelError as error:
        return _refused(503 if isinstance(error, RetryLater) else 401, error.code, error.message)
    asking = Asking(who, channel_slug, ip=ip_of(request))
    result = _run(asked, Context(asking))
    shown: dict[str, Any] = {}
    if result.errors:
        shown["errors"] = [_told(error) for error in result.errors]
    if not result.invalid:
        shown["data"] = result.data
    return JsonResponse(shown, status=400 if result.invalid else 200)


def _refused(status: int, code: str, words: str) -> HttpResponse:
    return JsonResponse({"errors": [formatted(ApiError(code, words))]}, status=status)


def _told(error: Exception) -> dict[str, Any]:
    if not is_told(error):
        log.error("a field could not be resolved", exc_info=getattr(error, "original_error", error))
    return formatted(error)


def _run(asked: Mapping[str, Any], context: Context) -> ExecutionResult:
    try:
        document = _document(asked["query"])
        return execute(
            schema(),
            document,
            context_value=context,
            variable_values=asked.get("variables") or {},
            operation_name=asked.get("operationName") or None,
        )
    except _Invalid as error:
        return ExecutionResult(errors=error.errors, invalid=True)
    except GraphQLError as error:  # such as variables that do not fit
        return ExecutionResult(errors=[error], invalid=True)
    except Exception:  # noqa: BLE001  (scalars raise anything; resolvers' errors never come here)
        log.info("a value could not be read", exc_info=True)
        words = "A value does not fit the type of its argument."
        return ExecutionResult(errors=[ApiError("VALUE_INVALID", words)], invalid=True)


class _Invalid(Exception):
    """The schema has no such operation."""

    def __init__(self, errors: list[GraphQLError]) -> None:
        super().__init__(len(errors))
        self.errors = errors


def _document(query: str) -> ast.Document:
    """Parsed and valid; programs send the same few queries again and again."""
    return _known(query) if len(query) <= _KEPT_SIZE else _checked(query)


def _checked(query: str) -> ast.Document:
    document = _parsed(query)
    found = validate(schema(), document)
    if found:
        raise _Invalid(found)
    return document


_known = lru_cache(maxsize=_KEPT_QUERIES)(_checked)


def _parsed(query: str) -> ast.Document:
    """Raises ``GraphQLError`` for what is no GraphQL, and for what would take long to look at."""
    if query.count("{") + query.count(":") + query.count("...") > _TOKENS:
        raise ApiError("QUERY_TOO_COSTLY", "This query is too large.")
    try:
        document = parse(query)
    except RecursionError:
        raise ApiError("QUERY_TOO_DEEP", "This query is too deep.") from None
    check_size(document)
    return document
