"""The resources served: importing them registers their routes."""

from saleor_tiktok_stripe.sandbox.stripe import (
    api_account,
    api_balance,
    api_balance_transactions,
    api_disputes,
    api_files,
    api_oauth,
    api_payment_records,
    api_payouts,
)

RESOURCES = (
    api_account,
    api_balance,
    api_balance_transactions,
    api_disputes,
    api_files,
    api_oauth,
    api_payment_records,
    api_payouts,
)
