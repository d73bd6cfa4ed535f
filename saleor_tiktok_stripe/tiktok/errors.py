"""TikTok's error codes: what each means for us, in the merchant's words, as one closed table.

Sources: the gateway's common error codes and the per-endpoint error lists of the Open API. ``code``
in the body is the authority; the HTTP status decides only where there is no readable code. A code
that is not listed is never retried blindly.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

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


class AccessTokenExpired(RetryLater):
    """The access token's life is over: refresh once and repeat the call (nothing was done)."""


class TokensInDoubt(InDoubt):
    """A token exchange or refresh was sent and its answer not seen.

    TikTok may have rotated both tokens, so the stored refresh token may be dead. Trying it once
    more is the only way to find out; a refusal then means that the seller must consent again.
    """


class Action(StrEnum):
    RETRY = "retry"
    REFRESH = "refresh"
    REAUTHORIZE = "reauthorize"
    PARK = "park"
    BUG = "bug"


@dataclass(frozen=True)
class Rule:
    """``after`` is the least wait in seconds before a retry; ``done`` is False where a write that
    got this answer may have taken effect all the same.
    """

    action: Action
    name: str
    cause: str
    cure: str = ""
    after: float | None = None
    done: bool = True


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


def _retry(name: str, cause: str, after: float | None = None, *, done: bool = True) -> Rule:
    return Rule(Action.RETRY, name, cause, "", after, done)


def _reauthorize(name: str, cause: str, cure: str) -> Rule:
    return Rule(Action.REAUTHORIZE, name, cause, cure)


def _park(name: str, cause: str, cure: str) -> Rule:
    return Rule(Action.PARK, name, cause, cure)


def _bug(name: str, cause: str) -> Rule:
    return Rule(Action.BUG, name, cause)


BUSY = _retry("BUSY", "TikTok is busy or failed internally.", done=False)
_TIMEOUT = _retry("TIMEOUT", "TikTok ran out of time.", done=False)
_FETCH = _retry("FETCH_FAILED", "TikTok could not read its orders just now.")
_CONSENT = "Connect the shop again and accept all permissions."
_PATH = _bug("ENDPOINT_INVALID", "The endpoint, method or version does not exist.")
_BODY = _bug("BODY_INVALID", "The body or its content type was refused.")
_PARAMETER = _bug("PARAMETER_INVALID", "A parameter was refused.")
_LOOK_AGAIN = "Nothing to do: the newest state is read again."
_ALREADY = _park("ALREADY_DONE", "TikTok says this was already done.", _LOOK_AGAIN)
_STATE = _park(
    "STATE_FORBIDS",
    "The order's state at TikTok does not allow this.",
    "Check it in Seller Center.",
)
_REASON = _park("REASON_REFUSED", "TikTok does not accept this reason.", "Choose another reason.")
_GONE = _park(
    "NOT_OF_THIS_SHOP",
    "TikTok does not find this in the connected shop.",
    "Check that the right shop is connected.",
)
_PRODUCT_GONE = _park(
    "PRODUCT_MISSING", "The product is not in the shop any more.", "Link the SKU to a live product."
)
_STOCK = _park(
    "STOCK_REFUSED",
    "TikTok refused the stock figure or its warehouse.",
    "Check the SKU's warehouses in Seller Center.",
)
_PRICE = _park(
    "PRICE_LOCKED", "A promotion locks this product.", "Try again when the promotion has ended."
)
_SKU = _park("SKU_REFUSED", "TikTok refused the SKU.", "Check the SKU in Seller Center.")
_SHIPPED = _park("ALREADY_SHIPPED", "TikTok has this as shipped already.", _LOOK_AGAIN)
_AFTERSALE = _park(
    "AFTERSALE_PENDING", "A buyer's request is open on this order.", "Answer the request first."
)
_TRACKING = _park(
    "TRACKING_REFUSED",
    "TikTok refused the tracking number or the carrier.",
    "Correct the tracking number or the carrier mapping.",
)
_PACKAGE = _park(
    "PACKAGE_REFUSED", "The package cannot be handled this way.", "Check it in Seller Center."
)
_IMAGE = _park("IMAGE_REFUSED", "TikTok refused an image.", "Choose another image.")
_CONSENT_AGAIN = "Connect the shop again: the seller must consent once more."

