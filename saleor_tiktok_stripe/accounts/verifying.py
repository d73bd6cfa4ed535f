"""Verify a connection: every part that must fit, each finding with its cure."""

from __future__ import annotations

from typing import Final

from django.db import transaction
from django.utils import timezone

from ..models import Connection, Vendor
from . import audit
from .findings import Finding, Severity, dump
from .sealed import unreadable
from .stripe.verifying import examine as examine_stripe
from .tiktok.verifying import examine as examine_tiktok

_EXAMINERS: Final = {Vendor.TIKTOK: examine_tiktok, Vendor.STRIPE: examine_stripe}

_RESTORE_KEY: Final = {
    Vendor.TIKTOK: "If the key is lost for good: make a new one, enter the app secret anew in the "
    "plugin's settings, then connect the shop again.",
    Vendor.STRIPE: "If the key is lost for good: make a new one, then enter Stripe's keys anew in "
    "the plugin's settings.",
}


def verify(connection: Connection, actor: str = "") -> list[Finding]:
    """Check everything the channel needs of this vendor, repair webhooks, store the findings.

    Never raises for what is wrong with a vendor, Saleor or the deployment: each such thing is a
    finding. Calls the vendor, Saleor and the channel's own public address. ``actor``:
    who asked for it, for the audit log; "": nobody did.
    """
    stored = Connection.objects.get(pk=connection.pk)
    problem = unreadable(stored)
    if problem is not None:
        cure = _RESTORE_KEY[Vendor(stored.vendor)]
        found = [Finding(problem.code, Severity.ERROR, "", problem.message, cure)]
    else:
        connection.refresh_from_db()
        found = _EXAMINERS[Vendor(stored.vendor)](connection)
    connection.findings, connection.verified_at = dump(found), timezone.now()
    with transaction.atomic():
        connection.save(update_fields=["findings", "verified_at"])
        if actor:
            audit.record("connection.verified", connection, actor)
    if problem is None:
        connection.refresh_from_db()
    return found
