"""Disputes and files as Stripe writes them, and how they read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final

from .balance_records import BalanceEntryWire
from .money import to_major
from .types import Dispute, DisputeState, EvidenceFile
from .wire import (
    Count,
    Currency,
    Expanded,
    Flag,
    Id,
    Metadata,
    Object,
    OptionalId,
    OptionalTime,
    Rows,
    Text,
    Texts,
    Time,
    TolerantFlag,
    Unsigned,
    Wire,
)

DISPUTE_STATES: Final[Mapping[str, DisputeState]] = {
    "warning_needs_response": DisputeState.INQUIRY_NEEDS_RESPONSE,
    "warning_under_review": DisputeState.INQUIRY_UNDER_REVIEW,
    "warning_closed": DisputeState.INQUIRY_CLOSED,
    "needs_response": DisputeState.NEEDS_RESPONSE,
    "under_review": DisputeState.UNDER_REVIEW,
    "won": DisputeState.WON,
    "lost": DisputeState.LOST,
    "prevented": DisputeState.PREVENTED,
    "appeal_needs_response": DisputeState.APPEAL_NEEDS_RESPONSE,
    "appeal_under_review": DisputeState.APPEAL_UNDER_REVIEW,
}
SMART: Final = frozenset({"smart_disputes", "prefer_smart_disputes"})


class _DetailsWire(Wire):
    due_by: OptionalTime = None
    has_evidence: TolerantFlag = False
    past_due: TolerantFlag = False
    submission_count: Count = 0
    enhanced_eligibility: Object = {}


class _CardWire(Wire):
    brand: Text = ""
    case_type: Text = ""
    network_reason_code: Text = ""


class _MethodWire(Wire):
    type: Text = ""
    card: Annotated[_CardWire | None, Expanded] = None


class DisputeWire(Wire):
    id: Id
    payment_intent: OptionalId = ""
    charge: OptionalId = ""
    status: Text
    reason: Text = ""
    amount: Unsigned
    currency: Currency
    created: Time
    livemode: Flag
    is_charge_refundable: TolerantFlag = False
    balance_transactions: Annotated[list[BalanceEntryWire], Rows] = []
    evidence: Object = {}
    evidence_details: Annotated[_DetailsWire | None, Expanded] = None
    enhanced_eligibility_types: Texts = ()
    intended_submission_method: Text = ""
    network_reason_code: Text = ""
    payment_method_details: Annotated[_MethodWire | None, Expanded] = None
    metadata: Metadata = {}

    def dispute(self) -> Dispute:
        """The dispute, its money and what was said so far."""
        details = self.evidence_details or _DetailsWire()
        method = self.payment_method_details or _MethodWire()
        card = method.card or _CardWire()
        eligible: dict[str, Any] = dict.fromkeys(self.enhanced_eligibility_types, {})
        return Dispute(
            id=self.id,
            payment_id=self.payment_intent,
            charge_id=self.charge,
            state=DISPUTE_STATES.get(self.status, DisputeState.UNKNOWN),
            raw_state=self.status,
            reason=self.reason,
            amount=to_major(self.amount, self.currency),
            currency=self.currency,
            created_at=self.created,
            livemode=self.livemode,
            due_by=details.due_by,
            has_evidence=details.has_evidence,
            past_due=details.past_due,
            submission_count=details.submission_count or 0,
            refundable=self.is_charge_refundable,
            balance=tuple(one.entry() for one in self.balance_transactions),
            network_reason_code=self.network_reason_code or card.network_reason_code,
            case_type=card.case_type,
            method_type=method.type,
            brand=card.brand,
            auto_submits=self.intended_submission_method in SMART,
            eligibility={**eligible, **details.enhanced_eligibility},
            evidence=_evidence(self.evidence),
            metadata=self.metadata,
        )


class FileWire(Wire):
    id: Id
    size: Unsigned
    type: Text = ""
    filename: Text = ""

    def file(self) -> EvidenceFile:
        """The file; ``kind`` is what Stripe found it to be (``pdf``, ``jpg``, ``png``)."""
        return EvidenceFile(id=self.id, size=self.size, kind=self.type, filename=self.filename)


def _evidence(fields: Mapping[str, Any]) -> dict[str, Any]:
    """What is on file: without empty fields, files by their id."""
    return {
        name: value["id"] if isinstance(value, Mapping) and value.get("object") == "file" else value
        for name, value in fields.items()
        if value not in (None, "", {})
    }
