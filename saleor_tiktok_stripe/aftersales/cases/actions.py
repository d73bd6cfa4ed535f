"""What can be done about a case now, as data: pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from ...models import AfterSalesCase
from ...tiktok.aftersales_types import Awaited, Decision
from .rows import State, is_return
from .words import state_words


class Name(StrEnum):
    ACCEPT = "accept"
    ACCEPT_KEEPS = "accept_buyer_keeps"
    """The money goes back and the buyer keeps the goods."""
    REFUND = "refund"
    """The money goes back instead of a replacement."""
    OFFER = "offer"
    """A part of the money is offered; the buyer may refuse it."""
    REJECT = "reject"


@dataclass(frozen=True)
class CaseAction:
    """``does``: what it does, in words. ``refusal``: why it cannot be done now ("": it can), with
    ``code``. ``decision`` is what the marketplace is told (None for a cancellation)."""

    name: Name
    does: str
    decision: Decision | None = None
    code: str = ""
    refusal: str = ""

    @property
    def allowed(self) -> bool:
        """Whether it can be done now."""
        return not self.refusal


_ACCEPTS_CANCEL: Final = "Cancels it: the buyer gets the money back, the goods stay here."
_REJECTS_CANCEL: Final = "Refuses: the order goes on, and has to be shipped."
_OFFERS: Final = "Offers the buyer a part of the money; the buyer may refuse it."

ANSWERS: Final[Mapping[str, tuple[CaseAction, ...]]] = {
    Awaited.ANSWER_CANCELLATION: (
        CaseAction(Name.ACCEPT, _ACCEPTS_CANCEL),
        CaseAction(Name.REJECT, _REJECTS_CANCEL),
    ),
    Awaited.ANSWER_REFUND: (
        CaseAction(Name.ACCEPT, "Pays the buyer back.", Decision.APPROVE_REFUND),
        CaseAction(Name.OFFER, _OFFERS, Decision.OFFER_PART),
        CaseAction(Name.REJECT, "Refuses the refund.", Decision.REJECT_REFUND),
    ),
    Awaited.ANSWER_RETURN: (
        CaseAction(
            Name.ACCEPT,
            "Lets the buyer send the goods back; the money goes back after that.",
            Decision.APPROVE_RETURN,
        ),
        CaseAction(
            Name.ACCEPT_KEEPS,
            "Pays the buyer back, who keeps the goods.",
            Decision.APPROVE_RETURN,
        ),
        CaseAction(Name.OFFER, _OFFERS, Decision.OFFER_PART),
        CaseAction(Name.REJECT, "Refuses the return.", Decision.REJECT_RETURN),
    ),
    Awaited.CHECK_PARCEL: (
        CaseAction(
            Name.ACCEPT,
            "Confirms that the goods are back: the buyer gets the money.",
            Decision.APPROVE_PARCEL,
        ),
        CaseAction(Name.REJECT, "Refuses the parcel.", Decision.REJECT_PARCEL),
    ),
    Awaited.ANSWER_REPLACEMENT: (
        CaseAction(Name.ACCEPT, "Sends the goods again.", Decision.APPROVE_REPLACEMENT),
        CaseAction(
            Name.REFUND,
            "Pays the buyer back instead.",
            Decision.REFUND_INSTEAD_OF_REPLACEMENT,
        ),
        CaseAction(Name.REJECT, "Refuses the replacement.", Decision.REJECT_REPLACEMENT),
    ),
}
"""What the marketplace takes as an answer, by what it asks for."""


HINDRANCES: Final[Mapping[str, str]] = {
    "CASE_NOT_OPEN": "Nothing is asked of you: the case {state}.",
    "CASE_ANSWERED": "It is answered already; TikTok's confirmation is awaited.",
    "CASE_DEADLINE_OVER": "The time to answer ended {due} UTC: TikTok decides by itself.",
    "CASE_WITH_OPERATOR": "TikTok's staff decides this case now.",
}
"""Why nothing can be answered, by code."""


def possible_actions(
    case: AfterSalesCase, *, now: datetime, answering: bool = False
) -> tuple[CaseAction, ...]:
    """Every answer to ``case``, allowed or with the reason why not; none where the merchant has
    nothing to decide. ``answering``: an answer is written down and not confirmed yet."""
    found = ANSWERS.get(case.awaited, ())
    code, refusal = hindrance(case, now, answering=answering)
    return tuple(
        CaseAction(one.name, one.does, one.decision, code, refusal) if refusal else one
        for one in found
    )


def hindrance(case: AfterSalesCase, now: datetime, *, answering: bool) -> tuple[str, str]:
    """Why nothing can be answered at all, as code and words; both empty when it can."""
    code = _code(case, now, answering=answering)
    due = f"{case.due_by:%Y-%m-%d %H:%M}" if case.due_by else ""
    return code, HINDRANCES[code].format(state=state_words(case), due=due) if code else ""


def _code(case: AfterSalesCase, now: datetime, *, answering: bool) -> str:
    if case.state != State.NEEDS_ANSWER:
        return "CASE_NOT_OPEN"
    if answering:
        return "CASE_ANSWERED"
    if case.due_by is not None and case.due_by <= now:
        return "CASE_DEADLINE_OVER"
    return "CASE_WITH_OPERATOR" if case.arbitration.upper() == "IN_PROGRESS" else ""


def did(case: AfterSalesCase, action: str) -> bool:
    """Whether ``case``, as it is now, shows that ``action`` was done to it."""
    if action == Name.OFFER:
        return case.offer is not None or case.state in {State.APPROVED, State.COMPLETE}
    if action == Name.REJECT:
        closed = case.state == State.CLOSED and not is_return(case)
        return case.state == State.REJECTED or closed
    if case.state in {State.APPROVED, State.COMPLETE}:
        return True
    return action == Name.ACCEPT and case.state == State.WAITING and not case.awaited
