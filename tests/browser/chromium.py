"""A Chromium without a screen: what a person does in it, and what it complains about."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import pytest
from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException, WebDriverException
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

PATIENCE: Final = 60
"""Seconds for what workers bring about."""
LOOK: Final = 0.25
WIDE, PHONE = 1280, 360
_HEIGHT: Final = 900
MISSING: Final = (
    "Chromium and its driver are needed for these tests, and are not on the PATH. On Debian: "
    "apt-get install chromium chromium-driver"
)
_COUNT: Final = frozenset({"SEVERE", "WARNING"})
"""Levels of notes that count; the others are hints for developers."""
_FLAGS: Final = (
    "--headless=new",
    "--no-sandbox",  # there is none for root, as whom CI runs
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--hide-scrollbars",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-sync",
    "--lang=en-US",
    "--force-device-scale-factor=1",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)


def start(downloads: Path) -> webdriver.Chrome:
    """A new one. Fails with words where there is none on this machine."""
    driver = shutil.which("chromedriver")
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
    if driver is None or program is None:
        pytest.fail(MISSING, pytrace=False)
    options = Options()
    options.binary_location = program
    for flag in _FLAGS:
        options.add_argument(flag)
    options.add_experimental_option("prefs", {"download.default_directory": str(downloads)})
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    return webdriver.Chrome(options=options, service=Service(driver))


@dataclass
class Browser:
    """``base``: the console's address. ``hosts``: what pages may ask (``127.0.0.1:80``).
    ``downloads``: where files are saved."""

    driver: webdriver.Chrome
    base: str
    downloads: Path
    hosts: set[str] = field(init=False)
    _expected: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.hosts = {urlsplit(self.base).netloc}
        self.size(WIDE)
        self._prefer("light")

    # --- going about --------------------------------------------------------------------------

    def go(self, path: str = "") -> None:
        self.driver.get(self.base + path)

    def again(self) -> None:
        self.driver.get(self.driver.current_url.partition("#")[0])

    @property
    def path(self) -> str:
        """Where one is, below the console's address, without its query."""
        return self.driver.current_url.removeprefix(self.base).partition("?")[0].partition("#")[0]

    def words(self, css: str = "main") -> str:
        """All that can be read, its spaces made one."""
        return " ".join(self.one(css).text.split())

    def one(self, css: str) -> WebElement:
        return self.driver.find_element(By.CSS_SELECTOR, css)

    def all(self, css: str) -> list[WebElement]:
        return self.driver.find_elements(By.CSS_SELECTOR, css)

    def script(self, code: str, *arguments: Any) -> Any:
        return self.driver.execute_script(code, *arguments)

    def control(self, words: str, within: str = "body") -> WebElement:
        """The visible button, link or heading of a fold that is called ``words``."""
        for element in self.one(within).find_elements(By.CSS_SELECTOR, "button, a, summary"):
            if element.is_displayed() and " ".join(element.text.split()) == words:
                return element
        raise AssertionError(f"nothing to press is called {words!r} in: {self.words('body')}")

    def press(self, words: str, within: str = "body") -> None:
        """With the keyboard, as Enter does on whatever has the focus. A link or a button leads to
        another page: it is there afterwards."""
        element = self.control(words, within)
        leads = element.tag_name != "summary"
        self.script("arguments[0].focus(); window.stays = arguments[1]", element, leads)
        element.send_keys(Keys.ENTER)
        if leads:
            WebDriverWait(self.driver, PATIENCE, LOOK).until(lambda _: self._has_come())

    def _has_come(self) -> bool:
        try:
            return bool(self.script("return !window.stays && document.readyState === 'complete'"))
        except WebDriverException:  # between two pages
            return False

    def save(self, words: str, within: str = "body") -> None:
        """By the mouse: a link to a file, which leads nowhere."""
        element = self.control(words, within)
        self.script("arguments[0].scrollIntoView({block: 'center'})", element)
        element.click()

    def open(self, words: str, within: str = "main") -> None:
        """A fold, where it is not open yet."""
        fold = self.control(words, within)
        if not self.script("return arguments[0].parentElement.open", fold):
            self.press(words, within)

    def labelled(self, label: str, within: str = "main") -> WebElement:
        """The input whose label begins with ``label``."""
        for one in self.one(within).find_elements(By.CSS_SELECTOR, "label[for]"):
            if one.is_displayed() and " ".join(one.text.split()).startswith(label):
                return self.driver.find_element(By.ID, one.get_attribute("for") or "")
        raise AssertionError(f"no input is called {label!r}")

    def fill(self, label: str, value: str, within: str = "main") -> None:
        element = self.labelled(label, within)
        if element.get_attribute("type") == "date":
            self.script("arguments[0].value = arguments[1]", element, value)
            return
        if element.tag_name in ("input", "textarea") and element.get_attribute("type") != "file":
            element.clear()
        element.send_keys(value)

    def wait_for(self, words: str, css: str = "main", *, reload: bool = True) -> str:
        """Until the page says so, loaded again and again; what it says then."""

        def said(_: Any) -> str | None:
            try:
                found = self.words(css)
            except StaleElementReferenceException:
                return None
            if words in found:
                return found
            if reload:
                self.again()
            return None

        message = f"never said {words!r}: {self.words(css)}"
        return str(WebDriverWait(self.driver, PATIENCE, LOOK).until(said, message))

    def focused(self) -> str:
        """The text of what has the focus, or its name."""
        element = self.driver.switch_to.active_element
        return " ".join(element.text.split()) or element.get_attribute("name") or ""

    def tab(self) -> WebElement:
        """Press the Tab key; what has the focus then."""
        self.driver.switch_to.active_element.send_keys(Keys.TAB)
        return self.driver.switch_to.active_element

    @contextmanager
    def another_window(self) -> Iterator[None]:
        """The one other window, opened where there is none yet."""
        first = self.driver.current_window_handle
        others = [one for one in self.driver.window_handles if one != first]
        if others:
            self.driver.switch_to.window(others[0])
        else:
            self.driver.switch_to.new_window("tab")
        yield
        self.driver.switch_to.window(first)

    # --- how it is looked at ------------------------------------------------------------------

    def size(self, width: int, height: int = _HEIGHT) -> None:
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)

    @contextmanager
    def dark(self) -> Iterator[None]:
        self._prefer("dark")
        yield
        self._prefer("light")

    def _prefer(self, scheme: str) -> None:
        # Pictures of colours that are on their way to others would be of no use.
        wanted = {
            "features": [
                {"name": "prefers-color-scheme", "value": scheme},
                {"name": "prefers-reduced-motion", "value": "reduce"},
            ]
        }
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", wanted)

    @contextmanager
    def without_script(self) -> Iterator[None]:
        """Pages run no script inside."""
        self.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
        yield
        self.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})

    # --- what it complains about --------------------------------------------------------------

    @contextmanager
    def refused(self, status: int) -> Iterator[None]:
        """A form is refused inside: its answer has this status, which Chromium notes."""
        self._expected.add(status)
        try:
            yield
            assert self.complaints() == []
        finally:
            self._expected.clear()

    @contextmanager
    def leading_to(self, url: str) -> Iterator[None]:
        """Another site is visited inside: to give consent. What it does wrong is its own affair."""
        host = urlsplit(url).netloc
        self.hosts.add(host)
        yield
        assert [one for one in self.complaints() if not one.startswith(url)] == []
        self.hosts.discard(host)

    def complaints(self) -> list[str]:
        """Errors, breaches of the content security policy and requests to other hosts, since the
        last time."""
        logged = [one for one in self.driver.get_log("browser") if one["level"] in _COUNT]
        said = [one["message"] for one in logged if not self._is_expected(one["message"])]
        return said + [f"asked for {url}" for url in self._strange_requests()]

    def _is_expected(self, message: str) -> bool:
        return any(f"responded with a status of {code} " in message for code in self._expected)

    def _strange_requests(self) -> Iterator[str]:
        for entry in self.driver.get_log("performance"):
            event = json.loads(entry["message"])["message"]
            if event["method"] != "Network.requestWillBeSent":
                continue
            url = event["params"]["request"]["url"]
            parts = urlsplit(url)
            if parts.scheme in ("http", "https", "ws", "wss") and parts.netloc not in self.hosts:
                yield url
