"""Steps that tests of the pages of daily work share."""

from __future__ import annotations

import re
from typing import Any

from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from .conftest import Person
from .markup import parse, problems


def shown(answer: Any) -> str:
    """All that a page says, its spaces made one; the page is well written."""
    text = answer.content.decode()
    assert problems(text) == [], problems(text)
    [main] = parse(text).all("main")
    return " ".join(main.text.split())


def rows_of(answer: Any) -> list[str]:
    page = parse(answer.content.decode())
    return [" ".join(one.text.split()) for one in page.all("tr")][1:]


def forms_of(answer: Any) -> set[str]:
    """The actions that a page has a form for."""
    text = answer.content.decode()
    return set(re.findall(r'name="do" value="([a-z_]+)"', text))


def hidden(answer: Any, name: str) -> str:
    """A hidden value of the page's first form that has it."""
    found = re.search(rf'name="{name}" value="([^"]*)"', answer.content.decode())
    assert found, f"no hidden {name}"
    return found[1]


def queries(person: Person, path: str, **query: str) -> int:
    """How many queries a page takes."""
    with CaptureQueriesContext(database) as seen:
        assert person.get(path, **query).status_code == 200
    return len(seen)
