"""Starting a sandbox: in a test as a context manager, or as a program of its own."""

from __future__ import annotations

from typing import Any, Self

from saleor_tiktok_stripe.sandbox.components.loopback import (
    LoopbackSandbox,
    LoopbackServer,
    Ticker,
    run_program,
)
from saleor_tiktok_stripe.sandbox.tiktok.control import Controls
from saleor_tiktok_stripe.sandbox.tiktok.server import SandboxApp
from saleor_tiktok_stripe.sandbox.tiktok.webhooks import POLL
from saleor_tiktok_stripe.sandbox.tiktok.world import SandboxOptions, World


class TikTokSandbox(LoopbackSandbox):
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
        self._server = LoopbackServer("tiktok-sandbox", (port, auth_port))
        self._ticker = Ticker("tiktok-webhooks", self.world.outbox.deliver_due, every=POLL)
        self.base_url, self.auth_url = (
            f"http://127.0.0.1:{number}" for number in self._server.ports
        )
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
        self._server.start(SandboxApp(self.world, self.controls, self._server.ports[1]))
        if self.options.auto_deliver:
            self._ticker.start()
        return self


def run(port: int = 0, orders: int = 100, seed: int = 1, **options: Any) -> None:
    """Run it until interrupted; prints one JSON line when ready: base_url, auth_url, app_key,
    app_secret, auth_code, shop_cipher, shop_id, and more.

    `options` are those of `SandboxOptions`; webhooks are sent by themselves unless told otherwise.
    """
    wanted = {"auto_deliver": True, **options}
    sandbox = TikTokSandbox(port=port, orders=orders, seed=seed, **wanted)
    run_program(sandbox, lambda: sandbox.credentials)
