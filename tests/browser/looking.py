"""Looks at a page as it stands: axe, Chromium's complaints, its width on a phone, pictures."""

from __future__ import annotations

import base64
import importlib.util
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from PIL import Image

from .chromium import PHONE, WIDE, Browser

ROOT: Final = Path(__file__).resolve().parents[2]
SHOTS: Final = ROOT / "build" / "screenshots"
_GRAVE: Final = frozenset({"serious", "critical"})
_COLOURS: Final = 128
_TALLEST: Final = 1500
"""Pixels of a page that a picture for the guide shows."""
PICTURES: Final = {
    "sign_in": "sign-in",
    "guide_keys": "guide",
    "start": "start",
    "orders_parked": "orders",
    "order_parked": "order-parked",
    "transaction_checked": "transaction",
    "cases": "cases",
    "dispute": "dispute",
    "money": "money",
    "insights": "insights",
    "settings": "settings",
}
"""Pages of which the merchant's guide shows a picture: ``console-<name>.png``."""
_RUN: Final = """
const [options, done] = arguments;
axe.run(document, options).then(
  (found) => done(found.violations.map((one) => ({
    id: one.id, impact: one.impact, help: one.help,
    where: one.nodes.slice(0, 4).map((node) => node.html.slice(0, 160)),
  }))),
  (error) => done([{id: "axe", impact: "critical", help: String(error), where: []}]),
);
"""
_WIDER: Final = """
const width = document.documentElement.clientWidth;
if (document.documentElement.scrollWidth <= width) return [];
return [...document.querySelectorAll("body *")]
  .filter((one) => one.getBoundingClientRect().right > width + 1)
  .slice(0, 5).map((one) => one.outerHTML.slice(0, 120));
"""


_TWICE: Final = """
const names = [...document.querySelectorAll("[id]")].map((one) => one.id);
return names.filter((name, at) => names.indexOf(name) !== at);
"""


@dataclass
class Looks:
    """``pictures``: the folder for the guide's pictures, None to make none. ``found``: what axe
    found of each page, whatever its impact."""

    browser: Browser
    pictures: Path | None = None
    found: dict[str, list[str]] = field(default_factory=dict)

    def look(self, name: str, *, dark: bool = False) -> None:
        """At the page that is open, called ``name``: wide, on a phone, in the dark."""
        assert self.browser.complaints() == []
        grave = [*self._wide(name), *self._in_the_dark(name, keep=dark), *self._on_a_phone(name)]
        self.browser.size(WIDE)
        assert self.browser.complaints() == []
        assert grave == [], f"{name}: {grave}"

    def _wide(self, name: str) -> Iterator[str]:
        self.browser.size(WIDE)
        self.browser.script("scrollTo(0, 0)")
        picture = self._shot(WIDE)
        _save(picture, SHOTS / f"{name}-{WIDE}.png")
        if self.pictures is not None and name in PICTURES:
            _save_small(picture, self.pictures / f"console-{PICTURES[name]}.png")
        yield from (f"an id that is there twice: {one}" for one in self.browser.script(_TWICE))
        yield from self._axe(name, {})

    def _on_a_phone(self, name: str) -> Iterator[str]:
        self.browser.size(PHONE)
        _save(self._shot(PHONE), SHOTS / f"{name}-{PHONE}.png")
        wider = self.browser.script(_WIDER)
        yield from (f"wider than a phone: {one}" for one in wider)
        # Colours are the same on a phone, and to look at them takes longest.
        yield from self._axe(name, {"rules": {"color-contrast": {"enabled": False}}})

    def _in_the_dark(self, name: str, *, keep: bool) -> Iterator[str]:
        with self.browser.dark():
            if keep:
                _save(self._shot(WIDE), SHOTS / f"{name}-{WIDE}-dark.png")
            only = {"runOnly": {"type": "rule", "values": ["color-contrast"]}}
            yield from self._axe(name, only)

    def _axe(self, name: str, options: dict[str, Any]) -> Iterator[str]:
        """What is grave; the rest is only noted."""
        self.browser.script(_axe_source())
        wanted = {"resultTypes": ["violations"], "preload": False, **options}
        for one in self.browser.driver.execute_async_script(_RUN, wanted):
            words = f"{one['impact']} {one['id']}: {one['help']} {one['where']}"
            self.found.setdefault(name, []).append(words)
            if one["impact"] in _GRAVE:
                yield words
        self.found.setdefault(name, [])

    def _shot(self, width: int) -> bytes:
        """The whole page, however long."""
        height = self.browser.script("return document.documentElement.scrollHeight")
        self.browser.size(width, height)  # what sticks to the edges of the window reaches down
        clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}
        wanted = {"captureBeyondViewport": True, "clip": clip}
        answer = self.browser.driver.execute_cdp_cmd("Page.captureScreenshot", wanted)
        return base64.b64decode(answer["data"])


@lru_cache(maxsize=1)
def _axe_source() -> str:
    # Of that package only the file is wanted: importing it would want another browser's driver.
    found = importlib.util.find_spec("axe_playwright_python")
    assert found is not None, "axe comes with `make test-browser`"
    [folder] = found.submodule_search_locations or []
    return (Path(folder) / "axe.min.js").read_text("utf-8")


def _save(picture: bytes, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(picture)


def _save_small(picture: bytes, path: Path) -> None:
    """With few colours: pages have no photographs."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with Image.open(io.BytesIO(picture)) as whole:
        shown = whole.convert("RGB").crop((0, 0, whole.width, min(whole.height, _TALLEST)))
        shown.quantize(_COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)
