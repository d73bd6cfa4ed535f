"""Our Stripe webhook address against dj-stripe's own view: same server program, same PostgreSQL,
same events, dj-stripe in an environment of its own.

Both verify, store, deduplicate and answer. The event is one that dj-stripe stores and does no
further work for (no handler of its own); ours also writes the job that it asks for. One in ten is a
repetition.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

import psycopg

from benchmarks import load
from benchmarks.measuring import report, turn_by_turn

REQUESTS, ROUNDS = 400, 7
REPEATED = 10
CHANNEL = "tiktok-us"
SECRET = "whsec_for_a_benchmark_only"
ENDPOINT = uuid.UUID("6d1f0c64-3f0f-4f4f-9a58-000000000001")
ACCOUNT = "acct_1Benchmark"
PACKAGES = ("dj-stripe>=2.11,<2.12", "django>=5.2,<5.3", "psycopg[binary,pool]>=3.2,<4", "uvicorn")
_ROOT = Path(__file__).resolve().parents[1]
_DATABASE = "dj_stripe"


def main() -> None:
    """Print the ratio."""
    import django

    django.setup()
    from saleor_tiktok_stripe import conf

    ours_path = f"/plugins/channel/{CHANNEL}/{conf.PLUGIN_ID}/webhooks/stripe/"
    theirs_path = f"/stripe/webhook/{ENDPOINT}/"
    _prepare()
    with ExitStack() as exits:
        theirs = exits.enter_context(_dj_stripe())
        ours = exits.enter_context(
            _serve(
                Path(sys.executable),
                "saleor_tiktok_stripe.sandbox.sidecar.asgi:application",
                dict(os.environ),
            )
        )
        rates = turn_by_turn(
            {
                "ours": lambda: load.per_second(ours, _events(ours_path)),
                "theirs": lambda: load.per_second(theirs, _events(theirs_path)),
            },
            ROUNDS,
        )
        _check()
    report(
        "stripe_webhook_vs_dj_stripe",
        rates["ours"] / rates["theirs"],
        f"events verified, stored once and answered {rates['ours']:.0f}/s",
        f"dj-stripe's own view {rates['theirs']:.0f}/s",
        f"uvicorn, {load.CONNECTIONS} connections, fsync on, one in {REPEATED} repeated",
    )


def _events(path: str) -> list[bytes]:
    made: list[bytes] = []
    for number in range(REQUESTS):
        if number % REPEATED == REPEATED - 1:
            made.append(made[-1])
            continue
        body = _event(uuid.uuid4().hex)
        stamp = int(time.time())
        signed = hmac.new(SECRET.encode(), f"{stamp}.".encode() + body, hashlib.sha256)
        made.append(
            load.post(path, body, {"Stripe-Signature": f"t={stamp},v1={signed.hexdigest()}"})
        )
    return made


def _event(mark: str) -> bytes:
    refund = {
        "id": f"re_{mark}",
        "object": "refund",
        "amount": 1200,
        "charge": f"ch_{mark}",
        "created": int(time.time()),
        "currency": "usd",
        "metadata": {},
        "payment_intent": f"pi_{mark}",
        "reason": "requested_by_customer",
        "status": "succeeded",
    }
    return json.dumps(
        {
            "id": f"evt_{mark}",
            "object": "event",
            "api_version": "2025-10-29.clover",
            "created": int(time.time()),
            "data": {"object": refund},
            "livemode": False,
            "pending_webhooks": 1,
            "request": {"id": None, "idempotency_key": None},
            "type": "refund.created",
        }
    ).encode()


def _prepare() -> None:
    from saleor_tiktok_stripe.models import Connection, Vendor

    Connection.objects.create(
        vendor=Vendor.STRIPE,
        channel_slug=CHANNEL,
        state="active",
        account_id=ACCOUNT,
        livemode=False,
        credentials={"webhook_secrets": [SECRET]},
    )


def _check() -> None:
    from saleor_tiktok_stripe.models import InboundEvent, Job

    expected = (REQUESTS - REQUESTS // REPEATED) * (ROUNDS + 1)
    ours = (InboundEvent.objects.count(), Job.objects.count())
    with psycopg.connect(_their_url()) as database:
        row = database.execute("SELECT count(*) FROM djstripe_event").fetchone()
    if ours != (expected, expected) or row != (expected,):
        raise SystemExit(f"not every event was stored once: {ours}, {row}, expected {expected}")


def _their_url() -> str:
    return os.environ["DATABASE_URL"].rpartition("/")[0] + f"/{_DATABASE}"


@contextmanager
def _dj_stripe() -> Iterator[int]:
    """dj-stripe's server, with one endpoint and the account that owns it."""
    python = _environment()
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as database:
        database.execute(f"CREATE DATABASE {_DATABASE}")
    environment = {
        "PATH": os.environ.get("PATH", ""),
        "PYTHONPATH": str(_ROOT),
        "DATABASE_URL": _their_url(),
        "DJANGO_SETTINGS_MODULE": "benchmarks.hosts.dj_stripe",
    }
    for command in (
        ["-m", "django", "migrate", "--run-syncdb", "--verbosity", "0"],
        ["-c", _THEIR_ROWS],
    ):
        subprocess.run([str(python), *command], env=environment, cwd=_ROOT, check=True)
    try:
        with _serve(python, "benchmarks.hosts.dj_stripe_asgi:application", environment) as port:
            yield port
    finally:
        with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as database:
            database.execute(f"DROP DATABASE {_DATABASE} WITH (FORCE)")


_THEIR_ROWS = f"""
import django
django.setup()
from djstripe.models import Account, APIKey, WebhookEndpoint
account = Account.objects.create(id="{ACCOUNT}", livemode=False, stripe_data={{}})
APIKey.objects.create(id="key", type="secret", secret="sk_test_ForABenchmarkOnly00000000000000",
    livemode=False, djstripe_owner_account=account)
WebhookEndpoint.objects.create(id="we_1", djstripe_uuid="{ENDPOINT}", secret="{SECRET}",
    livemode=False, status="enabled", url="https://shop.example.com", enabled_events=["*"],
    stripe_data={{}}, djstripe_owner_account=account)
"""


def _environment() -> Path:
    """Its virtual environment, made once and kept with the other costly things."""
    from saleor_tiktok_stripe.sandbox.components import saleor_venv

    mark = hashlib.sha256(" ".join((*PACKAGES, sys.version)).encode()).hexdigest()[:12]
    with saleor_venv.lock("dj-stripe"):
        folder = saleor_venv.cache_folder() / f"venv-dj-stripe-{mark}"
        python = folder / "bin" / "python"
        if not (folder / "installed").exists():
            subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
            install = [str(python), "-m", "pip", "install", "--quiet", *PACKAGES]
            subprocess.run([*install, "--disable-pip-version-check"], check=True)
            (folder / "installed").touch()
    return python


@contextmanager
def _serve(python: Path, application: str, environment: dict[str, str]) -> Iterator[int]:
    from saleor_tiktok_stripe.sandbox.components import processes

    port = processes.free_port()
    command = [str(python), "-m", "uvicorn", application, "--host", processes.LOOPBACK]
    options = ["--port", str(port), "--no-access-log", "--lifespan", "off"]
    with ExitStack() as exits:
        folder = Path(exits.enter_context(tempfile.TemporaryDirectory()))
        server = processes.start([*command, *options], env=environment, log=folder / "log")
        exits.enter_context(server)
        processes.wait_until(partial(processes.listens, port), server, timeout=60)
        yield port


if __name__ == "__main__":
    main()
