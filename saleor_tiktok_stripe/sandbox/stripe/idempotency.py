"""Idempotency keys as Stripe keeps them: per account and mode, for a day.

A key remembers the status and body of the first call that began to act, 500s included. Another
path or other parameters under it are 400 idempotency_error; while the first call is under way,
409 idempotency_key_in_use.
"""

from __future__ import annotations

from saleor_tiktok_stripe.sandbox.stripe.errors import INVALID, StripeError
from saleor_tiktok_stripe.sandbox.stripe.world import Account, Stored

KEPT = 86_400
LONGEST = 255


def begin(account: Account, key: str, path: str, fingerprint: str) -> Stored | None:
    """Reserve the key; the stored answer when it is a replay, None when the work is to be done."""
    if len(key) > LONGEST:
        said = f"Idempotency keys can be at most {LONGEST} characters"
        raise StripeError(400, INVALID, message=said, stored=False)
    former = account.idempotency.get(key)
    now = account.now()
    if former is None or (former.status and former.created + KEPT <= now):
        account.idempotency[key] = Stored(path, fingerprint, now)
        return None
    if former.path != path:
        raise _mismatch(
            "Keys for idempotent requests can only be used for the same endpoint they were first "
            f"used for ('{former.path}' vs '{path}').",
            key,
        )
    if former.fingerprint != fingerprint:
        raise _mismatch(
            "Keys for idempotent requests can only be used with the same parameters they were "
            "first used with.",
            key,
        )
    if not former.status:
        raise in_use(key)
    return former


def finish(account: Account, key: str, status: int, body: bytes) -> None:
    """Remember the answer."""
    stored = account.idempotency[key]
    stored.status, stored.body = status, body


def forget(account: Account, key: str) -> None:
    """Give the key back: nothing was done under it."""
    account.idempotency.pop(key, None)


def in_use(key: str) -> StripeError:
    """Another call with this key is under way."""
    return StripeError(
        409,
        INVALID,
        "idempotency_key_in_use",
        message="There is currently another in-progress request using this Idempotency Key (that "
        "probably means you submitted twice, and the other request is still going through): "
        f"{key}. Please try again later.",
    )


def _mismatch(said: str, key: str) -> StripeError:
    hint = f" Try using a key other than '{key}' if you meant to execute a different request."
    return StripeError(400, "idempotency_error", message=said + hint, stored=False)
