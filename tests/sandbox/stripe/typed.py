"""What the newest `stripe` package says of Stripe's API: calls, their parameters, their answers.

Its services name each call's method, path and class of parameters; those classes are read with
`ast`, since their annotations name classes that only exist in their own module.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, get_args

import stripe
from stripe._object_classes import get_object_class

PACKAGE = Path(stripe.__file__).parent
SAMPLES = "../shared/stripe/fixtures3.json"
FIXTURES = Path(__file__).resolve().parents[3] / SAMPLES
# Calls that only the resource classes have.
OLDER = {
    ("GET", "/v1/charges/{}/refunds"): (
        "stripe.params._charge_list_refunds_params",
        "ChargeListRefundsParams",
    )
}
_LITERAL = re.compile(r"Literal\[([^\]]*)\]")
_WORD = re.compile(r"'([^']*)'")
_NAME = re.compile(r"[A-Z]\w+")


@dataclass
class Typed:
    """Parameters of one object: which there are, which are required, what they hold."""

    required: set[str] = field(default_factory=set)
    fields: dict[str, str] = field(default_factory=dict)
    module: str = ""

    def below(self, name: str) -> Typed | None:
        """What a nested object holds; None for what is none."""
        found = [
            _classes(self.module)[word]
            for word in _NAME.findall(self.fields[name])
            if word in _classes(self.module)
        ]
        if not found:
            return None
        joined = Typed(module=self.module)
        for one in found:
            joined.required |= one.required
            joined.fields |= one.fields
        return joined

    def choices(self, name: str) -> set[str]:
        """The words a parameter may be, as far as they are told."""
        return {
            word for group in _LITERAL.findall(self.fields[name]) for word in _WORD.findall(group)
        }


def normal(path: str) -> str:
    """A path with its names taken out."""
    return re.sub(r"\{[^}]*\}", "{}", path)


@cache
def calls() -> dict[tuple[str, str], tuple[str, str]]:
    """`(METHOD, path)` -> module and class of its parameters, of every call that Stripe has."""
    found = {}
    for path in PACKAGE.rglob("_*_service.py"):
        if "v2" not in path.relative_to(PACKAGE).parts:
            found |= dict(_of_service(ast.parse(path.read_text())))
    return found


def _of_service(tree: ast.Module) -> Iterator[tuple[tuple[str, str], tuple[str, str]]]:
    modules = {
        alias.name: node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module
        for alias in node.names
    }
    for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
        words = [
            word
            for argument in function.args.args
            if argument.arg == "params" and argument.annotation
            for word in _NAME.findall(ast.unparse(argument.annotation))
            if word in modules and word.endswith("Params")
        ]
        for node in ast.walk(function):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "_request":
                method, path = (_text(argument) for argument in node.args[:2])
                if words:
                    yield (method.upper(), normal(path)), (modules[words[0]], words[0])


def _text(node: ast.expr) -> str:
    if isinstance(node, ast.Call):  # "…".format(…)
        assert isinstance(node.func, ast.Attribute)
        node = node.func.value
    assert isinstance(node, ast.Constant)
    return str(node.value)


@cache
def _classes(module: str) -> dict[str, Typed]:
    path = PACKAGE.parent.joinpath(*module.split(".")).with_suffix(".py")
    found = {}
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.ClassDef):
            continue
        typed = Typed(module=module)
        for line in node.body:
            if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name):
                said = ast.unparse(line.annotation)
                typed.fields[line.target.id] = said
                if not said.startswith("NotRequired["):
                    typed.required.add(line.target.id)
        for base in node.bases:
            inherited = found.get(ast.unparse(base))
            if inherited:
                typed.fields = inherited.fields | typed.fields
        found[node.name] = typed
    return found


def parameters(method: str, path: str) -> Typed | None:
    """The parameters of a call; None when Stripe has no such call."""
    known = calls().get((method, normal(path))) or OLDER.get((method, normal(path)))
    return _classes(known[0])[known[1]] if known else None


def oauth(name: str) -> Typed:
    """The parameters of an OAuth call (`OAuthTokenParams`)."""
    return _classes("stripe._oauth")[name]


def unknown(given: Any, typed: Typed | None, where: str = "") -> list[str]:
    """Parameters in a call's tree that the types do not have, by their full names."""
    if typed is None or not isinstance(given, dict):
        return []
    strange = []
    for name, value in given.items():
        full = f"{where}[{name}]" if where else name
        if name not in typed.fields:
            strange.append(full)
            continue
        for item in value if isinstance(value, list) else [value]:
            strange += unknown(item, typed.below(name), full)
    return strange


@cache
def fixtures() -> dict[str, Any]:
    """Stripe's own sample objects by type; empty where the file is not there."""
    if not FIXTURES.exists():
        return {}
    resources: dict[str, Any] = json.loads(FIXTURES.read_text())["resources"]
    return resources


def odd_keys(thing: dict[str, Any]) -> list[str]:
    """What an answered object lacks of its sample, and what neither sample nor class has."""
    kind = thing["object"]
    sample = fixtures().get(f"deleted_{kind}" if thing.get("deleted") else kind)
    return list(_odd(thing, sample, get_object_class("V1", kind), kind))


def _odd(thing: dict[str, Any], sample: Any, class_: Any, where: str) -> Iterator[str]:
    sample = sample if isinstance(sample, dict) else {}
    typed = getattr(class_, "__annotations__", {}) if class_ else {}
    if not sample and not typed:
        return
    yield from (
        f"{where}.{name} is missing"
        for name in sample
        if name not in thing and not _left_out(thing, where, name)
    )
    for name, value in thing.items():
        if name in {"metadata", "object"}:
            continue
        if name not in sample and name not in typed:
            yield f"{where}.{name} is unknown"
        elif isinstance(value, dict) and "object" not in value:
            yield from _odd(value, sample.get(name), _nested(typed.get(name)), f"{where}.{name}")


def _left_out(thing: dict[str, Any], where: str, name: str) -> bool:
    """What the samples show and Stripe leaves out: a charge's refunds unless expanded, and a card
    where something else paid."""
    if (where, name) == ("charge", "refunds"):
        return True
    return name == "card" and thing.get("type", "card") != "card"


def objects(answer: Any) -> Iterator[dict[str, Any]]:
    """Every object of Stripe's in an answer, however deep."""
    if isinstance(answer, list):
        for item in answer:
            yield from objects(item)
    elif isinstance(answer, dict):
        if isinstance(answer.get("object"), str):
            yield answer
        for value in answer.values():
            yield from objects(value)


def _nested(annotation: Any) -> Any:
    if isinstance(annotation, type) and issubclass(annotation, stripe.StripeObject):
        return annotation if annotation is not stripe.StripeObject else None
    found = (_nested(one) for one in get_args(annotation))
    return next((one for one in found if one), None)
