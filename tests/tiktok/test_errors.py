from __future__ import annotations

import re

import pytest

from saleor_tiktok_stripe.errors import (
    InDoubt,
    NeedsReauthorization,
    Parked,
    RetryLater,
    VendorBug,
)
from saleor_tiktok_stripe.tiktok.errors import (
    AccessTokenExpired,
    Refusal,
    error_for,
    known_code,
    problem_for,
    rule_for,
)
from saleor_tiktok_stripe.tiktok.rules import RULES, Action

# By the reference sheet, sections 1.3, 3.2, 3.3 and 3.4: written down apart from the table.
EXPECTED = {
    RetryLater: [
        36009002, 36009003, 36009007, 36009037, 45101004,
        10002014, 10002015, 10037002, 10037003, 10037004, 25001028, 11034037, 12001000,
    ],
    AccessTokenExpired: [105002],
    NeedsReauthorization: [
        101000, 105005, 106001, 10006402, 25020005, 36004004, 36004005, 36004001, 98001004,
    ],
    VendorBug: [
        36009009, 36009010, 36009014, 36009021, 36009022, 36009023, 106013,
        21001001, 25001001, 11050001, 12052180, 12019109, 12052109,
    ],
    Parked: [
        36009033, 36009043, 36009044, 21008111, 25001003, 25001010, 25001011, 25001014, 25001015,
        25001020, 25001021, 25001044, 25001045, 25001046, 25001051, 25005005, 25005010, 25005011,
        25007006, 25011010, 25011011, 25011012, 25011013, 25020003, 25020004, 25020009, 25020010,
        21008106, 21011003, 21011006, 21011020, 21011040, 21011007, 21008044, 21011022, 21011025,
        21011028, 21011029, 21011031, 21011033, 21011035, 21011041, 21011048, 21011050, 21011051,
        21008025, 21008116, 21008117, 21023035, 21042104, 21034012, 21004015, 12019022, 12019024,
        12019028, 12052097, 12052031, 12052032, 12052260, 12052048, 12052055, 12052393, 12052038,
        12019045, 12052533, 12052556, 12052557, 12052901, 12052093, 12038002, 12038004, 12038005,
        22005007,
    ],
}  # fmt: skip
CASES = [(code, kind) for kind, codes in EXPECTED.items() for code in codes]


def refusal(code, message="", status=200, safe=True, **kwargs):
    return Refusal(code, message, status, "REQ1", "orders.search", safe, **kwargs)


@pytest.mark.parametrize(("code", "kind"), CASES)
def test_every_code_of_the_sheet_maps_as_intended(code, kind):
    error = error_for(refusal(code))

    assert type(error) is kind
    assert re.fullmatch(r"[A-Z][A-Z0-9_]+", error.code)
    assert error.message


def test_the_table_holds_exactly_the_codes_of_the_sheet():
    assert set(RULES) == {code for code, _ in CASES}


@pytest.mark.parametrize("code", [1, -1, 999999, 36009999, 105999])
def test_unknown_codes_are_closed_whatever_their_prefix(code):
    assert type(error_for(refusal(code))) is VendorBug
    assert type(error_for(refusal(code, status=400))) is VendorBug
    assert type(error_for(refusal(code, status=503))) is RetryLater
    assert type(error_for(refusal(code, status=429))) is RetryLater


