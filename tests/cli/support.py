"""Commands as an admin types them."""

from __future__ import annotations

from click.testing import CliRunner
from django.apps import apps

from saleor_tiktok_stripe.cli import main

CHANNEL = ("--channel", "tiktok-us")


def run(*words: str) -> tuple[int, str]:
    """Exit code and what was said. What is no answer of the command's is raised."""
    done = CliRunner().invoke(main, words)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.output


def all_rows() -> dict[str, list[dict[str, object]]]:
    """Everything that is stored: two of these are equal when nothing was written between."""
    models = apps.get_app_config("saleor_tiktok_stripe").get_models()
    return {model.__name__: list(model.objects.order_by("pk").values()) for model in models}
