"""The commands about refunds and disputes, as an admin types them."""

from __future__ import annotations

import io

import pytest
from click.testing import CliRunner
from pypdf import PdfWriter

from saleor_tiktok_stripe.aftersales import disputes
from saleor_tiktok_stripe.cli import main
from saleor_tiktok_stripe.models import AuditEntry, DisputeEvidence, Job, JobStatus, RefundRequest

pytestmark = pytest.mark.django_db(transaction=True)


def run(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(main, words)
    return done.exit_code, done.output


@pytest.mark.parametrize(
    ("amount", "code", "told"),
    [
        ([], 0, "25.00 USD would be; 0.00 USD would be left."),
        (["5"], 0, "5.00 USD would be; 20.00 USD would be left."),
        (["30"], 1, "It would be refused: 30.00 USD is more than the 25.00 USD left to refund. "
                    "Ask for at most 25.00 USD. [REFUND_ABOVE_REST]"),
    ],
)  # fmt: skip
def test_dry_run_says_what_could_be_refunded_and_asks_for_nothing(till, amount, code, told):
    charge = till.pay()
    asked = Job.objects.count()

    done = run("refund", "--channel", "tiktok-us", "--dry-run", charge.order_number, *amount)

    assert done == (code, f"25.00 USD can be refunded of {charge.payment_id}.\n{told}\n")
    assert not RefundRequest.objects.exists()
    assert Job.objects.count() == asked
    assert not AuditEntry.objects.filter(action="refund.request").exists()


def test_dry_run_tells_all_that_speaks_against_a_refund(till):
    charge = till.pay()

    code, said = run(
        "refund", "--channel", "tiktok-us", "--dry-run", "--reason", "no_idea", charge.order_number,
        "1000.001",
    )  # fmt: skip

    assert code == 1
    assert [line.rpartition("[")[2] for line in said.splitlines()[1:]] == [
        "REFUND_REASON_UNKNOWN]", "REFUND_ABOVE_REST]",
    ]  # fmt: skip


def test_dry_run_knows_a_key_that_was_used(till):
    charge = till.pay()
    words = ("refund", "--channel", "tiktok-us", "--key", "k", charge.order_number, "5")
    run(*words)

    code, said = run(*words, "--dry-run")

    assert code == 0
    assert said.endswith("Nothing more: this key was used, for 5.00 USD, waiting.\n")
    assert RefundRequest.objects.count() == 1


def test_refund_by_the_orders_number_is_sent_once_per_key(till):
    charge = till.pay()

    for _ in range(2):
        code, said = run("refund", "--channel", "tiktok-us", "--key", "k", charge.order_number, "5")
        assert (code, said.split(": ")[0]) == (0, f"5.00 USD of {charge.payment_id}")
    till.work()

    assert till.at_stripe(charge) == [(500, "succeeded")]


@pytest.mark.parametrize(
    ("words", "code"),
    [(("pi_unknown", "5"), "PAYMENT_NOT_FOUND"), (("99999",), "PAYMENT_NOT_FOUND")],
)
def test_payment_that_is_not_there_is_said_in_one_line(till, words, code):
    exit_code, said = run("refund", "--channel", "tiktok-us", *words)

    assert exit_code == 1
    assert said.endswith(f"[{code}]\n")


def test_failed_refund_is_confirmed_as_settled(till):
    charge = till.pay()
    refund_id = till.stripe.dashboard_refund(charge.payment_id, 500)
    till.stripe.fail_refund(refund_id)
    till.sync(charge)
    charge.refresh_from_db()
    assert charge.problem["code"] == "REFUND_FAILED"

    code, _ = run("refund", "--channel", "tiktok-us", "--settled", charge.order_number)

    charge.refresh_from_db()
    assert (code, charge.problem) == (0, None)
    assert till.at_stripe(charge) == [(500, "failed")]


def test_dispute_is_answered_from_the_command_line(till, tmp_path):
    dispute = till.disputed(till.pay(), reason="product_not_received")
    proof = tmp_path / "delivered.pdf"
    writer, out = PdfWriter(), io.BytesIO()
    writer.add_blank_page(72, 72)
    writer.write(out)
    proof.write_bytes(out.getvalue())
    here = ("--channel", "tiktok-us")

    _, listed = run("disputes", *here)
    assert f"{dispute.dispute_id}  needs_response  product_not_received  25.00 USD" in listed
    _, shown = run("dispute", "show", *here, dispute.dispute_id)
    assert "What decides: That it was delivered" in shown
    assert run("dispute", "set", *here, dispute.dispute_id, "shipping_carrier", "UPS")[0] == 0
    attached = run(
        "dispute", "attach", *here, dispute.dispute_id, "shipping_documentation", str(proof)
    )
    assert attached == (0, "shipping_documentation is delivered.pdf, version 2.\n")
    code, said = run("dispute", "submit", *here, dispute.dispute_id)
    assert (code, "[CONFIRMATION_NEEDED]" in said) == (1, True)
    assert run("dispute", "submit", *here, "--yes", dispute.dispute_id)[0] == 0
    till.work()

    held = DisputeEvidence.objects.get()
    assert held.state == "submitted"
    assert held.sent["body"]["shipping_carrier"] == "UPS"
    assert till.stripe.dispute_now(dispute.dispute_id)["status"] == "under_review"


def test_dispute_is_accepted_from_the_command_line(till):
    dispute = till.disputed(till.pay())

    code, said = run("dispute", "accept", "--channel", "tiktok-us", "--yes", dispute.dispute_id)
    till.work()

    assert (code, said) == (0, f"{dispute.dispute_id}: accepting.\n")
    assert till.stripe.dispute_now(dispute.dispute_id)["status"] == "lost"


def test_what_a_buyer_wrote_does_not_steer_the_terminal(till):
    dispute = till.disputed(till.pay())
    held = disputes.draft(dispute, "ada")
    held.fields = held.fields | {"customer_name": "Ada\x1b]0;owned\x07\x1b[2J\r\nLovelace"}
    held.save()

    code, said = run("dispute", "show", "--channel", "tiktok-us", dispute.dispute_id)

    assert code == 0
    assert "Ada\ufffd]0;owned\ufffd\ufffd[2J\ufffd\nLovelace" in said
    assert not {"\x1b", "\x07", "\r"} & set(said)


def test_a_file_is_taken_out_of_the_draft_from_the_command_line(till):
    dispute = till.disputed(till.pay())
    words = ("--channel", "tiktok-us", dispute.dispute_id)
    run("dispute", "show", *words)

    done = run("dispute", "remove", *words, "receipt")

    assert done == (0, "receipt is empty, version 1.\n")
    assert not DisputeEvidence.objects.get().files.exists()


def test_payments_that_wait_are_listed_and_tried_again(till):
    charge = till.pay()
    problem = {"code": "PERMISSION_MISSING", "cause": "It may not.", "cure": "Add it."}
    job = Job.objects.create(
        kind="payment.sync", connection=charge.connection, subject=charge.payment_id,
        dedup_key="waits", status=JobStatus.PARKED, problem=problem,
    )  # fmt: skip

    listed = run("parked", "--channel", "tiktok-us")
    retried = run("retry", "--channel", "tiktok-us", charge.payment_id)

    assert listed == (
        0, f"{charge.payment_id}  PERMISSION_MISSING\n    It may not.\n    Add it.\n"
    )  # fmt: skip
    job.refresh_from_db()
    assert (retried, job.status) == ((0, "1 queued.\n"), "queued")
