"""What a server got of a call, and the answers that it gives."""

from __future__ import annotations

import json
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

COMMON = {"app_key", "timestamp", "shop_cipher", "sign"}


class Asked(NamedTuple):
    method: str
    path: str
    query: dict[str, str]
    body: Any


def asked(request: bytes) -> Asked:
    """Without the parameters that every call has; the body as JSON, None where there is none."""
    head, _, body = request.partition(b"\r\n\r\n")
    method, target, _ = head.decode().split("\r\n")[0].split(" ")
    url = urlsplit(target)
    query = {
        name: value
        for name, value in parse_qsl(url.query, keep_blank_values=True)
        if name not in COMMON
    }
    return Asked(method, url.path, query, json.loads(body) if body else None)
