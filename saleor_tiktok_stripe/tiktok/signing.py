"""Request signatures, to the byte.

Source: TikTok Shop's signing guide; vectors in ``tests/contract/test_tiktok_signer.py``. The rule
that keeps signatures right: serialise once, sign those bytes, send those bytes.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping

UNSIGNED = frozenset({"sign", "access_token"})


def serialise(body: Mapping[str, object]) -> bytes:
    """A JSON body as it is signed and sent: compact UTF-8, key order kept."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def string_to_sign(
    secret: str, path: str, params: Iterable[tuple[str, str]], body: bytes = b""
) -> bytes:
    """``secret + path + sorted key/value pairs + body + secret``.

    ``params`` are decoded values; ``sign`` and ``access_token`` are left out. For a multipart
    request pass no body: it is not signed.
    """
    pairs = sorted((pair for pair in params if pair[0] not in UNSIGNED), key=lambda pair: pair[0])
    text = path + "".join(name + value for name, value in pairs)
    wrap = secret.encode()
    return wrap + text.encode() + body + wrap


def sign(secret: str, path: str, params: Iterable[tuple[str, str]], body: bytes = b"") -> str:
    """Lower-case hex HMAC-SHA256 of ``string_to_sign`` under ``secret`` (upper case is refused)."""
    message = string_to_sign(secret, path, params, body)
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()
