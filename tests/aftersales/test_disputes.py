"""Disputes against the sandbox Stripe: shown on the order, answered once, accepted, watched."""

from __future__ import annotations

import io
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection as database
from pypdf import PdfReader, PdfWriter

from saleor_tiktok_stripe import accounts, aftersales, jobs
from saleor_tiktok_stripe.aftersales import disputes, forgetting, watching
from saleor_tiktok_stripe.errors import InvalidInput, RetryLater
from saleor_tiktok_stripe.jobs import clock, kinds, schedule
from saleor_tiktok_stripe.models import (
    AuditEntry,
    Charge,
    Dispute,
    DisputeEvidence,
    EvidenceFile,
    Job,
    SyncCursor,
)
from saleor_tiktok_stripe.saleor_api import get_saleor

pytestmark = pytest.mark.django_db(transaction=True)

ANSWER = "/v1/disputes/"


def refuse(code: str):
    return pytest.raises(InvalidInput, match=f"^{code}: ")


def submitted(till: Any, dispute: Dispute) -> int:
    return int(till.stripe.dispute_now(dispute.dispute_id)["evidence_details"]["submission_count"])


def updates(till: Any, dispute: Dispute) -> list[Any]:
    return till.stripe.calls("POST", f"{ANSWER}{dispute.dispute_id}")


def notes(till: Any, charge: Any) -> list[str]:
    [order] = [one for one in till.saleor.state.orders.values() if one.id == charge.order_id]
    return [text for _, text in order.notes]


def drafted(till: Any, **options: Any) -> tuple[Dispute, DisputeEvidence]:
    dispute = till.disputed(till.pay(), **options)
    return dispute, disputes.draft(dispute, "ada@example.com")


def pdf(pages: int = 1) -> bytes:
    writer = PdfWriter()
    for _ in range(pages):
        writer.add_blank_page(72, 72)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


# --- seen


def test_chargeback_is_recorded_and_lowers_what_saleor_shows_as_charged(till):
    charge = till.pay()

    dispute = till.disputed(charge, reason="product_not_received")

    assert (dispute.state, dispute.reason, dispute.amount, dispute.currency) == (
        "needs_response",
        "product_not_received",
        Decimal("25.00"),
        "USD",
    )
    assert (dispute.withdrawn, dispute.reinstated, dispute.fee) == (25, 0, 15)
    assert not dispute.is_inquiry
    assert dispute.due_by is not None
    charge.refresh_from_db()
    assert charge.disputed == Decimal("25.00")
    assert ("CHARGE_BACK", dispute.dispute_id, "25.00") in till.told(charge)
    assert till.sums(charge) == ("0.00", "0.00")


def test_dispute_that_was_won_is_shown_as_won_and_its_money_is_back(till):
    """Complaint 12, woocommerce-gateway-stripe#1098: dispute won or lost never shown."""
    charge = till.pay()
    dispute = till.disputed(charge)
    till.stripe.decide(dispute.dispute_id, "won")

    till.sync(charge)
    till.work()

    dispute.refresh_from_db()
    assert (dispute.state, dispute.reinstated) == ("won", 25)
    assert dispute.closed_at is not None
    assert till.sums(charge) == ("25.00", "0.00")
    metadata = get_saleor().order_facts(charge.order_id).metadata
    assert metadata["stripe.dispute"] == f"{dispute.dispute_id} won"
    charge.refresh_from_db()
    assert charge.disputed == 0


def test_inquiry_moves_no_money_until_it_escalates(till):
    charge = till.pay()
    dispute = till.disputed(charge, inquiry=True)
    assert dispute.is_inquiry
    assert till.sums(charge) == ("25.00", "0.00")

    till.stripe.decide(dispute.dispute_id, "needs_response")
    till.sync(charge)

    dispute.refresh_from_db()
    assert (dispute.is_inquiry, dispute.state) == (False, "needs_response")
    assert till.sums(charge) == ("0.00", "0.00")


