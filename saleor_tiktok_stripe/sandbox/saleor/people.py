"""People with an account: who a token belongs to, signing in, renewing, and ``me``."""

from __future__ import annotations

import secrets
import time
from collections.abc import Collection
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Any, Final, NamedTuple

from . import tokens
from .errors import Invalid
from .ids import global_id
from .queries import Context
from .records import App, Staff
from .shop_views import View, channel_view
from .state import State

ACCESS_SECONDS: Final = 300.0
REFRESH_SECONDS: Final = 30 * 24 * 3600.0
"""As Saleor has them unless told otherwise."""
LONGEST_DELAY: Final = 3600.0
EVERY_PERMISSION: Final = (
    "HANDLE_CHECKOUTS",
    "HANDLE_PAYMENTS",
    "HANDLE_TAXES",
    "IMPERSONATE_USER",
    "MANAGE_APPS",
    "MANAGE_CHANNELS",
    "MANAGE_CHECKOUTS",
    "MANAGE_DISCOUNTS",
    "MANAGE_GIFT_CARD",
    "MANAGE_MENUS",
    "MANAGE_OBSERVABILITY",
    "MANAGE_ORDERS",
    "MANAGE_ORDERS_IMPORT",
    "MANAGE_PAGES",
    "MANAGE_PAGE_TYPES_AND_ATTRIBUTES",
    "MANAGE_PLUGINS",
    "MANAGE_PRODUCTS",
    "MANAGE_PRODUCT_TYPES_AND_ATTRIBUTES",
    "MANAGE_SETTINGS",
    "MANAGE_SHIPPING",
    "MANAGE_STAFF",
    "MANAGE_TAXES",
    "MANAGE_TRANSLATIONS",
    "MANAGE_USERS",
)


class Holder(NamedTuple):
    """Whose token came with a request; ``refusal``: what Saleor says as soon as it looks."""

    app: App | None = None
    person: Staff | None = None
    refusal: tokens.TokenError | None = None


def add_person(
    state: State,
    email: str,
    permissions: Collection[str] = (),
    *,
    password: str = "",
    channels: Collection[str] | None = None,
    is_staff: bool = True,
    is_superuser: bool = False,
) -> Staff:
    """An account; without a password nobody can sign in to it."""
    held = EVERY_PERMISSION if is_superuser else permissions
    person = Staff(
        token="",
        permissions=set(held),
        email=email,
        key=state.next_key(),
        password=password,
        channels=None if channels is None else frozenset(channels),
        is_staff=is_staff,
        is_superuser=is_superuser,
    )
    state.people[email] = person
    return person


def token_for(state: State, person: Staff, kind: str, seconds: float) -> str:
    """``kind``: ``access`` or ``refresh``; already over where ``seconds`` is below 0."""
    claims = {
        "token": person.token_key,
        "email": person.email,
        "type": kind,
        "user_id": global_id("User", person.key),
        "is_staff": person.is_staff,
    }
    return tokens.sign(state.signing_key, claims, seconds=seconds)


def holder(state: State, token: str) -> Holder:
    """Whom Saleor takes for the sender. A token that is not of its own making is nobody's."""
    app = state.apps.get(token)
    if app is not None:
        return Holder(app=app if app.is_active else None)
    if token in state.staff:
        return Holder(person=state.staff[token])
    if not tokens.is_ours(token):
        return Holder()
    try:
        return Holder(person=_person(state, token, "access"))
    except tokens.TokenError as refusal:
        return Holder(refusal=refusal)


def _person(state: State, token: str, kind: str) -> Staff:
    claims = tokens.read(state.signing_key, token)
    person = state.people.get(claims["email"])
    good = person is not None and person.is_active and person.token_key == claims["token"]
    if person is None or not good or claims["type"] != kind:
        raise tokens.invalid()
    return person


def me(context: Context, args: dict[str, Any]) -> View | None:
    """Who asks, if it is a person."""
    person = context.staff
    if person is None:
        return None
    grouped = person.is_staff and not person.is_superuser
    channels = context.state.channels
    open_to = set(channels) if person.channels is None and grouped else person.channels or ()
    return {
        "id": global_id("User", person.key),
        "email": person.email,
        "isStaff": person.is_staff,
        "isActive": person.is_active,
        "userPermissions": [{"code": code, "name": code} for code in sorted(person.permissions)],
        "permissionGroups": [{"id": global_id("Group", person.key), "name": person.email}]
        if grouped
        else [],
        # Saleor knows only groups here: a superuser, who is in none, is shown as shut out.
        "restrictedAccessToChannels": not grouped or person.channels is not None,
        "accessibleChannels": [channel_view(channels[slug]) for slug in sorted(open_to)],
    }


def token_create(context: Context, args: dict[str, Any]) -> View:
    """Sign in with an e-mail address and a password."""
    state = context.state
    person = _let_in(state, context.ip, args["email"], args["password"])
    if person is None:
        raise Invalid("email", "INVALID_CREDENTIALS", "Please, enter valid credentials")
    if not person.is_active:
        raise Invalid("email", "INACTIVE", "Account inactive.")
    return {
        "token": token_for(state, person, "access", ACCESS_SECONDS),
        "refreshToken": token_for(state, person, "refresh", REFRESH_SECONDS),
        "csrfToken": secrets.token_urlsafe(32),
        "user": lambda: me(Context(state, None, person), {}),
    }


def token_refresh(context: Context, args: dict[str, Any]) -> View:
    """A new access token."""
    given = args.get("refreshToken")
    if given is None:
        raise Invalid("refreshToken", "JWT_MISSING_TOKEN", "Missing refreshToken")
    state = context.state
    try:
        person = _person(state, given, "refresh")
    except tokens.TokenError as refusal:
        code = _REFUSALS.get(refusal.kind, "JWT_DECODE_ERROR")
        raise Invalid("refreshToken", code, str(refusal)) from None
    return {
        "token": token_for(state, person, "access", ACCESS_SECONDS),
        "user": lambda: me(Context(state, None, person), {}),
    }


_REFUSALS: Final = {
    "ExpiredSignatureError": "JWT_SIGNATURE_EXPIRED",
    "InvalidTokenError": "JWT_INVALID_TOKEN",
    "InvalidAlgorithmError": "JWT_INVALID_TOKEN",
}


def _let_in(state: State, ip: str, email: str, password: str) -> Staff | None:
    """As Saleor counts: after a failure an address has to wait, with each one for an account twice
    as long."""
    until = state.blocked.get(ip, 0.0)
    if until > time.time():
        moment = datetime.fromtimestamp(until, UTC)
        raise Invalid(
            "email",
            "LOGIN_ATTEMPT_DELAYED",
            f"Logging has been suspended till {moment} due to too many logging attempts "
            "originating from the same IP address.",
        )
    person = state.people.get(email)
    if person is not None and person.password and person.password == password:
        for key in (ip, f"{ip} {email}"):
            state.failures.pop(key, None)
        return person
    counted = state.failures
    counted[ip] = counted.get(ip, 0) + 1
    delay = 2.0 ** ((counted[ip] - 1) // 10)
    if person is not None:
        counted[f"{ip} {email}"] = counted.get(f"{ip} {email}", 0) + 1
        delay = max(delay, 2.0 ** (counted[f"{ip} {email}"] - 1))
    state.blocked[ip] = time.time() + min(delay, LONGEST_DELAY)
    return None


def client_ip(forwarded: str, peer: str) -> str:
    """The first address of ``X-Forwarded-For``, else the other end of the line."""
    for given in forwarded.split(","):
        try:
            return str(ip_address(given))
        except ValueError:
            continue
    return peer
