"""Answers to buyers at TikTok and to banks at Stripe, through the API."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from saleor_tiktok_stripe.graphql.core.ids import global_id
from saleor_tiktok_stripe.models import AuditEntry, Dispute, DisputeEvidence, MarketplaceRequest
from tests.aftersales.case_shop import look, sold, writes
from tests.aftersales.conftest import Till
from tests.aftersales.test_disputes import pdf
from tests.support.shop import ConnectedShop
from tests.support.stored import everything

from .operations import OTHER_CHANNEL, done, refused

ACCEPT = "tiktokStripeAfterSalesCaseAccept"
REJECT = "tiktokStripeAfterSalesCaseReject"
OFFER = "tiktokStripeAfterSalesCaseOffer"


@pytest.fixture
def asked(shop: ConnectedShop) -> tuple[ConnectedShop, str, str]:
    """A buyer wants the money back: the case's id at TikTok, and ours."""
    order_id = sold(shop)
    case_id = str(shop.tiktok.request_return(order_id, kind="REFUND"))
    look(shop, order_id)
    return shop, case_id, global_id("TiktokStripeCase", case_id)


# --- buyers


def test_a_case_is_accepted_once_for_a_key(asked):
    shop, case_id, name = asked
    before = everything()

    dry = done(ACCEPT, id=name, idempotencyKey="k", dryRun=True)
    assert everything() == before
    first = done(ACCEPT, id=name, idempotencyKey="k")
    second = done(ACCEPT, id=name, idempotencyKey="k")
    shop.work()

    assert (dry["answer"]["action"], dry["answer"]["state"]) == ("ACCEPT", None)
    assert first["answer"] == second["answer"]
    assert first["answer"]["state"] == "WAITING"
    assert first["case"]["caseId"] == case_id
    assert [one["allowed"] for one in first["case"]["item"]["actions"]] == [False] * 3
    request = MarketplaceRequest.objects.get()
    assert (request.state, request.actor) == ("succeeded", "admin@example.com")


def test_a_case_is_rejected_with_one_of_tiktoks_reasons(asked):
    shop, _, name = asked
    before = everything()

    assert refused(REJECT, id=name, reason="") == [("CASE_REASON_REQUIRED", "reason")]
    assert everything() == before
    dry = done(REJECT, id=name, reason="r", dryRun=True)
    assert everything() == before
    told = done(REJECT, id=name, reason="reverse_reject_request_reason_1", comment="No.")

    assert (dry["answer"]["action"], told["answer"]["action"]) == ("REJECT", "REJECT")
    assert MarketplaceRequest.objects.get().body["comment"] == "No."


def test_a_part_is_offered(asked):
    shop, _, name = asked
    before = everything()

    assert refused(OFFER, id=name, amount="100000") == [("CASE_OFFER_AMOUNT", "amount")]
    assert done(OFFER, id=name, amount="1.50", dryRun=True)["answer"]["state"] is None
    assert everything() == before
    told = done(OFFER, id=name, amount="1.50", idempotencyKey="k")["answer"]
    other = refused(OFFER, id=name, amount="1.60", idempotencyKey="k")
    shop.work()

    assert told == {
        "action": "OFFER",
        "state": "WAITING",
        "amount": {"amount": "1.50", "currency": "USD"},
    }
    assert other == [("REQUEST_KEY_REUSED", "idempotencyKey")]
    assert MarketplaceRequest.objects.get().state == "succeeded"


@pytest.mark.parametrize(
    ("name", "more"), [(ACCEPT, {}), (REJECT, {"reason": "r"}), (OFFER, {"amount": "1.50"})]
)
def test_a_case_of_another_channel_is_not_answered(asked, name: str, more: dict[str, Any]):
    shop, _, case = asked
    before = everything()

    elsewhere = refused(name, in_channel=OTHER_CHANNEL, id=case, **more)
    of_another_kind = refused(name, id=global_id("TiktokStripeDispute", "1"), **more)
    long = refused(name, id=case, idempotencyKey="k" * 129, **more)

    assert elsewhere == [("CASE_UNKNOWN", "id")]
    assert of_another_kind == [("ID_UNKNOWN", "id")]
    assert long == [("REQUEST_KEY_TOO_LONG", "idempotencyKey")]
    assert everything() == before
    assert writes(shop, "/returns") == 0


# --- banks


@pytest.fixture
def dispute(till: Till) -> tuple[Till, Dispute, str]:
    """A bank took a payment back: ours, and its id in the API."""
    found = till.disputed(till.pay("pm_card_visa"))
    return till, found, global_id("TiktokStripeDispute", found.dispute_id)


def field_of(payload: dict[str, Any], name: str) -> dict[str, Any]:
    [found] = [one for one in payload["dispute"]["fields"] if one["field"] == name]
    return found


