"""Where staff see a payment at Stripe."""

from __future__ import annotations

from ..models import Charge


def payment_url(charge: Charge) -> str:
    """Its page in Stripe's dashboard; "" before there is a payment."""
    if not charge.payment_id:
        return ""
    account = charge.account_id or charge.connection.account_id
    parts = ["https://dashboard.stripe.com", account, "" if charge.livemode else "test"]
    return "/".join([part for part in parts if part] + ["payments", charge.payment_id])
