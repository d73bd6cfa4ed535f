"""What proves a merchant's side in a dispute: wanted by reason, filled from the order, checked."""

from .facts import EvidenceFacts, collect
from .files import CheckedFile, check_file
from .filling import fill
from .limits import check_files, check_texts
from .matrix import FILE_FIELDS, TEXT_FIELDS, Advice, advice
from .receipt import receipt_pdf

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
