"""The sandbox over HTTP: one gateway address, one auth address, and the controls."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import uuid
from typing import Any
from urllib.parse import parse_qsl

import uvicorn

from saleor_tiktok_stripe.sandbox.tiktok import (
    api_aftersales,
    api_finance,
    api_orders,
    api_products,
    api_shop,
    auth_pages,
)
from saleor_tiktok_stripe.sandbox.tiktok.control import Controls
from saleor_tiktok_stripe.sandbox.tiktok.errors import ApiError
from saleor_tiktok_stripe.sandbox.tiktok.gateway import Gateway, Request
from saleor_tiktok_stripe.sandbox.tiktok.web import Answer, json_answer, text_answer
from saleor_tiktok_stripe.sandbox.tiktok.world import World

ENDPOINTS = (
    *api_orders.ENDPOINTS,
    *api_shop.ENDPOINTS,
    *api_aftersales.ENDPOINTS,
    *api_products.ENDPOINTS,
    *api_finance.ENDPOINTS,
)
CONTROL_PREFIX = "/_sandbox/"


async def _read(receive: Any) -> bytes:
    chunks = []
    while True:
        message = await receive()
        chunks.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(chunks)


def _abort(send: Any) -> None:
    # Cutting a connection has no name in ASGI; the server's own send knows its socket.
    send.__self__.transport.abort()


class SandboxApp:
    """The ASGI application; `auth_port` tells the auth address from the gateway's."""

    def __init__(self, world: World, controls: Controls, auth_port: int) -> None:
        self.world = world
        self.controls = controls
        self.auth_port = auth_port
        self.gateway = Gateway(world, ENDPOINTS)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            return
        body = await _read(receive)
        path = scope["path"]
        query = tuple(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))
        headers = {
            key.decode("latin-1"): value.decode("latin-1") for key, value in scope["headers"]
        }
        request = Request(scope["method"], path, query, headers, body)
        if scope["server"][1] == self.auth_port:
            with self.world.lock:
                answer: Answer | None = auth_pages.handle(self.world, request)
        elif path.startswith(CONTROL_PREFIX):
            answer = await asyncio.to_thread(self._control, request)
        else:
            answer = await self._gateway(request)
        if answer is None:
            _abort(send)
        else:
            await answer(scope, receive, send)

    def _control(self, request: Request) -> Answer:
        name = request.path.removeprefix(CONTROL_PREFIX)
        try:
            arguments = json.loads(request.body) if request.body else {}
            result = self.controls.call(name, arguments)
        except (KeyError, TypeError, ValueError) as error:
            return json_answer({"ok": False, "error": str(error)}, 400)
        return json_answer({"ok": True, "result": result})

    async def _gateway(self, request: Request) -> Answer | None:
        faults = self.world.faults
        slow = faults.take("latency", request.path)
        if slow is not None:
            await asyncio.sleep(float(slow.get("seconds", 1)))
        if faults.take("reset", request.path) is not None:
            return None
        if faults.take("unavailable", request.path) is not None:
            return text_answer("upstream overloaded", 503)
        request_id = uuid.uuid4().hex.upper()
        envelope: dict[str, Any] = {"code": 0, "message": "Success", "request_id": request_id}
        status, extra = 200, {}
        try:
            with self.world.lock:
                envelope["data"] = self.gateway.handle(request)
                self.world.count(request.path, 0)
        except ApiError as error:
            text = f"{error.message}. For more details see the API reference"
            envelope |= {"code": error.code, "message": text, "data": None}
            status, extra = error.http_status, error.headers
            self.world.count(request.path, error.code)
        if envelope["code"] == 0 and faults.take("lost_answer", request.path) is not None:
            return None
        return json_answer(envelope, status, extra)


class Server:
    """Runs the application on two loopback ports in a thread of its own."""

    def __init__(self, world: World, controls: Controls, port: int = 0, auth_port: int = 0) -> None:
        self._sockets = [_listen(port), _listen(auth_port)]
        self.port, self.auth_port = (sock.getsockname()[1] for sock in self._sockets)
        config = uvicorn.Config(
            SandboxApp(world, controls, self.auth_port),
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
            target=self._server.run, args=(self._sockets,), name="tiktok-sandbox", daemon=True
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

    def join(self) -> None:
        """Wait until the server ends."""
        self._thread.join()


def _listen(port: int) -> socket.socket:
    # Named TCP, because only then does asyncio switch Nagle off: 40 ms an answer otherwise.
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind(("127.0.0.1", port))
    sock.listen(512)
    return sock
