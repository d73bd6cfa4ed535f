"""Starting a sandbox as a context manager."""

from __future__ import annotations

from typing import Any, Self

from saleor_tiktok_stripe.sandbox.components.loopback import LoopbackSandbox, LoopbackServer, Ticker
from saleor_tiktok_stripe.sandbox.stripe import hooks
from saleor_tiktok_stripe.sandbox.stripe.control import Control, Controls
from saleor_tiktok_stripe.sandbox.stripe.server import HOSTS, SandboxApp
from saleor_tiktok_stripe.sandbox.stripe.webhooks import POLL, Outbox
from saleor_tiktok_stripe.sandbox.stripe.world import SandboxOptions, World


class StripeSandbox(LoopbackSandbox):
    """A Stripe on loopback.

    `with StripeSandbox(seed=7) as stripe:` takes the fields of `SandboxOptions`, and `port`,
    `connect_port` and `files_port` (0 = a free one). `control` is what a test may do to the first
    account; `control.new_account()` gives another one, with keys and controls of its own and
    nothing in common with the first: that is how tests keep apart on one sandbox.
    """

    def __init__(
        self, *, port: int = 0, connect_port: int = 0, files_port: int = 0, **options: Any
    ) -> None:
        self.options = SandboxOptions(**options)
        self.world = World(self.options)
        self.world.outbox = Outbox(self.world)
        account = self.world.add_account(
            self.options.country, self.options.currency, self.options.livemode
        )
        hooks.account_made(account)
        self.control = Control(self.world, account)
        self._server = LoopbackServer("stripe-sandbox", (port, connect_port, files_port))
        self._ticker = Ticker("stripe-webhooks", self.world.outbox.tick, every=POLL)
        self.base_url, self.connect_url, self.files_url = (
            f"http://127.0.0.1:{number}" for number in self._server.ports
        )
        self.world.base_url, self.world.connect_url, self.world.files_url = (
            self.base_url,
            self.connect_url,
            self.files_url,
        )
        self.account_id = account.id
        self.secret_key = self.control.secret_key
        self.publishable_key = self.control.publishable_key
        # What the first endpoint created in this account will be given as its secret.
        self.webhook_secret = account.first_webhook_secret

    def start(self) -> Self:
        """Begin to serve."""
        hosts = dict(zip(self._server.ports, HOSTS, strict=True))
        self._server.start(SandboxApp(self.world, Controls(self.world), hosts))
        if self.options.auto_deliver:
            self._ticker.start()
        return self

    def credentials(self) -> dict[str, str]:
        """Addresses, keys and the secret of the first webhook endpoint."""
        return {
            "base_url": self.base_url,
            "connect_url": self.connect_url,
            "files_url": self.files_url,
            **self.control.credentials(),
            "webhook_secret": self.webhook_secret,
        }
