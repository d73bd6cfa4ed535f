"""Drift on a real Saleor: in step is no difference, what was missed is found and repaired."""

from __future__ import annotations

import pytest

from saleor_tiktok_stripe import aftersales, drift
from saleor_tiktok_stripe.drift.jobs import check_now
from saleor_tiktok_stripe.models import Charge, Connection, Difference, Job

from . import payments
from . import test_fulfilment_push as pushing
from .shop import Shop

merchant = pushing.merchant
pytestmark = pytest.mark.django_db(transaction=True)


def found(connection: Connection, area: str, subject: str) -> set[str]:
    check_now(connection, area, [subject])
    rows = Difference.objects.filter(connection=connection, area=area, subject=subject)
    return set(rows.exclude(state="gone").values_list("code", flat=True))


def test_orders_are_compared_and_repaired_both_ways(merchant: pushing.Merchant) -> None:
    order_id = merchant.order()
    assert found(merchant.connection, "order", order_id) == set()

    # the marketplace shipped one, and nobody told us
    merchant.tiktok.ship(order_id, tracking="TRACK1")
    assert found(merchant.connection, "order", order_id) == {"SHIPMENT_MISSING_IN_SALEOR"}
    assert drift.repair(merchant.connection, None, dry_run=False, actor="ana").asked == 1
    merchant.work()
    assert found(merchant.connection, "order", order_id) == set()


def test_what_staff_shipped_untold_is_found_and_told(merchant: pushing.Merchant) -> None:
    order_id = merchant.order()
    merchant.ship(order_id, 2, "9405511899223197428490")
    Job.objects.filter(kind="order.push").delete()

    assert found(merchant.connection, "order", order_id) == {"SHIPMENT_NOT_TOLD"}
    drift.repair(merchant.connection, None, dry_run=False, actor="ana")
    merchant.work()

    assert found(merchant.connection, "order", order_id) == set()
    assert merchant.tiktok.order(order_id)["status"] == "AWAITING_COLLECTION"


def test_payments_are_compared_with_saleors_own_sums(shop: Shop, stripe) -> None:
    _, transaction_id = payments.paid_order(shop, stripe)
    charge = Charge.objects.select_related("connection").get(transaction_id=transaction_id)
    connection = charge.connection
    assert found(connection, "payment", charge.payment_id) == set()

    stripe.control.dashboard_refund(charge.payment_id, 500)
    assert found(connection, "payment", charge.payment_id) == {"PAYMENT_OUT_OF_STEP"}
    drift.repair(connection, None, dry_run=False, actor="ana")
    payments.work()
    assert found(connection, "payment", charge.payment_id) == set()

    charge.refresh_from_db()
    aftersales.refund(charge, None, actor="ana")
    payments.work()
    payments.work()
    assert found(connection, "payment", charge.payment_id) == set()
