"""The world that is asked: what ``serve`` puts up."""

from __future__ import annotations

import hashlib
import json
import logging
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

from django.apps import apps
from django.core.management import call_command
from django.db import connection as database
from django.db import transaction
from django.test import override_settings

from saleor_tiktok_stripe.graphql.core.ids import global_id
from saleor_tiktok_stripe.models import Connection, Difference, InboundEvent, Job
from saleor_tiktok_stripe.sandbox.components.loopback import LoopbackServer
from saleor_tiktok_stripe.sandbox.saleor import SaleorSandbox
from saleor_tiktok_stripe.sandbox.saleor.ids import global_id as saleor_id
from saleor_tiktok_stripe.sandbox.saleor.people import EVERY_PERMISSION
from saleor_tiktok_stripe.sandbox.sidecar.asgi import application
from saleor_tiktok_stripe.sandbox.stripe import StripeSandbox
from tests.graphql.rows import fill
from tests.support.shop import CHANNEL, ConnectedShop, connected_shop
from tests.support.stored import everything
from tests.support.till import connect_stripe

PATH = f"/plugins/channel/{CHANNEL}/saleor.tiktok_stripe/graphql/"
ORDERS = 3
HOURS = 6 * 3600.0


@dataclass(frozen=True)
class Facts:
    """``url`` of the API; ``control`` of what looks behind it; ``tokens`` by role; ``canaries``
    must be in no answer; ``known``: ids that exist, by what they are of."""

    url: str
    control: str
    tokens: dict[str, str] = field(repr=False)
    canaries: list[str] = field(repr=False)
    known: dict[str, list[str]]

    def as_json(self) -> str:
        return json.dumps(asdict(self))


@contextmanager
def served() -> Iterator[Facts]:
    """Everything up, until the end of the block."""
    call_command("migrate", verbosity=0)
    with ExitStack() as exits:
        shop = exits.enter_context(connected_shop())
        stripe = exits.enter_context(StripeSandbox(seed=7))
        exits.enter_context(_settings(stripe))
        till = connect_stripe(stripe)
        orders = [shop.tiktok.create_order(status="AWAITING_SHIPMENT") for _ in range(ORDERS)]
        shop.sync(*orders)
        fill(shop.connection, till, range(1, ORDERS + 1))
        api = LoopbackServer("fuzzed", [0])
        exits.callback(api.stop)
        api.start(application)
        control = exits.enter_context(_control(shop, stripe))
        sys.addaudithook(_stay_here)
        yield Facts(
            url=f"http://127.0.0.1:{api.ports[0]}{PATH}",
            control=control,
            tokens=_tokens(shop.saleor),
            canaries=_canaries(shop.connection, till),
            known=_known(shop, orders),
        )


def _settings(stripe: StripeSandbox) -> override_settings:
    return override_settings(
        TIKTOK_STRIPE_PUBLIC_URL="http://127.0.0.1:8000",
        TIKTOK_STRIPE_STRIPE_API_URL=stripe.base_url,
        TIKTOK_STRIPE_STRIPE_CONNECT_URL=stripe.connect_url,
        TIKTOK_STRIPE_STRIPE_FILES_URL=stripe.files_url,
        TIKTOK_STRIPE_API_CALLS_PER_MINUTE=10_000_000,
    )


def _tokens(saleor: SaleorSandbox) -> dict[str, str]:
    saleor.add_staff("nobody@example.com")
    saleor.add_staff("everybody@example.com", EVERY_PERMISSION)
    return {
        "anonymous": "",
        "staff without": saleor.token_for("nobody@example.com", seconds=HOURS),
        "staff with": saleor.token_for("everybody@example.com", seconds=HOURS),
        "app with": saleor.add_app("f" * 30, EVERY_PERMISSION).token,
    }


def _canaries(*connections: Connection) -> list[str]:
    secret = ("app_secret", "access_token", "refresh_token", "secret_key")
    found = [one.credentials.get(name) for one in connections for name in secret]
    hooks = [each for one in connections for each in one.credentials.get("webhook_secrets", ())]
    return [*filter(None, found), *hooks, "Canary", "canary", "203.0.113.9", "Traceback (most"]


