"""Files to save, sent while they are written."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from itertools import islice
from typing import Final, cast

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse

from .. import answers
from .rendering import POLICY

_AT_ONCE: Final = 500
"""Lines that are sent together."""


def csv_file(request: HttpRequest, name: str, lines: Iterator[str]) -> HttpResponse:
    """``lines`` as an attachment called ``name``: however many there are, they are never held all
    at once."""
    asked_async = isinstance(request, ASGIRequest)
    body = _in_turn(lines) if asked_async else _blocks(lines)
    # For everything that is done with an answer of ours it is one.
    streamed = StreamingHttpResponse(body, content_type="text/csv; charset=utf-8")
    response = cast(HttpResponse, streamed)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return answers.sealed(response, POLICY)


def _blocks(lines: Iterator[str]) -> Iterator[str]:
    while block := "".join(islice(lines, _AT_ONCE)):
        yield block


async def _in_turn(lines: Iterator[str]) -> AsyncIterator[str]:
    """An asynchronous server would otherwise read all of it first."""
    blocks = _blocks(lines)

    def following() -> str:
        return next(blocks, "")

    while block := await sync_to_async(following)():
        yield block
