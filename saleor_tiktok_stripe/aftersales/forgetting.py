"""Letting go of what answers to disputes hold of buyers, of every account, connected or not."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db.models import Q

from .. import conf
from ..jobs import clock
from ..models import Charge, Dispute, DisputeEvidence, EvidenceFile
from .recording import CLOSED

DISPUTABLE_FOR: Final = timedelta(days=120)
"""About as long as a card payment can be disputed."""


def forget_old(now: datetime | None = None) -> int:
    """Empty texts and files of disputes closed ``conf.evidence_retention_days`` ago; how many rows.

    Who answered when, with which files, stays: their names, with a size of 0.
    """
    at = now or clock.now()
    before = at - timedelta(days=conf.evidence_retention_days())
    files = EvidenceFile.objects.filter(
        evidence__dispute__state__in=CLOSED,
        evidence__dispute__closed_at__lt=before,
        size__gt=0,
    ).update(content="", size=0)
    # Whether a text is empty already cannot be asked of the database: it is encrypted.
    texts = DisputeEvidence.objects.filter(
        dispute__state__in=CLOSED, dispute__closed_at__lt=before, updated_at__lt=before
    ).update(fields={}, sent={}, updated_at=at)
    return files + texts + _addresses(at, before)


def _addresses(at: datetime, before: datetime) -> int:
    """Where buyers paid from: needed while a payment can be disputed, and as long as the rest."""
    needed = Dispute.objects.filter(~Q(state__in=CLOSED) | Q(closed_at__gte=before))
    old = Charge.objects.filter(
        created_at__lt=min(before, at - DISPUTABLE_FOR), buyer_ip__isnull=False
    )
    return old.exclude(pk__in=needed.values("charge_id")).update(buyer_ip=None)
