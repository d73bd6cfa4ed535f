"""What Saleor's answers about tokens and signing in mean to us: one table for both hosts."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_address
from typing import Any, Final

from ..errors import InvalidInput, RetryLater

LONGEST_TOKEN: Final = 8000
"""Characters. Saleor's own stay below 3,000; a web server takes some 8,000 in a header."""

_DELAYED: Final = "LOGIN_ATTEMPT_DELAYED"
_EXPIRED: Final = "JWT_SIGNATURE_EXPIRED"


def check_form(token: str) -> None:
    """Raises ``TOKEN_INVALID`` for what no token ever looks like."""
    if len(token) > LONGEST_TOKEN or not (token.isascii() and token.isprintable()):
        raise token_invalid()


def token_expired() -> InvalidInput:
    """A token that was good until its time was over."""
    return InvalidInput("TOKEN_EXPIRED", "Your sign-in has expired. Sign in again.")


def token_invalid() -> InvalidInput:
    """Any other token that is no good; nothing tells which ones exist."""
    return InvalidInput(
        "TOKEN_INVALID",
        "Saleor does not accept this token. Sign in again, or use the token of an active app.",
    )


def sign_in_failed() -> InvalidInput:
    """One message for whatever was wrong: nobody learns which addresses have an account."""
    return InvalidInput(
        "SIGN_IN_FAILED",
        "Saleor does not let anybody in with this e-mail address and password.",
    )


def tokens(payload: Mapping[str, Any]) -> tuple[str, str]:
    """Access and refresh token of a ``tokenCreate`` payload. Raises as ``Saleor.sign_in``."""
    for error in payload["errors"]:
        if error["code"] == _DELAYED:
            raise RetryLater("SIGN_IN_DELAYED", str(error["message"]))
        raise sign_in_failed()
    return str(payload["token"]), str(payload["refreshToken"])


def renewed(payload: Mapping[str, Any]) -> str:
    """The access token of a ``tokenRefresh`` payload. Raises as ``Saleor.renew``."""
    for error in payload["errors"]:
        raise token_expired() if error["code"] == _EXPIRED else token_invalid()
    return str(payload["token"])


def caller(ip: str) -> str:
    """Whose attempts to sign in Saleor counts: ``ip``, or this machine for what is none."""
    try:
        return str(ip_address(ip))
    except ValueError:
        return "127.0.0.1"
