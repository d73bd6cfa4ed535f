"""Refunds and disputes of charges: asked for, sent, recorded, answered, watched."""

from .refunding import REASONS, RefundCheck, acknowledge, refund, refundable, request_refund

__all__ = ["REASONS", "RefundCheck", "acknowledge", "refund", "refundable", "request_refund"]
