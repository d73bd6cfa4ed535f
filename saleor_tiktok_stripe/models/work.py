from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils import timezone

from .connection import Connection, Vendor
from .fields import EncryptedTextField


class JobStatus(models.TextChoices):
    QUEUED = "queued", "Waiting"
    RUNNING = "running", "Running"
    PARKED = "parked", "Needs attention"
    DONE = "done", "Done"
    DEAD = "dead", "Given up"


OPEN_STATUSES = [JobStatus.QUEUED, JobStatus.RUNNING, JobStatus.PARKED, JobStatus.DEAD]


class Job(models.Model):
    """One piece of durable work: the row is the work, Celery only wakes a worker.

    At most one row per ``dedup_key`` that is not done. ``generation`` counts the requests merged
    into it: one that arrives while the job runs makes it run again, and a new one revives a parked
    or dead row. ``status`` says whether it ran, ``outcome`` what came of it, ``problem`` is an
    ``errors.Problem`` as JSON while parked or dead.

    ``attempts`` counts runs since the last progress (it sets the pause), ``failures`` only those
    that a working vendor does not explain (they lead to ``dead``). ``solo`` rows run alone, because
    a batch with them took its worker down or kept failing. ``lease_owner`` is unique per claim.
    ``waits_for``: while parked, the keys whose appearance releases the row; while running, the keys
    that appeared since it was claimed.
    """

    kind = models.CharField(max_length=64)
    connection = models.ForeignKey(
        Connection, null=True, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    subject = models.CharField(max_length=128, blank=True, default="")
    dedup_key = models.CharField(max_length=255)
    lane = models.SmallIntegerField(default=1)
    payload = models.JSONField(default=dict)
    status = models.CharField(max_length=8, choices=JobStatus.choices, default=JobStatus.QUEUED)
    outcome = models.CharField(max_length=32, blank=True, default="")
    run_after = models.DateTimeField(default=timezone.now)
    attempts = models.IntegerField(default=0)
    failures = models.IntegerField(default=0)
    solo = models.BooleanField(default=False)
    generation = models.IntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    lease_owner = models.CharField(max_length=64, blank=True, default="")
    problem = models.JSONField(null=True, blank=True)
    waits_for = ArrayField(models.CharField(max_length=160), default=list)
    error_code = models.CharField(max_length=64, blank=True, default="")
    progress = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        app_label = "saleor_tiktok_stripe"
        constraints = [
            models.UniqueConstraint(
                fields=["dedup_key"],
                condition=~Q(status="done"),
                name="tts_job_open_once",
            ),
        ]
        indexes = [
            models.Index(
                fields=["connection", "kind", "lane", "run_after"],
                condition=Q(status="queued"),
                name="tts_job_due",
            ),
            models.Index(
                fields=["lease_until"], condition=Q(status="running"), name="tts_job_leased"
            ),
            models.Index(fields=["status", "connection", "kind"], name="tts_job_listing"),
            models.Index(fields=["connection", "subject"], name="tts_job_subject"),
            models.Index(
                fields=["finished_at"], condition=Q(status="done"), name="tts_job_finished"
            ),
            GinIndex(fields=["waits_for"], condition=Q(status="parked"), name="tts_job_waiting"),
        ]


class EventStatus(models.TextChoices):
    HANDED_OVER = "handed_over", "Handed over"
    IGNORED = "ignored", "Nothing to do"


class InboundEvent(models.Model):
    """A notification as it came in, kept ``conf.event_retention_days``. A hint, never a fact."""

    provider = models.CharField(max_length=16, choices=Vendor.choices)
    connection = models.ForeignKey(
        Connection, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    event_key = models.CharField(max_length=128)
    event_type = models.CharField(max_length=64)
    subject = models.CharField(max_length=128, blank=True, default="")
    body = EncryptedTextField()
    sent_at = models.DateTimeField(null=True, blank=True)
    received_at = models.DateTimeField(default=timezone.now)
    status = models.CharField(max_length=16, choices=EventStatus.choices)
    replays = models.IntegerField(default=0)

    class Meta:
        app_label = "saleor_tiktok_stripe"
        constraints = [
            models.UniqueConstraint(fields=["connection", "event_key"], name="tts_event_once"),
        ]
        indexes = [
            models.Index(fields=["connection", "-received_at"], name="tts_event_recent"),
            models.Index(fields=["connection", "subject"], name="tts_event_subject"),
        ]


class SyncCursor(models.Model):
    """How far a listing was read. ``high_water`` moves only with the page's rows, in one commit.

    A window in progress is ``window_from``..``window_to`` with the ``page_token`` to go on from.
    """

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="+")
    resource = models.CharField(max_length=64)
    high_water = models.DateTimeField(null=True, blank=True)
    window_from = models.DateTimeField(null=True, blank=True)
    window_to = models.DateTimeField(null=True, blank=True)
    page_token = models.TextField(blank=True, default="")
    seen = models.IntegerField(default=0)
    total = models.IntegerField(null=True, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        app_label = "saleor_tiktok_stripe"
        constraints = [
            models.UniqueConstraint(fields=["connection", "resource"], name="tts_cursor_once"),
        ]

    @classmethod
    def of(cls, connection: Connection, resource: str, **defaults: object) -> SyncCursor:
        """The row of a listing, made with ``defaults`` if it is not there."""
        found, _ = cls.objects.get_or_create(
            connection=connection, resource=resource, defaults=defaults
        )
        return found
