"""What Saleor must be told of refunds and disputes, from what it knows and what Stripe says. Pure.

Saleor groups events by reference: a refund's is its id, a withdrawal's the dispute's id. Of a
refund, a ``REFUND_FAILURE`` already voids an older ``REFUND_SUCCESS``, so that one that failed
after it succeeded gets a ``REFUND_REVERSE`` and never both. For money that a won dispute brings
back Saleor has no type of its own: it is a ``CHARGE_SUCCESS`` with a reference of its own
(``REFUND_REVERSE`` would push the refunded amount below zero).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal

from ..saleor_api.transactions import EventReport, TransactionEvent
from ..stripe_api.types import Dispute, Refund, RefundState
from .words import FRAUD_WARNING, dispute_words, failure_words, foreign_currency_words

_OPEN = frozenset({RefundState.PENDING, RefundState.ACTION_REQUIRED, RefundState.UNKNOWN})
_DEAD = frozenset({RefundState.FAILED, RefundState.CANCELED})


def refund_reports(
    refunds: Sequence[Refund], events: Sequence[TransactionEvent]
) -> list[EventReport]:
    """What is missing in Saleor of a payment's refunds, oldest refund first.

    ``events`` are all of the transaction's, oldest first; those that do not count are passed over.
    A state that this version does not know is taken as pending: Stripe works on it.
    """
    reports = []
    for refund in sorted(refunds, key=lambda each: (each.created_at, each.id)):
        report = _refund_report(refund, _kinds_of(refund.id, events))
        if report is not None:
            reports.append(report)
    return reports


def dispute_reports(
    disputes: Sequence[Dispute],
    charge_currency: str,
    events: Sequence[TransactionEvent],
    captured: Decimal | None = None,
) -> list[EventReport]:
    """What is missing in Saleor of a payment's disputes, oldest dispute first.

    Money moves by what really left or came back, each once: withdrawals are ``CHARGE_BACK``, what
    comes back ``CHARGE_SUCCESS``; all together never above ``captured`` (None: not bounded). Each
    state is an ``INFO`` that says whether and until when an answer is needed. What moved in a
    currency that cannot be expressed in the charge's is told as an ``INFO``, never guessed.
    """
    known = {(event.type, event.psp_reference) for event in events}
    reports: list[EventReport] = []
    room = captured
    for dispute in sorted(disputes, key=lambda each: (each.created_at, each.id)):
        moves = money_moves(dispute, charge_currency, room)
        if room is not None:
            room -= sum((_signed(move) for move in moves), Decimal(0))
        wanted = [*moves, *_told(dispute, charge_currency)]
        reports += [each for each in wanted if (each.type, each.psp_reference) not in known]
    return reports


def warning_reports(
    warning_ids: Sequence[str], events: Sequence[TransactionEvent]
) -> list[EventReport]:
    """The bank's early fraud warnings (their ids) that Saleor was not told of, as ``INFO``."""
    known = {event.psp_reference for event in events if event.type == "INFO"}
    references = [f"{warning_id}:warning" for warning_id in warning_ids]
    return [
        EventReport("INFO", reference, Decimal(0), FRAUD_WARNING)
        for reference in references
        if reference not in known
    ]


def money_moves(
    dispute: Dispute, charge_currency: str, room: Decimal | None = None
) -> list[EventReport]:
    """Withdrawals and returns of one dispute in the charge's currency, oldest first.

    ``room`` bounds what may still be charged back. Empty while no money moved, and where it moved
    in another currency than the charge's and Stripe does not say how much that is.
    """
    moves: list[EventReport] = []
    out = Decimal(0)
    withdrawals = returns = 0
    # Stripe tells whole seconds, and nothing comes back before it left.
    for entry in sorted(dispute.balance, key=lambda each: (each.created_at, each.amount > 0)):
        if entry.amount == 0:
            continue
        exact = abs(entry.amount) if entry.currency == charge_currency else None
        if entry.amount < 0:
            whole = dispute.amount if dispute.currency == charge_currency else exact
            if whole is None:
                return []
            amount = whole if room is None else max(Decimal(0), min(whole, room - out))
            withdrawals += 1
            out += amount
            kind, reference = "CHARGE_BACK", _numbered(dispute.id, "withdrawn", withdrawals)
        else:
            amount = out if exact is None else min(out, exact)
            returns += 1
            out -= amount
            kind, reference = "CHARGE_SUCCESS", f"{dispute.id}-reinstated"
            if returns > 1:
                reference = f"{reference}-{returns}"
        if amount > 0:
            words = dispute_words(dispute)
            moves.append(EventReport(kind, reference, amount, words, happened_at=entry.created_at))
    return moves


