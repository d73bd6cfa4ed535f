"""The sandbox over HTTP: an API address, a Connect address, a files address, and the controls."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict, is_dataclass
from typing import Any

from saleor_tiktok_stripe.sandbox.components.loopback import (
    CONTROL_PREFIX,
    cut,
    read_body,
    read_headers,
)
from saleor_tiktok_stripe.sandbox.stripe.control import Controls
from saleor_tiktok_stripe.sandbox.stripe.gateway import Answer, Call, Gateway
from saleor_tiktok_stripe.sandbox.stripe.world import World

HOSTS = ("api", "connect", "files")


class SandboxApp:
    """The ASGI application; `ports` tell the addresses apart."""

    def __init__(self, world: World, controls: Controls, ports: dict[int, str]) -> None:
        self.controls = controls
        self.ports = ports
        self.gateway = Gateway(world)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            return
        body = await read_body(receive)
        if scope["path"].startswith(CONTROL_PREFIX):
            answer: Answer | None = await asyncio.to_thread(self._control, scope["path"], body)
        else:
            call = Call(
                self.ports[scope["server"][1]],
                scope["method"],
                scope["path"],
                scope["query_string"].decode("latin-1"),
                read_headers(scope),
                body,
            )
            answer = await self.gateway.handle(call)
        if answer is None:
            cut(send)
            return
        heads = [(name.encode(), value.encode("latin-1")) for name, value in answer.headers.items()]
        heads.append((b"content-length", str(len(answer.body)).encode()))
        await send({"type": "http.response.start", "status": answer.status, "headers": heads})
        await send({"type": "http.response.body", "body": answer.body})

    def _control(self, path: str, body: bytes) -> Answer:
        name = path.removeprefix(CONTROL_PREFIX)
        headers = {"content-type": "application/json"}
        try:
            result = self.controls.call(name, json.loads(body) if body else {})
            text = json.dumps({"ok": True, "result": result}, default=_plain)
        except (KeyError, TypeError, ValueError) as error:
            said = json.dumps({"ok": False, "error": str(error)})
            return Answer(400, said.encode(), headers)
        return Answer(200, text.encode(), headers)


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, bytes):
        return value.decode()
    raise TypeError(f"{type(value).__name__} is not for the wire")
