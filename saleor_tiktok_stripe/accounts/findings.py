"""What a verification found, in the merchant's words, each with its cure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Final

from ..errors import ChannelError
from ..models import Connection

CLOCK_FINE: Final = 10
"""Seconds that clocks may differ without a word."""
NAMED: Final = 5
"""So many of a kind are named; of the others ``with_rest`` tells the number."""


class Severity(StrEnum):
    """``error``: something does not work; ``warning``: it will not, or works less well."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True)
class Finding:
    """``code`` is stable upper snake case, ``subject`` what it is about (a scope, an event type, a
    warehouse). ``cure`` is empty when ``severity`` is ok.
    """

    code: str
    severity: Severity
    subject: str
    message: str
    cure: str = ""


def dump(findings: Iterable[Finding]) -> list[dict[str, str]]:
    """As kept in ``Connection.findings``."""
    return [asdict(finding) for finding in findings]


def load(stored: Sequence[Mapping[str, str]]) -> list[Finding]:
    """From what ``dump`` made."""
    return [
        Finding(
            code=row["code"],
            severity=Severity(row["severity"]),
            subject=row["subject"],
            message=row["message"],
            cure=row["cure"],
        )
        for row in stored
    ]


def findings(connection: Connection) -> list[Finding]:
    """Those of the last verification."""
    return load(connection.findings)


def worst(found: Iterable[Finding]) -> Severity:
    """The most severe of ``found``; ok when there is none."""
    severities = {finding.severity for finding in found}
    for severity in (Severity.ERROR, Severity.WARNING):
        if severity in severities:
            return severity
    return Severity.OK


def with_rest(shown: Sequence[Finding], number: int) -> list[Finding]:
    """``shown`` of ``number`` findings; the last one says how many there are besides."""
    if number <= len(shown):
        return list(shown)
    *first, last = shown
    return [*first, replace(last, message=f"{last.message} And {number - len(shown)} more.")]


def clock(skew: float | None, vendor: str, bounds: tuple[float, float], cure: str) -> list[Finding]:
    """How this server's clock stands to the vendor's: ``skew`` in seconds, positive when ours is
    behind, None when it was not seen. Outside ``bounds`` (lowest, highest) it stops the work."""
    if skew is None:
        return []
    if abs(skew) <= CLOCK_FINE:
        return [Finding("CLOCK_OK", Severity.OK, "", f"The clock agrees with {vendor}'s.")]
    lowest, highest = bounds
    severity = Severity.WARNING if lowest <= skew <= highest else Severity.ERROR
    way = "behind" if skew > 0 else "ahead of"
    words = f"This server's clock is {abs(skew):.0f} seconds {way} {vendor}'s."
    return [Finding("CLOCK_SKEW", severity, f"{skew:.0f}", words, cure)]


def no_answer(code: str, vendor: str, error: ChannelError, kept: str) -> Finding:
    """The vendor could not be asked; ``kept`` names what is caught up afterwards."""
    return Finding(
        code,
        Severity.ERROR,
        error.code,
        f"{vendor} did not answer as it should: {error.message}",
        f"Verify again in some minutes; {kept} that come meanwhile are caught up.",
    )
