"""The GraphQL operations: ``operations/<name>.graphql``, one per file; those that both hosts run
carry the name of their one mutation. What several select alike is in ``operations/fragments/``.

Each validates against the schema of every supported Saleor release (3.20-3.24).
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

_SPREAD = re.compile(r"\.\.\.\s*(?!on\b)(\w+)")


@cache
def document(name: str) -> str:
    """The text of an operation with the fragments it spreads, each once."""
    text = _read(f"{name}.graphql")
    fragments: dict[str, str] = {}
    wanted = _SPREAD.findall(text)
    while wanted:
        spread = wanted.pop()
        if spread not in fragments:
            fragments[spread] = _read(f"fragments/{spread}.graphql")
            wanted += _SPREAD.findall(fragments[spread])
    return "\n".join([text, *fragments.values()])


def _read(path: str) -> str:
    return (files(__package__) / "operations" / path).read_text(encoding="utf-8")
