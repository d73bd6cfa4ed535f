"""Find Saleor, make it runnable beside this plugin, and start it.

Saleor is looked for in this order: importable here; the checkout that SALEOR_SRC names; else the
sandbox Saleor, which needs nothing. `python -m ...components.saleor_env --help` is the same for
a shell: `where`, `setup`, `template`, and `run -- command`.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import re
import secrets
import subprocess
import sys
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from cryptography.fernet import Fernet
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from saleor_tiktok_stripe.sandbox.components import processes, saleor_template, saleor_venv
from saleor_tiktok_stripe.sandbox.components.postgres import Postgres
from saleor_tiktok_stripe.sandbox.components.processes import LOOPBACK, ComponentError, Process

_VERSION = re.compile(r'^__version__ = "(?P<version>[^"]+)"', re.MULTILINE)
_UNSET = ("PYTHONDONTWRITEBYTECODE", "DJANGO_SETTINGS_MODULE", "PYTHONHOME", "VIRTUAL_ENV")
_START_SECONDS = 120


@dataclass(frozen=True)
class SaleorHome:
    """Where Saleor is. `source` and `python` are None for the sandbox Saleor."""

    kind: Literal["installed", "checkout", "sandbox"]
    version: str = ""
    source: Path | None = None
    python: Path | None = None

    @property
    def real(self) -> bool:
        """Whether it is Saleor itself and not the sandbox Saleor."""
        return self.kind != "sandbox"

    @property
    def line(self) -> str:
        """One line for the user: which Saleor is used, and why."""
        if self.kind == "installed":
            return f"Saleor: {self.version}, installed in this environment ({self.source})"
        if self.kind == "checkout":
            return f"Saleor: {self.version}, the checkout SALEOR_SRC={self.source}"
        return "Saleor: the sandbox Saleor (no Saleor is importable and SALEOR_SRC is not set)"


def find() -> SaleorHome:
    """Which Saleor to use; looks, and changes nothing.

    Raises:
        ComponentError: SALEOR_SRC is set but is no Saleor checkout.

    """
    spec = importlib.util.find_spec("saleor")
    if spec is not None and spec.origin is not None:
        package = Path(spec.origin).parent
        if (package / "asgi").exists() or (package / "asgi.py").exists():
            return SaleorHome("installed", _version(package), package.parent, Path(sys.executable))
    named = os.environ.get("SALEOR_SRC", "")
    if not named:
        return SaleorHome("sandbox")
    source = Path(named).expanduser().resolve()
    if not (source / "saleor" / "settings.py").is_file():
        raise ComponentError(f"SALEOR_SRC={named} is not a Saleor checkout: no saleor/settings.py")
    return SaleorHome("checkout", _version(source / "saleor"), source, saleor_venv.python_path())


def prepare(home: SaleorHome) -> None:
    """See that the interpreter of `home` has Saleor's dependencies and this plugin.

    Raises:
        ComponentError: something is missing that cannot be got; the message says what to do.

    """
    if home.kind == "checkout" and home.source is not None:
        saleor_venv.ensure(home.source)


@contextmanager
def database(server: Postgres, home: SaleorHome) -> Iterator[str]:
    """A migrated Saleor database on `server` for the length of the block; gives its URL.

    It holds no channel, warehouse or other default rows. The first call for a Saleor version
    takes minutes (its migrations are run and kept as a dump in the cache folder), later ones
    less than a second.
    """
    if home.source is None or home.python is None:
        raise ComponentError("the sandbox Saleor has no database of its own")
    name = f"saleor_{uuid.uuid4().hex[:8]}"
    url = server.create_database(name, template="template0")
    try:
        saleor_template.fill(
            saleor_template.Target(url, home.python, home.source, home.version, environment(url))
        )
        yield url
    finally:
        server.drop_database(name)


def environment(database_url: str, public_url: str = f"http://{LOOPBACK}:8000") -> dict[str, str]:
    """Environment for Saleor's processes: one per run, passed to each of them.

    Keys are made once in a process, so that its Saleor processes accept each other's tokens. What
    is set in our own environment (CELERY_BROKER_URL, CACHE_URL, LOG_LEVEL, ...) is passed on.
    """
    ours = {key: value for key, value in os.environ.items() if key not in _UNSET}
    return ours | {
        "ALLOWED_CLIENT_HOSTS": f"{LOOPBACK},localhost",
        "ALLOWED_HOSTS": f"{LOOPBACK},localhost",
        "DATABASE_URL": database_url,
        "DEBUG": "False",
        "DEFAULT_FROM_EMAIL": "saleor@example.com",
        "DJANGO_SETTINGS_MODULE": "saleor.settings",
        "EMAIL_URL": "consolemail://",
        "HTTP_IP_FILTER_ALLOW_LOOPBACK_IPS": "True",
        "POPULATE_DEFAULTS": "False",
        "PUBLIC_URL": public_url,
        "TIKTOK_STRIPE_SANDBOX": "1",
        **_keys(),
    }


@cache
def _keys() -> Mapping[str, str]:
    private_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = private_key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    return {
        "RSA_PRIVATE_KEY": pem.decode(),
        "SECRET_KEY": secrets.token_urlsafe(48),
        "TIKTOK_STRIPE_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
    }


@dataclass(frozen=True)
class SaleorServer:
    """A running Saleor; `url` has no trailing slash."""

    process: Process
    url: str
    environment: Mapping[str, str]


@contextmanager
def serve(
    home: SaleorHome,
    database_url: str,
    *,
    extra: Mapping[str, str] | None = None,
    log: Path | None = None,
) -> Iterator[SaleorServer]:
    """Run `uvicorn saleor.asgi:application` on a free loopback port until the block ends.

    Args:
        home: a real Saleor, prepared.
        database_url: a migrated database.
        extra: variables that go over those of `environment()`.
        log: file for its output; None passes it through.

    Raises:
        ComponentError: it does not answer within two minutes.

    """
    port = processes.free_port()
    url = f"http://{LOOPBACK}:{port}"
    variables = environment(database_url, url) | dict(extra or {})
    command = [str(home.python), "-m", "uvicorn", "saleor.asgi:application", "--host", LOOPBACK]
    options = ["--port", str(port), "--no-access-log", "--lifespan", "off"]
    with processes.start([*command, *options], env=variables, cwd=home.source, log=log) as process:
        processes.wait_until(lambda: _answers(url), process, timeout=_START_SECONDS, interval=0.2)
        yield SaleorServer(process, url, variables)


def _answers(url: str) -> bool:
    try:
        urllib.request.urlopen(f"{url}/health/", timeout=10).close()  # noqa: S310
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


def _version(package: Path) -> str:
    match = _VERSION.search((package / "__init__.py").read_text())
    return match["version"] if match else "unknown"


def _run(home: SaleorHome, command: list[str]) -> int:
    """Run a command beside a migrated database, with the interpreter of `home` first on the PATH.

    The database is left untouched for tests to clone: SALEOR_TEMPLATE_DATABASE is its name.
    """
    if home.python is None:
        raise ComponentError("no real Saleor: set SALEOR_SRC to a Saleor checkout")
    prepare(home)
    with Postgres() as server, database(server, home) as url:
        variables = environment(url) | {
            "PATH": f"{home.python.parent}{os.pathsep}{os.environ.get('PATH', '')}",
            "SALEOR_TEMPLATE_DATABASE": url.rpartition("/")[2].partition("?")[0],
        }
        program = str(home.python) if command[0] == "python" else command[0]
        with processes.start([program, *command[1:]], env=variables) as process:
            return process.wait()


def main() -> int:
    """Command line of this module; returns the exit code."""
    parser = argparse.ArgumentParser(prog="saleor_env", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("where", help="say which Saleor is used")
    commands.add_parser("setup", help="make the virtual environment for SALEOR_SRC")
    commands.add_parser("template", help="the same, and migrate the template database once")
    run = commands.add_parser("run", help="run a command beside a migrated database")
    run.add_argument("program", nargs=argparse.REMAINDER)
    arguments = parser.parse_args()
    try:
        home = find()
        print(home.line, flush=True)
        if arguments.command == "setup":
            prepare(home)
        elif arguments.command == "template":
            return _run(home, ["true"])
        elif arguments.command == "run":
            program = (
                arguments.program[1:] if arguments.program[:1] == ["--"] else arguments.program
            )
            if not program:
                parser.error("which command?")
            return _run(home, program)
    except (ComponentError, subprocess.CalledProcessError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
