"""What the commands have in common: Django made ready, errors in one line, words and options."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from functools import wraps
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


def _start_django() -> None:
    """Use the settings in force, else Saleor's where Saleor is installed, else the sidecar's."""
    default = "saleor.settings" if importlib.util.find_spec("saleor") else SIDECAR_SETTINGS
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", default)
    import django

    django.setup()


def with_django(command: F) -> F:
    """Run the command with Django ready and permission to write; say errors in one line."""

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> Any:
        _start_django()
        from ..saleor_api import writer

        try:
            with writer():
                return command(*args, **kwargs)
        except ChannelError as error:
            raise click.ClickException(f"{error.message} [{error.code}]") from error

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
