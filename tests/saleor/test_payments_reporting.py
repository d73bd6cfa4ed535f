"""What is told to Saleor of payments, on its own mutations run in process: sums, order, repeats."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connections, transaction
from saleor.checkout.models import Checkout
from saleor.order import OrderGrantedRefundStatus
from saleor.order.models import Order, OrderGrantedRefund
from saleor.payment.models import TransactionEvent as EventRow
from saleor.payment.models import TransactionItem
from saleor.site.models import SiteSettings

from saleor_tiktok_stripe.errors import Parked, VendorBug
from saleor_tiktok_stripe.saleor_api.ids import database_id, global_id
from saleor_tiktok_stripe.saleor_api.in_process.adapter import InProcessSaleor
from saleor_tiktok_stripe.saleor_api.in_process.app import ensure_app
from saleor_tiktok_stripe.saleor_api.transactions import EventReport, Shipment, SoldLine
from saleor_tiktok_stripe.saleor_api.types import Package

from .payments import events, sums
from .shop import BUYER, Shop, line, make_shop, order

saleor = InProcessSaleor()
LONG_AGO = datetime(2026, 11, 1, 13, 0, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    return make_shop()


def an_order(shop: Shop) -> str:
    """Goods for 20.00 and shipping for 5.00, not paid by anybody yet."""
    new = replace(order(shop, line(shop, quantity=2)), transactions=())
    [made] = saleor.create_orders([new], lambda results: None)
    assert made.created, made.error
    return made.order_id


def a_payment(order_id: str = "", checkout: Checkout | None = None) -> str:
    """A transaction as ``transactionInitialize`` leaves it."""
    app = ensure_app()
    item = TransactionItem.objects.create(
        order_id=database_id("Order", order_id) if order_id else None,
        checkout=checkout,
        currency="USD",
        app=app,
        app_identifier=app.identifier,
        psp_reference="pi_1",
    )
    return global_id("TransactionItem", item.token)


def asked(transaction_id: str, kind: str, amount: str, **changes) -> str:
    """Saleor's own record of a request, as its mutations write it."""
    item = TransactionItem.objects.get(token=database_id("TransactionItem", transaction_id))
    made = item.events.create(type=kind, amount_value=Decimal(amount), currency="USD", **changes)
    return global_id("TransactionEvent", made.pk)


def told(kind: str, reference: str, amount: str, **changes) -> EventReport:
    return EventReport(kind, reference, Decimal(amount), **changes)


AUTHORIZED = told("AUTHORIZATION_SUCCESS", "pi_1", "25")
CHARGED = told("CHARGE_SUCCESS", "pi_1", "25")


def test_a_report_is_made_once_with_all_it_says(shop):
    paid = a_payment(an_order(shop))
    report = told(
        "CHARGE_SUCCESS",
        "pi_1",
        "25",
        message="Paid with Visa",
        external_url="https://dashboard.stripe.com/payments/pi_1",
        happened_at=LONG_AGO,
    )

    for _ in range(3):
        saleor.report_events(paid, [report], ("REFUND",))

    [event] = EventRow.objects.all()
    assert event.type == "charge_success"
    assert event.amount_value == 25
    assert event.message == "Paid with Visa"
    assert event.external_url == "https://dashboard.stripe.com/payments/pi_1"
    assert event.created_at == LONG_AGO
    assert event.include_in_calculations
    assert event.app_identifier == "saleor.tiktok_stripe"
    assert sums(paid) == {"charged": "25.00"}
    order_row = Order.objects.get()
    assert (order_row.charge_status, order_row.total_charged_amount) == ("full", 25)


