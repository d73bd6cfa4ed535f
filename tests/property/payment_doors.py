"""How made-up payments reach the sandboxes without sockets, one clock for everybody, and the points
at which a process may die or somebody else may get in between."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from functools import wraps
from importlib import import_module
from random import Random
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch
from urllib.parse import urlencode, urlsplit

from django.apps import apps
from django.db import connection as database
from django.utils import timezone

from saleor_tiktok_stripe import jobs
from saleor_tiktok_stripe.accounts.stripe import vendor
from saleor_tiktok_stripe.errors import InDoubt, RetryLater
from saleor_tiktok_stripe.jobs import clock, outcomes
from saleor_tiktok_stripe.payments import acting, following, rows, sessions
from saleor_tiktok_stripe.saleor_api import get_saleor
from saleor_tiktok_stripe.sandbox.saleor import SaleorSandbox
from saleor_tiktok_stripe.sandbox.saleor.server import run
from saleor_tiktok_stripe.sandbox.stripe.gateway import Call as StripeCall
from saleor_tiktok_stripe.sandbox.stripe.gateway import Gateway as StripeGateway
from saleor_tiktok_stripe.sandbox.stripe.sandbox import StripeSandbox
from saleor_tiktok_stripe.stripe_api.client import StripeClient
from saleor_tiktok_stripe.stripe_api.gateway import Gateway
from saleor_tiktok_stripe.transport import Transport
from saleor_tiktok_stripe.transport.failures import BROKEN_OFF, Failure
from saleor_tiktok_stripe.transport.types import Call, Reply

Point = Callable[[str], None]
# All that reads a clock has to be there before the clock is replaced.
import_module("saleor_tiktok_stripe.saleor_api.http")
import_module("saleor_tiktok_stripe.payments.jobs")
import_module("saleor_tiktok_stripe.aftersales.jobs")
STRIPE_CALLS = ("create_payment", "payment", "refunds", "disputes", "capture", "cancel",
                "create_refund", "update_payment")  # fmt: skip
SALEOR_CALLS = ("transaction", "report_events")
OWN_STEPS = ((rows, "attach"), (following, "save_look"), (acting, "_mark_sent"), (acting, "_keep"))


class Killed(BaseException):
    """The process died here."""


@contextmanager
def points(reach: Point) -> Iterator[None]:
    """``reach`` is called with ``name:before`` and ``name:after`` of what may go astray."""
    steps = [(StripeClient, name) for name in STRIPE_CALLS]
    steps += [(type(get_saleor()), name) for name in SALEOR_CALLS]
    with ExitStack() as stack:
        for owner, name in (*steps, *OWN_STEPS):
            replaced = around(getattr(owner, name), name, reach)
            stack.enter_context(patch.object(owner, name, replaced))
        yield


def around(original: Callable[..., Any], name: str, reach: Point) -> Callable[..., Any]:
    @wraps(original)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        reach(f"{name}:before")
        found = original(*args, **kwargs)
        reach(f"{name}:after")
        return found

    return wrapped


# --- the sandboxes without sockets ---------------------------------------------------------------


class _Door(Transport):
    """Our own door to Stripe with its rules, but for limits; the wire may be left out."""

    def __init__(self, stripe: StripeSandbox, *, sockets: bool) -> None:
        super().__init__(
            (),
            user_agent="histories",
            allow_loopback=True,
            clock=lambda: clock.now().timestamp(),
            sleep=lambda seconds: None,
        )
        self._gateway = None if sockets else StripeGateway(stripe.world)
        # Each call to one in memory starts a thread.
        self._limiter = SimpleNamespace(take=lambda call: None)  # type: ignore[assignment]

    def _once(self, call: Call) -> Reply | Failure:
        if self._gateway is None:
            return super()._once(call)
        headers = {name.lower(): value for name, value in call.headers.items()}
        path, query = urlsplit(call.url).path, urlencode(call.params)
        served = self._gateway.handle(
            StripeCall("api", call.method, path, query, headers, call.body or b"")
        )
        try:
            served.send(None)
        except StopIteration as done:
            answer = done.value
        if answer is None:
            return BROKEN_OFF
        return Reply(answer.status, answer.headers, answer.body, 0.0)


@contextmanager
def direct_stripe(stripe: StripeSandbox, *, sockets: bool) -> Iterator[None]:
    """Calls to Stripe end in this sandbox, with ``sockets`` over HTTP."""
    door = _Door(stripe, sockets=sockets)
    with patch.object(vendor, "_door", lambda redis_url, sandbox: door):
        yield


class SaleorDoor:
    """The same requests and answers as over HTTP. ``trouble`` names what happens to the next
    calls: ``busy`` (nothing is done) or ``lost`` (done, but the answer is not seen)."""

    def __init__(self, saleor: SaleorSandbox) -> None:
        self._saleor = saleor
        self.trouble: list[str] = []

    def send(self, call: Call) -> Reply:
        fate = self.trouble.pop() if self.trouble else ""
        if fate == "busy":
            raise RetryLater("UNREACHABLE", "Saleor does not answer.")
        body = json.loads(call.body or b"")
        state = self._saleor.state
        status, said = run(state, self._saleor.token, body["query"], body["variables"])
        if fate == "lost":
            error = RetryLater if call.safe else InDoubt
            raise error("BROKEN_OFF", "Saleor's answer was not seen.")
        return Reply(status, {}, json.dumps(said, default=str).encode(), 0.0)


@contextmanager
def direct_saleor(saleor: SaleorSandbox) -> Iterator[SaleorDoor]:
    """Our app's calls to Saleor end in this sandbox; its actions are carried out in this thread."""
    get_saleor.cache_clear()
    door = SaleorDoor(saleor)
    get_saleor()._client._transport = door  # type: ignore[attr-defined]
    with patch.object(jobs, "result_within", _result_within):
        yield door
    get_saleor.cache_clear()


