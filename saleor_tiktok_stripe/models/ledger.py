from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from .connection import Connection


class Payout(models.Model):
    """Money sent to the merchant's bank: a marketplace payment or withdrawal, or a Stripe payout.

    ``amount`` is what arrived, in ``currency``. Where the marketplace exchanged it,
    ``before_exchange`` (in ``settled_currency``) and ``exchange_rate`` say what it was.
    """

    class State(models.TextChoices):
        PENDING = "pending", "On its way"
        PAID = "paid", "Paid"
        FAILED = "failed", "Failed"
        CANCELED = "canceled", "Canceled"

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="+")
    payout_id = models.CharField(max_length=64)
    kind = models.CharField(max_length=16)
    state = models.CharField(max_length=16, choices=State.choices)
    currency = models.CharField(max_length=3)
    amount = models.DecimalField(max_digits=20, decimal_places=3)
    settled_currency = models.CharField(max_length=3, blank=True, default="")
    settlement = models.DecimalField(max_digits=20, decimal_places=3, null=True, blank=True)
    reserve = models.DecimalField(max_digits=20, decimal_places=3, null=True, blank=True)
    before_exchange = models.DecimalField(max_digits=20, decimal_places=3, null=True, blank=True)
    exchange_rate = models.DecimalField(max_digits=20, decimal_places=10, null=True, blank=True)
    bank_account = models.CharField(max_length=64, blank=True, default="")
    made_at = models.DateTimeField()
    paid_at = models.DateTimeField(null=True, blank=True)
    entries_complete = models.BooleanField(default=False)
    raw = models.JSONField(default=dict)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        app_label = "saleor_tiktok_stripe"
        constraints = [
            models.UniqueConstraint(fields=["connection", "payout_id"], name="tts_payout_once"),
        ]
        indexes = [models.Index(fields=["connection", "-made_at"], name="tts_payout_recent")]


