"""Give a channel a Stripe account: by a key of its own, or a platform that waits for consent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from django.db import transaction

from ... import inbox
from ...errors import InvalidInput, RetryLater
from ...jobs import LANE_CLICK, enqueue
from ...models import Charge, Connection, ConnectionState, SyncCursor, Vendor
from ...models.fields import UnreadableSecret
from .. import audit
from ..states import close_jobs, move
from .asking import (
    PUBLISHABLE_FIELD,
    SECRET_FIELD,
    KeyOwner,
    StripeSettings,
    ask,
    check_pair,
    check_settings,
)
from .credentials import StripeCredentials, credentials, read, write
from .endpoints import forget_endpoint
from .policy import dump_stripe_policy, parse_stripe_policy, stripe_policy
from .vendor import stripe_connection


@dataclass(frozen=True)
class Asked:
    """What is to be saved, and whose the key is (None where Stripe need not be asked)."""

    settings: StripeSettings
    owner: KeyOwner | None


def connect_stripe(channel_slug: str, settings: StripeSettings, actor: str) -> Connection:
    """Save the keys of a channel; with a key of its own the account is connected at once.

    A new key of the same account and mode is a rotation: everything else stays. A platform's keys
    wait for a consent (``begin_stripe_connect``). Raises ``InvalidInput`` naming the field and
    ``RetryLater`` (``STRIPE_UNREACHABLE``); nothing is saved then. Calls Stripe: no transaction may
    be open. What the account lacks is told by ``verify``, which is queued.
    """
    return save_asked(channel_slug, ask_stripe(channel_slug, settings), actor)


def ask_stripe(channel_slug: str, settings: StripeSettings) -> Asked:
    """Check what was entered, and ask Stripe about a key that is new or was refused before."""
    check_settings(settings)
    row = stripe_connection(channel_slug)
    before = _stored(row, settings) if row is not None else read({})
    secret = _secret(before, settings)
    _require(secret, settings)
    check_pair(secret, settings.publishable_key)
    if settings.secret_key is None and row is not None and (row.account_id or before.client_id):
        return Asked(settings, _again(row, secret))
    return Asked(settings, ask(secret))


def _again(row: Connection, secret: str) -> KeyOwner | None:
    """A stored key that was refused may work again; if not, that is known and stops no saving."""
    if row.state != ConnectionState.NEEDS_REAUTH:
        return None
    try:
        return ask(secret)
    except (InvalidInput, RetryLater):
        return None


def save_asked(channel_slug: str, asked: Asked, actor: str, *, active: bool = True) -> Connection:
    """Save what ``ask_stripe`` prepared, in one transaction and without a call to Stripe.

    ``active`` False: the account is known, but work for it does not begin.
    """
    settings = asked.settings
    with transaction.atomic():
        Connection.objects.get_or_create(
            vendor=Vendor.STRIPE,
            channel_slug=channel_slug,
            defaults={"livemode": False, "region": ""},
        )
        row = Connection.objects.select_for_update(no_key=True).get(
            vendor=Vendor.STRIPE, channel_slug=channel_slug
        )
        before = _stored(row, settings)
        after = _entered(before, settings)
        _require_same_way(row, before, after)
        changed = _changes(before, after, row.policy != dump_stripe_policy(settings.policy))
        row.policy = dump_stripe_policy(settings.policy)
        row.credentials = write(after)
        row.save()
        if changed:
            audit.record("connection.configured", row, actor, data={"changed": ", ".join(changed)})
        if asked.owner is not None and after.mode == "api_key":
            bind(row, before, asked.owner, actor, active=active)
        elif asked.owner is not None:
            _use_platform(row, asked.owner, actor, active=active)
        transaction.on_commit(partial(inbox.forget, channel_slug))
    row.refresh_from_db()
    return row


def stripe_entered(connection: Connection) -> StripeSettings:
    """What was entered for a channel, but for the secrets. Raises ``UnreadableSecret``."""
    held = credentials(connection)
    return StripeSettings(
        publishable_key=held.publishable_key,
        client_id=held.client_id,
        policy=stripe_policy(connection),
    )


def change_stripe_policy(
    connection: Connection, values: Mapping[str, Any], actor: str
) -> Connection:
    """Change the named choices of a channel's ``StripePolicy``; the others stay, and so do the
    keys. Raises ``InvalidInput`` (``POLICY_INVALID``), which names the field."""
    with transaction.atomic():
        row = Connection.objects.select_for_update(no_key=True).get(pk=connection.pk)
        before = stripe_policy(row)
        chosen = parse_stripe_policy({**dump_stripe_policy(before), **values})
        if chosen != before:
            row.policy = dump_stripe_policy(chosen)
            row.save(update_fields=["policy", "updated_at"])
            audit.record("connection.configured", row, actor, data={"changed": "policy"})
            transaction.on_commit(partial(inbox.forget, row.channel_slug))
    return row


def bind(
    row: Connection,
    before: StripeCredentials,
    owner: KeyOwner,
    actor: str,
    *,
    active: bool = True,
) -> None:
    """Give the locked ``row`` its account; it becomes active (unless told not to) and is verified.

    ``before`` is what the row held until now. Raises ``InvalidInput`` (``STRIPE_OTHER_ACCOUNT``).
    """
    former = row.account_id
    other = bool(former) and (former, row.livemode) != (owner.account_id, owner.livemode)
    if other and before.secret_key and Charge.objects.filter(connection=row).exists():
        raise InvalidInput(
            "STRIPE_OTHER_ACCOUNT",
            f"The key belongs to {_shown(owner)}, but this channel took payments with "
            f"{row.account_name or former} ({'live' if row.livemode else 'test'} mode). Refunds "
            "and disputes of those need their own account. To change it all the same, clear the "
            "secret key and save first: that disconnects the account.",
            field=SECRET_FIELD,
        )
    if other:
        _leave(row, before)
    row.account_id = owner.account_id
    row.account_name = owner.name or (row.account_name if not other else "") or owner.account_id
    row.region = owner.country or ("" if other else row.region)
    row.livemode = owner.livemode
    row.save()
    if active:
        move(row, ConnectionState.ACTIVE, actor=actor)
    if owner.account_id != former or other:
        data = {"mode": "live" if owner.livemode else "test"}
        audit.record("connection.account_chosen", row, actor, subject=owner.account_id, data=data)
    enqueue("accounts.verify", row, lane=LANE_CLICK)


def _use_platform(row: Connection, platform: KeyOwner, actor: str, *, active: bool) -> None:
    """A platform's key: the account waits for a consent, or goes on with the new key."""
    if not row.account_handle:
        Connection.objects.filter(pk=row.pk).update(livemode=platform.livemode)
        return
    if row.livemode != platform.livemode:
        raise _way_changed(row)
    if active and row.state == ConnectionState.NEEDS_REAUTH:
        move(row, ConnectionState.ACTIVE, actor=actor)
    enqueue("accounts.verify", row, lane=LANE_CLICK)


