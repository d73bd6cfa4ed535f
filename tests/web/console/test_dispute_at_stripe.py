"""A draft kept at Stripe: the bank sees nothing of it, and a failure leaves it as it was."""

from __future__ import annotations

import pytest

from saleor_tiktok_stripe.aftersales import disputes
from saleor_tiktok_stripe.models import AuditEntry
from tests.aftersales.conftest import stripe_server, till  # noqa: F401

from .conftest import PASSWORD, STAFF, signed_in
from .daily import shown

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def drafted(till):  # noqa: F811
    email = "admin@shop.example"
    till.saleor.add_staff(email, STAFF[email], password=PASSWORD)
    dispute = till.disputed(till.pay())
    return till, dispute, disputes.draft(dispute, "ada@example.com")


def sent(till, dispute) -> int:  # noqa: F811
    found = till.stripe.dispute_now(dispute.dispute_id)
    return int(found["evidence_details"]["submission_count"])


def test_a_draft_is_kept_at_stripe_and_not_sent(drafted):
    till, dispute, held = drafted  # noqa: F811
    ada = signed_in("admin@shop.example")

    answer = ada.post(f"disputes/{dispute.dispute_id}/", do="stage")

    held.refresh_from_db()
    found = till.stripe.dispute_now(dispute.dispute_id)
    assert answer.status_code == 303
    assert held.state == "staged"
    assert found["evidence"]["product_description"] == held.fields["product_description"]
    assert sent(till, dispute) == 0
    assert AuditEntry.objects.get(action="dispute.stage").actor == "admin@shop.example"


def test_what_cannot_be_answered_is_not_kept_at_stripe(drafted):
    till, dispute, held = drafted  # noqa: F811
    dispute.state = "lost"
    dispute.save()
    before = till.posts(f"/v1/disputes/{dispute.dispute_id}")

    answer = signed_in("admin@shop.example").post(f"disputes/{dispute.dispute_id}/", do="stage")

    held.refresh_from_db()
    assert answer.status_code == 422
    assert "<code>DISPUTE_CLOSED</code>" in answer.content.decode()
    assert (held.state, till.posts(f"/v1/disputes/{dispute.dispute_id}")) == ("draft", before)
    shown(answer)
