"""The console's own files, under names that hold what is in them: kept by browsers for good."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Final

from django.http import HttpRequest, HttpResponse

from .. import answers

FOLDER: Final = Path(__file__).resolve().parent / "assets"
CHARTS: Final = Path(__file__).resolve().parents[2] / "insights" / "charts.css"
"""Of the room that draws them, for its printed report too."""
PREFIX: Final = "assets/"
_TYPES: Final[Mapping[str, str]] = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


def address(name: str) -> str:
    """Below the console's address: ``assets/<name>.<hash>.css``. Raises ``KeyError``."""
    return PREFIX + _names()[name]


def serve(request: HttpRequest, path: str) -> HttpResponse:
    """404 for anything but what is there now."""
    if request.method not in ("GET", "HEAD"):
        return answers.not_allowed("GET", "HEAD")
    found = _files().get(path.removeprefix(PREFIX))
    if found is None:
        return answers.not_found()
    body, kind = found
    response = answers.sealed(HttpResponse(body, content_type=kind))
    response["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


@lru_cache(maxsize=1)
def _names() -> dict[str, str]:
    return {path.name: _hashed(path) for path in _served()}


@lru_cache(maxsize=1)
def _files() -> dict[str, tuple[bytes, str]]:
    return {_hashed(path): (path.read_bytes(), _TYPES[path.suffix]) for path in _served()}


def _served() -> list[Path]:
    return [CHARTS, *(path for path in sorted(FOLDER.iterdir()) if path.suffix in _TYPES)]


def _hashed(path: Path) -> str:
    digest = hashlib.sha256(path.read_bytes()).hexdigest()[:16]
    return f"{path.stem}.{digest}{path.suffix}"
