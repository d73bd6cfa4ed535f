from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from .connection import Connection


class AfterSalesCase(models.Model):
    """A cancellation, refund, return or replacement request at the marketplace, as it is now.

    ``awaited`` is what the merchant is asked to do (``tiktok.aftersales_types.Awaited``),
    ``due_by`` until when: after it the marketplace decides by itself. ``units``: unit id -> amount
    that goes back for it. ``amount`` is what the buyer gets back. ``due_reminded``: hours before
    the deadline at which it was told of.
    """

    class Kind(models.TextChoices):
        CANCELLATION = "cancellation", "Cancellation"
        REFUND = "refund", "Refund"
        RETURN = "return", "Return and refund"
        REPLACEMENT = "replacement", "Replacement"
        UNKNOWN = "unknown", "Unknown"

    class State(models.TextChoices):
        NEEDS_ANSWER = "needs_answer", "Waits for an answer"
        WAITING = "waiting", "Waits for buyer, carrier or marketplace"
        APPROVED = "approved", "Approved, money on its way"
        REJECTED = "rejected", "Rejected"
        COMPLETE = "complete", "Complete"
        CLOSED = "closed", "Withdrawn or closed"

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="+")
    case_id = models.CharField(max_length=64)
    order_id = models.CharField(max_length=64)
    saleor_order_id = models.CharField(max_length=64, blank=True, default="")
    order_number = models.CharField(max_length=64, blank=True, default="")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    state = models.CharField(max_length=16, choices=State.choices)
    raw_state = models.CharField(max_length=64, blank=True, default="")
    role = models.CharField(max_length=16, blank=True, default="")
    reason = models.CharField(max_length=255, blank=True, default="")
    reason_text = models.CharField(max_length=500, blank=True, default="")
    awaited = models.CharField(max_length=32, blank=True, default="")
    due_by = models.DateTimeField(null=True, blank=True)
    due_reminded = models.IntegerField(null=True, blank=True)
    currency = models.CharField(max_length=3)
    amount = models.DecimalField(max_digits=20, decimal_places=3)
    shipping_amount = models.DecimalField(max_digits=20, decimal_places=3, default=0)
    tax_amount = models.DecimalField(max_digits=20, decimal_places=3, default=0)
    offer = models.DecimalField(max_digits=20, decimal_places=3, null=True, blank=True)
    units = models.JSONField(default=dict)
    tracking_number = models.CharField(max_length=128, blank=True, default="")
    carrier = models.CharField(max_length=128, blank=True, default="")
    buyer_keeps_item = models.BooleanField(default=False)
    arbitration = models.CharField(max_length=32, blank=True, default="")
    replaced_by = models.CharField(max_length=64, blank=True, default="")
    opened_at = models.DateTimeField()
    marketplace_updated_at = models.DateTimeField()
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        app_label = "saleor_tiktok_stripe"
        constraints = [
            models.UniqueConstraint(fields=["connection", "case_id"], name="tts_case_once"),
        ]
        indexes = [
            models.Index(fields=["connection", "order_id"], name="tts_case_order"),
            models.Index(
                fields=["connection", "due_by"],
                condition=Q(state="needs_answer"),
                name="tts_case_due",
            ),
            models.Index(fields=["connection", "-opened_at"], name="tts_case_recent"),
            models.Index(fields=["connection", "updated_at"], name="tts_case_changed"),
        ]