class Statement(models.Model):
    """A marketplace's settlement of one day. ``settlement`` is the plain sum of its parts and of
    its rows; ``payable`` that plus ``reserve``."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="+")
    statement_id = models.CharField(max_length=64)
    at = models.DateTimeField()
    currency = models.CharField(max_length=3)
    settlement = models.DecimalField(max_digits=20, decimal_places=3)
    revenue = models.DecimalField(max_digits=20, decimal_places=3)
    fee = models.DecimalField(max_digits=20, decimal_places=3)
    shipping = models.DecimalField(max_digits=20, decimal_places=3)
    adjustment = models.DecimalField(max_digits=20, decimal_places=3)
    reserve = models.DecimalField(max_digits=20, decimal_places=3, null=True, blank=True)
    payable = models.DecimalField(max_digits=20, decimal_places=3, null=True, blank=True)
    payment_status = models.CharField(max_length=16)
    payment_id = models.CharField(max_length=64, blank=True, default="")
    payout = models.ForeignKey(
        Payout, null=True, blank=True, on_delete=models.SET_NULL, related_name="statements"
    )
    rows_complete = models.BooleanField(default=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        app_label = "saleor_tiktok_stripe"
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "statement_id"], name="tts_statement_once"
            ),
        ]
        indexes = [
            models.Index(fields=["connection", "-at"], name="tts_statement_recent"),
            models.Index(fields=["connection", "payment_id"], name="tts_statement_payment"),
        ]


class LedgerEntry(models.Model):
    """One named amount, signed as the merchant sees it: what comes in is positive.

    ``source_id`` names it once per connection (``<transaction>:<component>``). ``row_id`` is the
    statement transaction or balance transaction it is part of. ``component`` is the vendor's own
    name of it. ``order_id`` is the marketplace's order, or Saleor's for a Stripe payment ("" for
    what belongs to none); ``ordered_at`` is when it was placed, where that was told. ``source_ref``
    is what moved the money: a Stripe payment or payout, an adjustment, a reserve. ``expected``: an
    estimate that goes away once it is settled.
    """

    class Kind(models.TextChoices):
        SALE = "sale", "Sale"
        SELLER_DISCOUNT = "seller_discount", "Seller's discount"
        PLATFORM_DISCOUNT = "platform_discount", "Platform's discount"
        REFUND = "refund", "Refund"
        FEE = "fee", "Fee"
        COMMISSION = "commission", "Affiliate commission"
        SHIPPING = "shipping", "Shipping"
        TAX = "tax", "Tax"
        ADJUSTMENT = "adjustment", "Adjustment"
        RESERVE = "reserve", "Reserve"
        DISPUTE = "dispute", "Dispute"
        PAYOUT = "payout", "Payout"
        OTHER = "other", "Other"

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="+")
    source_id = models.CharField(max_length=160)
    row_id = models.CharField(max_length=64)
    kind = models.CharField(max_length=24, choices=Kind.choices)
    component = models.CharField(max_length=96, blank=True, default="")
    currency = models.CharField(max_length=3)
    amount = models.DecimalField(max_digits=20, decimal_places=3)
    order_id = models.CharField(max_length=64, blank=True, default="")
    saleor_order_id = models.CharField(max_length=64, blank=True, default="")
    source_ref = models.CharField(max_length=64, blank=True, default="")
    ordered_at = models.DateTimeField(null=True, blank=True)
    statement = models.ForeignKey(
        Statement, null=True, blank=True, on_delete=models.CASCADE, related_name="entries"
    )
    payout = models.ForeignKey(
        Payout, null=True, blank=True, on_delete=models.SET_NULL, related_name="entries"
    )
    expected = models.BooleanField(default=False)
    in_settlement = models.BooleanField(default=True)
    """False for what is told besides and not part of the sum (what the buyer paid, sales tax)."""
    happened_at = models.DateTimeField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        app_label = "saleor_tiktok_stripe"
        constraints = [
            models.UniqueConstraint(fields=["connection", "source_id"], name="tts_entry_once"),
        ]
        indexes = [
            models.Index(fields=["connection", "order_id"], name="tts_entry_order"),
            models.Index(fields=["connection", "-happened_at"], name="tts_entry_recent"),
            models.Index(fields=["connection", "row_id"], name="tts_entry_row"),
            models.Index(fields=["connection", "created_at"], name="tts_entry_added"),
            models.Index(
                fields=["connection", "source_ref"],
                condition=Q(order_id="") & ~Q(source_ref=""),
                name="tts_entry_unlinked",
            ),
            models.Index(
                fields=["connection", "order_id"],
                condition=Q(expected=True),
                name="tts_entry_expected",
            ),
        ]


class Difference(models.Model):
    """Two sides that do not agree on a thing: by ``area`` (order, sku, money, payout), ``subject``
    and ``code`` (its class). ``ours`` and ``theirs`` say what each has. ``accepted``: somebody said
    that it is all right; it opens again when the sides change.
    """

    class State(models.TextChoices):
        OPEN = "open", "Open"
        REPAIRING = "repairing", "Repair was asked for"
        ACCEPTED = "accepted", "Accepted"
        GONE = "gone", "Gone"

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="+")
    area = models.CharField(max_length=16)
    subject = models.CharField(max_length=128)
    code = models.CharField(max_length=48)
    state = models.CharField(max_length=16, choices=State.choices, default=State.OPEN)
    currency = models.CharField(max_length=3, blank=True, default="")
    amount = models.DecimalField(max_digits=20, decimal_places=3, null=True, blank=True)
    ours = models.JSONField(default=dict)
    theirs = models.JSONField(default=dict)
    note = models.CharField(max_length=500, blank=True, default="")
    actor = models.CharField(max_length=255, blank=True, default="")
    first_seen = models.DateTimeField(default=timezone.now)
    last_seen = models.DateTimeField(default=timezone.now)
    gone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        app_label = "saleor_tiktok_stripe"
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "area", "subject", "code"], name="tts_difference_once"
            ),
        ]
        indexes = [
            models.Index(
                fields=["connection", "area"],
                condition=Q(state__in=["open", "repairing"]),
                name="tts_difference_open",
            ),
        ]
