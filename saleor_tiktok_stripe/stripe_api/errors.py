"""What Stripe's refusals mean for us, in the merchant's words, as one ordered, closed table.

Sources: Stripe's references of errors, error codes, rate limits and idempotent requests. The first
row that fits decides; what fits none is never repeated blindly.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from ..errors import ChannelError, InDoubt, NeedsReauthorization, RetryLater, VendorBug
from ..transport import redact
from .idempotency import ANSWERED_WITH_FAILURE, KEY_USED_OTHERWISE
from .types import Decline

MESSAGE_LIMIT = 300
RATE_PAUSE = 1.0
LOCK_PAUSE = 0.5
TOLD_NOT_TO_REPEAT = 60.0
"""Seconds until a call that Stripe said not to repeat is tried again all the same."""

_KEYS = re.compile(r"\b(?:sk|rk)_(?:test|live)_[A-Za-z0-9_*]+|\bwhsec_[A-Za-z0-9_*]+")
_CLIENT_SECRETS = re.compile(r"\b([a-z]+_[A-Za-z0-9]+)_secret_[A-Za-z0-9_]+")
_PERMISSION = re.compile(r"'(rak_[a-z0-9_]+)'")
_ACCOUNT = re.compile(r"\b(acct_[A-Za-z0-9]+)")


class PermissionMissing(ChannelError):
    """The key may not do this. ``permission`` is Stripe's name of what to add (``rak_…``), ""
    where it did not say; ``account`` the account it was about."""

    def __init__(
        self, message: str, *, permission: str = "", account: str = "", request_id: str = ""
    ) -> None:
        super().__init__("STRIPE_PERMISSION_MISSING", message, request_id=request_id)
        self.permission = permission
        self.account = account


class Refused(ChannelError):
    """Stripe understood and said no. ``stripe_code`` and ``param`` are Stripe's own, "" where it
    gave none; the message holds its words. Nothing was done."""

    def __init__(
        self,
        message: str,
        *,
        code: str = "STRIPE_REFUSED",
        stripe_code: str = "",
        param: str = "",
        status: int = 400,
        request_id: str = "",
    ) -> None:
        super().__init__(code, message, request_id=request_id)
        self.stripe_code = stripe_code
        self.param = param
        self.status = status


class NotFound(Refused):
    """Stripe has no such object, or not in this account and mode."""


class Declined(ChannelError):
    """The buyer's bank or Stripe's fraud checks said no. ``decline.message`` may be shown to the
    buyer. ``payment_id`` is the payment it happened to, "" where Stripe did not say."""

    def __init__(self, decline: Decline, *, payment_id: str = "", request_id: str = "") -> None:
        super().__init__("STRIPE_DECLINED", decline.message, request_id=request_id)
        self.decline = decline
        self.payment_id = payment_id


class Action(StrEnum):
    REAUTHORIZE = "reauthorize"
    PERMISSION = "permission"
    DECLINE = "decline"
    RETRY = "retry"
    BUSY = "busy"
    NOT_FOUND = "not_found"
    REFUSE = "refuse"
    BUG = "bug"


@dataclass(frozen=True)
class Rule:
    """Fits where all that is given here equals. ``status`` 500 stands for all of 5xx. ``pause``:
    seconds to wait where Stripe named none."""

    action: Action
    code: str
    cause: str = ""
    status: int | None = None
    type: str = ""
    stripe_code: str = ""
    pause: float | None = None


@dataclass(frozen=True)
class Refusal:
    """An answer that is no success. ``write``: it may have done something. ``should_retry`` is
    Stripe's own advice, None where it gave none; ``secrets`` must not show."""

    status: int
    type: str
    code: str
    message: str
    label: str
    write: bool
    decline_code: str = ""
    param: str = ""
    request_id: str = ""
    payment_id: str = ""
    charge_id: str = ""
    should_retry: bool | None = None
    retry_after: float | None = None
    secrets: tuple[str, ...] = field(default=(), repr=False)


_NEW_KEY = "Create a new restricted key in Stripe's dashboard and enter it here."
_BUSY_WORDS = "Stripe is busy or failed internally."

