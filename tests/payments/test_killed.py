"""Processes killed with SIGKILL between Stripe's answer and our commit: everything exactly once."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.conf import settings
from django.db import connection as database

from saleor_tiktok_stripe import conf, jobs, payments
from saleor_tiktok_stripe.aftersales import disputes, refund
from saleor_tiktok_stripe.jobs import clock
from saleor_tiktok_stripe.models import CaptureRequest, Charge, Dispute, Job, RefundRequest
from saleor_tiktok_stripe.saleor_api.transactions import SessionRequest
from tests.aftersales.test_evidence import picture
from tests.support.till import Till


def run_killed(till: Till, point: str, session: SessionRequest | None = None) -> None:
    """A process of its own, on the same database and vendors; it must have died at ``point``."""
    data = settings.DATABASES["default"]
    url = (
        f"postgres://{data['USER']}:{data['PASSWORD']}@{data['HOST']}:{data['PORT'] or 5432}"
        f"/{database.settings_dict['NAME']}"
    )
    environment = {
        **os.environ,
        "DATABASE_URL": url,
        "DJANGO_SETTINGS_MODULE": "saleor_tiktok_stripe.sandbox.sidecar.settings",
        "TIKTOK_STRIPE_SANDBOX": "1",
        "TIKTOK_STRIPE_PUBLIC_URL": conf.public_url(),
        "TIKTOK_STRIPE_STRIPE_API_URL": till.stripe.base_url,
        "TIKTOK_STRIPE_STRIPE_FILES_URL": till.stripe.files_url,
        "SALEOR_API_URL": till.saleor.url,
        "SALEOR_APP_TOKEN": till.saleor.token,
    }
    said = [json.dumps(asdict(session), default=str)] if session else []
    done = subprocess.run(
        [sys.executable, "-m", "tests.payments.killed_worker", point, *said],
        env=environment,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()[-2000:]


def go_on(till: Till) -> None:
    """Another worker, once the dead one's lease is over."""
    long_ago = datetime.now(UTC) - timedelta(hours=1)
    Job.objects.filter(status="running").update(lease_until=long_ago)
    jobs.sweep()
    till.run_all()
    till.run_all()
    left = Job.objects.exclude(status="done")
    assert list(left.values_list("kind", "status", "error_code", "problem")) == []


@pytest.mark.parametrize("point", ["create:after", "attach:after"])
def test_a_session_killed_after_stripe_made_the_payment_is_one_payment(till: Till, point: str):
    """Complaint 10, saleor/saleor#19220: a second PaymentIntent for one payment."""
    request = till.begin()
    run_killed(till, point, request)

    answer = till.initialize(request)

    [made] = till.control.objects("payment_intent")
    assert answer.psp_reference == made["id"] == Charge.objects.get().payment_id
    assert answer.data["clientSecret"] == made["client_secret"]


def test_a_session_killed_that_nobody_asks_again_about_is_found(till: Till):
    request = till.begin()
    run_killed(till, "create:after", request)
    [made] = till.control.objects("payment_intent")
    till.control.pay(made["id"])
    assert Charge.objects.get().payment_id == ""

    with clock.turned(660):
        till.run("payments.sweep")
    go_on(till)

    assert Charge.objects.get().payment_id == made["id"]
    assert till.sums(request) == {"charged": "25.00"}
    assert len(till.control.objects("payment_intent")) == 1


@pytest.mark.parametrize(
    "point", ["capture:before", "capture:after", "kept:before", "report:after", "look-kept:before"]
)
def test_a_capture_killed_at_any_step_is_one_capture(till: Till, point: str):
    """Complaint 11, medusajs/medusa#13301: a second capture, and then good orders refunded."""
    request = till.paid(flow="AUTHORIZATION")
    assert payments.request_capture(till.ask(request, "CHARGE", "10"))

    run_killed(till, point)
    go_on(till)

    assert till.sums(request) == {"charged": "10.00", "canceled": "15.00"}
    assert till.counted(request) == ["AUTHORIZATION_SUCCESS", "CHARGE_SUCCESS", "CANCEL_SUCCESS"]
    assert CaptureRequest.objects.get().state == "succeeded"
    assert till.sent("/capture") == 1
    assert till.sent("/refunds") == 0


@pytest.mark.parametrize("point", ["refund:before", "refund:after", "refund-kept:after"])
def test_a_refund_killed_at_any_step_is_one_refund(till: Till, point: str):
    """Complaint 9, medusajs/medusa#16681: a retry under a new key refunds twice."""
    request = till.paid()
    for _ in range(2):  # two equal ones are both meant
        refund(till.charge(request), Decimal(10), actor="ada")

    run_killed(till, point)
    go_on(till)

    assert [one["amount"] for one in till.control.objects("refund")] == [1000, 1000]
    assert {one.state for one in RefundRequest.objects.all()} == {"succeeded"}
    found = till.transaction(request)
    assert (found.charged, found.refunded) == (5, 20)


def disputed(till: Till) -> Dispute:
    """A dispute whose answer is drafted."""
    request = till.paid()
    dispute_id = till.control.dispute(till.charge(request).payment_id)
    till.sync(request)
    found = Dispute.objects.select_related("charge__connection").get(dispute_id=dispute_id)
    held = disputes.draft(found, "ada")
    texts = {"uncategorized_text": "losing_evidence"}
    held = disputes.edit(found, texts, version=held.version, actor="ada")
    disputes.attach_file(
        found, "customer_signature", "signed.png", picture("PNG"), version=held.version, actor="ada"
    )
    return Dispute.objects.select_related("charge__connection").get(dispute_id=dispute_id)


@pytest.mark.parametrize("point", ["upload:after", "submit:before", "submit:after"])
def test_an_answer_killed_at_any_step_is_sent_once(till: Till, point: str):
    found = disputed(till)
    disputes.submit(found, "ada", confirm=True)

    run_killed(till, point)
    go_on(till)

    found.evidence.refresh_from_db()
    assert found.evidence.state == "submitted"
    at_stripe = till.control.dispute_now(found.dispute_id)
    assert at_stripe["evidence_details"]["submission_count"] == 1
    assert at_stripe["evidence"]["customer_signature"]
    assert till.sent(f"/disputes/{found.dispute_id}") == 1


def test_an_acceptance_killed_after_stripe_took_it_is_done(till: Till):
    found = disputed(till)
    disputes.accept(found, "ada", confirm=True)

    run_killed(till, "close:after")
    go_on(till)

    found.evidence.refresh_from_db()
    assert found.evidence.state == "accepted"
    assert till.sent("/close") == 1
