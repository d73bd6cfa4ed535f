"""The settings of the channel: the regular review, its accounts, its choices, its carriers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from django.http import HttpResponse

from .... import accounts, fulfilment
from ....accounts.entering import Entered, enter_choices, entered_stripe, entered_tiktok
from ....accounts.form import FIELDS, Field, Kind, as_entered
from ....accounts.review import ReviewItem, Weight, review
from ....errors import InvalidInput
from ....models import Carrier, CarrierLink, Connection, ConnectionState, Vendor
from ....models.fields import KeysNotUsable, UnreadableSecret
from .. import words
from ..parts import (
    Attention,
    Badge,
    Choice,
    Code,
    Column,
    Fact,
    Form,
    Input,
    Link,
    Table,
    Tone,
    table,
)
from ..visits import Visit
from .start import verify

__all__ = ["choices", "disconnect", "link", "refresh", "show", "unlink", "verify"]

TOPICS: Final[Mapping[str, str]] = {
    "connection": "Connection",
    "keys": "Keys and authorization",
    "permissions": "Permissions",
    "notifications": "Notifications",
    "policies": "Choices",
    "encryption": "Encryption",
}
_TONES: Final[Mapping[Weight, Tone]] = {
    Weight.OK: "good",
    Weight.NOTE: "info",
    Weight.WARNING: "warn",
    Weight.ERROR: "bad",
}
STRIPE_PREFIX: Final = "stripe_"


def show(visit: Visit) -> HttpResponse:
    """Everything, the review first."""
    points = review(visit.connections)
    return visit.show(
        "settings.html",
        counted=_counted(points),
        review=[_reviewed(one) for one in points if one.weight != Weight.OK],
        well=[_reviewed(one) for one in points if one.weight == Weight.OK],
        parts=[_account(visit, one) for one in visit.connections],
        carriers=_carriers(visit),
    )


def choices(visit: Visit) -> HttpResponse:
    """Change the choices of one vendor's part of the form."""
    vendor = _vendor(visit)
    values = {name: _value(visit, field) for name, field in _choice_fields(vendor).items()}
    enter_choices(visit.channel, vendor, values, visit.actor)
    return visit.go(visit.url(), "Saved. It counts from now on.")


def disconnect(visit: Visit) -> HttpResponse:
    """End a connection, once its name was typed."""
    connection = visit.connection(_vendor(visit))
    if visit.entered("name") != _name(connection):
        raise InvalidInput(
            "NAME_NOT_TYPED",
            f"Nothing was disconnected: type {_name(connection)} to say that you mean it.",
            field="name",
        )
    found = accounts.disconnect(connection, visit.actor)
    wrong = [one.message for one in found if one.severity != accounts.Severity.OK]
    told = " ".join(["Disconnected. Its secrets are wiped.", *wrong])
    return visit.go(visit.url(), told, "info" if wrong else "good")


def link(visit: Visit) -> HttpResponse:
    """Let a carrier's name in Saleor mean one of TikTok's."""
    connection = visit.connection(Vendor.TIKTOK)
    name = visit.entered("name")
    fulfilment.link_carrier(connection, name, visit.entered("carrier_id"), visit.actor)
    return visit.go(visit.url(), f"{name} is linked. Orders that waited go on.")


def unlink(visit: Visit) -> HttpResponse:
    """Forget what a carrier's name means."""
    gone = fulfilment.unlink_carrier(
        visit.connection(Vendor.TIKTOK), visit.entered("name"), visit.actor
    )
    text = "The link is removed." if gone else "It was not linked any more."
    return visit.go(visit.url(), text, "good" if gone else "info")


def refresh(visit: Visit) -> HttpResponse:
    """Ask TikTok for its carriers."""
    connection = visit.connection(Vendor.TIKTOK)
    number = fulfilment.refresh_carriers(connection, accounts.client(connection), visit.actor)
    return visit.go(visit.url(), f"TikTok knows {number} carriers for this shop.")


