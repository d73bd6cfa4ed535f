"""What goes wrong between Stripe and us, what is seen of it, and how everything is caught up.

Tests that take a fixture ``counter``, as in ``scenarios_payments``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from saleor_tiktok_stripe import accounts, health
from saleor_tiktok_stripe.models import Charge, InboundEvent, Job, RefundRequest
from saleor_tiktok_stripe.payments import words
from tests.accounts.stripe.conftest import ALL_SCOPES

from .counter import LATER, NOW, Counter, forget
from .scenarios_payments import AUTHORIZED, CHARGED

PAID = {"order": "FULL FULL 25.00 0.00", "charged": "25.00"}
LESS = {"order": "PARTIAL PARTIAL 19.00 0.00", "charged": "19.00", "refunded": "6.00"}
TEN_LESS = {"order": "PARTIAL PARTIAL 15.00 0.00", "charged": "15.00", "refunded": "10.00"}
FIVE_LESS = {"order": "PARTIAL PARTIAL 20.00 0.00", "charged": "20.00", "refunded": "5.00"}


@pytest.fixture
def mended(counter: Counter) -> Iterator[None]:
    """Whatever a scenario breaks in ``NOW`` is in order again afterwards."""
    yield
    counter.stripe.clear_faults()
    forget()
    counter.open(NOW)


def shown(counter: Counter) -> dict[str, Any]:
    """What an admin sees: the findings by code, and whether the channel is well."""
    details = health.details(counter.connection(NOW))
    return {one["code"]: one for one in details["findings"]} | {"status": details["status"]}


def troubles(counter: Counter) -> list[Any]:
    """What is wrong with the account or our work, leaving open disputes and the like aside."""
    connection = counter.connection(NOW)
    errors = [one.code for one in accounts.findings(connection) if one.severity == "error"]
    stuck = Job.objects.filter(connection=connection, status__in=["parked", "dead"])
    return [*errors, *stuck.values_list("kind", "status", "error_code")]


def endpoint(counter: Counter) -> str:
    return counter.stripe.endpoint_id(
        f"{counter.url}/plugins/channel/{NOW}/saleor.tiktok_stripe/webhooks/stripe/"
    )


def catch_up(counter: Counter) -> None:
    """Once Stripe's notifications have had their time."""
    counter.later(NOW, "payments.catch_up", 600)


@pytest.mark.usefixtures("mended")
def test_a_disabled_endpoint_is_caught_up_seen_and_switched_on_again(counter: Counter):
    sale = counter.sale(NOW).paid()
    catch_up(counter)
    counter.stripe.disable_endpoint(endpoint(counter))
    counter.stripe.dashboard_refund(sale.payment, 600)
    unheard = sale.books()

    catch_up(counter)
    missing = shown(counter)["STRIPE_EVENTS_MISSING"]
    found = {one.code: one for one in accounts.verify(counter.connection(NOW))}

    assert unheard == PAID
    assert sale.books() == LESS
    assert missing["severity"] == "warning"
    assert "Stripe's notifications do not arrive" in missing["message"]
    assert any("do not arrive" in line for line in health.as_text(counter.connection(NOW)))
    assert found["STRIPE_WEBHOOK_REPAIRED"].subject == "enabled"
    counter.stripe.dashboard_refund(sale.payment, 1900)
    assert sale.books() == {"order": "NONE NONE 0.00 0.00", "refunded": "25.00"}


@pytest.mark.usefixtures("mended")
def test_a_secret_rolled_elsewhere_is_caught_up_seen_and_taken_when_it_is_entered(
    counter: Counter,
):
    sale = counter.sale(NOW).paid()
    catch_up(counter)
    rolled = counter.stripe.roll_secret(endpoint(counter), keep=0)
    counter.stripe.dashboard_refund(sale.payment, 600)
    before = len(counter.stripe.attempts())
    counter.stripe.deliver()
    refused = [one for one in counter.stripe.attempts()[before:] if one.answer != 200]
    unheard = sale.books_now()

    catch_up(counter)

    assert {one.answer for one in refused} == {401}
    assert {one.endpoint_id for one in refused} == {endpoint(counter)}
    assert unheard == PAID
    assert sale.books_now() == LESS
    assert "STRIPE_EVENTS_MISSING" in shown(counter)
    counter.side.save_settings(NOW, stripe_webhook_secret=rolled)
    counter.stripe.dashboard_refund(sale.payment, 1900)
    assert sale.books() == {"order": "NONE NONE 0.00 0.00", "refunded": "25.00"}


@pytest.mark.usefixtures("mended")
def test_a_payment_of_which_nothing_was_heard_at_all_is_found(counter: Counter):
    sale = counter.sale(NOW)
    sale.confirm()
    counter.stripe.drop()
    counter.later(NOW, "payments.sweep", 360)  # its first pause is over

    done = counter.run("storefront/checkoutComplete", id=sale.checkout)
    sale.order = done["order"]["id"]

    assert sale.books() == PAID
    assert "CHARGE_SUCCESS 25.00" in sale.events()


