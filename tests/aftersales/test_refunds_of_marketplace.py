"""Refunds that staff ask for in Saleor, of money the marketplace holds: the right thing is asked of
it, once, and Saleor hears what came of it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from saleor_tiktok_stripe import aftersales, jobs, payments
from saleor_tiktok_stripe.aftersales.cases import opening
from saleor_tiktok_stripe.errors import InvalidInput
from saleor_tiktok_stripe.jobs import clock
from saleor_tiktok_stripe.models import ConnectionState, Job, MarketplaceRequest
from saleor_tiktok_stripe.saleor_api.transactions import ActionRequest
from saleor_tiktok_stripe.saleor_api.types import SaleorOrderStatus as Status
from tests.support.shop import ConnectedShop, connected_shop
from tests.support.singles import join_singles

from .case_shop import lines, look, payment, refunds, sold, the_case, the_request, writes

pytestmark = pytest.mark.django_db(transaction=True)
OPEN = "POST /return_refund/returns"
CANCEL = "POST /return_refund/cancellations"
EVENT = "VHJhbnNhY3Rpb25FdmVudDox"


def refuse(code: str):
    return pytest.raises(InvalidInput, match=f"^{code}: ")


def _opened(shop: ConnectedShop, path: str = OPEN) -> int:
    return shop.tiktok.writes().get(path, 0)


def _ask(
    shop: ConnectedShop, order_id: str, amount: str | None, which: str = "", **fields: Any
) -> ActionRequest:
    """What Saleor hands over when staff asks for a refund of the TikTok-collected payment."""
    found = payment(shop, order_id, which)
    values: dict[str, Any] = {
        "transaction_id": found.id,
        "event_id": EVENT,
        "channel_slug": "tiktok-us",
        "kind": "REFUND",
        "amount": None if amount is None else Decimal(amount),
        "currency": found.currency,
        "psp_reference": found.psp_reference,
        "actor": "ada@example.com",
    }
    return ActionRequest(**(values | fields))


def _line(shop: ConnectedShop, order_id: str, units: int = 1) -> dict[str, int]:
    """A granted refund's lines: ``units`` of the order's only line."""
    [line] = shop.read(order_id).lines
    return {line.id: units}


def test_a_part_of_a_shipped_order_is_refunded(shop: ConnectedShop):
    order_id = sold(shop)

    assert aftersales.request_refund(_ask(shop, order_id, "5.00")) is True
    row = the_request()
    assert (row.state, row.kind, _opened(shop)) == ("waiting", "return", 0)
    shop.work()

    row = the_request()
    assert (row.state, _opened(shop)) == ("succeeded", 1)
    assert refunds(payment(shop, order_id)) == [
        ("REFUND_SUCCESS", f"return:{row.reference}", Decimal("5.00"))
    ]
    assert the_case(shop, row.reference).role == "seller"
    assert shop.read(order_id).status is Status.FULFILLED


def test_the_same_event_is_one_refund(shop: ConnectedShop):
    order_id = sold(shop)
    asked = _ask(shop, order_id, "5.00")

    for _ in range(2):
        assert aftersales.request_refund(asked) is True
        shop.work()

    assert _opened(shop) == 1


def test_two_equal_parts_are_two_refunds(shop: ConnectedShop):
    order_id = sold(shop)

    for number in range(2):
        asked = _ask(shop, order_id, "5.00", event_id=f"event-{number}")
        assert aftersales.request_refund(asked) is True
    shop.work()

    assert _opened(shop) == 2
    assert payment(shop, order_id).refunded == Decimal("10.00")


def test_an_item_that_was_paid_back_does_not_keep_the_rest_from_it(shop: ConnectedShop):
    order_id = sold(shop)
    first, second = lines(shop, order_id)
    back = shop.tiktok.request_return(order_id, [first], kind="REFUND")
    shop.tiktok.complete_return(back)
    look(shop, order_id)

    aftersales.request_refund(_ask(shop, order_id, None))
    shop.work()

    row = the_request()
    assert (row.state, row.problem, row.body["unit_ids"]) == ("succeeded", None, [second])
    assert payment(shop, order_id).charged == 0


def test_all_of_an_order_that_has_not_left_cancels_it(shop: ConnectedShop):
    order_id = sold(shop, "AWAITING_SHIPMENT")

    aftersales.request_refund(_ask(shop, order_id, None))
    shop.work()

    row = the_request()
    assert (row.kind, row.saleor_event, row.state) == ("cancel", EVENT, "succeeded")
    assert (_opened(shop), _opened(shop, CANCEL)) == (0, 1)
    order = shop.read(order_id)
    assert (order.status, order.charged) == (Status.CANCELED, 0)
    [told] = refunds(payment(shop, order_id))
    assert told[:2] == ("REFUND_SUCCESS", f"cancel:{row.reference}")


def test_an_item_that_has_not_left_is_cancelled_where_the_market_allows_it(shop: ConnectedShop):
    order_id = sold(shop, "AWAITING_SHIPMENT")
    whole = payment(shop, order_id).charged
    unit = shop.tiktok.order(order_id)["line_items"][0]
    price = Decimal(unit["sale_price"]) + sum(
        Decimal(tax["tax_amount"]) for tax in unit.get("item_tax", ())
    )

    lines_ = _line(shop, order_id)
    aftersales.request_refund(_ask(shop, order_id, str(price), lines=lines_, granted_refund_id="g"))
    shop.work()

    row = the_request()
    assert (row.kind, row.state, row.problem) == ("cancel", "succeeded", None)
    assert len(row.body["unit_ids"]) == 1
    order = shop.read(order_id)
    assert order.status is Status.PARTIALLY_RETURNED
    assert payment(shop, order_id).charged < whole
    assert order.granted_refunds == 0  # staff granted it themselves


def test_a_market_that_cancels_whole_orders_only_says_so(transactional_db: None):
    with connected_shop(region="DE") as shop:
        order_id = sold(shop, "AWAITING_SHIPMENT")
        asked = _ask(shop, order_id, "5.00", lines=_line(shop, order_id))

        aftersales.request_refund(asked)
        shop.work()

        row = the_request()
        assert (row.state, row.problem["code"]) == ("refused", "WHOLE_ORDER_ONLY")
        assert refunds(payment(shop, order_id)) == [
            ("REFUND_FAILURE", str(row.key), Decimal("5.00"))
        ]
        assert (_opened(shop), _opened(shop, CANCEL)) == (0, 0)


def test_the_buyers_own_request_is_accepted_instead(shop: ConnectedShop):
    order_id = sold(shop)
    return_id = shop.tiktok.request_return(order_id, kind="REFUND")
    look(shop, order_id)
    amount = the_case(shop, return_id).amount

    aftersales.request_refund(_ask(shop, order_id, str(amount)))
    shop.work()

    row = the_request()
    assert (row.kind, row.subject, row.state) == ("answer", return_id, "succeeded")
    assert (_opened(shop), writes(shop, "/approve")) == (0, 1)
    assert refunds(payment(shop, order_id)) == [("REFUND_SUCCESS", f"return:{return_id}", amount)]


def test_less_than_the_buyer_asks_for_is_offered(shop: ConnectedShop):
    order_id = sold(shop)
    return_id = shop.tiktok.request_return(order_id, kind="REFUND")

    aftersales.request_refund(_ask(shop, order_id, "5.00"))
    shop.work()

    assert the_case(shop, return_id).offer == Decimal("5.00")
    assert _opened(shop) == 0
    shop.tiktok.answer_offer(return_id, accept=True)
    look(shop, order_id)
    assert payment(shop, order_id).refunded == Decimal("5.00")


def test_the_platforms_discount_is_not_refunded(shop: ConnectedShop):
    order_id = _with_platform_discount(shop)

    with refuse("PLATFORM_DISCOUNT"):
        aftersales.request_refund(_ask(shop, order_id, "1.00", ":platform"))

    assert not MarketplaceRequest.objects.exists()


def _with_platform_discount(shop: ConnectedShop) -> str:
    for _ in range(20):
        order_id = sold(shop)
        if any(":platform" in one.psp_reference for one in shop.read(order_id).transactions):
            return order_id
    raise AssertionError("no order has a platform discount")


@pytest.mark.parametrize("amount", ["0", "100000"])
def test_no_more_than_is_left_can_be_asked_for(shop: ConnectedShop, amount: str):
    order_id = sold(shop)

    with refuse("REFUND_ABOVE_LEFT"):
        aftersales.request_refund(_ask(shop, order_id, amount))

    assert not Job.objects.filter(kind="case.open").exists()


def test_what_is_asked_for_already_counts(shop: ConnectedShop):
    order_id = sold(shop)
    whole = payment(shop, order_id).charged
    aftersales.request_refund(_ask(shop, order_id, str(whole - 1)))

    with refuse("REFUND_ABOVE_LEFT"):
        aftersales.request_refund(_ask(shop, order_id, "1.01", event_id="another"))


def test_what_was_given_back_meanwhile_is_not_given_twice(shop: ConnectedShop):
    # given a refund of all that the marketplace made and Saleor has not heard of
    order_id = sold(shop)
    asked = _ask(shop, order_id, None)
    return_id = shop.tiktok.request_return(order_id, kind="REFUND")
    shop.tiktok.complete_return(return_id)

    aftersales.request_refund(asked)
    shop.work()

    assert (the_request().state, _opened(shop)) == ("refused", 0)
    found = payment(shop, order_id)
    assert [told[0] for told in refunds(found)].count("REFUND_SUCCESS") == 1
    assert found.refunded == the_case(shop, return_id).amount


def test_a_completed_order_is_refused_with_what_to_do(shop: ConnectedShop):
    order_id = sold(shop, "COMPLETED")

    aftersales.request_refund(_ask(shop, order_id, "5.00"))
    shop.work()

    row = the_request()
    assert (row.state, row.problem["code"], _opened(shop)) == ("refused", "ORDER_COMPLETED", 0)
    found = payment(shop, order_id)
    assert refunds(found) == [("REFUND_FAILURE", str(row.key), Decimal("5.00"))]
    assert found.refunded == 0
    words = next(one.message for one in found.events if one.type == "REFUND_FAILURE")
    assert "Pay the buyer back outside TikTok" in words


def test_a_shop_that_is_not_connected_refuses_at_once(shop: ConnectedShop):
    order_id = sold(shop)
    asked = _ask(shop, order_id, "5.00")
    shop.connection.state = ConnectionState.DISABLED
    shop.connection.save()

    with refuse("SHOP_NOT_CONNECTED"):
        aftersales.request_refund(asked)


def test_a_transaction_of_nobody_here_is_left_to_others(shop: ConnectedShop):
    order_id = sold(shop)

    other = _ask(shop, order_id, "5.00", transaction_id="VHJhbnNhY3Rpb25JdGVtOjk5OTk=")

    assert aftersales.request_refund(other) is False


# --- lost answers ------------------------------------------------------------------------------


def test_a_refund_whose_answer_is_lost_is_found_again(shop: ConnectedShop):
    order_id = sold(shop)
    aftersales.request_refund(_ask(shop, order_id, "5.00"))
    shop.tiktok.inject_fault("lost_answer", path="/returns$")

    shop.work()
    assert (the_request().state, _opened(shop)) == ("in_doubt", 1)
    for _ in range(3):
        shop.run_all()

    row = the_request()
    assert (row.state, _opened(shop)) == ("succeeded", 1)
    assert payment(shop, order_id).refunded == Decimal("5.00")


def test_a_refund_that_never_arrived_is_sent_again(shop: ConnectedShop):
    order_id = sold(shop)
    aftersales.request_refund(_ask(shop, order_id, "5.00"))
    shop.tiktok.inject_fault("reset", path="/returns$")

    shop.work()
    assert (the_request().state, _opened(shop)) == ("in_doubt", 0)
    shop.run_all()

    assert (the_request().state, _opened(shop)) == ("succeeded", 1)


def test_a_cancellation_whose_answer_is_lost_is_found_again(shop: ConnectedShop):
    order_id = sold(shop, "AWAITING_SHIPMENT")
    aftersales.request_refund(_ask(shop, order_id, None))
    shop.tiktok.inject_fault("lost_answer", path="/cancellations$")
    shop.work()
    assert _opened(shop, CANCEL) == 1

    for _ in range(4):
        shop.run_all()

    row = the_request()
    assert (row.kind, row.state, _opened(shop, CANCEL)) == ("cancel", "succeeded", 1)
    assert shop.read(order_id).charged == 0


def _decided(shop: ConnectedShop) -> MarketplaceRequest:
    """Its job ran as far as knowing what to ask for, and no further."""
    opening.open_one(shop.connection, shop.client, the_request())
    return the_request()


def test_a_cancellation_that_the_buyer_came_before_is_known_by_the_buyers(shop: ConnectedShop):
    order_id = sold(shop, "AWAITING_SHIPMENT")
    aftersales.request_refund(_ask(shop, order_id, None))
    assert _decided(shop).kind == "cancel"
    cancel_id = shop.tiktok.cancel(order_id, by="BUYER")

    shop.work()
    for _ in range(3):
        shop.run_all()

    row = the_request()
    assert (row.state, row.reference, row.body["told"]) == ("succeeded", cancel_id, "named")
    [told] = refunds(payment(shop, order_id))
    assert told[:2] == ("REFUND_SUCCESS", f"cancel:{cancel_id}")


def test_a_cancellation_that_nobody_knows_the_author_of_is_not_left_pending(shop: ConnectedShop):
    order_id = sold(shop, "AWAITING_SHIPMENT")
    aftersales.request_refund(_ask(shop, order_id, None))
    row = _decided(shop)
    MarketplaceRequest.objects.filter(pk=row.pk).update(state="succeeded")

    look(shop, order_id)

    row = the_request()
    assert (row.state, row.problem["code"], row.body["told"]) == (
        "refused",
        "ORDER_CANCELLED",
        "refused",
    )


def test_a_cancellation_whose_job_was_lost_is_sent_all_the_same(shop: ConnectedShop):
    order_id = sold(shop, "AWAITING_SHIPMENT")
    aftersales.request_refund(_ask(shop, order_id, None))
    _decided(shop)
    Job.objects.all().delete()

    with clock.turned(3600):
        jobs.enqueue("cases.poll", shop.connection)
        shop.work()

    assert (the_request().state, _opened(shop, CANCEL)) == ("succeeded", 1)


def test_of_two_requests_the_one_of_that_amount_is_answered(shop: ConnectedShop):
    order_id = sold(shop, units=3)
    one, two, three = lines(shop, order_id)
    first = shop.tiktok.request_return(order_id, [one, two], kind="REFUND")
    second = shop.tiktok.request_return(order_id, [three], kind="REFUND")
    look(shop, order_id)

    aftersales.request_refund(_ask(shop, order_id, str(the_case(shop, second).amount)))
    shop.work()

    row = the_request()
    assert (row.subject, row.body["action"], row.state) == (second, "accept", "succeeded")
    assert (the_case(shop, first).state, the_case(shop, first).offer) == ("needs_answer", None)


# --- Saleor waits for the answer (over HTTP) ----------------------------------------------------


def test_saleor_is_answered_with_the_reference(shop: ConnectedShop):
    order_id = sold(shop)

    answer = payments.carry_out(_ask(shop, order_id, "5.00"))

    assert answer is not None
    assert (answer.psp_reference, answer.refusal) == (f"return:{the_request().reference}", "")
    again = payments.carry_out(_ask(shop, order_id, "5.00"))
    assert (again, _opened(shop)) == (answer, 1)


def test_saleor_is_answered_when_it_became_a_cancellation(shop: ConnectedShop):
    order_id = sold(shop, "AWAITING_SHIPMENT")

    answer = payments.carry_out(_ask(shop, order_id, None))

    assert answer is not None
    assert answer.psp_reference == f"cancel:{the_request().reference}"


def test_saleor_is_answered_with_a_refusal(shop: ConnectedShop):
    order_id = sold(shop, "COMPLETED")

    answer = payments.carry_out(_ask(shop, order_id, "5.00"))

    assert answer is not None
    assert answer.psp_reference == str(the_request().key)
    assert answer.refusal.startswith(f"Order {order_id} is completed at TikTok")


def test_saleor_is_to_ask_again_while_the_marketplace_is_silent(shop: ConnectedShop):
    order_id = sold(shop)
    shop.tiktok.inject_fault("unavailable", path="/return_refund/", times=None)
    asked = _ask(shop, order_id, "5.00")

    assert payments.carry_out(asked, seconds=0.5) is None
    join_singles()
    assert the_request().state == "waiting"
    shop.tiktok.clear_faults()
    shop.run_all()

    answer = payments.carry_out(asked)
    assert answer is not None
    assert answer.psp_reference == f"return:{the_request().reference}"
    assert _opened(shop) == 1


def test_units_that_a_granted_refund_names_are_refunded(shop: ConnectedShop):
    order_id = sold(shop)

    asked = _ask(shop, order_id, "5.00", lines=_line(shop, order_id), granted_refund_id="g")
    aftersales.request_refund(asked)
    shop.work()

    case = the_case(shop, the_request().reference)
    assert len(case.units) == 1
    assert set(case.units) <= set(lines(shop, order_id))
    assert shop.read(order_id).granted_refunds == 0


def test_money_instead_of_a_replacement_is_money(shop: ConnectedShop):
    # Given the buyer wants the same goods again, and staff pay back instead.
    order_id = sold(shop)
    case_id = shop.tiktok.request_return(order_id, kind="REPLACEMENT")
    look(shop, order_id)
    worth = the_case(shop, case_id).amount

    assert aftersales.request_refund(_ask(shop, order_id, str(worth))) is True
    shop.work()

    case = the_case(shop, case_id)
    assert (case.raw_state, case.amount) == ("REPLACEMENT_REQUEST_REFUND_SUCCESS", worth)
    assert (the_request().state, _opened(shop)) == ("succeeded", 0)
    assert refunds(payment(shop, order_id)) == [("REFUND_SUCCESS", f"return:{case_id}", worth)]


def test_a_refund_that_ended_as_goods_for_goods_has_failed(shop: ConnectedShop):
    order_id = sold(shop)
    case_id = shop.tiktok.request_return(order_id, kind="REPLACEMENT")
    look(shop, order_id)
    asked = _ask(shop, order_id, str(the_case(shop, case_id).amount))
    assert aftersales.request_refund(asked) is True
    shop.tiktok.advance_return(case_id, "REPLACEMENT_REQUEST_COMPLETE")
    MarketplaceRequest.objects.update(kind="answer", subject=case_id, state="pending",
                                      reference=case_id)  # fmt: skip

    look(shop, order_id)

    row = the_request()
    assert (row.state, row.problem["code"]) == ("failed", "CASE_CAME_TO_NOTHING")
    assert payment(shop, order_id).refunded == 0
