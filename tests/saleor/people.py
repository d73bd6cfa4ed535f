"""People and apps of a real Saleor, and their tokens, the good and the bad ones."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import Any

import jwt
from saleor.account.models import Group, User
from saleor.app.models import App
from saleor.channel.models import Channel
from saleor.core.jwt import create_token, jwt_decode
from saleor.permission.models import Permission

PASSWORD = "correct horse 4"


def make_staff(
    email: str,
    *permissions: str,
    channels: Collection[str] | None = None,
    password: str = PASSWORD,
    superuser: bool = False,
) -> User:
    """Staff in one group. ``permissions`` by the names of the enum (``MANAGE_ORDERS``);
    ``channels``: slugs the group is restricted to. A superuser is in no group."""
    user = _user(email, password, is_staff=True, is_superuser=superuser)
    if not superuser:
        group = Group.objects.create(name=email, restricted_access_to_channels=channels is not None)
        group.permissions.set(_permissions(permissions))
        group.channels.set(Channel.objects.filter(slug__in=channels or ()))
        user.groups.add(group)
    return user


def make_customer(email: str, password: str = PASSWORD) -> User:
    """Somebody with an account in the shop."""
    return _user(email, password)


def make_app(name: str, *permissions: str) -> tuple[App, str]:
    """An active app and its token."""
    app = App.objects.create(name=name, identifier=name, is_active=True)
    app.permissions.set(_permissions(permissions))
    _, token = app.tokens.create(name=name)
    return app, token


def token_for(user: User, *, kind: str = "access", seconds: int = 300) -> str:
    """As Saleor signs it; one that has expired with ``seconds`` below 0."""
    return create_token({}, user=user, exp_delta=timedelta(seconds=seconds), token_type=kind)


def forged(
    token: str, key: str | None = "the key of somebody who is not Saleor", **claims: Any
) -> str:
    """The same with other claims, signed with a key that is not Saleor's; with ``key=None`` not
    signed at all."""
    payload = {**jwt_decode(token), **claims}
    return jwt.encode(payload, key, algorithm="none" if key is None else "HS256")


def _user(email: str, password: str, **more: bool) -> User:
    user = User(email=email, is_active=True, is_confirmed=True, **more)
    user.set_password(password)
    user.save()
    return user


def _permissions(names: Collection[str]) -> list[Permission]:
    return list(Permission.objects.filter(codename__in=[name.lower() for name in names]))