RULES: Final[tuple[Rule, ...]] = (
    Rule(
        Action.REAUTHORIZE, "STRIPE_KEY_EXPIRED", f"The Stripe key has expired. {_NEW_KEY}",
        stripe_code="api_key_expired",
    ),
    Rule(
        Action.REAUTHORIZE, "STRIPE_KEY_REFUSED", f"Stripe does not accept the key. {_NEW_KEY}",
        status=401,
    ),
    Rule(
        Action.REAUTHORIZE, "STRIPE_ACCESS_ENDED",
        "Stripe gives no access to this account (any more). Connect it again.",
        stripe_code="account_invalid",
    ),
    Rule(
        Action.REAUTHORIZE, "STRIPE_ACCESS_ENDED",
        "The platform's key is not valid any more. Connect the account again.",
        stripe_code="platform_api_key_expired",
    ),
    Rule(Action.PERMISSION, "STRIPE_PERMISSION_MISSING", status=403),
    Rule(
        Action.BUG, KEY_USED_OTHERWISE,
        "The key of this request was used before for another one.", type="idempotency_error",
        status=400,
    ),
    Rule(
        Action.RETRY, "STRIPE_REQUEST_RUNNING",
        "The same request is still being worked on at Stripe.",
        stripe_code="idempotency_key_in_use", pause=LOCK_PAUSE,
    ),
    Rule(
        Action.RETRY, "STRIPE_LOCKED", "Stripe is working on this object just now.",
        stripe_code="lock_timeout", pause=LOCK_PAUSE,
    ),
    Rule(
        Action.RETRY, "STRIPE_RATE_LIMITED", "Stripe asks for fewer calls.", status=429,
        pause=RATE_PAUSE,
    ),
    Rule(
        Action.RETRY, "STRIPE_RATE_LIMITED", "Stripe asks for fewer calls.",
        stripe_code="rate_limit", pause=RATE_PAUSE,
    ),
    Rule(
        Action.RETRY, "STRIPE_CONFLICT", "Another request was in the way.", status=409,
        pause=LOCK_PAUSE,
    ),
    Rule(Action.DECLINE, "STRIPE_DECLINED", type="card_error"),
    Rule(Action.DECLINE, "STRIPE_DECLINED", status=402),
    Rule(Action.NOT_FOUND, "STRIPE_NOT_FOUND", stripe_code="resource_missing"),
    Rule(Action.NOT_FOUND, "STRIPE_NOT_FOUND", status=404),
    Rule(Action.BUSY, ANSWERED_WITH_FAILURE, _BUSY_WORDS, status=500, pause=LOCK_PAUSE),
    Rule(Action.REFUSE, "STRIPE_REFUSED", type="invalid_request_error"),
    Rule(Action.REFUSE, "STRIPE_REFUSED", status=400),
)  # fmt: skip

UNKNOWN: Final = Rule(
    Action.BUG, "STRIPE_UNKNOWN_REFUSAL", "Stripe refused in a way that is not known."
)


def rule_for(refusal: Refusal) -> Rule:
    """The first row that fits, else ``UNKNOWN``."""
    for rule in RULES:
        if (
            (rule.status is None or rule.status == _class_of(refusal.status))
            and (not rule.type or rule.type == refusal.type)
            and (not rule.stripe_code or rule.stripe_code == refusal.code)
        ):
            return rule
    return UNKNOWN


def error_for(refusal: Refusal) -> ChannelError:
    """The error to raise. A write that met a failure of Stripe's own is in doubt: the failure is
    stored under its idempotency key and would only come back, unless Stripe asks to try again
    (then ``retry_after`` says when)."""
    rule = rule_for(refusal)
    if refusal.should_retry and rule.action is Action.REFUSE:
        rule = Rule(Action.RETRY, "STRIPE_CONFLICT", "Stripe asks to try again.", pause=RATE_PAUSE)
    return _BUILDERS[rule.action](rule, refusal)


