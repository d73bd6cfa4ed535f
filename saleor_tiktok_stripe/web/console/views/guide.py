"""The first-run guide: from nothing to the first orders, each step where it was left."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from urllib.parse import urlencode

from django.http import HttpResponse

from .... import accounts
from ....accounts.entering import (
    REGIONS,
    Entered,
    enter_stripe,
    enter_tiktok,
    entered_stripe,
    entered_tiktok,
)
from ....accounts.steps import Step, first_run
from ....accounts.tiktok.scopes import ESSENTIAL, HELPFUL
from ....models import Connection, ConnectionState, Vendor
from ....models.fields import KeysNotUsable, UnreadableSecret
from ....orders.backfill import Preview, preview_backfill, start_backfill
from ....stripe_api.capabilities import SCOPES
from .. import words
from ..parts import Attention, Choice, Fact, Form, Input, Link, Table, table
from ..visits import CONSOLE, Visit
from .start import verify

__all__ = ["begin_import", "choose", "enter_app", "enter_keys", "preview", "show", "verify"]

PREVIEWED: Final = 5
"""Pages of orders that a preview reads: a person waits for it."""
KEEP: Final = "Saved. Leave it empty to keep it."


def show(visit: Visit, found: Preview | None = None) -> HttpResponse:
    """All steps, those that are next with their forms."""
    steps = {step.name: step for step in first_run(visit.channel)}
    tiktok, stripe = visit.connection_or_none("tiktok"), visit.connection_or_none("stripe")
    app, keys = _entered(visit)
    return visit.show(
        "guide.html",
        steps=steps,
        app=app,
        keys=keys,
        scopes=_scopes(),
        permissions=_permissions(),
        app_form=_app_form(app),
        shop_form=_shop_form(tiktok),
        keys_form=_keys_form(keys),
        tiktok_link=_consent_link(visit, tiktok, app),
        stripe_link=_consent_link(visit, stripe, keys),
        found=_found(steps["verify"]),
        verify_form=Form("verify", "Verify now", tone="plain", name="verify-all"),
        preview_form=_preview_form(visit, tiktok, again=found is not None),
        preview=None if found is None else _previewed(visit, found),
        import_form=_import_form(visit, found),
        connected=[one for one in (tiktok, stripe) if one is not None and _is_used(one)],
        percent=_percent(steps["import"]),
        done=all(step.state == "done" for step in steps.values()),
    )


def enter_app(visit: Visit) -> HttpResponse:
    """Save the TikTok app."""
    enter_tiktok(
        visit.channel,
        visit.actor,
        app_key=visit.entered("app_key"),
        app_secret=visit.entered("app_secret"),
        service_id=visit.entered("service_id"),
        region=visit.entered("region"),
    )
    return visit.go(visit.url(), "Saved. Now give your consent at TikTok.")


def choose(visit: Visit) -> HttpResponse:
    """Choose the shop of this channel."""
    connection = visit.connection(Vendor.TIKTOK)
    chosen = accounts.choose_shop(connection, visit.entered("shop"), visit.actor)
    accounts.verify(chosen)
    return visit.go(visit.url(), f"Connected to {chosen.account_name}.")


def enter_keys(visit: Visit) -> HttpResponse:
    """Save Stripe's keys; with keys of the account's own it is connected at once."""
    connection = enter_stripe(
        visit.channel,
        visit.actor,
        secret_key=visit.entered("secret_key"),
        publishable_key=visit.entered("publishable_key"),
        client_id=visit.entered("client_id"),
    )
    if connection.state != ConnectionState.ACTIVE:
        return visit.go(visit.url(), "Saved. Now give your consent at Stripe.")
    accounts.verify(connection)
    return visit.go(visit.url(), f"Connected to {connection.account_name}.")


def preview(visit: Visit) -> HttpResponse:
    """Say what an import would do; nothing is written."""
    found = preview_backfill(
        visit.connection(Vendor.TIKTOK), placed_from=_since(visit), pages=PREVIEWED
    )
    return show(visit, found)


def begin_import(visit: Visit) -> HttpResponse:
    """Import the history; it goes on in the background."""
    start_backfill(visit.connection(Vendor.TIKTOK), visit.actor, placed_from=_since(visit))
    return visit.go(visit.url(), "The import has begun. You can leave this page.")


def _since(visit: Visit) -> datetime | None:
    entered = visit.entered("import_from")
    return accounts.parse_policy({"import_from": entered}).import_from


def _percent(step: Step) -> int:
    return round(100 * step.progress.share) if step.progress is not None else 0


def _entered(visit: Visit) -> tuple[Entered, Entered]:
    try:
        return entered_tiktok(visit.channel), entered_stripe(visit.channel)
    except (UnreadableSecret, KeysNotUsable):
        return Entered(""), Entered("")


def _is_used(one: Connection) -> bool:
    return one.state in (ConnectionState.ACTIVE, ConnectionState.NEEDS_REAUTH)


def _app_form(app: Entered) -> Form:
    regions = tuple(Choice(key, label) for key, label in REGIONS.items())
    return Form(
        "enter_app",
        "Save the app" if not app.has_secret else "Save changes",
        (
            Input("app_key", "App key", value=app.app_key, required=True),
            Input(
                "app_secret",
                "App secret",
                "password",
                KEEP if app.has_secret else "Kept encrypted, and never shown again.",
                required=not app.has_secret,
                autocomplete="new-password",
            ),
            Input(
                "service_id",
                "Service ID",
                help="On the app's Authorization page; it is not the app key.",
                value=app.service_id,
                required=True,
                inputmode="numeric",
            ),
            Input(
                "region",
                "Where the seller account is",
                "radio",
                "The wrong one makes the consent fail.",
                value=app.region,
                choices=regions,
            ),
        ),
    )


def _shop_form(tiktok: Connection | None) -> Form | None:
    shops = accounts.shops_to_choose(tiktok) if tiktok is not None else []
    if not shops or (tiktok is not None and tiktok.state == ConnectionState.DISABLED):
        return None
    choices = tuple(
        Choice(shop["id"], f"{shop['name']} ({shop['region']}), {shop['id']}") for shop in shops
    )
    shop = Input("shop", "Shop of this channel", "radio", choices=choices, required=True)
    return Form("choose", "Use this shop", (shop,))


def _keys_form(keys: Entered) -> Form:
    return Form(
        "enter_keys",
        "Connect Stripe" if not keys.has_secret else "Save changes",
        (
            Input(
                "secret_key",
                "Restricted key",
                "password",
                KEEP if keys.has_secret else "rk_… Kept encrypted, and never shown again.",
                required=not keys.has_secret,
                autocomplete="new-password",
            ),
            Input(
                "publishable_key",
                "Publishable key",
                help="pk_… of the same account and mode: buyers pay with it.",
                value=keys.publishable_key,
                required=True,
            ),
            Input(
                "client_id",
                "Connect client ID",
                help="Only for platforms (ca_…): the keys are then the platform's, and the account "
                "is chosen by its holder's consent.",
                value=keys.client_id,
            ),
        ),
    )


def _consent_link(visit: Visit, connection: Connection | None, entered: Entered) -> Link | None:
    """Where to give consent: a plain link with a ticket that works once. Making one writes
    nothing."""
    if connection is None or not entered.complete:
        return None
    if connection.state == ConnectionState.ACTIVE and not _renews(connection):
        return None
    ticket = accounts.mint_ticket(connection, "start", visit.actor)
    root = visit.place.base.removesuffix(CONSOLE)
    name = words.VENDORS[connection.vendor]
    query = urlencode({"ticket": ticket})
    return Link(
        f"Continue to {name}", f"{root}oauth/{connection.vendor}/start/?{query}", button=True
    )


def _renews(connection: Connection) -> bool:
    """A seller's authorization ends one day, so that it can be renewed at any time."""
    return connection.vendor == Vendor.TIKTOK


