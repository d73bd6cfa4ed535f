"""The merchant's ways through the console that several tests need: from nothing to a shop at work.
Each says what must be seen on the way."""

from __future__ import annotations

from selenium.webdriver.support.ui import WebDriverWait

from saleor_tiktok_stripe.sandbox.saleor import ADMIN_EMAIL, ADMIN_PASSWORD

from .chromium import LOOK, PATIENCE, Browser
from .looking import Looks
from .stage import Stage


def sign_in(browser: Browser, password: str = ADMIN_PASSWORD) -> None:
    browser.fill("E-mail address", ADMIN_EMAIL)
    browser.fill("Password", password)
    browser.press("Sign in")


def sign_in_at_last(browser: Browser, looks: Looks) -> None:
    """With the wrong password first."""
    browser.go()
    assert browser.path == "sign-in/"
    looks.look("sign_in")

    with browser.refused(422):
        sign_in(browser, "not-the-password")
        assert browser.path == "sign-in/"
        assert "does not let anybody in" in browser.words("[role=alert]")
        looks.look("sign_in_failed")

    # Saleor lets nobody try again within a second or two of a wrong password.
    with browser.refused(429):
        while browser.path == "sign-in/":
            sign_in(browser)
            assert browser.path == "guide/" or "suspended" in browser.words("[role=alert]")
    assert browser.words("#prepare .badge") == "Next"


def connect_tiktok(stage: Stage, browser: Browser, looks: Looks) -> None:
    """Enter the app, give consent at TikTok, choose one of two shops."""
    app = stage.tiktok.credentials
    browser.open("Enter the app's keys", "#tiktok")
    browser.fill("App key", app["app_key"], "#tiktok")
    browser.fill("App secret", app["app_secret"], "#tiktok")
    with browser.refused(422):
        browser.press("Save the app", "#tiktok")
        assert "SERVICE_ID_REQUIRED" in browser.words("#failure")
        assert browser.script("return document.activeElement.id") == "failure"
        looks.look("guide_refused")
    browser.fill("App secret", app["app_secret"], "#tiktok")
    browser.fill("Service ID", app["service_id"], "#tiktok")
    browser.one("#tiktok input[value=US]").click()
    browser.press("Save the app", "#tiktok")
    assert "Now give your consent at TikTok." in browser.words(".flash")
    looks.look("guide_keys")

    with browser.leading_to(stage.tiktok.auth_url):
        browser.press("Continue to TikTok", "#tiktok")
        assert "asks for access to" in browser.words("body")
        browser.press("Approve")
    assert "Which shop is this channel for?" in browser.words("body")
    looks.look("shops")
    browser.one("input[type=radio]").click()
    browser.press("Use this shop")
    assert "Connected" in browser.words("h1")
    looks.look("connected")

    browser.go("guide/")
    assert browser.words("#tiktok .badge") == "Done"


def connect_stripe(stage: Stage, browser: Browser, looks: Looks) -> None:
    """By a restricted key."""
    secret, publishable = stage.keys()
    browser.open("Enter the keys", "#stripe")
    browser.fill("Restricted key", secret, "#stripe")
    browser.fill("Publishable key", publishable, "#stripe")
    browser.press("Connect Stripe", "#stripe")
    assert "Connected to" in browser.words(".flash")
    assert browser.words("#stripe .badge") == "Done"
    assert secret not in browser.driver.page_source


def try_again(browser: Browser, path: str) -> None:
    """Press the button of a parked order's page. News of the order may be worked on just then: the
    button is gone for a moment, or is refused."""

    def tried(_: object) -> bool:
        browser.go(path)
        if "Try again" not in [one.text for one in browser.all("main button")]:
            return False
        with browser.refused(422):
            browser.press("Try again", "main")
        return bool(browser.all(".flash.good"))

    WebDriverWait(browser.driver, PATIENCE, LOOK).until(tried)
    assert "The order is tried again now." in browser.words(".flash")


def try_all_again(browser: Browser, path: str) -> None:
    """Open the fold of a cause on a page of parked orders, and confirm. As above: while news of the
    only order is worked on, none waits for the cause."""

    def tried(_: object) -> bool:
        browser.go(path)
        shown = [one.text for one in browser.all("main summary")]
        folds = [one for one in ("Try all again…", "Try again…") if one in shown]
        if not folds:
            return False
        browser.press(folds[0], "main")
        assert "nothing is done twice" in browser.words(".confirmed")
        browser.press(browser.one(".confirmed button").text, ".confirmed")
        return "tried again now." in browser.words(".flash")

    WebDriverWait(browser.driver, PATIENCE, LOOK).until(tried)


def verify(browser: Browser, looks: Looks) -> None:
    """Both: what was found is said, and seen."""
    browser.press("Verify now", "#verify")
    assert "Verified: " in browser.words(".flash")
    assert browser.words("#verify .badge") == "Done"
    looks.look("guide_verified")


def import_orders(browser: Browser, looks: Looks) -> None:
    """What would come is said first; then its progress, until it is done."""
    browser.open("Import earlier orders", "#import")
    browser.fill("Orders placed since", "2021-01-01", "#import")
    browser.press("See what would come", "#import")
    assert "Would be imported" in browser.words("#import")
    looks.look("guide_preview")

    button = next(one for one in browser.all("#import form#begin_import button"))
    browser.press(button.text, "#import")
    assert "The import has begun." in browser.words(".flash")
    # By itself: the page's own script asks how far it is.
    told = browser.wait_for("orders read:", "#import", reload=False)
    assert "Import" in told
    browser.wait_for("Done", "#import > header", reload=False)
    browser.again()  # as the script does just now
    assert "are in Saleor" in browser.words("#import")
    looks.look("guide_done")
