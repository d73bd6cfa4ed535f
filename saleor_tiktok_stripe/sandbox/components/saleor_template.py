"""Saleor's migrated database as a compressed dump, so that only the first run waits.

Two dumps per Saleor version are kept in the cache folder: Saleor alone (its migrations take
minutes), and with this plugin's migrations on top (seconds). Each is named after a hash of the
migrations in it, so a changed migration is never mistaken for an applied one.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import subprocess
import time
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

import saleor_tiktok_stripe
from saleor_tiktok_stripe.sandbox.components import postgres
from saleor_tiktok_stripe.sandbox.components.processes import ComponentError
from saleor_tiktok_stripe.sandbox.components.saleor_venv import cache_folder, lock

_APP = "saleor_tiktok_stripe"
_KEPT_PLUGIN_DUMPS = 5
_TRANSACTION_TIMEOUT = b"SET transaction_timeout = 0;\n"
_POSTGRES_17 = 170000

# Saleor alone: this plugin's app is taken out before Django reads the settings.
_MIGRATE_SALEOR = f"""
import saleor.settings as s
s.INSTALLED_APPS = [name for name in s.INSTALLED_APPS if not name.startswith({_APP!r})]
s.PLUGINS = [name for name in s.PLUGINS if not name.startswith({_APP!r})]
from django.core.management import execute_from_command_line
execute_from_command_line(["manage", "migrate", "--no-input", "--verbosity=0", "--skip-checks"])
"""


@dataclass(frozen=True)
class Target:
    """An empty database, and the Saleor whose tables it is to hold."""

    url: str
    python: Path
    source: Path
    version: str
    environment: Mapping[str, str]


def fill(target: Target) -> None:
    """Give an empty database the tables of Saleor and of this plugin.

    Raises:
        ComponentError: a migration or the restoring failed; the message says how.

    """
    base, full = _dump_paths(target)
    with lock(base.name):
        if full.exists():
            _restore(full, target.url)
            return
        if base.exists():
            _restore(base, target.url)
        else:
            _migrate_saleor(target)
            _dump(target.url, base)
        _migrate(target, ["-m", "django", "migrate", _APP, "--no-input", "--verbosity=0"])
        _dump(target.url, full)
        _forget_old(base)


def _dump_paths(target: Target) -> tuple[Path, Path]:
    saleors = _digest((target.source / "saleor").glob("**/migrations/**/*.py"))
    ours = _digest((Path(saleor_tiktok_stripe.__file__).parent / "migrations").glob("*.py"))
    stem = cache_folder() / f"{target.version}-{saleors}"
    return stem.with_name(f"{stem.name}.sql.gz"), stem.with_name(f"{stem.name}-{ours}.sql.gz")


def _digest(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in sorted(paths):
        digest.update(f"{path.parent.parent.name}/{path.name}\n".encode() + path.read_bytes())
    return digest.hexdigest()[:12]


def _migrate_saleor(target: Target) -> None:
    print(
        f"Migrating Saleor {target.version}, once for this version (about 3 minutes) ...",
        flush=True,
    )
    started = time.monotonic()
    _migrate(target, ["-c", _MIGRATE_SALEOR])
    print(f"... done in {time.monotonic() - started:.0f} s", flush=True)


def _migrate(target: Target, arguments: list[str]) -> None:
    result = subprocess.run(
        [str(target.python), *arguments],
        env=dict(target.environment),
        cwd=target.source,
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode:
        raise ComponentError(f"migrating failed: {result.stderr.strip()[-3000:]}")


def _dump(url: str, path: Path) -> None:
    pg_dump = [str(postgres.tool("pg_dump")), "--no-owner", "--no-privileges"]
    arguments, variables = _connection(url)
    result = subprocess.run([*pg_dump, *arguments], env=variables, capture_output=True, check=False)
    if result.returncode:
        raise ComponentError(f"pg_dump failed: {result.stderr.decode().strip()}")
    unfinished = path.with_name(f"{path.name}.{os.getpid()}")
    unfinished.write_bytes(gzip.compress(result.stdout))
    unfinished.replace(path)


def _restore(path: Path, url: str) -> None:
    try:
        dump = gzip.decompress(path.read_bytes())
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise _unusable(path, str(error)) from error
    with psycopg.connect(url) as connection:
        if connection.info.server_version < _POSTGRES_17:
            dump = dump.replace(_TRANSACTION_TIMEOUT, b"")
    psql = [str(postgres.tool("psql")), "--no-psqlrc", "--quiet", "--single-transaction"]
    arguments, variables = _connection(url)
    result = subprocess.run(
        [*psql, "--set=ON_ERROR_STOP=1", "--output=/dev/null", *arguments],
        env=variables,
        input=dump,
        capture_output=True,
        check=False,
    )
    if result.returncode:
        raise _unusable(path, result.stderr.decode().strip())


def _unusable(path: Path, said: str) -> ComponentError:
    return ComponentError(f"remove {path}, it cannot be restored and will be made again: {said}")


def _connection(url: str) -> tuple[list[str], dict[str, str]]:
    """Arguments and environment for a client program; the password stays off the process list."""
    parts = conninfo_to_dict(url)
    password = str(parts.pop("password", ""))
    variables = postgres.tool_environment() | ({"PGPASSWORD": password} if password else {})
    return [f"--dbname={make_conninfo('', **parts)}"], variables


def _forget_old(base: Path) -> None:
    stem = base.name.removesuffix(".sql.gz")
    dumps = sorted(base.parent.glob(f"{stem}-*.sql.gz"), key=lambda path: path.stat().st_mtime)
    for path in dumps[:-_KEPT_PLUGIN_DUMPS]:
        path.unlink(missing_ok=True)
