"""Disputes and early fraud warnings over the API, and the test cards that bring them."""

from __future__ import annotations

from typing import Any

from saleor_tiktok_stripe.sandbox.stripe import dispute_rules as rules
from saleor_tiktok_stripe.sandbox.stripe import disputes, evidence
from saleor_tiktok_stripe.sandbox.stripe.errors import refused
from saleor_tiktok_stripe.sandbox.stripe.events import copied, emit
from saleor_tiktok_stripe.sandbox.stripe.expand import expandable
from saleor_tiktok_stripe.sandbox.stripe.hooks import after_charge, after_refund
from saleor_tiktok_stripe.sandbox.stripe.paging import page
from saleor_tiktok_stripe.sandbox.stripe.params import (
    PAGING,
    Spec,
    flag,
    merged_metadata,
    metadata,
    obj,
    text,
    when,
)
from saleor_tiktok_stripe.sandbox.stripe.registry import Request, route
from saleor_tiktok_stripe.sandbox.stripe.world import Account, Object

_METHODS = ("manual", "prefer_manual", "prefer_smart_disputes", "smart_disputes")
_UPDATE: Spec = {
    "evidence": obj(evidence.SPEC),
    "intended_submission_method": text(choices=_METHODS),
    "metadata": metadata(),
    "submit": flag(),
}
_LIST: Spec = {**PAGING, "charge": text(), "created": when(), "payment_intent": text()}

expandable(
    "dispute",
    charge="charge",
    payment_intent="payment_intent",
    **{f"evidence__{name}": "file" for name in evidence.FILES},
)
expandable("radar.early_fraud_warning", charge="charge", payment_intent="payment_intent")


@after_charge
def _test_cards(account: Account, charge: Object, test_method: str) -> None:
    """Some test cards bring a dispute or a warning as soon as the money was taken."""
    if test_method == rules.WARNING_CARD:
        warn(account, charge)
    opening = rules.OPENINGS.get(test_method)
    if opening is not None:
        for amount in rules.parts_of(charge["amount_captured"], opening.parts):
            disputes.start(account, charge, opening, amount)


@after_refund
def _refunded(account: Account, charge: Object) -> None:
    """A charge that was all refunded cannot be refunded again, and needs no warning."""
    for dispute in disputes.of_charge(account, charge["id"]):
        if dispute["status"] in {*rules.INQUIRY_STATES, "won"}:
            dispute["is_charge_refundable"] = not charge["refunded"]
    if charge["refunded"]:
        disputes.settle_warnings(account, charge)


@route("GET", "/v1/disputes", params=_LIST, scope="dispute")
def list_disputes(request: Request) -> Object:
    """All disputes; Stripe has no filter on the status."""
    found = _filtered(request, "dispute")
    return page(request, found, "/v1/disputes", "dispute")


@route("GET", "/v1/disputes/{id}", scope="dispute")
def retrieve_dispute(request: Request) -> Object:
    """One dispute."""
    return request.account.get("dispute", request.path["id"])


@route("POST", "/v1/disputes/{id}", params=_UPDATE, scope="dispute")
def update_dispute(request: Request) -> Object:
    """Stage or submit evidence: what comes with evidence is submitted unless told otherwise."""
    account = request.account
    dispute = account.get("dispute", request.path["id"])
    given = request.get("evidence")
    submits = request.get("submit", given is not None)
    before = copied(dispute)
    if (given is not None or submits) and dispute["status"] not in rules.SUBMITTED:
        raise refused(rules.ALREADY_CLOSED)
    changed = copied(dispute)
    changed["balance_transactions"] = dispute["balance_transactions"]
    changed["metadata"] = merged_metadata(dispute["metadata"], request.get("metadata"))
    changed["intended_submission_method"] = request.get(
        "intended_submission_method", dispute["intended_submission_method"]
    )
    if given is not None:
        disputes.take_evidence(account, changed, given)
    if submits:
        disputes.check_sendable(changed)
    dispute.update(changed)
    if submits:
        disputes.send(account, dispute)
    _tell(account, dispute, before)
    return dispute


def _tell(account: Account, dispute: Object, before: Object) -> None:
    previous = {name: before[name] for name in before if before[name] != dispute[name]}
    if not previous:
        return
    emit(account, "charge.dispute.updated", dispute, previous)
    charge = account.find("charge", dispute["charge"])
    if charge is not None and previous.keys() - {"metadata"}:
        emit(account, "charge.updated", charge, {})


@route("POST", "/v1/disputes/{id}/close", scope="dispute")
def close_dispute(request: Request) -> Object:
    """Accept a dispute: it is lost, and cannot be taken back."""
    dispute = request.account.get("dispute", request.path["id"])
    follows = rules.ACCEPTED.get(dispute["status"])
    if follows is None:
        raise refused(rules.ALREADY_CLOSED)
    disputes.become(request.account, dispute, follows)
    return dispute


@route("GET", "/v1/radar/early_fraud_warnings", params=_LIST, scope="radar")
def list_warnings(request: Request) -> Object:
    """All early fraud warnings."""
    found = _filtered(request, "radar.early_fraud_warning")
    return page(request, found, "/v1/radar/early_fraud_warnings", "radar.early_fraud_warning")


@route("GET", "/v1/radar/early_fraud_warnings/{id}", scope="radar")
def retrieve_warning(request: Request) -> Object:
    """One early fraud warning."""
    return request.account.get("radar.early_fraud_warning", request.path["id"])


def _filtered(request: Request, kind: str) -> list[dict[str, Any]]:
    wanted = {name: request.get(name) for name in ("charge", "payment_intent") if request.get(name)}
    return [
        one
        for one in request.account.of(kind)
        if all(one[name] == value for name, value in wanted.items())
    ]


def warn(account: Account, charge: Object, fraud_type: str = "unauthorized_use_of_card") -> Object:
    """The bank warns of a charge before there is a dispute."""
    warning = account.put(
        {
            "id": account.new_id("issfr"),
            "object": "radar.early_fraud_warning",
            "actionable": True,
            "charge": charge["id"],
            "created": account.now(),
            "fraud_type": fraud_type,
            "livemode": account.livemode,
            "payment_intent": charge["payment_intent"],
        }
    )
    emit(account, "radar.early_fraud_warning.created", warning)
    return warning