@pytest.mark.usefixtures("mended")
def test_a_withdrawn_key_is_seen_and_everything_goes_on_with_a_new_one(counter: Counter):
    sale = counter.sale(NOW).paid()
    counter.stripe.revoke_key(counter.connection(NOW).credentials["secret_key"])

    begun = counter.run(
        "storefront/transactionInitialize",
        id=counter.checkout(NOW),
        paymentGateway={"id": "saleor.tiktok_stripe"},
    )
    ended = counter.connection(NOW)
    counter.stripe.dashboard_refund(sale.payment, 600)
    counter.settle()
    unheard = sale.books_now()

    assert begun["transactionEvent"]["type"] in {"CHARGE_ACTION_REQUIRED", "CHARGE_FAILURE"}
    assert begun["transactionEvent"]["message"]
    assert (ended.state, shown(counter)["status"]) == ("needs_reauth", "attention")
    assert unheard == PAID

    counter.open(NOW)

    assert counter.connection(NOW).state == "active"
    assert troubles(counter) == []
    assert sale.books() == LESS
    assert counter.sale(NOW).paid().books() == PAID


@pytest.mark.usefixtures("mended")
def test_a_refund_asked_for_without_a_valid_key_is_made_at_most_once(counter: Counter):
    sale = counter.sale(NOW).paid()
    counter.stripe.revoke_key(counter.connection(NOW).credentials["secret_key"])
    sale.refund("5")
    counter.settle()
    failed = sale.words("REFUND_FAILURE")

    counter.open(NOW)

    # In process it waits for the key. Over HTTP Saleor must be told at once that it failed, and
    # what staff saw fail is not done later behind their backs.
    assert failed in ([], [words.NOT_CONNECTED])
    assert sale.books() == (PAID if failed else FIVE_LESS)
    assert len(sale.refunds()) == (0 if failed else 1)
    sale.refund("5")
    assert sale.books() == (FIVE_LESS if failed else TEN_LESS)


@pytest.mark.usefixtures("mended")
def test_a_key_without_a_permission_is_told_by_its_name(counter: Counter):
    scopes = [scope for scope in ALL_SCOPES if scope != "rak_dispute_write"]
    counter.enter(NOW, counter.stripe.restricted_key(*scopes))

    found = shown(counter)["STRIPE_SCOPE_MISSING"]

    assert (found["severity"], found["subject"]) == ("error", "disputes")
    assert "Disputes" in found["cure"]
    assert shown(counter)["status"] == "attention"
    counter.open(NOW)
    assert troubles(counter) == []
    assert "STRIPE_SCOPE_MISSING" not in shown(counter)


@pytest.mark.usefixtures("mended")
def test_a_session_whose_answer_was_lost_is_one_payment(counter: Counter):
    """Complaint 10, saleor/saleor#19220: a second PaymentIntent for one payment."""
    checkout = counter.checkout(NOW)
    asked = {
        "id": checkout,
        "idempotencyKey": f"cart-{checkout[-8:]}",
        "paymentGateway": {"id": "saleor.tiktok_stripe"},
    }
    known = len(counter.stripe.objects("payment_intent"))
    counter.stripe.fault("lost_answer", path="POST /v1/payment_intents")

    first = counter.run("storefront/transactionInitialize", **asked)
    second = counter.run("storefront/transactionInitialize", **asked)

    assert first["transactionEvent"]["type"] == "CHARGE_ACTION_REQUIRED"
    assert second["transaction"] == first["transaction"]
    assert second["data"]["clientSecret"]
    assert len(counter.stripe.objects("payment_intent")) == known + 1


@pytest.mark.usefixtures("mended")
def test_stripe_being_down_loses_nothing(counter: Counter):
    sale = counter.sale(NOW).paid()
    counter.stripe.fault("unavailable", times=4)
    counter.stripe.dashboard_refund(sale.payment, 600)

    counter.settle()
    forget()

    assert sale.books() == LESS
    assert sale.events() == sorted([*CHARGED, "REFUND_SUCCESS 6.00"])


def test_two_channels_on_one_account_leave_each_others_payments_alone(counter: Counter):
    """dj-stripe/dj-stripe#740, vendurehq/vendure#2058: one account, several channels."""
    sale = counter.sale(LATER).paid()
    sale.capture("18")
    counter.settle()
    sale.refund("3")
    counter.settle()
    found = sale.dispute(reason="fraudulent")
    other = counter.connection(NOW)

    charge = Charge.objects.get(payment_id=sale.payment)
    assert charge.connection == found.connection == counter.connection(LATER)
    assert charge.connection != other
    heard = InboundEvent.objects.filter(connection=other, subject=sale.payment)
    assert heard.filter(event_type__startswith="charge.dispute.").exists()
    assert set(heard.filter(event_type__startswith="payment_intent").values_list("status")) == {
        ("ignored",)
    }
    looks = Job.objects.filter(connection=other, subject=sale.payment)
    assert set(looks.values_list("status", "outcome")) == {("done", "foreign")}
    assert sale.books() == {
        "order": "NONE NONE 0.00 0.00",
        "refunded": "3.00",
        "canceled": "7.00",
    }
    assert sale.events() == sorted(
        [
            *AUTHORIZED,
            "CHARGE_REQUEST 18.00",
            "CHARGE_SUCCESS 18.00",
            "CANCEL_SUCCESS 7.00",
            "REFUND_REQUEST 3.00",
            "REFUND_SUCCESS 3.00",
            "CHARGE_BACK 15.00",
        ]
    )
    assert RefundRequest.objects.filter(charge=charge).count() == 1