def test_a_draft_is_made_edited_and_filled_with_files(dispute):
    till, found, name = dispute

    made = done("tiktokStripeDisputeDraftCreate", id=name)
    same = done("tiktokStripeDisputeDraftCreate", id=name)
    edited = done(
        "tiktokStripeDisputeEvidenceUpdate",
        id=name,
        version=0,
        texts=[{"field": "uncategorized_text", "text": "They have it."}],
    )
    filled = done(
        "tiktokStripeDisputeEvidenceFileUpload",
        id=name,
        field="shipping_documentation",
        file=SimpleUploadedFile("label.pdf", pdf()),
        version=1,
    )
    emptied = done("tiktokStripeDisputeEvidenceFileDelete", id=name, field="shipping_documentation")

    assert made == same
    assert (made["dispute"]["evidence"]["state"], made["dispute"]["evidence"]["version"]) == (
        "DRAFT",
        0,
    )
    assert field_of(edited, "uncategorized_text")["text"] == "They have it."
    shown = field_of(filled, "shipping_documentation")
    assert (shown["file"]["filename"], shown["file"]["uploadedBy"]) == (
        "label.pdf",
        "admin@example.com",
    )
    assert field_of(emptied, "shipping_documentation")["filled"] is False
    assert emptied["dispute"]["evidence"]["version"] == 3
    assert till.posts(f"/v1/disputes/{found.dispute_id}") == 0


def test_what_does_not_fit_into_an_answer_is_refused_and_changes_nothing(dispute):
    _, _, name = dispute
    done("tiktokStripeDisputeDraftCreate", id=name)
    before = everything()
    text, file = "tiktokStripeDisputeEvidenceUpdate", "tiktokStripeDisputeEvidenceFileUpload"
    upload = SimpleUploadedFile("label.pdf", pdf())

    assert refused(text, id=name, texts=[{"field": "nonsense", "text": "x"}]) == [
        ("EVIDENCE_FIELD_UNKNOWN", "nonsense")
    ]
    assert refused(text, id=name, version=7, texts=[]) == [("EVIDENCE_CHANGED", "version")]
    assert refused(file, id=name, field="nonsense", file=upload) == [
        ("EVIDENCE_FIELD_UNKNOWN", "field")
    ]
    assert refused(file, id=name, field="receipt", file="text") == [("FILE_REQUIRED", "file")]
    large = SimpleUploadedFile("label.pdf", pdf() + b"0" * 5_000_000)
    assert refused(file, id=name, field="receipt", file=large) == [
        ("EVIDENCE_FILE_TOO_LARGE", "file")
    ]
    assert everything() == before


def test_an_answer_is_staged_and_sent_once(dispute):
    till, found, name = dispute
    text = [{"field": "uncategorized_text", "text": "winning_evidence"}]
    done("tiktokStripeDisputeEvidenceUpdate", id=name, texts=text)

    staged = done("tiktokStripeDisputeStage", id=name)
    unsure = refused("tiktokStripeDisputeSubmit", id=name, confirm=False)
    assert DisputeEvidence.objects.get().state == "staged"
    sent = done("tiktokStripeDisputeSubmit", id=name, confirm=True)
    again = done("tiktokStripeDisputeSubmit", id=name, confirm=True)
    till.work()

    assert staged["dispute"]["evidence"]["state"] == "STAGED"
    assert unsure == [("CONFIRMATION_NEEDED", "confirm")]
    assert sent["dispute"]["evidence"]["state"] == "SUBMITTING"
    assert again["dispute"]["evidence"]["state"] == "SUBMITTING"
    found.refresh_from_db()
    assert found.submission_count == 1
    late = refused("tiktokStripeDisputeEvidenceUpdate", id=name, texts=text)
    assert late == [("EVIDENCE_SENT", None)]
    assert AuditEntry.objects.filter(action="dispute.submit").count() == 1


def test_a_dispute_is_accepted_once_that_is_confirmed(dispute):
    till, found, name = dispute
    before = everything()

    assert refused("tiktokStripeDisputeAccept", id=name, confirm=False) == [
        ("CONFIRMATION_NEEDED", "confirm")
    ]
    assert everything() == before
    told = done("tiktokStripeDisputeAccept", id=name, confirm=True)
    till.work()

    assert told["dispute"]["evidence"]["state"] == "ACCEPTING"
    found.refresh_from_db()
    assert found.state == "lost"


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("tiktokStripeDisputeDraftCreate", {}),
        ("tiktokStripeDisputeEvidenceUpdate", {"texts": []}),
        ("tiktokStripeDisputeEvidenceFileUpload", {"field": "receipt", "file": "x"}),
        ("tiktokStripeDisputeEvidenceFileDelete", {"field": "receipt"}),
        ("tiktokStripeDisputeStage", {}),
        ("tiktokStripeDisputeSubmit", {"confirm": True}),
        ("tiktokStripeDisputeAccept", {"confirm": True}),
    ],
)
def test_a_dispute_of_another_channel_is_not_touched(dispute, name: str, more: dict[str, Any]):
    _, _, known = dispute
    before = everything()

    told = refused(name, in_channel=OTHER_CHANNEL, id=known, **more)

    assert told == [("DISPUTE_NOT_FOUND", "id")]
    assert everything() == before
