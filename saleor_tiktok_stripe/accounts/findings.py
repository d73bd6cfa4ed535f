"""What a verification found, in the merchant's words, each with its cure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum

from ..models import Connection


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
