"""Commands started where something is missing or taken: said in one line."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.checks import CheckMessage
from django.core.checks import Warning as Warned
from django.db import ProgrammingError, connection

from .support import run

PLAIN = {
    name: value
    for name, value in os.environ.items()
    if name not in {"DJANGO_SETTINGS_MODULE", "SALEOR_API_URL", "SALEOR_SRC"}
}


def started(*words: str, folder: Path, **environment: str) -> tuple[int, str, str]:
    """As the console script: what it imports does not depend on where it is started."""
    script = "import sys; sys.path.remove(''); from saleor_tiktok_stripe.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", script, *words],
        env=PLAIN | environment,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def test_saleor_in_the_working_folder_is_the_one_that_is_used(tmp_path: Path) -> None:
    (tmp_path / "saleor").mkdir()
    (tmp_path / "saleor" / "__init__.py").touch()
    (tmp_path / "saleor" / "settings.py").write_text("raise SystemExit('settings of Saleor')")

    code, _, said = started("doctor", folder=tmp_path)

    assert (code, said) == (1, "settings of Saleor\n")


def test_nothing_is_done_with_the_sidecar_by_mistake(tmp_path: Path) -> None:
    code, shown, said = started("worker", folder=tmp_path)

    assert (code, shown) == (1, "")
    assert said == (
        "Error: There is no Saleor here. Run this in Saleor's own folder (/app in its image), or "
        "set SALEOR_API_URL for the sidecar.\n"
    )


def test_a_database_that_is_not_there_is_said_in_one_line(tmp_path: Path) -> None:
    code, _, said = started(
        "parked",
        "--channel",
        "x",
        folder=tmp_path,
        SALEOR_API_URL="http://127.0.0.1:1/graphql/",
        DATABASE_URL="postgres://nobody:secret@127.0.0.1:1/none",
    )

    assert code == 1
    assert said.startswith("Error: The database failed: connection failed: ")
    assert said.endswith("Connection refused [DATABASE_UNAVAILABLE]\n")
    assert "secret" not in said


@pytest.mark.django_db
def test_tables_that_are_missing_say_to_migrate() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE saleor_tiktok_stripe_connection RENAME TO elsewhere")

    assert run("doctor")[1].endswith(
        "Error: The plugin's tables are missing or older than the plugin: "
        "run `python manage.py migrate`.\n"
    )


def test_other_errors_of_the_database_are_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(**_: object) -> None:
        raise ProgrammingError("syntax")

    monkeypatch.setattr("django.core.checks.run_checks", wrong)

    with pytest.raises(ProgrammingError):
        run("doctor")


def test_a_package_that_only_the_sandbox_brings_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rich", None)
    monkeypatch.delitem(sys.modules, "saleor_tiktok_stripe.sandbox.demo", raising=False)
    monkeypatch.delitem(sys.modules, "saleor_tiktok_stripe.sandbox.demo.run", raising=False)
    monkeypatch.delitem(sys.modules, "rich.console", raising=False)

    code, said = run("demo")

    assert code == 1
    assert said.endswith("pip install 'saleor-tiktok-stripe[sandbox]'\n")


@pytest.mark.parametrize("vendor", ["tiktok", "stripe", "saleor"])
def test_a_port_that_is_taken_is_said_in_one_line(vendor: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]

        assert run("sandbox", vendor, "--port", str(port)) == (
            1,
            f"Error: Port {port} cannot be used: Address already in use.\n",
        )


@pytest.mark.parametrize("held", ["nothing", '{"sku": 1}', '[["MUG", "2000", "Mug", "cheap"]]'])
def test_a_catalog_that_is_none_is_said_in_one_line(tmp_path: Path, held: str) -> None:
    file = tmp_path / "catalog.json"
    file.write_text(held)

    code, said = run("sandbox", "saleor", "--catalog", str(file))

    assert code == 1
    assert said.startswith(f"Error: {file} is no list of [sku, barcode, name, price]: ")


@pytest.mark.django_db
@pytest.mark.parametrize(("silenced", "code"), [([], 1), (["tiktok_stripe.W004"], 0)])
def test_doctor_fails_for_what_a_check_says_unless_it_is_silenced(
    settings, monkeypatch: pytest.MonkeyPatch, silenced: list[str], code: int
) -> None:
    found: list[CheckMessage] = [Warned("No broker.", hint="Set one.", id="tiktok_stripe.W004")]
    monkeypatch.setattr("django.core.checks.run_checks", lambda **_: found)
    settings.SILENCED_SYSTEM_CHECKS = silenced

    assert run("doctor") == (
        code,
        ("" if silenced else "tiktok_stripe.W004 No broker. Set one.\n")
        + "No channel has settings yet.\n",
    )
