"""Answers of the merchant: once, in time, and told apart from what happened meanwhile."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from saleor_tiktok_stripe import aftersales, jobs
from saleor_tiktok_stripe.aftersales.cases import actions as names
from saleor_tiktok_stripe.errors import InvalidInput
from saleor_tiktok_stripe.jobs import clock
from saleor_tiktok_stripe.models import AfterSalesCase, AuditEntry, Job, MarketplaceRequest
from saleor_tiktok_stripe.saleor_api.types import SaleorOrderStatus as Status
from tests.support.shop import ConnectedShop

from .case_shop import look, payment, sold, the_case, the_request, writes

pytestmark = pytest.mark.django_db(transaction=True)
APPROVE = "/approve"
REJECT = "/reject"


def refuse(code: str):
    return pytest.raises(InvalidInput, match=f"^{code}: ")


def _asked(shop: ConnectedShop, kind: str = "REFUND") -> AfterSalesCase:
    """A case that waits for an answer."""
    order_id = sold(shop)
    return_id = shop.tiktok.request_return(order_id, kind=kind)
    look(shop, order_id)
    return the_case(shop, return_id)


def _cancel_asked(shop: ConnectedShop) -> AfterSalesCase:
    order_id = sold(shop, "AWAITING_SHIPMENT")
    cancel_id = shop.tiktok.request_cancel(order_id)
    look(shop, order_id)
    return the_case(shop, cancel_id)


def test_a_refund_that_is_accepted_is_paid_back_and_comes_into_saleor(shop: ConnectedShop):
    case = _asked(shop)

    row = aftersales.accept(case, actor="ada")
    assert (row.state, writes(shop, APPROVE)) == ("waiting", 0)
    shop.work()

    case.refresh_from_db()
    assert (case.state, the_request().state) == ("complete", "succeeded")
    assert payment(shop, case.order_id).refunded == case.amount
    entry = AuditEntry.objects.get(action="case.accept")
    assert (entry.actor, entry.subject) == ("ada", case.case_id)


def test_a_cancellation_that_is_accepted_cancels_the_order(shop: ConnectedShop):
    case = _cancel_asked(shop)
    assert (case.kind, case.awaited) == ("cancellation", "answer_cancellation")

    aftersales.accept(case, actor="ada")
    shop.work()

    order = shop.read(case.order_id)
    assert (order.status, order.charged) == (Status.CANCELED, 0)
    assert the_case(shop, case.case_id).state == "complete"


def test_a_cancellation_is_rejected_with_a_reason_of_the_marketplace(shop: ConnectedShop):
    case = _cancel_asked(shop)

    reason = aftersales.reject_reasons(case)[0]
    aftersales.reject(case, reason.key, actor="ada", comment="Packed already")
    shop.work()

    assert the_case(shop, case.case_id).state == "closed"
    assert shop.read(case.order_id).status is Status.UNFULFILLED
    assert (the_request().state, writes(shop, REJECT)) == ("succeeded", 1)


def test_a_refund_is_rejected(shop: ConnectedShop):
    case = _asked(shop)

    reason = aftersales.reject_reasons(case)[0]
    aftersales.reject(case, reason.key, actor="ada")
    shop.work()

    assert the_case(shop, case.case_id).state == "rejected"
    assert payment(shop, case.order_id).refunded == 0


def test_a_return_goes_its_way_parcel_included(shop: ConnectedShop):
    case = _asked(shop, "RETURN_AND_REFUND")
    aftersales.accept(case, actor="ada")
    shop.work()
    assert the_case(shop, case.case_id).raw_state == "AWAITING_BUYER_SHIP"
    assert payment(shop, case.order_id).refunded == 0
    shop.tiktok.buyer_ships(case.case_id)
    shop.tiktok.parcel_arrives(case.case_id)
    look(shop, case.order_id)

    arrived = the_case(shop, case.case_id)
    assert arrived.awaited == "check_parcel"
    aftersales.accept(arrived, actor="ada")
    shop.work()

    assert the_case(shop, case.case_id).state == "complete"
    assert shop.read(case.order_id).status is Status.RETURNED


def test_a_buyer_may_keep_the_goods(shop: ConnectedShop):
    case = _asked(shop, "RETURN_AND_REFUND")

    aftersales.accept(case, actor="ada", buyer_keeps=True)
    shop.work()

    order = shop.read(case.order_id)
    assert the_case(shop, case.case_id).buyer_keeps_item
    assert order.status is Status.FULFILLED
    assert payment(shop, case.order_id).refunded == case.amount


def test_a_part_is_offered_and_taken(shop: ConnectedShop):
    case = _asked(shop)

    aftersales.offer(case, Decimal("5.00"), actor="ada")
    shop.work()
    offered = the_case(shop, case.case_id)
    assert (offered.state, offered.offer) == ("waiting", Decimal("5.00"))
    assert payment(shop, case.order_id).refunded == 0
    shop.tiktok.answer_offer(case.case_id, accept=True)
    look(shop, case.order_id)

    assert payment(shop, case.order_id).refunded == Decimal("5.00")


@pytest.mark.parametrize("amount", ["0", "-1", "1000000", "1.001"])
def test_what_cannot_be_offered_is_refused(shop: ConnectedShop, amount: str):
    case = _asked(shop)

    with refuse("CASE_OFFER_AMOUNT"):
        aftersales.offer(case, Decimal(amount), actor="ada")

    assert not MarketplaceRequest.objects.exists()


def test_a_case_is_answered_once(shop: ConnectedShop):
    case = _asked(shop)
    aftersales.accept(case, actor="ada")

    with refuse("CASE_ANSWERED"):
        aftersales.reject(case, "any", actor="bob")

    assert [one.refusal != "" for one in aftersales.actions(case)] == [True] * 3
    assert MarketplaceRequest.objects.count() == 1


def test_the_same_key_is_one_answer_and_never_another(shop: ConnectedShop):
    case = _asked(shop)
    first = aftersales.accept(case, actor="api", request_key="k1")

    assert aftersales.accept(case, actor="api", request_key="k1").pk == first.pk
    with refuse("REQUEST_KEY_REUSED"):
        aftersales.reject(case, "any", actor="api", request_key="k1")


def test_a_key_that_is_too_long_answers_nothing(shop: ConnectedShop):
    case = _asked(shop)

    for dry_run in (False, True):
        with refuse("REQUEST_KEY_TOO_LONG"):
            aftersales.accept(case, actor="cli", request_key="k" * 129, dry_run=dry_run)

    assert not MarketplaceRequest.objects.exists()


def test_a_dry_run_writes_nothing_down(shop: ConnectedShop):
    case = _asked(shop)

    row = aftersales.accept(case, actor="ada", dry_run=True)

    assert (row.pk, row.amount, row.body["action"]) == (None, case.amount, "accept")
    assert not MarketplaceRequest.objects.exists()
    assert not Job.objects.filter(kind="case.answer").exists()


def test_the_time_to_answer_is_over(shop: ConnectedShop):
    case = _asked(shop)
    AfterSalesCase.objects.update(due_by=clock.now() - timedelta(minutes=1))
    case.refresh_from_db()

    with refuse("CASE_DEADLINE_OVER"):
        aftersales.accept(case, actor="ada")

    assert {one.code for one in aftersales.actions(case)} == {"CASE_DEADLINE_OVER"}


def test_what_is_not_asked_cannot_be_answered(shop: ConnectedShop):
    case = _asked(shop)
    shop.tiktok.withdraw_return(case.case_id)
    look(shop, case.order_id)
    case.refresh_from_db()

    with refuse("CASE_NOT_OPEN"):
        aftersales.accept(case, actor="ada")

    assert aftersales.actions(case) == ()


def test_a_cancellation_cannot_be_offered_a_part(shop: ConnectedShop):
    case = _cancel_asked(shop)

    with refuse("CASE_ACTION_UNFIT"):
        aftersales.offer(case, Decimal(1), actor="ada")


def test_the_buyer_withdrew_before_the_answer_was_sent(shop: ConnectedShop):
    case = _asked(shop)
    aftersales.accept(case, actor="ada")
    shop.tiktok.withdraw_return(case.case_id)

    shop.work()

    row = the_request()
    assert (row.state, row.problem["code"]) == ("refused", "CASE_MOVED_ON")
    assert "is withdrawn or closed. The answer was not sent." in row.problem["cause"]
    assert writes(shop, APPROVE) == 0
    assert payment(shop, case.order_id).refunded == 0


def test_shipping_was_faster_than_accepting_the_cancellation(shop: ConnectedShop):
    case = _cancel_asked(shop)
    shop.tiktok.ship(case.order_id)  # in the US this rejects the buyer's request
    aftersales.accept(case, actor="ada")

    shop.work()
    shop.sync(case.order_id)

    assert the_request().problem["code"] in {"CASE_MOVED_ON", "TIKTOK_ALREADY_SHIPPED"}
    assert shop.read(case.order_id).status is Status.FULFILLED
    assert payment(shop, case.order_id).refunded == 0


def test_an_answer_whose_confirmation_is_lost_is_sent_once(shop: ConnectedShop):
    case = _asked(shop)
    shop.tiktok.inject_fault("lost_answer", path="/approve")
    aftersales.accept(case, actor="ada")

    jobs.work(deadline_seconds=60)
    assert the_request().state in {"in_doubt", "succeeded"}
    shop.run_all()
    shop.run_all()

    assert (the_request().state, writes(shop, APPROVE)) == ("succeeded", 1)
    assert payment(shop, case.order_id).refunded == case.amount


def test_an_answer_that_never_arrived_is_sent_again(shop: ConnectedShop):
    case = _asked(shop)
    shop.tiktok.inject_fault("reset", path="/approve")
    aftersales.accept(case, actor="ada")

    shop.work()
    shop.run_all()

    assert (the_request().state, writes(shop, APPROVE)) == ("succeeded", 1)


def test_a_lost_rejection_of_a_cancellation_is_not_taken_for_a_withdrawal(shop: ConnectedShop):
    case = _cancel_asked(shop)
    reason = aftersales.reject_reasons(case)[0]
    shop.tiktok.inject_fault("lost_answer", path="/reject")
    aftersales.reject(case, reason.key, actor="ada")

    shop.work()
    shop.run_all()

    assert (the_request().state, writes(shop, REJECT)) == ("succeeded", 1)


def test_every_answer_has_words_and_fits_what_the_marketplace_asks():
    for found in names.ANSWERS.values():
        assert [one.name for one in found] == list(dict.fromkeys(one.name for one in found))
        assert all(one.does.endswith(".") and one.allowed for one in found)
