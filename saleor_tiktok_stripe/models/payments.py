from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone

from .connection import Connection
from .fields import EncryptedTextField


class ChargeFlow(models.TextChoices):
    CHARGE = "charge", "Charged at once"
    AUTHORIZATION = "authorization", "Authorized, captured later"


class Charge(models.Model):
    """A buyer's payment by Stripe for one Saleor transaction.

    Written before Stripe is asked: ``key`` makes the payment intent exist once, and is kept in its
    metadata, so that one whose answer was lost finds its way back here. Amounts are major units of
    ``currency``; ``fee`` and ``net`` of ``settlement_currency``. ``state`` is a
    ``stripe_api.types.PaymentState`` (``new``: Stripe was not reached yet; ``never_made``: it never
    will be). ``problem`` is an ``errors.Problem`` as JSON.
    ``payment_id`` is the payment intent, ``charge_id`` its latest charge. ``account_id`` and
    ``livemode`` say where it is: a channel may get another account later. ``buyer_ip`` is kept for
    answers to disputes, as long as evidence is.
    """

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="+")
    account_id = models.CharField(max_length=64, blank=True, default="")
    transaction_id = models.CharField(max_length=128)
    checkout_id = models.CharField(max_length=64, blank=True, default="")
    order_id = models.CharField(max_length=64, blank=True, default="")
    order_number = models.CharField(max_length=64, blank=True, default="")
    flow = models.CharField(max_length=16, choices=ChargeFlow.choices)
    amount = models.DecimalField(max_digits=20, decimal_places=3)
    currency = models.CharField(max_length=3)
    payment_id = models.CharField(max_length=64, blank=True, default="")
    charge_id = models.CharField(max_length=64, blank=True, default="")
    state = models.CharField(max_length=24, default="new")
    authorized = models.DecimalField(max_digits=20, decimal_places=3, default=0)
    captured = models.DecimalField(max_digits=20, decimal_places=3, default=0)
    refunded = models.DecimalField(max_digits=20, decimal_places=3, default=0)
    disputed = models.DecimalField(max_digits=20, decimal_places=3, default=0)
    fee = models.DecimalField(max_digits=20, decimal_places=3, null=True, blank=True)
    net = models.DecimalField(max_digits=20, decimal_places=3, null=True, blank=True)
    settlement_currency = models.CharField(max_length=3, blank=True, default="")
    method = models.JSONField(default=dict)
    decline = models.JSONField(default=dict)
    problem = models.JSONField(null=True, blank=True)
    livemode = models.BooleanField(default=False)
    buyer_ip = EncryptedTextField(null=True, default=None)
    paid_at = models.DateTimeField(null=True, blank=True)
    synced_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        app_label = "saleor_tiktok_stripe"
        constraints = [
            models.UniqueConstraint(fields=["transaction_id"], name="tts_charge_transaction_once"),
            models.UniqueConstraint(
                fields=["connection", "payment_id"],
                condition=~Q(payment_id=""),
                name="tts_charge_payment_once",
            ),
        ]
        indexes = [
            models.Index(fields=["order_id"], name="tts_charge_order"),
            models.Index(fields=["order_number"], name="tts_charge_number"),
            models.Index(fields=["connection", "-created_at"], name="tts_charge_recent"),
            models.Index(fields=["connection", "updated_at"], name="tts_charge_changed"),
            models.Index(fields=["connection", "state", "synced_at"], name="tts_charge_sweep"),
            models.Index(
                fields=["connection"], condition=Q(problem__isnull=False), name="tts_charge_problem"
            ),
        ]

    @staticmethod
    def within_reach(connection: Connection, prefix: str = "") -> Q:
        """Charges that are in the account and mode which ``connection`` has now. ``prefix``: the
        way to the charge from the rows that are filtered."""
        accounts = ["", connection.account_id]
        return Q(**{f"{prefix}account_id__in": accounts, f"{prefix}livemode": connection.livemode})

    def is_within_reach(self, connection: Connection) -> bool:
        """Whether it is in the account and mode which ``connection`` has now."""
        return (
            self.account_id in ("", connection.account_id) and self.livemode == connection.livemode
        )


class RequestState(models.TextChoices):
    """The life of what somebody asks of a charge.

    ``WAITING``: written down, not sent. ``IN_DOUBT``: sent (or about to be), answer not seen: it
    blocks others until Stripe was asked. ``PENDING``: Stripe works on it. ``REFUSED``: Stripe or a
    rule of ours said no, nothing was done. ``FAILED``: done, but it did not reach the buyer.
    """

    WAITING = "waiting", "Waiting"
    IN_DOUBT = "in_doubt", "In doubt"
    PENDING = "pending", "Pending at Stripe"
    SUCCEEDED = "succeeded", "Succeeded"
    FAILED = "failed", "Failed"
    CANCELED = "canceled", "Canceled"
    REFUSED = "refused", "Refused"


