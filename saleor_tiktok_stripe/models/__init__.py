"""This plugin's own tables. References to Saleor are ids and slugs, never foreign keys."""

from .connection import AuditEntry, Connection, ConnectionState, OAuthState, Vendor
from .links import LinkMethod, OrderLink, SkuLink
from .work import OPEN_STATUSES, EventStatus, InboundEvent, Job, JobStatus, SyncCursor

__all__ = [
    "OPEN_STATUSES",
    "AuditEntry",
    "Connection",
    "ConnectionState",
    "EventStatus",
    "InboundEvent",
    "Job",
    "JobStatus",
    "LinkMethod",
    "OAuthState",
    "OrderLink",
    "SkuLink",
    "SyncCursor",
    "Vendor",
]
