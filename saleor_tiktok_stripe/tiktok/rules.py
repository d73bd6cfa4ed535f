"""TikTok's error codes: what each means for us, in the merchant's words, as one closed table.

Sources: the gateway's common error codes and the per-endpoint error lists of the Open API. ``code``
in the body is the authority; the HTTP status decides only where there is no readable code. A code
that is not listed is never retried blindly.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


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
PARAMETER = _bug("PARAMETER_INVALID", "A parameter was refused.")
_LOOK_AGAIN = "Nothing to do: the newest state is read again."
_ALREADY = _park("ALREADY_DONE", "TikTok says this was already done.", _LOOK_AGAIN)
_STATE = _park(
    "STATE_FORBIDS",
    "The order's state at TikTok does not allow this.",
    "Check it in Seller Center.",
)
_CASE_MOVED_ON = _park(
    "CASE_MOVED_ON",
    "TikTok does not take this answer to the request, or not any more.",
    "Look at the request again: what it waits for may have changed.",
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
_STOCK_LIMIT = _park(
    "STOCK_LIMIT",
    "The quantity is outside TikTok's limits.",
    "Set the most to offer (at most 99,999) in the channel's settings.",
)
_WAREHOUSE = _park(
    "WAREHOUSE_MISSING",
    "The SKU is kept in a TikTok warehouse that was not named.",
    "Name the SKU's TikTok warehouse in the channel's settings.",
)
_PRICE = _park(
    "PRICE_LOCKED",
    "A promotion locks this product's price.",
    "Nothing to do: it is tried again when the promotion has ended.",
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
_TRACKING_USED = _park(
    "TRACKING_USED",
    "TikTok has this tracking number for another package.",
    "Correct the tracking number; ship together what has one label.",
)
_CARRIER = _park(
    "CARRIER_REFUSED",
    "TikTok does not accept this carrier for the order.",
    "Map the carrier to one of TikTok's in the channel's settings.",
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
    21001001: PARAMETER,
    21008111: _GONE,
    **dict.fromkeys((25001001, 11050001), PARAMETER),
    25001003: _STATE,
    **dict.fromkeys((25001010, 25001011, 25001051, 25020009, 25020010), _ALREADY),
    **dict.fromkeys((25001014, 25001015, 25001020, 25001021), _REASON),
    25001028: _retry("LOCKED", "TikTok is working on this order just now.", 2.0),
    **dict.fromkeys((25001044, 25011011, 25011012, 25011013), _CASE_MOVED_ON),
    25001045: _park(
        "TOO_LATE_TO_CANCEL",
        "It was shipped already, so it cannot be cancelled.",
        "Refund it, or have it returned, instead.",
    ),
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
    **dict.fromkeys((21011022, 21004015), _TRACKING),
    **dict.fromkeys((21011025, 21034012), _TRACKING_USED),
    **dict.fromkeys((21008116, 21008117), _CARRIER),
    21011028: _GONE,
    **dict.fromkeys((21011029, 21011031, 21011033), _PACKAGE),
    21011035: _park(
        "SPLIT_REFUSED",
        "TikTok does not let this order leave in several packages.",
        "Ship it in one package.",
    ),
    21011048: _park(
        "SEVERAL_PACKAGES",
        "The order has several packages, and none was named.",
        "Retry: packages are read again.",
    ),
    21011041: _park("ORDER_CANCELLED", "The order is cancelled at TikTok.", _LOOK_AGAIN),
    21011050: _park(
        "TRACKING_WINDOW_OVER",
        "TikTok's time for correcting tracking (72 hours) is over.",
        "Correct it in Seller Center, or ask TikTok's seller support.",
    ),
    21011051: _park(
        "TRACKING_CHANGED_ONCE",
        "TikTok lets tracking be corrected once, and it was.",
        "Correct it in Seller Center, or ask TikTok's seller support.",
    ),
    21008025: _park("FULFILLED_BY_TIKTOK", "TikTok ships this order itself.", _LOOK_AGAIN),
    **dict.fromkeys(
        (21023035, 21042104),
        _park(
            "NOT_ARRANGED",
            "TikTok makes the document once shipping was arranged.",
            "Arrange shipping first, or buy the label in Seller Center.",
        ),
    ),
    11034037: _retry("DOCUMENT_NOT_READY", "TikTok is still making the document.", 10.0),
    12001000: BUSY,
    **dict.fromkeys((12019022, 12019024, 12019028), _STOCK),
    12052055: _STOCK_LIMIT,
    12052097: _WAREHOUSE,
    **dict.fromkeys((12052031, 12052032, 12052260), _PRODUCT_GONE),
    12052048: _GONE,
    **dict.fromkeys((12052393, 12052038, 12019045), _PRICE),
    **dict.fromkeys((12052533, 12052556, 12052557), _SKU),
    12052901: _park(
        "PRODUCT_NOT_LIVE",
        "The product is not live at TikTok.",
        "Activate it in Seller Center; it is tried again then.",
    ),
    12052180: _bug("SEARCH_TOO_WIDE", "A product search went beyond 10 000 results."),
    12019109: _bug("PAGE_SIZE", "The page size was refused."),
    12052109: _bug("TOO_MANY_IDS", "Too many ids at once."),
    12052093: _park("LISTING_LIMIT", "The shop's listing limit is reached.", "Try again tomorrow."),
    **dict.fromkeys((12038002, 12038004, 12038005), _IMAGE),
    22005007: _GONE,
}

CLOCK_SKEW = _retry("CLOCK_SKEW", "This server's clock is wrong by more than TikTok allows.", 300.0)
CATCH_ALL: tuple[tuple[re.Pattern[str], Rule], ...] = (
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
