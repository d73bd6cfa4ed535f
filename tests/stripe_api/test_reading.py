"""Answers are read tolerantly, but strictly where a misreading costs money."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from saleor_tiktok_stripe.errors import InDoubt, VendorBug
from saleor_tiktok_stripe.stripe_api import (
    Account,
    BalanceEntry,
    ChargeFacts,
    DisputeState,
    PaymentMethod,
    PaymentState,
    Refund,
    RefundState,
    Requirement,
    WebhookEndpoint,
)
from tests.stripe_api import samples
from tests.stripe_api.stub import listing, refuses, says, seen
from tests.transport.servers import serving

NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)


def read(client_for, found, call=lambda client: client.payment("pi_1")):
    with serving(says(found)) as server:
        return call(client_for(server))


def dispute(client_for, **changes):
    return read(client_for, samples.dispute(**changes), lambda client: client.dispute("du_1"))


def test_a_payment_is_read_whole(client_for):
    """dj-stripe/dj-stripe#2226, stripe/stripe-python#1182: some versions only have dicts."""
    payment = read(
        client_for,
        samples.payment(
            status="succeeded",
            amount_received=1099,
            capture_method="manual",
            latest_charge=samples.charge(),
            metadata={"saleor_payment": "k"},
        ),
    )

    assert payment.state is PaymentState.SUCCEEDED
    assert payment.raw_state == "succeeded"
    assert (payment.amount, payment.authorized, payment.captured) == (
        Decimal("10.99"),
        Decimal("0.00"),
        Decimal("10.99"),
    )
    assert payment.currency == "USD"
    assert payment.capture_later is True
    assert payment.created_at == NEW_YEAR
    assert payment.livemode is False
    assert payment.client_secret == "pi_1_secret_abc"
    assert payment.metadata == {"saleor_payment": "k"}
    assert payment.method == PaymentMethod(
        type="card",
        brand="visa",
        last4="4242",
        exp_month=12,
        exp_year=2030,
        wallet="apple_pay",
        fingerprint="fp1",
        checks={"cvc_check": "pass", "three_d_secure": "authenticated"},
    )
    assert payment.charge == ChargeFacts(
        id="ch_1",
        captured=Decimal("10.99"),
        refunded=Decimal("0.00"),
        disputed=False,
        created_at=NEW_YEAR,
        receipt_url="https://pay.stripe.com/receipts/1",
        fee=Decimal("0.59"),
        net=Decimal("9.41"),
        settlement_currency="EUR",
        billing_name="Ada",
        billing_email="ada@example.com",
    )


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("requires_payment_method", PaymentState.OPEN),
        ("requires_confirmation", PaymentState.OPEN),
        ("requires_action", PaymentState.ACTION_REQUIRED),
        ("processing", PaymentState.PROCESSING),
        ("requires_capture", PaymentState.AUTHORIZED),
        ("succeeded", PaymentState.SUCCEEDED),
        ("canceled", PaymentState.CANCELED),
        ("requires_patience", PaymentState.UNKNOWN),
    ],
)
def test_every_state_of_a_payment_is_known_and_new_ones_are_kept(client_for, status, state):
    payment = read(client_for, samples.payment(status=status))

    assert (payment.state, payment.raw_state) == (state, status)


def test_a_failed_attempt_and_the_next_step_are_read(client_for):
    payment = read(
        client_for,
        samples.payment(
            last_payment_error={
                "code": "card_declined", "decline_code": "generic_decline",
                "message": "Your card was declined.", "charge": "ch_2", "type": "card_error",
            },
            next_action={"type": "redirect_to_url", "redirect_to_url": {"url": "https://x"}},
            cancellation_reason=None,
        ),
    )  # fmt: skip

    assert payment.decline is not None
    assert payment.decline.decline_code == "generic_decline"
    assert payment.decline.charge_id == "ch_2"
    assert payment.next_action == "redirect_to_url"
    assert payment.cancellation_reason == ""
    assert payment.method is None


def test_a_charge_not_expanded_or_not_booked_yet_is_no_error(client_for):
    by_id = read(client_for, samples.payment(latest_charge="ch_1"))
    unbooked = read(
        client_for, samples.payment(latest_charge=samples.charge(balance_transaction=None))
    )

    assert by_id.charge is None
    assert unbooked.charge is not None
    assert (unbooked.charge.fee, unbooked.charge.net) == (None, None)


@pytest.mark.parametrize(
    ("captured", "refunded", "read_as"),
    [(1099, 0, "0.00"), (600, 0, "0.00"), (600, 100, "1.00"), (100, 999, "0.00"),
     (300, 899, "1.00")],
)  # fmt: skip
def test_what_a_partial_capture_released_is_no_refund(client_for, captured, refunded, read_as):
    payment = read(
        client_for,
        samples.payment(
            latest_charge=samples.charge(amount_captured=captured, amount_refunded=refunded)
        ),
    )

    assert payment.charge is not None
    assert payment.charge.refunded == Decimal(read_as)