@pytest.mark.parametrize(
    ("message", "kind", "code"),
    [
        ("Invalid app_key. For more details see", NeedsReauthorization, "TIKTOK_APP_KEY_INVALID"),
        ("Invalid timestamp: expired", RetryLater, "TIKTOK_CLOCK_SKEW"),
        ("unexpected shop_cipher", VendorBug, "TIKTOK_SHOP_CIPHER_UNEXPECTED"),
        ("category_asset_cipher is invalid", VendorBug, "TIKTOK_SHOP_CIPHER_UNEXPECTED"),
        ("Invalid x-tts-access-token header", NeedsReauthorization, "TIKTOK_TOKEN_INVALID"),
        ("missing sign", VendorBug, "TIKTOK_SIGN_MISSING"),
        ("PageSize is required", VendorBug, "TIKTOK_PARAMETER_INVALID"),
        ("page_token is malformed", VendorBug, "TIKTOK_PARAMETER_INVALID"),
        ("PageToken is malformed", VendorBug, "TIKTOK_PARAMETER_INVALID"),
        ("address missing", VendorBug, "TIKTOK_PARAMETER_INVALID"),
        ("", VendorBug, "TIKTOK_PARAMETER_INVALID"),
    ],
)
def test_the_catch_all_code_is_told_by_the_parameters_name(message, kind, code):
    error = error_for(refusal(36009004, message, 400))

    assert (type(error), error.code) == (kind, code)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (200, RetryLater),
        (302, VendorBug),
        (400, VendorBug),
        (401, NeedsReauthorization),
        (403, RetryLater),
        (404, VendorBug),
        (408, RetryLater),
        (429, RetryLater),
        (500, RetryLater),
        (502, RetryLater),
        (503, RetryLater),
    ],
)
def test_without_a_code_the_status_decides(status, kind):
    assert type(error_for(refusal(None, status=status))) is kind


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        (36009003, 200, InDoubt),
        (36009007, 200, InDoubt),
        (None, 503, InDoubt),
        (None, 200, InDoubt),
        (36009002, 429, RetryLater),
        (25001028, 200, RetryLater),
        (105002, 401, AccessTokenExpired),
    ],
)
def test_a_write_that_may_have_taken_effect_is_in_doubt(code, status, kind):
    assert type(error_for(refusal(code, status=status, safe=False))) is kind


@pytest.mark.parametrize(("told", "expected"), [(None, 1.0), (0.2, 1.0), (9.0, 9.0)])
def test_the_longer_of_both_waits_counts(told, expected):
    assert error_for(refusal(36009002, retry_after=told)).retry_after == expected


def test_missing_scope_is_named():
    error = error_for(refusal(105005, status=401, scope="seller.order.info"))

    assert "seller.order.info" in error.message
    assert error.request_id == "REQ1"


def test_vendors_message_is_shown_without_secrets():
    said = "bad value hunter2hunter2 in ?app_secret=x&a=b " + "y" * 500

    error = error_for(refusal(1, said, secrets=("hunter2hunter2",)))

    assert "bad value *** in ?***" in error.message
    assert "hunter2" not in str(error)
    assert len(error.message) < 320


def test_every_parked_rule_says_what_to_do():
    rules = [rule for rule in RULES.values() if rule.action in {Action.PARK, Action.REAUTHORIZE}]

    assert len(rules) > 30
    assert all(rule.cure.endswith(".") and rule.cause.endswith(".") for rule in rules)


def test_row_of_a_batch_gets_a_problem_with_its_code():
    known, unknown = problem_for(21008111, {"order_id": "5"}), problem_for(4711, {})

    assert known.code == "TIKTOK_NOT_OF_THIS_SHOP"
    assert known.params == {"tiktok_code": "21008111", "order_id": "5"}
    assert unknown.code == "TIKTOK_UNKNOWN_CODE"
    assert rule_for(refusal(4711)).action is Action.BUG


def test_a_code_is_known_when_the_table_has_it():
    assert known_code(21011020)
    assert not known_code(4711)


@pytest.mark.parametrize(
    ("code", "name"),
    [
        (25001045, "TIKTOK_TOO_LATE_TO_CANCEL"),
        (25011012, "TIKTOK_CASE_MOVED_ON"),
        (25005010, "TIKTOK_NO_PARTIAL_CANCEL"),
        (25005005, "TIKTOK_REFUND_TOO_HIGH"),
        (21011007, "TIKTOK_AFTERSALE_PENDING"),
        (21008106, "TIKTOK_NOT_IN_REGION"),
        (21011022, "TIKTOK_TRACKING_REFUSED"),
        (21011025, "TIKTOK_TRACKING_USED"),
        (21008116, "TIKTOK_CARRIER_REFUSED"),
        (21011050, "TIKTOK_TRACKING_WINDOW_OVER"),
        (21011051, "TIKTOK_TRACKING_CHANGED_ONCE"),
        (21011035, "TIKTOK_SPLIT_REFUSED"),
        (12052055, "TIKTOK_STOCK_LIMIT"),
        (12052097, "TIKTOK_WAREHOUSE_MISSING"),
        (12052393, "TIKTOK_PRICE_LOCKED"),
        (12052901, "TIKTOK_PRODUCT_NOT_LIVE"),
    ],
)
def test_a_merchant_learns_which_cure_a_refusal_of_the_way_back_has(code, name):
    problem = error_for(refusal(code, safe=False)).problem

    assert problem.code == name
    assert problem.params["tiktok_code"] == str(code)
