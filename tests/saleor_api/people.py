"""Tokens of the sandbox Saleor that nobody should accept."""

from __future__ import annotations

import base64
import hmac
import json
from typing import Any


def forged(
    token: str, key: str | None = "the key of somebody who is not Saleor", **claims: Any
) -> str:
    """The same with other claims, signed with a key that is not Saleor's; with ``key=None`` not
    signed at all."""
    body = token.split(".")[1]
    payload = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    head = _part({"alg": "none" if key is None else "HS256", "typ": "JWT"})
    text = f"{head}.{_part({**payload, **claims})}"
    signature = b"" if key is None else hmac.digest(key.encode(), text.encode(), "sha256")
    return f"{text}.{_text(signature)}"


def _part(value: dict[str, Any]) -> str:
    return _text(json.dumps(value).encode())


def _text(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()
