"""What of the money needs a person, for the health page and ``doctor``."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Count, QuerySet

from ...accounts import NAMED, Finding, audit
from ...errors import InvalidInput
from ...models import Connection, Difference
from .classes import CLASSES
from .differences import MONEY, PAYOUT


def attention(connection: Connection) -> list[Finding]:
    """Open differences of the money by class, the gravest first; those that merely wait, or are
    accepted, are not among them."""
    rows = _open(connection)
    counts = dict(rows.values_list("code").annotate(number=Count("pk")).order_by("code"))
    return [
        _finding(connection, code, counts[code])
        for code, meant in CLASSES.items()
        if code in counts and meant.severity is not None
    ]


def accept(difference: Difference, actor: str, note: str = "") -> None:
    """Say that a difference is all right: it opens again only when an amount changes.

    Raises ``InvalidInput`` (``DIFFERENCE_GONE``)."""
    rows = Difference.objects.filter(pk=difference.pk).exclude(state=Difference.State.GONE)
    with transaction.atomic():
        if not rows.update(state=Difference.State.ACCEPTED, actor=actor[:255], note=note[:500]):
            raise InvalidInput("DIFFERENCE_GONE", "This difference is gone already.")
        audit.record(
            "difference.accept",
            difference.connection,
            actor,
            subject=f"{difference.code} {difference.subject}",
            data={"note": note[:500]},
        )


def _open(connection: Connection) -> QuerySet[Difference]:
    return Difference.objects.filter(
        connection=connection,
        area__in=[MONEY, PAYOUT],
        state__in=[Difference.State.OPEN, Difference.State.REPAIRING],
    )


def _finding(connection: Connection, code: str, number: int) -> Finding:
    meant = CLASSES[code]
    rows = _open(connection).filter(code=code).order_by("-first_seen", "-pk")
    subjects = [_name(row) for row in rows[:NAMED]]
    more = f" and {number - len(subjects)} more" if number > len(subjects) else ""
    assert meant.severity is not None  # noqa: S101 (only such are asked for)
    return Finding(
        code=code,
        severity=meant.severity,
        subject=subjects[0],
        message=f"{meant.words} ({', '.join(subjects)}{more})",
        cure=meant.cure,
    )


def _name(row: Difference) -> str:
    what, _, name = row.subject.partition(":")
    return f"{what} {name}" if row.area == PAYOUT else f"order {row.subject}"
