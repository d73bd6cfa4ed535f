from __future__ import annotations

import uuid

from django.db import models
from django.utils import timezone

from .connection import Connection
from .fields import EncryptedJSONField, EncryptedTextField
from .payments import Charge


class Dispute(models.Model):
    """A buyer's bank questions a charge. ``state`` is a ``stripe_api.types.DisputeState``.

    ``amount`` is in ``currency``. ``withdrawn``, ``reinstated`` and ``fee`` (all positive) are what
    moved in the balance, in ``settlement_currency``. ``due_by`` None: no answer is possible.
    ``warned`` holds the deadline warnings that were given (hours before ``due_by``).
    """

    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="+")
    charge = models.ForeignKey(Charge, on_delete=models.PROTECT, related_name="disputes")
    dispute_id = models.CharField(max_length=64)
    state = models.CharField(max_length=24)
    raw_state = models.CharField(max_length=64, blank=True, default="")
    reason = models.CharField(max_length=64, blank=True, default="")
    network_reason_code = models.CharField(max_length=32, blank=True, default="")
    is_inquiry = models.BooleanField(default=False)
    amount = models.DecimalField(max_digits=20, decimal_places=3)
    currency = models.CharField(max_length=3)
    withdrawn = models.DecimalField(max_digits=20, decimal_places=3, default=0)
    reinstated = models.DecimalField(max_digits=20, decimal_places=3, default=0)
    fee = models.DecimalField(max_digits=20, decimal_places=3, default=0)
    settlement_currency = models.CharField(max_length=3, blank=True, default="")
    due_by = models.DateTimeField(null=True, blank=True)
    has_evidence = models.BooleanField(default=False)
    past_due = models.BooleanField(default=False)
    submission_count = models.IntegerField(default=0)
    refundable = models.BooleanField(default=False)
    auto_submits = models.BooleanField(default=False)
    eligibility = models.JSONField(default=dict)
    warned = models.JSONField(default=list)
    livemode = models.BooleanField(default=False)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    synced_at = models.DateTimeField(default=timezone.now)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        app_label = "saleor_tiktok_stripe"
        constraints = [
            models.UniqueConstraint(fields=["connection", "dispute_id"], name="tts_dispute_once"),
        ]
        indexes = [models.Index(fields=["state", "due_by"], name="tts_dispute_due")]


class EvidenceState(models.TextChoices):
    DRAFT = "draft", "Draft, only here"
    STAGED = "staged", "Staged at Stripe, not sent"
    SUBMITTING = "submitting", "Being sent"
    IN_DOUBT = "in_doubt", "Sent, answer not seen"
    SUBMITTED = "submitted", "Sent to the bank"
    ACCEPTING = "accepting", "Being accepted"
    ACCEPTED = "accepted", "Dispute accepted"


class DisputeEvidence(models.Model):
    """The answer to a dispute: a draft that is edited, then sent once; what was sent is kept.

    ``fields`` (buyer data, encrypted) by Stripe's evidence field names. ``version`` grows with each
    edit, so that two people do not overwrite each other.
    """

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    dispute = models.OneToOneField(Dispute, on_delete=models.CASCADE, related_name="evidence")
    state = models.CharField(
        max_length=16, choices=EvidenceState.choices, default=EvidenceState.DRAFT
    )
    fields = EncryptedJSONField(default=dict)
    sent = EncryptedJSONField(default=dict)
    version = models.IntegerField(default=0)
    edited_by = models.CharField(max_length=255, blank=True, default="")
    submitted_by = models.CharField(max_length=255, blank=True, default="")
    submitted_at = models.DateTimeField(null=True, blank=True)
    message = models.TextField(blank=True, default="")
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        app_label = "saleor_tiktok_stripe"


class EvidenceFile(models.Model):
    """A file of an answer. ``content`` (base64, encrypted) is our own copy: Stripe gives none back.

    ``file_id`` is Stripe's, "" until uploaded. ``generated``: made by this plugin from the order.
    """

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    evidence = models.ForeignKey(DisputeEvidence, on_delete=models.CASCADE, related_name="files")
    field = models.CharField(max_length=64)
    filename = models.CharField(max_length=255)
    content_type = models.CharField(max_length=64)
    size = models.IntegerField()
    pages = models.IntegerField(default=1)
    content = EncryptedTextField()
    file_id = models.CharField(max_length=64, blank=True, default="")
    generated = models.BooleanField(default=False)
    uploaded_by = models.CharField(max_length=255, blank=True, default="")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        app_label = "saleor_tiktok_stripe"
        constraints = [
            models.UniqueConstraint(fields=["evidence", "field"], name="tts_evidence_field_once"),
        ]
