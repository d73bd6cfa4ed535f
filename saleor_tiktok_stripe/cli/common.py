"""What the commands have in common: Django made ready, errors in one line, words and options."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click

from ..errors import ChannelError

SIDECAR_SETTINGS = "saleor_tiktok_stripe.sandbox.sidecar.settings"
ACTOR = "command line"
CHANNEL = click.option("--channel", required=True, help="Slug of the Saleor channel.")
DRY_RUN = click.option("--dry-run", is_flag=True, help="Only say what would be done.")
JSON = click.option("--json", "as_json", is_flag=True, help="For programs: one JSON document.")
VENDOR = click.Choice(["tiktok", "stripe"])
MOMENT = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"])
F = TypeVar("F", bound=Callable[..., Any])


# What only the `sandbox` extra brings: the demo, the stand-ins and the sidecar need it.
_OF_THE_SANDBOX = frozenset({"dj_database_url", "dj_email_url", "rich", "starlette", "uvicorn"})


class Commands(click.Group):
    """The commands; one that lacks a package names it in one line."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except ModuleNotFoundError as error:
            if (error.name or "").partition(".")[0] not in _OF_THE_SANDBOX:
                raise
            raise click.ClickException(
                f"{error.name} is not installed. What runs without Saleor needs more than the "
                "plugin does: pip install 'saleor-tiktok-stripe[sandbox]'"
            ) from error


def _start_django() -> None:
    """Use the settings in force, else Saleor's where Saleor is, else the sidecar's.

    Saleor is no installed package: in its image only what looks into the working folder, as
    ``manage.py`` does, finds it. The sidecar is meant only where its Saleor is named: taken by
    mistake it would work Saleor's own database over HTTP.
    """
    folder = str(Path.cwd())
    if folder not in sys.path:
        sys.path.append(folder)
    if "DJANGO_SETTINGS_MODULE" not in os.environ:
        here = importlib.util.find_spec("saleor")
        if not here and not os.environ.get("SALEOR_API_URL"):
            raise click.ClickException(
                "There is no Saleor here. Run this in Saleor's own folder (/app in its image), or "
                "set SALEOR_API_URL for the sidecar."
            )
        os.environ["DJANGO_SETTINGS_MODULE"] = "saleor.settings" if here else SIDECAR_SETTINGS
    import django

    django.setup()


def with_django(command: F) -> F:
    """Run the command with Django ready and permission to write; say errors in one line."""

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> Any:
        _start_django()
        from django.db import InterfaceError, OperationalError, ProgrammingError
        from psycopg.errors import UndefinedColumn, UndefinedTable

        from ..saleor_api import writer

        try:
            with writer():
                return command(*args, **kwargs)
        except ChannelError as error:
            raise click.ClickException(f"{error.message} [{error.code}]") from error
        except (OperationalError, InterfaceError) as error:
            said = str(error).partition("\n")[0]
            raise click.ClickException(
                f"The database failed: {said} [DATABASE_UNAVAILABLE]"
            ) from error
        except ProgrammingError as error:
            if not isinstance(error.__cause__, UndefinedTable | UndefinedColumn):
                raise
            raise click.ClickException(
                "The plugin's tables are missing or older than the plugin: "
                "run `python manage.py migrate`."
            ) from error

    return run  # type: ignore[return-value]


def connection_of(channel: str, vendor: str = "tiktok") -> Any:
    from ..accounts import find_connection

    return find_connection(channel, vendor)


def connections_of(channel: str, vendor: str | None) -> list[Any]:
    """One vendor's, or all that the channel has."""
    from ..accounts import channel_connections

    known = channel_connections(channel) if vendor is None else []
    return known or [connection_of(channel, vendor or "tiktok")]


def amount_of(text: str | None) -> Decimal | None:
    """What was typed as an amount; None for nothing."""
    try:
        return Decimal(text) if text else None
    except InvalidOperation as error:
        raise click.BadParameter(f"{text!r} is no amount") from error


def utc(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment else None
