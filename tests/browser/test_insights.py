"""The sales page: figures, charts, their tables, other days, files."""

from __future__ import annotations

import csv

from selenium.webdriver.support.ui import Select, WebDriverWait

from .chromium import LOOK, PATIENCE, Browser
from .looking import Looks
from .stage import Stage


def test_insights_are_read_for_other_days_and_saved(
    set_up: Stage, browser: Browser, looks: Looks
) -> None:
    browser.go("insights/")
    browser.wait_for("TikTok and Stripe side by side")
    assert len(browser.all(".figures > li")) >= 6
    assert len(browser.all("figure.chart-frame svg")) >= 3
    cells = browser.all("table.heat-map td")
    assert len(cells) == 7 * 24
    assert sum(int(one.text) for one in cells if one.text.isdigit()) > 0
    looks.look("insights", dark=True)
    browser.open("Day by day as a table")
    assert len(browser.all("section[aria-labelledby=volume] tbody tr")) >= 30

    before = browser.words("h1 + .lead")
    Select(browser.labelled("Days")).select_by_visible_text("90 days")
    browser.press("Show")
    assert browser.words("h1 + .lead") != before

    browser.save("Days", "section[aria-labelledby=files]")
    [saved] = WebDriverWait(browser.driver, PATIENCE, LOOK).until(
        lambda _: list(browser.downloads.glob("sales-days-*.csv"))
    )
    rows = list(csv.reader(saved.read_text("utf-8").splitlines()))
    assert len(rows) > 1
    assert {len(row) for row in rows} == {len(rows[0])}

    browser.press("Print view")
    assert "tiktok-us" in browser.words("body")
    looks.look("insights_print")
