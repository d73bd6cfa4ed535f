import gzip
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from cryptography.fernet import Fernet

from saleor_tiktok_stripe.sandbox.components import saleor_env, saleor_template, saleor_venv
from saleor_tiktok_stripe.sandbox.components.postgres import Postgres
from saleor_tiktok_stripe.sandbox.components.processes import ComponentError
from saleor_tiktok_stripe.sandbox.components.saleor_template import Target


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder laid out like a Saleor checkout, with one migration."""
    package = tmp_path / "checkout" / "saleor"
    (package / "order" / "migrations").mkdir(parents=True)
    (package / "__init__.py").write_text('__version__ = "3.23.28"\n')
    (package / "settings.py").write_text("")
    (package / "order" / "migrations" / "0001_initial.py").write_text("first")
    return package.parent


@pytest.fixture
def python(tmp_path: Path) -> Path:
    """Stands for Saleor's interpreter: "migrating" adds a table named after what was asked."""
    program = tmp_path / "python"
    program.write_text(
        f"""#!{sys.executable}
import os, sys, psycopg
name = "saleor_order" if sys.argv[1] == "-c" else "our_job"
with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
    connection.execute(f"CREATE TABLE {{name}} (id int)")
with open({str(tmp_path / "ran")!r}, "a") as log:
    log.write(name + "\\n")
"""
    )
    program.chmod(0o755)
    return program


