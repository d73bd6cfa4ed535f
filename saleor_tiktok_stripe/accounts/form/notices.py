"""The part of the settings form that says who is told of problems and deadlines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ...errors import ChannelError, InvalidInput
from ...models import NoticeSettings
from ..lookup import channel_connections
from ..notice_settings import (
    NoticePolicy,
    configure_notices,
    notice_policy,
    parse_notice_policy,
    rotate_notice_secret,
    shown_secret,
)
from .fields import ACTOR, Field, Kind, text

PREFIX: Final = "notices_"
_ROTATE: Final = "notices_rotate_secret"

FIELDS: Final = (
    Field(
        "notices_recipients",
        Kind.TEXT,
        "Notices by mail to",
        "Addresses that are told of problems and deadlines, separated by commas. Mailed with the "
        'settings of Saleor\'s plugin "Admin emails". Empty: no mail.',
    ),
    Field(
        "notices_kinds",
        Kind.TEXT,
        "Which notices when",
        "Empty: urgent ones at once, the others with the daily digest. Otherwise pairs such as "
        "cases=at_once, drift=off; the manual lists them.",
    ),
    Field(
        "notices_digest_hour",
        Kind.TEXT,
        "Hour of the daily digest",
        "From 0 to 23, in the time zone below or else the shop's.",
        "8",
    ),
    Field(
        "notices_time_zone",
        Kind.TEXT,
        "Time zone of notices",
        "Such as Europe/London. Empty: the shop's.",
    ),
    Field(
        "notices_empty_digest",
        Kind.SWITCH,
        "Digest with nothing new",
        "On: the daily digest comes also when there is nothing to tell.",
        False,
    ),
    Field(
        "notices_webhook_url",
        Kind.TEXT,
        "Notices by webhook to",
        "An https address of yours that is called with each notice, signed (Standard Webhooks). "
        "Empty: none.",
    ),
    Field(
        "notices_secret",
        Kind.OUTPUT,
        "Secret of the webhook",
        "What its calls are signed with. Shown in full for 15 minutes after it was made.",
    ),
    Field(
        _ROTATE,
        Kind.SWITCH,
        "New secret for the webhook",
        "On, and saved: a new secret is made. The old one is used beside it for a day.",
        False,
    ),
)
_POLICY: Final = {
    field.name: name
    for field in FIELDS
    if (name := field.name.removeprefix(PREFIX)) in NoticePolicy.model_fields
}


def save(channel_slug: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Save what was entered; what the form keeps instead. Raises ``InvalidInput``, which names the
    field. Choices that ``values`` does not hold stay as they are."""
    chosen = {
        name: values[field] for field, name in _POLICY.items() if values.get(field) is not None
    }
    try:
        if not _worth_saving(channel_slug, chosen):
            return {}
        configure_notices(channel_slug, chosen, ACTOR)
        if values.get(_ROTATE) is True:
            rotate_notice_secret(channel_slug, ACTOR)
    except InvalidInput as error:
        name = f"{PREFIX}{error.field}" if error.field else ""
        raise InvalidInput(error.code, error.message, field=name) from error
    return {**_shown(notice_policy(channel_slug)), _ROTATE: False}


def current(channel_slug: str) -> dict[str, Any]:
    """As ``form.current``; the switch that makes a new secret is off until somebody turns it."""
    if not NoticeSettings.objects.filter(channel_slug=channel_slug).exists():
        return {}
    return {**_shown(notice_policy(channel_slug)), _ROTATE: False}


def outputs(channel_slug: str) -> dict[str, Any]:
    """What is shown: the choices as they are, wherever they were made, and the secret."""
    if not NoticeSettings.objects.filter(channel_slug=channel_slug).exists():
        return {"notices_secret": ""}
    try:
        secret = shown_secret(channel_slug)
    except ChannelError as error:
        secret = error.message
    return {**_shown(notice_policy(channel_slug)), "notices_secret": secret}


def _worth_saving(channel_slug: str, chosen: Mapping[str, Any]) -> bool:
    """A channel that is not set up, or where nothing was ever chosen, gets no row."""
    parsed = parse_notice_policy(chosen)
    if not channel_connections(channel_slug):
        return False
    known = NoticeSettings.objects.filter(channel_slug=channel_slug).exists()
    return known or parsed != NoticePolicy()


def _shown(policy: NoticePolicy) -> dict[str, Any]:
    return {
        "notices_recipients": ", ".join(policy.recipients),
        "notices_kinds": ", ".join(f"{kind}={mode}" for kind, mode in policy.kinds.items()),
        "notices_digest_hour": text(policy.digest_hour),
        "notices_time_zone": policy.time_zone,
        "notices_empty_digest": policy.empty_digest,
        "notices_webhook_url": policy.webhook_url,
    }
