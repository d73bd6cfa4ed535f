"""The operations in ``graphql/`` that admins and storefronts copy, run as they stand there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from saleor_tiktok_stripe.saleor_api.requestors import Requestor
from tests.support.stored import everything

from .asking import STAFF, ask

FOLDER = Path(__file__).parents[2] / "graphql"
ADMIN, STOREFRONT = FOLDER / "admin", FOLDER / "storefront"
OTHER_CHANNEL = "other-channel"


def text_of(name: str) -> str:
    """The operation's file."""
    found = ADMIN / f"{name}.graphql"
    found = found if found.exists() else STOREFRONT / f"{name}.graphql"
    return found.read_text("utf-8")


def run(
    name: str, /, *, who: Requestor = STAFF, in_channel: str = "tiktok-us", **variables: Any
) -> dict[str, Any]:
    """The payload of a mutation, run as it stands in its file."""
    said = ask(text_of(name), who, in_channel, **variables)
    assert said["errors"] == [], said["errors"]
    payload: dict[str, Any] = said["data"][name]
    return payload


def done(name: str, /, **variables: Any) -> dict[str, Any]:
    """The same of one that succeeds: its payload without ``errors``. Where it changed anything, who
    did it is in the audit log."""
    before = everything()
    payload = run(name, **variables)
    errors = payload.pop("errors")
    assert errors == [], errors
    after = everything()
    new = after["AuditEntry"][len(before["AuditEntry"]) :]
    who = variables.get("who", STAFF).name
    assert after == before or who in {entry["actor"] for entry in new}, f"{name} was not noted"
    return payload


def refused(name: str, /, **variables: Any) -> list[tuple[str, str | None]]:
    """Reason and field of what was refused."""
    payload = run(name, **variables)
    errors = payload.pop("errors")
    assert errors, payload
    assert not any(payload.values())
    return [(one["reason"], one["field"]) for one in errors]
