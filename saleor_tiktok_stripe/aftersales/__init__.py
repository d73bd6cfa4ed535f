"""Refunds, disputes, and the buyers' requests at the marketplace: asked for, sent, recorded,
answered, watched; one queue of what waits for the merchant."""

from .cases.answering import accept, actions, offer, reject, reject_reasons
from .queue import QueueItem, QueuePage, queue
from .refunding import REASONS, RefundCheck, acknowledge, refund, refundable, request_refund

__all__ = [
    "REASONS",
    "QueueItem",
    "QueuePage",
    "RefundCheck",
    "accept",
    "acknowledge",
    "actions",
    "offer",
    "queue",
    "refund",
    "refundable",
    "reject",
    "reject_reasons",
    "request_refund",
]
