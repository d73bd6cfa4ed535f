"""From a template and values to an answer with our headers."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from django.http import HttpResponse, HttpResponseRedirect
from django.template import Context, Engine

from .. import answers

POLICY: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_TEMPLATES: Final = Path(__file__).resolve().parents[2] / "templates"
_FOLDER: Final = "saleor_tiktok_stripe/console/"
_TAGS: Final = "saleor_tiktok_stripe.web.console.tags"


def page(template: str, values: Mapping[str, Any], *, status: int = 200) -> HttpResponse:
    """A page of the console."""
    return answers.sealed(HttpResponse(text(template, values), status=status), POLICY)


def text(template: str, values: Mapping[str, Any]) -> str:
    """A template of the console's folder, filled in."""
    return str(_engine().get_template(_FOLDER + template).render(Context(dict(values))))


def see_other(url: str) -> HttpResponse:
    """To another page of ours, by GET."""
    response = HttpResponseRedirect(url)
    response.status_code = 303
    return answers.sealed(response, POLICY)


@lru_cache(maxsize=1)
def _engine() -> Engine:
    # An engine of our own: the host's template settings are none of our business.
    return Engine(dirs=[str(_TEMPLATES)], builtins=[_TAGS], autoescape=True)