def test_an_order_that_was_cancelled_stays_so_when_money_comes_back(shop):
    """woocommerce/woocommerce-gateway-stripe#2598: a dispute won late opened it again."""
    order_id = an_order(shop)
    paid = a_payment(order_id)
    saleor.report_events(paid, [CHARGED], ("REFUND",))
    saleor.report_events(paid, [told("CHARGE_BACK", "du_1", "25")], ())
    saleor.cancel_order(order_id)
    stock = shop.stock()

    saleor.report_events(paid, [told("CHARGE_SUCCESS", "du_1-reinstated", "25")], ("REFUND",))

    order_row = Order.objects.get()
    assert (order_row.status, order_row.charge_status) == ("canceled", "full")
    after = shop.stock()
    assert (after.quantity, after.quantity_allocated) == (stock.quantity, stock.quantity_allocated)


def test_the_transaction_is_read_as_it_stands(shop):
    order_id = an_order(shop)
    paid = a_payment(order_id)
    saleor.report_events(paid, [AUTHORIZED], ("CHARGE", "CANCEL"))
    asked(paid, "charge_request", "10")

    found = saleor.transaction(paid)

    assert found is not None
    assert (found.id, found.order_id, found.checkout_id) == (paid, order_id, "")
    assert (found.channel_slug, found.currency) == (shop.channel.slug, "USD")
    assert found.order_number == str(Order.objects.get().number)
    assert (found.psp_reference, found.app_identifier) == ("pi_1", "saleor.tiktok_stripe")
    assert set(found.actions) == {"CHARGE", "CANCEL"}
    assert (found.authorized, found.charged, found.charge_pending) == (25, 0, 0)
    assert [(event.type, event.psp_reference, event.counts) for event in found.events] == [
        ("AUTHORIZATION_SUCCESS", "pi_1", True),
        ("CHARGE_REQUEST", "", False),
    ]


@pytest.mark.parametrize("name", ["", "nonsense", global_id("Order", 1)])
def test_what_is_no_transaction_is_none(name):
    assert saleor.transaction(name) is None


def test_a_known_reference_is_left_out_whatever_its_amount(shop):
    paid = a_payment(an_order(shop))
    saleor.report_events(paid, [CHARGED], ())

    saleor.report_events(paid, [replace(CHARGED, amount=Decimal(24))], ())

    assert events(paid) == [("CHARGE_SUCCESS", "25.00", True)]


def test_an_info_and_an_action_required_are_not_repeated(shop):
    paid = a_payment(an_order(shop))
    notes = [told("INFO", "pi_1:declined", "0"), told("CHARGE_ACTION_REQUIRED", "pi_1", "25")]

    for _ in range(2):
        saleor.report_events(paid, notes, ())

    assert events(paid) == [("INFO", "0.00", True), ("CHARGE_ACTION_REQUIRED", "25.00", True)]


def test_actions_change_also_when_nothing_else_is_new(shop):
    paid = a_payment(an_order(shop))
    saleor.report_events(paid, [AUTHORIZED], ("CHARGE", "CANCEL"))

    saleor.report_events(paid, [AUTHORIZED], ())

    assert saleor.transaction(paid).actions == ()
    assert events(paid) == [("AUTHORIZATION_SUCCESS", "25.00", True)]
    assert sums(paid) == {"authorized": "25.00"}


def test_a_partial_capture_leaves_nothing_authorized(shop):
    paid = a_payment(an_order(shop))
    saleor.report_events(paid, [AUTHORIZED], ("CHARGE", "CANCEL"))
    event_id = asked(paid, "charge_request", "10")
    saleor.attach_reference(event_id, "pi_1")
    while_pending = sums(paid)

    capture = told("CHARGE_SUCCESS", "pi_1", "10")
    saleor.report_events(paid, [capture, told("CANCEL_SUCCESS", "pi_1", "15")], ("REFUND",))

    assert while_pending == {"authorized": "15.00", "charge_pending": "10.00"}
    assert sums(paid) == {"charged": "10.00", "canceled": "15.00"}
    order_row = Order.objects.get()
    assert (order_row.charge_status, order_row.total_charged_amount) == ("partial", 10)
    assert (order_row.authorize_status, order_row.total_authorized_amount) == ("partial", 0)


