"""What was sold, once per sale, and its sums by day.

A fact is worked out from the rows of other rooms whenever one of them changed; sums are worked out
from facts whenever a day's fact changed. Nothing here is counted up or down.
"""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from .connection import Connection


class SaleFact(models.Model):
    """A marketplace order, or a Saleor order paid by Stripe, as it is now.

    ``sale_id`` is the marketplace's order id, or Saleor's. ``day`` and ``hour`` are those of
    ``placed_at`` in the shop's time zone. Amounts are in ``currency``; ``volume`` is what the sale
    came to, also of a cancelled one. ``money``: what is in the vendor's books, by currency and
    ``LedgerEntry.Kind``: ``[settled, estimated]`` as text, signed as the merchant sees it.
    ``settled``: some of it is settled, ``estimated``: some is an estimate. ``lines``: per product
    ``{"key", "units", "volume"}``; ``lines_of`` names what they were read for, so that they are
    read once.
    """

    class Standing(models.TextChoices):
        SOLD = "sold", "Sold"
        CANCELLED = "cancelled", "Cancelled"
        UNPAID = "unpaid", "Not paid"

    class State(models.TextChoices):
        PENDING = "pending", "Payment under way"
        AUTHORIZED = "authorized", "Authorized, not captured"
        PAID = "paid", "Paid, not settled"
        SETTLED = "settled", "Paid and settled"
        PARTLY_REFUNDED = "partly_refunded", "Partly refunded"
        REFUNDED = "refunded", "Refunded"
        DISPUTED = "disputed", "Disputed"
        CANCELLED = "cancelled", "Cancelled"
        UNPAID = "unpaid", "Not paid"

    connection = models.ForeignKey(
        Connection, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    sale_id = models.CharField(max_length=64)
    placed_at = models.DateTimeField()
    day = models.DateField()
    hour = models.SmallIntegerField()
    standing = models.CharField(max_length=12, choices=Standing.choices)
    state = models.CharField(max_length=16, choices=State.choices)
    currency = models.CharField(max_length=3)
    volume = models.DecimalField(max_digits=20, decimal_places=3)
    units = models.IntegerField(default=0)
    shipping = models.DecimalField(max_digits=20, decimal_places=3, default=0)
    tax = models.DecimalField(max_digits=20, decimal_places=3, default=0)
    seller_discount = models.DecimalField(max_digits=20, decimal_places=3, default=0)
    platform_discount = models.DecimalField(max_digits=20, decimal_places=3, default=0)
    refunded = models.DecimalField(max_digits=20, decimal_places=3, default=0)
    disputes = models.SmallIntegerField(default=0)
    disputed = models.DecimalField(max_digits=20, decimal_places=3, default=0)
    dispute_lost = models.DecimalField(max_digits=20, decimal_places=3, default=0)
    settled = models.BooleanField(default=False)
    estimated = models.BooleanField(default=False)
    money = models.JSONField(default=dict)
    lines = models.JSONField(default=list)
    lines_of = models.CharField(max_length=80, blank=True, default="")
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        app_label = "saleor_tiktok_stripe"
        constraints = [
            models.UniqueConstraint(fields=["connection", "sale_id"], name="tts_fact_once"),
        ]
        indexes = [
            models.Index(fields=["connection", "day"], name="tts_fact_day"),
            models.Index(
                fields=["connection"],
                condition=models.Q(estimated=True),
                name="tts_fact_estimated",
            ),
        ]


class SalesRollup(models.Model):
    """Common to sums of a local day of a connection, in one currency."""

    connection = models.ForeignKey(
        Connection, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    day = models.DateField()
    currency = models.CharField(max_length=3)

    class Meta:
        abstract = True


class SalesDay(SalesRollup):
    """Sold ``orders`` and ``cancelled`` ones; all other amounts are of those that are sold.
    ``settled`` and ``estimated`` count those whose net is settled, or partly an estimate."""

    orders = models.IntegerField()
    cancelled = models.IntegerField()
    cancelled_volume = models.DecimalField(max_digits=24, decimal_places=3)
    units = models.BigIntegerField()
    volume = models.DecimalField(max_digits=24, decimal_places=3)
    shipping = models.DecimalField(max_digits=24, decimal_places=3)
    tax = models.DecimalField(max_digits=24, decimal_places=3)
    seller_discount = models.DecimalField(max_digits=24, decimal_places=3)
    platform_discount = models.DecimalField(max_digits=24, decimal_places=3)
    refunded_orders = models.IntegerField()
    refunded = models.DecimalField(max_digits=24, decimal_places=3)
    disputes = models.IntegerField()
    disputed_orders = models.IntegerField()
    disputed = models.DecimalField(max_digits=24, decimal_places=3)
    dispute_lost = models.DecimalField(max_digits=24, decimal_places=3)
    settled = models.IntegerField()
    estimated = models.IntegerField()

    class Meta:
        app_label = "saleor_tiktok_stripe"
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "day", "currency"], name="tts_salesday_once"
            ),
        ]


class SalesHour(SalesRollup):
    """Sold orders by hour of the local day."""

    hour = models.SmallIntegerField()
    orders = models.IntegerField()
    units = models.BigIntegerField()
    volume = models.DecimalField(max_digits=24, decimal_places=3)

    class Meta:
        app_label = "saleor_tiktok_stripe"
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "day", "currency", "hour"], name="tts_saleshour_once"
            ),
        ]


class SalesMoneyDay(SalesRollup):
    """What is in the vendors' books of a day's sales, also of cancelled ones, by kind
    (``LedgerEntry.Kind``) and signed: all kinds together are the net."""

    kind = models.CharField(max_length=24)
    settled = models.DecimalField(max_digits=24, decimal_places=3)
    estimated = models.DecimalField(max_digits=24, decimal_places=3)

    class Meta:
        app_label = "saleor_tiktok_stripe"
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "day", "currency", "kind"], name="tts_salesmoney_once"
            ),
        ]


class SalesProductDay(SalesRollup):
    """What was sold of a product. ``key`` is a ``SoldProduct``'s."""

    key = models.CharField(max_length=280)
    orders = models.IntegerField()
    units = models.BigIntegerField()
    volume = models.DecimalField(max_digits=24, decimal_places=3)

    class Meta:
        app_label = "saleor_tiktok_stripe"
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "day", "currency", "key"], name="tts_salesproduct_once"
            ),
        ]


class SalesStateDay(SalesRollup):
    """Orders by the state of their payment (``SaleFact.State``)."""

    state = models.CharField(max_length=16)
    orders = models.IntegerField()
    volume = models.DecimalField(max_digits=24, decimal_places=3)

    class Meta:
        app_label = "saleor_tiktok_stripe"
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "day", "currency", "state"], name="tts_salesstate_once"
            ),
        ]


class StaleSalesDay(models.Model):
    """A day whose sums must be worked out again: written with the fact that changed."""

    connection = models.ForeignKey(
        Connection, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    day = models.DateField()
    since = models.DateTimeField(default=timezone.now)

    class Meta:
        app_label = "saleor_tiktok_stripe"
        constraints = [
            models.UniqueConstraint(fields=["connection", "day"], name="tts_staleday_once"),
        ]


class SoldProduct(models.Model):
    """How a product is called. ``key`` is Saleor's variant id, or ``sku:`` and the SKU where the
    line has no variant."""

    key = models.CharField(max_length=280, unique=True)
    variant_id = models.CharField(max_length=64, blank=True, default="")
    sku = models.CharField(max_length=255, blank=True, default="")
    name = models.CharField(max_length=500, blank=True, default="")
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        app_label = "saleor_tiktok_stripe"
