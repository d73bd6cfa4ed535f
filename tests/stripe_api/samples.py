"""Objects as Stripe's reference shows them, in our API version."""

from __future__ import annotations

CREATED = 1767225600  # 2026-01-01


def payment(**changes: object) -> dict[str, object]:
    return {
        "id": "pi_1",
        "object": "payment_intent",
        "amount": 1099,
        "amount_capturable": 0,
        "amount_received": 0,
        "capture_method": "automatic",
        "client_secret": "pi_1_secret_abc",
        "created": CREATED,
        "currency": "usd",
        "latest_charge": None,
        "livemode": False,
        "metadata": {},
        "status": "requires_payment_method",
        **changes,
    }


def charge(**changes: object) -> dict[str, object]:
    return {
        "id": "ch_1",
        "object": "charge",
        "amount": 1099,
        "amount_captured": 1099,
        "amount_refunded": 0,
        "balance_transaction": {
            "id": "txn_1",
            "object": "balance_transaction",
            "amount": 1000,
            "fee": 59,
            "net": 941,
            "currency": "eur",
            "exchange_rate": 0.91,
        },
        "billing_details": {"name": "Ada", "email": "ada@example.com", "address": None},
        "captured": True,
        "created": CREATED,
        "currency": "usd",
        "disputed": False,
        "payment_intent": "pi_1",
        "payment_method_details": {
            "type": "card",
            "card": {
                "brand": "visa",
                "last4": "4242",
                "exp_month": 12,
                "exp_year": 2030,
                "fingerprint": "fp1",
                "wallet": {"type": "apple_pay"},
                "three_d_secure": {"result": "authenticated"},
                "checks": {"cvc_check": "pass", "address_line1_check": None},
            },
        },
        "receipt_url": "https://pay.stripe.com/receipts/1",
        **changes,
    }


def refund(**changes: object) -> dict[str, object]:
    return {
        "id": "re_1",
        "object": "refund",
        "amount": 500,
        "charge": "ch_1",
        "created": CREATED,
        "currency": "usd",
        "destination_details": {"type": "card", "card": {"reference": "ARN1", "type": "refund"}},
        "metadata": {"saleor_refund": "r"},
        "payment_intent": "pi_1",
        "reason": "duplicate",
        "status": "succeeded",
        **changes,
    }


def dispute(**changes: object) -> dict[str, object]:
    return {
        "id": "du_1",
        "object": "dispute",
        "amount": 1099,
        "balance_transactions": [
            {
                "id": "txn_2",
                "object": "balance_transaction",
                "amount": -1099,
                "created": CREATED,
                "currency": "usd",
                "exchange_rate": None,
                "fee": 1500,
                "net": -2599,
                "reporting_category": "dispute",
                "source": "du_1",
                "type": "adjustment",
            }
        ],
        "charge": "ch_1",
        "created": CREATED,
        "currency": "usd",
        "enhanced_eligibility_types": ["visa_compelling_evidence_3"],
        "evidence": {
            "customer_name": "Ada",
            "receipt": {"id": "file_1", "object": "file"},
            "service_date": None,
        },
        "evidence_details": {
            "due_by": CREATED + 86400,
            "has_evidence": True,
            "past_due": False,
            "submission_count": 0,
            "enhanced_eligibility": {
                "visa_compelling_evidence_3": {"status": "qualified", "required_actions": []}
            },
        },
        "intended_submission_method": "prefer_manual",
        "is_charge_refundable": False,
        "livemode": False,
        "metadata": {},
        "payment_intent": "pi_1",
        "payment_method_details": {
            "type": "card",
            "card": {"brand": "visa", "case_type": "chargeback", "network_reason_code": "10.4"},
        },
        "reason": "fraudulent",
        "status": "needs_response",
        **changes,
    }


def event(**changes: object) -> dict[str, object]:
    return {
        "id": "evt_1",
        "object": "event",
        "api_version": "2025-10-29.clover",
        "created": CREATED,
        "data": {"object": payment(metadata={"saleor_payment": "k"})},
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": "req_1", "idempotency_key": None},
        "type": "payment_intent.succeeded",
        **changes,
    }
