"""What waits for a person, for the health page and ``doctor``: of an account's payments, and of a
shop's cases."""

from __future__ import annotations

from typing import Final

from ..accounts import NAMED, Finding, Severity, with_rest
from ..models import Charge, Connection
from .cases.deadlines import CaseDeadline, case_deadlines
from .watching import Deadline, deadlines

URGENT_HOURS: Final = 24


def attention(connection: Connection) -> list[Finding]:
    """Disputes that wait for an answer, and charges with a problem: each with its cure.

    ``DISPUTE_DUE`` is an error in its last day; of charges the code is their problem's.
    """
    return [*_disputes(connection), *_charges(connection)]


def case_attention(connection: Connection) -> list[Finding]:
    """Cases that wait for an answer (``CASE_DUE``): an error in their last day."""
    waiting = case_deadlines([connection])
    shown = [_case(connection, one) for one in waiting[:NAMED]]
    return with_rest(shown, len(waiting))


def _case(connection: Connection, one: CaseDeadline) -> Finding:
    order = f" for order {one.order_number}" if one.order_number else ""
    verb = "must be" if one.hours >= 0 else "had to be"
    return Finding(
        code="CASE_DUE",
        severity=Severity.ERROR if one.hours < URGENT_HOURS else Severity.WARNING,
        subject=one.case_id,
        message=f"{one.asks}{order} (case {one.case_id}): it {verb} answered by "
        f"{one.due_by:%Y-%m-%d %H:%M} UTC, otherwise TikTok decides.",
        cure="Accept or reject it: saleor-tiktok-stripe cases show --channel "
        f"{connection.channel_slug} {one.case_id}",
    )


def _disputes(connection: Connection) -> list[Finding]:
    waiting = deadlines([connection])
    shown = [_due(connection, one) for one in waiting[:NAMED]]
    return with_rest(shown, len(waiting))


def _due(connection: Connection, one: Deadline) -> Finding:
    order = f" of order {one.order_number}" if one.order_number else ""
    verb = "must be" if one.hours >= 0 else "had to be"
    otherwise = " Stripe answers by itself otherwise." if one.auto_submits else ""
    return Finding(
        code="DISPUTE_DUE",
        severity=Severity.ERROR if one.hours < URGENT_HOURS else Severity.WARNING,
        subject=one.dispute_id,
        message=f"Dispute {one.dispute_id}{order} ({one.reason or 'no reason given'}) {verb} "
        f"answered by {one.due_by:%Y-%m-%d %H:%M} UTC.{otherwise}",
        cure="Answer or accept it: saleor-tiktok-stripe dispute show --channel "
        f"{connection.channel_slug} {one.dispute_id}",
    )


def _charges(connection: Connection) -> list[Finding]:
    rows = Charge.objects.filter(connection=connection, problem__isnull=False)
    shown = [_of_charge(charge) for charge in rows.order_by("-pk")[:NAMED]]
    return with_rest(shown, rows.count() if len(shown) == NAMED else len(shown))


def _of_charge(charge: Charge) -> Finding:
    problem = charge.problem or {}
    order = f" of order {charge.order_number}" if charge.order_number else ""
    return Finding(
        code=problem["code"],
        severity=Severity.ERROR,
        subject=charge.payment_id,
        message=f"Payment {charge.payment_id}{order}: {problem['cause']}",
        cure=problem["cure"],
    )
