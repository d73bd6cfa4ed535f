"""Who asks, as Saleor itself makes it out, and signing in by Saleor's own mutations.

Nothing here reads a token by itself: apps are found by Saleor's loader, people by its
authentication backends, those of its plugins (OpenID Connect) included.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NoReturn

import jwt
from django.contrib.contenttypes.models import ContentType
from django.db.models import Exists
from django.http import HttpRequest
from graphql.error import GraphQLError
from saleor.account.models import Group, User
from saleor.app.models import App
from saleor.core.auth import get_token_from_request
from saleor.core.db.connection import allow_writer
from saleor.graphql.core.context import SaleorContext
from saleor.permission.enums import get_permissions_enum_dict

from .. import signing_in
from ..ids import global_id
from ..requestors import ANONYMOUS, Requestor, SignedIn
from .execute import failure, prepared


def requestor(token: str) -> Requestor:
    """See ``Saleor.requestor``."""
    if not token:
        return ANONYMOUS
    signing_in.check_form(token)
    return requestor_of(_context(token=token))


def requestor_of(context: SaleorContext) -> Requestor:
    """Who asks by a request that Saleor authenticates (``info.context`` at its ``/graphql/``).

    Raises as ``Saleor.requestor``: also for a token of which Saleor makes nobody, where it goes on
    without anybody itself.
    """
    from saleor.graphql.app.dataloaders.utils import get_app_promise

    with allow_writer():
        app = get_app_promise(context).get()
        if app:
            return _app(app)
        user = _user(context)
        if user is not None:
            return _person(user)
    if get_token_from_request(context):
        raise signing_in.token_invalid()
    return ANONYMOUS


def sign_in(email: str, password: str, *, ip: str = "") -> SignedIn:
    """See ``Saleor.sign_in``."""
    if "\0" in email:  # PostgreSQL takes none
        raise signing_in.sign_in_failed()
    payload = _run("tokenCreate", {"email": email, "password": password}, ip)
    access, refresh = signing_in.tokens(payload)
    return SignedIn(access, refresh, requestor(access))


def renew(refresh: str) -> str:
    """See ``Saleor.renew``."""
    signing_in.check_form(refresh)
    return signing_in.renewed(_run("tokenRefresh", {"refreshToken": refresh}, ""))


def _context(*, token: str = "", ip: str = "") -> SaleorContext:
    """A request from outside, with what Saleor reads of one."""
    from saleor.graphql.app.dataloaders.utils import get_app_promise
    from saleor.graphql.context import get_context_value

    request: Any = SaleorContext()
    request.method = "POST"
    request.META = {
        "REMOTE_ADDR": signing_in.caller(ip),
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
    }
    if token:
        request.META["HTTP_AUTHORIZATION_BEARER"] = token
    request.dataloaders = {}
    request.allow_replica = False  # what an admin took away is gone now
    with allow_writer():
        request.app = get_app_promise(request).get()
        context: SaleorContext = get_context_value(request)
    return context


def _user(context: HttpRequest) -> User | None:
    """Saleor looks the user up when it is first asked for, and complains then."""
    try:
        return context.user if context.user else None
    except jwt.ExpiredSignatureError:
        raise signing_in.token_expired() from None
    except (jwt.PyJWTError, RecursionError):  # the latter: brackets in brackets in brackets
        raise signing_in.token_invalid() from None


def _app(app: App) -> Requestor:
    held = app.permissions.order_by().values_list("content_type", "codename")
    return Requestor(
        "app",
        id=global_id("App", app.pk),
        name=app.name,
        permissions=_names(held),
    )


def _person(user: User) -> Requestor:
    """What staff may and where, in one query where no channel is closed to them: one unrestricted
    group opens all channels, and a superuser needs none."""
    if not user.is_staff:
        return Requestor("customer", id=global_id("User", user.pk), name=user.email)
    unrestricted = Group.objects.filter(user=user, restricted_access_to_channels=False)
    rows = user.effective_permissions.order_by().annotate(everywhere=Exists(unrestricted))
    held = list(rows.values_list("content_type", "codename", "everywhere"))
    everywhere = user.is_superuser or (held[0][2] if held else unrestricted.exists())
    return Requestor(
        "staff",
        id=global_id("User", user.pk),
        name=user.email,
        permissions=_names((content_type, codename) for content_type, codename, _ in held),
        channels=None if everywhere else _channels(user),
    )


def _names(held: Iterable[tuple[int, str]]) -> frozenset[str]:
    """By the names of Saleor's enum; permissions of Django's own that it has no name for are left
    out. ``held``: ids of content types, which Django keeps, and codenames."""
    app = ContentType.objects.get_for_id
    codes = {(app(content_type).app_label, codename) for content_type, codename in held}
    return frozenset(
        name
        for name, one in get_permissions_enum_dict().items()
        if tuple(one.value.split(".", 1)) in codes
    )


def _channels(user: User) -> frozenset[str]:
    """Those that the user's groups are restricted to."""
    groups = Group.objects.filter(user=user).exclude(channels=None)
    return frozenset(groups.order_by().values_list("channels__slug", flat=True))


def _run(operation: str, variables: Mapping[str, str], ip: str) -> dict[str, Any]:
    """As somebody who is not signed in: Saleor counts attempts by the address they come from."""
    try:
        result = prepared(operation).execute(
            variable_values=dict(variables), context_value=_context(ip=ip)
        )
    except GraphQLError as error:
        _give_up(operation, error)
    if result.errors:
        _give_up(operation, result.errors[0])
    payload: dict[str, Any] = result.data[operation]
    return payload


def _give_up(operation: str, error: Exception) -> NoReturn:
    """Without the cause: what was entered is among its variables."""
    raise failure(operation, error) from None
