"""Places where one resource lets others join in, without knowing them."""

from __future__ import annotations

from collections.abc import Callable

from saleor_tiktok_stripe.sandbox.stripe.world import Account, Object

ChargeHook = Callable[[Account, Object, str], None]
RefundHook = Callable[[Account, Object], None]
AccountHook = Callable[[Account], None]

_AFTER_CHARGE: list[ChargeHook] = []
_AFTER_REFUND: list[RefundHook] = []
_NEW_ACCOUNT: list[AccountHook] = []


def after_charge(hook: ChargeHook) -> ChargeHook:
    """Register `hook(account, charge, test_method)`: called after a charge's money was taken
    (captured, or succeeded at once), after its balance transaction and `charge.succeeded` or
    `charge.captured`, before `payment_intent.succeeded`. `test_method` is the name of the
    `pm_card_…` paid with."""
    _AFTER_CHARGE.append(hook)
    return hook


def charge_taken(account: Account, charge: Object, test_method: str) -> None:
    """Tell the hooks of `after_charge`."""
    for hook in _AFTER_CHARGE:
        hook(account, charge, test_method)


def after_refund(hook: RefundHook) -> RefundHook:
    """Register `hook(account, charge)`: called after a refund of a charge was made, or failed."""
    _AFTER_REFUND.append(hook)
    return hook


def charge_refunded(account: Account, charge: Object) -> None:
    """Tell the hooks of `after_refund`."""
    for hook in _AFTER_REFUND:
        hook(account, charge)


def new_account(hook: AccountHook) -> AccountHook:
    """Register `hook(account)`, called for each new account in a mode."""
    _NEW_ACCOUNT.append(hook)
    return hook


def account_made(account: Account) -> None:
    """Tell the hooks of `new_account`."""
    for hook in _NEW_ACCOUNT:
        hook(account)
