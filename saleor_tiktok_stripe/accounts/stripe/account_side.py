"""What Stripe says of the account: may it take payments, is it paid out, what is still to bring."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from ...errors import ChannelError
from ...models import Connection
from ...stripe_api.client import StripeClient
from ...stripe_api.errors import PermissionMissing
from ...stripe_api.types import Account
from ..findings import Finding, Severity
from .policy import stripe_policy

_COUNTRIES: Final = (
    "AE AT AU BE BG BR CA CH CY CZ DE DK EE ES FI FR GB GR HK HR HU IE IN IT JP LI LT LU LV MT MX "
    "NL NO NZ PL PT RO SE SG SI SK TH US"
)
RECORD_COUNTRIES: Final = frozenset(_COUNTRIES.split())
"""Where Stripe documents payment records. An account elsewhere is warned, not refused."""
_BRING: Final = "Sign in at dashboard.stripe.com and complete what is asked under Account status."
_NAMED: Final = 5


def examine_account(connection: Connection, client: StripeClient) -> list[Finding]:
    """One verdict (OK, ATTENTION, RESTRICTED or UNKNOWN, as ``subject``) and what is behind it.

    Keeps a changed name. Raises what the client raises, except a missing permission.
    """
    try:
        account = client.account()
    except PermissionMissing:
        return [
            Finding(
                "STRIPE_ACCOUNT_UNKNOWN",
                Severity.OK,
                "UNKNOWN",
                "The key may not read the account, so what Stripe still wants to know about it is "
                "not shown here. That is optional: add Connect: Accounts, Read to the key.",
            )
        ]
    if account.id != connection.account_id:
        return [_another(connection, account)]
    _keep(connection, account)
    found = [*_restricted(account), *_due(account), *_mirror(connection, account)]
    return found or [
        Finding("STRIPE_ACCOUNT_OK", Severity.OK, "OK", "The account takes payments and is paid.")
    ]


def _another(connection: Connection, account: Account) -> Finding:
    return Finding(
        "STRIPE_ACCOUNT_CHANGED",
        Severity.ERROR,
        account.id,
        f"The key belongs to {account.name or account.id}, not to {connection.account_id}.",
        "Enter a key of the account that this channel is connected to.",
    )


def _keep(connection: Connection, account: Account) -> None:
    Connection.objects.filter(pk=connection.pk, account_id=account.id).update(
        account_name=(account.name or account.id)[:255], region=account.country[:8]
    )


def _restricted(account: Account) -> list[Finding]:
    why = f" Stripe's reason: {account.disabled_reason}." if account.disabled_reason else ""
    found = []
    if not account.charges_enabled:
        found.append(
            Finding(
                "STRIPE_CHARGES_DISABLED",
                Severity.ERROR,
                "RESTRICTED",
                f"Stripe takes no payments for this account.{why}",
                _BRING,
            )
        )
    if not account.payouts_enabled:
        found.append(
            Finding(
                "STRIPE_PAYOUTS_DISABLED",
                Severity.WARNING,
                "RESTRICTED",
                f"Stripe holds back the payouts of this account.{why}",
                _BRING,
            )
        )
    return found


def _due(account: Account) -> list[Finding]:
    if not account.requirements:
        return []
    overdue = [one.name for one in account.requirements if one.overdue]
    names = overdue or [one.name for one in account.requirements]
    listed = ", ".join(names[:_NAMED]) + (" and more" if len(names) > _NAMED else "")
    until = _until(account.requirements_deadline)
    words = f"overdue: {listed}" if overdue else f"needs{until}: {listed}"
    return [
        Finding(
            "STRIPE_ACCOUNT_OVERDUE" if overdue else "STRIPE_ACCOUNT_ATTENTION",
            Severity.WARNING,
            "ATTENTION",
            f"Stripe needs more about the account; {words}.",
            _BRING,
        )
    ]


def _until(deadline: datetime | None) -> str:
    return f" until {deadline:%Y-%m-%d %H:%M} UTC" if deadline is not None else ""


def _mirror(connection: Connection, account: Account) -> list[Finding]:
    mirrored = stripe_policy(connection).mirror_tiktok
    if not mirrored or not account.country or account.country in RECORD_COUNTRIES:
        return []
    return [
        Finding(
            "STRIPE_MIRROR_COUNTRY",
            Severity.WARNING,
            account.country,
            f"Stripe does not document payment records for accounts in {account.country}.",
            "If Stripe refuses the mirrored sales, switch the mirror off in the settings.",
        )
    ]


def alive(client: StripeClient) -> str:
    """Why the account can no longer be reached with what we hold; "" when it can. Asks Stripe.

    Raises ``RetryLater`` when Stripe does not answer.
    """
    try:
        client.livemode()
    except PermissionMissing:
        return ""
    except ChannelError as error:
        if error.retryable:
            raise
        return error.message
    return ""
