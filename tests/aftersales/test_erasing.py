"""What is kept of a buyer, erased by order: what an open dispute needs stays until it is closed."""

from __future__ import annotations

import pytest

from saleor_tiktok_stripe import aftersales, inbox
from saleor_tiktok_stripe.aftersales import disputes
from saleor_tiktok_stripe.errors import InvalidInput
from saleor_tiktok_stripe.models import (
    AuditEntry,
    Charge,
    Dispute,
    DisputeEvidence,
    EventStatus,
    EvidenceFile,
    InboundEvent,
)
from tests.support.stored import everything

from .conftest import Till
from .test_disputes import pdf


def prepared(till: Till) -> tuple[Charge, Dispute]:
    """A disputed payment with an answer, a file, a notification and a network address."""
    charge = till.pay()
    dispute = till.disputed(charge)
    held = disputes.draft(dispute, "ada")
    disputes.attach_file(dispute, "receipt", "ada.pdf", pdf(), version=held.version, actor="ada")
    Charge.objects.filter(pk=charge.pk).update(buyer_ip="203.0.113.9")
    InboundEvent.objects.create(
        provider="stripe",
        connection=till.connection,
        event_key="evt_1",
        event_type="charge.succeeded",
        subject=charge.payment_id,
        body='{"email": "ada@example.com"}',
        status=EventStatus.HANDED_OVER,
    )
    charge.refresh_from_db()
    return charge, dispute


def erase(till: Till, charge: Charge, *, dry_run: bool = False) -> aftersales.Erased:
    [done] = aftersales.erase_buyer_data(
        [till.connection], [charge.order_id], actor="ada", dry_run=dry_run
    )
    return done


def test_an_open_dispute_keeps_its_answer_and_where_the_buyer_paid_from(till: Till):
    charge, dispute = prepared(till)

    done = erase(till, charge)

    assert (done.notifications, done.evidence_texts, done.evidence_files) == (1, 0, 0)
    assert done.network_addresses == 0
    [kept] = done.kept
    assert dispute.dispute_id in kept
    assert DisputeEvidence.objects.get().fields
    charge.refresh_from_db()
    assert charge.buyer_ip == "203.0.113.9"


def test_all_is_erased_once_the_dispute_is_closed_and_a_look_changes_nothing(till: Till):
    charge, dispute = prepared(till)
    Dispute.objects.filter(pk=dispute.pk).update(state="lost")
    before = everything()

    dry = erase(till, charge, dry_run=True)
    assert everything() == before
    done = erase(till, charge)
    again = erase(till, charge)

    assert dry == done
    assert (done.notifications, done.evidence_texts, done.evidence_files) == (1, 1, 1)
    assert (done.network_addresses, done.kept) == (1, ())
    assert (again.notifications, again.evidence_texts, again.evidence_files) == (0, 0, 0)
    held, file = DisputeEvidence.objects.get(), EvidenceFile.objects.get()
    assert (held.fields, held.sent) == ({}, {})
    assert (file.content, file.size, file.filename) == ("", 0, "erased")
    charge.refresh_from_db()
    assert charge.buyer_ip is None
    entry = AuditEntry.objects.filter(action="buyer_data.erase").first()
    assert entry is not None
    assert entry.data == {"notifications": 1, "evidence": 2, "kept": 0}


def test_an_erased_notification_asks_for_nothing_any_more(till: Till):
    charge, _ = prepared(till)
    erase(till, charge)
    event = InboundEvent.objects.get()

    report = inbox.replay([event.pk], "ada")

    assert (event.body, event.status) == ("", EventStatus.IGNORED)
    assert (report.replayed, report.ignored) == (0, 1)


def test_an_order_that_is_not_known_here_erases_nothing(till: Till):
    charge, _ = prepared(till)
    before = everything()

    with pytest.raises(InvalidInput) as refused:
        aftersales.erase_buyer_data(
            [till.connection], [charge.order_id, "T3JkZXI6OTk5"], actor="ada", dry_run=False
        )

    assert refused.value.code == "ORDER_NOT_FOUND"
    assert everything() == before