def _vendor(visit: Visit) -> Vendor:
    entered = visit.entered("vendor")
    if entered not in words.VENDORS:
        raise InvalidInput("VENDOR_UNKNOWN", "Reload the page and send the form again.")
    return Vendor(entered)


def _name(connection: Connection) -> str:
    """What is typed to disconnect it."""
    return connection.account_name or words.VENDORS[connection.vendor]


def _counted(points: Sequence[ReviewItem]) -> list[Badge]:
    told = (
        (Weight.ERROR, "{} to mend"),
        (Weight.WARNING, "{} to look at"),
        (Weight.NOTE, "{} worth a thought"),
        (Weight.OK, "{} well"),
    )
    numbers = [(one, text, sum(point.weight == one for point in points)) for one, text in told]
    return [Badge(text.format(number), _TONES[one]) for one, text, number in numbers if number]


def _reviewed(one: ReviewItem) -> Attention:
    vendor = words.VENDORS.get(one.vendor, "")
    title = f"{TOPICS[one.topic]}{f' ({vendor})' if vendor else ''}"
    return Attention(_TONES[one.weight], title, one.message, one.cure)


def _account(visit: Visit, one: Connection) -> dict[str, Any]:
    held = _entered(visit, one)
    used = one.state in (ConnectionState.ACTIVE, ConnectionState.NEEDS_REAUTH)
    return {
        "connection": one,
        "badge": Badge(words.CONNECTION_STATES[one.state], "good" if used else "plain"),
        "facts": list(_facts(one, held)),
        "verify": Form(
            "verify",
            "Verify",
            tone="plain",
            name=f"verify-{one.vendor}",
            hidden={"vendor": one.vendor},
        )
        if one.state == ConnectionState.ACTIVE
        else None,
        "keys": Link("Replace the keys", visit.url("guide") + f"#{one.vendor}", button=True),
        "choices": visit.filled(_choices_form(one)),
        "disconnect": _disconnect_form(one) if held.has_secret else None,
    }


def _entered(visit: Visit, one: Connection) -> Entered:
    try:
        ask = entered_tiktok if one.vendor == Vendor.TIKTOK else entered_stripe
        return ask(visit.channel)
    except (UnreadableSecret, KeysNotUsable):
        return Entered("")


def _facts(one: Connection, held: Entered) -> Iterator[Fact]:
    kept = Badge("Kept encrypted", "good") if held.has_secret else Badge("None")
    if one.vendor == Vendor.TIKTOK:
        yield Fact("Shop", one.account_name or None)
        yield Fact("App key", Code(held.app_key))
        yield Fact("App secret", kept)
        yield Fact("Service ID", Code(held.service_id))
        yield Fact("Authorized until", one.refresh_expires_at)
        yield Fact("Redirect address", Code(held.redirect_address))
    else:
        yield Fact("Account", one.account_name or None)
        yield Fact("Mode", "Live" if one.livemode else "Test: no real money moves")
        yield Fact("Publishable key", Code(held.publishable_key))
        yield Fact("Restricted key", kept)
        if held.by_consent:
            yield Fact("Connect client ID", Code(held.client_id))
            yield Fact("Redirect address", Code(held.redirect_address))
    yield Fact("Notification address", Code(accounts.webhook_address(one)))
    yield Fact("Verified", one.verified_at)


def _choice_fields(vendor: Vendor) -> dict[str, Field]:
    """The policy's fields by name, from the one table of the settings form."""
    tiktok = vendor == Vendor.TIKTOK
    policy = accounts.ChannelPolicy if tiktok else accounts.StripePolicy
    prefix = "" if tiktok else STRIPE_PREFIX
    named = {field.name.removeprefix(prefix): field for field in FIELDS}
    known = {one for one in named if f"{prefix}{one}" == named[one].name}
    return {name: named[name] for name in policy.model_fields if name in known}