def disputed_amount(
    disputes: Sequence[Dispute], charge_currency: str, captured: Decimal | None = None
) -> Decimal:
    """What disputes hold back of a charge now, in its currency: withdrawn and not returned."""
    total = Decimal(0)
    for dispute in sorted(disputes, key=lambda each: (each.created_at, each.id)):
        room = None if captured is None else captured - total
        moves = money_moves(dispute, charge_currency, room)
        total += sum((_signed(move) for move in moves), Decimal(0))
    return total


def moved_in_foreign_currency(dispute: Dispute, charge_currency: str) -> bool:
    """Money moved, and how much of the charge that is cannot be said."""
    moved = [entry for entry in dispute.balance if entry.amount < 0]
    known = dispute.currency == charge_currency
    return bool(moved) and not known and any(e.currency != charge_currency for e in moved)


def _refund_report(refund: Refund, kinds: Sequence[str]) -> EventReport | None:
    if refund.state in _DEAD:
        return _dead_refund(refund, kinds)
    if refund.state in _OPEN:
        if kinds:
            return None
        return _of_refund("REFUND_REQUEST", refund, at=refund.created_at)
    # A failed refund never succeeds: whoever says so looked before it failed.
    if {"REFUND_SUCCESS", "REFUND_FAILURE", "REFUND_REVERSE"} & set(kinds):
        return None
    return _of_refund("REFUND_SUCCESS", refund, at=None if kinds else refund.created_at)


def _dead_refund(refund: Refund, kinds: Sequence[str]) -> EventReport | None:
    if "REFUND_REVERSE" in kinds:
        return None
    words = failure_words(refund)
    if "REFUND_SUCCESS" not in kinds:
        done = "REFUND_FAILURE" in kinds
        return None if done else _of_refund("REFUND_FAILURE", refund, words)
    told = [kind for kind in kinds if kind in {"REFUND_SUCCESS", "REFUND_FAILURE"}]
    return None if told[-1] == "REFUND_FAILURE" else _of_refund("REFUND_REVERSE", refund, words)


def _of_refund(
    kind: str, refund: Refund, message: str = "", at: datetime | None = None
) -> EventReport:
    return EventReport(kind, refund.id, refund.amount, message, happened_at=at)


def _kinds_of(reference: str, events: Iterable[TransactionEvent]) -> list[str]:
    return [event.type for event in events if event.psp_reference == reference and event.counts]


def _told(dispute: Dispute, charge_currency: str) -> list[EventReport]:
    # Saleor takes every amount for one in the charge's currency.
    amount = dispute.amount if dispute.currency == charge_currency else Decimal(0)
    state = f"{dispute.id}:{dispute.raw_state}"
    told = [EventReport("INFO", state, amount, dispute_words(dispute))]
    if moved_in_foreign_currency(dispute, charge_currency):
        words = foreign_currency_words(dispute)
        told.append(EventReport("INFO", f"{dispute.id}:currency", amount, words))
    return told


def _signed(move: EventReport) -> Decimal:
    return move.amount if move.type == "CHARGE_BACK" else -move.amount


def _numbered(dispute_id: str, word: str, count: int) -> str:
    """The first withdrawal's reference is the dispute's id; a second one is rare (a decision that
    was turned over again)."""
    return dispute_id if count == 1 else f"{dispute_id}-{word}-{count}"
