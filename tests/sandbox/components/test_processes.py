import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from saleor_tiktok_stripe.sandbox.components import processes
from saleor_tiktok_stripe.sandbox.components.processes import ComponentError

SLEEP = [sys.executable, "-c", "import time; time.sleep(600)"]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True);"
    "time.sleep(600)",
]
STARTER = """
import signal, sys, time
from pathlib import Path
from saleor_tiktok_stripe.sandbox.components import processes
# Ignored in what a shell without job control runs in the background, such as these tests.
signal.signal(signal.SIGINT, signal.default_int_handler)
process = processes.start([sys.executable, "-c", "import time; time.sleep(600)"],
                          remove=Path(sys.argv[1]))
print(process.pid, flush=True)
time.sleep(600)
"""


def runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def wait_for_end(pid: int) -> None:
    deadline = time.monotonic() + 60
    while runs(pid):
        assert time.monotonic() < deadline, f"process {pid} still runs"
        time.sleep(0.02)


def wait_for_text(path: Path, text: str) -> None:
    deadline = time.monotonic() + 60
    while not path.exists() or text not in path.read_text():
        assert time.monotonic() < deadline, f"{text!r} never came"
        time.sleep(0.02)


def test_a_program_that_ends_by_itself_gives_its_exit_code(tmp_path: Path):
    process = processes.start(
        [sys.executable, "-c", "print('hello'); raise SystemExit(7)"], log=tmp_path / "log"
    )

    assert process.wait(60) == 7
    assert process.tail() == "hello"


def test_leaving_the_block_ends_the_program_and_removes_its_folder(tmp_path: Path):
    folder = tmp_path / "folder"
    folder.mkdir()

    with processes.start(SLEEP, remove=folder) as process:
        assert runs(process.pid)
        assert process.returncode is None

    assert not runs(process.pid)
    assert process.returncode == 128 + signal.SIGTERM
    assert not folder.exists()


def test_an_error_in_the_block_ends_the_program(tmp_path: Path):
    with pytest.raises(ZeroDivisionError), processes.start(SLEEP) as process:
        raise ZeroDivisionError

    assert not runs(process.pid)


@pytest.mark.parametrize("death", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_the_program_ends_when_its_starter_dies(death: signal.Signals, tmp_path: Path):
    folder = tmp_path / "folder"
    folder.mkdir()
    starter = subprocess.Popen(
        [sys.executable, "-c", STARTER, str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert starter.stdout is not None
    pid = int(starter.stdout.readline())
    assert runs(pid)

    starter.send_signal(death)
    starter.wait(60)
    starter.stdout.close()

    wait_for_end(pid)
    deadline = time.monotonic() + 60
    while folder.exists():
        assert time.monotonic() < deadline, "its folder was not removed"
        time.sleep(0.02)


def test_a_program_that_ignores_the_stop_signal_is_killed_after_the_grace(tmp_path: Path):
    log = tmp_path / "log"
    process = processes.start(STUBBORN, log=log, grace=0.2)
    wait_for_text(log, "up")

    assert process.stop() == 128 + signal.SIGKILL
    assert not runs(process.pid)


def test_kill_ends_at_once_without_asking(tmp_path: Path):
    log = tmp_path / "log"
    process = processes.start(STUBBORN, log=log, grace=600)
    wait_for_text(log, "up")

    process.kill()

    assert process.returncode == 128 + signal.SIGKILL
    assert not runs(process.pid)


def test_a_missing_program_is_said_by_name(tmp_path: Path):
    folder = tmp_path / "folder"
    folder.mkdir()

    with pytest.raises(ComponentError, match="^no-such-program could not be started: "):
        processes.start(["no-such-program"], log=tmp_path / "log", remove=folder)

    assert not folder.exists()


def test_waiting_for_a_program_that_ended_tells_its_last_words(tmp_path: Path):
    process = processes.start(["sh", "-c", "echo no licence; exit 3"], log=tmp_path / "log")

    with pytest.raises(ComponentError, match="^sh ended with code 3: no licence$"):
        processes.wait_until(lambda: False, process, timeout=10)


def test_waiting_ends_at_the_deadline():
    with (
        processes.start(SLEEP) as process,
        pytest.raises(ComponentError, match=r"not ready after 0\.1 s"),
    ):
        processes.wait_until(lambda: False, process, timeout=0.1)


def test_a_free_port_is_not_listened_on():
    assert not processes.listens(processes.free_port())
