"""What may stand between our own rows of a payment and Saleor's: locks, an app switched off."""

from __future__ import annotations

import threading
import time

import pytest
from django.db import connection as database
from django.db import connections
from saleor.app.models import App

from saleor_tiktok_stripe import jobs
from saleor_tiktok_stripe.aftersales.sending import send_refunds
from saleor_tiktok_stripe.models import Charge, Job, RefundRequest
from saleor_tiktok_stripe.saleor_api.in_process.adapter import InProcessSaleor

from .payments import paid_order, run, staff_token, sums, work

pytestmark = pytest.mark.django_db(transaction=True)


def wait_for_a_waiter() -> None:
    """Until another session of this database waits for a lock of ours."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        with database.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'advisory' AND "
                "database = (SELECT oid FROM pg_database WHERE datname = current_database())"
            )
            if cursor.fetchone()[0]:
                return
        time.sleep(0.02)
    raise AssertionError("nobody waits")


def test_a_refund_being_sent_and_a_payment_being_followed_never_lock_each_other_out(shop, stripe):
    # given: staff asked for a refund, nothing sent yet
    _, transaction_id = paid_order(shop, stripe)
    run("staff/transactionRefund", staff_token(), id=transaction_id, amount="10")
    charge = Charge.objects.select_related("connection").get(transaction_id=transaction_id)
    came_of_it: list[object] = []

    def send() -> None:
        try:
            came_of_it.append(send_refunds(charge.connection, charge))
        except Exception as error:  # noqa: BLE001  (shown by the assertion)
            came_of_it.append(error)
        finally:
            connections.close_all()

    # when: one who follows the payment holds Saleor's rows, and comes to ours while it is sent
    sender = threading.Thread(target=send)
    with InProcessSaleor().exclusive_transaction(transaction_id):
        sender.start()
        wait_for_a_waiter()
        Charge.objects.select_for_update().get(pk=charge.pk)
    sender.join(60)

    assert came_of_it == [1]
    work()
    assert RefundRequest.objects.get().state == "succeeded"
    assert sums(transaction_id) == {"charged": "15.00", "refunded": "10.00"}
    assert len(stripe.control.objects("refund")) == 1


def test_a_granted_refund_sent_while_the_app_was_off_is_linked_once_it_is_on(shop, stripe):
    # given: granted and asked for; then an admin switches the app off, before it is sent
    staff = staff_token()
    order_id, transaction_id = paid_order(shop, stripe)
    made = run(
        "staff/orderGrantRefundCreate",
        staff,
        id=order_id,
        input={"amount": "4", "reason": "Came late", "transactionId": transaction_id},
    )
    run(
        "staff/transactionRequestRefundForGrantedRefund",
        staff,
        grantedRefundId=made["grantedRefund"]["id"],
    )
    App.objects.filter(identifier="saleor.tiktok_stripe").update(is_active=False)

    # when
    work()
    parked = Job.objects.get(kind="payment.refund", status="parked")
    App.objects.filter(identifier="saleor.tiktok_stripe").update(is_active=True)
    jobs.retry([parked.pk], "staff")
    work()

    assert parked.error_code == "APP_SWITCHED_OFF"
    [grant] = run("staff/orderPayments", staff, id=order_id)["grantedRefunds"]
    assert grant["status"] == "SUCCESS"
    assert sums(transaction_id) == {"charged": "21.00", "refunded": "4.00"}
    assert len(stripe.control.objects("refund")) == 1
