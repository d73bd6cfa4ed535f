"""What made-up shops are made of: markets, choices of merchants, faults, times."""

from __future__ import annotations

from random import Random

from .both_ways_stage import World

REGIONS = ("US",) * 4 + ("GB",) * 2 + ("DE",) * 2 + ("ID", "TH", "MX", "JP")
WITH_STRIPE = ("US", "GB", "DE")
ROUNDS = 10
KILLS = 6
"""At most so many processes die: a job that takes down five workers is given up."""
TURNS = (
    (10, 60, 400, 4_000, 15_000, 50_000, 90_000),
    (4, 5, 6, 6, 4, 2, 1),
)
"""Seconds by which it gets later at once."""
WAYS = (40_000, 200_000, 9 * 86_400, 15 * 86_400)
"""Steps in which time goes by at the end: what nobody answers is decided then."""
LONG = frozenset({"AWAITING_COLLECTION", "IN_TRANSIT", "DELIVERED"})
KINDS_OF_RETURN = ("REFUND", "RETURN_AND_REFUND", "RETURN_AND_REFUND", "REPLACEMENT")
RETURN_STEPS = {
    "RETURN_OR_REFUND_REQUEST_PENDING": ("withdraw_return", "edit_return"),
    "REFUND_OR_RETURN_REQUEST_REJECT": ("withdraw_return", "dispute", "dispute", "edit_return"),
    "AWAITING_BUYER_RESPONSE": ("answer_offer",),
    "AWAITING_BUYER_SHIP": ("buyer_ships", "buyer_ships", "withdraw_return"),
    "BUYER_SHIPPED_ITEM": ("parcel_arrives",),
    "REJECT_RECEIVE_PACKAGE": ("dispute",),
}
"""What a return's buyer, carrier or TikTok may do, by its status."""
TO_COME_BACK = {"AWAITING_BUYER_SHIP": "buyer_ships", "BUYER_SHIPPED_ITEM": "parcel_arrives"}
"""What brings goods back that the seller agreed to take."""
ADJUSTMENTS = ("LOGISTICS_REIMBURSEMENT", "PLATFORM_PENALTY", "SHIPPING_FEE_ADJUSTMENT")
_ANY = ("", "", "/fulfillment", "/orders", "/return_refund")
_WRITES = ("/packages", "/ship", "/cancellations", "/returns", "/inventory", "/split")
FAULTS = {
    "rate_limit": _ANY,
    "internal_error": (*_ANY, *_WRITES),
    "unavailable": (*_ANY, *_WRITES),
    "reset": (*_ANY, *_WRITES),
    "lost_answer": (*_ANY, *_WRITES, *_WRITES),
    "moves_while_paging": ("",),
}
LOST = ("/ship$", "/ship$", "/packages$", "/packages$", "/returns$", "/returns$", "/returns$",
        "/cancellations$", "/approve$", "/reject$", "/inventory/update$")  # fmt: skip
"""Writes, and only these, whose answers get lost though they were done."""
PERIODIC = ("orders.poll", "cases.poll", "ledger.import")
OFTEN = ("orders.watch", "stock.push", "price.push")


def a_world(rng: Random, region: str = "") -> World:
    """A market, and what its merchant chose."""
    region = region or rng.choice(REGIONS)
    return World(
        region,
        {
            "hold_policy": rng.choice(("wait", "wait", "import_unconfirmed")),
            "cancel_reason": rng.choice(("out_of_stock", "out_of_stock", "cannot_deliver")),
            "restock_returns": rng.random() < 0.5,
            "stock_percent": rng.choice((100, 100, 80)),
            "stock_buffer": rng.choice((0, 0, 2)),
            "price_push": rng.random() < 0.3,
        },
        stripe=region in WITH_STRIPE and rng.random() < 0.6,
        newer_events=rng.random() < 0.5,
    )
