"""The ``saleor-tiktok-stripe`` command: for admins, for rehearsals, for the demo.

A door like the others: each command parses, calls one function and prints its answer.
"""

from __future__ import annotations

import importlib.util
import os
import signal
import sys
import threading
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import click

from .errors import ChannelError

SIDECAR_SETTINGS = "saleor_tiktok_stripe.sandbox.sidecar.settings"
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
        from .saleor_api import writer

        try:
            with writer():
                return command(*args, **kwargs)
        except ChannelError as error:
            raise click.ClickException(f"{error.message} [{error.code}]") from error

    return run  # type: ignore[return-value]


def _connection(channel: str) -> Any:
    from .accounts import find_connection

    return find_connection(channel)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="saleor-tiktok-stripe")
def main() -> None:
    """TikTok Shop as a channel of Saleor."""


@main.command()
@click.option("--orders", default=500, show_default=True, help="Orders in the shop's history.")
@click.option("--seed", default=7, show_default=True, help="Another seed, another shop.")
@click.option("--svg", type=click.Path(dir_okay=False), help="Keep the printout as a picture.")
def demo(orders: int, seed: int, svg: str | None) -> None:
    """Import a shop's history while everything goes wrong, and compare to the cent."""
    from .sandbox.demo import run

    sys.exit(run(orders=orders, seed=seed, svg=svg))


@main.group()
def sandbox() -> None:
    """Local stand-ins for the vendors, over HTTP on loopback."""


@sandbox.command("tiktok")
@click.option("--port", default=0, help="0 takes a free one.")
@click.option("--orders", default=100, show_default=True, help="10 to 1,000,000.")
@click.option("--seed", default=7, show_default=True)
def sandbox_tiktok(port: int, orders: int, seed: int) -> None:
    """Run a local TikTok Shop; prints one JSON line when ready."""
    from .sandbox.tiktok import run

    run(port=port, orders=orders, seed=seed)


@sandbox.command("saleor")
@click.option("--port", default=0, help="0 takes a free one.")
def sandbox_saleor(port: int) -> None:
    """Run a local stand-in for Saleor's API; prints one JSON line when ready."""
    from .sandbox.saleor import run

    run(port=port)


@main.command("new-key")
def new_key() -> None:
    """Make an encryption key for TIKTOK_STRIPE_ENCRYPTION_KEYS."""
    from cryptography.fernet import Fernet

    click.echo(Fernet.generate_key().decode())


@main.command("rotate-keys")
@with_django
def rotate_keys() -> None:
    """Encrypt every stored secret anew with the first key."""
    from .models.rotation import rotate_keys as rotate

    click.echo(f"{rotate()} values encrypted with the first key. Older keys can be removed now.")


@main.command()
@click.option("--channel", required=True, help="Slug of the Saleor channel.")
@with_django
def verify(channel: str) -> None:
    """Check the channel's connection and say what to do about each finding."""
    from . import accounts

    findings = accounts.verify(_connection(channel))
    for finding in findings:
        click.echo(f"{finding.severity:8} {finding.message} {finding.cure}".rstrip())
    sys.exit(any(finding.severity == "error" for finding in findings))


@main.command()
@with_django
def doctor() -> None:
    """Say in one look whether everything runs, and what to mend."""
    from . import doctor as examination

    report = examination.examine()
    click.echo(examination.as_text(report))
    sys.exit(not report.healthy)


@main.command()
@with_django
def worker() -> None:
    """Work the jobs in this process, where there is no Celery broker."""
    from . import jobs

    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    jobs.run_forever(stop)


if __name__ == "__main__":
    main()
