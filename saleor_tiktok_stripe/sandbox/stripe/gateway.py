"""From a decoded HTTP call to its answer: keys, permissions, idempotency, faults, routes."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import time
from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from saleor_tiktok_stripe.sandbox.stripe import api, auth, forms, idempotency, params
from saleor_tiktok_stripe.sandbox.stripe.errors import StripeError
from saleor_tiktok_stripe.sandbox.stripe.expand import expanded
from saleor_tiktok_stripe.sandbox.stripe.registry import Reply, Request, Route, find
from saleor_tiktok_stripe.sandbox.stripe.world import API_VERSION, Account, ApiCall, Key, World

# Imported so that their routes are registered.
RESOURCES = api.RESOURCES
_JSON = "application/json"
_VERSION = re.compile(r"\A\d{4}-\d{2}-\d{2}(\.[a-z]+)?(;.*)?\Z")


@dataclass(frozen=True)
class Call:
    """One HTTP call as it came in; `host` is api, connect or files."""

    host: str
    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Answer:
    """What goes back."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


class Gateway:
    """Serves calls on a world. `handle` gives None where the connection is to be cut."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._number = 0
        self._recent: dict[str, deque[float]] = defaultdict(deque)

    async def handle(self, call: Call) -> Answer | None:
        """Serve one call."""
        self._number += 1
        served = _Served(self.world, call, f"req_{self._number:014d}")
        try:
            served.open()
            self._limit(served.account)
            cut = await served.trouble_before()
            if cut:
                return None
            answer = await served.work()
        except StripeError as error:
            answer = served.failed(error)
        served.log(answer)
        answer.headers = served.heads(answer)
        if served.acted and served.fault("lost_answer") is not None:
            return None
        slow = served.fault("slow_answer") if served.acted else None
        if slow is not None:
            await asyncio.sleep(float(slow.get("seconds", 1)))
        return answer

    def _limit(self, account: Account) -> None:
        most = self.world.options.rate_limit
        if not most:
            return
        recent, now = self._recent[account.id], time.monotonic()
        while recent and recent[0] <= now - 1:
            recent.popleft()
        if len(recent) >= most:
            raise _too_many("rate_limit", "global-rate")
        recent.append(now)


class _Served:
    """One call while it is served."""

    def __init__(self, world: World, call: Call, request_id: str) -> None:
        self.world, self.call, self.request_id = world, call, request_id
        self.label = f"{call.method} {call.path}"
        self.account: Account = next(iter(world.accounts.values()))
        self.route: Route | None = None
        self.names: dict[str, str] = {}
        self.key: Key | None = None
        self.given: dict[str, Any] = {}
        self.files: dict[str, forms.Upload] = {}
        self.idempotency_key = (
            call.headers.get("idempotency-key") if call.method == "POST" else None
        )
        self.replayed = self.acted = False

    def open(self) -> None:
        """Route, key, account, permission, parameters' names."""
        found = find(self.call.method, self.call.path)
        if found is None or self.call.host not in found[0].hosts:
            raise StripeError(
                404,
                message=f"Unrecognized request URL ({self.call.method}: {self.call.path}). Please "
                "see https://stripe.com/docs or we can help at https://support.stripe.com/.",
                stored=False,
            )
        self.route, self.names = found
        version = self.call.headers.get("stripe-version", API_VERSION)
        if not _VERSION.match(version):
            raise StripeError(400, message=f"Invalid Stripe API version: {version}", stored=False)
        pairs = parse_qsl(self.call.query, keep_blank_values=True)
        kind = self.call.headers.get("content-type", "")
        if kind.startswith("multipart/form-data"):
            fields, self.files = forms.multipart(self.call.body, kind)
            pairs += fields
        elif self.call.body:
            pairs += parse_qsl(self.call.body.decode(), keep_blank_values=True)
        self.given = forms.nested(pairs)
        if self.route.auth != "none":
            # Stripe.js sends its key as a form field.
            text = auth.key_text(self.call.headers) or str(self.given.pop("key", ""))
            self.key = auth.authenticate(self.world, text)
            wanted = self.call.headers.get("stripe-account", "")
            with self.world.lock:
                self.account = auth.acting_for(self.world, self.key, wanted)
            auth.permit(self.key, self.route, self.account)
        else:
            self.key = self.world.keys.get(auth.key_text(self.call.headers))

    def fault(self, kind: str) -> dict[str, Any] | None:
        """Parameters of a fault that strikes this call."""
        return self.world.faults.take(kind, self.label, self.account.id)

    async def trouble_before(self) -> bool:
        """The faults that strike before anything is done; True: cut the connection."""
        limited = self.fault("rate_limit")
        if limited is not None:
            raise _too_many("rate_limit", limited.get("reason", "global-rate"), limited)
        if self.fault("lock_timeout") is not None:
            raise _too_many("lock_timeout", "resource-specific")
        if self.fault("conflict") is not None:
            raise idempotency.in_use(self.idempotency_key or "")
        if self.fault("key_expired") is not None and self.key is not None:
            said = f"Expired API Key provided: {self.key.shown}"
            raise StripeError(401, code="api_key_expired", message=said, stored=False)
        down = self.fault("unavailable")
        if down is not None:
            said = "The service is temporarily unavailable. Please try again later."
            raise StripeError(
                503, "api_error", None, None, said, stored=False, headers=_retry(down)
            )
        return self.fault("cut_before") is not None

    async def work(self) -> Answer:
        """Do what is asked, once per idempotency key."""
        if self.idempotency_key is None:
            return await self._act()
        with self.world.lock:
            stored = idempotency.begin(
                self.account, self.idempotency_key, self.call.path, self._fingerprint()
            )
        if stored is not None:
            self.replayed = True
            return Answer(stored.status, stored.body)
        kept = False
        try:
            answer = await self._act()
            kept = True
        except StripeError as error:
            kept = error.stored and self.acted
            answer = self.failed(error)
        finally:
            if not kept:
                idempotency.forget(self.account, self.idempotency_key)
        if kept:
            idempotency.finish(self.account, self.idempotency_key, answer.status, answer.body)
        return answer

    async def _act(self) -> Answer:
        assert self.route is not None  # noqa: S101 (open() ran)
        spec = self.route.params
        if self.key is not None and self.key.kind == "publishable":
            spec = {**spec, **self.route.js_params}
        checked = params.check(self.given, spec)
        slow = self.fault("slow")
        if slow is not None:
            await asyncio.sleep(float(slow.get("seconds", 1)))
        self.acted = True
        broken = self.fault("error_before")
        if broken is not None:
            raise _broken(broken)
        wanted = checked.pop("expand", None) or []
        key = self.key or Key("", "none", self.account)
        request = Request(
            self.account, self.world, key, checked, self.names, self.files,
            self.request_id, self.idempotency_key, self.world.base_url,
        )  # fmt: skip
        with self.world.lock:
            self.account.run_due()
            self.world.serving = (self.request_id, self.idempotency_key)
            try:
                result = self.route.handler(request)
                answer = self._answer(result, wanted)
            finally:
                self.world.serving = (None, None)
        broken = self.fault("error_after")
        if broken is not None:
            raise _broken(broken)
        return answer

    def _answer(self, result: dict[str, Any] | Reply, wanted: list[str]) -> Answer:
        if isinstance(result, Reply):
            body = result.body if isinstance(result.body, bytes) else _dump(result.body)
            return Answer(result.status, body, dict(result.headers))
        return Answer(200, _dump(expanded(self.account, result, wanted) if wanted else result))

    def failed(self, error: StripeError) -> Answer:
        """The answer that tells an error."""
        body = error.body()
        if isinstance(body.get("error"), dict):
            body["error"]["request_log_url"] = (
                f"https://dashboard.stripe.com/logs/{self.request_id}"
            )
        return Answer(error.status, _dump(body), dict(error.headers))

    def heads(self, answer: Answer) -> dict[str, str]:
        """The headers of the answer."""
        heads = {
            "content-type": _JSON,
            "request-id": self.request_id,
            "stripe-version": self.call.headers.get("stripe-version", API_VERSION),
            **answer.headers,
        }
        if self.idempotency_key is not None:
            heads["idempotency-key"] = self.idempotency_key
        if self.replayed:
            heads["idempotent-replayed"] = "true"
        return heads

    def log(self, answer: Answer) -> None:
        """Note the call in its account, when it is known whose it is."""
        if self.key is None:
            return
        self.account.calls.append(
            ApiCall(
                self.call.method, self.call.path, self.given, self.idempotency_key,
                answer.status, self.replayed, self.request_id,
            )
        )  # fmt: skip

    def _fingerprint(self) -> str:
        files = {
            name: (upload.filename, hashlib.sha256(upload.content).hexdigest())
            for name, upload in self.files.items()
        }
        return json.dumps([self.given, files], sort_keys=True)


def _dump(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _retry(fault: Mapping[str, Any]) -> dict[str, str]:
    said = fault.get("should_retry")
    return {} if said is None else {"stripe-should-retry": "true" if said else "false"}


def _too_many(code: str, reason: str, fault: Mapping[str, Any] | None = None) -> StripeError:
    said = (
        "Request rate limit exceeded. Learn more about rate limits here "
        "https://stripe.com/docs/rate-limits."
        if code == "rate_limit"
        else "This object cannot be accessed right now because another API request or Stripe "
        "process is currently accessing it. If you see this error intermittently, retry the "
        "request."
    )
    headers = {"stripe-rate-limited-reason": reason, **_retry(fault or {})}
    if fault and fault.get("retry_after") is not None:
        headers["retry-after"] = str(fault["retry_after"])
    return StripeError(429, "invalid_request_error", code, None, said, headers=headers)


def _broken(fault: Mapping[str, Any]) -> StripeError:
    said = "An unknown error occurred. Please try again or contact support."
    stored = bool(fault.get("stored", True))
    return StripeError(500, "api_error", message=said, stored=stored, headers=_retry(fault))
