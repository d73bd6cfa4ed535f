"""From a refusal to the error to raise: the table of codes is in ``rules``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ..errors import (
    ChannelError,
    InDoubt,
    NeedsReauthorization,
    Parked,
    Problem,
    RetryLater,
    VendorBug,
)
from ..transport import redact
from .rules import (
    BUSY,
    CATCH_ALL,
    PARAMETER,
    RULES,
    STATUSES,
    UNKNOWN_CODE,
    UNREADABLE,
    Action,
    Rule,
)


class AccessTokenExpired(RetryLater):
    """The access token's life is over: refresh once and repeat the call (nothing was done)."""


class TokensInDoubt(InDoubt):
    """A token exchange or refresh was sent and its answer not seen.

    TikTok may have rotated both tokens, so the stored refresh token may be dead. Trying it once
    more is the only way to find out; a refusal then means that the seller must consent again.
    """


@dataclass(frozen=True)
class Refusal:
    """An answer that is no success. ``code`` is None where the body held none; ``safe`` says the
    call may be repeated; ``secrets`` are values that must not show.
    """

    code: int | None
    message: str
    status: int
    request_id: str
    label: str
    safe: bool
    scope: str = ""
    retry_after: float | None = None
    secrets: tuple[str, ...] = ()


def rule_for(refusal: Refusal) -> Rule:
    """The rule of a refusal. Closed: unknown codes are a bug, unless the status is 5xx or 429."""
    if refusal.code == 36009004:
        message = refusal.message.lower()
        found = (rule for pattern, rule in CATCH_ALL if pattern.search(message))
        return next(found, PARAMETER)
    if refusal.code is not None and refusal.code in RULES:
        return RULES[refusal.code]
    if refusal.status >= 500:
        return BUSY
    if refusal.code is None or refusal.status == 429:
        return STATUSES.get(refusal.status, UNREADABLE if refusal.status < 300 else UNKNOWN_CODE)
    return UNKNOWN_CODE


def known_code(code: int) -> bool:
    """Whether the table says what a code means."""
    return code in RULES


def passes(code: int) -> bool:
    """Whether what was refused with this code may be accepted later."""
    return code in RULES and RULES[code].action is Action.RETRY


def error_for(refusal: Refusal) -> ChannelError:
    """The error to raise for a refusal; its message holds no secret."""
    rule = rule_for(refusal)
    return _MAKERS[rule.action](rule, refusal)


def problem_for(code: int, params: Mapping[str, str]) -> Problem:
    """What to tell the merchant about one refused row of a batch (``data.errors``)."""
    rule = RULES.get(code, UNKNOWN_CODE)
    facts = {"tiktok_code": str(code), **params}
    cure = rule.cure or "Try again later; report it if it stays."
    return Problem(f"TIKTOK_{rule.name}", "tiktok", rule.cause, cure, facts)


def _words(rule: Rule, refusal: Refusal) -> str:
    scope = f" Missing: {refusal.scope}." if rule.name == "SCOPE_MISSING" and refusal.scope else ""
    code = f" (code {refusal.code})" if refusal.code is not None else f" (HTTP {refusal.status})"
    return f"{refusal.label}: {rule.cause}{scope} {rule.cure}".rstrip() + code


def _make_retry(rule: Rule, refusal: Refusal) -> ChannelError:
    kind = RetryLater if refusal.safe or rule.done else InDoubt
    waits = [wait for wait in (rule.after, refusal.retry_after) if wait is not None]
    return kind(
        f"TIKTOK_{rule.name}",
        _words(rule, refusal),
        retry_after=max(waits, default=None),
        request_id=refusal.request_id,
    )


def _make_expired(rule: Rule, refusal: Refusal) -> ChannelError:
    return AccessTokenExpired(rule.name, _words(rule, refusal), request_id=refusal.request_id)


def _make_reauthorize(rule: Rule, refusal: Refusal) -> ChannelError:
    code = f"TIKTOK_{rule.name}"
    return NeedsReauthorization(code, _words(rule, refusal), request_id=refusal.request_id)


def _make_parked(rule: Rule, refusal: Refusal) -> ChannelError:
    params = {"tiktok_code": str(refusal.code), "request_id": refusal.request_id}
    return Parked(Problem(f"TIKTOK_{rule.name}", "tiktok", rule.cause, rule.cure, params))


def _make_bug(rule: Rule, refusal: Refusal) -> ChannelError:
    said = redact(refusal.message, refusal.secrets)[:160]
    words = f"{_words(rule, refusal)}: {said}" if said else _words(rule, refusal)
    return VendorBug(f"TIKTOK_{rule.name}", words, request_id=refusal.request_id)


_MAKERS: Mapping[Action, Callable[[Rule, Refusal], ChannelError]] = {
    Action.RETRY: _make_retry,
    Action.REFRESH: _make_expired,
    Action.REAUTHORIZE: _make_reauthorize,
    Action.PARK: _make_parked,
    Action.BUG: _make_bug,
}
