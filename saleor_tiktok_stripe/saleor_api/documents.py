"""The GraphQL operations that both hosts run: ``operations/<mutation>.graphql``, one per file.

Each validates against the schema of every supported Saleor release (3.20-3.24).
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files


@cache
def document(name: str) -> str:
    """The text of an operation; its one field carries the same name as the file."""
    return (files(__package__) / "operations" / f"{name}.graphql").read_text(encoding="utf-8")
