"""What every host of ``Saleor`` must do with payments, as tests that take a fixture ``paying``.

A host's test module defines the fixture (returning a ``PayingHost``) and imports everything here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from saleor_tiktok_stripe.errors import Parked
from saleor_tiktok_stripe.saleor_api.interface import Saleor
from saleor_tiktok_stripe.saleor_api.transactions import EventReport, PaymentTransaction, SoldLine

D = Decimal
LONG_AGO = datetime(2026, 11, 1, 13, 0, tzinfo=UTC)
NOBODY = "VHJhbnNhY3Rpb25JdGVtOjAwMDAwMDAwLTAwMDAtMDAwMC0wMDAwLTAwMDAwMDAwMDAwMA=="
NO_ORDER = "T3JkZXI6MDAwMDAwMDAtMDAwMC0wMDAwLTAwMDAtMDAwMDAwMDAwMDAw"


@dataclass(frozen=True)
class PayingHost:
    """A Saleor with an order of two articles at 10.00 and 5.00 for shipping. ``transaction_id`` is
    its payment by our app, of which nothing is reported yet. ``ask_refund(amount, reference)``:
    staff ask for a refund, and it gets the reference ("" : it has none yet).
    """

    saleor: Saleor
    channel: str
    order_id: str
    transaction_id: str
    ask_refund: Callable[[str, str], None]

    def report(self, *events: EventReport, actions: tuple[str, ...] = ("REFUND",)) -> None:
        """Tell Saleor."""
        self.saleor.report_events(self.transaction_id, events, actions)

    def state(self) -> PaymentTransaction:
        """As it stands."""
        found = self.saleor.transaction(self.transaction_id)
        assert found is not None
        return found

    def sums(self) -> dict[str, Decimal]:
        """What is not zero."""
        state = self.state()
        names = ("authorized", "charged", "refunded", "canceled")
        names += tuple(f"{name}_pending" for name in ("authorize", "charge", "refund", "cancel"))
        return {name: getattr(state, name) for name in names if getattr(state, name)}

    def told(self) -> list[tuple[str, str]]:
        """Type and reference of each event, oldest first."""
        return [(event.type, event.psp_reference) for event in self.state().events]


def charged(amount: str = "25.00", reference: str = "pi_1", **more) -> EventReport:
    return EventReport("CHARGE_SUCCESS", reference, D(amount), **more)


def test_payment_that_does_not_exist(paying):
    assert paying.saleor.transaction(NOBODY) is None


def test_payment_knows_whom_it_belongs_to(paying):
    state = paying.state()

    assert (state.id, state.order_id, state.checkout_id) == (
        paying.transaction_id,
        paying.order_id,
        "",
    )
    assert (state.channel_slug, state.currency) == (paying.channel, "USD")
    assert state.app_identifier == "saleor.tiktok_stripe"
    assert paying.sums() == {}


def test_charge_is_reported_with_its_words_and_what_staff_may_ask(paying):
    paying.report(charged(message="Visa", happened_at=LONG_AGO))

    [event] = paying.state().events
    assert (event.type, event.psp_reference, event.amount) == ("CHARGE_SUCCESS", "pi_1", D(25))
    assert (event.message, event.counts, event.created_at) == ("Visa", True, LONG_AGO)
    assert paying.sums() == {"charged": D(25)}
    assert paying.state().psp_reference == "pi_1"
    assert paying.state().actions == ("REFUND",)
    assert paying.saleor.orders([paying.order_id])[paying.order_id].charged == D(25)


def test_what_saleor_knows_is_not_told_again(paying):
    info = EventReport("INFO", "pi_1:early", D(0), "Early")

    for _ in range(2):
        paying.report(info, charged(happened_at=LONG_AGO))
    paying.report(charged("24.00"))

    assert sorted(paying.told()) == [("CHARGE_SUCCESS", "pi_1"), ("INFO", "pi_1:early")]
    assert paying.sums() == {"charged": D(25)}


def test_actions_alone_can_change(paying):
    paying.report(charged(), actions=("REFUND",))

    paying.report(charged(), actions=())

    assert paying.state().actions == ()


def test_part_is_captured_and_the_rest_released(paying):
    paying.report(EventReport("AUTHORIZATION_SUCCESS", "pi_1", D(25)), actions=("CHARGE", "CANCEL"))
    before = (paying.sums(), set(paying.state().actions))

    paying.report(charged("20.00"), EventReport("CANCEL_SUCCESS", "pi_1", D(5)))

    assert before == ({"authorized": D(25)}, {"CHARGE", "CANCEL"})
    assert paying.sums() == {"charged": D(20), "canceled": D(5)}


def test_refund_that_comes_back_is_reversed(paying):
    paying.report(charged())

    paying.report(EventReport("REFUND_SUCCESS", "re_1", D("3.10")))
    refunded = paying.sums()
    paying.report(EventReport("REFUND_REVERSE", "re_1", D("3.10")))

    assert refunded == {"charged": D("21.90"), "refunded": D("3.10")}
    assert paying.sums() == {"charged": D(25)}


def test_chargeback_and_its_return(paying):
    paying.report(charged())

    paying.report(EventReport("CHARGE_BACK", "dp_1", D(25)))
    lost = paying.sums()
    paying.report(charged(reference="dp_1-reinstated"))

    assert lost == {}
    assert paying.sums() == {"charged": D(25)}


def test_requested_refund_is_pending_until_it_is_reported_even_with_an_early_time(paying):
    paying.report(charged(happened_at=LONG_AGO))
    paying.ask_refund("3.00", "re_1")
    pending = paying.sums()

    paying.report(EventReport("REFUND_SUCCESS", "re_1", D(3), happened_at=LONG_AGO))

    assert pending == {"charged": D(22), "refund_pending": D(3)}
    assert paying.sums() == {"charged": D(22), "refunded": D(3)}
    newest = paying.state().events[-1]
    assert (newest.type, newest.psp_reference) == ("REFUND_SUCCESS", "re_1")


def test_failure_under_the_requests_own_name_ends_it(paying):
    paying.report(charged())
    paying.ask_refund("3.00", "request-1")

    paying.report(EventReport("REFUND_FAILURE", "request-1", D(3), "Refused."))

    assert paying.sums() == {"charged": D(25)}
    failure = paying.state().events[-1]
    assert (failure.type, failure.message, failure.counts) == ("REFUND_FAILURE", "Refused.", True)


def test_request_without_a_reference_does_not_count(paying):
    paying.report(charged())
    paying.ask_refund("3.00", "")

    request = paying.state().events[-1]
    assert (request.type, request.psp_reference, request.counts) == ("REFUND_REQUEST", "", False)
    assert paying.sums() == {"charged": D(25)}


def test_nothing_is_reported_to_what_does_not_exist(paying):
    with pytest.raises(Parked) as refused:
        paying.saleor.report_events(NOBODY, [charged()], ())

    assert refused.value.code == "TRANSACTION_DELETED"


def test_changes_under_the_transactions_lock(paying):
    with paying.saleor.exclusive_transaction(paying.transaction_id):
        paying.report(charged())

    assert paying.sums() == {"charged": D(25)}


def test_facts_of_an_order(paying):
    facts = paying.saleor.order_facts(paying.order_id)

    assert (facts.id, facts.channel_slug, facts.currency) == (
        paying.order_id,
        paying.channel,
        "USD",
    )
    assert (facts.total_gross, facts.shipping_gross, facts.tax) == (D(25), D(5), D(0))
    assert facts.lines == (SoldLine("Article Size", facts.lines[0].sku, 2, D(20)),)
    assert facts.shipping_address is not None
    assert facts.shipping_address.country == "US"
    assert facts.shipments == ()


def test_facts_of_an_order_that_does_not_exist(paying):
    with pytest.raises(Parked):
        paying.saleor.order_facts(NO_ORDER)
