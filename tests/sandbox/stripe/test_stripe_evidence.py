"""Evidence over the API, through Stripe's own client: staged, sent once, refused."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from saleor_tiktok_stripe.sandbox.stripe.control import Control

from .conftest import balance


def test_staged_evidence_is_kept_and_not_sent(dispute: Any, api: Any, happened: Any) -> None:
    made = dispute()
    before = len(happened())

    staged = api.disputes.update(
        made.id,
        {"evidence": {"product_description": "A mug", "customer_name": "Ada"}, "submit": False},
    )

    assert (staged.status, staged.evidence_details.has_evidence) == ("needs_response", True)
    assert staged.evidence_details.submission_count == 0
    again = api.disputes.update(made.id, {"evidence": {"customer_name": ""}, "submit": False})
    assert (again.evidence.product_description, again.evidence.customer_name) == ("A mug", None)
    assert happened(before) == ["charge.dispute.updated", "charge.updated"] * 2


def test_evidence_without_submit_is_sent_at_once(dispute: Any, api: Any) -> None:
    sent = api.disputes.update(
        dispute().id, {"evidence": {"uncategorized_text": "An honest story"}}
    )

    assert (sent.status, sent.evidence_details.submission_count) == ("under_review", 1)
    assert sent.evidence_details.submission_method == "manual"


def test_metadata_alone_sends_nothing(dispute: Any, api: Any, happened: Any) -> None:
    made = dispute()
    before = len(happened())

    changed = api.disputes.update(made.id, {"metadata": {"order": "7"}})

    assert (changed.status, changed.metadata["order"]) == ("needs_response", "7")
    assert changed.evidence_details.submission_count == 0
    assert happened(before) == ["charge.dispute.updated"]


def test_submit_alone_sends_what_is_staged_and_nothing_when_nothing_is(
    dispute: Any, api: Any
) -> None:
    made = dispute()
    with pytest.raises(stripe.InvalidRequestError, match="no evidence"):
        api.disputes.update(made.id, {"submit": True})
    api.disputes.update(made.id, {"evidence": {"customer_name": "Ada"}, "submit": False})

    sent = api.disputes.update(made.id, {"submit": True})

    assert (sent.status, sent.evidence.customer_name) == ("under_review", "Ada")


def test_what_was_answered_takes_no_second_answer(dispute: Any, api: Any) -> None:
    made = dispute()
    api.disputes.update(made.id, {"evidence": {"customer_name": "Ada"}})

    with pytest.raises(stripe.InvalidRequestError, match="already closed"):
        api.disputes.update(made.id, {"evidence": {"customer_name": "Eve"}, "submit": False})

    assert api.disputes.retrieve(made.id).evidence.customer_name == "Ada"


@pytest.mark.parametrize(
    ("given", "param"),
    [
        ({"uncategorized_text": "x" * 20_001}, "evidence[uncategorized_text]"),
        ({"cover_letter": "x"}, "evidence[cover_letter]"),
        ({"receipt": "file_nowhere"}, "evidence[receipt]"),
    ],
)
def test_evidence_that_is_refused_changes_nothing(
    dispute: Any, api: Any, given: dict[str, str], param: str
) -> None:
    made = dispute()

    with pytest.raises(stripe.InvalidRequestError) as refused:
        api.disputes.update(made.id, {"evidence": {"customer_name": "Ada", **given}})

    assert refused.value.param == param
    now = api.disputes.retrieve(made.id)
    assert (now.status, now.evidence.customer_name) == ("needs_response", None)


def test_all_texts_together_have_a_limit(dispute: Any, api: Any) -> None:
    names = (
        "access_activity_log", "cancellation_policy_disclosure", "cancellation_rebuttal",
        "duplicate_charge_explanation", "product_description", "refund_policy_disclosure",
        "refund_refusal_explanation", "uncategorized_text",
    )  # fmt: skip
    made = dispute()

    with pytest.raises(stripe.InvalidRequestError, match="160000") as refused:
        api.disputes.update(made.id, {"evidence": dict.fromkeys(names, "x" * 20_000)})

    assert refused.value.param == "evidence"


def test_files_are_named_by_id_and_may_be_expanded(dispute: Any, api: Any, upload: Any) -> None:
    made, file = dispute(), upload()

    staged = api.disputes.update(made.id, {"evidence": {"receipt": file}, "submit": False})

    assert staged.evidence.receipt == file
    shown = api.disputes.retrieve(made.id, {"expand": ["evidence.receipt", "charge"]})
    assert (shown.evidence.receipt.id, shown.charge.id) == (file, made.charge)


def test_files_of_another_purpose_or_account_are_refused(
    dispute: Any, api: Any, upload: Any, control: Control, connect: Any
) -> None:
    made = dispute()
    logo = upload(purpose="business_logo")
    elsewhere = upload(service=connect(control.new_account().secret_key).v1)

    for file in (logo, elsewhere):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            api.disputes.update(made.id, {"evidence": {"receipt": file}, "submit": False})
        assert refused.value.param == "evidence[receipt]"


def test_files_together_have_a_limit(dispute: Any, api: Any, upload: Any) -> None:
    made = dispute()
    file = upload(2_500_001)

    with pytest.raises(stripe.InvalidRequestError, match="combined size"):
        api.disputes.update(
            made.id, {"evidence": {"receipt": file, "uncategorized_file": file}, "submit": False}
        )


def test_compliance_evidence_costs_a_fee_that_must_be_acknowledged(
    dispute: Any, api: Any, control: Control
) -> None:
    made, before = dispute("pm_card_createComplianceDispute"), balance(api)
    with pytest.raises(stripe.InvalidRequestError, match="acknowledge the network fee"):
        api.disputes.update(made.id, {"evidence": {"uncategorized_text": "winning_evidence"}})
    assert balance(api) == before
    yes = {"visa_compliance": {"fee_acknowledged": True}}
    words = {"uncategorized_text": "winning_evidence", "enhanced_evidence": yes}

    sent = api.disputes.update(made.id, {"evidence": words})

    state = sent.evidence_details.enhanced_eligibility.visa_compliance.status
    assert (sent.status, state) == ("under_review", "fee_acknowledged")
    assert balance(api) == before - 50_000
    control.turn(5)
    assert balance(api) == before + 2000


def test_compelling_evidence_qualifies_step_by_step(dispute: Any, api: Any, pay: Any) -> None:
    priors = [pay().latest_charge, pay().latest_charge]
    made = dispute("pm_card_createCe3EligibleDispute")
    same = {"customer_purchase_ip": "10.0.0.1", "customer_account_id": "ada"}
    proof: dict[str, Any] = {"disputed_transaction": {**same, "product_description": "A mug"}}

    def stage() -> Any:
        enhanced = {"enhanced_evidence": {"visa_compelling_evidence_3": proof}}
        now = api.disputes.update(made.id, {"evidence": enhanced, "submit": False})
        return now.evidence_details.enhanced_eligibility.visa_compelling_evidence_3

    assert stage().required_actions == [
        "missing_customer_identifiers",
        "missing_merchandise_or_services",
        "missing_prior_undisputed_transaction_description",
        "missing_prior_undisputed_transactions",
    ]
    proof["disputed_transaction"]["merchandise_or_services"] = "merchandise"
    proof["prior_undisputed_transactions"] = [
        {**same, "charge": charge, "product_description": "A mug"} for charge in priors
    ]
    state = stage()
    assert (state.status, state.required_actions) == ("qualified", [])


def test_the_same_answer_sent_again_with_its_key_is_one_answer(dispute: Any, api: Any) -> None:
    made = dispute()
    words = {"evidence": {"customer_name": "Ada"}, "submit": True}

    for _ in range(2):
        sent = api.disputes.update(made.id, words, {"idempotency_key": "answer-1"})

    assert sent.evidence_details.submission_count == 1