def test_dispute_seen_again_is_told_to_the_order_once_and_changes_no_order_state(till):
    """Complaint 13, woocommerce-gateway-stripe#2598: a late dispute un-cancels and restocks."""
    charge = till.pay()
    saleor = get_saleor()
    saleor.cancel_order(charge.order_id)
    stock = till.saleor.state.stock("default", "PEN").quantity
    dispute = till.disputed(charge)

    for _ in range(3):
        till.sync(charge)
        till.work()
        jobs.enqueue("dispute.tell", till.connection, dispute.dispute_id)
    till.work()

    facts = saleor.order_facts(charge.order_id)
    assert facts.status == "CANCELED"
    assert till.saleor.state.stock("default", "PEN").quantity == stock
    due = f"{dispute.due_by:%Y-%m-%dT%H:%MZ}"
    assert facts.metadata["stripe.dispute"] == f"{dispute.dispute_id} needs_response due {due}"
    told = [text for text in notes(till, charge) if dispute.dispute_id in text]
    assert len(told) == 1
    assert "A response is needed by" in told[0]


def test_closed_dispute_stays_closed_when_an_older_look_comes_late(till):
    charge = till.pay()
    dispute = till.disputed(charge)
    early = till.client.disputes(charge.payment_id)
    till.stripe.decide(dispute.dispute_id, "lost")
    till.sync(charge)

    from django.db import transaction

    from saleor_tiktok_stripe.aftersales import recording

    with transaction.atomic():
        recording.record(charge, (), early)

    dispute.refresh_from_db()
    assert dispute.state == "lost"


def test_lost_may_still_turn_into_won(till):
    charge = till.pay()
    dispute = till.disputed(charge)
    for state in ("lost", "won"):
        till.stripe.decide(dispute.dispute_id, state)
        till.sync(charge)

    dispute.refresh_from_db()
    assert dispute.state == "won"
    assert till.sums(charge) == ("25.00", "0.00")


def test_smart_disputes_are_shown(till):
    charge = till.pay()
    dispute = till.disputed(charge)
    till.stripe.smart_dispute(dispute.dispute_id)

    till.sync(charge)

    dispute.refresh_from_db()
    assert dispute.auto_submits


# --- the draft


def test_draft_is_filled_from_the_order_with_its_receipt(till):
    dispute, held = drafted(till, reason="product_not_received")

    assert (held.state, held.version) == ("draft", 0)
    assert "2 x Pen" in held.fields["product_description"]
    assert held.fields["customer_email_address"] == "ada@example.com"
    assert "1600 Amphitheatre Pkwy" in held.fields["shipping_address"]
    [receipt] = held.files.all()
    assert (receipt.field, receipt.content_type, receipt.generated) == (
        "receipt",
        "application/pdf",
        True,
    )
    assert disputes.draft(dispute, "bob@example.com").pk == held.pk
    assert till.posts("/v1/files") == 0


def test_draft_of_a_payment_without_an_order_has_no_receipt(till):
    dispute = till.disputed(till.pay(order=False))

    held = disputes.draft(dispute, "ada@example.com")

    assert list(held.fields) == ["uncategorized_text"]
    assert not held.files.exists()


def test_draft_and_its_files_are_unreadable_in_the_database(till):
    from django.db import connection as database

    dispute, held = drafted(till)
    disputes.edit(dispute, {"uncategorized_text": "a canary text"}, version=0, actor="ada")

    with database.cursor() as cursor:
        cursor.execute("SELECT fields FROM saleor_tiktok_stripe_disputeevidence")
        [(fields,)] = cursor.fetchall()
        cursor.execute("SELECT content FROM saleor_tiktok_stripe_evidencefile")
        [(content,)] = cursor.fetchall()
    assert "canary" not in fields
    assert "JVBERi" not in content  # %PDF- in base64


def test_two_people_do_not_overwrite_each_other(till):
    dispute, _ = drafted(till)
    changed = disputes.edit(dispute, {"customer_name": "A. Lovelace"}, version=0, actor="ada")
    assert changed.version == 1

    with refuse("EVIDENCE_CHANGED"):
        disputes.edit(dispute, {"customer_name": "Bob"}, version=0, actor="bob")

    assert DisputeEvidence.objects.get().fields["customer_name"] == "A. Lovelace"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"receipt": "file_1"}, "EVIDENCE_FIELD_UNKNOWN"),
        ({"submit": "true"}, "EVIDENCE_FIELD_UNKNOWN"),
        ({"uncategorized_text": "x" * 20_001}, "EVIDENCE_TEXT_TOO_LONG"),
    ],
)
def test_edit_that_stripe_would_refuse_is_refused_here(till, changes, code):
    dispute, _ = drafted(till)

    with refuse(code):
        disputes.edit(dispute, changes, version=0, actor="ada")

    assert DisputeEvidence.objects.get().version == 0


