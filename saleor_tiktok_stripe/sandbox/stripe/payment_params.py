"""The parameters of PaymentIntent calls."""

from __future__ import annotations

from saleor_tiktok_stripe.sandbox.stripe.params import (
    ADDRESS,
    Kind,
    Spec,
    flag,
    free,
    integer,
    items,
    metadata,
    obj,
    text,
)

CAPTURE_METHODS = ("automatic", "automatic_async", "manual")
CANCEL_REASONS = ("duplicate", "fraudulent", "requested_by_customer", "abandoned")
_USAGE = ("off_session", "on_session")
_METHOD_TYPES = (
    "card", "link", "us_bank_account", "sepa_debit", "ideal", "bancontact", "klarna", "paypal",
)  # fmt: skip
SHIPPING = obj(
    {
        "address": obj(ADDRESS, required=True),
        "carrier": text(),
        "name": text(required=True),
        "phone": text(),
        "tracking_number": text(),
    }
)
BILLING = obj(
    {"address": obj(ADDRESS), "email": text(), "name": text(), "phone": text(), "tax_id": text()}
)


def _method_options() -> Kind:
    # What the sandbox acts on is checked; the rest of each method's options is taken as it comes.
    return obj({name: free() for name in _METHOD_TYPES})


def _method_data() -> Kind:
    return obj(
        {
            "type": text(required=True),
            "allow_redisplay": text(),
            "bancontact": free(),
            "billing_details": BILLING,
            "card": free(),
            "ideal": free(),
            "klarna": free(),
            "link": free(),
            "metadata": metadata(),
            "paypal": free(),
            "radar_options": free(),
            "sepa_debit": free(),
            "us_bank_account": free(),
        }
    )


_PAYING: Spec = {
    "payment_method": text(),
    "payment_method_data": _method_data(),
    "payment_method_options": _method_options(),
    "payment_method_types": items(),
    "receipt_email": text(),
    "setup_future_usage": text(choices=_USAGE),
    "shipping": SHIPPING,
    "capture_method": text(choices=CAPTURE_METHODS),
}
_CONFIRMING: Spec = {
    "confirmation_token": text(),
    "error_on_requires_action": flag(),
    "mandate": text(),
    "mandate_data": free(),
    "off_session": flag(),
    "radar_options": free(),
    "return_url": text(),
    "use_stripe_sdk": flag(),
}
_DESCRIBING: Spec = {
    "description": text(longest=1000),
    "metadata": metadata(),
    "statement_descriptor": text(longest=22),
    "statement_descriptor_suffix": text(longest=22),
    "customer": text(),
    "transfer_group": text(),
}
CREATE: Spec = {
    "amount": integer(required=True, low=1),
    "currency": text(required=True),
    "automatic_payment_methods": obj(
        {
            "enabled": Kind("flag", required=True),
            "allow_redirects": text(choices=("always", "never")),
        }
    ),
    "confirm": flag(),
    "confirmation_method": text(choices=("automatic", "manual")),
    "excluded_payment_method_types": items(),
    **_PAYING,
    **_CONFIRMING,
    **_DESCRIBING,
}
UPDATE: Spec = {
    "amount": integer(low=1),
    "currency": text(),
    **_PAYING,
    **_DESCRIBING,
}
CONFIRM: Spec = {**_PAYING, **_CONFIRMING}
CAPTURE: Spec = {
    "amount_to_capture": integer(low=1),
    "final_capture": flag(),
    "metadata": metadata(),
    "statement_descriptor": text(longest=22),
    "statement_descriptor_suffix": text(longest=22),
}
CANCEL: Spec = {"cancellation_reason": text(choices=CANCEL_REASONS)}
CLIENT_SECRET: Spec = {"client_secret": text()}
# What Stripe.js sends along.
JS: Spec = {
    "client_secret": text(),
    "expected_payment_method_type": text(),
    "client_context": free(),
    "_stripe_version": text(),
}
