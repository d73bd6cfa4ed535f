"""The endpoints this package calls, as data, with the limits Stripe gives them.

Sources: Stripe's API reference (paths), its page on rate limits: 100 calls a second and account in
live mode, 25 in test mode and sandboxes; 25 for each endpoint; files 20 reads and 20 writes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from ..transport import Rate

API_VERSION = "2025-10-29.clover"
"""Sent with every call and set on every webhook endpoint; the first one with Payment Records."""

HOSTS = ("api.stripe.com", "connect.stripe.com", "files.stripe.com")
TEST_GROUP = "test"
"""In test mode all endpoints share one small budget."""

_EACH = Rate(25)
GROUPS = (
    "payment_intents", "refunds", "disputes", "files", "events", "webhook_endpoints", "account",
    "balance", "payouts", "payment_records", "oauth",
)  # fmt: skip
RATES: Mapping[str, Rate] = {
    **dict.fromkeys((*GROUPS, TEST_GROUP), _EACH),
    "files": Rate(20),
    "oauth": Rate(5),
}
SANDBOX_RATES: Mapping[str, Rate] = dict.fromkeys(RATES, Rate(2500))
"""The local sandbox needs no sparing: it has limits of its own, to be met on demand."""


class Base(StrEnum):
    """Which of Stripe's hosts; the value is the ``stripe`` package's name of it."""

    API = "api"
    CONNECT = "connect"
    FILES = "files"


@dataclass(frozen=True)
class Endpoint:
    """``safe``: repeating it does no harm. ``platform``: belongs to the key's own account, also
    where a connected account is worked for."""

    label: str
    method: str
    path: str
    group: str
    base: Base = Base.API
    safe: bool = False
    platform: bool = False
    timeout: tuple[float, float] | None = None


def _get(label: str, path: str, group: str, *, platform: bool = False) -> Endpoint:
    return Endpoint(label, "get", path, group, safe=True, platform=platform)


def _post(label: str, path: str, group: str, *, platform: bool = False) -> Endpoint:
    return Endpoint(label, "post", path, group, platform=platform)


_PI, _RE, _DP = "payment_intents", "refunds", "disputes"
_WE, _PR = "webhook_endpoints", "payment_records"

PAYMENT_CREATE = _post("payment_intents.create", "/v1/payment_intents", _PI)
PAYMENT = _get("payment_intents.retrieve", "/v1/payment_intents/{id}", _PI)
PAYMENTS = _get("payment_intents.list", "/v1/payment_intents", _PI)
PAYMENT_UPDATE = _post("payment_intents.update", "/v1/payment_intents/{id}", _PI)
PAYMENT_CAPTURE = _post("payment_intents.capture", "/v1/payment_intents/{id}/capture", _PI)
PAYMENT_CANCEL = _post("payment_intents.cancel", "/v1/payment_intents/{id}/cancel", _PI)
PAYMENT_CONFIRM = _post("payment_intents.confirm", "/v1/payment_intents/{id}/confirm", _PI)
REFUND_CREATE = _post("refunds.create", "/v1/refunds", _RE)
REFUND = _get("refunds.retrieve", "/v1/refunds/{id}", _RE)
REFUNDS = _get("refunds.list", "/v1/refunds", _RE)
DISPUTE = _get("disputes.retrieve", "/v1/disputes/{id}", _DP)
DISPUTES = _get("disputes.list", "/v1/disputes", _DP)
DISPUTE_UPDATE = _post("disputes.update", "/v1/disputes/{id}", _DP)
DISPUTE_CLOSE = _post("disputes.close", "/v1/disputes/{id}/close", _DP)
FILE_UPLOAD = Endpoint(
    "files.create", "post", "/v1/files", "files", base=Base.FILES, timeout=(3.05, 60.0)
)
FILES = _get("files.list", "/v1/files", "files")
OWN_ACCOUNT = _get("account.retrieve", "/v1/account", "account")
CONNECTED_ACCOUNT = _get("accounts.retrieve", "/v1/accounts/{id}", "account", platform=True)
BALANCE = _get("balance.retrieve", "/v1/balance", "balance")
BALANCE_TRANSACTIONS = _get("balance_transactions.list", "/v1/balance_transactions", "balance")
PAYOUTS = _get("payouts.list", "/v1/payouts", "payouts")
PAYOUT = _get("payouts.retrieve", "/v1/payouts/{id}", "payouts")
EVENTS = _get("events.list", "/v1/events", "events")
WEBHOOKS = _get("webhook_endpoints.list", "/v1/webhook_endpoints", _WE, platform=True)
WEBHOOK = _get("webhook_endpoints.retrieve", "/v1/webhook_endpoints/{id}", _WE, platform=True)
WEBHOOK_CREATE = _post("webhook_endpoints.create", "/v1/webhook_endpoints", _WE, platform=True)
WEBHOOK_UPDATE = _post("webhook_endpoints.update", "/v1/webhook_endpoints/{id}", _WE, platform=True)
WEBHOOK_DELETE = Endpoint(
    "webhook_endpoints.delete", "delete", "/v1/webhook_endpoints/{id}", _WE, safe=True,
    platform=True,
)  # fmt: skip
RECORD_PAYMENT = _post("payment_records.report_payment", "/v1/payment_records/report_payment", _PR)
RECORD_REFUND = _post(
    "payment_records.report_refund", "/v1/payment_records/{id}/report_refund", _PR
)
RECORD = _get("payment_records.retrieve", "/v1/payment_records/{id}", _PR)
OAUTH_TOKEN = Endpoint("oauth.token", "post", "/oauth/token", "oauth", base=Base.CONNECT)
OAUTH_DEAUTHORIZE = Endpoint(
    "oauth.deauthorize", "post", "/oauth/deauthorize", "oauth", base=Base.CONNECT
)
