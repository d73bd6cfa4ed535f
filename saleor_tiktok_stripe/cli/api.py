"""The command about the API."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import IO

import click

from .common import with_django


@click.command("schema")
@click.option("--reference", is_flag=True, help="As the reference in docs/, in Markdown.")
@click.option("--out", type=click.File("w", encoding="utf-8"), default="-", help="A file.")
@click.option("--check", type=click.Path(path_type=Path), help="Exit with 1 if this file differs.")
@with_django
def schema(reference: bool, out: IO[str], check: Path | None) -> None:  # noqa: FBT001
    """Print the schema of the GraphQL API."""
    from ..graphql.reference import as_markdown
    from ..graphql.schema import schema as built
    from ..graphql.schema import sdl

    text = as_markdown(built().get_type_map()) if reference else sdl()
    if check is None:
        out.write(text)
    elif not check.is_file() or check.read_text("utf-8") != text:
        click.echo(f"{check} is not the schema: make schema writes it.", err=True)
        sys.exit(1)
