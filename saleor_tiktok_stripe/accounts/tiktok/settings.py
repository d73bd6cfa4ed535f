"""What a merchant enters for a channel: the app's credentials and the policy, saved together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from django.db import transaction

from ... import conf, inbox
from ...errors import InvalidInput
from ...models import Connection, ConnectionState, Vendor
from ...models.fields import UnreadableSecret
from .. import audit
from ..states import mark_needs_reauth, move
from .credentials import App, Credentials, RegionGroup, credentials, read, write
from .history import ask_for_history
from .policy import ChannelPolicy, dump_policy, parse_policy, policy


@dataclass(frozen=True)
class ChannelSettings:
    """``app_secret`` None keeps the stored one; "" removes it. ``region_group``: where the sellers
    of this app give consent, ``US`` or ``ROW`` (rest of world).
    """

    app_key: str
    service_id: str
    app_secret: str | None = field(default=None, repr=False)
    region_group: RegionGroup = "ROW"
    policy: ChannelPolicy = ChannelPolicy()


def configure(channel_slug: str, settings: ChannelSettings, actor: str) -> Connection:
    """Save the settings of a channel; its connection, made when there is none.

    A changed app key ends the authorization (it belongs to the former app): the tokens are dropped
    and an active connection asks to be connected again. A changed secret keeps it, and tries it
    again where it had been refused. Raises
    ``InvalidInput`` (``APP_KEY_INVALID``, ``APP_SECRET_INVALID``, ``SERVICE_ID_INVALID``).
    """
    _check(settings)
    with transaction.atomic():
        Connection.objects.get_or_create(
            vendor=Vendor.TIKTOK,
            channel_slug=channel_slug,
            defaults={"livemode": not conf.sandbox_allowed()},
        )
        # no_key, here and elsewhere: new jobs and notifications, which refer to the row, go on.
        row = Connection.objects.select_for_update(no_key=True).get(
            vendor=Vendor.TIKTOK, channel_slug=channel_slug
        )
        before = _stored(row, settings)
        after = _with_app(before, settings)
        changed = _changes(before, after, row.policy != dump_policy(settings.policy))
        earlier = policy(row).import_from
        if changed:
            _save(row, after, settings, actor, changed)
        wanted = settings.policy.import_from
        if row.state == ConnectionState.ACTIVE and wanted is not None and wanted != earlier:
            row.orders_since = wanted
            row.save(update_fields=["orders_since"])
            ask_for_history(row)
        _follow(row, before.app, after)
    return row


def change_policy(connection: Connection, values: Mapping[str, Any], actor: str) -> Connection:
    """Change the named choices of a channel's ``ChannelPolicy``; the others stay, and so do the
    credentials. Raises ``InvalidInput`` (``POLICY_INVALID``), which names the field."""
    with transaction.atomic():
        row = Connection.objects.select_for_update(no_key=True).get(pk=connection.pk)
        app, before = credentials(row).app, policy(row)
        chosen = parse_policy({**dump_policy(before), **values})
        if chosen == before:
            return row
        settings = ChannelSettings(
            app_key=app.app_key,
            service_id=app.service_id,
            region_group=app.region_group,
            policy=chosen,
        )
        return configure(row.channel_slug, settings, actor)


def _follow(row: Connection, before: App, after: Credentials) -> None:
    """What an authorization comes to by another key or secret of its app."""
    if after.app.app_key != before.app_key:
        lost = "The stored authorization could not be read with the encryption keys."
        reason = f"{'The app key was changed.' if before.app_key else lost} Connect the shop again."
        if not mark_needs_reauth(row, reason) and row.state == ConnectionState.NEEDS_REAUTH:
            Connection.objects.filter(pk=row.pk).update(state_reason=reason)
            row.state_reason = reason
    elif after.app.app_secret != before.app_secret and row.state == ConnectionState.NEEDS_REAUTH:
        # It may have been the secret that was refused; an authorization that ended is met again.
        if after.app.app_secret and after.refresh_token:
            move(row, ConnectionState.ACTIVE)


def _save(
    row: Connection, held: Credentials, settings: ChannelSettings, actor: str, changed: list[str]
) -> None:
    row.credentials = write(held)
    row.policy = dump_policy(settings.policy)
    row.livemode = not conf.sandbox_allowed()
    row.save()
    transaction.on_commit(partial(inbox.forget, row.channel_slug))
    audit.record("connection.configured", row, actor, data={"changed": ", ".join(changed)})


def connection_or_none(channel_slug: str) -> Connection | None:
    """The TikTok connection of a channel, in any state."""
    return Connection.objects.filter(vendor=Vendor.TIKTOK, channel_slug=channel_slug).first()


def _stored(row: Connection, settings: ChannelSettings) -> Credentials:
    """What the row holds. Nothing when it cannot be read and the secret is entered anew: that is
    the way out of a lost encryption key, and the tokens are gone with it."""
    try:
        return credentials(row)
    except UnreadableSecret:
        if not settings.app_secret:
            raise
    return read({})


def _with_app(before: Credentials, settings: ChannelSettings) -> Credentials:
    app = App(
        app_key=settings.app_key,
        app_secret=before.app.app_secret if settings.app_secret is None else settings.app_secret,
        service_id=settings.service_id,
        region_group=settings.region_group,
    )
    after = replace(before, app=app)
    return after if app.app_key == before.app.app_key else after.without_tokens()


def _changes(before: Credentials, after: Credentials, policy_changed: bool) -> list[str]:
    names = ("app_key", "app_secret", "service_id", "region_group")
    changed = [name for name in names if getattr(before.app, name) != getattr(after.app, name)]
    return [*changed, "policy"] if policy_changed else changed


def _looks_right(value: str) -> bool:
    return len(value) <= 255 and value.isascii() and value.isprintable() and " " not in value


_CHECKS: tuple[tuple[str, str, Callable[[str], bool], str], ...] = (
    ("app_key", "APP_KEY_INVALID", _looks_right, "An app key is letters and digits only."),
    ("app_secret", "APP_SECRET_INVALID", _looks_right, "An app secret is letters and digits only."),
    (
        "service_id",
        "SERVICE_ID_INVALID",
        lambda value: not value or (value.isascii() and value.isdigit() and len(value) <= 32),
        "A service id is digits only; it is not the app key.",
    ),
)


def _check(settings: ChannelSettings) -> None:
    for name, code, fits, words in _CHECKS:
        if not fits(getattr(settings, name) or ""):
            raise InvalidInput(code, f"{words} Copy it again from Partner Center.", field=name)
