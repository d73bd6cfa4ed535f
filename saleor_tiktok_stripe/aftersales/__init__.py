"""Refunds, disputes, and the buyers' requests at the marketplace: asked for, sent, recorded,
answered, watched; one queue of what waits for the merchant."""

from .by_order import OrderRefund, Wish, refund_order
from .cases.answering import accept, actions, offer, reject, reject_reasons
from .erasing import Erased, erase_buyer_data
from .queue import QueueItem, QueuePage, queue
from .refunding import (
    REASONS,
    RefundCheck,
    acknowledge,
    left_to_refund,
    refund,
    refundable,
    request_refund,
)

__all__ = [
    "Erased",
    "OrderRefund",
    "REASONS",
    "QueueItem",
    "QueuePage",
    "RefundCheck",
    "Wish",
    "accept",
    "acknowledge",
    "actions",
    "left_to_refund",
    "erase_buyer_data",
    "offer",
    "queue",
    "refund",
    "refund_order",
    "refundable",
    "reject",
    "reject_reasons",
    "request_refund",
]
