"""The sandbox over HTTP: an API address, a Connect address, a files address, and the controls."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from dataclasses import asdict, is_dataclass
from typing import Any

import uvicorn

from saleor_tiktok_stripe.sandbox.stripe.control import Controls
from saleor_tiktok_stripe.sandbox.stripe.gateway import Answer, Call, Gateway
from saleor_tiktok_stripe.sandbox.stripe.world import World

CONTROL_PREFIX = "/_sandbox/"
HOSTS = ("api", "connect", "files")


async def _read(receive: Any) -> bytes:
    chunks = []
    while True:
        message = await receive()
        chunks.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(chunks)


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
        body = await _read(receive)
        if scope["path"].startswith(CONTROL_PREFIX):
            answer: Answer | None = await asyncio.to_thread(self._control, scope["path"], body)
        else:
            headers = {
                key.decode("latin-1"): value.decode("latin-1") for key, value in scope["headers"]
            }
            call = Call(
                self.ports[scope["server"][1]],
                scope["method"],
                scope["path"],
                scope["query_string"].decode("latin-1"),
                headers,
                body,
            )
            answer = await self.gateway.handle(call)
        if answer is None:
            # Cutting a connection has no name in ASGI; the server's own send knows its socket.
            send.__self__.transport.abort()
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


class Server:
    """Runs the application on three loopback ports in a thread of its own."""

    def __init__(
        self, world: World, controls: Controls, port: int, connect_port: int, files_port: int
    ) -> None:
        self._sockets = [_listen(port), _listen(connect_port), _listen(files_port)]
        numbers = [sock.getsockname()[1] for sock in self._sockets]
        self.port, self.connect_port, self.files_port = numbers
        config = uvicorn.Config(
            SandboxApp(world, controls, dict(zip(numbers, HOSTS, strict=True))),
            log_config=None,
            log_level="warning",
            access_log=False,
            lifespan="off",
            http="h11",
            ws="none",
            timeout_keep_alive=75,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._server.run, args=(self._sockets,), name="stripe-sandbox", daemon=True
        )

    def start(self) -> None:
        """Begin to serve; connections are taken from the first moment on."""
        self._thread.start()

    def stop(self) -> None:
        """Stop serving and give the ports back."""
        self._server.should_exit = True
        self._server.force_exit = True
        self._thread.join(timeout=10)
        for sock in self._sockets:
            sock.close()


def _listen(port: int) -> socket.socket:
    # Named TCP, because only then does asyncio switch Nagle off: 40 ms an answer otherwise.
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind(("127.0.0.1", port))
    sock.listen(512)
    return sock
