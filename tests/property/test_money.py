"""Whatever an order costs: what comes over is exact, or the order is parked."""

from __future__ import annotations

from dataclasses import fields, replace
from decimal import Decimal as D

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from saleor_tiktok_stripe.errors import Parked
from saleor_tiktok_stripe.orders.mapping import to_new_order
from saleor_tiktok_stripe.orders.money import TAX_KINDS, divide
from saleor_tiktok_stripe.orders.summary import merchant_total
from saleor_tiktok_stripe.tiktok.regions import REGIONS, TaxKind, decimals
from saleor_tiktok_stripe.tiktok.types import Order, Payment, Tax
from tests.orders.samples import context, order, unit

coins = st.integers(0, 5_000)


@st.composite
def closing_orders(draw: st.DrawFn) -> tuple[Order, str]:
    """An order whose sums close, of any market, with any mix of discounts, taxes and fees."""
    region = REGIONS[draw(st.sampled_from(sorted(REGIONS)))]
    coin = D(1).scaleb(-decimals(region.currency))

    def amount(most: int = 5_000) -> D:
        return draw(st.integers(0, most)) * coin

    on_top = region.tax is TaxKind.EXCLUSIVE
    units = []
    for number in range(draw(st.integers(1, 5))):
        paid, seller, platform = amount(), amount(500), amount(500)
        most = int(paid / coin) if not on_top else 900
        taxes = (Tax("TAX", amount(most), draw(st.sampled_from([None, D("0.075")]))),)
        units.append(
            unit(
                number,
                sku_id=f"sku-{draw(st.integers(0, 3))}",
                currency=region.currency,
                list_price=paid + seller + platform,
                seller_discount=seller,
                platform_discount=platform,
                sale_price=paid,
                taxes=taxes if draw(st.booleans()) else (),
            )
        )
    product_tax = sum((tax.amount for one in units for tax in one.taxes), D(0))
    fee, by_seller, by_platform = amount(), amount(300), amount(300)
    shipping_tax = amount(100) if on_top else min(amount(100), fee)
    paid = {
        "shipping_list": fee + by_seller + by_platform,
        "shipping_seller_discount": by_seller,
        "shipping_platform_discount": by_platform,
        "shipping_fee": fee,
        "product_tax": product_tax,
        "shipping_tax": shipping_tax,
        "fees": {"small_order": amount(100) + coin},
    }
    made = order(*units, paid=paid)
    if not on_top:
        total = made.payment.total - made.payment.tax
        made = replace(made, payment=replace(made.payment, total=total))
    most = int((made.payment.total - made.payment.fees["small_order"]) / coin)
    off = draw(st.integers(0, most)) * coin if draw(st.booleans()) else D(0)
    payment = replace(made.payment, payment_platform_discount=off, total=made.payment.total - off)
    return replace(made, payment=payment), region.code


def _total(new) -> D:
    return sum((line.unit_gross * line.quantity for line in new.lines), new.shipping_gross)


@settings(max_examples=400)
@given(closing_orders())
def test_an_order_that_closes_comes_over_to_the_cent(made: tuple[Order, str]):
    neutral, region = made

    new = to_new_order(neutral, context(region=region, currency=neutral.payment.currency))

    assert _total(new) == merchant_total(neutral)
    assert _total(new) == sum((one.charged for one in new.transactions), D(0))
    units = [one for line in new.lines for one in line.metadata["tiktok.unit_ids"].split(",")]
    assert sorted(units) == sorted(one.id for one in neutral.units)
    for line in new.lines:
        assert 0 <= line.unit_net <= line.unit_gross <= line.undiscounted_unit_gross


AMOUNTS = [one.name for one in fields(Payment) if one.name not in {"currency", "fees", "method"}]
UNIT_AMOUNTS = ["list_price", "seller_discount", "platform_discount", "sale_price"]


@settings(max_examples=600)
@given(closing_orders(), st.sampled_from(AMOUNTS + UNIT_AMOUNTS), st.integers(-5_000, 5_000))
def test_one_changed_amount_never_makes_a_wrong_order(
    made: tuple[Order, str], name: str, difference: int
):
    assume(difference)
    neutral, region = made
    coin = D(1).scaleb(-decimals(neutral.payment.currency))
    if name in UNIT_AMOUNTS and difference % 2:
        first = neutral.units[0]
        changed = replace(first, **{name: getattr(first, name) + difference * coin})
        mutated = replace(neutral, units=(changed, *neutral.units[1:]))
    elif name in AMOUNTS:
        value = getattr(neutral.payment, name) + difference * coin
        mutated = replace(neutral, payment=replace(neutral.payment, **{name: value}))
    else:
        return
    # Tax may lie inside or on top: an amount moved by just the tax is another order that closes.
    if len(TAX_KINDS[REGIONS[region].tax]) > 1:
        assume(abs(difference * coin) != neutral.payment.tax)
    where = context(region=region, currency=neutral.payment.currency)

    stage = ""
    try:
        new = to_new_order(mutated, where)
    except Parked as error:
        stage = error.problem.stage

    assert stage == "money" or _total(new) == _total(to_new_order(neutral, where))


@given(coins, st.lists(coins, min_size=1, max_size=12))
def test_a_division_gives_every_coin_once(total: int, weights: list[int]):
    parts = divide(D(total) / 100, [D(one) for one in weights], D("0.01"))

    assert sum(parts) == D(total) / 100
    whole = sum(weights) or len(weights)
    for part, weight in zip(parts, weights if sum(weights) else [1] * len(weights), strict=True):
        assert abs(part - D(total) * weight / whole / 100) <= D("0.01")
