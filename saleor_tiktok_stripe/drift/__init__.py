"""Drift: where our rows, the marketplace, Stripe and Saleor do not agree on an order, a SKU or a
payment; told as differences, and brought back in step by the rooms' own jobs."""

from .asking import areas_of, ask, ask_for
from .attention import attention
from .classes import CLASSES, Class, class_of
from .jobs import check_now
from .repairing import Repair, Step, accept, repair
from .reporting import ALL, OPEN, Count, Line, Report, Tour, counts, lines_of, listed, report, tours

__all__ = [
    "ALL",
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
    "repair",
    "report",
    "tours",
]
