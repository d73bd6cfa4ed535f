"""Our webhook address against an empty view of the same server, over loopback from this process.

Each notification is new and signed; each is stored, committed to disk and handed over before the
200. Runs beside the sidecar or inside a real Saleor, whichever the environment names.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

from benchmarks import load
from benchmarks.measuring import report, turn_by_turn

REAL = os.environ.get("DJANGO_SETTINGS_MODULE") == "saleor.settings"
REQUESTS, ROUNDS = (120, 5) if REAL else (400, 7)
CHANNEL = "tiktok-us"


def main() -> None:
    """Print the ratio."""
    import django

    django.setup()
    (_prepare_saleor if REAL else _prepare)()
    with (_saleor if REAL else _sidecar)() as port:
        rates = turn_by_turn(_runs(port), ROUNDS)
    _check()
    setup = f"uvicorn, {load.CONNECTIONS} connections, fsync on"
    if REAL:
        setup += f"; an address of the plugin that does nothing {rates['door']:.0f}/s"
    report(
        "webhook_ack_vs_empty_view" + ("_in_saleor" if REAL else ""),
        rates["ours"] / rates["empty"],
        f"notifications stored and answered {rates['ours']:.0f}/s",
        f"empty view {rates['empty']:.0f}/s",
        setup,
    )


def _runs(port: int) -> dict[str, Callable[[], float]]:
    empty = [load.post("/empty/", b"{}", {})] * REQUESTS
    runs = {
        "ours": lambda: load.per_second(port, _notifications()),
        "empty": lambda: load.per_second(port, empty),
    }
    if REAL:
        # Saleor loads all its plugins before any of them hears of a request: a price of its own.
        nothing = [load.post(_address("nothing/"), b"{}", {})] * REQUESTS
        runs["door"] = lambda: load.per_second(port, nothing, status=404)
    return runs


def _address(path: str) -> str:
    from saleor_tiktok_stripe import conf

    return f"/plugins/channel/{CHANNEL}/{conf.PLUGIN_ID}/{path}"


def _notifications() -> list[bytes]:
    from tests.support.factories import APP_KEY, APP_SECRET, SHOP_ID

    path = _address("webhooks/tiktok/")
    made = []
    for _ in range(REQUESTS):
        number = uuid.uuid4().int
        body = json.dumps(
            {
                "type": 1,
                "tts_notification_id": str(number),
                "shop_id": SHOP_ID,
                "timestamp": int(time.time()),
                "data": {
                    "order_id": str(number % 10**18),
                    "order_status": "AWAITING_SHIPMENT",
                    "is_on_hold_order": False,
                    "update_time": int(time.time()),
                },
            }
        ).encode()
        signature = hmac.new(APP_SECRET.encode(), APP_KEY.encode() + body, hashlib.sha256)
        made.append(load.post(path, body, {"Authorization": signature.hexdigest()}))
    return made


def _check() -> None:
    from saleor_tiktok_stripe.models import InboundEvent, Job

    expected = REQUESTS * (ROUNDS + 1)
    if InboundEvent.objects.count() != expected or Job.objects.count() != expected:
        raise SystemExit("not every notification was stored and handed over once")


def _prepare() -> None:
    from tests.support.factories import make_connection

    make_connection(CHANNEL)


def _prepare_saleor() -> None:
    from saleor.channel.models import Channel
    from saleor.plugins.models import PluginConfiguration

    from saleor_tiktok_stripe import conf
    from saleor_tiktok_stripe.saleor_api import writer

    with writer():
        channel = Channel.objects.create(
            name=CHANNEL, slug=CHANNEL, currency_code="USD", default_country="US", is_active=True
        )
        PluginConfiguration.objects.create(
            identifier=conf.PLUGIN_ID, name="TikTok", channel=channel, active=True, configuration=[]
        )
        _prepare()


@contextmanager
def _sidecar() -> Iterator[int]:
    from saleor_tiktok_stripe.sandbox.components import processes

    port = processes.free_port()
    application = "saleor_tiktok_stripe.sandbox.sidecar.asgi:application"
    command = [sys.executable, "-m", "uvicorn", application, "--host", processes.LOOPBACK]
    options = ["--port", str(port), "--no-access-log", "--lifespan", "off"]
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "benchmarks.hosts.sidecar"}
    with ExitStack() as exits:
        folder = Path(exits.enter_context(tempfile.TemporaryDirectory()))
        server = processes.start([*command, *options], env=environment, log=folder / "log")
        exits.enter_context(server)
        processes.wait_until(partial(processes.listens, port), server, timeout=60)
        yield port


@contextmanager
def _saleor() -> Iterator[int]:
    from saleor_tiktok_stripe.sandbox.components import saleor_env

    extra = dict(os.environ) | {"DJANGO_SETTINGS_MODULE": "benchmarks.hosts.saleor"}
    with ExitStack() as exits:
        folder = Path(exits.enter_context(tempfile.TemporaryDirectory()))
        url = os.environ["DATABASE_URL"]
        log = folder / "log"
        server = exits.enter_context(saleor_env.serve(saleor_env.find(), url, extra=extra, log=log))
        yield int(server.url.rpartition(":")[2])


if __name__ == "__main__":
    main()
