"""Commands as an admin types them."""

from __future__ import annotations

from click.testing import CliRunner

from saleor_tiktok_stripe.cli import main

CHANNEL = ("--channel", "tiktok-us")


def run(*words: str) -> tuple[int, str]:
    """Exit code and what was said. What is no answer of the command's is raised."""
    done = CliRunner().invoke(main, words)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.output
