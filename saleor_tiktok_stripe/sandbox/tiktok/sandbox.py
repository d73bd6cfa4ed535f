"""Starting a sandbox: in a test as a context manager, or as a program of its own."""

from __future__ import annotations

import json
import sys
from types import TracebackType
from typing import Any, Self, TextIO

from saleor_tiktok_stripe.sandbox.tiktok.control import Controls
from saleor_tiktok_stripe.sandbox.tiktok.server import Server
from saleor_tiktok_stripe.sandbox.tiktok.world import SandboxOptions, World


class TikTokSandbox:
    """A TikTok Shop on loopback.

    `with TikTokSandbox(orders=50, seed=7) as shop:` takes the fields of `SandboxOptions`, `port`
    and `auth_port` (0 = a free one). Controls are methods: `shop.create_order()`,
    `shop.inject_fault("rate_limit")`; see `control.Controls` and `life.Life`.
    """

    def __init__(self, *, port: int = 0, auth_port: int = 0, **options: Any) -> None:
        self.options = SandboxOptions(**options)
        self.world = World(self.options)
        self._addresses: dict[str, str] = {}
        self.controls = Controls(self.world, self._addresses)
        self.life = self.controls.life
        self._server = Server(self.world, self.controls, port, auth_port)
        self.base_url = f"http://127.0.0.1:{self._server.port}"
        self.auth_url = f"http://127.0.0.1:{self._server.auth_port}"
        self._addresses |= {
            "base_url": self.base_url,
            "auth_url": self.auth_url,
            "consent_url": f"{self.auth_url}/open/authorize",
            "control_url": f"{self.base_url}/_sandbox/",
        }

    @property
    def credentials(self) -> dict[str, str]:
        """Addresses, app key and secret, a fresh auth code, shop cipher and id."""
        answer: dict[str, str] = self.controls.call("credentials", {})
        return answer

    def __getattr__(self, name: str) -> Any:
        """Every control, as a method that holds the sandbox's lock while it runs."""
        if name.startswith("_"):
            raise AttributeError(name)

        def control(*args: Any, **arguments: Any) -> Any:
            target = getattr(self.life, name, None) or getattr(self.controls, name)
            if name == "deliver_due":
                return target(*args, **arguments)
            with self.world.lock:
                return target(*args, **arguments)

        if not (hasattr(self.life, name) or hasattr(self.controls, name)):
            raise AttributeError(name)
        return control

    def start(self) -> Self:
        """Begin to serve."""
        self._server.start()
        if self.options.auto_deliver:
            self.world.outbox.start()
        return self

    def stop(self) -> None:
        """End the server and the webhook sender."""
        self.world.outbox.stop()
        self._server.stop()

    def wait(self) -> None:
        """Serve until the server ends."""
        self._server.join()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def run(
    port: int = 0, orders: int = 100, seed: int = 1, *, out: TextIO | None = None, **options: Any
) -> None:
    """Run a sandbox until interrupted. When it is ready, one JSON line goes to `out` (default:
    standard output) with base_url, auth_url, app_key, app_secret, auth_code, shop_cipher, shop_id.

    `options` are those of `SandboxOptions`; webhooks are sent by themselves unless told otherwise.
    """
    options.setdefault("auto_deliver", True)
    sandbox = TikTokSandbox(port=port, orders=orders, seed=seed, **options)
    sandbox.start()
    print(json.dumps(sandbox.credentials), file=out or sys.stdout, flush=True)
    try:
        sandbox.wait()
    except KeyboardInterrupt:
        sandbox.stop()
