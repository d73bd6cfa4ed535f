"""A chart as plain SVG: no script, no style, no id of pygal's, nothing from elsewhere.

Looks come from ``charts.css`` by class. Series are told apart by pattern or dash as well as by
colour, and what a bar or dot stands for is its ``<title>``, which browsers show and read out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final
from xml.etree import ElementTree

from django.utils.safestring import SafeString, mark_safe

from .pygal_alone import Graph

_SVG: Final = "http://www.w3.org/2000/svg"
_NAME: Final = f"{{{_SVG}}}"
_KEPT: Final = frozenset(
    {
        *("class", "cx", "cy", "d", "fill", "height", "points", "r", "rx", "ry"),
        *("stroke-dasharray", "transform", "viewBox", "width", "x", "x1", "x2", "y", "y1", "y2"),
    }
)
"""Attributes that draw. Others (style, ids, links, handlers) are left out, whatever they are."""
_DROPPED: Final = frozenset({"defs", "desc", "script", "style", "title"})
_OVERLAYS: Final = frozenset({"overlay", "text-overlay", "tooltip-overlay", "titles"})
_COLOR: Final = re.compile(r"\bcolor-(\d+)\b")
_DASHES: Final = ("", "7 4", "2 3")
_BOX: Final = 34.0
_LETTER: Final = 6.6
"""Width of a legend's sign and the gaps around it, and of a letter."""
_PATTERNS: Final = ("", "M-2 2 l4 -4 M0 8 l8 -8 M6 10 l4 -4", "M2 0 v8 M6 0 v8")
"""Lines drawn over a series' colour in its bars."""

ElementTree.register_namespace("", _SVG)


def plain(chart: Graph, name: str, title: str, description: str) -> SafeString:
    """The chart as an ``<svg>`` to stand in a page. ``name`` makes ids in it unique in the page;
    ``title`` and ``description`` are read out in its place."""
    drawn = ElementTree.fromstring(chart.render(is_unicode=True))  # noqa: S314  (pygal's own)
    root = ElementTree.Element(f"{_NAME}svg", _drawing(drawn))
    root.set("class", "chart")
    root.set("role", "img")
    root.set("aria-label", title)
    _put(root, "title", title)
    _put(root, "desc", description)
    legends = [str(one) for one in _legends(drawn)]
    patterns = ElementTree.SubElement(root, f"{_NAME}defs")
    _copy(drawn, root, _Series(name, legends))
    _close_up(root)
    if not legends:
        empty = ElementTree.SubElement(root, f"{_NAME}text", {"class": "no_data"})
        width, height = root.get("viewBox", "0 0 0 0").split()[2:]
        empty.attrib |= {"x": str(float(width) / 2), "y": str(float(height) / 2)}
        empty.text = "Nothing was sold in this time."
    for number, path in enumerate(_PATTERNS):
        if path:
            _pattern(patterns, name, number, path)
    # Text is escaped by the serializer, and no element or attribute came through unread.
    return mark_safe(ElementTree.tostring(root, encoding="unicode"))  # noqa: S308


class _Series:
    """How each series is drawn, by its number."""

    def __init__(self, name: str, legends: list[str]) -> None:
        self._name = name
        self.legends = legends

    def mark(self, element: ElementTree.Element, number: int) -> None:
        tag = element.tag.removeprefix(_NAME)
        if tag == "rect" and _PATTERNS[number % len(_PATTERNS)]:
            element.set("fill", f"url(#{self._name}-pattern-{number % len(_PATTERNS)})")
        elif tag == "path" and _DASHES[number % len(_DASHES)]:
            element.set("stroke-dasharray", _DASHES[number % len(_DASHES)])

    def words(self, number: int) -> str:
        return self.legends[number] if number < len(self.legends) else ""


def _copy(
    source: ElementTree.Element, target: ElementTree.Element, series: _Series, number: int = -1
) -> None:
    for child in source:
        tag = str(child.tag).removeprefix(_NAME)
        classes = set(child.get("class", "").split())
        if tag in _DROPPED or classes & _OVERLAYS:
            continue
        own = _number(child, number)
        copied = ElementTree.SubElement(target, child.tag, _drawing(child))
        copied.text = child.text
        if own >= 0 and tag in {"rect", "path"}:
            series.mark(copied, own)
        value = next((one.text for one in child if one.get("class") == "value"), None)
        if value is not None:
            at = next((one.text for one in child if one.get("class") == "x_label"), "") or ""
            _put(copied, "title", f"{at}: {series.words(own)} {value}")
        _copy(child, copied, series, own)


def _number(element: ElementTree.Element, around: int) -> int:
    """Of which series it is: the one it names, else that of what is around it."""
    named = _COLOR.search(element.get("class", ""))
    return int(named[1]) if named else around


def _drawing(element: ElementTree.Element) -> dict[str, str]:
    return {name: value for name, value in element.attrib.items() if name in _KEPT}


def _legends(drawn: ElementTree.Element) -> Iterator[Any]:
    for group in drawn.iter(f"{_NAME}g"):
        if "legend" in group.get("class", "").split():
            text = group.find(f"{_NAME}text")
            full = group.find(f"{_NAME}title")
            yield (full if full is not None else text).text if text is not None else ""


def _close_up(root: ElementTree.Element) -> None:
    """Legends next to each other: pygal spreads them over the whole width."""
    at = 0.0
    for item in root.iterfind(f".//{_NAME}g[@class='legends']/{_NAME}g"):
        box, text = item.find(f"{_NAME}rect"), item.find(f"{_NAME}text")
        if box is not None and text is not None:
            item.set("transform", f"translate({at - float(box.get('x', 0)):.1f} 0)")
            at += _BOX + len(text.text or "") * _LETTER


def _put(element: ElementTree.Element, tag: str, words: str) -> None:
    ElementTree.SubElement(element, f"{_NAME}{tag}").text = words


def _pattern(place: ElementTree.Element, name: str, number: int, path: str) -> None:
    pattern = ElementTree.SubElement(
        place,
        f"{_NAME}pattern",
        {
            "id": f"{name}-pattern-{number}",
            "width": "8",
            "height": "8",
            "patternUnits": "userSpaceOnUse",
        },
    )
    ground = {"width": "8", "height": "8", "class": f"ground-{number}"}
    ElementTree.SubElement(pattern, f"{_NAME}rect", ground)
    ElementTree.SubElement(pattern, f"{_NAME}path", {"d": path, "class": "hatch"})
