"""What really happened to an order, for tests to compare with: units, money, settlement."""

from __future__ import annotations

from typing import Any

from saleor_tiktok_stripe.sandbox.tiktok import money
from saleor_tiktok_stripe.sandbox.tiktok.ledger import Ledger
from saleor_tiktok_stripe.sandbox.tiktok.model import SHIPPED, Order
from saleor_tiktok_stripe.sandbox.tiktok.shop import Shop

_BACK = frozenset({"CANCELLATION_REQUEST_SUCCESS", "CANCELLATION_REQUEST_COMPLETE"})


def of_order(shop: Shop, order: Order, ledger: Ledger, now: int) -> dict[str, Any]:
    """Amounts are decimal text in the order's currency.

    `units`: by line id the SKU, whether cancelled or shipped, how often it was handed to a carrier
    and what was refunded for it; `packages`: id, tracking number, status and lines. `paid`: what
    the buyer paid (0 before). `cancelled`, `returned`: what went back for cancellations and for
    returns, `refunded` both, of which `refunded_fees` were the buyer's fees. `settled`: sum of all
    settled rows of the order (sale, refunds, adjustments because of it), `paid_out`: as much of it
    as was paid to the bank.
    """

    def cash(amount: int) -> str:
        return money.text(amount, order.exponent)

    paid = order.total if order.paid_time else 0
    of_cancels = [c.refund for c in order.cancellations if c.status in _BACK and order.paid_time]
    of_returns = [case.refund for case in order.returns if case.paid_back]
    cancelled = sum(one.total for one in of_cancels)
    returned = sum(one.total for one in of_returns)
    fees = sum(
        one.retail_delivery_fee + one.buyer_service_fee for one in (*of_cancels, *of_returns)
    )
    ledger.payouts(now)
    rows = ledger.rows_of(order.id)
    out = [row for s, row in rows if s.payout is not None and s.payout.status == "PAID"]
    return {
        "status": order.status,
        "currency": order.currency,
        "units": {
            line.id: {
                "sku_id": line.sku.sku_id,
                "cancelled": not line.active,
                "shipped": line.status in SHIPPED,
                "shipments": line.shipments,
                "refunded": cash(line.refunded),
            }
            for line in order.lines
        },
        "packages": [
            {
                "id": package.id,
                "status": package.status,
                "tracking_number": package.tracking,
                "line_ids": list(package.line_ids),
            }
            for package in order.packages
        ],
        "paid": cash(paid),
        "cancelled": cash(cancelled),
        "returned": cash(returned),
        "refunded": cash(cancelled + returned),
        "refunded_fees": cash(fees),
        "settled": cash(sum(row.settlement for _, row in rows)),
        "paid_out": cash(sum(row.settlement for row in out)),
    }
