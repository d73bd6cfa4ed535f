"""The resources served: importing them registers their routes."""

from saleor_tiktok_stripe.sandbox.stripe import (
    api_account,
    api_balance,
)

RESOURCES = (
    api_account,
    api_balance,
)
