"""The documents as data: their text, links, anchors and command lines."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .source import ROOT

PROGRAM = "saleor-tiktok-stripe"
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)


def paths() -> list[Path]:
    """All Markdown of the project."""
    return sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def page(name: str) -> str:
    """The text of a page under ``docs/``."""
    return (ROOT / "docs" / name).read_text()


def prose(text: str) -> str:
    """Without the blocks of code."""
    return _FENCE.sub("", text)


def blocks(text: str, language: str) -> list[str]:
    """Blocks of code in a language."""
    return [body for found, body in _FENCE.findall(text) if found == language]


def anchors(text: str) -> set[str]:
    """What a link may point at: headings as GitHub names them, and anchors of our own."""
    headings = {
        re.sub(r"[^\w\- ]", "", re.sub(r"[`*]", "", title).lower()).replace(" ", "-")
        for title in _HEADING.findall(prose(text))
    }
    return headings | set(re.findall(r'<a id="([^"]+)"></a>', text))


def links(text: str) -> list[str]:
    """Targets of links and images."""
    return re.findall(r"\]\(([^)\s]+)\)", prose(text))


def row(text: str, key: str) -> str:
    """The line of a table that has `key` in one of its cells; "" without one."""
    found = (line for line in text.splitlines() if line.startswith("|"))
    return next((line for line in found if f"`{key}`" in line), "")


@dataclass(frozen=True)
class CommandLine:
    """``whole``: meant to be typed as it is; else only a name in a sentence."""

    path: Path
    words: tuple[str, ...]
    whole: bool


def command_lines() -> Iterator[CommandLine]:
    """Every use of our program, in blocks of shell and in sentences."""
    for path in paths():
        text = path.read_text()
        for block in blocks(text, "sh"):
            joined = block.replace("\\\n", " ")
            for line in joined.splitlines():
                for part in re.findall(rf"{PROGRAM} [^$|;)]+", line.partition("#")[0]):
                    yield CommandLine(path, tuple(shlex.split(part)[1:]), whole=True)
        for code in re.findall(r"`([^`\n]+)`", prose(text)):
            if code.startswith(f"{PROGRAM} "):
                words = tuple(word for word in shlex.split(code)[1:] if word != "…")
                yield CommandLine(path, words, whole=False)
