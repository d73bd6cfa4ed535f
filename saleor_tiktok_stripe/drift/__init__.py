"""Drift: where our rows, the marketplace, Stripe and Saleor do not agree on an order, a SKU or a
payment; told as differences, and brought back in step by the rooms' own jobs."""

from .asking import ask
from .classes import CLASSES, Class, class_of
from .repairing import Repair, Step, accept, repair
from .reporting import Count, Line, Report, report

__all__ = [
    "CLASSES",
    "Class",
    "Count",
    "Line",
    "Repair",
    "Report",
    "Step",
    "accept",
    "ask",
    "class_of",
    "repair",
    "report",
]