def _known(shop: ConnectedShop, orders: list[str]) -> dict[str, list[str]]:
    """Ids of rows that are there, in the spellings that the API takes."""
    imported = [shop.link(one).saleor_order_id for one in orders[:1]]
    variants = [saleor_id("ProductVariant", key) for key in list(shop.saleor.state.variants)[:2]]
    return {
        "case": [global_id("TiktokStripeCase", "4035001"), "4035001"],
        "dispute": [global_id("TiktokStripeDispute", "du_1"), "du_1"],
        "job": [global_id("TiktokStripeJob", Job.objects.latest("pk").pk)],
        "event": [global_id("TiktokStripeEvent", InboundEvent.objects.latest("pk").pk)],
        "drift": [global_id("TiktokStripeDifference", Difference.objects.latest("pk").pk)],
        "order": [*imported, *orders, "57000001", "T3JkZXI6MQ=="],
        "transaction": ["VHJhbnNhY3Rpb25JdGVtOj1"],
        "refund": [global_id("TiktokStripeTransaction", "pi_1")],
        "payment": ["pi_1"],
        "payout": [global_id("TiktokStripePayout", "po_1"), "po_1"],
        "statement": ["st_1"],
        "sku": ["1729001", *(one["sku_id"] for one in shop.tiktok.catalog()[:1])],
        "variant": variants,
        "carrier": ["c1"],
        "name": ["By 1"],
        "subjects": ["57000001", "1729001", "pi_1"],
        "field": ["product_description", "receipt"],
    }


def _stay_here(event: str, arguments: tuple[Any, ...]) -> None:
    """Nobody but this machine is called, whatever address a case has made up."""
    if event not in {"socket.connect", "socket.getaddrinfo"}:
        return
    given = arguments[1] if event == "socket.connect" else arguments[0]
    host = given[0] if isinstance(given, tuple) else given
    if host not in {"127.0.0.1", "localhost", b"127.0.0.1", b"localhost"}:
        raise socket.gaierror(socket.EAI_NONAME, "tests stay on this machine")


class _Log(logging.Handler):
    """What was logged as an error, with its traceback."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@contextmanager
def _control(shop: ConnectedShop, stripe: StripeSandbox) -> Iterator[str]:
    """``GET /digest``: of all that is stored and sent. ``GET /logged``: errors since the last time.
    ``POST /``: the rows as they were at first."""
    log = _Log()
    logger = logging.getLogger()
    logging.getLogger("django.request").setLevel(logging.ERROR)
    logger.addHandler(log)
    keep_rows()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/digest":
                return self._say(_digest(shop, stripe))
            logged, log.lines = log.lines, []
            return self._say(logged)

        def do_POST(self) -> None:
            restore_rows()
            self._say({})

        def _say(self, body: dict[str, Any] | list[str]) -> None:
            database.close()
            text = json.dumps(body).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *args: object) -> None:
            """Silent."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        logger.removeHandler(log)
        server.shutdown()
        thread.join()
        server.server_close()


def _digest(shop: ConnectedShop, stripe: StripeSandbox) -> dict[str, str]:
    """Of the rows; of the calls that the vendors got; of Saleor's orders and variants."""
    state = shop.saleor.state
    with state.lock:
        saleor = repr((state.orders, state.variants, state.stocks, len(state.payers)))
    parts = {
        "rows": repr(everything()),
        "tiktok": repr(sorted(shop.tiktok.calls().items())),
        "stripe": repr(stripe.control.call_counts()),
        "saleor": saleor,
    }
    return {name: hashlib.sha256(text.encode()).hexdigest() for name, text in parts.items()}


def _tables() -> list[str]:
    models = apps.get_app_config("saleor_tiktok_stripe").get_models(include_auto_created=True)
    return [one._meta.db_table for one in models]


def keep_rows() -> None:
    with database.cursor() as cursor:
        cursor.execute("CREATE SCHEMA kept")
        for table in _tables():
            cursor.execute(f'CREATE TABLE kept."{table}" AS TABLE "{table}"')


def restore_rows() -> None:
    """References are checked at the end of the transaction: the order of tables is no matter. To
    delete these few rows takes a hundredth of what TRUNCATE takes, which makes new files."""
    emptied = [f'DELETE FROM "{one}"' for one in _tables()]
    filled = [f'INSERT INTO "{one}" SELECT * FROM kept."{one}"' for one in _tables()]
    with transaction.atomic(), database.cursor() as cursor:
        cursor.execute("; ".join([*emptied, *filled]))
