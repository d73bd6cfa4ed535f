"""Everything one sandbox holds, behind one lock: accounts, their objects, keys and clocks."""

from __future__ import annotations

import hashlib
import heapq
import random
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from saleor_tiktok_stripe.sandbox.components.faults import Faults
from saleor_tiktok_stripe.sandbox.stripe.clock import SandboxClock
from saleor_tiktok_stripe.sandbox.stripe.errors import missing
from saleor_tiktok_stripe.sandbox.stripe.faults import ALL_FAULTS

if TYPE_CHECKING:
    from saleor_tiktok_stripe.sandbox.stripe.webhooks import Attempt, Delivery, Outbox

API_VERSION = "2025-10-29.clover"
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_LIVE_WORD = {True: "live", False: "test"}

Object = dict[str, Any]


@dataclass(frozen=True)
class SandboxOptions:
    """How to make a sandbox.

    `country`, `currency` and `livemode` are those of the first account. `start_time` is where the
    clock begins (default: now), `clock_rate` how fast it runs. `auto_deliver`: webhooks are sent,
    and what is due happens, by itself. `rate_limit`: calls per real second and account, 0 = none.
    """

    seed: int = 0
    country: str = "US"
    currency: str = "usd"
    livemode: bool = False
    start_time: float | None = None
    clock_rate: float = 1.0
    auto_deliver: bool = False
    rate_limit: int = 0


@dataclass(frozen=True)
class Key:
    """An API key. `kind` is secret, restricted or publishable; `scopes` those of a restricted
    one, as `rak_<resource>_<read|write>`."""

    text: str
    kind: str
    account: Account
    scopes: frozenset[str] = frozenset()

    @property
    def shown(self) -> str:
        """The key as Stripe's messages show it."""
        head, tail = self.text[:8], self.text[-4:]
        return f"{head}{'*' * max(len(self.text) - 12, 4)}{tail}"


@dataclass
class Stored:
    """What an idempotency key remembers; `status` 0 while the first call is still under way."""

    path: str
    fingerprint: str
    created: int
    status: int = 0
    body: bytes = b""


@dataclass(frozen=True)
class ApiCall:
    """One call that reached an account, for tests that count them."""

    method: str
    path: str
    params: Object
    idempotency_key: str | None
    status: int
    replayed: bool
    request_id: str


@dataclass(order=True)
class _Later:
    due: int
    number: int
    action: Callable[[], None] = field(compare=False)


class Account:
    """One account in one mode: nothing in it is seen from another account or mode."""

    def __init__(self, world: World, id_: str, number: int, livemode: bool) -> None:
        self.world = world
        self.id = id_
        self.number = number
        self.livemode = livemode
        self.profile: Object = {}
        self.country, self.currency = "US", "usd"
        self.objects: dict[str, dict[str, Object]] = defaultdict(dict)
        self.hidden: dict[str, Object] = defaultdict(dict)
        self.idempotency: dict[str, Stored] = {}
        self.calls: list[ApiCall] = []
        self.rng = random.Random(f"account-{world.options.seed}-{number}-{livemode}")
        self.offset = 0
        self.keys: list[Key] = []
        self.first_webhook_secret = f"whsec_{letters(f'{world.options.seed}/whsec/{id_}', 32)}"
        self.queue: list[Delivery] = []
        self.attempts: list[Attempt] = []
        self.held = self.reordered = False
        self.signature_skew = 0
        # Seconds until a charge's balance transaction is there (automatic_async).
        self.balance_delay = 0
        # How the next refunds go, instead of as the card says (`refunds.make`).
        self.refund_outcomes: list[str] = []
        self._later: list[_Later] = []
        self._number = 0

    def now(self) -> int:
        """This account's time, unix seconds."""
        return self.world.clock.now() + self.offset

    def new_id(self, prefix: str, length: int = 24) -> str:
        """The next id (`pi_3…`): the same for the same seed and the same order of calls."""
        self._number += 1
        seed = f"{self.world.options.seed}/{self.id}/{self.livemode}/{self._number}"
        return f"{prefix}_{letters(seed, length)}"

    def put(self, thing: Object) -> Object:
        """Keep an object under its `object` and `id`; returns it."""
        self.objects[thing["object"]][thing["id"]] = thing
        return thing

    def find(self, kind: str, id_: str | None) -> Object | None:
        """An object, or None."""
        return self.objects[kind].get(id_) if id_ else None

    def get(self, kind: str, id_: str, param: str = "id", status: int = 404) -> Object:
        """An object; StripeError resource_missing (404, or 400 for one named in a parameter)."""
        found = self.objects[kind].get(id_)
        if found is None:
            raise missing(kind, id_, param, status)
        return found

    def of(self, kind: str) -> Iterable[Object]:
        """All objects of a kind, oldest first."""
        return self.objects[kind].values()

    def note(self, id_: str) -> Object:
        """What the sandbox remembers about an object and Stripe would not show (a dict)."""
        return self.hidden[id_]

    def later(self, seconds: int, action: Callable[[], None]) -> None:
        """Let something happen when this account's clock has moved on by `seconds`."""
        self._number += 1
        heapq.heappush(self._later, _Later(self.now() + seconds, self._number, action))

    def run_due(self) -> int:
        """Let everything happen that is due; returns how much that was."""
        done = 0
        while self._later and self._later[0].due <= self.now():
            heapq.heappop(self._later).action()
            done += 1
        return done

    def turn(self, seconds: int) -> None:
        """Move this account's clock on, letting what falls due happen in order, at its time."""
        end = self.now() + seconds
        while self._later and self._later[0].due <= end:
            self.offset += max(0, self._later[0].due - self.now())
            self.run_due()
        self.offset += max(0, end - self.now())