def test_unfit_file_leaves_the_one_that_was_there(till):
    dispute, _ = drafted(till)

    with refuse("EVIDENCE_FILE_TYPE"):
        disputes.attach_file(dispute, "receipt", "r.pdf", b"GIF89a", version=0, actor="ada")
    with refuse("EVIDENCE_FIELD_UNKNOWN"):
        disputes.attach_file(dispute, "photo", "r.pdf", pdf(), version=0, actor="ada")

    [kept] = EvidenceFile.objects.all()
    assert kept.generated


def test_mastercard_dispute_takes_19_pages_in_all(till):
    dispute = till.disputed(till.pay("pm_card_mastercard"))
    disputes.draft(dispute, "ada")
    assert dispute.eligibility["brand"] == "mastercard"

    disputes.attach_file(dispute, "refund_policy", "p.pdf", pdf(18), version=0, actor="ada")
    with refuse("EVIDENCE_TOO_MANY_PAGES"):
        disputes.attach_file(
            dispute, "customer_communication", "m.pdf", pdf(1), version=1, actor="ada"
        )

    assert EvidenceFile.objects.count() == 2


# --- staging


def test_staged_draft_is_at_stripe_and_not_sent(till):
    dispute, _ = drafted(till)

    held = disputes.stage(dispute, "ada@example.com")

    assert held.state == "staged"
    now = till.stripe.dispute_now(dispute.dispute_id)
    assert now["evidence"]["customer_email_address"] == "ada@example.com"
    assert now["evidence"]["receipt"] == held.files.get().file_id
    assert (now["status"], submitted(till, dispute)) == ("needs_response", 0)
    assert [str(call.params["submit"]).lower() for call in updates(till, dispute)] == ["false"]


def test_staging_again_uploads_no_file_twice_and_clears_what_was_emptied(till):
    dispute, _ = drafted(till)
    disputes.stage(dispute, "ada")
    disputes.edit(dispute, {"customer_name": ""}, version=0, actor="ada")
    disputes.remove_file(dispute, "receipt", version=1, actor="ada")

    held = disputes.stage(dispute, "ada")

    assert (held.state, held.version) == ("staged", 2)
    now = till.stripe.dispute_now(dispute.dispute_id)["evidence"]
    assert (now["customer_name"], now["receipt"]) == (None, None)
    assert till.posts("/v1/files") == 1


def test_upload_whose_answer_was_lost_is_not_made_twice(till):
    dispute, _ = drafted(till)
    till.stripe.fault("lost_answer", path="POST /v1/files")
    with pytest.raises(RetryLater):
        disputes.stage(dispute, "ada")

    disputes.stage(dispute, "ada")

    assert len(till.stripe.objects("file")) == 1


# --- sending


def test_answer_is_sent_once_and_only_when_confirmed(till):
    """Automattic/woocommerce-payments#382: confirm before it is sent."""
    dispute, _ = drafted(till)
    with refuse("CONFIRMATION_NEEDED"):
        disputes.submit(dispute, "ada@example.com", confirm=False)
    till.work()
    assert submitted(till, dispute) == 0

    for _ in range(2):
        disputes.submit(dispute, "ada@example.com", confirm=True)
        till.work()

    held = DisputeEvidence.objects.get()
    assert (held.state, held.submitted_by) == ("submitted", "ada@example.com")
    assert held.submitted_at is not None
    assert submitted(till, dispute) == 1
    assert len(updates(till, dispute)) == 1
    dispute.refresh_from_db()
    assert dispute.state == "under_review"
    assert AuditEntry.objects.filter(action="dispute.submit").count() == 1


