"""What every page must be: well-formed, labelled, and without anything the policy would refuse."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"}
HEADINGS = {"h1", "h2", "h3", "h4"}


@dataclass
class Element:
    tag: str
    attributes: dict[str, str | None]
    text: str = ""


@dataclass
class Page(HTMLParser):
    """All elements of a page, and what is wrong with how it is written."""

    elements: list[Element] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._open: list[Element] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        if len(names) != len(set(names)):
            self.problems.append(f"<{tag}> says something twice: {names}")
        element = Element(tag, dict(attrs))
        self.elements.append(element)
        self.handle_data(" ")
        if tag not in VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(Element(tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open[-1].tag != tag:
            self.problems.append(f"</{tag}> closes {[one.tag for one in self._open[-3:]]}")
            return
        self._open.pop()

    def handle_data(self, data: str) -> None:
        for element in self._open:
            element.text += data

    def close(self) -> None:
        super().close()
        self.problems += [f"<{one.tag}> is never closed" for one in self._open]

    def all(self, *tags: str) -> list[Element]:
        return [one for one in self.elements if one.tag in tags]


def parse(text: str) -> Page:
    page = Page()
    page.feed(text)
    page.close()
    return page


def problems(text: str) -> list[str]:
    """Everything that is wrong with a page."""
    page = parse(text)
    found = list(page.problems)
    ids = [str(one.attributes["id"]) for one in page.elements if one.attributes.get("id")]
    found += [f"id {one} stands twice" for one in sorted({x for x in ids if ids.count(x) > 1})]
    found += _references(page, set(ids))
    found += _inputs(page)
    found += _headings(page)
    found += _refused(page)
    return found


def _references(page: Page, ids: set[str]) -> list[str]:
    found = []
    for one in page.elements:
        for name in ("for", "aria-labelledby", "aria-describedby", "aria-controls"):
            for wanted in (one.attributes.get(name) or "").split():
                if wanted not in ids:
                    found.append(f"<{one.tag} {name}> names {wanted}, which is not there")
        href = one.attributes.get("href") or ""
        if href.startswith("#") and href[1:] not in ids:
            found.append(f"a link leads to {href}, which is not there")
    return found


def _inputs(page: Page) -> list[str]:
    labelled = {one.attributes.get("for") for one in page.all("label")}
    found = []
    for one in page.all("input", "select", "textarea"):
        kind = one.attributes.get("type")
        if kind == "hidden" or kind == "radio":
            continue
        if one.attributes.get("id") not in labelled:
            found.append(f"input {one.attributes.get('name')} has no label")
    found += ["a button says nothing" for one in page.all("button") if not one.text.strip()]
    found += ["a link says nothing" for one in page.all("a") if not one.text.strip()]
    return found


def _headings(page: Page) -> list[str]:
    levels = [int(one.tag[1]) for one in page.elements if one.tag in HEADINGS]
    found = [] if levels.count(1) == 1 else [f"{levels.count(1)} headings of the first level"]
    return found + [
        f"a heading of level {after} follows one of level {before}"
        for before, after in zip(levels, levels[1:], strict=False)
        if after > before + 1
    ]


def _refused(page: Page) -> list[str]:
    """What the content security policy would refuse."""
    found = []
    for one in page.elements:
        if "style" in one.attributes or one.tag == "style":
            found.append(f"<{one.tag}> has a style of its own")
        if any(name.startswith("on") for name in one.attributes):
            found.append(f"<{one.tag}> has a handler")
        if one.tag == "script" and not one.attributes.get("src"):
            found.append("a script stands in the page")
        for name in ("src", "href"):
            value = one.attributes.get(name) or "/"
            if one.tag in ("script", "link", "img") and not value.startswith("/"):
                found.append(f"<{one.tag}> asks another place: {value}")
    return found
