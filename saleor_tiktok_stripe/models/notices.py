from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from .connection import Connection
from .fields import EncryptedJSONField


class NoticeSettings(models.Model):
    """What a channel's merchant wants to be told, and where to.

    ``policy`` is an ``accounts.NoticePolicy`` as JSON. ``secrets`` (encrypted) are those that
    webhooks are signed with, the newest first, each with the moment it was made and, once there is
    a newer one, until when it is still used. ``digest_on`` is the day (in the shop's time zone) of
    the last digest, ``told_at`` when something was last told at once.
    """

    channel_slug = models.SlugField(max_length=255, allow_unicode=True, unique=True)
    policy = models.JSONField(default=dict)
    secrets = EncryptedJSONField(default=list)
    digest_on = models.DateField(null=True, blank=True)
    told_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        app_label = "saleor_tiktok_stripe"


class Notice(models.Model):
    """A problem or a deadline that the merchant should know of. No buyer data, no secret.

    ``key`` names it once in its channel. ``subject`` is what it is about (a case, an order, a
    permission), ``number`` how many there are of it. ``reached`` are the marks it has come to (that
    it is there, that it is urgent, hours before its deadline, orders of magnitude), ``told`` those
    that were told: a mark is told once. ``pending_since``: since when there is something to tell.
    ``closing_told``: that it is solved was told, or needs no telling.
    """

    class State(models.TextChoices):
        OPEN = "open", "Open"
        CLOSED = "closed", "Solved"

    channel_slug = models.SlugField(max_length=255, allow_unicode=True)
    connection = models.ForeignKey(
        Connection, null=True, on_delete=models.CASCADE, related_name="+"
    )
    key = models.CharField(max_length=255)
    kind = models.CharField(max_length=16)
    code = models.CharField(max_length=64)
    severity = models.CharField(max_length=8)
    subject = models.CharField(max_length=255, blank=True, default="")
    number = models.IntegerField(default=1)
    message = models.TextField()
    cure = models.TextField(blank=True, default="")
    place = models.CharField(max_length=255, blank=True, default="")
    due_by = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    reached = ArrayField(models.CharField(max_length=16), default=list)
    told = ArrayField(models.CharField(max_length=16), default=list)
    pending_since = models.DateTimeField(null=True, blank=True)
    told_at = models.DateTimeField(null=True, blank=True)
    first_seen = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True, blank=True)
    closing_told = models.BooleanField(default=False)

    class Meta:
        app_label = "saleor_tiktok_stripe"
        constraints = [
            models.UniqueConstraint(fields=["channel_slug", "key"], name="tts_notice_once"),
        ]
        indexes = [
            models.Index(
                fields=["channel_slug"], condition=Q(state="open"), name="tts_notice_open"
            ),
            models.Index(fields=["channel_slug", "-first_seen"], name="tts_notice_recent"),
        ]


class NoticeDelivery(models.Model):
    """One message to one receiver: a mail to an address (``target``), or a call of the webhook.

    ``content`` is what it tells, as it was when it was written down: every attempt sends the same,
    under the same ``key``. ``error`` is the code of the last attempt that failed.
    """

    class Means(models.TextChoices):
        MAIL = "mail", "E-mail"
        WEBHOOK = "webhook", "Webhook"

    class Reason(models.TextChoices):
        AT_ONCE = "at_once", "At once"
        DIGEST = "digest", "Daily digest"
        TEST = "test", "Test"

    class State(models.TextChoices):
        PENDING = "pending", "On its way"
        SENT = "sent", "Sent"
        FAILED = "failed", "Given up"

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    channel_slug = models.SlugField(max_length=255, allow_unicode=True)
    means = models.CharField(max_length=8, choices=Means.choices)
    reason = models.CharField(max_length=8, choices=Reason.choices)
    target = models.CharField(max_length=320, blank=True, default="")
    content = models.JSONField(default=dict)
    state = models.CharField(max_length=8, choices=State.choices, default=State.PENDING)
    attempts = models.IntegerField(default=0)
    error = models.CharField(max_length=64, blank=True, default="")
    created_at = models.DateTimeField(default=timezone.now)
    attempted_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        app_label = "saleor_tiktok_stripe"
        indexes = [
            models.Index(fields=["channel_slug", "-created_at"], name="tts_delivery_recent"),
        ]
