"""From nothing to a shop at work."""

from __future__ import annotations

from .chromium import Browser
from .looking import Looks
from .stage import Stage


def test_the_guide_leads_from_nothing_to_imported_orders(
    set_up: Stage, browser: Browser, looks: Looks
) -> None:
    browser.go("guide/")

    assert [one.text for one in browser.all(".step > header > .badge")] == ["Done"] * 5
    assert "Everything is set up." in browser.words()

    browser.go()
    assert browser.path == ""
    assert "What needs you" in browser.words()
    looks.look("start", dark=True)


def test_the_keyboard_reaches_the_content_the_menu_and_out(set_up: Stage, browser: Browser) -> None:
    browser.go()

    skip = browser.tab()
    assert skip.text == "Skip to the content"
    assert browser.script("return arguments[0].getBoundingClientRect().top", skip) >= 0
    skip.send_keys("\n")
    assert browser.script("return document.activeElement.id") == "main"

    browser.go()
    names = []
    for _ in range(16):
        element = browser.tab()
        names.append(" ".join(element.text.split()))
        ring = browser.script("return getComputedStyle(arguments[0]).outlineStyle", element)
        assert ring == "solid", names[-1]
    menu = ["Start", "Orders", "Transactions", "After-sales", "Money", "Stock", "Differences"]
    assert [one for one in names if one in menu] == menu
    assert "Sign out" in names


def test_the_menu_of_a_phone_opens_and_closes_by_keyboard(set_up: Stage, browser: Browser) -> None:
    browser.size(360)
    browser.go()

    browser.press("Menu")
    assert browser.control("Orders", ".menu").is_displayed()
    browser.driver.switch_to.active_element.send_keys("\ue00c")
    assert not browser.one(".menu nav").is_displayed()
    assert browser.focused() == "Menu"
    browser.press("Menu")
    browser.press("Insights", ".menu")

    assert browser.path == "insights/"
    browser.size(1280)
