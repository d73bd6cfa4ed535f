"""What a channel's merchant wants to be told, where to, and the secrets that webhooks are signed
with. Telling itself is the job of the ``notices`` room."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError as NotAnAddress
from django.core.validators import EmailValidator
from django.db import transaction
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from .. import conf
from ..errors import InvalidInput
from ..jobs import clock
from ..models import AuditEntry, NoticeSettings
from ..models.fields import UnreadableSecret
from . import clocks
from .audit import SYSTEM
from .clocks import TimeZone
from .lookup import channel_connections

MOST_RECIPIENTS: Final = 20
SECRET_PREFIX: Final = "whsec_"  # noqa: S105
OVERLAP: Final = timedelta(hours=24)
"""How long webhooks are signed with the old secret too, after it was rotated."""
SHOWN: Final = timedelta(minutes=15)
"""How long a new secret can be read in the settings form; then it is masked for good."""


class NoticeKind(StrEnum):
    """What a notice is about."""

    CASES = "cases"
    DISPUTES = "disputes"
    SHIPMENTS = "shipments"
    AUTHORIZATION = "authorization"
    SETUP = "setup"
    WORK = "work"
    PAYMENTS = "payments"
    STOCK = "stock"
    MONEY = "money"
    DRIFT = "drift"
    DELIVERY = "delivery"


class NoticeMode(StrEnum):
    """When a kind is told: ``urgent``: at once what is urgent, the rest with the daily digest."""

    URGENT = "urgent"
    AT_ONCE = "at_once"
    DIGEST = "digest"
    OFF = "off"


class NoticePolicy(BaseModel):
    """The merchant's choices for one channel.

    ``recipients``: addresses that mails go to (none: no mail is sent). ``kinds``: when each kind is
    told; those not named: ``urgent``. ``webhook_url``: where signed webhooks go ("": nowhere).
    ``digest_hour``: the hour (0-23) of the daily digest in ``time_zone`` (an IANA name; "": the
    shop's), in which deadlines are told too. ``empty_digest``: also a digest with nothing in it.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    recipients: tuple[Annotated[str, Field(max_length=254)], ...] = Field(
        default=(), max_length=MOST_RECIPIENTS
    )
    kinds: Mapping[NoticeKind, NoticeMode] = Field(default_factory=dict)
    webhook_url: Annotated[str, Field(max_length=1000)] = ""
    digest_hour: int = Field(default=8, ge=0, le=23)
    time_zone: TimeZone = ""
    empty_digest: bool = False

    @field_validator("recipients", mode="before")
    @classmethod
    def _addresses(cls, value: object) -> object:
        """Addresses separated by commas or spaces, each once."""
        given = value.replace(",", " ").split() if isinstance(value, str) else value
        return tuple(dict.fromkeys(given)) if isinstance(given, list | tuple) else given

    @field_validator("recipients")
    @classmethod
    def _are_addresses(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        check = EmailValidator()
        for address in value:
            try:
                check(address)
            except NotAnAddress as error:
                raise ValueError("no address") from error
        return value

    @field_validator("kinds", mode="before")
    @classmethod
    def _pairs(cls, value: object) -> object:
        """Pairs such as ``cases=at_once, drift=off``."""
        if not isinstance(value, str):
            return value
        pairs = [part.partition("=") for part in value.split(",") if part.strip()]
        return {kind.strip().lower(): mode.strip().lower() for kind, _, mode in pairs}

    def mode(self, kind: NoticeKind | str) -> NoticeMode:
        """When ``kind`` is told."""
        return self.kinds.get(NoticeKind(kind), NoticeMode.URGENT)

    @property
    def zone(self) -> ZoneInfo:
        """The time zone in which deadlines are told, once the shop's was put in its place."""
        return ZoneInfo(self.time_zone or "UTC")

    @property
    def tells_somebody(self) -> bool:
        """Whether anything is sent at all."""
        return bool(self.recipients or self.webhook_url)


WORDS: Final[Mapping[str, str]] = {
    "recipients": f"Enter up to {MOST_RECIPIENTS} e-mail addresses, separated by commas.",
    "kinds": "Enter pairs such as cases=at_once, drift=off. Kinds: "
    f"{', '.join(NoticeKind)}; each {', '.join(NoticeMode)}.",
    "webhook_url": "Enter an https address that can be reached from outside, without user name "
    "and password, or leave it empty.",
    "digest_hour": "Enter an hour from 0 to 23.",
    "time_zone": clocks.WORDS,
    "empty_digest": "Enter true or false.",
}


def webhook_allowed(url: str) -> bool:
    """Only https to a domain name; where the sandbox is allowed also this machine over http."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return False
    host = parts.hostname or ""
    plain = url.isascii() and url.isprintable() and " " not in url
    if not plain or parts.username or parts.password or parts.fragment:
        return False
    if conf.is_loopback(host):
        return conf.sandbox_allowed() and parts.scheme in {"http", "https"}
    return parts.scheme == "https" and conf.is_domain(host)


def parse_notice_policy(values: Mapping[str, Any]) -> NoticePolicy:
    """Raises ``InvalidInput`` (``POLICY_INVALID``) naming the first field that does not fit."""
    try:
        return NoticePolicy.model_validate(dict(values))
    except ValidationError as error:
        field_name = str(error.errors()[0]["loc"][0])
    raise InvalidInput(
        "POLICY_INVALID", WORDS.get(field_name, "Check this value."), field=field_name
    )


def notice_policy(channel_slug: str) -> NoticePolicy:
    """The merchant's choices for this channel; the defaults where none were made."""
    row = NoticeSettings.objects.filter(channel_slug=channel_slug).first()
    return parse_notice_policy(row.policy if row is not None else {})


@dataclass(frozen=True)
class NoticeConfigured:
    """``secret`` is set only where one was made just now: it is not shown again by the API."""

    policy: NoticePolicy
    secret: str = field(default="", repr=False)


def configure_notices(
    channel_slug: str, values: Mapping[str, Any], actor: str = SYSTEM
) -> NoticeConfigured:
    """Change the named fields of a channel's ``NoticePolicy``; those not named stay as they are.

    The first webhook address makes the secret that it is signed with. Raises ``InvalidInput``
    (``POLICY_INVALID``, which names the field; ``NOT_CONFIGURED`` for a channel without settings).
    """
    _require_channel(channel_slug)
    with transaction.atomic():
        row = _locked(channel_slug)
        before = parse_notice_policy(row.policy)
        chosen = parse_notice_policy({**before.model_dump(), **values})
        if chosen.webhook_url and not webhook_allowed(chosen.webhook_url):
            raise InvalidInput("POLICY_INVALID", WORDS["webhook_url"], field="webhook_url")
        made = ""
        moved = chosen.webhook_url != before.webhook_url
        if moved and chosen.webhook_url and not row.secrets:
            made = _make_secret(row, clock.now())
        if made or chosen != before:
            row.policy = chosen.model_dump(mode="json")
            row.save()
            changed = [name for name in WORDS if getattr(chosen, name) != getattr(before, name)]
            _record("notices.configure", channel_slug, actor, {"changed": ", ".join(changed)})
    return NoticeConfigured(chosen, made)


def rotate_notice_secret(channel_slug: str, actor: str = SYSTEM) -> str:
    """Make a new secret and return it, this once; the old one is used beside it for a day.

    Raises ``InvalidInput`` (``NOTICES_NO_WEBHOOK``) while no webhook address is set.
    """
    with transaction.atomic():
        row = _locked(channel_slug)
        if not parse_notice_policy(row.policy).webhook_url:
            raise InvalidInput(
                "NOTICES_NO_WEBHOOK",
                "No webhook address is set for the notices of this channel.",
                field="webhook_url",
            )
        made = _make_secret(row, clock.now())
        row.save()
        _record("notices.rotate_secret", channel_slug, actor, {})
    return made


def notice_secrets(channel_slug: str) -> tuple[str, ...]:
    """Those to sign with now, the newest first. Raises ``UnreadableSecret``."""
    row = NoticeSettings.objects.filter(channel_slug=channel_slug).first()
    return tuple(one["secret"] for one in _valid(row, clock.now())) if row is not None else ()


def shown_secret(channel_slug: str) -> str:
    """As the settings form shows it: in full while it is new, later only its end."""
    row = NoticeSettings.objects.filter(channel_slug=channel_slug).first()
    if row is None or not row.secrets:
        return ""
    newest, now = row.secrets[0], clock.now()
    if now - datetime.fromisoformat(newest["made_at"]) <= SHOWN:
        return str(newest["secret"])
    return f"{SECRET_PREFIX}…{newest['secret'][-4:]}"


def _locked(channel_slug: str) -> NoticeSettings:
    NoticeSettings.objects.get_or_create(channel_slug=channel_slug)
    return NoticeSettings.objects.select_for_update().get(channel_slug=channel_slug)


def _require_channel(channel_slug: str) -> None:
    if not channel_connections(channel_slug):
        raise InvalidInput(
            "NOT_CONFIGURED",
            "This channel is not connected to anything yet. Connect TikTok or Stripe first.",
        )


def _make_secret(row: NoticeSettings, now: datetime) -> str:
    """Put a new secret before those that are still in use; the row is not saved."""
    made = SECRET_PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()
    until = (now + OVERLAP).isoformat()
    try:
        valid = _valid(row, now)
    except UnreadableSecret:
        valid = []  # their encryption key is lost: nobody signs with them any more
    kept = [{**one, "until": one["until"] or until} for one in valid]
    row.secrets = [{"secret": made, "made_at": now.isoformat(), "until": ""}, *kept]
    return made


def _valid(row: NoticeSettings, now: datetime) -> list[dict[str, str]]:
    return [
        one for one in row.secrets if not one["until"] or datetime.fromisoformat(one["until"]) > now
    ]


def _record(action: str, channel_slug: str, actor: str, data: Mapping[str, str]) -> None:
    first = next(iter(channel_connections(channel_slug)), None)
    AuditEntry.objects.create(
        action=action,
        connection=first,
        actor=actor or SYSTEM,
        subject=channel_slug,
        data=dict(data),
    )