@pytest.fixture(autouse=True)
def cache_of_this_test(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("SALEOR_SRC", raising=False)


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    with Postgres(url="") as running:
        yield running


def migrated(tmp_path: Path) -> list[str]:
    """What the stand-in for Saleor's interpreter was asked to migrate since the last look."""
    log = tmp_path / "ran"
    ran = log.read_text().split() if log.exists() else []
    log.unlink(missing_ok=True)
    return ran


def tables(url: str) -> set[str]:
    with psycopg.connect(url) as connection:
        rows = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        return {name for (name,) in rows}


def test_without_saleor_the_sandbox_is_used_and_said():
    home = saleor_env.find()

    assert (home.kind, home.real, home.python) == ("sandbox", False, None)
    assert home.line == (
        "Saleor: the sandbox Saleor (no Saleor is importable and SALEOR_SRC is not set)"
    )


def test_saleor_src_names_the_checkout(checkout: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SALEOR_SRC", str(checkout))

    home = saleor_env.find()

    assert (home.kind, home.version, home.source) == ("checkout", "3.23.28", checkout)
    assert home.line == f"Saleor: 3.23.28, the checkout SALEOR_SRC={checkout}"


def test_a_folder_that_is_no_checkout_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SALEOR_SRC", str(tmp_path))

    with pytest.raises(ComponentError, match=r"is not a Saleor checkout: no saleor/settings\.py$"):
        saleor_env.find()


def test_an_importable_saleor_comes_before_saleor_src(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
):
    (checkout / "saleor" / "asgi.py").write_text("")
    monkeypatch.syspath_prepend(str(checkout))
    monkeypatch.setenv("SALEOR_SRC", "/nowhere")

    home = saleor_env.find()

    assert (home.kind, home.version, home.python) == ("installed", "3.23.28", Path(sys.executable))


def test_the_environment_has_one_set_of_keys_per_process_and_no_settings_of_ours(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.setenv("CELERY_BROKER_URL", "redis://127.0.0.1:1/0")

    first = saleor_env.environment("postgresql://one", "http://127.0.0.1:9")
    second = saleor_env.environment("postgresql://two")

    assert first["DATABASE_URL"] == "postgresql://one"
    assert first["PUBLIC_URL"] == "http://127.0.0.1:9"
    assert first["DJANGO_SETTINGS_MODULE"] == "saleor.settings"
    assert first["CELERY_BROKER_URL"] == "redis://127.0.0.1:1/0"
    assert "PYTHONDONTWRITEBYTECODE" not in first
    assert first["RSA_PRIVATE_KEY"].startswith("-----BEGIN RSA PRIVATE KEY-----")
    assert Fernet(first["TIKTOK_STRIPE_ENCRYPTION_KEYS"])
    for key in ("RSA_PRIVATE_KEY", "SECRET_KEY", "TIKTOK_STRIPE_ENCRYPTION_KEYS"):
        assert first[key] == second[key]


def test_only_the_first_run_migrates_saleor(
    server: Postgres, checkout: Path, python: Path, tmp_path: Path
):
    def fill(name: str) -> set[str]:
        url = server.create_database(name, template="template0")
        environment = os.environ | {"DATABASE_URL": url}
        saleor_template.fill(Target(url, python, checkout, "3.23.28", environment))
        return tables(url)

    assert fill("first") == {"saleor_order", "our_job"}
    assert migrated(tmp_path) == ["saleor_order", "our_job"]

    assert fill("second") == {"saleor_order", "our_job"}
    assert migrated(tmp_path) == []

    (checkout / "saleor" / "order" / "migrations" / "0002_more.py").write_text("second")
    assert fill("third") == {"saleor_order", "our_job"}
    assert migrated(tmp_path) == ["saleor_order", "our_job"]


def test_a_new_migration_of_ours_does_not_cost_saleors_again(
    server: Postgres,
    checkout: Path,
    python: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    def fill(name: str) -> set[str]:
        url = server.create_database(name, template="template0")
        environment = os.environ | {"DATABASE_URL": url}
        saleor_template.fill(Target(url, python, checkout, "3.23.28", environment))
        return tables(url)

    fill("before")
    migrated(tmp_path)
    package = tmp_path / "ours"
    (package / "migrations").mkdir(parents=True)
    (package / "migrations" / "0009_new.py").write_text("new")
    monkeypatch.setattr(
        saleor_template.saleor_tiktok_stripe, "__file__", str(package / "__init__.py")
    )

    assert fill("after") == {"saleor_order", "our_job"}
    assert migrated(tmp_path) == ["our_job"]


@pytest.mark.parametrize(
    ("name", "dump", "said"),
    [
        ("broken", gzip.compress(b"CREATE TABLE half (id int);\nNONSENSE;\n"), "NONSENSE"),
        ("cut_short", gzip.compress(b"SELECT 1;" * 100)[:-12], "ended before"),
        ("no_gzip", b"SELECT 1;", "Not a gzipped file"),
    ],
    ids=["broken", "cut_short", "no_gzip"],
)
def test_a_broken_dump_is_named_with_the_cure(
    name: str, dump: bytes, said: str, server: Postgres, checkout: Path, python: Path
):
    url = server.create_database(name, template="template0")
    target = Target(url, python, checkout, "3.23.28", {})
    _, full = saleor_template._dump_paths(target)
    full.write_bytes(dump)

    with pytest.raises(ComponentError, match=f"^remove {full}, it cannot be restored .*{said}"):
        saleor_template.fill(target)

    assert tables(url) == set()


def test_a_failing_migration_is_told_and_nothing_is_kept(
    server: Postgres, checkout: Path, tmp_path: Path
):
    failing = tmp_path / "failing"
    failing.write_text("#!/bin/sh\necho 'no such column' >&2\nexit 1\n")
    failing.chmod(0o755)
    url = server.create_database("failing", template="template0")

    with pytest.raises(ComponentError, match="^migrating failed: no such column$"):
        saleor_template.fill(Target(url, failing, checkout, "3.23.28", {}))

    assert list(saleor_venv.cache_folder().glob("*.sql.gz")) == []


def test_python312_is_asked_before_it_is_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    shim = tmp_path / "python3.12"
    shim.write_text("#!/bin/sh\necho 'command not found' >&2\nexit 127\n")
    shim.chmod(0o755)
    monkeypatch.setenv("PYTHON312", str(shim))

    with pytest.raises(ComponentError, match=r"Saleor needs Python 3\.12 and none was found"):
        saleor_venv._python312()


def test_a_checkout_without_a_lock_is_refused(checkout: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(saleor_venv, "_folder", lambda: checkout / "venv")

    with pytest.raises(ComponentError, match=r"has no uv\.lock"):
        saleor_venv.ensure(checkout)


def test_running_a_command_needs_a_real_saleor():
    command = [sys.executable, "-m", saleor_env.__name__, "run", "--", "true"]

    result = subprocess.run(command, capture_output=True, text=True, check=False)

    assert result.returncode == 2
    assert result.stdout.startswith("Saleor: the sandbox Saleor")
    assert result.stderr == "error: no real Saleor: set SALEOR_SRC to a Saleor checkout\n"
