"""Signed tokens of people, as Saleor makes them: JSON Web Tokens (RFC 7519), here HS256 only."""

from __future__ import annotations

import hmac
import json
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any, Final

from graphql import GraphQLError

OWNER: Final = "saleor"
Claims = dict[str, Any]


class TokenError(GraphQLError):
    """What Saleor answers to a token of its own that is no good; ``kind`` is the error's code."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.extensions = {"exception": {"code": kind, "stacktrace": []}}
        self.kind = kind


def sign(key: bytes, claims: Claims, *, seconds: float) -> str:
    """A token that is good for ``seconds`` from now."""
    now = time.time()
    whole = {"iat": int(now), "owner": OWNER, **claims, "exp": int(now + seconds)}
    body = f"{_packed({'alg': 'HS256', 'typ': 'JWT'})}.{_packed(whole)}"
    return f"{body}.{_text(_signature(key, body))}"


def is_ours(token: str) -> bool:
    """Whether it says that Saleor made it; not whether that is true."""
    parts = token.split(".")
    claims = _unpacked(parts[1]) if len(parts) == 3 else None
    return claims is not None and claims.get("owner") == OWNER


def read(key: bytes, token: str) -> Claims:
    """The claims of a token that is good. Raises ``TokenError``."""
    head, body, signature = token.split(".") if token.count(".") == 2 else ("", "", "")
    header, claims = _unpacked(head), _unpacked(body)
    if header is None or claims is None:
        raise TokenError("DecodeError", "Not enough segments")
    if header.get("alg") != "HS256":
        raise TokenError("InvalidAlgorithmError", "The specified alg value is not allowed")
    if not hmac.compare_digest(_text(_signature(key, f"{head}.{body}")), signature):
        raise TokenError("InvalidSignatureError", "Signature verification failed")
    if claims["exp"] <= time.time():
        raise TokenError("ExpiredSignatureError", "Signature has expired")
    return claims


def invalid() -> TokenError:
    """Signed by us, but good for nothing."""
    words = "Invalid token. Create new one by using tokenCreate mutation."
    return TokenError("InvalidTokenError", words)


def _signature(key: bytes, body: str) -> bytes:
    return hmac.digest(key, body.encode(), "sha256")


def _packed(value: Claims) -> str:
    return _text(json.dumps(value, separators=(",", ":")).encode())


def _text(value: bytes) -> str:
    return urlsafe_b64encode(value).rstrip(b"=").decode()


def _unpacked(part: str) -> Claims | None:
    try:
        found = json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
