"""Errors as Stripe's API answers them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

INVALID = "invalid_request_error"


class StripeError(Exception):
    """An error answer: HTTP status and the `error` object of its body.

    `extra` are more fields of the `error` object (decline_code, payment_intent, charge).
    `stored` says whether an idempotency key remembers this answer: what Stripe refuses before it
    begins to act, and 409 and 429, it does not remember.
    """

    def __init__(
        self,
        status: int,
        type: str = INVALID,  # noqa: A002 (Stripe's own word)
        code: str | None = None,
        param: str | None = None,
        message: str = "",
        *,
        stored: bool = True,
        headers: Mapping[str, str] | None = None,
        **extra: Any,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.type = type
        self.code = code
        self.param = param
        self.message = message
        self.headers = dict(headers or {})
        self.extra = extra
        self.stored = stored and status not in {409, 429}

    def body(self) -> dict[str, Any]:
        """The body of the answer; another envelope (OAuth) overrides this."""
        error: dict[str, Any] = {"type": self.type, "message": self.message}
        if self.code:
            error["code"] = self.code
            error["doc_url"] = f"https://stripe.com/docs/error-codes/{self.code.replace('_', '-')}"
        if self.param:
            error["param"] = self.param
        return {"error": error | self.extra}


def missing(kind: str, id_: str, param: str = "id", status: int = 404) -> StripeError:
    """No such object: 404 for the object of the call, 400 when it is named in a parameter."""
    return StripeError(status, INVALID, "resource_missing", param, f"No such {kind}: '{id_}'")


def invalid(message: str, param: str | None = None, code: str | None = None) -> StripeError:
    """A parameter that is wrong: 400, not remembered by an idempotency key."""
    return StripeError(400, INVALID, code, param, message, stored=False)


def refused(message: str, code: str | None = None, param: str | None = None) -> StripeError:
    """400 while acting (wrong state and the like): remembered by an idempotency key."""
    return StripeError(400, INVALID, code, param, message)
