"""The signatures of TikTok Shop, written from its signing guide and from nothing else.

The client room has its own implementation on purpose: two that agree say more than one used twice.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable

UNSIGNED = frozenset({"sign", "access_token", "x-tts-access-token"})


def _hex_mac(secret: str, message: bytes) -> str:
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()


def request_signature(
    secret: str,
    path: str,
    query: Iterable[tuple[str, str]],
    body: bytes = b"",
    content_type: str = "",
) -> str:
    """Lower-case hex signature of one API call.

    `query` holds decoded values; `path` has no host and no question mark. A multipart body is
    left out of the signature.
    """
    pairs = sorted((pair for pair in query if pair[0] not in UNSIGNED), key=lambda pair: pair[0])
    text = path + "".join(key + value for key, value in pairs)
    signed_body = b"" if content_type.lower().startswith("multipart/form-data") else body
    wrapped = secret.encode() + text.encode() + signed_body + secret.encode()
    return _hex_mac(secret, wrapped)


def request_signature_matches(
    given: str,
    secret: str,
    path: str,
    query: Iterable[tuple[str, str]],
    body: bytes,
    content_type: str,
    method: str,
) -> bool:
    """Whether `given` is a signature the gateway takes.

    Published clients differ in whether an empty `{}` and the body of a GET count, so both readings
    of those two cases are accepted. Upper-case hex is not.
    """
    pairs = list(query)
    readings = [body]
    if body and (method == "GET" or body == b"{}"):
        readings.append(b"")
    return any(
        hmac.compare_digest(
            request_signature(secret, path, pairs, reading, content_type).encode(),
            given.encode(),
        )
        for reading in readings
    )


def webhook_signature(app_key: str, secret: str, body: bytes) -> str:
    """Lower-case hex signature of one webhook call: the `Authorization` header as it is."""
    return _hex_mac(secret, app_key.encode() + body)
