"""What the code says of itself, so that the documents can be held against it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from saleor_tiktok_stripe import drift
from saleor_tiktok_stripe.accounts import form
from saleor_tiktok_stripe.accounts.stripe import verifying as stripe_verifying
from saleor_tiktok_stripe.accounts.tiktok import settings, verifying
from saleor_tiktok_stripe.aftersales.cases import problems as cases
from saleor_tiktok_stripe.aftersales.cases.actions import HINDRANCES
from saleor_tiktok_stripe.orders import problems
from saleor_tiktok_stripe.payments import ledger
from saleor_tiktok_stripe.saleor_api import refusals
from saleor_tiktok_stripe.saleor_api.over_http import client as over_http
from saleor_tiktok_stripe.stripe_api import errors as stripe
from saleor_tiktok_stripe.tiktok import rules as tiktok
from saleor_tiktok_stripe.tiktok.rules import Action
from saleor_tiktok_stripe.transport import failures

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "saleor_tiktok_stripe"
_TIKTOK_TABLE = PACKAGE / "tiktok" / "rules.py"
CODE = re.compile(r"[A-Z][A-Z0-9_]{3,}")
_MAKERS = frozenset(
    {
        "Denied", "Failure", "Finding", "InDoubt", "InvalidInput", "NeedsReauthorization",
        "Problem", "RetryLater", "TokensInDoubt", "UnreadableSecret", "VendorBug", "__init__",
        "_later", "_park", "no_answer", "parked", "problem",
    }
)  # fmt: skip


@cache
def modules() -> tuple[tuple[Path, ast.Module], ...]:
    """The package's own modules; the local vendors are no part of what a merchant meets."""
    return tuple(
        (path, ast.parse(path.read_text()))
        for path in sorted(PACKAGE.rglob("*.py"))
        if "sandbox" not in path.relative_to(PACKAGE).parts
    )


def error_codes() -> set[str]:
    """Codes of problems, findings and errors: written where they are raised, or in a table."""
    # TikTok's own table is read as what it is: its names become codes with a prefix.
    written = {code for path, tree in modules() if path != _TIKTOK_TABLE for code in _raised(tree)}
    return written | _in_tables()


def check_ids() -> set[str]:
    """Ids of the system checks."""
    return {
        keyword.value.value
        for _, tree in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        for keyword in node.keywords
        if keyword.arg == "id"
        and isinstance(keyword.value, ast.Constant)
        and str(keyword.value.value).startswith("tiktok_stripe.")
    }


def metadata_keys() -> set[str]:
    """Metadata keys; one that goes on with a name of its own ends with a dot."""
    found = {text for _, tree in modules() for text in _texts(tree)}
    return {text for text in found if re.fullmatch(r"tiktok\.[a-z_]+(\.[a-z_]*)?", text)}


def _raised(tree: ast.Module) -> Iterator[str]:
    constants = {
        target.id: node.value.value
        for node in ast.walk(tree)
        if isinstance(node, ast.AnnAssign | ast.Assign) and isinstance(node.value, ast.Constant)
        for target in ([node.target] if isinstance(node, ast.AnnAssign) else node.targets)
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _name(node.func) in _MAKERS:
            named = [keyword.value for keyword in node.keywords if keyword.arg == "code"]
            position = 1 if _name(node.func) == "_later" else 0
            for value in (*named, *node.args[position : position + 1]):
                for one in (value.body, value.orelse) if isinstance(value, ast.IfExp) else (value,):
                    text = constants.get(one.id) if isinstance(one, ast.Name) else None
                    text = one.value if isinstance(one, ast.Constant) else text
                    if isinstance(text, str) and CODE.fullmatch(text):
                        yield text
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.IfExp):
            # `code = error.code if ... else "UNEXPECTED"`
            other = node.value.orelse
            if "code" in {_name(target) for target in node.targets}:
                text = str(other.value) if isinstance(other, ast.Constant) else ""
                yield from (text,) if CODE.fullmatch(text) else ()


def _in_tables() -> set[str]:
    rules = (
        *tiktok.RULES.values(),
        *(rule for _, rule in tiktok.CATCH_ALL),
        *tiktok.STATUSES.values(),
        tiktok.UNKNOWN_CODE,
        tiktok.UNREADABLE,
    )
    return {
        *problems.TEXTS,
        *cases.TEXTS,
        *HINDRANCES,
        *ledger.CLASSES,
        *(code for area in drift.CLASSES.values() for code in area),
        *(f"TIKTOK_{rule.name}" for rule in rules if rule.action is not Action.REFRESH),
        *(rule.name for rule in rules if rule.action is Action.REFRESH),
        *(one.code for one in vars(failures).values() if isinstance(one, failures.Failure)),
        *(f"SALEOR_{code}" for code in (*refusals.CURES, *over_http._CURES)),
        *(f"{name.upper()}_REQUIRED" for name, _ in form.tiktok._REQUIRED),
        *(row[1] for row in settings._CHECKS),
        *(code for code, _, _ in verifying._NO_SHOP.values()),
        *(code for code, _, _ in stripe_verifying._NO_ACCOUNT.values()),
        *(rule.code for rule in (*stripe.RULES, stripe.UNKNOWN)),
    }


def _texts(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def _name(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""
