"""The files of the console: named by what is in them, kept by browsers, and none but these."""

from __future__ import annotations

import hashlib
import re

import pytest
from django.test import Client

from saleor_tiktok_stripe.web.console import serving

from .conftest import BASE


def test_each_file_is_named_by_its_content_and_kept_for_good():
    for name in ("console.css", "console.js", "icon.svg"):
        answer = Client().get(BASE + serving.address(name))

        digest = hashlib.sha256(answer.content).hexdigest()[:16]
        stem, _, kind = name.partition(".")
        assert serving.address(name) == f"assets/{stem}.{digest}.{kind}"
        assert answer.status_code == 200
        assert answer["Cache-Control"] == "public, max-age=31536000, immutable"
        assert answer["X-Content-Type-Options"] == "nosniff"


def test_each_file_has_its_type():
    kinds = {
        name: Client().get(BASE + serving.address(name))["Content-Type"]
        for name in ("console.css", "console.js", "icon.svg")
    }

    assert kinds == {
        "console.css": "text/css; charset=utf-8",
        "console.js": "text/javascript; charset=utf-8",
        "icon.svg": "image/svg+xml",
    }


@pytest.mark.parametrize(
    "path",
    [
        "",
        "console.css",
        "console.0000000000000000.css",
        "../pages.py",
        "..%2fpages.py",
        "%2e%2e/serving.py",
        "/etc/passwd",
        "console.css/",
    ],
)
def test_nothing_else_is_served(path):
    answer = Client().get(BASE + "assets/" + path)

    assert (answer.status_code, answer.content) == (404, b"")


def test_files_are_only_read():
    answer = Client().post(BASE + serving.address("console.css"))

    assert (answer.status_code, answer["Allow"]) == (405, "GET, HEAD")


def test_nothing_in_the_files_asks_another_place():
    for path in serving.FOLDER.iterdir():
        text = path.read_text()
        asked = re.findall(r"https?://[^\s\"')]+|@import|url\(", text)
        assert [one for one in asked if one != "http://www.w3.org/2000/svg"] == []


def test_colours_differ_enough_to_be_read():
    """WCAG AA: 4.5 to 1 for text, in light and in dark."""
    text = (serving.FOLDER / "console.css").read_text()
    light, dark = re.findall(r":root \{(.*?)\}", text, re.DOTALL)[:2]
    for block in (light, dark):
        colour = dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{6})", block))
        for ink, ground in (
            ("ink", "paper"),
            ("ink", "ground"),
            ("soft", "paper"),
            ("soft", "ground"),
            ("soft", "sunk"),
            ("link", "paper"),
            ("link", "ground"),
            ("act-ink", "act"),
            ("bad", "paper"),
            ("good", "good-ground"),
            ("warn", "warn-ground"),
            ("bad", "bad-ground"),
            ("info", "info-ground"),
        ):
            assert contrast(colour[ink], colour[ground]) >= 4.5, (ink, ground)


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
