"""Everything the demo runs on, started in order and ended however the demo ends."""

from __future__ import annotations

import os
import secrets
import signal
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from celery import Celery
from cryptography.fernet import Fernet

from saleor_tiktok_stripe import conf
from saleor_tiktok_stripe.saleor_api.over_http.requests import subscriptions
from saleor_tiktok_stripe.sandbox.components import processes, saleor_env
from saleor_tiktok_stripe.sandbox.components.postgres import Postgres
from saleor_tiktok_stripe.sandbox.components.processes import LOOPBACK, Process
from saleor_tiktok_stripe.sandbox.components.redis import Redis
from saleor_tiktok_stripe.sandbox.components.saleor_env import SaleorHome
from saleor_tiktok_stripe.sandbox.saleor import SaleorSandbox
from saleor_tiktok_stripe.sandbox.stripe import StripeSandbox
from saleor_tiktok_stripe.sandbox.tiktok import TikTokSandbox

CHANNEL = "tiktok-us"
WORKERS = 2
_PATH = f"/plugins/channel/{CHANNEL}/{conf.PLUGIN_ID}"
_SIDECAR = "saleor_tiktok_stripe.sandbox.sidecar"
# A rehearsal does not wait as long as a shop may: seconds instead of minutes.
_HASTE = {
    "TIKTOK_STRIPE_SWEEP_SECONDS": "2",
    "TIKTOK_STRIPE_POLL_SECONDS": "3",
    "TIKTOK_STRIPE_LOOK_SECONDS": "1",
    "TIKTOK_STRIPE_LEASE_SECONDS": "8",
    "TIKTOK_STRIPE_DOUBT_SECONDS": "3",
}


@dataclass
class Stack:
    """The running parts. ``environment`` is that of every process of the host (Saleor or sidecar);
    ``saleor`` is None on a real Saleor."""

    home: SaleorHome
    tiktok: TikTokSandbox
    stripe: StripeSandbox
    saleor: SaleorSandbox | None
    environment: Mapping[str, str]
    url: str
    folder: Path
    broker: bool
    lines: list[str] = field(default_factory=list)
    workers: list[Process] = field(default_factory=list)

    def start_workers(self) -> None:
        """Two workers and the clock: Celery's where there is a broker, else two of our own."""
        if self.broker:
            self._start("worker", self._celery())
        else:
            for _ in range(WORKERS):
                self._start("worker", [sys.executable, "-m", "saleor_tiktok_stripe.cli", "worker"])

    def kill_worker(self) -> int:
        """End a worker as a power cut would; its process id. Another one takes its place."""
        if not self.broker:
            victim = self.workers[0]
            victim.kill()
            self.start_workers()
            return victim.pid
        pid = self._pool_processes()[0]
        os.kill(pid, signal.SIGKILL)  # Celery's pool starts another
        return pid

    def _start(self, name: str, command: list[str]) -> None:
        log = self.folder / f"{name}-{len(self.workers)}.log"
        self.workers.append(
            processes.start(command, env=self.environment, cwd=self.home.source, log=log)
        )

    def _celery(self) -> list[str]:
        app = "saleor.celeryconf:app" if self.home.real else f"{_SIDECAR}.celery:app"
        clock = (
            ["--scheduler", "saleor.schedulers.schedulers.DatabaseScheduler"]
            if self.home.real
            else ["--schedule", str(self.folder / "beat")]
        )
        command = [sys.executable, "-m", "celery", "--app", app, "worker", "--beat", *clock]
        return [*command, "--concurrency", str(WORKERS), "--loglevel", "INFO"]

    def _pool_processes(self) -> list[int]:
        with Celery(broker=self.environment["CELERY_BROKER_URL"]) as app:
            stats = app.control.inspect(timeout=2, limit=1).stats() or {}
        pids = [pid for one in stats.values() for pid in one["pool"]["processes"]]
        if not pids:
            raise processes.ComponentError("No Celery worker answers.")
        return pids


