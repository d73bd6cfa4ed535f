"""What Stripe looks at when a file comes: its content, its size, the pages of a PDF.

Facts: the Stripe sheet, 4.4. The kind is told from the bytes, never from the name.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from saleor_tiktok_stripe.sandbox.stripe.errors import invalid

MOST_PAGES = 49
_PDF_HEAD = 1024
_PAGE = re.compile(rb"/Type\s*/Page(?![a-zA-Z])")
_STREAM = re.compile(rb"(?<!end)stream\r?\n")
_DOCUMENTS = frozenset({"pdf", "jpg", "png"})
_PICTURES = frozenset({"jpg", "png", "gif"})


@dataclass(frozen=True)
class Purpose:
    """What a file of one purpose may be. `limit` in bytes; `lives` in days, None for ever."""

    kinds: frozenset[str]
    limit: int
    lives: int | None = None


PURPOSES: Mapping[str, Purpose] = {
    "account_requirement": Purpose(_DOCUMENTS, 16_000_000),
    "additional_verification": Purpose(_DOCUMENTS, 10_000_000),
    "business_icon": Purpose(_PICTURES, 512_000),
    "business_logo": Purpose(_PICTURES, 512_000),
    "customer_signature": Purpose(_PICTURES, 4_000_000),
    "dispute_evidence": Purpose(_DOCUMENTS, 5_000_000, 274),
    "identity_document": Purpose(_DOCUMENTS, 16_000_000),
    "pci_document": Purpose(frozenset({"pdf"}), 512_000),
    "tax_document_user_upload": Purpose(_DOCUMENTS, 10_000_000),
}


def kind_of(content: bytes) -> str:
    """`pdf`, `jpg`, `png` or `gif` by the first bytes, "" for anything else."""
    if b"%PDF-" in content[:_PDF_HEAD]:
        return "pdf"
    if content.startswith(b"\xff\xd8\xff"):
        return "jpg"
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    return "gif" if content.startswith((b"GIF87a", b"GIF89a")) else ""


def pages_of(pdf: bytes) -> int:
    """How many pages a PDF has, also where its objects are compressed; 0 when it cannot be read."""
    return sum(len(_PAGE.findall(part)) for part in (pdf, *_object_streams(pdf)))


def _object_streams(pdf: bytes) -> Iterator[bytes]:
    for found in _STREAM.finditer(pdf):
        head = pdf[pdf.rfind(b" obj", 0, found.start()) : found.start()]
        if b"/ObjStm" not in head:
            continue
        try:
            yield zlib.decompressobj().decompress(pdf[found.end() :])
        except zlib.error:
            continue


def check(purpose: str, content: bytes) -> str:
    """The kind of a file that may be uploaded for the purpose; StripeError 400 for every other."""
    rule = PURPOSES.get(purpose)
    if rule is None:
        known = ", ".join(sorted(PURPOSES))
        raise invalid(f"Invalid purpose: must be one of {known}", "purpose")
    if not content:
        raise invalid("The file is empty.", "file")
    if len(content) > rule.limit:
        raise invalid(
            f"The file is larger than the limit of {rule.limit} bytes for {purpose}.", "file"
        )
    kind = kind_of(content)
    if kind not in rule.kinds:
        allowed = ", ".join(sorted(rule.kinds))
        raise invalid(f"Invalid file type for {purpose}: must be one of {allowed}.", "file")
    if kind == "pdf":
        _check_pages(content)
    return kind


def _check_pages(pdf: bytes) -> None:
    pages = pages_of(pdf)
    if pages == 0:
        raise invalid("The PDF cannot be read.", "file")
    if pages > MOST_PAGES:
        raise invalid(
            f"The PDF has {pages} pages; it must have fewer than {MOST_PAGES + 1}.", "file"
        )