def test_what_was_sent_is_kept_and_cannot_be_changed(till):
    dispute, held = drafted(till)
    disputes.submit(dispute, "ada", confirm=True)
    till.work()

    with refuse("EVIDENCE_SENT"):
        disputes.edit(dispute, {"customer_name": "Bob"}, version=0, actor="bob")
    with refuse("EVIDENCE_SENT"):
        disputes.attach_file(dispute, "receipt", "r.pdf", pdf(), version=0, actor="bob")
    with refuse("EVIDENCE_SENT"):
        disputes.accept(dispute, "bob", confirm=True)

    held = DisputeEvidence.objects.get()
    sent = held.sent["body"]
    assert sent["customer_email_address"] == "ada@example.com"
    assert sent["receipt"] == held.files.get().file_id
    content = till.stripe.file_content(sent["receipt"])
    assert "Receipt of order" in PdfReader(io.BytesIO(content)).pages[0].extract_text()


def test_winning_answer_is_followed_to_the_end(till):
    charge = till.pay()
    dispute = till.disputed(charge)
    disputes.draft(dispute, "ada")
    disputes.edit(dispute, {"uncategorized_text": "winning_evidence"}, version=0, actor="ada")
    disputes.submit(dispute, "ada", confirm=True)
    till.work()

    till.stripe.turn(10)
    till.sync(charge)

    dispute.refresh_from_db()
    assert dispute.state == "won"
    assert till.sums(charge) == ("25.00", "0.00")


@pytest.mark.parametrize("fault", ["lost_answer", "error_after"])
def test_answer_in_doubt_is_looked_for_and_not_sent_again(till, fault):
    dispute, _ = drafted(till)
    disputes.submit(dispute, "ada", confirm=True)
    till.stripe.fault(fault, path=f"POST {ANSWER}")
    till.work()
    assert DisputeEvidence.objects.get().state == "in_doubt"

    till.again()

    assert DisputeEvidence.objects.get().state == "submitted"
    assert (submitted(till, dispute), len(updates(till, dispute))) == (1, 1)


def test_answer_that_never_arrived_is_sent_again(till):
    dispute, _ = drafted(till)
    disputes.submit(dispute, "ada", confirm=True)
    till.stripe.fault("cut_before", path=f"POST {ANSWER}")
    till.work()

    till.until(lambda: DisputeEvidence.objects.get().state == "submitted")

    assert submitted(till, dispute) == 1


def test_answer_that_stripe_failed_on_is_sent_anew_once_that_has_settled(till):
    dispute, _ = drafted(till)
    disputes.submit(dispute, "ada", confirm=True)
    till.stripe.fault("error_before", path=f"POST {ANSWER}")
    till.work()
    till.again()
    assert (DisputeEvidence.objects.get().state, submitted(till, dispute)) == ("in_doubt", 0)

    with clock.turned(601):
        till.again()

    assert DisputeEvidence.objects.get().state == "submitted"
    assert submitted(till, dispute) == 1


def test_dispute_answered_in_stripes_dashboard_is_not_answered_again(till):
    dispute, _ = drafted(till)
    disputes.submit(dispute, "ada", confirm=True)
    till.client.submit_evidence(dispute.dispute_id, {"customer_name": "Ada"}, key="elsewhere")

    till.work()

    job = Job.objects.get(kind="dispute.answer")
    assert (job.status, job.error_code) == ("parked", "ANSWERED_ELSEWHERE")
    assert till.posts("/v1/files") == 0
    assert DisputeEvidence.objects.get().state == "draft"


def test_answer_too_late_is_refused_before_it_is_written_down(till):
    dispute, _ = drafted(till, due_in=3600)

    left = (dispute.due_by - clock.now()).total_seconds()
    with clock.turned(left + 1), refuse("ANSWER_TOO_LATE"):
        disputes.submit(dispute, "ada", confirm=True)

    assert not Job.objects.filter(kind="dispute.answer").exists()


def test_dispute_that_takes_no_answer_says_so(till):
    dispute, _ = drafted(till, due_in=0)
    assert dispute.due_by is None

    with refuse("ANSWER_TOO_LATE"):
        disputes.submit(dispute, "ada", confirm=True)


def test_empty_draft_is_not_sent(till):
    dispute, held = drafted(till)
    DisputeEvidence.objects.update(fields={})
    held.files.all().delete()

    with refuse("EVIDENCE_EMPTY"):
        disputes.submit(dispute, "ada", confirm=True)


# --- accepting


