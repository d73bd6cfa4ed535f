from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from .fields import EncryptedJSONField


class Vendor(models.TextChoices):
    TIKTOK = "tiktok", "TikTok Shop"
    STRIPE = "stripe", "Stripe"


class ConnectionState(models.TextChoices):
    PENDING = "pending", "Waiting for authorization"
    ACTIVE = "active", "Active"
    NEEDS_REAUTH = "needs_reauth", "Authorization must be renewed"
    DISABLED = "disabled", "Disconnected"


class Connection(models.Model):
    """One account of one vendor, serving one Saleor channel.

    A TikTok shop serves one channel; a Stripe account may serve several. ``credentials``
    (encrypted) holds TikTok's app key and secret, service id and tokens, or Stripe's keys and
    webhook secrets; it never leaves the accounts room. ``account_handle`` is what calls name the
    account by (TikTok's shop cipher). ``policy`` is a ``ChannelPolicy`` or ``StripePolicy`` as
    JSON. ``findings`` are those of the last verification.
    ``refresh_pending_since`` is set before a token refresh is sent and cleared once its answer is
    stored: while set, the vendor may have rotated tokens that we never saw. Orders placed before
    ``orders_since`` are not imported: the moment the shop was connected, moved back by whoever asks
    for history.
    """

    vendor = models.CharField(max_length=16, choices=Vendor.choices)
    channel_slug = models.SlugField(max_length=255, allow_unicode=True)
    state = models.CharField(
        max_length=16, choices=ConnectionState.choices, default=ConnectionState.PENDING
    )
    state_reason = models.TextField(blank=True, default="")
    account_id = models.CharField(max_length=64, blank=True, default="")
    account_name = models.CharField(max_length=255, blank=True, default="")
    account_handle = models.CharField(max_length=255, blank=True, default="")
    region = models.CharField(max_length=8, blank=True, default="")
    livemode = models.BooleanField(default=True)
    credentials = EncryptedJSONField(default=dict)
    access_issued_at = models.DateTimeField(null=True, blank=True)
    access_expires_at = models.DateTimeField(null=True, blank=True)
    refresh_expires_at = models.DateTimeField(null=True, blank=True)
    refresh_lease_until = models.DateTimeField(null=True, blank=True)
    refresh_pending_since = models.DateTimeField(null=True, blank=True)
    scopes = models.JSONField(default=list)
    shops = models.JSONField(default=list)
    policy = models.JSONField(default=dict)
    orders_since = models.DateTimeField(null=True, blank=True)
    verified_at = models.DateTimeField(null=True, blank=True)
    findings = models.JSONField(default=list)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        app_label = "saleor_tiktok_stripe"
        constraints = [
            models.UniqueConstraint(
                fields=["vendor", "channel_slug"], name="tts_connection_channel"
            ),
            models.UniqueConstraint(
                fields=["vendor", "account_id"],
                condition=Q(vendor="tiktok", state__in=["active", "needs_reauth"])
                & ~Q(account_id=""),
                name="tts_connection_account_once",
            ),
        ]
        indexes = [models.Index(fields=["vendor", "account_id"], name="tts_connection_account")]

    def __str__(self) -> str:
        return f"{self.vendor}:{self.channel_slug}"


class OAuthState(models.Model):
    """A single-use, expiring proof that a consent was asked for here. Only its hash is stored.

    ``purpose`` keeps a proof made for one step from serving another; ``actor`` is who asked.
    """

    state_hash = models.CharField(max_length=64, unique=True)
    purpose = models.CharField(max_length=16, default="consent")
    actor = models.CharField(max_length=255, blank=True, default="")
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="+")
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        app_label = "saleor_tiktok_stripe"


class AuditEntry(models.Model):
    """Who did what, when, to which thing. Append only; no secret and no buyer data."""

    at = models.DateTimeField(default=timezone.now)
    actor = models.CharField(max_length=255)
    action = models.CharField(max_length=64)
    connection = models.ForeignKey(
        Connection, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    subject = models.CharField(max_length=255, blank=True, default="")
    data = models.JSONField(default=dict)

    class Meta:
        app_label = "saleor_tiktok_stripe"
        indexes = [models.Index(fields=["-at"], name="tts_audit_at")]
