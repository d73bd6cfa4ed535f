"""Every command line of every document is read by the program's own parser."""

from __future__ import annotations

from collections.abc import Iterator

import click
import pytest

from saleor_tiktok_stripe.cli import main

from .pages import CommandLine, blocks, command_lines, page, paths
from .source import ROOT

PAGE = page("reference/commands.md")
LINES = sorted(set(command_lines()), key=lambda line: (str(line.path), line.words))


def _commands(group: click.Group, name: str = "") -> Iterator[str]:
    for child, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from _commands(command, f"{name}{child} ")
        else:
            yield f"{name}{child}"


def _parse(words: tuple[str, ...], *, lenient: bool) -> click.Context:
    command: click.Command = main
    context = click.Context(main, info_name="saleor-tiktok-stripe")
    rest = list(words)
    while isinstance(command, click.Group) and rest and not rest[0].startswith("-"):
        name, found, rest = command.resolve_command(context, rest)
        assert name is not None
        assert found is not None
        command, context = found, click.Context(found, info_name=name, parent=context)
    if isinstance(command, click.Group):
        assert rest in ([], ["--help"], ["--version"])
        return context
    return command.make_context(
        command.name, rest, parent=context.parent, resilient_parsing=lenient
    )


@pytest.mark.parametrize(
    "line", LINES, ids=lambda line: f"{line.path.name}: {' '.join(line.words)}"
)
def test_command_lines_parse(line: CommandLine, monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    monkeypatch.setenv("TIKTOK_APP_SECRET", "not asked for here")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "catalog.json").write_text("[]")
    whole = line.whole and "…" not in line.words

    context = _parse(line.words, lenient=not whole)

    assert context.command.get_help(context)


def test_the_search_finds_command_lines_in_blocks_and_in_sentences() -> None:
    commands = {(line.path.name, line.words[0], line.whole) for line in LINES}

    assert ("operate.md", "rotate-keys", False) in commands
    assert ("rehearse.md", "connect", True) in commands
    assert len(LINES) > 40


@pytest.mark.parametrize(
    "words",
    [
        ("verfy",),
        ("verify", "--chanel", "x"),
        ("verify",),
        ("backfill", "--channel", "x", "--since", "May"),
    ],
)
def test_a_wrong_command_line_would_be_seen(words: tuple[str, ...]) -> None:
    with pytest.raises(click.ClickException):
        _parse(words, lenient=False)


@pytest.mark.parametrize("name", list(_commands(main)))
def test_every_command_has_its_section_with_an_example(name: str) -> None:
    section = PAGE.partition(f"\n### {name}\n")[2].partition("\n### ")[0]

    examples = [line for block in blocks(section, "sh") for line in block.splitlines()]
    assert examples
    assert all(line.startswith(f"saleor-tiktok-stripe {name}") for line in examples)


def test_no_section_is_left_of_a_command_that_is_gone() -> None:
    told = [line.removeprefix("### ") for line in PAGE.splitlines() if line.startswith("### ")]

    assert sorted(told) == sorted(_commands(main))


def test_make_targets_exist() -> None:
    makefile = (ROOT / "Makefile").read_text()
    text = "\n".join(path.read_text() for path in paths())
    words = [word for block in blocks(text, "sh") for word in block.replace("\n", " ; ").split(" ")]
    targets = {after for before, after in zip(words, words[1:], strict=False) if before == "make"}

    assert {"demo", "test"} <= targets
    assert [target for target in targets if f"\n{target}:" not in makefile] == []
