"""Drift: where our rows, the marketplace, Stripe and Saleor do not agree on an order, a SKU or a
payment; told as differences, and brought back in step by the rooms' own jobs."""

from .areas import BOOKS, open_areas
from .asking import areas_of, ask, ask_for
from .attention import attention
from .classes import CLASSES, Class, class_of
from .jobs import check_now
from .repairing import Repair, Step, accept, repair
from .reporting import (
    ALL,
    OPEN,
    Count,
    Line,
    Report,
    Tour,
    counts,
    lines_of,
    listed,
    own,
    report,
    tours,
)

__all__ = [
    "ALL",
    "BOOKS",
    "CLASSES",
    "OPEN",
    "Class",
    "Count",
    "Line",
    "Repair",
    "Report",
    "Step",
    "Tour",
    "accept",
    "areas_of",
    "ask",
    "ask_for",
    "attention",
    "check_now",
    "class_of",
    "counts",
    "lines_of",
    "listed",
    "open_areas",
    "own",
    "repair",
    "report",
    "tours",
]