class World:
    """Clock, accounts, keys, faults and webhooks of one sandbox."""

    def __init__(self, options: SandboxOptions) -> None:
        self.options = options
        self.lock = threading.RLock()
        self.clock = SandboxClock(options.start_time, options.clock_rate)
        self.accounts: dict[tuple[str, bool], Account] = {}
        self.keys: dict[str, Key] = {}
        # Platform account and mode -> ids of the accounts that let it act for them.
        self.connected: dict[tuple[str, bool], set[str]] = defaultdict(set)
        self.faults = Faults(options.seed, ALL_FAULTS)
        self.rng = random.Random(f"world-{options.seed}")
        # Request id and idempotency key of the call being served, for the events it causes.
        self.serving: tuple[str | None, str | None] = (None, None)
        self.outbox: Outbox
        self.base_url = self.connect_url = self.files_url = ""
        self._numbers: dict[str, int] = {}

    def account(self, id_: str, livemode: bool) -> Account:
        """An account in a mode; the other mode of a known account appears when first asked for."""
        found = self.accounts.get((id_, livemode))
        if found is None:
            if id_ not in self._numbers:
                raise missing("account", id_)
            found = Account(self, id_, self._numbers[id_], livemode)
            other = self.accounts[id_, not livemode]
            found.profile = other.profile
            found.country, found.currency = other.country, other.currency
            self.accounts[id_, livemode] = found
        return found

    def add_account(self, country: str, currency: str, livemode: bool) -> Account:
        """A fresh account, without keys."""
        number = len(self._numbers) + 1
        id_ = f"acct_1{letters(f'{self.options.seed}/account/{number}', 15)}"
        self._numbers[id_] = number
        account = Account(self, id_, number, livemode)
        account.country, account.currency = country, currency
        self.accounts[id_, livemode] = account
        return account

    def add_key(self, account: Account, kind: str, scopes: Iterable[str] = ()) -> Key:
        """Another key of an account."""
        short = {"secret": "sk", "restricted": "rk", "publishable": "pk"}[kind]
        tail = account.new_id("k", 90).removeprefix("k_")
        text = f"{short}_{_LIVE_WORD[account.livemode]}_51{account.id[6:]}{tail}"[:107]
        key = Key(text, kind, account, frozenset(scopes))
        self.keys[text] = key
        account.keys.append(key)
        return key


def letters(seed: str, length: int) -> str:
    """Letters and digits that only the seed decides."""
    number = int.from_bytes(hashlib.shake_128(seed.encode()).digest(length), "big")
    found = []
    for _ in range(length):
        number, rest = divmod(number, 62)
        found.append(_ALPHABET[rest])
    return "".join(found)
