"""The resources served: importing them registers their routes."""

from saleor_tiktok_stripe.sandbox.stripe import (
    api_account,
    api_balance,
    api_balance_transactions,
    api_charges,
    api_disputes,
    api_events,
    api_files,
    api_oauth,
    api_payment_records,
    api_payments,
    api_payouts,
    api_refunds,
    api_webhooks,
    pages,
)

RESOURCES = (
    api_account,
    api_balance,
    api_balance_transactions,
    api_charges,
    api_disputes,
    api_events,
    api_files,
    api_oauth,
    api_payment_records,
    api_payments,
    api_payouts,
    api_refunds,
    api_webhooks,
    pages,
)
