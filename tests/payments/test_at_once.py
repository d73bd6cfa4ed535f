"""What Saleor waits for over HTTP: what it is told of as failed is never done later."""

from __future__ import annotations

import pytest

from saleor_tiktok_stripe import accounts, payments
from saleor_tiktok_stripe.accounts.stripe import vendor
from saleor_tiktok_stripe.jobs import clock
from saleor_tiktok_stripe.models import ConnectionState, Job
from saleor_tiktok_stripe.payments import words
from saleor_tiktok_stripe.saleor_api.transactions import ActionAnswer, ActionRequest
from tests.support.singles import join_singles
from tests.support.till import Till

KINDS = pytest.mark.parametrize("kind", ["REFUND", "CHARGE", "CANCEL"])


def asked(till: Till, kind: str) -> ActionRequest:
    request = till.paid(flow="CHARGE" if kind == "REFUND" else "AUTHORIZATION")
    return till.ask(request, kind, "10")


def at_once(request: ActionRequest) -> ActionAnswer | None:
    """The answer in a moment; the attempt that was made for it has then ended."""
    found = payments.carry_out(request, seconds=0.2)
    join_singles()
    return found


def assert_never_sent(till: Till) -> None:
    till.run_all()
    assert [till.sent(path) for path in ("/refunds", "/capture", "/cancel")] == [0, 0, 0]


def stripe_is_back(till: Till) -> None:
    till.control.clear_faults()
    vendor._door.cache_clear()


@KINDS
def test_an_outage_longer_than_saleor_asks_ends_in_a_refusal(till: Till, kind: str):
    request = asked(till, kind)
    till.control.fault("unavailable", times=None)

    first = at_once(request)
    with clock.turned(130):
        # The first to ask may be too early for the attempt that it makes; then the row waits.
        last = at_once(request) or at_once(request)

    assert first is None
    assert last is not None
    assert last.refusal == words.NOT_REACHED
    stripe_is_back(till)
    assert_never_sent(till)
    again = at_once(request)
    assert again is not None
    assert (again.refusal, again.psp_reference) == (last.refusal, last.psp_reference)


@KINDS
def test_a_short_outage_is_waited_for(till: Till, kind: str):
    request = asked(till, kind)
    till.control.fault("unavailable", times=None)
    assert at_once(request) is None

    stripe_is_back(till)
    till.run_all()
    with clock.turned(130):
        found = at_once(request)

    assert found is not None
    assert found.refusal == ""
    assert sum(till.sent(path) for path in ("/refunds", "/capture", "/cancel")) == 1


@KINDS
def test_a_withdrawn_key_is_a_refusal_at_once(till: Till, kind: str):
    request = asked(till, kind)
    accounts.mark_needs_reauth(till.connection, "The key was withdrawn.")

    found = at_once(request)

    assert found is not None
    assert found.refusal == words.NOT_CONNECTED
    till.connection.state = ConnectionState.ACTIVE
    till.connection.save(update_fields=["state"])
    assert_never_sent(till)


def test_a_missing_permission_is_a_refusal_that_names_it(till: Till):
    request = asked(till, "REFUND")
    full = till.connection.credentials
    narrow = till.control.restricted_key("rak_payment_intent_write", "rak_charge_write")
    till.connection.credentials = {**full, "secret_key": narrow}
    till.connection.save(update_fields=["credentials"])

    found = payments.carry_out(request, seconds=60)
    join_singles()

    assert found is not None
    assert "permission" in found.refusal
    till.connection.credentials = full
    till.connection.save(update_fields=["credentials"])
    Job.objects.filter(status="parked").update(status="queued")
    assert_never_sent(till)