OPEN_REQUESTS = [RequestState.WAITING, RequestState.IN_DOUBT]


class ChargeRequest(models.Model):
    """Common to what is asked of a charge. The row exists before the call, and its ``key`` makes
    Stripe do it once. ``saleor_event`` is Saleor's own record of the request ("" when it came from
    elsewhere). ``attempt`` counts keys: raised only when Stripe certainly did nothing. ``message``
    is in the merchant's words.
    """

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    charge = models.ForeignKey(Charge, on_delete=models.PROTECT, related_name="%(class)ss")
    amount = models.DecimalField(max_digits=20, decimal_places=3)
    currency = models.CharField(max_length=3)
    state = models.CharField(
        max_length=16, choices=RequestState.choices, default=RequestState.WAITING
    )
    actor = models.CharField(max_length=255, blank=True, default="")
    saleor_event = models.CharField(max_length=64, blank=True, default="")
    attempt = models.IntegerField(default=1)
    sent_at = models.DateTimeField(null=True, blank=True)
    message = models.TextField(blank=True, default="")
    error_code = models.CharField(max_length=64, blank=True, default="")
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        abstract = True


class CaptureRequest(ChargeRequest):
    """Capture (``amount`` of) an authorized charge, or (``cancel``) release all of it."""

    cancel = models.BooleanField(default=False)

    class Meta:
        app_label = "saleor_tiktok_stripe"
        constraints = [
            models.UniqueConstraint(
                fields=["saleor_event"],
                condition=~Q(saleor_event=""),
                name="tts_capture_event_once",
            ),
        ]


class RefundRequest(ChargeRequest):
    """Give (``amount`` of) a charge back. One that Stripe's own dashboard made has ``source``
    ``stripe``. ``request_key`` is the caller's own idempotency key.
    """

    class Source(models.TextChoices):
        DASHBOARD = "dashboard", "Saleor"
        API = "api", "This plugin's API"
        STRIPE = "stripe", "Stripe's own dashboard"

    source = models.CharField(max_length=16, choices=Source.choices)
    reason = models.CharField(max_length=32, blank=True, default="")
    note = models.CharField(max_length=500, blank=True, default="")
    granted_refund_id = models.CharField(max_length=64, blank=True, default="")
    request_key = models.CharField(max_length=128, blank=True, default="")
    refund_id = models.CharField(max_length=64, blank=True, default="")
    failure_reason = models.CharField(max_length=64, blank=True, default="")
    failed_at = models.DateTimeField(null=True, blank=True)
    """When Stripe last answered its key with a failure of its own."""
    reference = models.CharField(max_length=64, blank=True, default="")
    reached_buyer = models.BooleanField(default=False)
    """It was reported as succeeded once: a later failure is then a reversal."""

    class Meta:
        app_label = "saleor_tiktok_stripe"
        constraints = [
            models.UniqueConstraint(
                fields=["saleor_event"],
                condition=~Q(saleor_event=""),
                name="tts_refund_event_once",
            ),
            models.UniqueConstraint(
                fields=["charge", "refund_id"],
                condition=~Q(refund_id=""),
                name="tts_refund_once",
            ),
            models.UniqueConstraint(
                fields=["charge", "request_key"],
                condition=~Q(request_key=""),
                name="tts_refund_request_once",
            ),
        ]
        indexes = [models.Index(fields=["charge", "state"], name="tts_refund_state")]


class MirroredPayment(models.Model):
    """A TikTok-collected payment reported to Stripe as a payment record: no effect on a balance.

    ``refunds``: reference -> amount, of those reported. The row is written before the call: Stripe
    does not recognise a second report by its reference.
    """

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="+")
    order_id = models.CharField(max_length=64)
    record_id = models.CharField(max_length=64, blank=True, default="")
    amount = models.DecimalField(max_digits=20, decimal_places=3)
    currency = models.CharField(max_length=3)
    refunds = models.JSONField(default=dict)
    error_code = models.CharField(max_length=64, blank=True, default="")
    message = models.TextField(blank=True, default="")
    sent_at = models.DateTimeField(null=True, blank=True)
    reported_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        app_label = "saleor_tiktok_stripe"
        constraints = [
            models.UniqueConstraint(fields=["connection", "order_id"], name="tts_mirror_once"),
        ]