def _found(step: Step) -> list[Attention]:
    tones = {"error": "bad", "warning": "warn"}
    return [
        Attention(tones[one.severity], one.message, cure=one.cure)  # type: ignore[arg-type]
        for one in step.findings
    ]


def _preview_form(visit: Visit, tiktok: Connection | None, *, again: bool) -> Form | None:
    if tiktok is None or tiktok.state != ConnectionState.ACTIVE:
        return None
    since = accounts.policy(tiktok).import_from
    kept = visit.entered("import_from") or (f"{since:%Y-%m-%d}" if since else "")
    return Form(
        "preview",
        "See what would come",
        (
            Input(
                "import_from",
                "Orders placed since",
                "date",
                "Empty: all that TikTok still has. Nothing is imported yet.",
                value=kept,
            ),
        ),
        tone="plain" if again else "primary",
    )


def _import_form(visit: Visit, found: Preview | None) -> Form | None:
    if found is None:
        return None
    hidden = {"import_from": visit.entered("import_from")}
    if not found.complete:
        return Form("begin_import", "Import them all", hidden=hidden)
    label = f"Import {found.created:,} orders" if found.created else "Look at them again"
    return Form("begin_import", label, hidden=hidden)


def _previewed(visit: Visit, found: Preview) -> list[Fact]:
    total = "an unknown number of orders" if found.total is None else f"{found.total:,} orders"
    read = "all of them" if found.complete else f"the newest {found.read:,}"
    told = [
        Fact("TikTok has", f"{total}; {read} were looked at"),
        Fact("Would be imported", found.created),
        Fact("Are in Saleor already", found.unchanged + found.changed),
    ]
    if found.waiting:
        told.append(Fact("Would come when their hold ends", found.waiting))
    told += [Fact(f"Left out: {words.code(why)}", count) for why, count in found.skipped.items()]
    told += [Fact(f"Need you: {words.code(why)}", count) for why, count in found.failed.items()]
    return told


def _scopes() -> Table:
    rows = [(scope, without) for scope, without in {**ESSENTIAL, **HELPFUL}.items()]
    return table("Permissions to ask for at TikTok", ("Permission", "Without it"), rows)


def _permissions() -> Table:
    rows = [
        (one.permission, one.access, one.purpose + (" (optional)" if one.optional else ""))
        for one in SCOPES.values()
    ]
    columns = ("Permission at Stripe", "Access", "What works with it")
    return table("Permissions of the restricted key", columns, rows)
