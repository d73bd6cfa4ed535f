from __future__ import annotations

import pytest

from saleor_tiktok_stripe.tiktok.regions import (
    REGIONS,
    Capability,
    Region,
    TaxKind,
    decimals,
    region,
)


@pytest.mark.parametrize(
    ("code", "currency", "places"),
    [("US", "USD", 2), ("UK", "GBP", 2), ("JP", "JPY", 0), ("id", "IDR", 0), ("VN", "VND", 0)],
)
def test_currency_of_a_region(code, currency, places):
    assert region(code).currency == currency
    assert decimals(currency) == places


def test_only_the_us_has_tax_on_top_and_its_own_consent_host():
    assert [one.code for one in REGIONS.values() if one.tax is TaxKind.EXCLUSIVE] == ["US"]
    assert [one.code for one in REGIONS.values() if one.consent == "US"] == ["US"]


@pytest.mark.parametrize(
    ("capability", "codes"),
    [
        (Capability.PARTIAL_CANCEL, {"US", "GB"}),
        (Capability.MARK_AS_SHIPPED, {"US", "GB", "ES", "IE", "IT", "DE", "FR", "JP"}),
        (Capability.UNIT_SPLIT, {"US", "GB", "ES", "IE", "IT", "DE", "FR", "JP", "MX"}),
        (Capability.LABEL_NEEDS_PURCHASE, {"US"}),
        (Capability.SHIPS_WITH_PENDING_CANCEL, {"US"}),
        (Capability.WITHDRAWALS, {"ID", "MY", "PH", "SG", "TH", "VN"}),
    ],
)
def test_capabilities_are_those_of_the_documentation(capability, codes):
    assert {one.code for one in REGIONS.values() if capability in one.capabilities} == codes


def test_unknown_region_can_nothing():
    assert region("ZZ") == Region("ZZ", "", TaxKind.UNKNOWN, "ROW", frozenset())
    assert decimals("XXX") == 2


def test_every_market_tells_its_payouts_in_one_way():
    ways = {Capability.PAYMENTS, Capability.WITHDRAWALS}

    assert all(len(ways & one.capabilities) == 1 for one in REGIONS.values())
