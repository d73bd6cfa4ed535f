"""What the plugin adds to Saleor's own memory and to the time until it answers.

Saleor is started with and without it, turn by turn. Memory is the server's resident set after its
first GraphQL answer; start-up is the processor time until it answers, which a busy machine does not
stretch as it does the wall clock.
"""

from __future__ import annotations

import json
import os
import re
import statistics
import tempfile
import urllib.request
from pathlib import Path

from benchmarks.measuring import report
from saleor_tiktok_stripe.sandbox.components import saleor_env

ROUNDS = 5
_SETTINGS = {"with": "saleor.settings", "without": "benchmarks.hosts.saleor_alone"}


def main() -> None:
    """Print both ratios; 0.03 says that the plugin adds three percent."""
    home = saleor_env.find()
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in _SETTINGS}
    for number in range(ROUNDS):
        for name in sorted(_SETTINGS, reverse=bool(number % 2)):
            found[name].append(_start(home, _SETTINGS[name]))
    memory = {name: statistics.median(one for one, _ in rows) for name, rows in found.items()}
    _report("memory_added", memory, "MB", f"median of {ROUNDS} starts each")
    # Whatever else runs only ever adds to it, so that the least is nearest to the truth.
    startup = {name: min(one for _, one in rows) for name, rows in found.items()}
    _report("startup_added", startup, "s processor time", f"least of {ROUNDS} starts each")


def _report(name: str, cost: dict[str, float], unit: str, how: str) -> None:
    added = cost["with"] - cost["without"]
    report(
        name,
        added / cost["without"],
        f"the plugin {added:.2f} {unit}",
        f"Saleor without it {cost['without']:.2f} {unit}",
        how,
    )


def _start(home: saleor_env.SaleorHome, settings: str) -> tuple[float, float]:
    """Megabytes and processor seconds."""
    extra = {"DJANGO_SETTINGS_MODULE": settings, "PYTHONPATH": os.environ["PYTHONPATH"]}
    with tempfile.TemporaryDirectory() as folder:
        url, log = os.environ["DATABASE_URL"], Path(folder) / "log"
        with saleor_env.serve(home, url, extra=extra, log=log) as server:
            spent = _processor_seconds(server.process.pid)
            _ask(server.url)
            return _resident_megabytes(server.process.pid), spent


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
