"""What the plugin adds to Saleor's own memory and to the time until it answers.

Memory: Saleor is started with and without it, turn by turn; the server's resident set after its
first GraphQL answer. Start-up is nearly all imports, and two starts differ by more than the plugin
costs; so its share is told from within one start, by Python's own account of import times: what
our modules take with all that only they pull in, over all the rest.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
import urllib.request
from functools import partial
from pathlib import Path

from benchmarks.measuring import report, turn_by_turn
from saleor_tiktok_stripe.sandbox.components import saleor_env

ROUNDS = 3
_SETTINGS = {"with": "saleor.settings", "without": "benchmarks.hosts.saleor_alone"}
_OURS = "saleor_tiktok_stripe"
_LINE = re.compile(r"import time:\s+(\d+) \|\s+(\d+) \|( *)(\S+)")


def main() -> None:
    """Print both ratios; 0.03 says that the plugin adds three percent."""
    home = saleor_env.find()
    memory = turn_by_turn(
        {name: partial(_megabytes, home, settings) for name, settings in _SETTINGS.items()},
        ROUNDS,
        warm_up=0,
    )
    _report("memory_added", memory["with"] - memory["without"], memory["without"], "MB")
    starts = [_import_seconds(home) for _ in range(ROUNDS)]
    ours, rest = sorted(starts, key=lambda one: one[0] / one[1])[ROUNDS // 2]
    _report("startup_added", ours, rest, "s of imports")


def _report(name: str, added: float, own: float, unit: str) -> None:
    over, under = f"the plugin {added:.2f} {unit}", f"Saleor without it {own:.2f} {unit}"
    report(name, added / own, over, under, f"median of {ROUNDS} starts")


def _megabytes(home: saleor_env.SaleorHome, settings: str) -> float:
    extra = {"DJANGO_SETTINGS_MODULE": settings, "PYTHONPATH": os.environ["PYTHONPATH"]}
    with tempfile.TemporaryDirectory() as folder:
        url, log = os.environ["DATABASE_URL"], Path(folder) / "log"
        with saleor_env.serve(home, url, extra=extra, log=log) as server:
            _ask(server.url)
            status = Path(f"/proc/{server.process.pid}/status").read_text()
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


def _import_seconds(home: saleor_env.SaleorHome) -> tuple[float, float]:
    """Of our modules, and of all others, in one start."""
    command = [str(home.python), "-X", "importtime", "-c", "import saleor.asgi"]
    started = subprocess.run(command, cwd=home.source, capture_output=True, text=True, check=True)
    rows = [match.groups() for match in map(_LINE.match, started.stderr.splitlines()) if match]
    total = sum(int(own) for own, _, _, _ in rows)
    ours, inside = 0, -1
    # What a module imported stands above it, indented; so from below each comes after its parent.
    for _, cumulative, indent, name in reversed(rows):
        if inside >= 0 and len(indent) > inside:
            continue
        inside = -1
        if name.partition(".")[0] == _OURS:
            inside = len(indent)
            ours += int(cumulative)
    return ours / 1e6, (total - ours) / 1e6


if __name__ == "__main__":
    main()
