"""One stack, one Chromium and one merchant for all of these tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from . import chromium, walks
from .chromium import Browser
from .looking import SHOTS, Looks
from .stage import Stage, running


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--pictures",
        type=Path,
        help="Folder for the pictures of the merchant's guide (console-*.png).",
    )


@pytest.fixture(scope="session")
def stage() -> Iterator[Stage]:
    with running() as made:
        yield made


@pytest.fixture(scope="session")
def browser(stage: Stage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    downloads = tmp_path_factory.mktemp("downloads")
    driver = chromium.start(downloads)
    yield Browser(driver, stage.console, downloads)
    driver.quit()


@pytest.fixture(scope="session")
def looks(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Looks]:
    """Whatever axe found is kept beside the pictures."""
    made = Looks(browser, request.config.getoption("--pictures"))
    yield made
    lines = [f"{name}: {one}" for name, found in made.found.items() for one in found or ["nothing"]]
    SHOTS.mkdir(parents=True, exist_ok=True)
    (SHOTS / "axe.txt").write_text("\n".join([*lines, ""]), "utf-8")


@pytest.fixture(scope="session")
def set_up(stage: Stage, browser: Browser, looks: Looks) -> Stage:
    """The merchant has walked through the whole first-run guide, and is signed in."""
    walks.sign_in_at_last(browser, looks)
    walks.connect_tiktok(stage, browser, looks)
    walks.connect_stripe(stage, browser, looks)
    walks.verify(browser, looks)
    walks.import_orders(browser, looks)
    return stage


@pytest.fixture(autouse=True)
def _no_complaints(browser: Browser) -> Iterator[None]:
    """Of no page, whatever the test looked for."""
    yield
    assert browser.complaints() == []