def test_a_refused_request_is_closed_by_a_failure_of_its_own(shop):
    paid = a_payment(an_order(shop))
    saleor.report_events(paid, [CHARGED], ("REFUND",))
    event_id = asked(paid, "refund_request", "5")

    saleor.attach_reference(event_id, "request-1")
    saleor.report_events(paid, [told("REFUND_FAILURE", "request-1", "5")], ("REFUND",))

    assert sums(paid) == {"charged": "25.00"}


def a_granted_refund(order_id: str, transaction_id: str) -> OrderGrantedRefund:
    item = TransactionItem.objects.get(token=database_id("TransactionItem", transaction_id))
    return OrderGrantedRefund.objects.create(
        order_id=database_id("Order", order_id),
        transaction_item=item,
        amount_value=Decimal(5),
        currency="USD",
    )


@pytest.mark.parametrize("order_of_news", ["answer first", "notification first"])
def test_a_granted_refund_succeeds_whichever_news_comes_first(shop, order_of_news):
    order_id = an_order(shop)
    paid = a_payment(order_id)
    saleor.report_events(paid, [CHARGED], ("REFUND",))
    granted = a_granted_refund(order_id, paid)
    event_id = asked(paid, "refund_request", "5", related_granted_refund=granted)
    # Stripe's clock tells whole seconds: the refund seems older than its request.
    refunded = told("REFUND_SUCCESS", "re_1", "5", happened_at=LONG_AGO)

    if order_of_news == "answer first":
        saleor.attach_reference(event_id, "re_1")
        saleor.report_events(paid, [refunded], ("REFUND",))
    else:
        saleor.report_events(paid, [refunded], ("REFUND",))
        saleor.attach_reference(event_id, "re_1")
    saleor.attach_reference(event_id, "re_1")

    granted.refresh_from_db()
    assert granted.status == OrderGrantedRefundStatus.SUCCESS
    assert sums(paid) == {"charged": "20.00", "refunded": "5.00"}
    assert events(paid) == [
        ("CHARGE_SUCCESS", "25.00", True),
        ("REFUND_REQUEST", "5.00", True),
        ("REFUND_SUCCESS", "5.00", True),
    ]


def test_a_refund_that_failed_after_it_succeeded_is_reversed(shop):
    paid = a_payment(an_order(shop))
    done = told("REFUND_SUCCESS", "re_1", "5", happened_at=LONG_AGO)
    saleor.report_events(paid, [CHARGED, done], ("REFUND",))

    back = told("REFUND_REVERSE", "re_1", "5", happened_at=LONG_AGO)
    saleor.report_events(paid, [back], ("REFUND",))

    assert sums(paid) == {"charged": "25.00"}
    times = dict(EventRow.objects.values_list("type", "created_at"))
    assert times["refund_reverse"] - times["refund_success"] == timedelta(microseconds=1)


def test_a_chargeback_and_its_return(shop):
    paid = a_payment(an_order(shop))

    saleor.report_events(paid, [CHARGED, told("CHARGE_BACK", "dp_1", "25")], ())
    lost = sums(paid)
    saleor.report_events(paid, [told("CHARGE_SUCCESS", "dp_1-reinstated", "25")], ("REFUND",))

    assert lost == {}
    assert sums(paid) == {"charged": "25.00"}


def test_reports_are_all_made_or_none(shop):
    paid = a_payment(an_order(shop))
    wrong = told("NO_SUCH_TYPE", "pi_1", "25")

    with pytest.raises(VendorBug, match="transactionEventReport failed: GraphQLError"):
        saleor.report_events(paid, [CHARGED, wrong], ("REFUND",))

    assert events(paid) == []
    assert sums(paid) == {}


def test_a_transaction_that_is_gone_is_told_in_words():
    gone = global_id("TransactionItem", "00000000-0000-4000-8000-000000000000")

    with pytest.raises(Parked, match="TRANSACTION_DELETED"):
        saleor.report_events(gone, [CHARGED], ())
    with pytest.raises(Parked, match="TRANSACTION_DELETED"):
        saleor.attach_reference(global_id("TransactionEvent", 1), "re_1")
    with saleor.exclusive_transaction(gone):
        assert saleor.transaction(gone) is None


