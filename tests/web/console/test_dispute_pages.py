"""A dispute: what decides it, its draft, its files, sent once after a look through, or accepted."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from pypdf import PdfWriter

from saleor_tiktok_stripe.models import AuditEntry, DisputeEvidence, EvidenceFile, Job
from tests.graphql.rows import a_charge, a_dispute
from tests.support.factories import make_stripe_connection

from .conftest import BASE, signed_in, token_in
from .daily import forms_of, hidden, shown

pytestmark = pytest.mark.django_db
PAGE = "disputes/du_1/"
SEND = "disputes/du_1/send/"


@pytest.fixture
def dispute(saleor):
    soon = datetime.now(UTC) + timedelta(hours=20, minutes=30)
    charge = a_charge(make_stripe_connection(), 1, order_id="", transaction_id="")
    return a_dispute(charge, 1, due_by=soon)


@pytest.fixture
def held(dispute) -> DisputeEvidence:
    return DisputeEvidence.objects.create(
        dispute=dispute,
        fields={"shipping_carrier": "UPS", "customer_name": "Jane Canary"},
        version=3,
        edited_by="bo@shop.example",
    )


def pdf() -> bytes:
    writer = PdfWriter()
    writer.add_blank_page(72, 72)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def nothing_was_asked() -> bool:
    return not Job.objects.exists() and not AuditEntry.objects.exists()


def test_a_dispute_says_what_decides_it_and_how_long_there_is(admin, dispute):
    answer = admin.get(PAGE)

    text = shown(answer)
    assert "Needs your answer 20 h left" in text
    assert "The buyer says that the goods never came" in text
    assert "What decides it: That it was delivered, to the address the buyer gave." in text
    assert "If nobody answers: The dispute is lost: the buyer keeps the money." in text
    assert forms_of(answer) == {"draft", "accept"}
    assert not DisputeEvidence.objects.exists()


def test_a_draft_is_made_when_it_is_asked_for(admin, dispute):
    answer = admin.post(PAGE, do="draft")

    held = DisputeEvidence.objects.get()
    assert answer["Location"] == BASE + PAGE
    assert (held.state, held.edited_by) == ("draft", "admin@shop.example")
    assert {"save", "attach", "stage"} <= forms_of(admin.get(PAGE))


def test_what_decides_stands_first_with_what_should_be_in_it(admin, held):
    text = shown(admin.get(PAGE))

    assert text.index("Shipping carrier") < text.index("Fields that seldom help here")
    assert "Who carried it" in text
    assert "At most 5 MB and 49 pages each, 4.5 MB together." in text


def test_only_what_was_changed_is_saved(admin, held):
    admin.post(
        PAGE, do="save", version="3", shipping_carrier="UPS", customer_name="Jane",
        uncategorized_text="One\r\nTwo",
    )  # fmt: skip

    held.refresh_from_db()
    assert held.fields == {
        "shipping_carrier": "UPS", "customer_name": "Jane", "uncategorized_text": "One\nTwo",
    }  # fmt: skip
    assert (held.version, held.edited_by) == (4, "admin@shop.example")
    entry = AuditEntry.objects.get(action="dispute.edit")
    assert (entry.actor, entry.subject) == ("admin@shop.example", "du_1")
    assert entry.data == {"version": "4", "fields": "customer_name, uncategorized_text"}


def test_nothing_is_saved_where_nothing_was_changed(admin, held):
    admin.post(PAGE, do="save", version="3", shipping_carrier=" UPS ", customer_name="Jane Canary")

    held.refresh_from_db()
    assert held.version == 3


def test_somebody_elses_edit_is_not_overwritten(admin, held):
    answer = admin.post(PAGE, do="save", form="save", version="2", shipping_carrier="DHL")

    held.refresh_from_db()
    assert answer.status_code == 422
    assert "bo@shop.example changed this draft meanwhile." in shown(answer)
    assert 'value="DHL"' in answer.content.decode()
    assert hidden(answer, "version") == "2"
    assert (held.fields["shipping_carrier"], held.version) == ("UPS", 3)


def test_a_text_that_is_too_long_is_refused_at_its_field(admin, held):
    answer = admin.post(PAGE, do="save", form="save", version="3", shipping_carrier="x" * 20_001)

    held.refresh_from_db()
    assert answer.status_code == 422
    assert "Stripe takes 20000. Shorten it." in shown(answer)
    assert held.version == 3


def test_a_file_is_put_in_shown_saved_and_taken_out(admin, held):
    file = SimpleUploadedFile("proof.pdf", pdf(), "application/pdf")
    admin.post(PAGE, do="attach", version="3", field="shipping_documentation", file=file)

    kept = EvidenceFile.objects.get()
    saved = admin.get("disputes/du_1/files/shipping_documentation/")
    assert (kept.filename, kept.uploaded_by) == ("proof.pdf", "admin@shop.example")
    assert saved.content == pdf()
    assert saved["Content-Type"] == "application/pdf"
    assert saved["Content-Disposition"] == 'attachment; filename="shipping_documentation.pdf"'
    assert saved["Content-Security-Policy"].startswith("default-src 'none'")
    assert "proof.pdf By admin@shop.example" in shown(admin.get(PAGE))

    admin.post(PAGE, do="remove", version="4", field="shipping_documentation")

    assert not EvidenceFile.objects.exists()
    assert admin.get("disputes/du_1/files/shipping_documentation/").status_code == 404


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ({"file": SimpleUploadedFile("a.pdf", b"<html>", "application/pdf")}, "EVIDENCE_FILE_TYPE"),
        ({"file": SimpleUploadedFile("a.pdf", b"x" * 5_000_001)}, "EVIDENCE_FILE_TOO_LARGE"),
        ({}, "FILE_REQUIRED"),
        ({"field": "receipts", "file": SimpleUploadedFile("a.pdf", b"%PDF-1")},
         "EVIDENCE_FIELD_UNKNOWN"),
    ],
)  # fmt: skip
def test_a_file_that_the_bank_cannot_read_is_refused(admin, held, sent, code):
    answer = admin.post(
        PAGE, do="attach", **{"version": "3", "field": "receipt", "form": "attach", **sent}
    )

    held.refresh_from_db()
    assert answer.status_code == 422
    assert f"<code>{code}</code>" in answer.content.decode()
    assert (held.version, EvidenceFile.objects.count()) == (3, 0)


def test_before_it_is_sent_everything_that_is_sent_is_shown(admin, held):
    text = shown(admin.get(SEND))

    assert "Shipping carrier UPS" in text
    assert "Customer name Jane Canary" in text
    assert "Empty, and would help" in text
    assert "The tracking number" in text
    assert "20 h left" in text


def test_an_answer_is_sent_once_after_it_was_confirmed(admin, held):
    version = hidden(admin.get(SEND), "version")

    first = admin.post(SEND, do="submit", version=version, confirm="true")
    held.refresh_from_db()
    again = admin.client.post(
        BASE + SEND,
        {"csrf": token_in(admin.get(PAGE)), "do": "submit", "version": version, "confirm": "true"},
    )

    assert (first.status_code, again.status_code) == (303, 303)
    assert first["Location"] == BASE + PAGE
    assert (held.state, held.submitted_by) == ("submitting", "admin@shop.example")
    assert held.sent["fields"] == {"shipping_carrier": "UPS", "customer_name": "Jane Canary"}
    assert Job.objects.filter(kind="dispute.answer", subject="du_1").count() == 1


def test_what_was_sent_is_shown_and_not_edited_any_more(admin, held):
    admin.post(SEND, do="submit", version="3", confirm="true")

    answer = admin.get(PAGE)

    assert "Your answer Being sent By admin@shop.example" in shown(answer)
    assert "Shipping carrier UPS" in shown(answer)
    assert not {"save", "attach", "submit", "accept", "stage"} & forms_of(answer)
    assert admin.get(SEND).status_code == 404


@pytest.mark.parametrize(
    ("sent", "code"),
    [({"version": "3"}, "CONFIRMATION_NEEDED"),
     ({"version": "2", "confirm": "true"}, "EVIDENCE_CHANGED"),
     ({"confirm": "true"}, "EVIDENCE_CHANGED")],
)  # fmt: skip
def test_an_answer_that_was_not_confirmed_as_it_is_is_not_sent(admin, held, sent, code):
    answer = admin.post(SEND, do="submit", form="submit", **sent)

    held.refresh_from_db()
    assert answer.status_code == 422
    assert f"<code>{code}</code>" in answer.content.decode()
    assert held.state == "draft"
    assert nothing_was_asked()
    shown(answer)


def test_a_dispute_is_accepted_after_it_was_confirmed(admin, dispute):
    answer = admin.post(PAGE, do="accept", confirm="true")

    held = DisputeEvidence.objects.get()
    assert answer.status_code == 303
    assert (held.state, held.submitted_by) == ("accepting", "admin@shop.example")
    assert Job.objects.get().kind == "dispute.answer"


def test_a_dispute_is_not_accepted_by_one_click(admin, dispute):
    answer = admin.post(PAGE, do="accept", form="accept")

    assert answer.status_code == 422
    assert "<code>CONFIRMATION_NEEDED</code>" in answer.content.decode()
    assert nothing_was_asked()
    assert not DisputeEvidence.objects.exists()


def test_too_late_is_said_and_nothing_is_offered(admin, dispute, held):
    dispute.due_by = datetime.now(UTC) - timedelta(hours=1)
    dispute.save()

    answer = admin.get(PAGE)
    sent = admin.post(SEND, do="submit", version="3", confirm="true")

    assert "The time to answer is over." in shown(answer)
    assert not {"save", "submit", "attach"} & forms_of(answer)
    assert sent.status_code == 422
    assert nothing_was_asked()


def test_who_may_not_answer_reads_the_facts_and_nothing_about_the_buyer(held):
    person = signed_in("orders@shop.example")

    answer = person.get(PAGE)
    sent = {name: person.post(PAGE, do=name).status_code for name in ("save", "accept", "stage")}

    assert "You may read this dispute, but not answer it" in shown(answer)
    assert "Jane Canary" not in answer.content.decode()
    assert not forms_of(answer)
    assert set(sent.values()) == {403}
    assert person.get(SEND).status_code == 403
    assert nothing_was_asked()


def test_a_dispute_of_another_channel_is_not_there(admin, dispute):
    other = make_stripe_connection("other", account_id="acct_2")
    a_dispute(a_charge(other, 2), 2)

    assert admin.get("disputes/du_2/").status_code == 404
