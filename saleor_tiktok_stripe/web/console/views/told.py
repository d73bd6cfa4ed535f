"""Who is told of problems and deadlines: a page of its own, reached from the settings."""

from __future__ import annotations

from typing import Any, Final

from django.http import HttpResponse

from .... import notices
from ....accounts.form import FIELDS, Field, Kind
from ....models import NoticeDelivery, NoticeSettings
from ....notices import DeliveryLine, NoticeKind, NoticeMode, NoticePolicy
from ....notices.words import KINDS
from .. import words
from ..parts import Badge, Choice, Code, Form, Input, Lines, Table, Tone, table
from ..visits import Visit

PREFIX: Final = "notices_"
_KIND: Final = "kind_"
_MODES: Final = {
    NoticeMode.URGENT: "Urgent at once, rest daily",
    NoticeMode.AT_ONCE: "Always at once",
    NoticeMode.DIGEST: "With the daily digest",
    NoticeMode.OFF: "Not at all",
}
_STATES: Final[dict[str, Tone]] = {"sent": "good", "failed": "bad", "pending": "info"}


def show(visit: Visit, secret: str = "") -> HttpResponse:
    """What is chosen, and the last messages; ``secret`` only right after it was made."""
    policy = notices.policy(visit.channel)
    page = notices.deliveries(visit.channel, visit.query("after"), 20)
    signed = NoticeSettings.objects.filter(channel_slug=visit.channel).first()
    return visit.show(
        "notices.html",
        form=visit.filled(_form(policy)),
        secret=secret,
        test=Form("test", "Send a test", tone="plain") if policy.tells_somebody else None,
        rotate=_rotate_form() if policy.webhook_url and signed and signed.secrets else None,
        table=_table(page.items),
        pager=visit.pager(page.next),
    )


def save(visit: Visit) -> HttpResponse:
    """Change what is told to whom."""
    fields = _fields()
    values: dict[str, Any] = {
        name: visit.entered(name) == "true" if field.kind == Kind.SWITCH else visit.entered(name)
        for name, field in fields.items()
    }
    values["kinds"] = {kind: visit.entered(f"{_KIND}{kind}") or "urgent" for kind in NoticeKind}
    configured = notices.configure(visit.channel, values, visit.actor)
    if configured.secret:
        return show(visit, configured.secret)
    return visit.go(visit.url(), "Saved. It counts from now on.")


def test(visit: Visit) -> HttpResponse:
    """Send a test to every receiver."""
    results = notices.test(visit.channel, visit.actor)
    failed = [one for one in results if not one.taken]
    if not failed:
        return visit.go(visit.url(), f"A test was sent to {len(results)} receivers.")
    told = " ".join(f"{one.target or 'The webhook'}: {one.words}" for one in failed)
    return visit.go(visit.url(), f"{len(failed)} of {len(results)} did not take it. {told}", "bad")


def rotate(visit: Visit) -> HttpResponse:
    """Make a new secret, which is shown this once."""
    return show(visit, notices.rotate_secret(visit.channel, visit.actor))


def _fields() -> dict[str, Field]:
    named = {one.name.removeprefix(PREFIX): one for one in FIELDS if one.name.startswith(PREFIX)}
    return {
        name: named[name] for name in NoticePolicy.model_fields if name in named and name != "kinds"
    }


def _form(policy: NoticePolicy) -> Form:
    inputs = [_input(name, field, getattr(policy, name)) for name, field in _fields().items()]
    modes = tuple(Choice(mode, label) for mode, label in _MODES.items())
    inputs += [
        Input(
            f"{_KIND}{kind}",
            KINDS[kind].title,
            "select",
            value=policy.kinds.get(kind, NoticeMode.URGENT),
            choices=modes,
        )
        for kind in NoticeKind
    ]
    return Form("save", "Save", tuple(inputs), name="notices")


def _input(name: str, field: Field, value: Any) -> Input:
    if field.kind == Kind.SWITCH:
        return Input(name, field.label, "switch", field.help_text, "true" if value else "")
    shown = ", ".join(value) if isinstance(value, tuple) else str(value)
    return Input(name, field.label, help=field.help_text, value=shown)


def _rotate_form() -> Form:
    return Form(
        "rotate",
        "Make a new secret",
        tone="plain",
        summary="New secret for the webhook…",
        confirm="The new secret is shown once. The old one is used beside it for a day.",
    )


def _table(lines: tuple[DeliveryLine, ...]) -> Table:
    rows = [
        (
            Lines((words.code(one.means), Code(one.target))),
            words.code(one.reason),
            Lines(
                (
                    Badge(NoticeDelivery.State(one.state).label, _STATES.get(one.state, "plain")),
                    one.words,
                )
            ),
            one.attempts,
            one.created_at,
        )
        for one in lines
    ]
    columns = ("To", "What", "State", "Tries", "When")
    return table("Messages, newest first", columns, rows, empty="Nothing was sent yet.")
