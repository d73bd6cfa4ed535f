"""What people are told of cases. No buyer data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ...models import AfterSalesCase
from ...tiktok.aftersales_types import Awaited
from ..words import money
from .rows import State

ASKED: Final[Mapping[str, str]] = {
    Awaited.ANSWER_CANCELLATION: "The buyer asks to cancel",
    Awaited.ANSWER_REFUND: "The buyer asks for a refund",
    Awaited.ANSWER_RETURN: "The buyer asks to return goods",
    Awaited.CHECK_PARCEL: "Returned goods arrived and wait to be checked",
    Awaited.ANSWER_REPLACEMENT: "The buyer asks for a replacement",
}
OTHERWISE: Final[Mapping[str, str]] = {
    Awaited.ANSWER_CANCELLATION: "TikTok cancels the order and pays the buyer back.",
    Awaited.ANSWER_REFUND: "TikTok pays the buyer back.",
    Awaited.ANSWER_RETURN: "TikTok lets the buyer send the goods back.",
    Awaited.CHECK_PARCEL: "TikTok pays the buyer back.",
    Awaited.ANSWER_REPLACEMENT: "TikTok decides.",
}
"""What happens when the deadline passes."""
STATES: Final[Mapping[str, str]] = {
    State.NEEDS_ANSWER: "waits for an answer",
    State.WAITING: "waits for the buyer, the carrier or TikTok",
    State.APPROVED: "is approved: the money is on its way to the buyer",
    State.REJECTED: "is rejected",
    State.COMPLETE: "is complete: the buyer has the money",
    State.CLOSED: "is withdrawn or closed",
}


def asked(case: AfterSalesCase) -> str:
    """What is asked of the merchant."""
    return ASKED.get(case.awaited, "The case waits for an answer")


def state_words(case: AfterSalesCase) -> str:
    """Where the case stands."""
    return STATES[State(case.state)]


def reason_words(case: AfterSalesCase) -> str:
    """Why, as the buyer chose it from the marketplace's list."""
    return case.reason_text or case.reason or "no reason given"


def amount_words(case: AfterSalesCase) -> str:
    """What the buyer would get back."""
    return money(case.amount, case.currency) if case.currency else "no money"


def reminder(case: AfterSalesCase, hours: int) -> str:
    """For the order's history: it is due within ``hours``."""
    return (
        f"{asked(case)} ({amount_words(case)}, {reason_words(case)}; case {case.case_id}). Answer "
        f"within {hours} hours ({case.due_by:%Y-%m-%d %H:%M} UTC). Otherwise: "
        f"{OTHERWISE.get(case.awaited, 'TikTok decides.')}"
    )
