"""How one operation is sent many times in one request."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from ..documents import document

_OPERATION = re.compile(
    r"(?P<kind>query|mutation) (?P<name>\w+)\((?P<variables>[^)]*)\) \{\n(?P<body>.*?)\n\}"
    r"(?P<rest>.*)",
    re.DOTALL,
)


@cache
def repeated_document(name: str, times: int) -> str:
    """The operation ``name``, which has one field, with that field ``times`` times: under the
    aliases ``a0``, ``a1``... with its variables numbered alike. Keeps its fragments.
    """
    match = _OPERATION.search(document(name))
    if match is None:
        raise ValueError(f"{name}: not an operation with variables")
    variables = re.findall(r"\$(\w+): ([^,\s]+)", match["variables"])
    declared = ", ".join(
        f"${variable}{number}: {kind}" for number in range(times) for variable, kind in variables
    )
    bodies = "\n".join(
        f"a{number}: " + re.sub(r"\$\w+", rf"\g<0>{number}", match["body"]).strip()
        for number in range(times)
    )
    return f"{match['kind']} {match['name']}({declared}) {{\n{bodies}\n}}{match['rest']}"


def repeated_variables(values: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The numbered variables for :func:`repeated_document`."""
    return {
        f"{variable}{number}": value
        for number, one in enumerate(values)
        for variable, value in one.items()
    }
