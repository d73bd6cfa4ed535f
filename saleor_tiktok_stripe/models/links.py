from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from .connection import Connection


class LinkMethod(models.TextChoices):
    SKU = "sku", "Same SKU"
    EXTERNAL_REFERENCE = "external_reference", "Same external reference"
    BARCODE = "barcode", "Same barcode"
    MANUAL = "manual", "Set by hand"
    UNLINKED = "unlinked", "Unlinked by hand"
    MISSING = "missing", "No variant found yet"


class SkuLink(models.Model):
    """A marketplace SKU and the Saleor variant it sells.

    ``variant_id`` empty with method ``unlinked`` means somebody cut the link on purpose: the
    automatic matching leaves it alone. With ``missing`` it goes on looking; ``note`` says why it
    found none.
    """

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="+")
    sku_id = models.CharField(max_length=64)
    product_id = models.CharField(max_length=64, blank=True, default="")
    seller_sku = models.CharField(max_length=255, blank=True, default="")
    barcode = models.CharField(max_length=64, blank=True, default="")
    title = models.CharField(max_length=500, blank=True, default="")
    variant_id = models.CharField(max_length=64, blank=True, default="")
    variant_sku = models.CharField(max_length=255, blank=True, default="")
    method = models.CharField(max_length=20, choices=LinkMethod.choices)
    note = models.CharField(max_length=500, blank=True, default="")
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        app_label = "saleor_tiktok_stripe"
        constraints = [
            models.UniqueConstraint(fields=["connection", "sku_id"], name="tts_skulink_once"),
        ]
        indexes = [
            models.Index(fields=["connection", "variant_id"], name="tts_skulink_variant"),
            models.Index(
                fields=["connection", "updated_at"],
                condition=Q(method="missing"),
                name="tts_skulink_missing",
            ),
        ]


class OrderLink(models.Model):
    """A marketplace order and its Saleor order.

    ``fingerprint`` covers everything of the marketplace order that was brought over: equal means
    nothing to do; empty, that it must be looked at. ``line_map``: unit id -> Saleor order line id.
    ``unallocated``: SKU -> units sold for which no stock could be set aside. ``address_hash`` names
    the readable address that was brought over. ``refunds_open``: items were cancelled and the money
    is not reported as given back yet. ``has_returns``: the marketplace has refund or return
    requests for it. ``ship_by``: while something is still to be shipped, until when. ``money``:
    what was checked when it was brought over, as text by name (``currency``, ``buyer``,
    ``platform``, ``goods`` after the seller's discount as the marketplace counts them,
    ``seller_discount``, ``shipping``, ``tax``, ``fees``).
    """

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="+")
    order_id = models.CharField(max_length=64)
    saleor_order_id = models.CharField(max_length=64)
    saleor_number = models.CharField(max_length=64, blank=True, default="")
    state = models.CharField(max_length=24)
    marketplace_updated_at = models.DateTimeField()
    fingerprint = models.CharField(max_length=64)
    line_map = models.JSONField(default=dict)
    unallocated = models.JSONField(default=dict)
    address_hash = models.CharField(max_length=64, blank=True, default="")
    refunds_open = models.BooleanField(default=False)
    has_returns = models.BooleanField(default=False)
    placed_at = models.DateTimeField(default=timezone.now)
    ship_by = models.DateTimeField(null=True, blank=True)
    money = models.JSONField(default=dict)
    reference_sent_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        app_label = "saleor_tiktok_stripe"
        constraints = [
            models.UniqueConstraint(fields=["connection", "order_id"], name="tts_orderlink_once"),
        ]
        indexes = [
            models.Index(fields=["saleor_order_id"], name="tts_orderlink_saleor"),
            models.Index(fields=["connection", "saleor_number"], name="tts_orderlink_number"),
            models.Index(
                fields=["connection"],
                condition=Q(reference_sent_at__isnull=True),
                name="tts_orderlink_unsent",
            ),
            models.Index(
                fields=["connection", "updated_at"],
                condition=Q(refunds_open=True),
                name="tts_orderlink_refunds",
            ),
            models.Index(
                fields=["connection", "ship_by"],
                condition=Q(ship_by__isnull=False),
                name="tts_orderlink_ship_by",
            ),
            models.Index(fields=["connection", "placed_at"], name="tts_orderlink_placed"),
            models.Index(fields=["connection", "updated_at"], name="tts_orderlink_changed"),
            models.Index(
                fields=["connection", "state"],
                condition=~Q(unallocated={}),
                name="tts_orderlink_oversold",
            ),
        ]