def _leave(row: Connection, before: StripeCredentials) -> None:
    """The former account has nothing more to do with this channel."""
    row.credentials = write(credentials(row).without_account())
    row.findings, row.verified_at = [], None
    SyncCursor.objects.filter(connection=row).delete()
    close_jobs(row)
    if before.secret_key and before.endpoint_id:
        # After the commit: no call while the row is locked.
        transaction.on_commit(partial(forget_endpoint, before))


def _stored(row: Connection, settings: StripeSettings) -> StripeCredentials:
    """What the row holds. Nothing when it cannot be read and the key is entered anew: that is the
    way out of a lost encryption key."""
    try:
        return credentials(row)
    except UnreadableSecret:
        if not settings.secret_key:
            raise
    return read({})


def _secret(before: StripeCredentials, settings: StripeSettings) -> str:
    return before.secret_key if settings.secret_key is None else settings.secret_key


def _entered(before: StripeCredentials, settings: StripeSettings) -> StripeCredentials:
    after = replace(
        before,
        mode="connect" if settings.client_id else "api_key",
        secret_key=_secret(before, settings),
        publishable_key=settings.publishable_key,
        client_id=settings.client_id,
    )
    return after.with_secret(settings.webhook_secret) if settings.webhook_secret else after


def _require(secret: str, settings: StripeSettings) -> None:
    if not secret:
        raise InvalidInput(
            "STRIPE_SECRET_KEY_REQUIRED",
            "Enter the restricted key (rk_…) from Stripe's dashboard.",
            field=SECRET_FIELD,
        )
    if not settings.publishable_key:
        raise InvalidInput(
            "STRIPE_PUBLISHABLE_KEY_REQUIRED",
            "Enter the publishable key (pk_…) from Stripe's dashboard: buyers pay with it.",
            field=PUBLISHABLE_FIELD,
        )


def _require_same_way(row: Connection, before: StripeCredentials, after: StripeCredentials) -> None:
    """Keys of an account and of a platform mean different things: one ends before the other."""
    bound = before.secret_key and row.account_id
    if bound and (before.mode, before.client_id) != (after.mode, after.client_id):
        raise _way_changed(row)


def _way_changed(row: Connection) -> InvalidInput:
    return InvalidInput(
        "STRIPE_WAY_CHANGED",
        f"This channel is connected to {row.account_name or row.account_id} in another way or "
        "mode. Clear the secret key and save first, then enter the new keys.",
        field="client_id",
    )


def _changes(
    before: StripeCredentials, after: StripeCredentials, policy_changed: bool
) -> list[str]:
    names = ("mode", "secret_key", "publishable_key", "webhook_secrets", "client_id")
    changed = [name for name in names if getattr(before, name) != getattr(after, name)]
    return [*changed, "policy"] if policy_changed else changed


def _shown(owner: KeyOwner) -> str:
    mode = "live" if owner.livemode else "test"
    return f"{owner.name or owner.account_id} ({mode} mode)"
