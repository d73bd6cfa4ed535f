from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from .pages import anchors, blocks, links, page, paths
from .source import ROOT

MACHINE = re.compile(
    r"(?<![\w.~])/(?:work|root|home|tmp|Users|var/lib/(?!postgresql/data))\b[\w/.-]*"
)


@pytest.mark.parametrize("path", paths(), ids=lambda path: str(path.relative_to(ROOT)))
def test_relative_links_and_anchors_lead_somewhere(path: Path) -> None:
    broken = []
    for target in links(path.read_text()):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        found = (path.parent / name).resolve() if name else path
        if not found.exists() or (anchor and anchor not in anchors(found.read_text())):
            broken.append(target)

    assert broken == []


@pytest.mark.parametrize("path", paths(), ids=lambda path: str(path.relative_to(ROOT)))
def test_no_page_names_a_path_of_some_machine(path: Path) -> None:
    assert MACHINE.findall(path.read_text()) == []


@pytest.mark.parametrize("path", paths(), ids=lambda path: str(path.relative_to(ROOT)))
def test_outside_links_are_https(path: Path) -> None:
    outside = [target for target in links(path.read_text()) if re.match(r"[a-z]+:", target)]

    assert [target for target in outside if not target.startswith("https://")] == []


def test_the_compose_fragment_runs_the_three_processes_with_one_environment() -> None:
    [text] = blocks(page("operate.md"), "yaml")

    services = yaml.safe_load(text)["services"]

    ours = {name: services[name] for name in ("api", "worker", "beat")}
    assert {one["env_file"] for one in ours.values()} == {"saleor.env"}
    assert ours["beat"]["command"].endswith(
        "--scheduler saleor.schedulers.schedulers.DatabaseScheduler"
    )