def _value(visit: Visit, field: Field) -> str | bool:
    """As the policy takes it: a switch that is off is not sent by browsers."""
    name = field.name.removeprefix(STRIPE_PREFIX)
    return visit.entered(name) == "true" if field.kind == Kind.SWITCH else visit.entered(name)


def _choices_form(one: Connection) -> Form:
    vendor = Vendor(one.vendor)
    chosen: Any = accounts.policy(one) if vendor == Vendor.TIKTOK else accounts.stripe_policy(one)
    fields = _choice_fields(vendor)
    return Form(
        "choices",
        "Save",
        tuple(_input(name, field, getattr(chosen, name), chosen) for name, field in fields.items()),
        name=f"choices-{vendor}",
        hidden={"vendor": vendor},
    )


def _input(name: str, field: Field, value: Any, chosen: Any) -> Input:
    if field.kind == Kind.SWITCH:
        return Input(name, field.label, "switch", field.help_text, "true" if value else "")
    listed = type(chosen).model_json_schema()["properties"][name].get("enum")
    if listed:
        options = tuple(Choice(one, words.choice(one)) for one in listed)
        return Input(name, field.label, "select", field.help_text, str(value), options)
    return Input(name, field.label, help=field.help_text, value=str(as_entered(value)))


def _disconnect_form(one: Connection) -> Form:
    vendor = words.VENDORS[one.vendor]
    return Form(
        "disconnect",
        "Disconnect",
        (Input("name", f"Type {_name(one)} to go on", required=True),),
        name=f"disconnect-{one.vendor}",
        tone="danger",
        hidden={"vendor": one.vendor},
        summary=f"Disconnect {vendor}…",
        confirm=f"Notifications are switched off at {vendor}, the secrets are wiped and open work "
        "is closed. Orders, payments and links stay. To go on later, enter the keys again.",
    )


def _carriers(visit: Visit) -> dict[str, Any] | None:
    connection = visit.connection_or_none(Vendor.TIKTOK)
    if connection is None or connection.state != ConnectionState.ACTIVE:
        return None
    rows = list(Carrier.objects.filter(connection=connection).order_by("name"))
    known = {row.carrier_id: row.name for row in rows if not row.gone}
    picks = tuple(Choice(key, name) for key, name in known.items())
    inputs = (
        Input("name", "Name in Saleor", help="As staff or an app write it.", required=True),
        Input("carrier_id", "Carrier at TikTok", "select", choices=picks),
    )
    return {
        "words": _carrier_words(read=bool(rows), number=len(known)),
        "table": _carrier_table(connection, known),
        "refresh": Form("refresh", "Ask TikTok again" if rows else "Read them now", tone="plain"),
        "link": Form("link", "Link", inputs) if known else None,
    }


def _carrier_words(*, read: bool, number: int) -> str:
    if not read:
        return (
            "TikTok's carriers are not read yet. That comes by itself with the first shipment; "
            "to link names before, read them now."
        )
    if not number:
        return "TikTok names no carriers for this shop at the moment."
    counted = "1 carrier" if number == 1 else f"{number:,} carriers"
    return (
        f"TikTok knows {counted} for this shop. Link a name that staff use in Saleor where it is "
        "not recognized."
    )


def _carrier_table(connection: Connection, known: Mapping[str, str]) -> Table | None:
    """None where there is nothing to link and nothing is linked."""
    links = CarrierLink.objects.filter(connection=connection).order_by("name")
    if not known and not links:
        return None
    rows = [
        (
            row.name,
            known.get(row.carrier_id) or Code(row.carrier_id),
            Form(
                "unlink", "Remove", tone="plain", name=f"unlink-{row.pk}", hidden={"name": row.name}
            ),
        )
        for row in links
    ]
    return table(
        "Carriers linked by hand",
        ("In Saleor", "At TikTok", Column("Remove", hidden=True)),
        rows,
        empty="None is linked by hand. Most are recognized by their name or tracking number.",
    )
