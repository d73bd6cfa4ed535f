"""This plugin's own tables. References to Saleor are ids and slugs, never foreign keys."""

from .carriers import Carrier, CarrierLink
from .cases import AfterSalesCase
from .connection import AuditEntry, Connection, ConnectionState, OAuthState, Vendor
from .disputes import Dispute, DisputeEvidence, EvidenceFile, EvidenceState
from .insights import (
    SaleFact,
    SalesDay,
    SalesHour,
    SalesMoneyDay,
    SalesProductDay,
    SalesStateDay,
    SoldProduct,
    StaleSalesDay,
)
from .ledger import Difference, LedgerEntry, Payout, Statement
from .links import LinkMethod, OrderLink, SkuLink
from .notices import Notice, NoticeDelivery, NoticeSettings
from .payments import (
    OPEN_REQUESTS,
    CaptureRequest,
    Charge,
    ChargeFlow,
    MirroredPayment,
    RefundRequest,
    RequestState,
)
from .requests import MarketplaceRequest
from .stock import PriceLevel, StockLevel, WaitingOrder
from .work import OPEN_STATUSES, EventStatus, InboundEvent, Job, JobStatus, SyncCursor

__all__ = [
    "OPEN_REQUESTS",
    "OPEN_STATUSES",
    "AfterSalesCase",
    "AuditEntry",
    "CaptureRequest",
    "Carrier",
    "CarrierLink",
    "Charge",
    "ChargeFlow",
    "Connection",
    "ConnectionState",
    "Difference",
    "Dispute",
    "DisputeEvidence",
    "EventStatus",
    "EvidenceFile",
    "EvidenceState",
    "InboundEvent",
    "Job",
    "JobStatus",
    "LedgerEntry",
    "LinkMethod",
    "MarketplaceRequest",
    "MirroredPayment",
    "Notice",
    "NoticeDelivery",
    "NoticeSettings",
    "OAuthState",
    "OrderLink",
    "Payout",
    "PriceLevel",
    "RefundRequest",
    "RequestState",
    "SaleFact",
    "SalesDay",
    "SalesHour",
    "SalesMoneyDay",
    "SalesProductDay",
    "SalesStateDay",
    "SkuLink",
    "SoldProduct",
    "StaleSalesDay",
    "Statement",
    "StockLevel",
    "SyncCursor",
    "Vendor",
    "WaitingOrder",
]
