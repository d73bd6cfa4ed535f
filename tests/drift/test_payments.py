"""What is different about a payment by Stripe, over HTTP, and that a repair ends it."""

from __future__ import annotations

from decimal import Decimal as D

import pytest

from saleor_tiktok_stripe import aftersales, drift, jobs
from saleor_tiktok_stripe.models import Charge, Difference
from saleor_tiktok_stripe.saleor_api.transactions import SessionRequest
from tests.support.stored import everything
from tests.support.till import Till

from .support import differences, open_codes


def of_payment(till: Till, request: SessionRequest) -> dict[str, Difference]:
    return differences(till.connection, "payment", till.charge(request).payment_id)


def mended(till: Till) -> None:
    """Repaired, and looked at a minute later."""
    before = everything()
    planned = drift.repair(till.connection, None, dry_run=True, actor="ana")
    assert {step.job for step in planned.steps} == {"payment.sync"}
    assert everything() == before
    assert drift.repair(till.connection, None, dry_run=False, actor="ana").asked == planned.asked
    till.work()
    till.run_all()
    assert open_codes(till.connection) == {}


@pytest.mark.parametrize("flow", ["CHARGE", "AUTHORIZATION"])
def test_a_payment_known_everywhere_is_no_difference(till: Till, flow: str):
    assert of_payment(till, till.paid(flow=flow)) == {}


def test_a_payment_nobody_looked_at_is_found_and_told(till: Till):
    request = till.pay()

    found = of_payment(till, request)["PAYMENT_OUT_OF_STEP"]

    assert (found.currency, found.amount) == ("USD", D("25.000"))
    assert found.ours["here: captured"] == "0.00"
    assert found.ours["Saleor: charged"] == "0.00"
    assert found.theirs["captured"] == "25.00"
    mended(till)
    assert till.sums(request) == {"charged": "25.00"}


def test_a_refund_made_at_stripe_unseen_is_found_and_told(till: Till):
    request = till.paid()
    till.control.dashboard_refund(till.charge(request).payment_id, 500)

    found = of_payment(till, request)["PAYMENT_OUT_OF_STEP"]

    assert (found.ours["here: refunded"], found.theirs["refunded"]) == ("0.00", "5.00")
    assert found.amount == D("-5.000")
    mended(till)
    assert till.sums(request) == {"charged": "20.00", "refunded": "5.00"}


def test_all_lives_that_are_known_everywhere_are_no_difference(till: Till):
    """Refunded in part and whole, a failed refund, a dispute: after a look nothing differs."""
    requests = [till.paid() for _ in range(4)]
    charges = [till.charge(one) for one in requests]
    aftersales.refund(charges[0], D(5), actor="ana")
    aftersales.refund(charges[1], None, actor="ana")
    till.work()
    refund = till.control.dashboard_refund(charges[2].payment_id, 500)
    till.sync(requests[2])
    till.control.fail_refund(refund)
    disputed = till.pay(method="pm_card_createDispute")
    for one in (*requests, disputed):
        till.sync(one)
    till.run_all()

    for one in (*requests, disputed):
        assert of_payment(till, one) == {}


def test_a_row_put_back_to_an_earlier_state_is_found_and_mended(till: Till):
    request = till.paid()
    Charge.objects.update(captured=D(0), state="open")

    assert set(of_payment(till, request)) == {"PAYMENT_OUT_OF_STEP"}
    mended(till)


def test_money_without_a_transaction_is_for_a_person(till: Till):
    request = till.paid()
    found = till.found(request)
    found.owner.transactions.remove(found.item)
    del till.saleor.state.payers[found.key]

    [difference] = of_payment(till, request).values()

    assert (difference.code, difference.amount) == ("PAYMENT_WITHOUT_TRANSACTION", D("25.000"))
    assert drift.repair(till.connection, None, dry_run=False, actor="ana").asked == 0


def test_a_payment_stripe_does_not_know_is_for_a_person(till: Till):
    request = till.paid()
    Charge.objects.update(payment_id="pi_3NotThere0000000000000")

    [difference] = of_payment(till, request).values()

    assert difference.code == "PAYMENT_GONE"
    assert difference.ours == {"state": "succeeded", "captured": "25.00"}


def test_a_payment_being_looked_at_is_left_alone(till: Till):
    request = till.pay()
    jobs.enqueue("payment.sync", till.connection, till.charge(request).payment_id)

    assert of_payment(till, request) == {}


def test_a_payment_of_another_account_is_none_of_this_ones(till: Till):
    request = till.paid()
    Charge.objects.update(account_id="acct_another")

    assert of_payment(till, request) == {}
