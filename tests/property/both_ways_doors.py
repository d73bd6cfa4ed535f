"""How made-up shops reach the sandbox TikTok without sockets, a clock that only the history moves,
and the points at which a process may die or somebody else may get in between."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from importlib import import_module
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch
from urllib.parse import urlsplit

from saleor_tiktok_stripe.accounts.tiktok import vendor
from saleor_tiktok_stripe.aftersales.cases import opening
from saleor_tiktok_stripe.aftersales.cases import sending as answers
from saleor_tiktok_stripe.fulfilment import pushing, requests
from saleor_tiktok_stripe.jobs import clock, kinds, worker
from saleor_tiktok_stripe.orders import applying, linking
from saleor_tiktok_stripe.saleor_api import get_saleor
from saleor_tiktok_stripe.sandbox.tiktok import TikTokSandbox
from saleor_tiktok_stripe.sandbox.tiktok.clock import SandboxClock
from saleor_tiktok_stripe.sandbox.tiktok.gateway import Request
from saleor_tiktok_stripe.sandbox.tiktok.server import SandboxApp
from saleor_tiktok_stripe.stripe_api.gateway import Gateway as StripeGateway
from saleor_tiktok_stripe.tiktok.client import TikTokClient
from saleor_tiktok_stripe.tiktok.gateway import Gateway as TikTokGateway
from saleor_tiktok_stripe.transport import Transport
from saleor_tiktok_stripe.transport.failures import BROKEN_OFF, Failure
from saleor_tiktok_stripe.transport.types import Call, Reply

from . import payment_histories
from .both_ways_attempts import Attempts
from .payment_doors import Killed, Point, around

# All that reads a clock has to be there before the clock is replaced.
for _target, _ in kinds.KINDS.values():
    import_module(f"saleor_tiktok_stripe.{_target.partition(':')[0]}")
TIKTOK_CALLS = (
    "orders", "mark_shipped", "ship_package", "split", "update_tracking", "update_package_tracking",
    "cancel", "answer_cancellation", "open_return", "answer_return", "set_stock", "set_prices",
)  # fmt: skip
SALEOR_CALLS = ("create_orders", "fulfill", "cancel_order", "cancel_lines", "return_goods",
                "record_refunds", "grant_refund", "set_metadata", "update_tracking")  # fmt: skip
OWN_STEPS = ((requests, "begin"), (requests, "succeed"), (pushing, "adopt"),
             (opening, "mark_sent"), (answers, "look"), (applying, "perform"),
             (linking, "save_new"))  # fmt: skip


@contextmanager
def more_points(reach: Point) -> Iterator[None]:
    """As ``payment_doors.points``, for what concerns the marketplace."""
    steps = [(TikTokClient, name) for name in TIKTOK_CALLS]
    steps += [(type(get_saleor()), name) for name in SALEOR_CALLS]
    with ExitStack() as stack:
        for owner, name in (*steps, *OWN_STEPS):
            replaced = around(getattr(owner, name), name, reach)
            stack.enter_context(patch.object(owner, name, replaced))
        yield


class _Door(Transport):
    """Our own door to TikTok with its rules, but for limits; the wire may be left out."""

    def __init__(self, tiktok: TikTokSandbox, *, sockets: bool) -> None:
        super().__init__(
            (),
            user_agent="histories",
            allow_loopback=True,
            clock=lambda: clock.now().timestamp(),
            sleep=lambda seconds: None,
        )
        self.attempts = Attempts(tiktok)
        self._app = None if sockets else SandboxApp(tiktok.world, tiktok.controls, 0)
        self._limiter = SimpleNamespace(take=lambda call: None)  # type: ignore[assignment]

    def _once(self, call: Call) -> Reply | Failure:
        before = self.attempts.count()
        answer = self._pass_on(call)
        self.attempts.add(call, before)
        return answer

    def _pass_on(self, call: Call) -> Reply | Failure:
        parts = urlsplit(call.url)
        if self._app is None or not parts.path[1:2].islower() or "/api/" in parts.path:
            return super()._once(call)
        headers = {name.lower(): value for name, value in call.headers.items()}
        query = tuple((str(key), str(value)) for key, value in call.params)
        request = Request(call.method, parts.path, query, headers, call.body or b"")
        served = self._app.respond(request)
        if served is None:
            return BROKEN_OFF
        status, content, extra = served
        body = content if isinstance(content, str) else json.dumps(content)
        lower = {name.lower(): value for name, value in extra.items()}
        return Reply(status, lower, body.encode(), 0.0)


@contextmanager
def direct_tiktok(tiktok: TikTokSandbox, *, sockets: bool) -> Iterator[Attempts]:
    """Calls to TikTok end in this sandbox, with ``sockets`` over HTTP."""
    door = _Door(tiktok, sockets=sockets)
    with patch.object(vendor, "_door", lambda redis_url, sandbox: door):
        yield door.attempts


def _one_by_one(actions: list[Callable[[], Any]]) -> None:
    for action in actions:
        with suppress(Killed):
            action()


@contextmanager
def without_threads() -> Iterator[None]:
    """What would be done at once is done one after the other: threads take turns as they like, and
    a seed would not make the same history again. Who gets in between where, says the seed."""
    with patch.object(payment_histories, "at_once", _one_by_one):
        yield


BEGIN = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


class _Ticking(datetime):
    """A moment later at each look of the history's own thread; servers only read it."""

    begin = BEGIN
    looks = 0
    thread = 0

    @classmethod
    def now(cls, tz: Any = None) -> datetime:
        cls.looks += threading.get_ident() == cls.thread
        return cls.begin + timedelta(milliseconds=cls.looks)


def _present() -> float:
    """The same, without a look that moves it."""
    passed = timedelta(milliseconds=_Ticking.looks)
    return (_Ticking.begin + passed + clock._ahead).timestamp()


_TIME = SimpleNamespace(**{**vars(time), "time": _present, "monotonic": lambda: 0.0})
"""No run is cut short because the machine is slow."""
_STILL = SimpleNamespace(**{**vars(time), "time": lambda: BEGIN.timestamp()})
_SIGNED = ("sandbox.stripe.webhooks", "inbox.from_stripe")
"""Notifications of Stripe arrive as late as they like: their signatures do not grow old."""
_BY_REAL_TIME = (".server", ".servers", ".processes")
"""Modules that wait for something outside."""


@contextmanager
def own_time(begin: datetime = BEGIN) -> Iterator[None]:
    """Within ``one_clock``: time passes by looks at it, so that a seed makes the same history on
    every machine and every day; both sandboxes go by it as well."""
    _Ticking.begin, _Ticking.looks, _Ticking.thread = begin, 0, threading.get_ident()
    with ExitStack() as stack:
        stack.enter_context(patch.object(clock, "datetime", _Ticking))
        present = patch.object(SandboxClock, "_read", lambda self: clock.now().timestamp())
        stack.enter_context(present)
        stack.enter_context(patch.object(worker, "_turns", worker._Turns()))
        for name, module in list(sys.modules.items()):
            ours = name.startswith("saleor_tiktok_stripe.") and not name.endswith(_BY_REAL_TIME)
            if ours and getattr(module, "time", None) is time:
                read = _STILL if name.endswith(_SIGNED) else _TIME
                stack.enter_context(patch.object(module, "time", read))
        for made in (TikTokClient, TikTokGateway, StripeGateway):
            given = {"clock": _present}
            stack.enter_context(patch.dict(made.__init__.__kwdefaults__, given))
        yield
