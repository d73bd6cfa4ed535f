"""Sales that TikTok collected, shown in the merchant's Stripe dashboard (opt-in).

Each becomes a Payment Record of what the order came to, with its refunds: no money moves, no
balance changes, nothing is paid out for it, and its metadata and description say so. Orders are
only read. Where the account cannot have such records the mirror says so and rests; it never holds
up an order.

Stripe does not recognise a second report of the same payment, so the row is written first and its
key makes the report happen once; a report whose answer was lost for longer than Stripe remembers
keys is never sent again. Before a refund is reported, Stripe is asked what it has.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from django.db.models import Q

from .. import accounts, conf
from ..accounts import Finding, Severity
from ..errors import ChannelError, RetryLater, VendorBug
from ..jobs import Again, ClaimedJob, Done, Result, clock
from ..models import (
    Connection,
    ConnectionState,
    MirroredPayment,
    OrderLink,
    SyncCursor,
    Vendor,
)
from ..orders.refunds import buyer_reference, platform_reference
from ..saleor_api import get_saleor
from ..saleor_api.types import SaleorOrder
from ..stripe_api.client import StripeClient
from ..stripe_api.errors import NotFound, PermissionMissing, Refused
from ..stripe_api.idempotency import KEY_HOLDS
from ..stripe_api.types import NewRecord

log = logging.getLogger("saleor_tiktok_stripe.payments")

CURSOR: Final = "stripe.mirror"
DISABLED: Final = "stripe.mirror.disabled"
BATCH: Final = 50
SETTLES: Final = timedelta(minutes=1)
"""A row changed in a transaction that commits late is not passed over."""
REST: Final = timedelta(days=1)
"""How long a mirror that was refused rests before it tries again."""
IN_DOUBT: Final = "MIRROR_IN_DOUBT"
ZERO: Final = Decimal(0)


class MirrorDisabledError(Exception):
    """The account cannot have payment records; holds Stripe's words."""


@dataclass(frozen=True)
class Sale:
    """What one order came to: both of its transactions together, as Saleor shows them."""

    order_id: str
    number: str
    currency: str
    by_buyer: Decimal
    by_platform: Decimal
    refunded: Decimal
    paid_at: datetime
    changed_at: datetime

    @property
    def amount(self) -> Decimal:
        return self.by_buyer + self.by_platform


def mirror(connection: Connection | None, claimed: Sequence[ClaimedJob]) -> Mapping[int, Result]:
    """Handler of ``payments.mirror``: one batch of changed orders per run."""
    if connection is None or not accounts.stripe_policy(connection).mirror_tiktok:
        return {}
    if _rests(connection):
        return {job.id: Done(outcome="skipped", note="mirror disabled") for job in claimed}
    tiktok = Connection.objects.filter(
        vendor=Vendor.TIKTOK,
        channel_slug=connection.channel_slug,
        state=ConnectionState.ACTIVE,
    ).first()
    if tiktok is None:
        return {}
    try:
        more, note = mirror_batch(connection, tiktok)
    except MirrorDisabledError as error:
        _disable(connection, str(error))
        return {job.id: Done(outcome="business_failure", note="refused") for job in claimed}
    result: Result = Again() if more else Done(note=note)
    return {job.id: result for job in claimed}


def mirror_batch(connection: Connection, tiktok: Connection) -> tuple[bool, str]:
    """Report what changed since the last batch; whether there is more, and what was done.

    Killed half way, the batch is gone through again and what was reported is recognised. Raises
    ``MirrorDisabledError``, and what Stripe, TikTok and Saleor raise for everybody.
    """
    client = accounts.stripe_client(connection)
    cursor = SyncCursor.of(connection, CURSOR)
    links = _changed(tiktok, cursor)
    sales = _sales(tiktok, links)
    reported = sum(_mirror_one(client, connection, tiktok, sale) for sale in sales)
    if links:
        cursor.high_water, cursor.page_token = links[-1].updated_at, str(links[-1].pk)
        cursor.seen += len(links)
        cursor.save()
    if reported:
        SyncCursor.objects.filter(connection=connection, resource=DISABLED).delete()
    return len(links) == BATCH, f"orders={len(links)} reported={reported}"