def test_accepted_dispute_is_closed_once_and_only_when_confirmed(till):
    charge = till.pay()
    dispute = till.disputed(charge)
    with refuse("CONFIRMATION_NEEDED"):
        disputes.accept(dispute, "ada", confirm=False)
    till.stripe.fault("lost_answer", path="/close")

    for _ in range(2):
        disputes.accept(dispute, "ada", confirm=True)
        till.again()
    till.again()

    held = DisputeEvidence.objects.get()
    assert (held.state, held.submitted_by) == ("accepted", "ada")
    dispute.refresh_from_db()
    assert dispute.state == "lost"
    assert till.posts("/close") == 1
    with refuse("EVIDENCE_SENT"):
        disputes.edit(dispute, {}, version=0, actor="ada")


def test_dispute_answered_in_stripes_dashboard_is_not_accepted(till):
    dispute = till.disputed(till.pay())
    disputes.accept(dispute, "ada", confirm=True)
    till.client.submit_evidence(dispute.dispute_id, {"customer_name": "Ada"}, key="elsewhere")

    till.work()

    job = Job.objects.get(kind="dispute.answer")
    assert (job.status, job.error_code) == ("parked", "DISPUTE_MOVED_ON")
    assert job.problem["cause"] == (
        f'Dispute {dispute.dispute_id} is now "under_review" at Stripe. Nothing was sent.'
    )
    assert (till.posts("/close"), DisputeEvidence.objects.get().state) == (0, "draft")


def test_inquiry_is_accepted_by_a_full_refund(till):
    charge = till.pay()
    dispute = till.disputed(charge, inquiry=True)

    with pytest.raises(InvalidInput, match="^ACCEPT_INQUIRY: .*refund the payment in full"):
        disputes.accept(dispute, "ada", confirm=True)

    aftersales.refund(charge, None, actor="ada")
    till.work()
    assert till.at_stripe(charge) == [(2500, "succeeded")]


# --- watching


def watch(till: Any) -> None:
    SyncCursor.objects.filter(resource=watching.CURSOR).update(
        high_water=clock.now() - timedelta(hours=2)
    )
    jobs.enqueue("disputes.watch", till.connection)
    till.work()


def test_dispute_that_no_notification_told_is_found(till):
    charge = till.pay()
    dispute_id = till.stripe.dispute(charge.payment_id)
    till.stripe.settle()
    jobs.enqueue("disputes.watch", till.connection)

    till.work()

    assert Dispute.objects.get().dispute_id == dispute_id
    till.stripe.decide(dispute_id, "won")
    watch(till)
    assert Dispute.objects.get().state == "won"


def test_deadline_warns_once_for_each_step(till):
    charge = till.pay()
    dispute = till.disputed(charge, due_in=20 * 86_400)
    left = (dispute.due_by - clock.now()).total_seconds()

    def warned_at(hours: int) -> list[str]:
        with clock.turned(left - hours * 3600 + 1):
            for _ in range(2):
                jobs.enqueue("disputes.watch", till.connection)
                till.work()
        return [text for text in notes(till, charge) if "must be answered within" in text]

    assert warned_at(200) == []
    assert len(warned_at(168)) == 1
    assert len(warned_at(72)) == 2
    assert len(warned_at(24)) == 3
    told = warned_at(6)
    assert [text.split(" within ")[1].split(" (")[0] for text in told] == [
        "7 days",
        "3 days",
        "24 hours",
        "6 hours",
    ]


def test_deadline_seen_late_warns_only_of_the_nearest(till):
    charge = till.pay()
    till.disputed(charge, due_in=3 * 3600)

    watch(till)

    [text] = [text for text in notes(till, charge) if "must be answered within" in text]
    assert "within 6 hours" in text
    assert Dispute.objects.get().warned == [168, 72, 24, 6]


def test_answered_dispute_warns_no_more(till):
    dispute, _ = drafted(till, due_in=86_400)
    disputes.submit(dispute, "ada", confirm=True)

    assert watching.deadlines([till.connection]) == []
    till.work()
    assert watching.warn(till.connection, get_saleor(), clock.now()) == 0


def test_staged_draft_that_was_not_sent_is_reminded_of(till):
    """Automattic/woocommerce-payments#7139: remind of staged evidence."""
    dispute, _ = drafted(till, due_in=3 * 86_400)
    disputes.stage(dispute, "ada")
    till.sync(dispute.charge)

    watch(till)

    told = [text for text in notes(till, dispute.charge) if "must be answered within" in text]
    assert told[-1].endswith("A draft is staged at Stripe, but it was not sent.")


