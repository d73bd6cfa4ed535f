"""Disputes on a real Saleor's orders: told in metadata and history, answered from the order."""

from __future__ import annotations

import io

import pytest
from pypdf import PdfReader
from saleor.order.models import Order

from saleor_tiktok_stripe import jobs
from saleor_tiktok_stripe.aftersales import disputes
from saleor_tiktok_stripe.models import Charge, Dispute, DisputeEvidence

from .payments import paid_order, sums, work
from .test_payments_actions import staff  # noqa: F401  (a fixture)

pytestmark = pytest.mark.django_db(transaction=True)


def test_dispute_is_told_to_the_order_answered_and_won(shop, stripe, staff):  # noqa: F811
    """Complaints 12 and 13: won or lost is shown, and the order's state is left alone."""
    order_id, transaction_id = paid_order(shop, stripe)
    charge = Charge.objects.get(transaction_id=transaction_id)
    before = Order.objects.get().status
    dispute_id = stripe.control.dispute(charge.payment_id, reason="product_not_received")
    stripe.control.settle()

    jobs.enqueue("payment.sync", charge.connection, charge.payment_id)
    work()

    order = Order.objects.get()
    assert sums(transaction_id) == {}
    assert order.metadata["stripe.dispute"].startswith(f"{dispute_id} needs_response due ")
    notes = [e.parameters["message"] for e in order.events.filter(type="note_added")]
    assert [dispute_id in note for note in notes] == [True]
    assert order.status == before

    dispute = Dispute.objects.select_related("charge__connection").get()
    disputes.draft(dispute, "ada")
    disputes.edit(dispute, {"uncategorized_text": "winning_evidence"}, version=0, actor="ada")
    disputes.submit(dispute, "ada", confirm=True)
    work()
    stripe.control.turn(10)
    jobs.enqueue("payment.sync", charge.connection, charge.payment_id)
    work()

    held = DisputeEvidence.objects.get()
    assert held.state == "submitted"
    receipt = stripe.control.file_content(held.sent["body"]["receipt"])
    assert (
        f"Receipt of order {order.number}" in PdfReader(io.BytesIO(receipt)).pages[0].extract_text()
    )
    order.refresh_from_db()
    assert order.metadata["stripe.dispute"] == f"{dispute_id} won"
    assert sums(transaction_id) == {"charged": "25.00"}
    assert order.status == before