@pytest.mark.parametrize(
    "changes",
    [
        {"amount": 10.5},
        {"amount": "1099"},
        {"amount": True},
        {"amount": None},
        {"amount": -1},
        {"amount_received": "all"},
        {"amount_capturable": -5},
        {"currency": "USD"},
        {"currency": None},
        {"currency": "dollars"},
        {"currency": "xxx"},
        {"id": None},
        {"id": "pi 1"},
        {"created": "today"},
        {"created": 0},
        {"livemode": None},
        {"livemode": "false"},
        {"latest_charge": {"id": "ch_1"}},
    ],
)
def test_money_ids_and_times_are_never_guessed(client_for, changes):
    with pytest.raises(VendorBug) as bug:
        read(client_for, samples.payment(**changes))

    assert bug.value.code in {"STRIPE_UNREADABLE_ANSWER", "CURRENCY_UNKNOWN"}
    assert "pi_1_secret_abc" not in str(bug.value)


def test_an_unreadable_answer_to_a_write_is_doubt(client_for):
    with pytest.raises(InDoubt) as doubt:
        read(client_for, samples.payment(amount=None), lambda c: c.cancel("pi_1", key="k1"))

    assert doubt.value.code == "STRIPE_UNREADABLE_ANSWER"


def test_a_refund_is_read(client_for):
    refund = read(client_for, samples.refund(), lambda client: client.refund("re_1"))

    assert refund == Refund(
        id="re_1",
        payment_id="pi_1",
        charge_id="ch_1",
        state=RefundState.SUCCEEDED,
        raw_state="succeeded",
        amount=Decimal("5.00"),
        currency="USD",
        reason="duplicate",
        created_at=NEW_YEAR,
        reference="ARN1",
        metadata={"saleor_refund": "r"},
    )


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("pending", RefundState.PENDING),
        ("requires_action", RefundState.ACTION_REQUIRED),
        ("failed", RefundState.FAILED),
        ("canceled", RefundState.CANCELED),
        ("thinking", RefundState.UNKNOWN),
        (None, RefundState.UNKNOWN),
    ],
)
def test_every_state_of_a_refund_is_known(client_for, status, state):
    refund = read(
        client_for,
        samples.refund(
            status=status, failure_reason="lost_or_stolen_card", pending_reason="processing",
            reason=None, destination_details=None, payment_intent=None,
        ),
        lambda client: client.refund("re_1"),
    )  # fmt: skip

    assert refund.state is state
    assert (refund.failure_reason, refund.pending_reason) == ("lost_or_stolen_card", "processing")
    assert (refund.reason, refund.reference, refund.payment_id) == ("", "", "")


def test_a_dispute_is_read_whole(client_for):
    found = dispute(client_for)

    assert (found.state, found.reason, found.case_type) == (
        DisputeState.NEEDS_RESPONSE,
        "fraudulent",
        "chargeback",
    )
    assert found.amount == Decimal("10.99")
    assert found.due_by == datetime(2026, 1, 2, tzinfo=UTC)
    assert (found.has_evidence, found.past_due, found.submission_count) == (True, False, 0)
    assert found.refundable is False
    assert found.auto_submits is False
    assert (found.method_type, found.brand, found.network_reason_code) == ("card", "visa", "10.4")
    assert found.evidence == {"customer_name": "Ada", "receipt": "file_1"}
    assert found.eligibility == {
        "visa_compelling_evidence_3": {"status": "qualified", "required_actions": []}
    }
    assert found.balance == (
        BalanceEntry(
            id="txn_2",
            category="dispute",
            amount=Decimal("-10.99"),
            fee=Decimal("15.00"),
            net=Decimal("-25.99"),
            currency="USD",
            source_id="du_1",
            created_at=NEW_YEAR,
        ),
    )
    assert "Ada" not in repr(found)


@pytest.mark.parametrize(
    ("status", "state", "inquiry", "waits"),
    [
        ("warning_needs_response", DisputeState.INQUIRY_NEEDS_RESPONSE, True, True),
        ("warning_under_review", DisputeState.INQUIRY_UNDER_REVIEW, True, False),
        ("warning_closed", DisputeState.INQUIRY_CLOSED, True, False),
        ("needs_response", DisputeState.NEEDS_RESPONSE, False, True),
        ("under_review", DisputeState.UNDER_REVIEW, False, False),
        ("won", DisputeState.WON, False, False),
        ("lost", DisputeState.LOST, False, False),
        ("prevented", DisputeState.PREVENTED, False, False),
        ("appeal_needs_response", DisputeState.APPEAL_NEEDS_RESPONSE, False, True),
        ("appeal_under_review", DisputeState.APPEAL_UNDER_REVIEW, False, False),
        ("arbitration", DisputeState.UNKNOWN, False, False),
    ],
)
def test_every_state_of_a_dispute_is_known(client_for, status, state, inquiry, waits):
    found = dispute(client_for, status=status)

    assert (found.state, found.raw_state) == (state, status)
    assert (found.is_inquiry, found.needs_response) == (inquiry, waits)


