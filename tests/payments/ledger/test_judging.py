"""Each class of difference, and what is none."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from saleor_tiktok_stripe.payments.ledger.differences import Found
from saleor_tiktok_stripe.payments.ledger.judging import Amount, Refunded, Sides, Sold, judge
from saleor_tiktok_stripe.payments.ledger.judging_payments import Taken, judge_payments
from saleor_tiktok_stripe.payments.ledger.sides import sold

NOW = datetime(2026, 6, 1, tzinfo=UTC)
PLACED = NOW - timedelta(days=40)
SALE, DISCOUNT = "subtotal_before_discount_amount", "seller_discount_amount"
BACK = "refund_subtotal_before_discount_amount"
D = Decimal


def amount(component: str, value: str, kind: str = "sale", **changes: Any) -> Amount:
    values = {"row_id": "1", "currency": "USD"}
    return Amount(kind=kind, component=component, amount=D(value), **(values | changes))


def sale(value: str = "55", discount: str = "-1.5", **changes: Any) -> list[Amount]:
    return [
        amount(SALE, value, **changes),
        amount(DISCOUNT, discount, "seller_discount", **changes),
        amount("referral_fee_amount", "-3.21", "fee", **changes),
    ]


def case(value: str, days: int = 20, **changes: Any) -> Refunded:
    values = {"case_id": "c1", "currency": "USD", "goods": D(value)}
    return Refunded(amount=D(value), at=NOW - timedelta(days=days), **(values | changes))


def sides(*amounts: Amount, **changes: Any) -> Sides:
    values: dict[str, Any] = {
        "order_id": "o1",
        "linked": True,
        "sold": Sold("USD", D("59.65"), D(0), D("53.5")),
        "imported_since": PLACED - timedelta(days=1),
    }
    return Sides(amounts=amounts, **(values | changes))


def refund(value: str, to_buyer: str = "") -> list[Amount]:
    rows = [amount(BACK, value, "refund", row_id="2")]
    if to_buyer:
        rows.append(
            amount("customer_refund_amount", to_buyer, "refund", row_id="2", in_settlement=False)
        )
    return rows


def test_an_order_settled_as_it_was_sold_has_no_difference() -> None:
    assert judge(sides(*sale()), NOW) == []


def test_an_order_that_waits_for_its_settlement_has_none() -> None:
    waiting = sides(amount("revenue", "53.5", expected=True), delivered_at=NOW - timedelta(days=30))

    assert judge(waiting, NOW) == []
    assert judge(sides(), NOW) == []


def test_revenue_that_differs_is_told_with_both_sides() -> None:
    assert judge(sides(*sale("54")), NOW) == [
        Found("REVENUE_DIFFERS", "o1", "USD", D("-1.0"), {"goods": "53.50"}, {"revenue": "52.50"})
    ]


def test_a_cent_is_a_difference() -> None:
    [found] = judge(sides(*sale("55.01")), NOW)

    assert (found.code, found.amount) == ("REVENUE_DIFFERS", D("0.01"))


def test_of_an_order_whose_money_is_not_known_revenue_is_not_compared() -> None:
    assert judge(sides(*sale("54"), sold=None), NOW) == []


@pytest.mark.parametrize("second", ["55", "20"])
def test_a_sale_settled_in_two_statements_is_found(second: str) -> None:
    [found] = judge(sides(*sale(), *sale(second, "0", row_id="2")), NOW)

    assert found.code == "SETTLED_TWICE"
    assert found.ours == {"goods": "53.50"}
    assert found.theirs == {"transaction 1": "53.50", "transaction 2": f"{second}.00"}


def test_without_known_money_only_the_same_amount_twice_is_suspicious() -> None:
    doubled = sides(*sale(), *sale(row_id="2"), sold=None)
    in_parts = sides(*sale(), *sale("20", "0", row_id="2"), sold=None)

    assert [one.code for one in judge(doubled, NOW)] == ["SETTLED_TWICE"]
    assert judge(in_parts, NOW) == []


def test_a_sale_settled_in_two_parts_is_none() -> None:
    assert judge(sides(*sale("30", "0"), *sale("23.5", "0", row_id="2")), NOW) == []


def test_an_order_that_was_cancelled_must_not_be_settled() -> None:
    [found] = judge(sides(*sale(), cancelled=True), NOW)

    assert (found.code, found.ours) == ("REVENUE_DIFFERS", {"goods": "0.00"})
    assert judge(sides(cancelled=True), NOW) == []


def test_a_cancelled_part_lowers_what_is_settled() -> None:
    part = case("20", is_cancellation=True)

    assert judge(sides(*sale("35"), refunds=[part]), NOW) == []
    [found] = judge(sides(*sale("55"), refunds=[part]), NOW)
    assert (found.code, found.ours) == ("REVENUE_DIFFERS", {"goods": "33.50"})


def test_with_the_platforms_discount_a_cancelled_part_cannot_be_priced() -> None:
    discounted = Sold("USD", D("55.65"), D(4), D("53.5"))
    part = case("18", is_cancellation=True)

    assert judge(sides(*sale("35"), sold=discounted, refunds=[part]), NOW) == []


def test_where_the_buyer_paid_fees_a_cancelled_part_cannot_be_priced() -> None:
    with_fees = Sold("USD", D("59.65"), D(0), D("53.5"), D("0.28"))
    part = case("18.78", is_cancellation=True)
    back = case("18.78")

    assert judge(sides(*sale("35"), sold=with_fees, refunds=[part]), NOW) == []
    assert judge(sides(*sale(), *refund("-18.5"), sold=with_fees, refunds=[back]), NOW) == []


def test_a_refund_in_the_statement_is_what_the_buyer_got() -> None:
    settled = sides(*sale(), *refund("-20", "-21.5"), refunds=[case("21.5")])

    assert judge(settled, NOW) == []


def test_a_refund_that_differs_is_told() -> None:
    settled = sides(*sale(), *refund("-20", "-21.5"), refunds=[case("25")])

    assert judge(settled, NOW) == [
        Found("REFUND_DIFFERS", "o1", "USD", D("-3.5"), {"cases": "25.00"}, {"statements": "21.50"})
    ]


def test_more_refunded_in_statements_than_by_cases_is_told_at_once() -> None:
    [found] = judge(sides(*sale(), *refund("-20", "-21.5"), refunds=[]), NOW)

    assert (found.code, found.ours) == ("REFUND_DIFFERS", {"cases": "0.00"})


def test_a_second_refund_may_still_come() -> None:
    settled = sides(*sale(), *refund("-20", "-20"), refunds=[case("20"), case("5", days=3)])

    assert judge(settled, NOW) == []


def test_a_refund_in_no_statement_is_told_when_it_is_overdue() -> None:
    [found] = judge(sides(*sale(), refunds=[case("20", days=14)]), NOW)

    assert (found.code, found.ours, found.theirs) == (
        "REFUND_NOT_IN_STATEMENT", {"case c1": "20.00"}, {},
    )  # fmt: skip
    assert judge(sides(*sale(), refunds=[case("20", days=13)]), NOW) == []
    assert judge(sides(refunds=[case("20", days=13)]), NOW) == []


def test_without_the_buyers_amount_the_goods_are_compared() -> None:
    settled = sides(*sale(), *refund("-20"), refunds=[case("21.5", goods=D(20))])
    differs = sides(*sale(), *refund("-20"), refunds=[case("21.5", goods=D(19))])

    assert judge(settled, NOW) == []
    assert [one.code for one in judge(differs, NOW)] == ["REFUND_DIFFERS"]


def test_a_delivered_order_in_no_statement_is_told_once_it_is_overdue() -> None:
    overdue = NOW - timedelta(days=31)

    [found] = judge(sides(delivered_at=overdue), NOW)

    assert (found.code, found.ours) == ("ORDER_NOT_SETTLED", {"delivered": "2026-05-01"})
    assert judge(sides(delivered_at=overdue + timedelta(hours=1)), NOW) == []
    assert judge(sides(*sale(), delivered_at=overdue), NOW) == []
    given_away = sides(amount("actual_shipping_fee_amount", "-3", "shipping"), delivered_at=overdue)
    assert judge(given_away, NOW) == []
    wholly_refunded = sides(delivered_at=overdue, refunds=[case("59.65")])
    assert judge(wholly_refunded, NOW) == []


def test_an_order_that_is_not_in_saleor_is_told_unless_it_was_left_out() -> None:
    unknown = sides(*sale(), linked=False, sold=None, placed_at=PLACED)

    [found] = judge(unknown, NOW)

    assert (found.code, found.amount) == ("SETTLED_WITHOUT_ORDER", D("50.29"))
    left_out = sides(*sale(), linked=False, sold=None, placed_at=PLACED, imported_since=NOW)
    assert judge(left_out, NOW) == []


def test_currencies_are_never_compared_with_each_other() -> None:
    euros = sides(*sale(currency="EUR"))

    assert judge(euros, NOW) == [
        Found(
            "SETTLED_IN_OTHER_CURRENCY", "o1", "EUR",
            ours={"currency": "USD"}, theirs={"currency": "EUR"},
        )
    ]  # fmt: skip


def test_amounts_that_nobody_expects_are_told_by_name() -> None:
    found = judge(
        sides(
            *sale(),
            amount("loyalty_fee_amount", "-1", "other"),
            amount("loyalty_fee_amount", "-2", "other", row_id="2"),
            amount("unexplained fee_tax", "-0.11", "other"),
            amount("PLATFORM_PENALTY", "-5", "adjustment"),
            amount("BRAND_NEW", "-6", "other"),
            amount("LOGISTICS_REIMBURSEMENT", "12", "adjustment"),
            amount("told_besides_amount", "9", "other", in_settlement=False),
        ),
        NOW,
    )

    assert {(one.code, tuple(one.theirs.items())) for one in found} == {
        ("UNEXPECTED_FEE", (("loyalty_fee_amount", "-3.00"),)),
        ("UNEXPLAINED_AMOUNT", (("unexplained fee_tax", "-0.11"),)),
        ("UNEXPECTED_ADJUSTMENT", (("BRAND_NEW", "-6.00"), ("PLATFORM_PENALTY", "-5.00"))),
    }


def test_what_was_sold_is_read_from_the_link() -> None:
    money = {"currency": "USD", "buyer": "55.65", "platform": "4.00", "goods": "53.50"}

    assert sold(money) == Sold("USD", D("55.65"), D(4), D("53.5"))


@pytest.mark.parametrize(
    "money",
    [
        {},
        {"currency": "USD", "buyer": "1", "platform": "0"},
        {"currency": "USD", "buyer": "x", "platform": "0", "goods": "0"},
    ],
)
def test_money_that_is_not_there_yet_is_not_known(money: dict[str, str]) -> None:
    assert sold(money) is None


# --- payments by Stripe


def taken(captured: str = "25", refunded: str = "0", **changes: Any) -> Taken:
    values: dict[str, Any] = {"currency": "USD", "changed_at": NOW - timedelta(days=4)}
    return Taken("pi_1", captured=D(captured), refunded=D(refunded), **(values | changes))


def booked(*amounts: Amount) -> dict[str, list[Amount]]:
    return {"pi_1": list(amounts)}


CHARGED = amount("charge", "25")
REFUNDED = amount("refund", "-5", "refund")


def test_payments_that_are_booked_as_they_were_taken_have_no_difference() -> None:
    entries = booked(CHARGED, REFUNDED, amount("stripe_fee", "-1.03", "fee"))

    assert judge_payments("o", [taken(refunded="5")], entries, NOW) == []


@pytest.mark.parametrize(
    ("payment", "entries", "code", "ours", "theirs"),
    [
        (taken(), {}, "PAYMENT_NOT_BOOKED", "25.00", "0.00"),
        (taken("24"), booked(CHARGED), "REVENUE_DIFFERS", "24.00", "25.00"),
        (taken(), booked(CHARGED, REFUNDED), "REFUND_DIFFERS", "0.00", "5.00"),
        (taken(refunded="6"), booked(CHARGED, REFUNDED), "REFUND_DIFFERS", "6.00", "5.00"),
    ],
)
def test_payments_that_differ_are_told(
    payment: Taken, entries: dict[str, list[Amount]], code: str, ours: str, theirs: str
) -> None:
    [found] = judge_payments("o", [payment], entries, NOW)

    assert (found.code, found.ours, found.theirs) == (code, {"pi_1": ours}, {"pi_1": theirs})


def test_what_just_changed_or_was_never_read_is_not_judged() -> None:
    fresh = taken(changed_at=NOW - timedelta(days=2))
    before = taken(readable=False)

    assert judge_payments("o", [fresh], {}, NOW) == []
    assert judge_payments("o", [before], {}, NOW) == []


def test_an_exchanged_payment_is_not_compared() -> None:
    euros = booked(amount("charge", "22.9", currency="EUR"))

    assert judge_payments("o", [taken()], euros, NOW) == []
