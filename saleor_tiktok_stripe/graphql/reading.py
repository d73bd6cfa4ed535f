"""A request of the API's address, read: JSON, or JSON with files as
https://github.com/jaydenseric/graphql-multipart-request-spec has it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from math import isfinite
from typing import Any, Final, Self

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.http import HttpRequest
from django.http.multipartparser import MultiPartParserError

BODY_LIMIT: Final = 100 * 1024
"""Bytes of a request without files."""
FILES_LIMIT: Final = 6 * 1024 * 1024
"""Bytes with files; an answer to a dispute may have 4.5 MB of them."""


class Number(float):
    """Keeps the digits that it was sent with: an amount is exact. Raises ``ValueError`` for one
    beyond all bounds."""

    digits: str

    def __new__(cls, digits: str) -> Self:
        made = super().__new__(cls, digits)
        if not isfinite(made):
            raise ValueError(digits)
        made.digits = digits
        return made

    def __str__(self) -> str:
        return self.digits


class Unusable(Exception):
    """The request cannot be read: the status to answer with, and words."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status
        self.words = words


def read(request: HttpRequest) -> Mapping[str, Any]:
    """``query``, ``variables`` and ``operationName``, each of its type. Raises ``Unusable``."""
    multipart = request.content_type == "multipart/form-data"
    limit = FILES_LIMIT if multipart else BODY_LIMIT
    try:
        announced = int(request.headers.get("Content-Length") or 0)
    except ValueError:
        announced = limit + 1
    if announced > limit:
        raise Unusable(413, f"A request may have {limit:,} bytes.")
    if multipart:
        found = _with_files(request)
    elif request.content_type == "application/json":
        found = _json(_body(request, limit))
    else:
        raise Unusable(400, "Send JSON (Content-Type: application/json).")
    if not isinstance(found, dict) or not isinstance(found.get("query"), str):
        raise Unusable(400, "Send an object with `query`, and `variables` where there are some.")
    if not isinstance(found.get("variables") or {}, dict):
        raise Unusable(400, "`variables` is an object.")
    if not isinstance(found.get("operationName") or "", str):
        raise Unusable(400, "`operationName` is text.")
    return found


def _body(request: HttpRequest, limit: int) -> bytes:
    body = request.read(limit + 1)
    if len(body) > limit:
        raise Unusable(413, f"A request may have {limit:,} bytes.")
    return body


def _json(body: bytes | str) -> Any:
    try:
        return json.loads(body, parse_float=Number, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise Unusable(400, "The request is no JSON.") from None


def _no_number(name: str) -> Any:
    raise ValueError(name)


def _with_files(request: HttpRequest) -> Any:
    try:
        fields, files = request.POST, request.FILES
    except (MultiPartParserError, RequestDataTooBig, SuspiciousOperation, ValueError):
        raise Unusable(400, "The parts of the request cannot be read.") from None
    operations, places = _json(fields.get("operations", "")), _json(fields.get("map", "{}"))
    if not isinstance(operations, dict) or not isinstance(places, dict):
        raise Unusable(400, "`operations` and `map` are objects.")
    for name, paths in places.items():
        for path in paths if isinstance(paths, list) else ():
            if name not in files or not _put(operations, str(path), files[name]):
                raise Unusable(400, "`map` names a file or a variable that is not there.")
    return operations


def _put(operations: dict[str, Any], path: str, file: Any) -> bool:
    """``path`` as in ``variables.file``; only nulls are replaced."""
    *way, last = path.split(".")
    at: Any = operations
    for step in way:
        at = at.get(step) if isinstance(at, dict) else None
    if not isinstance(at, dict) or at.get(last, 0) is not None:
        return False
    at[last] = file
    return True