def mirror_problem(connection: Connection) -> Finding | None:
    """Why TikTok's sales are not shown in Stripe; None: they are, or nobody asked for it.

    ``MIRROR_DISABLED``: the account cannot have payment records, or the key may not write them.
    """
    row = SyncCursor.objects.filter(connection=connection, resource=DISABLED).first()
    if row is None or not accounts.stripe_policy(connection).mirror_tiktok:
        return None
    return Finding(
        code="MIRROR_DISABLED",
        severity=Severity.WARNING,
        subject=CURSOR,
        message=f"TikTok's sales are not shown in Stripe. Stripe says: {row.page_token}",
        cure="Give the key the permission Payment Records (write), or switch the mirror off: "
        "Stripe does not offer it in every country. Orders and payments are not affected.",
    )


# --- which orders --------------------------------------------------------------------------------


def _changed(tiktok: Connection, cursor: SyncCursor) -> list[OrderLink]:
    rows = OrderLink.objects.filter(connection=tiktok, updated_at__lt=clock.now() - SETTLES)
    if cursor.high_water is not None:
        later = Q(updated_at__gt=cursor.high_water)
        rows = rows.filter(
            later | Q(updated_at=cursor.high_water, pk__gt=int(cursor.page_token or 0))
        )
    return list(rows.order_by("updated_at", "pk")[:BATCH])


def _sales(tiktok: Connection, links: Sequence[OrderLink]) -> list[Sale]:
    """Those that brought money in, as they stand in Saleor."""
    if not links:
        return []
    orders = get_saleor().orders([link.saleor_order_id for link in links])
    paid = _paid_at(tiktok, links)
    return [
        sale
        for link in links
        if (order := orders.get(link.saleor_order_id)) is not None
        and (sale := _sale(link, order, paid.get(link.order_id, link.created_at))).amount > ZERO
    ]


def _paid_at(tiktok: Connection, links: Sequence[OrderLink]) -> dict[str, datetime]:
    """When the buyers paid; only asked for orders that are not mirrored yet."""
    known = MirroredPayment.objects.exclude(record_id="").values_list("order_id", flat=True)
    ids = {link.order_id for link in links}
    new = ids - set(known.filter(order_id__in=ids))
    page = accounts.client(tiktok).orders(sorted(new))
    return {order.id: order.paid_at or order.created_at for order in page.orders}


def _sale(link: OrderLink, order: SaleorOrder, paid_at: datetime) -> Sale:
    rows = {one.psp_reference: one for one in order.transactions}
    buyer, platform = (
        rows.get(name(link.order_id)) for name in (buyer_reference, platform_reference)
    )
    # Saleor takes what was refunded off what was charged.
    return Sale(
        order_id=link.order_id,
        number=order.number,
        currency=order.currency,
        by_buyer=buyer.charged + buyer.refunded if buyer else ZERO,
        by_platform=platform.charged + platform.refunded if platform else ZERO,
        refunded=sum((one.refunded for one in (buyer, platform) if one), ZERO),
        paid_at=paid_at,
        changed_at=link.marketplace_updated_at,
    )


# --- reporting -----------------------------------------------------------------------------------


def _mirror_one(
    client: StripeClient, connection: Connection, tiktok: Connection, sale: Sale
) -> bool:
    """Whether something was reported. What Stripe refuses of one sale is kept on its row."""
    row, _ = MirroredPayment.objects.get_or_create(
        connection=connection,
        order_id=sale.order_id,
        defaults={"amount": sale.amount, "currency": sale.currency},
    )
    try:
        reported = not row.record_id and _report(client, row, _record(connection, tiktok, sale))
        return _report_refund(client, row, sale) or reported
    except RetryLater:
        raise
    except (NotFound, PermissionMissing) as error:
        raise MirrorDisabledError(error.message) from error
    except (Refused, VendorBug) as error:
        _refused(connection, row, error)
        return False