def clean(text: str, secrets: tuple[str, ...] = ()) -> str:
    """Stripe's words without keys and secrets, at most ``MESSAGE_LIMIT`` characters."""
    text = _CLIENT_SECRETS.sub(r"\1_secret_***", _KEYS.sub("***", text))
    return redact(text, secrets)[:MESSAGE_LIMIT]


def unreadable(label: str, why: str, request_id: str) -> VendorBug:
    """An answer of Stripe that cannot be used."""
    return VendorBug(
        "STRIPE_UNREADABLE_ANSWER",
        f"{label}: Stripe's answer cannot be read: {why}.",
        request_id=request_id,
    )


def _class_of(status: int) -> int:
    return min(status, 500)


def _words(refusal: Refusal, cause: str) -> str:
    said = clean(refusal.message, refusal.secrets)
    if cause and said:
        return f"{cause} Stripe says: {said}"
    return cause or said or f"Stripe refused {refusal.label}."


def _reauthorize(rule: Rule, refusal: Refusal) -> ChannelError:
    return NeedsReauthorization(rule.code, rule.cause, request_id=refusal.request_id)


def _permission(rule: Rule, refusal: Refusal) -> ChannelError:
    permission = _PERMISSION.search(refusal.message)
    account = _ACCOUNT.search(refusal.message)
    missing = permission.group(1) if permission else ""
    return PermissionMissing(
        f"The key lacks a permission{f' ({missing})' if missing else ''}: {refusal.label}."
        " Add it to the key in Stripe's dashboard.",
        permission=missing,
        account=account.group(1) if account else "",
        request_id=refusal.request_id,
    )


def _decline(rule: Rule, refusal: Refusal) -> ChannelError:
    decline = Decline(
        code=refusal.code,
        decline_code=refusal.decline_code,
        message=clean(refusal.message, refusal.secrets) or "The payment was declined.",
        charge_id=refusal.charge_id,
    )
    return Declined(decline, payment_id=refusal.payment_id, request_id=refusal.request_id)


def _retry(rule: Rule, refusal: Refusal) -> ChannelError:
    return RetryLater(
        rule.code, rule.cause, retry_after=_wait(rule, refusal), request_id=refusal.request_id
    )


def _busy(rule: Rule, refusal: Refusal) -> ChannelError:
    wait = _wait(rule, refusal)
    if not refusal.write:
        return RetryLater(rule.code, rule.cause, retry_after=wait, request_id=refusal.request_id)
    words = f"{rule.cause} Whether it did what was asked must be checked first."
    soon = wait if refusal.should_retry else None
    return InDoubt(rule.code, words, retry_after=soon, request_id=refusal.request_id)


def _wait(rule: Rule, refusal: Refusal) -> float | None:
    wait = refusal.retry_after if refusal.retry_after is not None else rule.pause
    return max(wait or 0.0, TOLD_NOT_TO_REPEAT) if refusal.should_retry is False else wait


def _not_found(rule: Rule, refusal: Refusal) -> ChannelError:
    return NotFound(
        _words(refusal, ""),
        code=rule.code,
        stripe_code=refusal.code,
        param=refusal.param,
        status=refusal.status,
        request_id=refusal.request_id,
    )


def _refuse(rule: Rule, refusal: Refusal) -> ChannelError:
    return Refused(
        _words(refusal, ""),
        code=rule.code,
        stripe_code=refusal.code,
        param=refusal.param,
        status=refusal.status,
        request_id=refusal.request_id,
    )


def _bug(rule: Rule, refusal: Refusal) -> ChannelError:
    return VendorBug(
        rule.code,
        f"{refusal.label}: {_words(refusal, rule.cause)} (HTTP {refusal.status})",
        request_id=refusal.request_id,
    )


_BUILDERS: Final[Mapping[Action, Callable[[Rule, Refusal], ChannelError]]] = {
    Action.REAUTHORIZE: _reauthorize,
    Action.PERMISSION: _permission,
    Action.DECLINE: _decline,
    Action.RETRY: _retry,
    Action.BUSY: _busy,
    Action.NOT_FOUND: _not_found,
    Action.REFUSE: _refuse,
    Action.BUG: _bug,
}