def _result_within(seconds: float, kind: str, connection: Any, subject: str, look: Any) -> Any:
    """As ``jobs.result_within``, whose thread another one would have to wait for."""
    found = look()
    if found is None:
        jobs.single.work_on(kind, connection, subject)
        found = look()
    return found


# --- one clock -----------------------------------------------------------------------------------


class _AnyDatetime(type):
    def __instancecheck__(cls, thing: object) -> bool:
        return isinstance(thing, datetime)


class _Turned(datetime, metaclass=_AnyDatetime):
    @classmethod
    def now(cls, tz: Any = None) -> datetime:
        return clock.now()


@contextmanager
def one_clock(seed: int) -> Iterator[None]:
    """Rows, jobs and both sandboxes go by the same time, and pauses are the same in every run."""
    with ExitStack() as stack:
        for name, module in list(sys.modules.items()):
            ours = name.startswith("saleor_tiktok_stripe.") and module is not clock
            if ours and getattr(module, "datetime", None) is datetime:
                stack.enter_context(patch.object(module, "datetime", _Turned))
        stack.enter_context(patch.object(timezone, "now", clock.now))
        for model in apps.get_app_config("saleor_tiktok_stripe").get_models():
            for one in model._meta.fields:
                if one.default is _now:
                    stack.enter_context(patch.object(one, "_get_default", clock.now))
        stack.enter_context(patch.object(outcomes, "_random", Random(f"pauses-{seed}")))
        with database.cursor() as cursor:  # the pause after a worker was lost is the database's
            cursor.execute("SELECT setseed(%s)", [seed % 1000 / 1000])
        stack.enter_context(patch.object(clock, "_ahead", timedelta()))
        stack.enter_context(patch.object(sessions, "PAUSE", 0))
        patient = patch.dict(Gateway.__init__.__kwdefaults__, sleep=lambda seconds: None)
        stack.enter_context(patient)
        yield


_now = timezone.now
