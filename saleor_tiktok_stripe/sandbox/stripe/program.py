"""The Stripe sandbox as a program of its own."""

from __future__ import annotations

from typing import Any

from saleor_tiktok_stripe.sandbox.components.loopback import run_program
from saleor_tiktok_stripe.sandbox.stripe.sandbox import StripeSandbox


def run(port: int = 0, seed: int = 0, **options: Any) -> None:
    """Run it until interrupted; prints one JSON line when ready: base_url, connect_url, files_url,
    account_id, secret_key, publishable_key, webhook_secret.

    Port 0 takes a free one; the other two addresses always do. `options` are those of
    `SandboxOptions`; webhooks are sent, and what is due happens, by itself unless told otherwise.
    """
    sandbox = StripeSandbox(port=port, seed=seed, **{"auto_deliver": True, **options})
    run_program(sandbox, sandbox.credentials)
