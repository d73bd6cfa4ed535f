"""The controls: what a test may do to one account, in process and over HTTP alike.

Over HTTP: `POST /_sandbox/<name>` with a JSON object of the arguments, and `account` for another
than the first; the answer is `{"ok": true, "result": …}`, or HTTP 400 with
`{"ok": false, "error": …}`.
"""

from __future__ import annotations

from typing import Any

from saleor_tiktok_stripe.sandbox.stripe.control_account import AccountControls
from saleor_tiktok_stripe.sandbox.stripe.control_base import ControlBase
from saleor_tiktok_stripe.sandbox.stripe.control_disputes import DisputeControls
from saleor_tiktok_stripe.sandbox.stripe.control_money import ConnectControls, PayoutControls
from saleor_tiktok_stripe.sandbox.stripe.control_payments import PaymentControls
from saleor_tiktok_stripe.sandbox.stripe.control_webhooks import WebhookControls
from saleor_tiktok_stripe.sandbox.stripe.world import World


class Control(
    PaymentControls,
    DisputeControls,
    PayoutControls,
    ConnectControls,
    AccountControls,
    WebhookControls,
    ControlBase,
):
    """The controls of one account; each public method is one. Resources add mixins here."""


class Controls:
    """Controls by name, for the HTTP door."""

    def __init__(self, world: World) -> None:
        self.world = world

    def call(self, name: str, arguments: dict[str, Any]) -> Any:
        """Run a control; KeyError when there is none, TypeError when the arguments do not fit."""
        target = getattr(Control, name, None)
        if name.startswith("_") or not callable(target):
            raise KeyError(f"no control {name}")
        wanted = arguments.pop("account", "")
        livemode = bool(arguments.pop("livemode", self.world.options.livemode))
        account = next(iter(self.world.accounts.values()))
        if wanted:
            account = self.world.account(wanted, livemode)
        result = getattr(Control(self.world, account), name)(**arguments)
        return result.credentials() if isinstance(result, Control) else result
