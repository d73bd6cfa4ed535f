"""What there is to tell of a channel now: problems and deadlines, each once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Final

from django.db.models import Count, Min

from .. import accounts, catalog, drift, fulfilment, payments
from ..accounts import Finding, NoticeKind, Severity
from ..accounts.review import KEY_OLD, Weight, review
from ..aftersales.cases.deadlines import case_deadlines
from ..aftersales.watching import deadlines as dispute_deadlines
from ..drift.classes import AREAS
from ..jobs import clock
from ..models import Charge, Connection, ConnectionState, Difference, Job, JobStatus, Vendor
from ..payments import ledger
from .words import JOBS

REAUTHORIZE: Final = "REAUTHORIZATION_NEEDED"
ENDS: Final = "AUTHORIZATION_ENDS"
OLD_KEYS: Final = "KEYS_OLD"
URGENT: Final[dict[NoticeKind, timedelta]] = {
    NoticeKind.CASES: timedelta(hours=24),
    NoticeKind.DISPUTES: timedelta(hours=24),
    NoticeKind.SHIPMENTS: timedelta(hours=4),
    NoticeKind.AUTHORIZATION: timedelta(hours=24),
}
"""So long before its deadline a thing is urgent."""
_EACH: Final = frozenset({"SCOPE_MISSING", "STRIPE_SCOPE_MISSING"})
"""Findings that are told one by one; of the others those with the same code are one thing."""
NAMED: Final = 200
"""So many orders to ship are told one by one; the others by their number."""
_LEFT_OUT: Final = frozenset({ENDS})
"""Findings that are told from what they were made of, with their own deadline."""


@dataclass(frozen=True)
class Thing:
    """A problem or a deadline as it is now. ``number``: how many there are of it. ``message`` is
    without the deadline ``due_by``, which is told in the shop's time zone. ``subject`` names it
    among those of its ``code``. No buyer data, no secret."""

    connection: Connection
    kind: NoticeKind
    code: str
    severity: Severity
    message: str
    cure: str
    subject: str = ""
    number: int = 1
    due_by: datetime | None = None

    @property
    def key(self) -> str:
        """Names it once in its channel."""
        return f"{self.connection.pk}:{self.kind}:{self.code}:{self.subject}"[:255]


def things(connections: Sequence[Connection]) -> list[Thing]:
    """Of the connections of one channel that are in use, in no order; each key once."""
    found = {thing.key: thing for one in connections for thing in _of(one)}
    return list(found.values())


def in_use(connection: Connection) -> bool:
    """Whether anything is told of a connection: one that was never made, or was switched off on
    purpose, is silent."""
    return connection.state in {ConnectionState.ACTIVE, ConnectionState.NEEDS_REAUTH}


def _of(connection: Connection) -> Iterator[Thing]:
    now = clock.now()
    yield from _authorization(connection, now)
    yield from _setup(connection)
    yield from _old_keys(connection, now)
    yield from _work(connection)
    if connection.vendor == Vendor.STRIPE:
        yield from _disputes(connection)
        yield from _charges(connection)
        yield from _found(connection, NoticeKind.PAYMENTS, [payments.mirror_problem(connection)])
    else:
        yield from _cases(connection)
        yield from _shipments(connection)
        yield from _found(connection, NoticeKind.STOCK, catalog.attention(connection))
    money, drifting = _differences(connection)
    yield from _found(connection, NoticeKind.MONEY, ledger.attention(connection), money)
    found = drift.attention(connection)
    counts = {one.code: drifting for one in found}
    yield from _found(connection, NoticeKind.DRIFT, found, counts)


def _authorization(connection: Connection, now: datetime) -> Iterator[Thing]:
    """That it ended, or ends within 30 days."""
    account = connection.account_name or connection.get_vendor_display()
    if connection.state == ConnectionState.NEEDS_REAUTH:
        yield Thing(
            connection,
            NoticeKind.AUTHORIZATION,
            REAUTHORIZE,
            Severity.ERROR,
            f"The connection to {account} has ended, and its work waits: {connection.state_reason}",
            "Connect it again.",
        )
        return
    end = connection.refresh_expires_at
    if end is None or end - now > timedelta(days=30):
        return
    last_day = end - now <= URGENT[NoticeKind.AUTHORIZATION]
    yield Thing(
        connection,
        NoticeKind.AUTHORIZATION,
        ENDS,
        Severity.ERROR if last_day else Severity.WARNING,
        f"The authorization of {account} ends.",
        "Connect it again before that: then nothing stops.",
        due_by=end,
    )


def _setup(connection: Connection) -> Iterator[Thing]:
    unreadable = accounts.unreadable(connection)
    if unreadable is not None:
        yield Thing(
            connection,
            NoticeKind.SETUP,
            unreadable.code,
            Severity.ERROR,
            unreadable.message,
            "Ask whoever runs this server.",
        )
    found: list[Finding | None] = list(accounts.findings(connection))
    if connection.vendor == Vendor.STRIPE:
        found.append(payments.delivery_problem(connection))
    yield from _found(connection, NoticeKind.SETUP, found)


def _old_keys(connection: Connection, now: datetime) -> Iterator[Thing]:
    """Keys that the settings review finds old."""
    for item in review([connection]):
        old = item.at is not None and now - item.at > KEY_OLD
        if item.topic == "keys" and item.weight == Weight.WARNING and old:
            yield Thing(
                connection,
                NoticeKind.SETUP,
                OLD_KEYS,
                Severity.WARNING,
                item.message,
                item.cure,
            )


def _work(connection: Connection) -> Iterator[Thing]:
    """Work that waits for somebody, by what it is and why."""
    rows = Job.objects.filter(connection=connection, status__in=[JobStatus.PARKED, JobStatus.DEAD])
    groups = rows.values("kind", "error_code").annotate(number=Count("pk"), first=Min("pk"))
    for group in groups.order_by("kind", "error_code"):
        first = Job.objects.filter(pk=group["first"]).first()
        problem = (first.problem or {}) if first is not None else {}
        what = JOBS.get(group["kind"], JOBS[""])
        more = f" And {group['number'] - 1} more for the same reason." * (group["number"] > 1)
        yield Thing(
            connection,
            NoticeKind.WORK,
            group["error_code"] or "UNEXPECTED",
            Severity.ERROR,
            f"{what}: {problem.get('cause') or 'it failed.'}{more}",
            problem.get("cure") or "Look at it, then retry it.",
            subject=group["kind"],
            number=group["number"],
        )


def _cases(connection: Connection) -> Iterator[Thing]:
    for one in case_deadlines([connection]):
        order = f" for order {one.order_number}" if one.order_number else ""
        yield Thing(
            connection,
            NoticeKind.CASES,
            "CASE_DUE",
            _gravity(NoticeKind.CASES, one.due_by),
            f"{one.asks}{order} (case {one.case_id}). Without an answer TikTok decides.",
            "Accept or reject it.",
            subject=one.case_id,
            due_by=one.due_by,
        )


def _disputes(connection: Connection) -> Iterator[Thing]:
    for one in dispute_deadlines([connection]):
        order = f" of order {one.order_number}" if one.order_number else ""
        otherwise = " Stripe answers by itself otherwise." if one.auto_submits else ""
        yield Thing(
            connection,
            NoticeKind.DISPUTES,
            "DISPUTE_DUE",
            _gravity(NoticeKind.DISPUTES, one.due_by),
            f"Dispute {one.dispute_id}{order} ({one.reason or 'no reason given'}) waits for an "
            f"answer.{otherwise}",
            "Answer it with evidence, or accept it.",
            subject=one.dispute_id,
            due_by=one.due_by,
        )


def _shipments(connection: Connection) -> Iterator[Thing]:
    due = fulfilment.deadlines(connection, NAMED + 1)
    for one in due[:NAMED]:
        number = f" (Saleor {one.saleor_number})" if one.saleor_number else ""
        yield Thing(
            connection,
            NoticeKind.SHIPMENTS,
            "SHIPMENT_DUE",
            _gravity(NoticeKind.SHIPMENTS, one.ship_by),
            f"Order {one.order_id}{number} has to be shipped. TikTok cancels what leaves too late.",
            "Fulfil it in Saleor with its tracking number.",
            subject=one.order_id,
            due_by=one.ship_by,
        )
    if len(due) > NAMED:
        rest = fulfilment.number_due(connection) - NAMED
        yield Thing(
            connection,
            NoticeKind.SHIPMENTS,
            "SHIPMENTS_DUE",
            _gravity(NoticeKind.SHIPMENTS, due[NAMED].ship_by),
            f"Besides the {NAMED} most urgent orders to ship, so many more are due within a day: "
            f"{rest:,}. TikTok cancels what leaves too late.",
            "Fulfil them in Saleor with their tracking numbers.",
            number=rest,
        )


def _charges(connection: Connection) -> Iterator[Thing]:
    """Payments with a problem, by its code."""
    rows = Charge.objects.filter(connection=connection, problem__isnull=False)
    groups = rows.values("problem__code").annotate(number=Count("pk"), first=Min("pk"))
    for group in groups.order_by("problem__code"):
        first = Charge.objects.filter(pk=group["first"], problem__isnull=False).first()
        if first is None or first.problem is None:
            continue
        order = f" of order {first.order_number}" if first.order_number else ""
        more = f" And {group['number'] - 1} more like it." * (group["number"] > 1)
        yield Thing(
            connection,
            NoticeKind.PAYMENTS,
            first.problem["code"],
            Severity.ERROR,
            f"Payment {first.payment_id}{order}: {first.problem['cause']}{more}",
            first.problem["cure"],
            number=group["number"],
        )


def _found(
    connection: Connection,
    kind: NoticeKind,
    found: Iterable[Finding | None],
    counts: dict[str, int] | None = None,
) -> Iterator[Thing]:
    """Findings that are wrong, those with one code together; ``counts``: how many each is."""
    wrong = [
        one
        for one in found
        if one is not None and one.severity != Severity.OK and one.code not in _LEFT_OUT
    ]
    keyed = sorted(wrong, key=_group)
    for (code, subject), rows in groupby(keyed, key=_group):
        same = list(rows)
        more = f" And {len(same) - 1} more like it." * (len(same) > 1)
        yield Thing(
            connection,
            kind,
            code,
            accounts.worst(same),
            f"{same[0].message}{more}",
            same[0].cure,
            subject=subject,
            number=(counts or {}).get(code, len(same)),
        )


def _group(finding: Finding) -> tuple[str, str]:
    return finding.code, finding.subject if finding.code in _EACH else ""


def _differences(connection: Connection) -> tuple[dict[str, int], int]:
    """Open differences of the money by code, and how many a tour found in everything else."""
    rows = Difference.objects.filter(
        connection=connection, state__in=[Difference.State.OPEN, Difference.State.REPAIRING]
    )
    counts = list(rows.order_by().values_list("area", "code").annotate(number=Count("pk")))
    money = {code: number for area, code, number in counts if area not in AREAS}
    return money, sum(number for area, _, number in counts if area in AREAS)


def _gravity(kind: NoticeKind, due_by: datetime) -> Severity:
    soon = due_by - clock.now() <= URGENT[kind]
    return Severity.ERROR if soon else Severity.WARNING
