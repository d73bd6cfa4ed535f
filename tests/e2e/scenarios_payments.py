"""A payment's whole life, through Saleor's GraphQL API as a storefront and its staff use it.

Tests that take a fixture ``counter``; a host's module defines it and imports everything from here.
After each step the sums in Saleor are exact, and what Saleor keeps of it is exactly what happened.
"""

from __future__ import annotations

from saleor_tiktok_stripe.aftersales import disputes
from saleor_tiktok_stripe.aftersales.telling import METADATA
from saleor_tiktok_stripe.models import CaptureRequest, Dispute, DisputeEvidence, RefundRequest
from saleor_tiktok_stripe.saleor_api import get_saleor
from saleor_tiktok_stripe.saleor_api.types import Package, SaleorOrderStatus
from saleor_tiktok_stripe.stripe_api.webhooks import EVENTS

from .counter import LATER, NOW, Counter, Sale

AUTHORIZED = [
    "AUTHORIZATION_REQUEST 25.00",
    "AUTHORIZATION_ACTION_REQUIRED 25.00",
    "AUTHORIZATION_SUCCESS 25.00",
]
CHARGED = ["CHARGE_REQUEST 25.00", "CHARGE_ACTION_REQUIRED 25.00", "CHARGE_SUCCESS 25.00"]


def test_entering_the_keys_connects_verifies_and_makes_the_endpoint(counter: Counter):
    made = {one["url"]: one for one in counter.stripe.objects("webhook_endpoint")}

    for channel in (LATER, NOW):
        connection = counter.connection(channel)
        address = f"{counter.url}/plugins/channel/{channel}/saleor.tiktok_stripe/webhooks/stripe/"
        assert (connection.account_id, connection.livemode) == (counter.stripe.account_id, False)
        found = {one["code"]: one["severity"] for one in connection.findings}
        assert [code for code, severity in found.items() if severity == "error"] == []
        assert found["STRIPE_SCOPE_OK"] == "ok"
        assert set(made[address]["enabled_events"]) == set(EVENTS)
        assert made[address]["api_version"] == "2025-10-29.clover"
    assert len(made) == 2


def test_a_payment_from_its_authorization_to_a_dispute_that_is_won(counter: Counter):
    """medusajs/medusa#13160: amounts of events a hundredfold; each step is exact on both sides."""
    sale = counter.sale(LATER)
    assert sale.confirm() == 200
    assert sale.process() == ("AUTHORIZATION_SUCCESS", "")
    sale.complete()
    assert sale.books() == {"order": "NONE FULL 0.00 25.00", "authorized": "25.00"}
    assert sale.actions() == ["CANCEL", "CHARGE"]

    sale.capture("18")
    captured = {"charged": "18.00", "canceled": "7.00"}
    assert sale.books() == {"order": "PARTIAL PARTIAL 18.00 0.00", **captured}
    assert sale.at_stripe() == {"charged": "18.00"}
    assert sale.actions() == ["REFUND"]

    sale.refund("3")
    refunded = {"charged": "15.00", "refunded": "3.00", "canceled": "7.00"}
    assert sale.books() == {"order": "PARTIAL PARTIAL 15.00 0.00", **refunded}

    grant = sale.grant("4")
    sale.pay_grant(grant)
    assert sale.books() == {
        "order": "PARTIAL PARTIAL 11.00 0.00",
        "charged": "11.00",
        "refunded": "7.00",
        "canceled": "7.00",
        "grants": ["SUCCESS"],
    }
    assert sale.at_stripe() == {"charged": "18.00", "refunded": "7.00"}

    ship(sale.order)
    found = sale.dispute(reason="product_not_received")
    back = {"order": "NONE NONE 0.00 0.00", "refunded": "7.00", "canceled": "7.00"}
    assert sale.books() == {**back, "grants": ["SUCCESS"]}
    assert sale.at_stripe() == {"charged": "18.00", "refunded": "7.00", "charged_back": "11.00"}
    assert sale.actions() == []
    assert (found.reason, found.state, found.amount) == (
        "product_not_received",
        "needs_response",
        11,
    )
    assert (found.fee, found.submission_count) == (15, 0)
    due = f"due {found.due_by:%Y-%m-%dT%H:%MZ}"
    assert on_the_order(sale) == f"{found.dispute_id} needs_response {due}"

    answer(found)
    counter.settle()
    assert sale.books()["order"] == "NONE NONE 0.00 0.00"
    counter.stripe.turn(10)
    assert sale.books() == {
        "order": "PARTIAL PARTIAL 11.00 0.00",
        "charged": "11.00",
        "refunded": "7.00",
        "canceled": "7.00",
        "grants": ["SUCCESS"],
    }
    assert sale.at_stripe() == {"charged": "18.00", "refunded": "7.00"}
    found.refresh_from_db()
    assert found.state == "won"
    assert on_the_order(sale) == f"{found.dispute_id} won"
    assert get_saleor().orders([sale.order])[sale.order].status is SaleorOrderStatus.FULFILLED

    assert sale.events() == sorted(
        [
            *AUTHORIZED,
            "CHARGE_REQUEST 18.00",
            "CHARGE_SUCCESS 18.00",
            "CANCEL_SUCCESS 7.00",
            "REFUND_REQUEST 3.00",
            "REFUND_SUCCESS 3.00",
            "REFUND_REQUEST 4.00",
            "REFUND_SUCCESS 4.00",
            "CHARGE_BACK 11.00",
            "CHARGE_SUCCESS 11.00",
        ]
    )
    assert sale.sent("payment_intents/{id}/capture") == 1
    assert CaptureRequest.objects.filter(charge=found.charge).count() == 1
    assert RefundRequest.objects.filter(charge=found.charge).count() == 2