@pytest.mark.parametrize("due_by", [0, None])
def test_a_dispute_that_cannot_be_answered_has_no_due_date(client_for, due_by):
    found = dispute(
        client_for, evidence_details={"due_by": due_by, "has_evidence": False}, evidence=None
    )

    assert found.due_by is None
    assert found.evidence == {}


def test_smart_disputes_are_told(client_for):
    assert dispute(client_for, intended_submission_method="smart_disputes").auto_submits is True


def test_an_account_is_read(client_for):
    account = read(
        client_for,
        {
            "id": "acct_1", "object": "account", "country": "DE", "default_currency": "eur",
            "charges_enabled": True, "payouts_enabled": False, "details_submitted": True,
            "capabilities": {"card_payments": "active", "odd": 5},
            "requirements": {
                "currently_due": ["external_account", "person.dob"], "past_due": ["person.dob"],
                "current_deadline": 1767225600, "disabled_reason": "requirements.past_due",
            },
            "business_profile": {"name": "Shop"},
            "settings": {"dashboard": {"display_name": ""},
                         "payments": {"statement_descriptor": "SHOP"}},
        },
        lambda client: client.account(),
    )  # fmt: skip

    assert account == Account(
        id="acct_1",
        name="Shop",
        country="DE",
        default_currency="EUR",
        charges_enabled=True,
        payouts_enabled=False,
        details_submitted=True,
        capabilities={"card_payments": "active"},
        requirements=(
            Requirement("person.dob", overdue=True),
            Requirement("external_account", overdue=False),
        ),
        requirements_deadline=NEW_YEAR,
        disabled_reason="requirements.past_due",
        statement_descriptor="SHOP",
    )


def test_a_webhook_endpoint_keeps_its_secret_to_itself(client_for):
    found = read(
        client_for,
        {"id": "we_1", "url": "https://x.example/", "status": "enabled", "livemode": True,
         "api_version": None, "enabled_events": ["*"], "secret": "whsec_once"},
        lambda client: client.create_webhook_endpoint("https://x.example/", ["*"], key="k1"),
    )  # fmt: skip

    assert found == WebhookEndpoint(
        "we_1", "https://x.example/", True, True, "", ("*",), secret="whsec_once"
    )
    assert "whsec_once" not in repr(found)


def test_all_pages_are_read_and_turned_oldest_first(client_for):
    first = [samples.refund(id=f"re_{number}") for number in (5, 4)]
    second = [samples.refund(id=f"re_{number}") for number in (3,)]
    with serving(listing(*first, more=True), listing(*second)) as server:
        found = client_for(server).refunds("pi_1")

    assert [one.id for one in found] == ["re_3", "re_4", "re_5"]
    assert "starting_after" not in seen(server, 0).query
    assert seen(server, 1).query.endswith("starting_after=re_4")


@pytest.mark.parametrize(
    "reply", [listing(more=True), listing(samples.refund(), more=True), says({"data": "x"}),
              says({"object": "list"}), listing("re_1")],
)  # fmt: skip
def test_a_list_that_does_not_end_or_is_none_is_no_endless_loop(client_for, reply):
    with serving(reply) as server, pytest.raises(VendorBug) as bug:
        client_for(server).refunds("pi_1")

    assert bug.value.code == "STRIPE_UNREADABLE_ANSWER"
    assert len(server.requests) <= 2


def test_events_come_oldest_first_each_once_over_all_filters(client_for):
    def events(*numbers):
        return listing(
            *(samples.event(id=f"evt_{n}", created=samples.CREATED + n // 2) for n in numbers)
        )

    with serving(events(5, 3, 1), events(4, 3, 2)) as server:
        found = list(
            client_for(server).events(since=NEW_YEAR, kinds=[f"kind.{n}" for n in range(25)])
        )

    assert [one.event_id for one in found] == [f"evt_{n}" for n in (1, 2, 3, 4, 5)]
    assert len(server.requests) == 2
    assert seen(server, 0).query.count("types") == 20
    assert seen(server, 1).query.count("types") == 5


def test_the_clock_and_the_last_request_are_told(client_for):
    with serving(says(samples.payment(), Date="Thu, 01 Jan 2026 00:00:00 GMT")) as server:
        client = client_for(server)
        assert (client.clock_skew, client.last_request_id) == (None, "")
        client.payment("pi_1")

    assert client.last_request_id == "req_stub"
    assert client.clock_skew is not None
    assert client.clock_skew < 0


def test_deleting_what_is_gone_is_no_error(client_for):
    with serving(refuses(404, type="invalid_request_error", code="resource_missing")) as server:
        client_for(server).delete_webhook_endpoint("we_1")

    assert seen(server).method == "DELETE"
