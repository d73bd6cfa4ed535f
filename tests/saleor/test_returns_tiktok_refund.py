"""A refund that staff ask of money the marketplace collected, on a real Saleor."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from saleor.order.models import OrderGrantedRefund
from saleor.payment.models import TransactionEvent, TransactionItem
from saleor.payment.transaction_item_calculations import recalculate_transaction_amounts

from saleor_tiktok_stripe.saleor_api.ids import database_id, global_id
from saleor_tiktok_stripe.saleor_api.in_process.adapter import InProcessSaleor
from saleor_tiktok_stripe.saleor_api.transactions import EventReport
from saleor_tiktok_stripe.saleor_api.types import Refund
from tests.saleor.shop import make_shop, order

pytestmark = pytest.mark.django_db(transaction=True)
saleor = InProcessSaleor()


@pytest.fixture
def paid() -> TransactionItem:
    """The buyer's payment of an imported order of 15.00."""
    new = order(make_shop())
    new = replace(new, transactions=(replace(new.transactions[0], actions=("REFUND",)),))
    [made] = saleor.create_orders([new], lambda results: None)
    return TransactionItem.objects.get(order_id=database_id("Order", made.order_id))


def asked(item: TransactionItem, amount: str, grant: OrderGrantedRefund | None = None) -> str:
    """Saleor's record of a request, as it makes it before it asks; its id."""
    request = TransactionEvent.objects.create(
        transaction=item,
        type="refund_request",
        amount_value=Decimal(amount),
        currency="USD",
        include_in_calculations=False,
        related_granted_refund=grant,
    )
    return global_id("TransactionEvent", request.pk)


def test_it_is_pending_under_its_reference_until_it_is_reported(paid) -> None:
    transaction_id = global_id("TransactionItem", paid.token)
    event_id = asked(paid, "4.00")

    for _ in range(2):
        saleor.attach_reference(event_id, "return:7")
    pending = saleor.transaction(transaction_id)
    for _ in range(2):
        report = EventReport("REFUND_SUCCESS", "return:7", Decimal("4.00"))
        saleor.report_events(transaction_id, [report], ["REFUND"])
    done = saleor.transaction(transaction_id)

    assert pending is not None
    assert done is not None
    assert (pending.psp_reference, pending.app_identifier, pending.actions) == (
        paid.psp_reference,
        "saleor.tiktok_stripe",
        ("REFUND",),
    )
    assert (pending.charged, pending.refund_pending) == (Decimal("11.00"), Decimal("4.00"))
    assert (done.charged, done.refunded, done.refund_pending) == (
        Decimal("11.00"),
        Decimal("4.00"),
        Decimal(0),
    )


def test_what_the_order_records_of_it_is_the_same_refund(paid) -> None:
    """The marketplace's return comes in by the order too, under the same reference."""
    transaction_id = global_id("TransactionItem", paid.token)
    saleor.attach_reference(asked(paid, "4.00"), "return:7")

    refund = Refund(paid.psp_reference, "return:7", Decimal("4.00"), "Returned")
    saleor.record_refunds(global_id("Order", paid.order_id), [refund])
    report = EventReport("REFUND_SUCCESS", "return:7", Decimal("4.00"))
    saleor.report_events(transaction_id, [report], ["REFUND"])

    found = saleor.transaction(transaction_id)
    assert found is not None
    assert (found.charged, found.refunded, found.refund_pending) == (
        Decimal("11.00"),
        Decimal("4.00"),
        Decimal(0),
    )
    assert paid.events.filter(type="refund_success").count() == 1


def test_refused_it_gives_the_money_back_and_the_grant_fails(paid) -> None:
    transaction_id = global_id("TransactionItem", paid.token)
    grant = OrderGrantedRefund.objects.create(
        order_id=paid.order_id,
        amount_value=Decimal(5),
        currency="USD",
        reason="Broken",
        transaction_item=paid,
    )
    saleor.attach_reference(asked(paid, "5.00", grant), "return:8")
    recalculate_transaction_amounts(paid)
    grant.refresh_from_db()
    before = grant.status

    report = EventReport("REFUND_FAILURE", "return:8", Decimal("5.00"), "TikTok refused it.")
    saleor.report_events(transaction_id, [report], ["REFUND"])

    grant.refresh_from_db()
    found = saleor.transaction(transaction_id)
    assert found is not None
    assert (before, grant.status) == ("pending", "failure")
    assert (found.charged, found.refunded) == (Decimal("15.00"), Decimal(0))