def _report(client: StripeClient, row: MirroredPayment, record: NewRecord) -> bool:
    now = clock.now()
    if row.sent_at is not None and now - row.sent_at > KEY_HOLDS:
        row.error_code = IN_DOUBT
        row.message = (
            "The report was sent and its answer lost for a day. Look for this order in Stripe's "
            "dashboard: it is not reported again."
        )
        row.save(update_fields=["error_code", "message"])
        return False
    row.sent_at = row.sent_at or now
    row.save(update_fields=["sent_at"])
    made = client.report_payment(record, key=f"mirror:{row.key}")
    row.record_id, row.reported_at, row.error_code, row.message = made.id, now, "", ""
    row.save(update_fields=["record_id", "reported_at", "error_code", "message"])
    return True


def _record(connection: Connection, tiktok: Connection, sale: Sale) -> NewRecord:
    policy = accounts.stripe_policy(connection)
    return NewRecord(
        amount=sale.amount,
        currency=sale.currency,
        reference=sale.order_id,
        initiated_at=sale.paid_at,
        guaranteed_at=sale.paid_at,
        display_name=policy.mirror_name,
        custom_payment_type=policy.custom_payment_type,
        description=f"TikTok Shop order {sale.order_id}, collected by TikTok: no balance effect",
        metadata={
            "saleor_instance": conf.instance(),
            "saleor_channel": connection.channel_slug,
            "saleor_order": sale.number,
            "tiktok_shop_id": tiktok.account_id,
            "tiktok_order_id": sale.order_id,
            "paid_by_buyer": f"{sale.by_buyer}",
            "paid_by_tiktok": f"{sale.by_platform}",
            "balance_effect": "none",
        },
    )


def _report_refund(client: StripeClient, row: MirroredPayment, sale: Sale) -> bool:
    """Bring the record's refunds up to the order's, in one step."""
    wanted = min(sale.refunded, row.amount)
    known = sum((Decimal(amount) for amount in row.refunds.values()), ZERO)
    if not row.record_id or wanted <= known:
        return False
    try:
        there = client.payment_record(row.record_id).refunded
    except NotFound as error:
        # It was reported to an account that the channel had before: this one lacks nothing else.
        MirroredPayment.objects.filter(pk=row.pk).update(
            error_code=error.code, message=error.message
        )
        return False
    reference = f"tiktok:{sale.order_id}:{wanted.normalize():f}"
    if wanted > there:
        client.report_refund(
            row.record_id,
            wanted - there,
            sale.currency,
            reference=reference,
            happened_at=sale.changed_at,
            key=f"mirror-refund:{row.key}:{reference}:{int(sale.changed_at.timestamp())}",
        )
    row.refunds = row.refunds | {reference: str(wanted - known)}
    row.save(update_fields=["refunds"])
    return True


# --- refusals ------------------------------------------------------------------------------------


def _refused(connection: Connection, row: MirroredPayment, error: ChannelError) -> None:
    """Of one sale among others that were taken it is that sale's; else it is the account's."""
    row.error_code, row.message = error.code, error.message
    row.save(update_fields=["error_code", "message"])
    taken = MirroredPayment.objects.filter(connection=connection).exclude(record_id="")
    if isinstance(error, Refused) and not taken.exists():
        MirroredPayment.objects.filter(pk=row.pk).update(sent_at=None)
        raise MirrorDisabledError(error.message) from error
    log.warning("sale %s not mirrored: %s", row.order_id, error.code)


def _rests(connection: Connection) -> bool:
    row = SyncCursor.objects.filter(connection=connection, resource=DISABLED).first()
    return row is not None and row.updated_at > clock.now() - REST


def _disable(connection: Connection, message: str) -> None:
    SyncCursor.objects.update_or_create(
        connection=connection,
        resource=DISABLED,
        defaults={"page_token": message, "window_from": clock.now()},
    )
    log.warning("connection=%s mirror disabled: %s", connection.pk, message)
