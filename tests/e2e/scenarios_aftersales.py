"""What happens to a payment after it was taken, at Stripe and at banks, and what Saleor shows then.

Tests that take a fixture ``counter``, as in ``scenarios_payments``. Nothing of it ever touches the
order itself: not its status, not its parcels, not the stock.
"""

from __future__ import annotations

from saleor_tiktok_stripe.aftersales import disputes
from saleor_tiktok_stripe.models import Charge, Dispute, RefundRequest
from saleor_tiktok_stripe.saleor_api import get_saleor
from saleor_tiktok_stripe.saleor_api.types import SaleorOrderStatus

from .counter import LATER, NOW, Counter
from .scenarios_payments import CHARGED

PAID = {"order": "FULL FULL 25.00 0.00", "charged": "25.00"}
ALL_BACK = {"order": "NONE NONE 0.00 0.00"}


def test_a_refund_made_in_stripes_dashboard_comes_over(counter: Counter):
    """opencollective/opencollective#4932, openfoodfoundation/openfoodnetwork#5449."""
    sale = counter.sale(NOW).paid()

    refund_id = counter.stripe.dashboard_refund(sale.payment, 600)

    less = {"charged": "19.00", "refunded": "6.00"}
    assert sale.books() == {"order": "PARTIAL PARTIAL 19.00 0.00", **less}
    assert sale.events() == sorted([*CHARGED, "REFUND_SUCCESS 6.00"])
    found = RefundRequest.objects.get(refund_id=refund_id)
    assert (found.source, found.amount, found.state) == ("stripe", 6, "succeeded")
    sale.refund()
    assert sale.books() == {**ALL_BACK, "refunded": "25.00"}
    assert sale.at_stripe() == {"charged": "25.00", "refunded": "25.00"}


def test_a_capture_in_stripes_dashboard_comes_over(counter: Counter):
    sale = counter.sale(LATER).paid()

    counter.stripe.dashboard_capture(sale.payment, 1000)

    assert sale.books() == {
        "order": "PARTIAL PARTIAL 10.00 0.00",
        "charged": "10.00",
        "canceled": "15.00",
    }


def test_a_refund_that_arrives_late_is_pending_until_then(counter: Counter):
    """woocommerce/woocommerce-gateway-stripe#4405: not refunded before it is."""
    sale = counter.sale(NOW).paid()
    counter.stripe.next_refunds("pending")
    grant = sale.grant("5")
    sale.pay_grant(grant)
    pending = sale.books()

    [refund] = RefundRequest.objects.filter(charge__payment_id=sale.payment)
    counter.stripe.settle_refund(refund.refund_id)

    assert pending == {
        "order": "FULL FULL 20.00 0.00",  # of 25.00 less the 5.00 that were granted
        "charged": "20.00",
        "refundPending": "5.00",
        "grants": ["PENDING"],
    }
    assert sale.books() == {
        "order": "FULL FULL 20.00 0.00",
        "charged": "20.00",
        "refunded": "5.00",
        "grants": ["SUCCESS"],
    }
    assert sale.events() == sorted([*CHARGED, "REFUND_REQUEST 5.00", "REFUND_SUCCESS 5.00"])


def test_a_refund_that_fails_days_after_it_succeeded_is_taken_back(counter: Counter):
    """woocommerce/woocommerce-gateway-stripe#4405, antiwork/gumroad#5779."""
    sale = counter.sale(NOW).paid()
    sale.refund("10")
    refunded = sale.books()
    [refund] = RefundRequest.objects.filter(charge__payment_id=sale.payment)

    counter.stripe.fail_refund(refund.refund_id)

    assert refunded == {
        "order": "PARTIAL PARTIAL 15.00 0.00",
        "charged": "15.00",
        "refunded": "10.00",
    }
    assert sale.books() == PAID
    assert sale.at_stripe() == {"charged": "25.00"}
    assert sale.events() == sorted(
        [*CHARGED, "REFUND_REQUEST 10.00", "REFUND_SUCCESS 10.00", "REFUND_REVERSE 10.00"]
    )
    charge = Charge.objects.get(payment_id=sale.payment)
    assert charge.problem["code"] == "REFUND_FAILED"
    assert "card" in sale.words("REFUND_REVERSE")[0]

    sale.refund("10")

    assert sale.books() == refunded
    assert sale.at_stripe() == {"charged": "25.00", "refunded": "10.00"}


def test_a_dispute_that_is_lost_leaves_the_money_with_the_buyer(counter: Counter):
    """Complaint 12, woocommerce/woocommerce-gateway-stripe#1098, 202-ecommerce/stripe_official#186:
    won and lost are both seen on the order. Automattic/woocommerce-payments#5981: so is the fee."""
    sale = counter.sale(NOW).paid()
    found = sale.dispute(reason="fraudulent")
    disputed = sale.books()

    counter.stripe.decide(found.dispute_id, "lost")

    assert disputed == sale.books() == ALL_BACK
    assert sale.at_stripe() == {"charged": "25.00", "charged_back": "25.00"}
    assert sale.events() == sorted([*CHARGED, "CHARGE_BACK 25.00"])
    found.refresh_from_db()
    assert (found.state, found.withdrawn, found.reinstated, found.fee) == ("lost", 25, 0, 15)
    assert any("lost" in note.lower() for note in sale.notes())


