"""A message in words: subject, plain text, HTML; and for programs, the payload of the webhook."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Any, Final

from django.utils.html import escape

from .. import conf
from ..accounts import NoticeKind
from .content import Content, Item
from .words import KINDS, clean

LONGEST_SUBJECT: Final = 180
NAMED: Final = 2
"""So many kinds are named in a subject."""


def subject(content: Content) -> str:
    """What and by when, in one line."""
    told = f"{content.channel}: {_topic(content)}{_by_when(content)}"
    return clean(told)[:LONGEST_SUBJECT]


def _topic(content: Content) -> str:
    if content.reason == "test":
        return "test of the notices"
    if content.reason == "digest":
        parts = [f"{content.number} new"] if content.number else []
        parts += [f"{content.solved_number} solved"] if content.solved_number else []
        return f"daily digest, {', '.join(parts) or 'nothing new'}"
    [*items] = content.items
    if len(items) == 1 and items[0].due_by is None:
        return _short(items[0].message)
    # By urgency; those that are not told one by one come last.
    kinds = dict.fromkeys([*(item.kind for item in items), *content.counts])
    named = [_counted(kind, content.counts[kind]) for kind in kinds]
    return ", ".join(named[:NAMED]) + (" and more" if len(named) > NAMED else "")


def _counted(kind: NoticeKind, number: int) -> str:
    return f"{number} {KINDS[kind].one if number == 1 else KINDS[kind].many}"


def _short(message: str) -> str:
    return message if len(message) <= 100 else f"{message[:99].rstrip()}…"


def _by_when(content: Content) -> str:
    dues = sorted(item.due_by for item in content.items if item.due_by is not None)
    if not dues:
        return ""
    told, first = _moment(dues[0], content), "" if content.number == 1 else "the first "
    if dues[0] <= content.made_at:
        return f", {first}was due {told}"
    return f", {first}by {told}" if first or content.reason == "digest" else f" by {told}"


def text(content: Content) -> str:
    """The plain text of a mail."""
    return "\n".join([*_lines(content), "", *_foot(content), ""])


def _lines(content: Content) -> Iterator[str]:
    yield _intro(content)
    for title, items in _parts(content):
        yield ""
        yield title
        for item in items:
            yield from _said(item, content)
    if content.more:
        yield ""
        yield f"And {content.more} more: {_address(content, 'console/')}"
    if content.solved:
        yield ""
        yield "Solved"
        yield from (f"- {item.message}" for item in content.solved)
        rest = content.solved_number - len(content.solved)
        if rest:
            yield f"- And {rest} more."
    if content.waiting:
        yield ""
        yield _still_open(content)


def _said(item: Item, content: Content) -> Iterator[str]:
    yield f"- {item.message}"
    for label, value in _facts(item, content):
        yield f"  {label}: {value}"
    yield f"  {_address(content, item.place)}"


def _facts(item: Item, content: Content) -> Iterator[tuple[str, str]]:
    if item.due_by is not None:
        label = "Was due" if item.due_by <= content.made_at else "Until"
        yield label, _moment(item.due_by, content)
    if item.cure:
        yield "What to do", item.cure


def html(content: Content) -> str:
    """The same as a plain page: no picture, no script, nothing from anywhere."""
    parts = [f"<p>{escape(_intro(content))}</p>"]
    for title, items in _parts(content):
        listed = "".join(_listed(item, content) for item in items)
        parts.append(f"<h2>{escape(title)}</h2><ul>{listed}</ul>")
    if content.more:
        parts.append(f"<p>{_link(f'And {content.more} more', content, 'console/')}</p>")
    if content.solved:
        solved = "".join(f"<li>{escape(item.message)}</li>" for item in content.solved)
        rest = content.solved_number - len(content.solved)
        more = f"<li>And {rest} more.</li>" if rest else ""
        parts.append(f"<h2>Solved</h2><ul>{solved}{more}</ul>")
    if content.waiting:
        parts.append(f"<p>{escape(_still_open(content))}</p>")
    foot = "<br>".join(escape(line) for line in _foot(content))
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f"<title>{escape(subject(content))}</title></head>"
        f"<body>{''.join(parts)}<hr><p><small>{foot}</small></p></body></html>"
    )


def _listed(item: Item, content: Content) -> str:
    facts = "".join(
        f"<br>{escape(label)}: {escape(value)}" for label, value in _facts(item, content)
    )
    link = _link("Open it in the console", content, item.place)
    return f"<li>{escape(item.message)}{facts}<br>{link}</li>"


def _link(words: str, content: Content, place: str) -> str:
    return f'<a href="{escape(_address(content, place))}">{escape(words)}</a>'


def _intro(content: Content) -> str:
    match content.reason:
        case "test":
            return "This is a test: notices of problems and deadlines arrive here."
        case "digest":
            day = f"{content.made_at.astimezone(content.zone):%Y-%m-%d}"
            return f"The digest of {day} for the channel {content.channel}."
    return f"This needs you, in the channel {content.channel}:"


def _still_open(content: Content) -> str:
    what = "thing that was" if content.waiting == 1 else "things that were"
    verb = "is" if content.waiting == 1 else "are"
    place = _address(content, "console/")
    return f"{content.waiting} {what} told before {verb} still open: {place}"


def _foot(content: Content) -> Iterator[str]:
    yield f"Times are in {content.time_zone}."
    yield (
        "You get this because your address is entered under Notices in the settings of TikTok Shop "
        f"with Stripe, channel {content.channel}."
    )


def _parts(content: Content) -> Iterator[tuple[str, list[Item]]]:
    """The things under the title of their kind, in the order of kinds."""
    order = list(KINDS)
    ordered = sorted(content.items, key=lambda item: order.index(item.kind))
    for kind, items in groupby(ordered, key=attrgetter("kind")):
        yield KINDS[kind].title, list(items)


def _address(content: Content, place: str) -> str:
    return conf.channel_url(content.channel, place)


def _moment(moment: datetime, content: Content) -> str:
    return f"{moment.astimezone(content.zone):%Y-%m-%d %H:%M %Z}"


def payload(content: Content) -> str:
    """The body of the webhook: JSON, the same text at each attempt."""
    told: dict[str, Any] = {
        "type": f"notices.{content.reason}",
        "version": content.version,
        "timestamp": content.made_at.isoformat(),
        "data": {
            "channel": content.channel,
            "time_zone": content.time_zone,
            "notices": [_for_programs(item, content) for item in content.items],
            "more": content.more,
            "solved": [
                {"id": item.id, "kind": item.kind, "code": item.code, "subject": item.subject}
                for item in content.solved
            ],
            "waiting": content.waiting,
        },
    }
    return json.dumps(told, ensure_ascii=True, separators=(",", ":"))


def _for_programs(item: Item, content: Content) -> dict[str, Any]:
    return {
        "id": item.id,
        "kind": item.kind,
        "code": item.code,
        "severity": item.severity,
        "subject": item.subject,
        "number": item.number,
        "message": item.message,
        "cure": item.cure,
        "due_by": item.due_by.isoformat() if item.due_by is not None else None,
        "again": item.again,
        "url": _address(content, item.place),
    }
