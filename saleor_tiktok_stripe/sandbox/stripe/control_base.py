"""Controls that every account has: keys, clock, faults, calls."""

from __future__ import annotations

from typing import Any, Self

from saleor_tiktok_stripe.sandbox.components.faults import Fault
from saleor_tiktok_stripe.sandbox.stripe import hooks
from saleor_tiktok_stripe.sandbox.stripe.world import Account, ApiCall, World


class ControlBase:
    """Controls of one account in one mode."""

    def __init__(self, world: World, account: Account) -> None:
        self.world = world
        self.account = account

    @property
    def account_id(self) -> str:
        """`acct_…`"""
        return self.account.id

    @property
    def secret_key(self) -> str:
        """The account's first secret key in this mode."""
        return self._key("secret")

    @property
    def publishable_key(self) -> str:
        """The account's publishable key in this mode."""
        return self._key("publishable")

    def _key(self, kind: str) -> str:
        with self.world.lock:
            for key in self.account.keys:
                if key.kind == kind:
                    return key.text
            return self.world.add_key(self.account, kind).text

    def new_account(
        self, *, country: str = "", currency: str = "", livemode: bool | None = None
    ) -> Self:
        """Another account of this sandbox, with nothing in it: its own controls and keys."""
        options = self.world.options
        with self.world.lock:
            account = self.world.add_account(
                country or options.country,
                currency or options.currency,
                options.livemode if livemode is None else livemode,
            )
            hooks.account_made(account)
        return type(self)(self.world, account)

    def other_mode(self) -> Self:
        """The same account in the other mode: other keys, other objects."""
        with self.world.lock:
            account = self.world.account(self.account.id, not self.account.livemode)
        return type(self)(self.world, account)

    def restricted_key(self, *scopes: str) -> str:
        """A restricted key with these permissions (`rak_charge_write`)."""
        with self.world.lock:
            return self.world.add_key(self.account, "restricted", scopes).text

    def revoke_key(self, text: str) -> None:
        """A key that nobody knows any more: 401 from now on."""
        with self.world.lock:
            key = self.world.keys.pop(text)
            key.account.keys.remove(key)

    def credentials(self) -> dict[str, str]:
        """Id and keys, for programs."""
        return {
            "account_id": self.account_id,
            "secret_key": self.secret_key,
            "publishable_key": self.publishable_key,
        }

    def connect(self, platform: str) -> None:
        """Let a platform account act for this one (what OAuth ends in)."""
        self.world.connected[platform, self.account.livemode].add(self.account.id)

    def now(self) -> int:
        """The account's time."""
        return self.account.now()

    def turn(self, seconds: int) -> int:
        """Move the account's clock on; what falls due happens, in order. Returns the new time."""
        with self.world.lock:
            self.account.turn(int(seconds))
            return self.account.now()

    def fault(
        self,
        kind: str,
        *,
        path: str = "",
        times: int | None = 1,
        probability: float | None = None,
        **params: Any,
    ) -> None:
        """Arm a fault (`faults.ALL_FAULTS`) for this account: it strikes the next `times` calls
        (None: all) whose `METHOD /path` contains `path`; webhook faults match the event type."""
        self.world.faults.arm(Fault(kind, path, times, probability, params, self.account.id))

    def clear_faults(self) -> None:
        """Nothing goes wrong with this account any more."""
        self.world.faults.clear(self.account.id)

    def calls(self, method: str = "", path: str = "") -> list[ApiCall]:
        """The calls that reached this account, oldest first; `path` is the end of the path."""
        return [
            call
            for call in self.account.calls
            if (not method or call.method == method) and call.path.endswith(path)
        ]

    def call_counts(self) -> dict[str, int]:
        """How many calls were answered, by `METHOD /path status`."""
        counts: dict[str, int] = {}
        for call in self.account.calls:
            word = f"{call.method} {call.path} {call.status}"
            counts[word] = counts.get(word, 0) + 1
        return counts

    def objects(self, kind: str) -> list[dict[str, Any]]:
        """All objects of a kind as they are now, oldest first."""
        with self.world.lock:
            return [dict(thing) for thing in self.account.of(kind)]

    def settle(self) -> int:
        """Let everything happen that is due now; returns how much that was."""
        with self.world.lock:
            return self.account.run_due()
