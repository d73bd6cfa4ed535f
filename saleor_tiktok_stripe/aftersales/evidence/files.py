"""Looking into a file before Stripe does: what it is by its content, and whether it can be read."""

from __future__ import annotations

import io
import logging
from typing import Final

from PIL import Image, UnidentifiedImageError
from pypdf import PdfReader
from pypdf.errors import PyPdfError

from ...errors import InvalidInput
from .limits import FILE_LIMIT, PAGE_LIMIT, CheckedFile

# It warns of every flaw of a PDF, with words from the file.
logging.getLogger("pypdf").setLevel(logging.CRITICAL)

_PDF_HEAD: Final = 1024
_PIXELS: Final = 40_000_000
"""A page scanned at 600 dpi has 35 million. More needs hundreds of megabytes to be looked at, of
every worker, and a file of a few kilobytes can claim it."""
_SUFFIXES: Final = {"application/pdf": ".pdf", "image/jpeg": ".jpg", "image/png": ".png"}
_UNREADABLE: Final = (
    PyPdfError,
    ValueError,
    KeyError,
    IndexError,
    AttributeError,
    TypeError,
    RecursionError,
    AssertionError,
    OSError,
    EOFError,
)
"""What a parser meets in bytes that only look like a document."""


def check_file(filename: str, content: bytes) -> CheckedFile:
    """What ``content`` really is. Raises ``InvalidInput`` in words: ``EVIDENCE_FILE_EMPTY``,
    ``EVIDENCE_FILE_TOO_LARGE``, ``EVIDENCE_FILE_TYPE``, ``EVIDENCE_FILE_ENCRYPTED``,
    ``EVIDENCE_FILE_CORRUPT``, ``EVIDENCE_TOO_MANY_PAGES``."""
    if not content:
        raise InvalidInput(
            "EVIDENCE_FILE_EMPTY", "The file is empty. Choose another.", field="file"
        )
    if len(content) > FILE_LIMIT:
        raise InvalidInput(
            "EVIDENCE_FILE_TOO_LARGE",
            f"The file has {len(content) / 1_000_000:.1f} MB; Stripe takes "
            f"{FILE_LIMIT // 1_000_000} MB. Make it smaller.",
            field="file",
        )
    kind = _kind(content)
    if not kind:
        raise InvalidInput(
            "EVIDENCE_FILE_TYPE",
            "Banks read PDF, JPEG and PNG files. This is none of them, whatever its name says.",
            field="file",
        )
    pages = _pdf_pages(content) if kind == "application/pdf" else _picture(content)
    if pages > PAGE_LIMIT:
        raise InvalidInput(
            "EVIDENCE_TOO_MANY_PAGES",
            f"The PDF has {pages} pages; Stripe takes {PAGE_LIMIT}. Keep the pages that decide.",
            field="file",
        )
    return CheckedFile(_named(filename, _SUFFIXES[kind]), kind, len(content), pages)


def _kind(content: bytes) -> str:
    if b"%PDF-" in content[:_PDF_HEAD]:
        return "application/pdf"
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    return "image/png" if content.startswith(b"\x89PNG\r\n\x1a\n") else ""


def _pdf_pages(content: bytes) -> int:
    try:
        reader = PdfReader(io.BytesIO(content))
        locked = reader.is_encrypted
        pages = 0 if locked else len(reader.pages)
        if pages:
            _ = reader.pages[0].mediabox
    except _UNREADABLE as error:
        raise _corrupt() from error
    if locked:
        raise InvalidInput(
            "EVIDENCE_FILE_ENCRYPTED",
            "The PDF is protected by a password, so that the bank cannot read it. Save it without.",
            field="file",
        )
    if not pages:
        raise _corrupt()
    return pages


def _picture(content: bytes) -> int:
    try:
        with Image.open(io.BytesIO(content), formats=("JPEG", "PNG")) as picture:
            if picture.width * picture.height > _PIXELS:
                raise InvalidInput(
                    "EVIDENCE_FILE_TOO_LARGE",
                    "The picture has too many pixels. Make it smaller.",
                    field="file",
                )
            picture.load()
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        raise _corrupt() from None
    return 1


def _corrupt() -> InvalidInput:
    return InvalidInput(
        "EVIDENCE_FILE_CORRUPT",
        "The file is damaged and cannot be opened. Save it anew.",
        field="file",
    )


def _named(filename: str, suffix: str) -> str:
    """Only a plain name, ending as the content says."""
    plain = filename.replace("\\", "/").rsplit("/", 1)[-1].strip()
    safe = "".join(c if c.isalnum() or c in "-_. " else "_" for c in plain if c.isprintable())
    stem = safe.rsplit(".", 1)[0].strip(". ")[:100] or "file"
    return stem + suffix
