"""The life of a dispute as data: what follows what, and which test card starts which one.

Facts: the Stripe sheet, 4.1 (states), 4.3 (submitting), 4.5 (money) and 7.3 (test cards).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

DAY = 86_400
ANSWER_DAYS = 21  # usual time to answer a chargeback or an inquiry
CONTROL_WORD_SECONDS = 5
ALREADY_CLOSED = "This dispute is already closed"
DISPUTE_FEE = 1500
COMPLIANCE_FEE = 50_000

INQUIRY_STATES = frozenset({"warning_needs_response", "warning_under_review", "warning_closed"})
CLOSED_STATES = frozenset({"won", "lost", "warning_closed", "prevented"})
SUBMITTED: Mapping[str, str] = {
    "warning_needs_response": "warning_under_review",
    "needs_response": "under_review",
    "appeal_needs_response": "appeal_under_review",
}
"""State after evidence was sent to the bank; a state that is no key takes no evidence."""
ACCEPTED: Mapping[str, str] = {
    "warning_needs_response": "warning_closed",
    "needs_response": "lost",
    "appeal_needs_response": "lost",
}
"""State after `close`; of an inquiry nothing was withdrawn, so nothing is lost."""
EXPIRED: Mapping[str, str] = {
    "needs_response": "lost",
    "appeal_needs_response": "lost",
    "warning_needs_response": "warning_closed",
}
"""State after `due_by` passed without an answer."""
_STEPS: Mapping[str, frozenset[str]] = {
    "warning_needs_response": frozenset(
        {"warning_under_review", "warning_closed", "needs_response", "prevented"}
    ),
    "warning_under_review": frozenset({"warning_closed", "needs_response", "prevented"}),
    "warning_closed": frozenset(),
    "needs_response": frozenset({"under_review", "won", "lost", "prevented"}),
    "under_review": frozenset({"won", "lost", "prevented"}),
    "won": frozenset(),
    "lost": frozenset({"won", "appeal_needs_response"}),
    "prevented": frozenset(),
    "appeal_needs_response": frozenset({"appeal_under_review", "won", "lost"}),
    "appeal_under_review": frozenset({"won", "lost"}),
}
_WORDS: Mapping[str, tuple[str, frozenset[str]]] = {
    "winning_evidence": ("won", frozenset({"under_review", "appeal_under_review"})),
    "losing_evidence": ("lost", frozenset({"under_review", "appeal_under_review"})),
    "escalate_inquiry_evidence": ("needs_response", frozenset({"warning_under_review"})),
}
_INQUIRY_WORDS: Mapping[str, str] = {
    "winning_evidence": "warning_closed",
    "losing_evidence": "warning_closed",
}


@dataclass(frozen=True)
class Opening:
    """How a dispute begins. `case` is Stripe's `case_type`, `code` the network's reason code
    (default: the one of the reason), `eligible` names the network programmes whose evidence it
    takes; `parts` of several disputes share the charge's amount."""

    reason: str = "fraudulent"
    case: str = "chargeback"
    code: str = ""
    eligible: tuple[str, ...] = ()
    parts: int = 1

    @property
    def inquiry(self) -> bool:
        """A question of the bank: no money moves."""
        return self.case == "inquiry"

    @property
    def status(self) -> str:
        """The first state."""
        return "warning_needs_response" if self.inquiry else "needs_response"


OPENINGS: Mapping[str, Opening] = {
    "pm_card_createDispute": Opening(),
    "pm_card_createDisputeProductNotReceived": Opening("product_not_received"),
    "pm_card_createDisputeInquiry": Opening(case="inquiry"),
    "pm_card_createMultipleDisputes": Opening(parts=2),
    "pm_card_createCe3EligibleDispute": Opening(eligible=("visa_compelling_evidence_3",)),
    "pm_card_createComplianceDispute": Opening(
        "noncompliant", "compliance", "compliance", ("visa_compliance",)
    ),
    "pm_card_createMastercardComplianceDispute": Opening(
        "noncompliant", "compliance", "compliance", ("mastercard_compliance",)
    ),
}
"""What a payment with one of these test cards brings."""
WARNING_CARD = "pm_card_createIssuerFraudRecord"


_CODES: Mapping[str, tuple[str, str]] = {
    "fraudulent": ("10.4", "4837"),
    "unrecognized": ("10.4", "4837"),
    "product_not_received": ("13.1", "4855"),
    "product_unacceptable": ("13.3", "4853"),
    "credit_not_processed": ("13.6", "4860"),
    "duplicate": ("12.6", "4834"),
    "subscription_canceled": ("13.2", "4841"),
}


def reason_code(reason: str, network: str) -> str | None:
    """The code of Visa or Mastercard for a reason; None where there is none."""
    visa, mastercard = _CODES.get(reason, ("", ""))
    return {"visa": visa, "mastercard": mastercard}.get(network) or None


def may_become(status: str, other: str) -> bool:
    """Whether a dispute in one state can get into the other; False for states nobody knows."""
    return other in _STEPS.get(status, frozenset())


def verdict(text: str, status: str) -> str:
    """State to which a control word in `uncategorized_text` leads from the state that submitting
    put the dispute into; "" when there is none."""
    for word, (target, allowed) in _WORDS.items():
        if word not in text:
            continue
        if status in allowed:
            return target
        return _INQUIRY_WORDS.get(word, "") if status == "warning_under_review" else ""
    return ""


def parts_of(amount: int, parts: int) -> tuple[int, ...]:
    """An amount cut into equal parts; the first ones take what is left over."""
    base, rest = divmod(amount, parts)
    return tuple(base + (1 if number < rest else 0) for number in range(parts))
