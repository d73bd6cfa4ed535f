"""``make demo``: a shop's history is imported while everything goes wrong; then both sides are
compared to the cent."""

from .run import run

__all__ = ["run"]
