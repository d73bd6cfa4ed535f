from __future__ import annotations

from django.db import models
from django.utils import timezone

from .connection import Connection


class Carrier(models.Model):
    """A carrier that the marketplace knows for this shop. ``gone``: it no longer lists it."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="+")
    carrier_id = models.CharField(max_length=64)
    name = models.CharField(max_length=255)
    gone = models.BooleanField(default=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        app_label = "saleor_tiktok_stripe"
        constraints = [
            models.UniqueConstraint(fields=["connection", "carrier_id"], name="tts_carrier_once"),
        ]


class CarrierLink(models.Model):
    """The manual table: what Saleor calls a carrier (compared without case, spaces and signs), and
    the marketplace's."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=255)
    carrier_id = models.CharField(max_length=64)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        app_label = "saleor_tiktok_stripe"
        constraints = [
            models.UniqueConstraint(fields=["connection", "name"], name="tts_carrierlink_once"),
        ]
