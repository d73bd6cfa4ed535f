"""Who asks, by what Saleor answers to their own token, and signing in by its mutations.

Nothing is remembered between two requests: a token that has expired, and a permission that was
taken away, are gone at once.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

from ...errors import ChannelError, Parked, VendorBug
from .. import signing_in
from ..requestors import ANONYMOUS, Requestor, SignedIn
from .client import Client

_EXPIRED: Final = "ExpiredSignatureError"
_NO_GOOD: Final = frozenset(
    {
        "DecodeError",
        "ImmatureSignatureError",
        "InvalidAlgorithmError",
        "InvalidAudienceError",
        "InvalidIssuedAtError",
        "InvalidIssuerError",
        "InvalidJTIError",
        "InvalidKeyError",
        "InvalidSignatureError",
        "InvalidSubjectError",
        "InvalidTokenError",
        "MissingRequiredClaimError",
        "PermissionDenied",
        "RecursionError",
    }
)
"""What Saleor's reading of a token raises; and the last two: an app that is none, or a token made
of brackets in brackets."""


def requestor(client: Client, token: str) -> Requestor:
    """See ``Saleor.requestor``. A signed token is a person's, any other an app's."""
    if not token:
        return ANONYMOUS
    signing_in.check_form(token)
    if token.count(".") == 2:
        return _person(_own(client, "me", token))
    return _app(_own(client, "app", token))


def sign_in(client: Client, email: str, password: str, *, ip: str = "") -> SignedIn:
    """See ``Saleor.sign_in``. Saleor counts attempts by the address they come from, which would
    be this machine's for everybody."""
    if "\0" in email:  # PostgreSQL takes none
        raise signing_in.sign_in_failed()
    headers = {"X-Forwarded-For": signing_in.caller(ip)} if ip else {}
    entered = {"email": email, "password": password}
    payload = _payload(client, "tokenCreate", entered, headers)
    access, refresh = signing_in.tokens(payload)
    return SignedIn(access, refresh, requestor(client, access))


def renew(client: Client, refresh: str) -> str:
    """See ``Saleor.renew``."""
    signing_in.check_form(refresh)
    return signing_in.renewed(_payload(client, "tokenRefresh", {"refreshToken": refresh}, {}))


def _own(client: Client, name: str, token: str) -> Mapping[str, Any]:
    """What ``name`` (``me``, ``app``) says of the token's own holder."""
    try:
        data, codes = client.ask_as(token, name, {})
    except Parked as error:
        if error.code == "SALEOR_TOKEN_INVALID":
            raise signing_in.token_invalid() from None
        raise
    found: Mapping[str, Any] | None = data.get(name)
    if codes or found is None:
        raise _refusal(name, codes)
    return found


def _refusal(name: str, codes: Collection[str]) -> ChannelError:
    if _EXPIRED in codes:
        return signing_in.token_expired()
    if _NO_GOOD.issuperset(codes):  # also without any: Saleor then took it for nobody's
        return signing_in.token_invalid()
    return VendorBug("SALEOR_REFUSED", f"Saleor refused {name}: {', '.join(sorted(codes))}.")


def _payload(
    client: Client, name: str, variables: Mapping[str, str], headers: Mapping[str, str]
) -> Mapping[str, Any]:
    data, codes = client.ask_as("", name, variables, headers)
    payload: Mapping[str, Any] | None = data.get(name)
    if codes or payload is None:
        raise VendorBug("SALEOR_REFUSED", f"Saleor refused {name}: {', '.join(codes)}.")
    return payload


def _person(view: Mapping[str, Any]) -> Requestor:
    if not view["isStaff"]:
        return Requestor("customer", id=view["id"], name=view["email"])
    permissions = _codes(view["userPermissions"])
    return Requestor(
        "staff",
        id=view["id"],
        name=view["email"],
        permissions=permissions,
        channels=_channels(view, permissions),
    )


def _channels(view: Mapping[str, Any], permissions: Collection[str]) -> frozenset[str] | None:
    """Saleor does not say who is a superuser: somebody who may do all without being in a group."""
    superuser = not view["permissionGroups"] and "MANAGE_STAFF" in permissions
    if superuser or not view["restrictedAccessToChannels"]:
        return None
    return frozenset(channel["slug"] for channel in view["accessibleChannels"] or ())


def _app(view: Mapping[str, Any]) -> Requestor:
    if not view["isActive"]:
        raise signing_in.token_invalid()
    return Requestor(
        "app", id=view["id"], name=view["name"] or "", permissions=_codes(view["permissions"])
    )


def _codes(permissions: Collection[Mapping[str, str]] | None) -> frozenset[str]:
    return frozenset(one["code"] for one in permissions or ())
