"""The sandbox over HTTP: one gateway address, one auth address, and the controls."""

from __future__ import annotations

import asyncio
import json
import uuid
from typing import Any
from urllib.parse import parse_qsl

from saleor_tiktok_stripe.sandbox.components.loopback import (
    CONTROL_PREFIX,
    cut,
    read_body,
    read_headers,
)
from saleor_tiktok_stripe.sandbox.tiktok import (
    api_aftersales,
    api_decisions,
    api_finance,
    api_fulfilment,
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
    *api_decisions.ENDPOINTS,
    *api_products.ENDPOINTS,
    *api_finance.ENDPOINTS,
    *api_fulfilment.ENDPOINTS,
)


Served = tuple[int, dict[str, Any] | str, dict[str, str]]
"""HTTP status, body (text, or what becomes JSON) and headers."""


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
        body = await read_body(receive)
        path = scope["path"]
        query = tuple(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))
        request = Request(scope["method"], path, query, read_headers(scope), body)
        if scope["server"][1] == self.auth_port:
            with self.world.lock:
                answer: Answer | None = auth_pages.handle(self.world, request)
        elif path.startswith(CONTROL_PREFIX):
            answer = await asyncio.to_thread(self._control, request)
        else:
            answer = await self._gateway(request)
        if answer is None:
            cut(send)
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
        slow = self.world.faults.take("latency", request.path)
        if slow is not None:
            await asyncio.sleep(float(slow.get("seconds", 1)))
        served = self.respond(request)
        if served is None:
            return None
        status, content, headers = served
        if isinstance(content, str):
            return text_answer(content, status)
        return json_answer(content, status, headers)

    def respond(self, request: Request) -> Served | None:
        """What the gateway answers, faults included; None: the connection is cut."""
        faults = self.world.faults
        if faults.take("reset", request.path) is not None:
            return None
        if faults.take("unavailable", request.path) is not None:
            return 503, "upstream overloaded", {}
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
        return status, envelope, extra
