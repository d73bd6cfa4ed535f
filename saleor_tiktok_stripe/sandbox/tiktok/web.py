"""Answers of the HTTP server."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse
from starlette.responses import Response as Answer

__all__ = ["Answer", "html_answer", "json_answer", "redirect_answer", "text_answer"]


def json_answer(data: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    """A JSON answer."""
    return JSONResponse(data, status, headers)


def text_answer(text: str, status: int) -> Answer:
    """A plain text answer."""
    return PlainTextResponse(text, status)


def html_answer(text: str, status: int = 200) -> Answer:
    """A page."""
    return HTMLResponse(text, status)


def redirect_answer(url: str) -> Answer:
    """Send the browser on."""
    return RedirectResponse(url, 302)
