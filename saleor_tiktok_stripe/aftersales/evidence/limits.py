"""Stripe's limits of evidence, enforced before Stripe sees it: over one of them, it refuses all.

Sources: Stripe's reference of disputes and its guide to evidence files. The documented 4.5 MB for
all files together is stricter than what Stripe was seen to enforce, and is the one kept here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from ...errors import InvalidInput

TEXT_LIMIT: Final = 20_000
"""Characters of one field."""
ALL_TEXTS_LIMIT: Final = 150_000
FILE_LIMIT: Final = 5_000_000
"""Bytes of one file."""
ALL_FILES_LIMIT: Final = 4_500_000
"""Bytes; a file that stands in two fields counts twice."""
PAGE_LIMIT: Final = 49
"""Pages of one PDF."""
MASTERCARD_PAGES: Final = 19
"""Pages of all files together that a reader of Mastercard's looks at."""


class SizedFile(Protocol):
    """A row of ``EvidenceFile``."""

    field: str
    size: int
    pages: int


@dataclass(frozen=True)
class CheckedFile:
    """``filename`` ends as its content says."""

    filename: str
    content_type: str
    size: int
    pages: int


def check_texts(fields: Mapping[str, str]) -> None:
    """Raises ``InvalidInput`` (``EVIDENCE_TEXT_TOO_LONG``) naming the field, or all of them."""
    for name, text in fields.items():
        if len(text) > TEXT_LIMIT:
            raise InvalidInput(
                "EVIDENCE_TEXT_TOO_LONG",
                f"{name} has {len(text)} characters; Stripe takes {TEXT_LIMIT}. Shorten it.",
                field=name,
            )
    total = sum(len(text) for text in fields.values())
    if total > ALL_TEXTS_LIMIT:
        raise InvalidInput(
            "EVIDENCE_TEXT_TOO_LONG",
            f"All texts together have {total} characters; Stripe takes {ALL_TEXTS_LIMIT}. Shorten "
            "the longest.",
        )


def check_files(files: Iterable[SizedFile], brand: str = "") -> None:
    """Raises ``InvalidInput``: ``EVIDENCE_FILES_TOO_LARGE`` or ``EVIDENCE_TOO_MANY_PAGES`` (of all
    files together; ``brand`` is the card's)."""
    kept = list(files)
    total = sum(file.size for file in kept)
    if total > ALL_FILES_LIMIT:
        raise InvalidInput(
            "EVIDENCE_FILES_TOO_LARGE",
            f"All files together have {total / 1_000_000:.1f} MB; Stripe takes "
            f"{ALL_FILES_LIMIT / 1_000_000:.1f} MB. Take the largest one out, or make it smaller.",
            field="file",
        )
    pages = sum(file.pages for file in kept)
    if brand.lower() == "mastercard" and pages > MASTERCARD_PAGES:
        raise InvalidInput(
            "EVIDENCE_TOO_MANY_PAGES",
            f"All files together have {pages} pages; Mastercard's readers stop after "
            f"{MASTERCARD_PAGES}. Keep the pages that decide.",
            field="file",
        )