def test_an_app_that_is_switched_off_reports_nothing(shop):
    paid = a_payment(an_order(shop))
    app = ensure_app()
    app.is_active = False
    app.save()

    with pytest.raises(Parked, match="APP_SWITCHED_OFF"):
        saleor.report_events(paid, [CHARGED], ())

    assert events(paid) == []


@pytest.mark.django_db(transaction=True)
def test_two_that_report_at_once_write_one_event(shop):
    paid = a_payment(an_order(shop))
    together = threading.Barrier(4)
    problems: list[Exception] = []

    def worker() -> None:
        try:
            together.wait(30)
            saleor.report_events(paid, [AUTHORIZED, CHARGED], ("REFUND",))
        except Exception as error:  # noqa: BLE001  (shown by the assertion)
            problems.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=worker) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert problems == []
    assert sorted(events(paid)) == [
        ("AUTHORIZATION_SUCCESS", "25.00", True),
        ("CHARGE_SUCCESS", "25.00", True),
    ]
    assert sums(paid) == {"charged": "25.00"}


@pytest.mark.django_db(transaction=True)
def test_reporting_waits_for_saleors_own_writers_of_the_order(shop):
    """Saleor locks the order before the transaction: whoever does it the other way round meets it
    in a deadlock."""
    order_id = an_order(shop)
    paid = a_payment(order_id)
    order_is_locked, done = threading.Event(), threading.Event()

    def saleors_own() -> None:
        with transaction.atomic():
            Order.objects.select_for_update(of=("self",)).get()
            order_is_locked.set()
            # The other one waits now, for the order and not with the transaction in its hands.
            TransactionItem.objects.select_for_update(of=("self",), nowait=True).get()
        done.set()
        connections.close_all()

    thread = threading.Thread(target=saleors_own)
    thread.start()
    assert order_is_locked.wait(30)
    saleor.report_events(paid, [CHARGED], ("REFUND",))
    thread.join(30)

    assert done.is_set()
    assert sums(paid) == {"charged": "25.00"}


def test_what_an_order_can_prove(shop):
    site = SiteSettings.objects.select_related("site").get()
    site.site.name = "Ada's"
    site.site.save()
    new = order(shop, line(shop, 0, 2), line(shop, 1, 1, price="7.50"))
    [made] = saleor.create_orders([new], lambda results: None)
    units = {made.line_ids["sku-0"]: 2}
    carrier = {"tiktok.carrier": "UPS"}
    saleor.fulfill(made.order_id, Package("P1", units, "1Z999", True, carrier))
    saleor.cancel_lines(made.order_id, {made.line_ids["sku-1"]: 1}, "")

    facts = saleor.order_facts(made.order_id)

    assert facts.lines == (
        SoldLine("Article 0 Size 0", "tiktok-us-0", 2, Decimal(20)),
        SoldLine("Article 1 Size 1", "tiktok-us-1", 1, Decimal("7.50")),
    )
    [sent] = facts.shipments
    assert replace(sent, shipped_at=LONG_AGO) == Shipment("1Z999", "UPS", LONG_AGO, "FULFILLED")
    assert (facts.total_gross, facts.shipping_gross, facts.tax) == (Decimal("32.50"), 5, 0)
    assert (facts.number, facts.status) == (made.number, "PARTIALLY_RETURNED")
    assert (facts.email, facts.customer_name) == ("v1abc@scs.tiktokw.us", "Ada Lovelace")
    assert (facts.shop_name, facts.shop_address) == ("Ada's", None)
    assert facts.shipping_address == BUYER
    assert facts.shipping_method == "Standard"


def test_facts_of_an_order_that_is_gone():
    with pytest.raises(Parked, match="ORDER_DELETED"):
        saleor.order_facts(global_id("Order", "00000000-0000-4000-8000-000000000000"))
