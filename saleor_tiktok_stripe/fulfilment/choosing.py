"""Which units of the marketplace a quantity in Saleor stands for: always the same choice, and one
that cuts as few packages as possible. Pure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..tiktok.types import Unit


@dataclass(frozen=True)
class Choice:
    """``whole``: packages of which all open units were chosen. ``cut``: package -> the chosen part
    of it. ``missing``: quantities for which there were no units."""

    unit_ids: tuple[str, ...]
    whole: tuple[str, ...]
    cut: Mapping[str, tuple[str, ...]]
    missing: Mapping[str, int]


def choose(
    quantities: Mapping[str, int], units: Sequence[Unit], line_map: Mapping[str, str]
) -> Choice:
    """``units`` are the open ones, ``quantities`` by Saleor order line id."""
    wanted = Counter({line: n for line, n in quantities.items() if n > 0})
    chosen: list[str] = []
    whole: list[str] = []
    cut: dict[str, tuple[str, ...]] = {}
    by_package = _by_package(units)
    for package, held in by_package.items():
        count = Counter(line_map[unit.id] for unit in held)
        if package and count <= wanted:
            wanted -= count
            whole.append(package)
            chosen += [unit.id for unit in held]
    for package, held in by_package.items():
        if package in whole:
            continue
        part = _part(held, wanted, line_map)
        if part:
            chosen += part
            cut[package] = part
    return Choice(tuple(sorted(chosen)), tuple(whole), cut, +wanted)


def _part(
    units: Sequence[Unit], wanted: Counter[str], line_map: Mapping[str, str]
) -> tuple[str, ...]:
    """The first units that are wanted. Uses up ``wanted``."""
    part = []
    for unit in units:
        line = line_map[unit.id]
        if wanted[line] > 0:
            wanted[line] -= 1
            part.append(unit.id)
    return tuple(part)


def _by_package(units: Sequence[Unit]) -> dict[str, list[Unit]]:
    found: dict[str, list[Unit]] = {}
    for unit in sorted(units, key=lambda one: (one.package_id, one.id)):
        found.setdefault(unit.package_id, []).append(unit)
    return found


def last(
    line_id: str, number: int, units: Sequence[Unit], line_map: Mapping[str, str]
) -> tuple[str, ...]:
    """``number`` units of a line from the end: those that shipping takes last."""
    own = sorted(unit.id for unit in units if line_map.get(unit.id) == line_id)
    return tuple(own[-number:]) if number else ()
