"""Accounts as the API shows them."""

from __future__ import annotations

from typing import Any

from saleor_tiktok_stripe.sandbox.stripe.errors import StripeError
from saleor_tiktok_stripe.sandbox.stripe.hooks import new_account
from saleor_tiktok_stripe.sandbox.stripe.registry import Request, route
from saleor_tiktok_stripe.sandbox.stripe.world import Account, Object

SCOPE = "accounts_kyc_basic"
EMPTY_ADDRESS = dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state"))


def requirements() -> Object:
    """Nothing due."""
    return {
        "alternatives": [],
        "current_deadline": None,
        "currently_due": [],
        "disabled_reason": None,
        "errors": [],
        "eventually_due": [],
        "past_due": [],
        "pending_verification": [],
    }


@new_account
def make_profile(account: Account) -> None:
    """Give a new account what `/v1/account` shows; both modes share it."""
    if not account.profile:
        account.profile.update(_profile(account))


def _profile(account: Account) -> Object:
    return {
        "id": account.id,
        "object": "account",
        "business_profile": {
            "annual_revenue": None,
            "estimated_worker_count": None,
            "mcc": "5691",
            "minority_owned_business_designation": None,
            "name": f"Sandbox Shop {account.number}",
            "product_description": None,
            "support_address": None,
            "support_email": "help@shop.example",
            "support_phone": None,
            "support_url": None,
            "url": "https://shop.example",
        },
        "business_type": "company",
        "capabilities": {"card_payments": "active", "transfers": "active"},
        "charges_enabled": True,
        "controller": {"type": "account"},
        "country": account.country,
        "created": account.now(),
        "default_currency": account.currency,
        "details_submitted": True,
        "email": f"owner{account.number}@shop.example",
        "external_accounts": {
            "object": "list",
            "data": [],
            "has_more": False,
            "url": f"/v1/accounts/{account.id}/external_accounts",
        },
        "future_requirements": requirements(),
        "metadata": {},
        "payouts_enabled": True,
        "requirements": requirements(),
        "settings": _settings(account),
        "tos_acceptance": {"date": None, "ip": None, "user_agent": None},
        "type": "standard",
    }


def _settings(account: Account) -> dict[str, Any]:
    prefix = {
        "statement_descriptor_prefix_kana": None,
        "statement_descriptor_prefix_kanji": None,
    }
    return {
        "bacs_debit_payments": {"display_name": None, "service_user_number": None},
        "branding": {
            "icon": None, "logo": None, "primary_color": None, "secondary_color": None,
        },
        "card_issuing": {"tos_acceptance": {"date": None, "ip": None}},
        "card_payments": {
            "decline_on": {"avs_failure": False, "cvc_failure": False},
            "statement_descriptor_prefix": None,
            **prefix,
        },
        "dashboard": {
            "display_name": f"Sandbox Shop {account.number}",
            "timezone": "Etc/UTC",
        },
        "invoices": {"default_account_tax_ids": None, "hosted_payment_method_save": None},
        "payments": {
            "statement_descriptor": "SANDBOX SHOP",
            "statement_descriptor_kana": None,
            "statement_descriptor_kanji": None,
            **prefix,
        },
        "payouts": {
            "debit_negative_balances": True,
            "schedule": {"delay_days": 2, "interval": "daily"},
            "statement_descriptor": None,
        },
        "sepa_debit_payments": {},
    }  # fmt: skip


@route("GET", "/v1/account", scope=SCOPE)
def own(request: Request) -> Object:
    """The account the call acts on."""
    return request.account.profile


@route("GET", "/v1/accounts/{id}", scope=SCOPE)
def one(request: Request) -> Object:
    """The own account, or a connected one."""
    id_, account = request.path["id"], request.account
    if id_ == account.id:
        return account.profile
    if id_ in request.world.connected[account.id, account.livemode]:
        return request.world.account(id_, account.livemode).profile
    raise StripeError(
        403,
        code="account_invalid",
        message=f"The provided key '{request.key.shown}' does not have access to account '{id_}' "
        "(or that account does not exist). Application access may have been revoked.",
    )
