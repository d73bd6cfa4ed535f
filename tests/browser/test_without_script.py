"""The console with its script switched off: slower, and complete."""

from __future__ import annotations

from . import walks
from .chromium import Browser
from .stage import Stage


def test_signing_in_and_a_retry_need_no_script(set_up: Stage, browser: Browser) -> None:
    order_id = set_up.sell(set_up.unlinked()[-1]["sku_id"])
    browser.go("orders/?sync=parked")
    browser.wait_for(order_id)
    browser.press("Sign out")
    assert browser.path == "sign-in/"

    with browser.without_script():
        browser.go(f"orders/{order_id}/")
        assert browser.path == "sign-in/"
        walks.sign_in(browser)
        assert browser.path == f"orders/{order_id}/"
        # What the script would have written there.
        assert browser.one("time").get_attribute("title") in ("", None)
        walks.try_again(browser, f"orders/{order_id}/")
    browser.again()
    assert browser.one("time").get_attribute("title")