def on_the_order(sale: Sale) -> str:
    """What the order itself says of its disputes."""
    order = get_saleor().orders([sale.order])[sale.order]
    return order.metadata[METADATA]


def ship(order_id: str) -> None:
    """The parcel leaves, with its number: what the bank will ask for."""
    saleor = get_saleor()
    order = saleor.orders([order_id])[order_id]
    units = {line.id: line.quantity for line in order.lines}
    saleor.fulfill(order_id, Package("P1", units, "1Z999", True, {"tiktok.carrier": "UPS"}))


def answer(dispute: Dispute) -> None:
    """Draft, edit, and send: once, however often it is asked for."""
    drafted = disputes.draft(dispute, "ada")
    assert drafted.fields["customer_email_address"] == "ada@example.com"
    assert drafted.fields["shipping_tracking_number"] == "1Z999"
    assert "1600 Amphitheatre Pkwy" in drafted.fields["shipping_address"]
    assert [file.field for file in drafted.files.all()] == ["receipt"]
    disputes.edit(
        dispute, {"uncategorized_text": "winning_evidence"}, version=drafted.version, actor="ada"
    )
    for _ in range(2):
        disputes.submit(dispute, "ada", confirm=True)


def test_evidence_is_kept_as_it_was_sent_and_sent_once(counter: Counter):
    """Automattic/woocommerce-payments#496: who sent it, and when, is kept."""
    sale = counter.sale(NOW).paid()
    ship(sale.order)
    found = sale.dispute(reason="fraudulent")
    answer(found)
    counter.settle()
    counter.stripe.turn(10)
    counter.settle()

    kept = DisputeEvidence.objects.get(dispute=found)
    [sent] = counter.stripe.calls("POST", f"/v1/disputes/{found.dispute_id}")
    at_stripe = counter.stripe.dispute_now(found.dispute_id)
    assert (kept.state, kept.submitted_by) == ("submitted", "ada")
    assert kept.submitted_at is not None
    assert sent.status == 200
    assert at_stripe["evidence_details"]["submission_count"] == 1
    for name in ("customer_email_address", "shipping_tracking_number", "uncategorized_text"):
        assert kept.sent["body"][name] == kept.fields[name] == at_stripe["evidence"][name]
    assert kept.sent["body"]["receipt"] == at_stripe["evidence"]["receipt"]
    content = counter.stripe.file_content(at_stripe["evidence"]["receipt"])
    assert content.startswith(b"%PDF-")
    assert sale.books() == {"order": "FULL FULL 25.00 0.00", "charged": "25.00"}
    assert sale.events() == sorted([*CHARGED, "CHARGE_BACK 25.00", "CHARGE_SUCCESS 25.00"])