RULES: Mapping[int, Rule] = {
    36009002: _retry("RATE_LIMITED", "TikTok asks for fewer calls.", 1.0),
    36009003: BUSY,
    36009007: _TIMEOUT,
    36009009: _PATH,
    36009010: _PATH,
    36009014: _PATH,
    36009021: _bug("UPLOAD_TOO_LARGE", "The upload is too large."),
    36009022: _BODY,
    36009023: _BODY,
    36009033: _park(
        "IP_NOT_ALLOWED",
        "The app's allow list at TikTok does not hold this server's address.",
        "Add the address in Partner Center, or remove the list.",
    ),
    36009037: _retry("SANDBOX_HOURLY_CAP", "The hourly cap of TikTok's sandbox is used up.", 3600),
    36009043: _park("SHOP_INACTIVE", "The shop is not active.", "Reactivate it in Seller Center."),
    36009044: _park("SELLER_INACTIVE", "The seller is not active.", "Check it in Seller Center."),
    101000: _reauthorize(
        "TOKEN_SHOP_MISMATCH",
        "The authorization and the chosen shop do not fit together.",
        "Connect again and choose the shop.",
    ),
    45101004: _retry("DAILY_QUOTA", "TikTok's daily quota is used up.", 86400),
    105002: Rule(Action.REFRESH, "ACCESS_TOKEN_EXPIRED", "The access token has expired."),
    105005: _reauthorize("SCOPE_MISSING", "A permission is missing.", _CONSENT),
    106001: _reauthorize(
        "SIGNATURE_REFUSED",
        "TikTok refused the signature: the app secret does not belong to the app key.",
        "Enter the app key and app secret from Partner Center again.",
    ),
    106013: _bug("SHOP_CIPHER_MISSING", "The call named no shop."),
    36004004: _reauthorize(
        "AUTH_CODE_INVALID",
        "The consent's code was used or has expired.",
        "Start connecting again.",
    ),
    36004005: _reauthorize(
        "REFRESH_TOKEN_UNKNOWN", "TikTok does not know this authorization.", _CONSENT_AGAIN
    ),
    36004001: _reauthorize(
        "REFRESH_TOKEN_EXPIRED", "The authorization has expired.", _CONSENT_AGAIN
    ),
    98001004: _reauthorize(
        "TOKEN_PARAMETER_INVALID",
        "TikTok refused the app key, the app secret or the code.",
        "Check the credentials from Partner Center and connect again.",
    ),
    **dict.fromkeys((10002014, 10002015, 10037002, 10037003, 10037004), _FETCH),
    10006402: _reauthorize("NO_PERMISSION", "The app may not read this.", _CONSENT),
    21001001: _PARAMETER,
    21008111: _GONE,
    **dict.fromkeys((25001001, 11050001), _PARAMETER),
    25001003: _STATE,
    **dict.fromkeys((25001010, 25001011, 25001051, 25020009, 25020010), _ALREADY),
    **dict.fromkeys((25001014, 25001015, 25001020, 25001021), _REASON),
    25001028: _retry("LOCKED", "TikTok is working on this order just now.", 2.0),
    25001044: _STATE,
    25001045: _SHIPPED,
    25001046: _park(
        "RISK_CONTROL", "TikTok's risk control holds this.", "Ask TikTok's seller support."
    ),
    25005005: _park(
        "REFUND_TOO_HIGH",
        "The refund is above what TikTok allows.",
        "Lower it to the refundable amount.",
    ),
    25005010: _park(
        "NO_PARTIAL_CANCEL",
        "Single lines cannot be cancelled in this market.",
        "Cancel the whole order, or ship it.",
    ),
    25005011: _park("TOO_MANY_LINES", "Too many lines at once.", "Act on fewer lines."),
    25007006: _GONE,
    25011010: _park(
        "WITH_OPERATOR", "TikTok's staff decides this case.", "Wait for TikTok's decision."
    ),
    **dict.fromkeys((25011011, 25011012, 25011013), _STATE),
    **dict.fromkeys(
        (25020003, 25020004),
        _park("DECISION_UNFIT", "The decision does not fit the request.", "Choose another one."),
    ),
    25020005: _reauthorize("NO_PERMISSION", "The app may not do this.", _CONSENT),
    21008106: _park(
        "NOT_IN_REGION", "TikTok does not offer this in the shop's market.", "Use Seller Center."
    ),
    21011003: _STATE,
    **dict.fromkeys((21011006, 21011020, 21011040), _SHIPPED),
    **dict.fromkeys((21011007, 21008044), _AFTERSALE),
    **dict.fromkeys(
        (21011022, 21011025, 21034012, 21004015, 21008116, 21008117, 21011051), _TRACKING
    ),
    21011028: _GONE,
    **dict.fromkeys((21011029, 21011031, 21011033, 21011035, 21011048), _PACKAGE),
    21011041: _park("ORDER_CANCELLED", "The order is cancelled at TikTok.", _LOOK_AGAIN),
    21011050: _park(
        "TRACKING_WINDOW_OVER",
        "TikTok's time for correcting tracking is over.",
        "Ask TikTok's seller support.",
    ),
    21008025: _park("FULFILLED_BY_TIKTOK", "TikTok ships this order itself.", _LOOK_AGAIN),
    **dict.fromkeys((21023035, 21042104), _PACKAGE),
    11034037: _retry("DOCUMENT_NOT_READY", "TikTok is still making the document.", 10.0),
    12001000: BUSY,
    **dict.fromkeys((12019022, 12019024, 12019028, 12052097, 12052055), _STOCK),
    **dict.fromkeys((12052031, 12052032, 12052260), _PRODUCT_GONE),
    12052048: _GONE,
    **dict.fromkeys((12052393, 12052038, 12019045), _PRICE),
    **dict.fromkeys((12052533, 12052556, 12052557), _SKU),
    12052901: _STATE,
    12052180: _bug("SEARCH_TOO_WIDE", "A product search went beyond 10 000 results."),
    12019109: _bug("PAGE_SIZE", "The page size was refused."),
    12052109: _bug("TOO_MANY_IDS", "Too many ids at once."),
    12052093: _park("LISTING_LIMIT", "The shop's listing limit is reached.", "Try again tomorrow."),
    **dict.fromkeys((12038002, 12038004, 12038005), _IMAGE),
    22005007: _GONE,
}

