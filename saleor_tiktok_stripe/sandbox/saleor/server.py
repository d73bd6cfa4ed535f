"""The sandbox Saleor over HTTP on loopback."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from typing import Any, Self

from graphql import GraphQLError, execute, parse, validate
from graphql.language.ast import Document, OperationDefinition
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from saleor_tiktok_stripe.sandbox.components.loopback import LoopbackServer

from . import people
from .courier import HttpCourier
from .hooks import check_query
from .queries import Context, Courier
from .schema import executable
from .state import ALL_PERMISSIONS, App, Hook, Order, Product, State

logger = logging.getLogger("saleor_tiktok_stripe.sandbox.saleor")
DEFAULT_TOKEN = "sandbox-saleor-app-token-00000"
STAFF_TOKEN = "sandbox-saleor-staff-token"
ADMIN_EMAIL, ADMIN_PASSWORD = "admin@example.com", "admin"
STAFF_EMAIL, STAFF_TOKEN_SECONDS = "staff@example.com", 7 * 24 * 3600.0
STAFF_PERMISSIONS = ("HANDLE_PAYMENTS", "MANAGE_ORDERS", "MANAGE_PRODUCTS")
GATEWAY = "saleor.tiktok_stripe"


@dataclass
class Fault:
    """What goes wrong for the next ``times`` requests whose operation name is ``operation``.

    ``kind``: ``status`` (answers ``status`` and does nothing), ``lost`` (does it, then breaks the
    connection off), ``lost_before`` (breaks off without doing it), ``slow`` (waits ``seconds``
    first), ``graphql`` (an error of the server inside an answer of status 200).
    """

    kind: str
    operation: str = ""
    times: int = 1
    status: int = 503
    seconds: float = 0.0
    headers: dict[str, str] = field(default_factory=dict)


class SaleorSandbox:
    """A running sandbox Saleor. Use as a context manager, or ``start()`` and ``stop()``.

    ``url`` is the GraphQL endpoint, ``token`` the token of an app with every permission the
    sidecar needs (its identifier is the payment gateway's), ``staff_token`` somebody's in the
    Dashboard (good for a week; Saleor's own API takes ``STAFF_TOKEN`` from them for ever),
    ``state`` what it remembers (take ``state.lock`` to read while it is in use), ``requests`` the
    operation names served so far, ``courier`` brings what apps are told. A superuser can sign in:
    admin@example.com, admin.
    """

    def __init__(
        self, *, port: int = 0, token: str = DEFAULT_TOKEN, state: State | None = None
    ) -> None:
        self.state = state or State()
        self.token = token
        self.app: App = self.state.add_app(token, identifier=GATEWAY)
        self.state.add_staff(STAFF_TOKEN, STAFF_EMAIL, STAFF_PERMISSIONS)
        self.staff_token = self.token_for(STAFF_EMAIL, seconds=STAFF_TOKEN_SECONDS)
        self.courier = HttpCourier(lambda: self.url)
        self.requests: list[str] = []
        people.add_person(self.state, ADMIN_EMAIL, password=ADMIN_PASSWORD, is_superuser=True)
        self.url = ""
        self._port = port
        self._faults: list[Fault] = []
        self._server: LoopbackServer | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()

    def start(self) -> None:
        """Serve on 127.0.0.1 from a thread."""
        self._server = LoopbackServer("sandbox-saleor", (self._port,))
        self.url = f"http://127.0.0.1:{self._server.ports[0]}/graphql/"
        self._server.start(_application(self))

    def stop(self) -> None:
        """Stop serving; what is remembered stays."""
        if self._server is not None:
            self.courier.stop()
            self._server.stop()

    def add_channel(
        self,
        slug: str,
        currency: str,
        country: str,
        products: Iterable[Product] = (),
        *,
        warehouses: Sequence[str] = ("default",),
        quantity: int = 1000,
        shipping_price: Decimal = Decimal(0),
        flow: str = "CHARGE",
    ) -> None:
        """A channel with a catalog, ``quantity`` of each product in each of its warehouses.

        ``flow`` (``CHARGE`` or ``AUTHORIZATION``) is what a payment does there."""
        self.state.add_channel(
            slug,
            currency,
            country,
            warehouses=warehouses,
            shipping_price=shipping_price,
            flow=flow,
        )
        self.state.add_products(products, channels=[slug], quantity=quantity)

    def add_app(self, token: str, permissions: Iterable[str] = ALL_PERMISSIONS) -> App:
        """Another app with this token, 30 characters as Saleor's."""
        with self.state.lock:
            return self.state.add_app(token, permissions)

    def add_staff(
        self,
        email: str,
        permissions: Iterable[str] = (),
        *,
        channels: Iterable[str] | None = None,
        password: str = "",
        superuser: bool = False,
    ) -> str:
        """Staff with an account; an access token of theirs. ``channels``: slugs they are
        restricted to."""
        with self.state.lock:
            people.add_person(
                self.state,
                email,
                tuple(permissions),
                password=password,
                channels=None if channels is None else tuple(channels),
                is_superuser=superuser,
            )
            return self.token_for(email)

    def add_customer(self, email: str, *, password: str = "") -> str:
        """Somebody with an account in the shop; an access token of theirs."""
        with self.state.lock:
            people.add_person(self.state, email, password=password, is_staff=False)
            return self.token_for(email)

    def token_for(
        self, email: str, *, kind: str = "access", seconds: float = people.ACCESS_SECONDS
    ) -> str:
        """A signed token of somebody with an account; one that has expired with ``seconds`` below
        0. ``kind``: ``access`` or ``refresh``."""
        with self.state.lock:
            return people.token_for(self.state, self.state.people[email], kind, seconds)

    def add_webhooks(self, target_url: str, secret: str, queries: Mapping[str, str]) -> None:
        """The app's webhooks: sync event -> subscription, all to one address."""
        for event, query in queries.items():
            check_query(query)
            key = self.state.next_key()
            self.app.hooks[event] = Hook(key, event, target_url, secret, query)

    def order(self, external_reference: str) -> Order:
        """The order with this reference; ``KeyError`` where there is none."""
        with self.state.lock:
            return self.state.order(external_reference)

    def set_stock(
        self, warehouse: str, sku: str, quantity: int, *, reserved: int | None = None
    ) -> None:
        """Count a stock as staff do; ``reserved`` is what checkouts hold of it."""
        with self.state.lock:
            stock = self.state.stock(warehouse, sku)
            stock.quantity = quantity
            stock.reserved = stock.reserved if reserved is None else reserved

    def set_price(
        self, channel: str, sku: str, price: Decimal, *, discounted: Decimal | None = None
    ) -> None:
        """A variant's price in a channel, and what a promotion makes of it."""
        with self.state.lock:
            product = self.state.by_sku[sku]
            product.prices[channel] = price
            product.discounted.pop(channel, None)
            if discounted is not None:
                product.discounted[channel] = discounted

    def allocate(self, external_reference: str, warehouse: str = "default") -> None:
        """Set the units of an imported order aside that are still to be shipped, which its import
        over HTTP does not do."""
        with self.state.lock:
            key = self.state.warehouse(warehouse).key
            for line in self.state.order(external_reference).lines:
                held = sum((line.allocations or {}).values())
                units = line.quantity - line.quantity_fulfilled - held
                if line.variant is not None and units > 0:
                    line.allocations = line.allocations or {}
                    line.allocations[key] = line.allocations.get(key, 0) + units
                    self.state.stocks[key, line.variant.key].allocated += units

    def fail(self, kind: str, operation: str = "", **how: Any) -> None:
        """Arm a :class:`Fault`; faults fire in the order they were armed."""
        with self.state.lock:
            self._faults.append(Fault(kind, operation, **how))

    def take_fault(self, operation: str) -> Fault | None:
        """Note the request, and take the armed fault it meets."""
        with self.state.lock:
            self.requests.append(operation)
            for fault in self._faults:
                if fault.operation in ("", operation):
                    fault.times -= 1
                    if fault.times <= 0:
                        self._faults.remove(fault)
                    return fault
            return None


@lru_cache(maxsize=256)
def _document(text: str) -> tuple[Document, tuple[GraphQLError, ...]]:
    document = parse(text)
    return document, tuple(validate(executable(), document))


def _operation_name(text: str) -> str:
    try:
        document, _ = _document(text)
    except GraphQLError:
        return ""
    for definition in document.definitions:
        if isinstance(definition, OperationDefinition) and definition.name:
            return str(definition.name.value)
    return ""


def run(
    state: State,
    token: str,
    text: str,
    variables: dict[str, Any],
    *,
    courier: Courier | None = None,
    ip: str = "127.0.0.1",
) -> tuple[int, Any]:
    """Execute one request as Saleor's view does: status 400 for what is not valid, else 200."""
    try:
        document, problems = _document(text)
    except GraphQLError as error:
        return 400, {"errors": [_shown(error)]}
    if problems:
        return 400, {"errors": [_shown(problem) for problem in problems]}
    with state.lock:
        app, person, refusal = people.holder(state, token)
        context = Context(state, app, person, refusal=refusal, courier=courier, ip=ip)
        try:
            result = execute(
                executable(), document, variable_values=variables, context_value=context
            )
        except (GraphQLError, ValueError, TypeError) as error:
            return 400, {"errors": [_shown(error)]}
    answer: dict[str, Any] = {"data": result.data}
    if result.errors:
        answer["errors"] = [_shown(error) for error in result.errors]
    return 200, answer


def _shown(error: Exception) -> dict[str, Any]:
    original = getattr(error, "original_error", None) or error
    extensions = getattr(original, "extensions", None) or {
        "exception": {"code": type(original).__name__, "stacktrace": []}
    }
    shown: dict[str, Any] = {"message": str(original), "extensions": extensions}
    path = getattr(error, "path", None)
    if path:
        shown["path"] = path
    return shown


def _bearer(request: Request) -> str:
    header = request.headers.get("authorization-bearer", "")
    if header:
        return header
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token if scheme.lower() in {"bearer", "jwt"} else ""


def _application(sandbox: SaleorSandbox) -> Starlette:
    async def graphql(request: Request) -> Response:
        try:
            body = json.loads(await request.body())
            text, variables = body["query"], body.get("variables") or {}
        except (ValueError, KeyError, TypeError):
            errors = [{"message": "Unable to parse query.", "extensions": {}}]
            return JSONResponse({"errors": errors}, status_code=400)
        peer = request.client.host if request.client else ""
        ip = people.client_ip(request.headers.get("x-forwarded-for", ""), peer)
        return await run_in_threadpool(_serve, sandbox, _bearer(request), text, variables, ip)

    # Saleor answers storefronts of any origin unless told otherwise.
    everybody = Middleware(
        CORSMiddleware, allow_origins=["*"], allow_methods=["POST"], allow_headers=["*"]
    )
    routes = [Route("/graphql/", graphql, methods=["POST"])]
    return Starlette(routes=routes, middleware=[everybody])


def _serve(
    sandbox: SaleorSandbox, token: str, text: str, variables: dict[str, Any], ip: str
) -> Response:
    fault = sandbox.take_fault(_operation_name(text))
    if fault is not None:
        time.sleep(fault.seconds)
        if fault.kind == "status":
            return Response("fault", status_code=fault.status, headers=fault.headers)
        if fault.kind == "graphql":
            return JSONResponse(
                {
                    "data": None,
                    "errors": [
                        {
                            "message": "canceling statement due to statement timeout",
                            "extensions": {"exception": {"code": "OperationalError"}},
                        }
                    ],
                }
            )
        if fault.kind == "lost_before":
            return _Broken()
    courier = sandbox.courier
    status, answer = run(sandbox.state, token, text, variables, courier=courier, ip=ip)
    if fault is not None and fault.kind == "lost":
        return _Broken()
    return JSONResponse(answer, status_code=status)


class _Broken(Response):
    """Promises more bytes than it sends, so that the client sees the connection break off."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        headers = [(b"content-length", b"1000000"), (b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"{", "more_body": True})
