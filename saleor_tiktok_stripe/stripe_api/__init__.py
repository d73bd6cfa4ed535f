"""The only code that knows Stripe's wire format. See ``client.StripeClient`` for what it can do."""

from . import oauth, webhooks
from .capabilities import SCOPES, Capability, Scope
from .client import StripeAccess, StripeClient, open_door
from .endpoints import API_VERSION
from .errors import Declined, NotFound, PermissionMissing, Refused
from .keys import KeyInfo, KeyKind, key_kind
from .types import (
    Account,
    Address,
    Authorization,
    BalanceEntry,
    ChargeFacts,
    Decline,
    Dispute,
    DisputeState,
    EvidenceFile,
    NewPayment,
    NewRecord,
    Notification,
    Payment,
    PaymentMethod,
    PaymentRecord,
    PaymentState,
    Refund,
    RefundState,
    Requirement,
    WebhookEndpoint,
)

__all__ = [
    "API_VERSION",
    "SCOPES",
    "Account",
    "Address",
    "Authorization",
    "BalanceEntry",
    "Capability",
    "ChargeFacts",
    "Decline",
    "Declined",
    "Dispute",
    "DisputeState",
    "EvidenceFile",
    "KeyInfo",
    "KeyKind",
    "NewPayment",
    "NewRecord",
    "NotFound",
    "Notification",
    "Payment",
    "PaymentMethod",
    "PaymentRecord",
    "PaymentState",
    "PermissionMissing",
    "Refund",
    "RefundState",
    "Refused",
    "Requirement",
    "Scope",
    "StripeAccess",
    "StripeClient",
    "WebhookEndpoint",
    "key_kind",
    "oauth",
    "open_door",
    "webhooks",
]
