"""What the plugin adds to Saleor's own memory and to the time until it answers.

Saleor is started with and without it, turn by turn. Memory is the server's resident set after its
first GraphQL answer; start-up is the processor time until it answers, which a busy machine does not
stretch as it does the wall clock.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
import urllib.request
from collections.abc import Callable
from pathlib import Path

from benchmarks.measuring import report, turn_by_turn
from saleor_tiktok_stripe.sandbox.components import saleor_env

ROUNDS = 5
_SETTINGS = {"with": "saleor.settings", "without": "benchmarks.hosts.saleor_alone"}


def main() -> None:
    """Print both ratios; 0.03 says that the plugin adds three percent."""
    memory: dict[str, list[float]] = {name: [] for name in _SETTINGS}
    runs = {name: _starter(settings, memory[name]) for name, settings in _SETTINGS.items()}
    startup = turn_by_turn(runs, ROUNDS)
    turns = {name: iter(values[1:]) for name, values in memory.items()}
    held = turn_by_turn({n: lambda i=i: next(i) for n, i in turns.items()}, ROUNDS, warm_up=0)
    for name, values, unit in (("memory", held, "MB"), ("startup", startup, "s processor time")):
        added = values["with"] - values["without"]
        report(
            f"{name}_added",
            added / values["without"],
            f"the plugin {added:.2f} {unit}",
            f"Saleor without it {values['without']:.2f} {unit}",
            f"{ROUNDS} starts each",
        )


def _starter(settings: str, memory: list[float]) -> Callable[[], float]:
    home = saleor_env.find()
    extra = {"DJANGO_SETTINGS_MODULE": settings, "PYTHONPATH": os.environ["PYTHONPATH"]}

    def start() -> float:
        with tempfile.TemporaryDirectory() as folder:
            url, log = os.environ["DATABASE_URL"], Path(folder) / "log"
            with saleor_env.serve(home, url, extra=extra, log=log) as server:
                spent = _processor_seconds(server.process.pid)
                _ask(server.url)
                memory.append(_resident_megabytes(server.process.pid))
                return spent

    return start


def _processor_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _resident_megabytes(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    assert found is not None  # every process has one
    return int(found[1]) / 1024


def _ask(url: str) -> None:
    request = urllib.request.Request(
        f"{url}/graphql/",
        data=json.dumps({"query": "{ shop { name } }"}).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        if "errors" in json.load(answer):
            raise SystemExit("Saleor does not answer")


if __name__ == "__main__":
    main()
