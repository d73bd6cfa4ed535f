from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from .connection import Connection


class PushedValue(models.Model):
    """Common to what is told to the marketplace for a SKU. ``due``: it must be looked at and, if it
    differs, pushed; ``marks`` counts how often it became so, so that a value that changed while it
    was being pushed stays due. ``terms`` are what the wanted value was made of, ``pushed_terms``
    those of the pushed one, by job ``job_id``. ``problem`` is why the last push was refused; it is
    not tried again before ``retry_at``. ``checked_at`` empty: what the marketplace has must be
    asked, whatever was pushed.
    """

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="+")
    sku_id = models.CharField(max_length=64)
    terms = models.JSONField(default=dict)
    pushed_terms = models.JSONField(default=dict)
    pushed_at = models.DateTimeField(null=True, blank=True)
    job_id = models.BigIntegerField(null=True, blank=True)
    answer = models.CharField(max_length=500, blank=True, default="")
    problem = models.JSONField(null=True, blank=True)
    due = models.BooleanField(default=True)
    marks = models.IntegerField(default=0)
    retry_at = models.DateTimeField(null=True, blank=True)
    checked_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        abstract = True


class StockLevel(PushedValue):
    """How many of a SKU the marketplace may sell. ``seen`` is what it said it had, at ``seen_at``.
    ``reserved``: checkouts held some when it was computed, or orders were owed some, so it is
    computed again by the clock.
    ``short``: more were sold than there are, so many.
    """

    wanted = models.IntegerField(null=True, blank=True)
    pushed = models.IntegerField(null=True, blank=True)
    seen = models.IntegerField(null=True, blank=True)
    seen_at = models.DateTimeField(null=True, blank=True)
    reserved = models.BooleanField(default=False)
    short = models.IntegerField(default=0)

    class Meta:
        app_label = "saleor_tiktok_stripe"
        constraints = [
            models.UniqueConstraint(fields=["connection", "sku_id"], name="tts_stock_once"),
        ]
        indexes = [
            models.Index(fields=["connection"], condition=Q(due=True), name="tts_stock_due"),
            models.Index(
                fields=["connection"], condition=Q(reserved=True), name="tts_stock_reserved"
            ),
            models.Index(
                fields=["connection"], condition=Q(problem__isnull=False), name="tts_stock_problem"
            ),
            models.Index(fields=["connection"], condition=Q(short__gt=0), name="tts_stock_short"),
        ]


class PriceLevel(PushedValue):
    """What a SKU costs at the marketplace, in ``currency``."""

    currency = models.CharField(max_length=3, blank=True, default="")
    wanted = models.DecimalField(max_digits=20, decimal_places=3, null=True, blank=True)
    pushed = models.DecimalField(max_digits=20, decimal_places=3, null=True, blank=True)

    class Meta:
        app_label = "saleor_tiktok_stripe"
        constraints = [
            models.UniqueConstraint(fields=["connection", "sku_id"], name="tts_price_once"),
        ]
        indexes = [
            models.Index(fields=["connection"], condition=Q(due=True), name="tts_price_due"),
            models.Index(
                fields=["connection"], condition=Q(problem__isnull=False), name="tts_price_problem"
            ),
        ]


class WaitingOrder(models.Model):
    """An order that holds stock at the marketplace but is not in Saleor (unpaid, on hold, parked):
    what it holds must not be offered again. ``units``: SKU id -> pieces. After ``expires_at`` the
    row counts no more: the marketplace has long cancelled such an order, unheard."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="+")
    order_id = models.CharField(max_length=64)
    units = models.JSONField(default=dict)
    marketplace_updated_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        app_label = "saleor_tiktok_stripe"
        constraints = [
            models.UniqueConstraint(fields=["connection", "order_id"], name="tts_waiting_once"),
        ]