def test_a_lost_dispute_that_is_won_after_all_can_be_refunded(counter: Counter):
    """Automattic/woocommerce-payments#4931: once lost, refunds stayed blocked."""
    sale = counter.sale(NOW).paid()
    found = sale.dispute(reason="fraudulent")
    counter.stripe.decide(found.dispute_id, "lost")
    counter.settle()

    counter.stripe.decide(found.dispute_id, "won")

    assert sale.books() == PAID
    assert sale.actions() == ["REFUND"]
    sale.refund("5")
    assert sale.books() == {
        "order": "PARTIAL PARTIAL 20.00 0.00",
        "charged": "20.00",
        "refunded": "5.00",
    }


def test_a_dispute_that_staff_accept(counter: Counter):
    sale = counter.sale(NOW).paid()
    sale.refund("5")
    counter.settle()
    found = sale.dispute(reason="credit_not_processed")

    disputes.accept(found, "ada", confirm=True)

    assert sale.books() == {**ALL_BACK, "refunded": "5.00"}
    found.refresh_from_db()
    assert (found.state, found.evidence.state) == ("lost", "accepted")
    assert counter.stripe.dispute_now(found.dispute_id)["status"] == "lost"
    assert sale.events().count("CHARGE_BACK 20.00") == 1
    assert sale.at_stripe() == {"charged": "25.00", "refunded": "5.00", "charged_back": "20.00"}


def test_an_inquiry_moves_no_money_until_it_escalates(counter: Counter):
    """woocommerce/woocommerce-gateway-stripe#3671: the words say whether an answer is needed."""
    sale = counter.sale(NOW).paid()
    found = sale.dispute(inquiry=True)
    asked = sale.books(), sale.actions()

    counter.stripe.escalate(found.dispute_id)

    assert asked == (PAID, ["REFUND"])
    assert (found.is_inquiry, found.withdrawn) == (True, 0)
    assert any("inquiry" in note.lower() for note in sale.notes())
    assert sale.books() == ALL_BACK
    assert sale.events() == sorted([*CHARGED, "CHARGE_BACK 25.00"])
    assert Dispute.objects.get(dispute_id=found.dispute_id).withdrawn == 25
    assert sale.actions() == []


def test_a_dispute_is_no_reason_to_refund_as_well(counter: Counter):
    sale = counter.sale(NOW).paid()
    found = sale.dispute(amount=1000)

    sale.refund("10")

    assert sale.books() == {"order": "PARTIAL PARTIAL 15.00 0.00", "charged": "15.00"}
    assert found.dispute_id in sale.words("REFUND_FAILURE")[0]
    assert sale.sent("refunds") == 0


def test_a_late_dispute_does_not_bring_a_cancelled_order_back(counter: Counter):
    """Complaint 13, woocommerce/woocommerce-gateway-stripe#2598."""
    sale = counter.sale(NOW).paid()
    sale.refund()
    counter.settle()
    get_saleor().cancel_order(sale.order)
    before = counter.side.level(NOW)

    found = sale.dispute(reason="fraudulent", amount=2500)
    counter.stripe.decide(found.dispute_id, "won")
    counter.settle()

    after = get_saleor().orders([sale.order])[sale.order]
    assert after.status is SaleorOrderStatus.CANCELED
    assert after.fulfillments == ()
    assert counter.side.level(NOW) == before


def test_an_early_fraud_warning_is_told_and_moves_nothing(counter: Counter):
    sale = counter.sale(NOW).paid()

    counter.stripe.fraud_warning(sale.payment)

    assert sale.books() == PAID
    assert sale.events() == sorted(CHARGED)
    assert len(sale.notes()) == 1
    assert "fraud" in sale.notes()[0]


def test_news_doubled_and_out_of_order_end_alike(counter: Counter):
    """Complaint 10, saleor/saleor#14648: the same payment counted twice.
    solidusio/solidus_stripe#264, #281: ``charge.refunded`` carries totals, and comes doubled."""
    counter.stripe.reorder()
    counter.stripe.hold()
    sale = counter.sale(NOW).paid()
    refunds = [counter.stripe.dashboard_refund(sale.payment, cents) for cents in (300, 300, 400)]
    counter.stripe.fail_refund(refunds[1])
    for _ in range(2):
        counter.stripe.duplicate()
    counter.stripe.hold(on=False)
    counter.settle()
    counter.stripe.reorder(on=False)

    assert sale.books() == {
        "order": "PARTIAL PARTIAL 18.00 0.00",
        "charged": "18.00",
        "refunded": "7.00",
    }
    assert sale.at_stripe() == {"charged": "25.00", "refunded": "7.00"}
    assert sale.events() == sorted(
        [*CHARGED, "REFUND_SUCCESS 3.00", "REFUND_SUCCESS 4.00", "REFUND_FAILURE 3.00"]
    )
