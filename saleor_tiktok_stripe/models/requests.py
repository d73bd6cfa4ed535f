from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone

from .connection import Connection
from .payments import OPEN_REQUESTS, RequestState


class MarketplaceRequest(models.Model):
    """Something the marketplace is asked to do to an order: the row exists before the call.

    The marketplace knows no idempotency key for most of it. So a row whose answer was not seen is
    ``in_doubt``: nothing of its kind is sent for its subject until the marketplace was asked what
    it did. ``subject``: the Saleor fulfillment (ship, track), the case (answer), or what was asked
    for (cancel, return). ``body`` is what is asked (unit ids, tracking, reason, decision), without
    buyer data; ``reference`` what it became there (package, cancellation or return id).
    ``saleor_event`` and ``transaction_id`` name Saleor's own record of a refund it stands for.
    ``problem`` says why it was refused, as a ``Problem``.
    """

    class Kind(models.TextChoices):
        SHIP = "ship", "Ship"
        TRACK = "track", "Change tracking"
        CANCEL = "cancel", "Cancel"
        RETURN = "return", "Refund or take back"
        ANSWER = "answer", "Answer a case"

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    order_id = models.CharField(max_length=64)
    subject = models.CharField(max_length=128)
    body = models.JSONField(default=dict)
    amount = models.DecimalField(max_digits=20, decimal_places=3, null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True, default="")
    state = models.CharField(
        max_length=16, choices=RequestState.choices, default=RequestState.WAITING
    )
    reference = models.CharField(max_length=64, blank=True, default="")
    actor = models.CharField(max_length=255, blank=True, default="")
    saleor_event = models.CharField(max_length=64, blank=True, default="")
    transaction_id = models.CharField(max_length=255, blank=True, default="")
    granted_refund_id = models.CharField(max_length=64, blank=True, default="")
    request_key = models.CharField(max_length=128, blank=True, default="")
    attempt = models.IntegerField(default=1)
    sent_at = models.DateTimeField(null=True, blank=True)
    problem = models.JSONField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        app_label = "saleor_tiktok_stripe"
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "kind", "order_id", "subject"],
                condition=Q(state__in=OPEN_REQUESTS),
                name="tts_request_open_once",
            ),
            models.UniqueConstraint(
                fields=["saleor_event"],
                condition=~Q(saleor_event=""),
                name="tts_request_event_once",
            ),
            models.UniqueConstraint(
                fields=["connection", "request_key"],
                condition=~Q(request_key=""),
                name="tts_request_key_once",
            ),
        ]
        indexes = [
            models.Index(fields=["connection", "order_id"], name="tts_request_order"),
            models.Index(fields=["connection", "kind", "reference"], name="tts_request_reference"),
        ]
