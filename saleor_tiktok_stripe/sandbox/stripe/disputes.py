"""Disputes as they live: opened, answered, decided, with the money that goes and comes back.

Order of events as seen at Stripe (the sheet, 4.6): created, funds_withdrawn; on evidence
charge.dispute.updated, charge.updated; on a win funds_reinstated, closed; on closing closed,
charge.updated.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

from saleor_tiktok_stripe.sandbox.stripe import dispute_rules as rules
from saleor_tiktok_stripe.sandbox.stripe import evidence, money
from saleor_tiktok_stripe.sandbox.stripe.errors import refused
from saleor_tiktok_stripe.sandbox.stripe.events import emit
from saleor_tiktok_stripe.sandbox.stripe.world import Account, Object

_CLOSES_UNANSWERED = 120 * rules.DAY  # an inquiry that nobody escalates
_DEAD_REFUNDS = frozenset({"failed", "canceled"})


def of_charge(account: Account, charge_id: str) -> Iterable[Object]:
    """The disputes of a charge, oldest first."""
    return (one for one in account.of("dispute") if one["charge"] == charge_id)


def charged_back(account: Account, charge_id: str) -> bool:
    """Whether money of the charge was withdrawn and not given back: it cannot be refunded."""
    return any(_withdrawn(one) for one in of_charge(account, charge_id))


def left_to_dispute(account: Account, charge: Object) -> int:
    """What of a charge was taken and not refunded."""
    refunds = (one for one in account.of("refund") if one["charge"] == charge["id"])
    returned: int = sum(one["amount"] for one in refunds if one["status"] not in _DEAD_REFUNDS)
    taken: int = charge["amount_captured"]
    return taken - returned


def start(
    account: Account, charge: Object, opening: rules.Opening, amount: int, due_in: int | None = None
) -> Object:
    """Open a dispute on a charge. `due_in`: seconds to answer, 0 for one that takes no answer."""
    seconds = rules.ANSWER_DAYS * rules.DAY if due_in is None else due_in
    dispute = account.put(_new(account, charge, opening, amount, seconds))
    charge["disputed"] = True
    settle_warnings(account, charge)
    if not opening.inquiry:
        _withdraw(account, dispute)
    emit(account, "charge.dispute.created", dispute)
    if not opening.inquiry:
        emit(account, "charge.dispute.funds_withdrawn", dispute)
    if seconds:
        account.later(seconds, lambda: _expire(account, dispute))
    return dispute


def settle_warnings(account: Account, charge: Object) -> None:
    """A warning calls for nothing any more once the charge is disputed or all refunded."""
    for warning in account.of("radar.early_fraud_warning"):
        if warning["charge"] == charge["id"] and warning["actionable"]:
            warning["actionable"] = False
            emit(account, "radar.early_fraud_warning.updated", warning, {"actionable": True})


def _new(
    account: Account, charge: Object, opening: rules.Opening, amount: int, seconds: int
) -> Object:
    method = _method_details(charge, opening)
    staged = evidence.nothing()
    billing = charge.get("billing_details") or {}
    # Stripe fills in what it knows of the customer itself.
    staged["customer_name"] = billing.get("name")
    staged["customer_email_address"] = billing.get("email") or charge.get("receipt_email")
    dispute: Object = {
        "id": account.new_id("du"),
        "object": "dispute",
        "amount": amount,
        "balance_transactions": [],
        "charge": charge["id"],
        "created": account.now(),
        "currency": charge["currency"],
        "enhanced_eligibility_types": list(opening.eligible),
        "evidence": staged,
        "evidence_details": {
            "due_by": account.now() + seconds if seconds else None,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
            "submission_method": "not_submitted",
        },
        "intended_submission_method": "manual",
        "is_charge_refundable": opening.inquiry,
        "livemode": account.livemode,
        "metadata": {},
        "network_reason_code": ((method or {}).get("card") or {}).get("network_reason_code"),
        "payment_intent": charge["payment_intent"],
        "payment_method_details": method,
        "reason": opening.reason,
        "status": opening.status,
    }
    _judge_eligibility(dispute)
    return dispute


def _method_details(charge: Object, opening: rules.Opening) -> Object | None:
    """What the way of paying says of the dispute; bank debits say nothing."""
    type_ = charge["payment_method_details"]["type"]
    if type_ != "card":
        blank = {
            "klarna": {"chargeback_loss_reason_code": None, "reason_code": None},
            "paypal": {"case_id": None, "reason_code": None},
        }
        return {"type": type_, type_: blank[type_]} if type_ in blank else None
    network = charge["payment_method_details"]["card"]["brand"]
    card = {
        "brand": network,
        "case_type": opening.case,
        "network": network,
        "network_reason_code": opening.code or rules.reason_code(opening.reason, network),
    }
    return {"type": "card", "card": card}


def _judge_eligibility(dispute: Object) -> None:
    """Bring `enhanced_eligibility` in line with what is staged."""
    enhanced = dispute["evidence"]["enhanced_evidence"]
    states: dict[str, Any] = {}
    for kind in dispute["enhanced_eligibility_types"]:
        if kind == "visa_compelling_evidence_3":
            states[kind] = evidence.compelling_state(dispute["evidence"])
        else:
            acknowledged = (enhanced.get(kind) or {}).get("fee_acknowledged")
            word = "fee_acknowledged" if acknowledged else "requires_fee_acknowledgement"
            states[kind] = {"status": word}
    dispute["evidence_details"]["enhanced_eligibility"] = states


def take_evidence(account: Account, dispute: Object, given: dict[str, Any] | Literal[""]) -> None:
    """Lay evidence over what is staged ("": take all of it away); StripeError when it cannot be."""
    laid = evidence.merged(dispute["evidence"], given) if given else evidence.nothing()
    evidence.check_texts(laid)
    evidence.check_compelling(laid)
    evidence.check_files(laid, lambda id_: account.find("file", id_))
    dispute["evidence"] = evidence.shown(laid)
    dispute["evidence_details"]["has_evidence"] = evidence.is_there(laid)
    _judge_eligibility(dispute)


def check_sendable(dispute: Object) -> None:
    """StripeError unless there is something to send, and a fee it costs was acknowledged."""
    for kind, state in dispute["evidence_details"]["enhanced_eligibility"].items():
        if state["status"] == "requires_fee_acknowledgement":
            raise refused(
                "You must acknowledge the network fee before evidence can be submitted.",
                param=f"evidence[enhanced_evidence][{kind}][fee_acknowledged]",
            )
    if not dispute["evidence_details"]["has_evidence"]:
        raise refused("There is no evidence to submit for this dispute.", param="evidence")


def send(account: Account, dispute: Object) -> None:
    """Hand what is staged to the bank; control words are acted on five seconds later."""
    details = dispute["evidence_details"]
    details["submission_count"] += 1
    details["submission_method"] = "manual"
    dispute["status"] = sent_as = rules.SUBMITTED[dispute["status"]]
    if any(kind.endswith("_compliance") for kind in details["enhanced_eligibility"]):
        _network_fee(account, dispute, rules.COMPLIANCE_FEE)
    follows = rules.verdict(dispute["evidence"]["uncategorized_text"] or "", sent_as)
    wait = rules.CONTROL_WORD_SECONDS
    if not follows and sent_as == "warning_under_review":
        follows, wait = "warning_closed", _CLOSES_UNANSWERED
    if follows:
        account.later(wait, lambda: _if_still(account, dispute, sent_as, follows))


def _if_still(account: Account, dispute: Object, status: str, then: str) -> None:
    if dispute["status"] == status:
        become(account, dispute, then)


def _expire(account: Account, dispute: Object) -> None:
    details = dispute["evidence_details"]
    follows = rules.EXPIRED.get(dispute["status"])
    if follows and details["due_by"] is not None and details["due_by"] <= account.now():
        details["past_due"] = True
        become(account, dispute, follows)


def become(account: Account, dispute: Object, status: str) -> None:
    """Bring a dispute into another state, with the money and the events that go with it.

    ValueError when the state cannot follow the present one.
    """
    former = dispute["status"]
    if not rules.may_become(former, status):
        raise ValueError(f"a dispute that is {former} cannot become {status}")
    previous = {"status": former}
    dispute["status"] = status
    if status == "needs_response" and former in rules.INQUIRY_STATES:
        _escalate(account, dispute, previous)
    elif status in rules.CLOSED_STATES:
        _finish(account, dispute)
    elif status.endswith("needs_response"):
        _new_deadline(account, dispute)
        emit(account, "charge.dispute.updated", dispute, previous)
    else:
        emit(account, "charge.dispute.updated", dispute, previous)


def _escalate(account: Account, dispute: Object, previous: Object) -> None:
    card = (dispute["payment_method_details"] or {}).get("card")
    if card:
        card["case_type"] = "chargeback"
    dispute["is_charge_refundable"] = False
    _withdraw(account, dispute)
    _new_deadline(account, dispute)
    emit(account, "charge.dispute.updated", dispute, previous)
    emit(account, "charge.dispute.funds_withdrawn", dispute)


def _new_deadline(account: Account, dispute: Object) -> None:
    seconds = rules.ANSWER_DAYS * rules.DAY
    dispute["evidence_details"]["due_by"] = account.now() + seconds
    account.later(seconds, lambda: _expire(account, dispute))


def _finish(account: Account, dispute: Object) -> None:
    if dispute["status"] == "won":
        if _withdrawn(dispute):
            _reinstate(account, dispute)
            emit(account, "charge.dispute.funds_reinstated", dispute)
        dispute["is_charge_refundable"] = True
    elif dispute["status"] == "lost":
        dispute["is_charge_refundable"] = False
    emit(account, "charge.dispute.closed", dispute)
    charge = account.find("charge", dispute["charge"])
    if charge is not None:
        emit(account, "charge.updated", charge, {})


def _withdrawn(dispute: Object) -> bool:
    moved: int = sum(row["amount"] for row in dispute["balance_transactions"])
    return moved < 0


def _withdraw(account: Account, dispute: Object) -> None:
    row = money.book(
        account,
        "adjustment",
        -dispute["amount"],
        dispute["currency"],
        dispute["id"],
        fee=_in_currency(rules.DISPUTE_FEE, dispute["currency"]),
        fee_description="Dispute fee",
        description=f"Chargeback withdrawal for {dispute['charge']}",
        category="dispute",
        available_after=0,
    )
    dispute["balance_transactions"].append(row)


def _reinstate(account: Account, dispute: Object) -> None:
    row = money.book(
        account,
        "adjustment",
        dispute["amount"],
        dispute["currency"],
        dispute["id"],
        description=f"Chargeback reversal for {dispute['charge']}",
        category="dispute_reversal",
        available_after=0,
    )
    dispute["balance_transactions"].append(row)
    if account.note(dispute["id"]).pop("network_fee", False):
        _network_fee(account, dispute, -rules.COMPLIANCE_FEE)


def _network_fee(account: Account, dispute: Object, amount: int) -> None:
    """Of compliance cases: taken on answering, given back on winning."""
    account.note(dispute["id"])["network_fee"] = amount > 0
    money.book(
        account,
        "stripe_fee",
        -_in_currency(amount, dispute["currency"]),
        dispute["currency"],
        dispute["id"],
        description=f"Network fee for {dispute['id']}",
        available_after=0,
    )


def _in_currency(cents: int, currency: str) -> int:
    # The same number in every currency, with the decimals the currency has.
    if currency in money.ZERO_DECIMAL:
        return cents // 100
    return cents * 10 if currency in money.THREE_DECIMAL else cents
