"""Run the benchmarks, each in a process of its own beside one durable PostgreSQL."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography.fernet import Fernet

from saleor_tiktok_stripe.sandbox.components import saleor_env
from saleor_tiktok_stripe.sandbox.components.postgres import Postgres
from saleor_tiktok_stripe.sandbox.components.processes import ComponentError
from saleor_tiktok_stripe.sandbox.components.saleor_env import SaleorHome

ROOT = Path(__file__).resolve().parents[1]
LONGEST = 180
"""Seconds after which a program is given up, unless it says otherwise."""
_TAIL = 30


@dataclass(frozen=True)
class Program:
    """One program and the lines it prints. ``saleor``: it runs inside a real Saleor. After
    ``longest`` seconds it is given up."""

    module: str
    names: tuple[str, ...]
    saleor: bool = False
    longest: int = LONGEST


PROGRAMS = (
    Program("bench_import", ("import_vs_order_bulk_create", "import_vs_raw_insert"), saleor=True),
    Program("bench_end_to_end", ("import_end_to_end_vs_order_bulk_create",), saleor=True),
    Program("bench_webhook", ("webhook_ack_vs_empty_view",)),
    Program("bench_webhook", ("webhook_ack_vs_empty_view_in_saleor",), saleor=True),
    Program("bench_stripe_webhook", ("stripe_webhook_vs_dj_stripe",)),
    Program("bench_api", ("api_overhead",), saleor=True),
    Program("bench_payment", ("transaction_initialize_overhead",), saleor=True),
    Program("bench_reconcile", ("reconcile_cost_growth",), longest=600),
    Program("bench_reconcile_growth", ("reconcile_growth",), longest=600),
    Program("bench_insights_growth", ("insights_growth",), longest=600),
    Program("bench_stock", ("stock_push_growth", "stock_latency"), saleor=True, longest=400),
    Program("bench_weight", ("memory_added", "startup_added"), saleor=True),
)


def main() -> int:
    """0 when each program ran to its end, 1 when one failed, 2 when nothing could be started."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--list", action="store_true", help="only say what there is")
    parser.add_argument("names", nargs="*", help="only these")
    arguments = parser.parse_args()
    known = [name for program in PROGRAMS for name in program.names]
    unknown = [name for name in arguments.names if name not in known]
    if unknown:
        parser.error(f"there is no {unknown[0]}")
    if arguments.list:
        print("\n".join(known))
        return 0
    wanted = set(arguments.names or known)
    try:
        return _run([program for program in PROGRAMS if wanted & set(program.names)])
    except ComponentError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2


def _run(programs: list[Program]) -> int:
    home = saleor_env.find()
    print(home.line, flush=True)
    if home.real:
        saleor_env.prepare(home)
    else:
        left_out = [name for program in programs if program.saleor for name in program.names]
        if left_out:
            print(f"left out, they need a real Saleor (SALEOR_SRC): {', '.join(left_out)}")
    chosen = [program for program in programs if home.real or not program.saleor]
    with Postgres(durable=True) as server:
        failed = [program.module for program in chosen if not _ran(program, home, server)]
    for module in failed:
        print(f"error: {module} failed", file=sys.stderr)
    return 1 if failed else 0


def _ran(program: Program, home: SaleorHome, server: Postgres) -> bool:
    place = _in_saleor(home, server) if program.saleor else _in_sidecar(server, program.module)
    with place as (python, environment):
        command = [str(python), "-m", f"benchmarks.{program.module}"]
        with tempfile.TemporaryFile("w+", encoding="utf-8") as log:
            try:
                code = subprocess.run(
                    command,
                    env=environment,
                    cwd=ROOT,
                    check=False,
                    timeout=program.longest,
                    stderr=log,
                ).returncode
            except subprocess.TimeoutExpired:
                code = 1
            if code:
                log.seek(0)
                print("".join(log.readlines()[-_TAIL:]), file=sys.stderr)
    return code == 0


@contextmanager
def _in_saleor(home: SaleorHome, server: Postgres) -> Iterator[tuple[Path, dict[str, str]]]:
    with saleor_env.database(server, home) as url:
        assert home.python is not None  # a real one has an interpreter
        yield home.python, saleor_env.environment(url) | _QUIET


@contextmanager
def _in_sidecar(server: Postgres, name: str) -> Iterator[tuple[str, dict[str, str]]]:
    environment = {
        key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"
    } | {
        "DATABASE_URL": server.create_database(name),
        "DJANGO_SETTINGS_MODULE": "saleor_tiktok_stripe.sandbox.sidecar.settings",
        "TIKTOK_STRIPE_SANDBOX": "1",
        "TIKTOK_STRIPE_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
    }
    migrate = [sys.executable, "-m", "django", "migrate", "--verbosity", "0"]
    subprocess.run([*migrate, "--skip-checks"], env=environment, check=True)
    yield sys.executable, environment | _QUIET
    server.drop_database(name)


_QUIET = {"LOG_LEVEL": "WARNING", "PYTHONWARNINGS": "ignore", "PYTHONPATH": str(ROOT)}


if __name__ == "__main__":
    sys.exit(main())
