"""The local TikTok Shop as a program of its own, so that it takes no time of what is measured."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from saleor_tiktok_stripe.sandbox.components import processes
from saleor_tiktok_stripe.sandbox.tiktok import run


@dataclass(frozen=True)
class RemoteShop:
    """``credentials`` are those of ``TikTokSandbox``."""

    credentials: dict[str, str]

    def control(self, name: str, **arguments: Any) -> Any:
        """One of the sandbox's controls, over HTTP."""
        address = f"{self.credentials['control_url']}{name}"
        answer = requests.post(address, json=arguments, timeout=60).json()
        if not answer["ok"]:
            raise SystemExit(f"the sandbox refused {name}: {answer['error']}")
        return answer["result"]


@contextmanager
def shop(**options: Any) -> Iterator[RemoteShop]:
    """A running sandbox with these ``SandboxOptions``."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "sandbox.log"
        command = [sys.executable, "-m", "benchmarks.sandbox", json.dumps(options)]
        with processes.start(command, log=log) as process:
            processes.wait_until(lambda: '"base_url"' in log.read_text(), process, timeout=60)
            line = next(one for one in log.read_text().splitlines() if '"base_url"' in one)
            yield RemoteShop(json.loads(line))


if __name__ == "__main__":
    run(**json.loads(sys.argv[1]))