def test_a_declined_card_then_one_with_3d_secure(counter: Counter):
    """vendurehq/vendure#1878: a declined payment's event was refused, and came back for days."""
    sale = counter.sale(NOW)
    assert sale.confirm("pm_card_chargeDeclined") == 402
    counter.settle()
    declined = sale.process()
    early = counter.ask("storefront/checkoutComplete", id=sale.checkout)

    assert sale.confirm("pm_card_threeDSecure2Required") == 200
    counter.settle()
    waiting = sale.process()
    assert counter.stripe.authenticate(sale.payment) == "succeeded"
    paid = sale.process()
    sale.complete()

    assert declined[0] == "CHARGE_ACTION_REQUIRED"
    assert "declined" in declined[1]
    assert [error["code"] for error in early["errors"]] == ["CHECKOUT_NOT_FULLY_PAID"]
    assert waiting[0] == "CHARGE_ACTION_REQUIRED"
    assert paid == ("CHARGE_SUCCESS", "")
    assert sale.books() == {"order": "FULL FULL 25.00 0.00", "charged": "25.00"}
    assert not [event for event in sale.events() if "FAILURE" in event]
    assert sale.events().count("CHARGE_SUCCESS 25.00") == 1


def test_3d_secure_that_was_not_passed_can_be_tried_again(counter: Counter):
    sale = counter.sale(LATER)
    sale.confirm("pm_card_threeDSecure2Required")
    assert counter.stripe.authenticate(sale.payment, passed=False) == "requires_payment_method"
    counter.settle()
    failed = sale.process()
    sale.paid()

    assert failed[0] == "AUTHORIZATION_ACTION_REQUIRED"
    assert sale.books() == {"order": "NONE FULL 0.00 25.00", "authorized": "25.00"}
    assert not [event for event in sale.events() if "FAILURE" in event]


def test_a_delayed_method_that_comes_to_nothing_after_the_order_was_made(counter: Counter):
    sale = counter.sale(NOW)
    assert sale.confirm("pm_usBankAccount_success") == 200
    announced = sale.process()
    sale.complete()
    pending = sale.books()

    counter.stripe.settle_payment(sale.payment, comes=False)
    failed = sale.books()

    assert announced[0] == "CHARGE_REQUEST"
    assert pending == {"order": "NONE NONE 0.00 0.00", "chargePending": "25.00"}
    assert failed == {"order": "NONE NONE 0.00 0.00"}
    assert sale.events().count("CHARGE_FAILURE 25.00") == 1
    assert sale.at_stripe() == {}

    again = counter.sale(NOW, sale.order)
    assert again.confirm() == 200
    assert again.process()[0] == "CHARGE_SUCCESS"
    counter.settle()
    assert again.shown()["chargeStatus"] == "FULL"


def test_a_delayed_method_whose_money_comes(counter: Counter):
    sale = counter.sale(NOW)
    sale.confirm("pm_usBankAccount_success")
    assert sale.process()[0] == "CHARGE_REQUEST"
    sale.complete()
    counter.stripe.settle_payment(sale.payment)

    assert sale.books() == {"order": "FULL FULL 25.00 0.00", "charged": "25.00"}
    assert not [event for event in sale.events() if "FAILURE" in event]
    assert sale.events().count("CHARGE_SUCCESS 25.00") == 1


def test_an_authorization_that_staff_cancel(counter: Counter):
    sale = counter.sale(LATER).paid()

    sale.cancel()

    assert sale.books() == {"order": "NONE NONE 0.00 0.00", "canceled": "25.00"}
    assert sale.events() == sorted([*AUTHORIZED, "CANCEL_REQUEST 25.00", "CANCEL_SUCCESS 25.00"])
    assert sale.at_stripe() == {}


def test_two_equal_refunds_are_two_and_the_third_is_what_is_left(counter: Counter):
    sale = counter.sale(NOW).paid()
    books = []
    for _ in range(3):
        sale.refund("10")
        books.append(sale.books())

    assert books == [
        {"order": "PARTIAL PARTIAL 15.00 0.00", "charged": "15.00", "refunded": "10.00"},
        {"order": "PARTIAL PARTIAL 5.00 0.00", "charged": "5.00", "refunded": "20.00"},
        {"order": "NONE NONE 0.00 0.00", "refunded": "25.00"},  # Saleor asks for no more than that
    ]
    assert sale.at_stripe() == {"charged": "25.00", "refunded": "25.00"}
    assert sale.sent("refunds") == 3
    assert sale.actions() == []
    parts = ["REFUND_REQUEST 10.00", "REFUND_SUCCESS 10.00"]
    assert sale.events() == sorted(
        [*CHARGED, *parts, *parts, "REFUND_REQUEST 5.00", "REFUND_SUCCESS 5.00"]
    )
