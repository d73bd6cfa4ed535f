"""What proves a merchant's side in a dispute: wanted by reason, filled from the order, checked."""

from __future__ import annotations

from .facts import EvidenceFacts, collect
from .filling import fill
from .limits import CheckedFile, check_files, check_texts
from .matrix import FILE_FIELDS, TEXT_FIELDS, Advice, advice

# The libraries for PDFs and pictures would double what the plugin adds to Saleor's start.


def check_file(filename: str, content: bytes) -> CheckedFile:
    """See ``files.check_file``."""
    from . import files

    return files.check_file(filename, content)


def receipt_pdf(facts: EvidenceFacts) -> bytes | None:
    """See ``receipt.receipt_pdf``."""
    from . import receipt

    return receipt.receipt_pdf(facts)


__all__ = [
    "FILE_FIELDS",
    "TEXT_FIELDS",
    "Advice",
    "CheckedFile",
    "EvidenceFacts",
    "advice",
    "check_file",
    "check_files",
    "check_texts",
    "collect",
    "fill",
    "receipt_pdf",
]
