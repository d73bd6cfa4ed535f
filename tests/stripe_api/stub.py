"""A server that answers as Stripe does, byte by byte, and shows what it was asked."""

from __future__ import annotations

import json
from dataclasses import dataclass
from email.utils import formatdate

from tests.transport.servers import Behaviour, answer

SECRET = "rk_live_stub0123456789abcdef"


@dataclass(frozen=True)
class Seen:
    """One request as it came in. Header names are lower case."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        return self.target.partition("?")[2]


def seen(server, number=-1) -> Seen:
    head, _, body = server.requests[number].partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ")
    headers = {}
    for line in lines:
        name, _, value = line.partition(": ")
        headers[name.lower()] = value
    return Seen(method, target, headers, body)


def says(found: object, status: str = "200 OK", **headers: str) -> Behaviour:
    """An answer in JSON. ``request_id`` and ``date`` are there as Stripe has them."""
    given = {"Request_Id": "req_stub", "Date": formatdate(usegmt=True), **headers}
    return answer(json.dumps(found).encode(), status, **given)


def refuses(status: int, headers: dict[str, str] | None = None, **error: object) -> Behaviour:
    """A refusal in Stripe's envelope."""
    return says({"error": error}, f"{status} Refused", **(headers or {}))


def listing(*rows: object, more: bool = False) -> Behaviour:
    return says({"object": "list", "data": list(rows), "has_more": more, "url": "/v1/x"})
