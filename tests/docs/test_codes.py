"""Whatever code a merchant or an admin meets, the page for it says what to do; and no other."""

from __future__ import annotations

import re

import pytest

from . import source
from .pages import page

PAGE = page("troubleshooting.md")
TOLD = re.findall(r'<a id="([^"]+)"></a>`([^`]+)`', PAGE)


def test_every_code_and_check_of_the_source_has_its_anchor() -> None:
    wanted = {code.lower() for code in source.error_codes() | source.check_ids()}

    missing = wanted - {anchor for anchor, _ in TOLD}

    assert not missing


def test_no_anchor_is_left_of_a_code_that_is_gone() -> None:
    wanted = {code.lower() for code in source.error_codes() | source.check_ids()}

    assert not {anchor for anchor, _ in TOLD} - wanted


def test_each_anchor_is_its_code_in_lower_case_and_stands_once() -> None:
    anchors = re.findall(r'<a id="([^"]+)"', PAGE)

    assert [anchor for anchor, code in TOLD if anchor != code.lower()] == []
    assert sorted(anchors) == sorted({anchor for anchor, _ in TOLD})


@pytest.mark.parametrize(
    "code",
    ["SKU_NOT_LINKED", "WORKER_LOST", "UNEXPECTED", "SHOP_TAKEN", "TIKTOK_DAILY_QUOTA",
     "SALEOR_INSUFFICIENT_STOCK", "TIMED_OUT", "APP_KEY_REQUIRED", "SECRET_UNREADABLE",
     "DATABASE_UNAVAILABLE", "TIKTOK_SCOPE_MISSING"],
)  # fmt: skip
def test_the_search_finds_each_way_in_which_the_source_names_a_code(code: str) -> None:
    assert code in source.error_codes()


def test_the_search_finds_the_system_checks() -> None:
    assert {"tiktok_stripe.E002", "tiktok_stripe.W001", "tiktok_stripe.W004"} <= source.check_ids()
