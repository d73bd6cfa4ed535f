"""Routes: which handler answers which call, with which parameters and permissions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from saleor_tiktok_stripe.sandbox.stripe.forms import Upload
from saleor_tiktok_stripe.sandbox.stripe.params import Spec, items
from saleor_tiktok_stripe.sandbox.stripe.world import Account, Key, World

_EXPAND: Spec = {"expand": items()}


@dataclass(frozen=True)
class Request:
    """One call, decoded: what a handler gets.

    `account` is the account and mode the call acts on (the connected one with `Stripe-Account`);
    `key` the key it was made with; `params` the checked parameters; `path` the `{names}` of the
    route's path.
    """

    account: Account
    world: World
    key: Key
    params: dict[str, Any]
    path: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, Upload] = field(default_factory=dict)
    request_id: str = ""
    idempotency_key: str | None = None
    base_url: str = ""

    @property
    def livemode(self) -> bool:
        """Whether real money would move."""
        return self.account.livemode

    def get(self, name: str, default: Any = None) -> Any:
        """A parameter, or the default when it was not sent."""
        return self.params.get(name, default)


@dataclass(frozen=True)
class Reply:
    """An answer that is not a plain 200 with a JSON object: pages, redirects, other statuses."""

    body: bytes | dict[str, Any]
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


Handler = Callable[[Request], "dict[str, Any] | Reply"]


@dataclass(frozen=True)
class Route:
    """One entry of the table. See `route` for the fields."""

    method: str
    path: str
    handler: Handler
    params: Spec
    scope: str
    auth: str
    hosts: tuple[str, ...]
    js_params: Spec = field(default_factory=dict)


ROUTES: list[Route] = []
_BUCKETS: dict[tuple[str, int], list[tuple[tuple[str, ...], Route]]] = defaultdict(list)


def _known(given: Spec | None) -> Spec:
    return {**_EXPAND, **(given or {})}


def route(
    method: str,
    path: str,
    *,
    params: Spec | None = None,
    scope: str = "",
    auth: str = "secret",
    hosts: tuple[str, ...] = ("api",),
    js_params: Spec | None = None,
) -> Callable[[Handler], Handler]:
    """Register a handler for a path such as `/v1/refunds/{id}`.

    `params`: what may be sent (anything else is `parameter_unknown`). `scope`: the resource of the
    permission a restricted key needs, as `rak_<scope>_<read|write>`. `auth`: `secret` (secret or
    restricted key), `publishable` (also the publishable key; the handler checks the client
    secret), `none` (no key; `request.account` is then the sandbox's first account). `hosts`:
    which of `api`, `files`, `connect` serve it. `js_params`: more that a publishable key may send.
    """

    def register(handler: Handler) -> Handler:
        entry = Route(method, path, handler, _known(params), scope, auth, hosts, js_params or {})
        parts = tuple(path.strip("/").split("/"))
        ROUTES.append(entry)
        # Fixed words win over {names}: /v1/payment_intents/search before /v1/payment_intents/{id}.
        bucket = _BUCKETS[method, len(parts)]
        bucket.append((parts, entry))
        bucket.sort(key=lambda pair: [part.startswith("{") for part in pair[0]])
        return handler

    return register


def find(method: str, path: str) -> tuple[Route, dict[str, str]] | None:
    """The route of a call and the values of its path's names."""
    given = path.strip("/").split("/")
    for parts, entry in _BUCKETS.get((method, len(given)), ()):
        names: dict[str, str] = {}
        for part, value in zip(parts, given, strict=True):
            if part[0] == "{":
                names[part[1:-1]] = value
            elif part != value:
                break
        else:
            return entry, names
    return None
