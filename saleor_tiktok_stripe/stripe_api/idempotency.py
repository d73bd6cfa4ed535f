"""What Stripe's idempotency keys promise, and how its answers about them are named here.

Source: Stripe's reference of idempotent requests. The same key with the same body is one request;
its answer is stored, also a failure inside Stripe, and comes back to whoever asks again.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

KEY_HOLDS: Final = timedelta(hours=23)
"""Stripe remembers a key for at least a day; an hour is ours for clocks and slow calls."""

ANSWERED_WITH_FAILURE: Final = "STRIPE_BUSY"
"""Code of an ``InDoubt`` that Stripe is done with: it answered 5xx. What it did is listed, and the
key would only bring the stored failure back."""

KEY_USED_OTHERWISE: Final = "STRIPE_IDEMPOTENCY_MISMATCH"
"""Code of a ``VendorBug``: the key was used before, with another body."""