def test_what_an_answer_holds_goes_some_time_after_the_dispute_was_closed(till):
    charge = till.pay()
    dispute = till.disputed(charge)
    held = disputes.draft(dispute, "ada")
    till.stripe.decide(dispute.dispute_id, "won")
    till.sync(charge)
    _, waiting = drafted(till)
    # also of an account that was disconnected since
    accounts.disconnect(till.connection, actor="ada")
    now = clock.now()

    assert forgetting.forget_old(now + timedelta(days=119)) == 0
    assert held.fields["customer_name"]
    assert forgetting.forget_old(now + timedelta(days=121)) == 2
    assert forgetting.forget_old(now + timedelta(days=122)) == 0

    file = held.files.get()
    held.refresh_from_db()
    waiting.refresh_from_db()
    assert (file.content, file.size, file.field) == ("", 0, "receipt")
    assert (held.fields, held.sent, held.edited_by) == ({}, {}, "ada")
    assert waiting.fields["customer_name"]
    assert waiting.files.get().size > 0


def test_old_evidence_is_forgotten_by_the_hourly_housekeeping():
    kinds.register_all()

    assert "saleor_tiktok_stripe.aftersales.forgetting:forget_old" in schedule._cleaners


def test_early_fraud_warning_is_told_with_the_advice_to_refund(till, settings):
    from saleor_tiktok_stripe.models import EventStatus, InboundEvent

    charge = till.pay()
    warning_id = till.stripe.fraud_warning(charge.payment_id)
    [raised] = [
        row for row in till.client.events(since=charge.created_at - timedelta(days=1))
        if row.object_id == warning_id
    ]  # fmt: skip
    InboundEvent.objects.create(
        provider="stripe",
        connection=till.connection,
        event_key=raised.event_id,
        event_type=raised.kind,
        subject=charge.payment_id,
        body=raised.raw,
        status=EventStatus.HANDED_OVER,
    )

    for _ in range(2):
        till.sync(charge)

    told = [one for one in till.told(charge) if one[1] == f"{warning_id}:warning"]
    assert told == [("INFO", f"{warning_id}:warning", "0.00")]


def test_where_the_buyer_paid_from_is_in_the_draft_and_forgotten_in_time(till):
    charge, _ = till.pay(), till.pay()
    Charge.objects.update(buyer_ip="192.0.2.7")
    dispute = till.disputed(charge)

    made = disputes.draft(dispute, "ada")

    assert made.fields["customer_purchase_ip"] == "192.0.2.7"
    with database.cursor() as cursor:
        cursor.execute("SELECT buyer_ip FROM saleor_tiktok_stripe_charge")
        assert all("192.0.2.7" not in row[0] for row in cursor.fetchall())
    # while the dispute is open, only the other payment's is forgotten
    now = clock.now()
    forgetting.forget_old(now + timedelta(days=119))
    kept = [each.buyer_ip for each in Charge.objects.order_by("pk")]
    forgetting.forget_old(now + timedelta(days=121))
    open_ = [each.buyer_ip for each in Charge.objects.order_by("pk")]
    till.stripe.decide(dispute.dispute_id, "won")
    till.sync(charge)
    forgetting.forget_old(now + timedelta(days=121))
    assert kept == ["192.0.2.7", "192.0.2.7"]
    assert open_ == ["192.0.2.7", None]
    assert not Charge.objects.exclude(buyer_ip=None).exists()


def test_answer_whose_job_was_ended_by_a_disconnect_is_sent_later(till):
    dispute, _ = drafted(till)
    disputes.submit(dispute, "ada", confirm=True)
    Job.objects.filter(kind="dispute.answer").update(status="done", outcome="disconnected")
    till.work()
    assert DisputeEvidence.objects.get().state == "submitting"

    with clock.turned(3600):
        assert watching.wake_requests(till.connection, clock.now()) == 1
        till.work()

    assert DisputeEvidence.objects.get().state == "submitted"
    assert watching.wake_requests(till.connection, clock.now() + timedelta(hours=2)) == 0
