"""Whatever seller and buyers do in whatever order, TikTok's own books hold."""

from __future__ import annotations

import random
from decimal import Decimal

import pytest

ORDERS, REFUNDS = "/fulfillment/202309/orders", "/return_refund/202309"
OUT_OF_STOCK = "seller_cancel_reason_out_of_stock"
NOT_RECEIVED = "ecom_order_delivered_refund_reason_not_received"
STEPS = 14


class Seller:
    """Tries things through the API; what is refused is refused, and nothing else may happen."""

    def __init__(self, sandbox, caller, order_id, rng):
        self.sandbox, self.caller, self.order_id, self.rng = sandbox, caller, order_id, rng
        self.number = 0

    def lines(self):
        lines = [line["id"] for line in self.sandbox.order(self.order_id)["line_items"]]
        return self.rng.sample(lines, self.rng.randint(1, len(lines)))

    def post(self, path, body):
        return self.caller.call("POST", path, {}, body).json()["code"]

    def mark(self):
        self.number += 1
        provider = self.sandbox.world.shops[0].region.providers[0][0]
        body = {
            "tracking_number": f"{self.order_id}-{self.number}",
            "shipping_provider_id": provider,
            "order_line_item_ids": self.lines(),
        }
        return self.post(f"{ORDERS}/{self.order_id}/packages", body)

    def split(self):
        groups = [{"id": "1", "order_line_item_ids": self.lines()}]
        return self.post(f"{ORDERS}/{self.order_id}/split", {"splittable_groups": groups})

    def cancel(self):
        body = {"order_id": self.order_id, "cancel_reason": OUT_OF_STOCK}
        if self.rng.random() < 0.7:
            body["order_line_item_ids"] = self.lines()
        return self.post(f"{REFUNDS}/cancellations", body)

    def refund(self):
        body = {
            "order_id": self.order_id,
            "return_type": "REFUND",
            "return_reason": NOT_RECEIVED,
            "order_line_item_ids": self.lines(),
        }
        if self.rng.random() < 0.6:
            body |= {"refund_total": str(self.rng.randint(1, 30)), "currency": "USD"}
        return self.post(f"{REFUNDS}/returns", body)


def buyer_and_time(sandbox, order_id, rng):
    """One thing that others do; ValueError when it does not fit."""
    open_cases = [
        case.id
        for order in sandbox.world.shops[0].changed.values()
        if order.id == order_id
        for case in order.returns
        if case.open
    ]
    steps = [
        lambda: sandbox.request_cancel(order_id),
        lambda: sandbox.cancel(order_id, by="BUYER"),
        lambda: sandbox.in_transit(order_id),
        lambda: sandbox.deliver(order_id),
        lambda: sandbox.request_return(order_id, kind=rng.choice(["REFUND", "RETURN_AND_REFUND"])),
        lambda: sandbox.advance_time(rng.choice([3600, 50 * 3600])),
        *(lambda case=case: sandbox.complete_return(case) for case in open_cases),
    ]
    rng.choice(steps)()


@pytest.mark.parametrize("seed", range(12))
def test_books_hold_whatever_happens(seed, sandbox_server, connect):
    rng = random.Random(seed)
    sandbox = sandbox_server(orders=2, seed=seed + 40, rate_burst=10_000)
    sandbox.configure_tokens(access_life=400 * 86_400)
    caller = connect(sandbox)
    skus = [sku["sku_id"] for sku in sandbox.catalog()[:2]]
    start = {sku: sandbox.world.shops[0].stock.total(sku) for sku in skus}
    made = [
        sandbox.create_order(
            [(sku, rng.randint(1, 2)) for sku in skus],
            status="AWAITING_SHIPMENT",
            shipping_type="SELLER",
            by_tiktok=False,
        )
        for _ in range(4)
    ]
    accepted = 0
    for order_id in made:
        seller = Seller(sandbox, caller, order_id, rng)
        for _ in range(STEPS):
            if rng.random() < 0.4:
                try:
                    buyer_and_time(sandbox, order_id, rng)
                except ValueError:
                    continue
            else:
                move = rng.choice([seller.mark, seller.mark, seller.split, seller.cancel,
                                   seller.refund])  # fmt: skip
                accepted += move() == 0
            hold(sandbox, order_id)

    assert accepted
    for sku in skus:
        assert sandbox.world.shops[0].stock.total(sku) == start[sku] - gone(sandbox, made, sku)


def hold(sandbox, order_id):
    """No unit shipped twice, or shipped and cancelled; never more given back than was paid."""
    truth = sandbox.truth(order_id)
    for unit in truth["units"].values():
        assert unit["shipments"] == int(unit["shipped"])
        assert not (unit["cancelled"] and unit["shipped"])
    assert Decimal(truth["refunded"]) <= Decimal(truth["paid"])
    named = [line for package in truth["packages"] for line in package["line_ids"]]
    assert len(named) == len(set(named))


def gone(sandbox, made, sku):
    """Units that did not come back: not cancelled, or cancelled because there were none."""
    count = 0
    for order in sandbox.world.shops[0].changed.values():
        lost = {i for case in order.cancellations if not case.replenish for i in case.line_ids}
        count += sum(
            line.sku.sku_id == sku and (line.active or line.id in lost)
            for line in order.lines
            if order.id in made
        )
    return count