CLOCK_SKEW = _retry("CLOCK_SKEW", "This server's clock is wrong by more than TikTok allows.", 300.0)
_CATCH_ALL: tuple[tuple[re.Pattern[str], Rule], ...] = (
    (
        re.compile(r"app_?\s?key"),
        _reauthorize(
            "APP_KEY_INVALID",
            "TikTok does not know the app key.",
            "Enter it again from Partner Center.",
        ),
    ),
    (re.compile(r"timestamp"), CLOCK_SKEW),
    (re.compile(r"cipher"), _bug("SHOP_CIPHER_UNEXPECTED", "The call must not name a shop.")),
    (
        re.compile(r"(?<!page)(?<!page_)(?<!page )token"),
        _reauthorize("TOKEN_INVALID", "TikTok does not accept the access token.", _CONSENT_AGAIN),
    ),
    (re.compile(r"\bsign\b"), _bug("SIGN_MISSING", "The call was not signed.")),
)
"""36009004 says only "invalid parameter": the parameter's name in the message tells which."""

STATUSES: Mapping[int, Rule] = {
    401: _reauthorize("HTTP_401", "TikTok refused the authorization.", _CONSENT_AGAIN),
    403: _retry("HTTP_403", "TikTok's gateway refused the call.", 600.0),
    404: _PATH,
    408: _TIMEOUT,
    429: RULES[36009002],
}
UNKNOWN_CODE = _bug("UNKNOWN_CODE", "TikTok refused with a code that is not known here.")
UNREADABLE = _retry("UNREADABLE_ANSWER", "TikTok's answer could not be read.", done=False)


def rule_for(refusal: Refusal) -> Rule:
    """The rule of a refusal. Closed: unknown codes are a bug, unless the status is 5xx or 429."""
    if refusal.code == 36009004:
        message = refusal.message.lower()
        found = (rule for pattern, rule in _CATCH_ALL if pattern.search(message))
        return next(found, _PARAMETER)
    if refusal.code is not None and refusal.code in RULES:
        return RULES[refusal.code]
    if refusal.status >= 500:
        return BUSY
    if refusal.code is None or refusal.status == 429:
        return STATUSES.get(refusal.status, UNREADABLE if refusal.status < 300 else UNKNOWN_CODE)
    return UNKNOWN_CODE


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
