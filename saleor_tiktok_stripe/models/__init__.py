"""This plugin's own tables. References to Saleor are ids and slugs, never foreign keys."""

from .connection import AuditEntry, Connection, ConnectionState, OAuthState, Vendor
from .disputes import Dispute, DisputeEvidence, EvidenceFile, EvidenceState
from .links import LinkMethod, OrderLink, SkuLink
from .payments import (
    OPEN_REQUESTS,
    CaptureRequest,
    Charge,
    ChargeFlow,
    MirroredPayment,
    RefundRequest,
    RequestState,
)
from .work import OPEN_STATUSES, EventStatus, InboundEvent, Job, JobStatus, SyncCursor

__all__ = [
    "OPEN_REQUESTS",
    "OPEN_STATUSES",
    "AuditEntry",
    "CaptureRequest",
    "Charge",
    "ChargeFlow",
    "Connection",
    "ConnectionState",
    "Dispute",
    "DisputeEvidence",
    "EventStatus",
    "EvidenceFile",
    "EvidenceState",
    "InboundEvent",
    "Job",
    "JobStatus",
    "LinkMethod",
    "MirroredPayment",
    "OAuthState",
    "OrderLink",
    "RefundRequest",
    "RequestState",
    "SkuLink",
    "SyncCursor",
    "Vendor",
]