@contextmanager
def running(*, orders: int, seed: int, **shop: Any) -> Iterator[Stack]:
    """Start database, broker, both vendors' stand-ins and the host's web server. ``shop``: other
    options of the local TikTok Shop.

    Raises:
        ComponentError: something cannot be started; the message says which and why.

    """
    home = saleor_env.find()
    with ExitStack() as exits:
        folder = Path(exits.enter_context(tempfile.TemporaryDirectory(prefix="tiktok-demo-")))
        server = exits.enter_context(Postgres())
        redis = exits.enter_context(Redis())
        tiktok = exits.enter_context(
            TikTokSandbox(
                **{"orders": orders, "seed": seed, "unlinked_share": 0.04, "auto_deliver": True}
                | shop
            )
        )
        stripe = exits.enter_context(StripeSandbox(seed=seed, auto_deliver=True))
        common = _HASTE | _vendors(tiktok, stripe) | _broker(redis)
        parts = _on_saleor if home.real else _on_sidecar
        environment, url, saleor = parts(exits, home, server, common, folder)
        tiktok.configure(redirect_url=f"{url}{_redirect_path()}", auto_approve=True)
        lines = [home.line, redis.line]
        broker = bool(environment.get("CELERY_BROKER_URL"))
        stack = Stack(home, tiktok, stripe, saleor, environment, url, folder, broker, lines)
        exits.callback(lambda: [worker.stop() for worker in reversed(stack.workers)])
        yield stack


def _redirect_path() -> str:
    return f"{_PATH}/oauth/tiktok/"


def _vendors(tiktok: TikTokSandbox, stripe: StripeSandbox) -> dict[str, str]:
    return {
        "TIKTOK_STRIPE_SANDBOX": "1",
        "TIKTOK_STRIPE_TIKTOK_API_URL": tiktok.base_url,
        "TIKTOK_STRIPE_TIKTOK_AUTH_URL": tiktok.auth_url,
        "TIKTOK_STRIPE_TIKTOK_CONSENT_URL": tiktok.auth_url,
        "TIKTOK_STRIPE_STRIPE_API_URL": stripe.base_url,
        "TIKTOK_STRIPE_STRIPE_CONNECT_URL": stripe.connect_url,
        "TIKTOK_STRIPE_STRIPE_FILES_URL": stripe.files_url,
    }


def _broker(redis: Redis) -> dict[str, str]:
    if not redis.url:
        return {}
    return {
        "CELERY_BROKER_URL": os.environ.get("CELERY_BROKER_URL") or redis.url,
        "CACHE_URL": redis.url,
        "TIKTOK_STRIPE_REDIS_URL": redis.url,
    }


Parts = tuple[Mapping[str, str], str, SaleorSandbox | None]


def _on_saleor(
    exits: ExitStack, home: SaleorHome, server: Postgres, common: dict[str, str], folder: Path
) -> Parts:
    url = exits.enter_context(saleor_env.database(server, home))
    web = exits.enter_context(saleor_env.serve(home, url, extra=common, log=folder / "saleor.log"))
    return web.environment, web.url, None


def _on_sidecar(
    exits: ExitStack, home: SaleorHome, server: Postgres, common: dict[str, str], folder: Path
) -> Parts:
    saleor = exits.enter_context(SaleorSandbox())
    port = processes.free_port()
    url = f"http://{LOOPBACK}:{port}"
    # At DATABASE_URL another demo may be at it, or what one left that was killed.
    name, secret = f"sidecar_demo_{secrets.token_hex(4)}", secrets.token_urlsafe(32)
    saleor.add_webhooks(f"{url}{_PATH}/webhooks/saleor/", secret, subscriptions())
    environment = (
        dict(os.environ)
        | common
        | {
            "DATABASE_URL": server.create_database(name),
            "DJANGO_SETTINGS_MODULE": f"{_SIDECAR}.settings",
            "PUBLIC_URL": url,
            "SALEOR_API_URL": saleor.url,
            "SALEOR_APP_TOKEN": saleor.token,
            "SALEOR_WEBHOOK_SECRET": secret,
            "TIKTOK_STRIPE_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
        }
    )
    exits.callback(server.drop_database, name)
    python = [sys.executable, "-m"]
    migrate = processes.start([*python, "django", "migrate", "--verbosity", "0"], env=environment)
    migrate.wait()
    command = [*python, "uvicorn", f"{_SIDECAR}.asgi:application", "--host", LOOPBACK]
    web = exits.enter_context(
        processes.start(
            [*command, "--port", str(port), "--no-access-log", "--lifespan", "off"],
            env=environment,
            log=folder / "sidecar.log",
        )
    )
    processes.wait_until(lambda: processes.listens(port), web, timeout=30)
    return environment, url, saleor
