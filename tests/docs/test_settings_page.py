from __future__ import annotations

import ast
import re

import pytest

from saleor_tiktok_stripe.accounts import form
from saleor_tiktok_stripe.accounts.tiktok.policy import ChannelPolicy

from .pages import page, paths, row
from .source import PACKAGE

PAGE = page("reference/settings.md")
NAME = re.compile(r"[A-Z]+(_[A-Z]+)+")
_SIDECAR = "sandbox/sidecar/settings.py"


def _knobs() -> dict[str, str]:
    """Names that ``conf.py`` reads, each with its default ("" for none)."""
    tree = ast.parse((PACKAGE / "conf.py").read_text())
    found = {
        node.value: ""
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and NAME.fullmatch(node.value)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            texts = [arg.value for arg in node.args if isinstance(arg, ast.Constant)]
            if node.func.id in {"_read", "_whole"} and len(texts) == 2:
                found[texts[0]] = texts[1]
    return found


def _sidecar_knobs() -> set[str]:
    text = (PACKAGE / _SIDECAR).read_text()
    return set(re.findall(r'os\.environ\.get\(\s*"([A-Z_]+)"', text))


def test_every_knob_of_the_deployment_has_its_row() -> None:
    assert {"TIKTOK_STRIPE_POLL_SECONDS", "PUBLIC_URL", "SALEOR_APP_TOKEN"} <= set(_knobs())
    assert [name for name in {*_knobs(), *_sidecar_knobs()} if not row(PAGE, name)] == []


def test_defaults_are_those_of_the_code() -> None:
    defaults = {name: value for name, value in _knobs().items() if value}

    assert defaults["TIKTOK_STRIPE_SWEEP_SECONDS"] == "60"
    wrong = [name for name, value in defaults.items() if f"| `{value}` |" not in row(PAGE, name)]
    assert wrong == []


def test_no_document_names_a_variable_that_nothing_reads() -> None:
    named = {
        name for path in paths() for name in re.findall(r"TIKTOK_STRIPE_[A-Z_]+", path.read_text())
    }

    assert named - set(_knobs()) == set()


@pytest.mark.parametrize("field", form.FIELDS, ids=lambda field: field.name)
def test_every_field_of_the_form_has_its_row_with_label_and_default(field: form.Field) -> None:
    line = row(PAGE, field.name)

    if field.kind is form.Kind.OUTPUT:
        default = "shown"
    elif isinstance(field.default, bool):
        default = "on" if field.default else "off"
    else:
        default = f"`{field.default}`" if field.default else "empty"
    assert line.startswith(f"| {field.label} | `{field.name}` | {default} | ")


def test_no_row_is_left_of_a_field_that_is_gone() -> None:
    part = PAGE.partition("## Form")[2].partition("## Environment")[0]

    told = re.findall(r"^\| [^|]+ \| `([a-z_]+)` \|", part, re.MULTILINE)

    assert told == [field.name for field in form.FIELDS]


@pytest.mark.parametrize(
    "name",
    ["hold_policy", "unlinked_policy", "price_source", "price_rounding", "handover",
     "cancel_reason"],
)  # fmt: skip
def test_every_choice_of_a_field_is_told(name: str) -> None:
    choices = ChannelPolicy.model_fields[name].annotation.__args__  # type: ignore[union-attr]

    assert [choice for choice in choices if f"`{choice}`" not in row(PAGE, name)] == []
