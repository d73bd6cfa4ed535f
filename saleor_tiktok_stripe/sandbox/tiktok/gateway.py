"""The API gateway: checks a call in TikTok's order, then hands it to its endpoint."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from saleor_tiktok_stripe.sandbox.tiktok.errors import ApiError, invalid
from saleor_tiktok_stripe.sandbox.tiktok.fields import Field, read_body, read_query
from saleor_tiktok_stripe.sandbox.tiktok.shop import Shop
from saleor_tiktok_stripe.sandbox.tiktok.signing import request_signature_matches
from saleor_tiktok_stripe.sandbox.tiktok.world import World

CIPHER_NEEDED, CIPHER_FORBIDDEN = "needed", "forbidden"
_BEHIND, _AHEAD = 300, 30
_VERSION = re.compile(r"^/([a-z_]+)/(\d{6})/")


@dataclass(frozen=True)
class Call:
    """A call that passed every check: what an endpoint gets."""

    world: World
    endpoint: Endpoint
    path: str
    parts: Mapping[str, str]
    query: Mapping[str, Any]
    body: Mapping[str, Any]
    shop: Shop | None

    @property
    def the_shop(self) -> Shop:
        """The shop of the call; only for endpoints that need a cipher."""
        if self.shop is None:
            raise ApiError(106013, "The shop_cipher parameter is missing")
        return self.shop

    def fault(self, kind: str) -> dict[str, Any] | None:
        """Parameters of a fault that strikes this call."""
        return self.world.faults.take(kind, self.path)


Handler = Callable[[Call], dict[str, Any]]


@dataclass(frozen=True)
class Endpoint:
    """One operation: `path` has `{names}`, `versions` are those it exists in, and what was done
    through a `write` is noted."""

    method: str
    path: str
    handler: Handler
    scope: str
    cipher: str = CIPHER_NEEDED
    versions: tuple[str, ...] = ("202309",)
    query: Mapping[str, Field] = field(default_factory=dict)
    body: Mapping[str, Field] = field(default_factory=dict)
    write: bool = False


@dataclass(frozen=True)
class Request:
    """One HTTP request as the gateway sees it; `query` is decoded and in the order sent."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    body: bytes


def _joined(pairs: tuple[tuple[str, str], ...]) -> dict[str, str]:
    """A query as a dictionary; clients send lists as `ids=a,b` or as `ids=a&ids=b`."""
    joined: dict[str, str] = {}
    for key, value in pairs:
        joined[key] = f"{joined[key]},{value}" if key in joined else value
    return joined


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile("^" + re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path) + "$")


class Buckets:
    """Token buckets per (app, shop, operation), on real time."""

    def __init__(self) -> None:
        self._level: dict[tuple[str, str, str], tuple[float, float]] = {}

    def take(self, key: tuple[str, str, str], rate: float, burst: int) -> float:
        """0 when the call may pass, else the seconds until one may."""
        now = time.monotonic()
        level, seen = self._level.get(key, (float(burst), now))
        level = min(float(burst), level + (now - seen) * rate)
        if level < 1:
            self._level[key] = (level, now)
            return (1 - level) / rate if rate else 60.0
        self._level[key] = (level - 1, now)
        return 0.0


class Gateway:
    """All endpoints of a world."""

    def __init__(self, world: World, endpoints: tuple[Endpoint, ...]) -> None:
        self.world = world
        # Paths without a variable go first: /packages/search is no package id.
        ordered = sorted(endpoints, key=lambda endpoint: endpoint.path.count("{"))
        self._table = [(endpoint, _pattern(endpoint.path)) for endpoint in ordered]
        self._buckets = Buckets()

    def handle(self, request: Request) -> dict[str, Any]:
        """The `data` of the answer; ApiError for every refusal."""
        endpoint, parts = self._route(request)
        query = _joined(request.query)
        self._check_app(query)
        self._check_sign(request, query)
        self._check_token(request, endpoint)
        shop = self._check_cipher(query, endpoint)
        read = read_query(query, endpoint.query)
        body = self._read_body(request, endpoint)
        self._check_rate(query, endpoint)
        self._strike(request.path)
        self.world.pass_time()
        call = Call(self.world, endpoint, request.path, parts, read, body, shop)
        repeated = (request.path, read.get("idempotency_key") or "") in self.world.answers
        answer = endpoint.handler(call)
        if endpoint.write and not repeated:
            self.world.note_write(f"{endpoint.method} {endpoint.path}", request.path, body)
        return answer

    def _route(self, request: Request) -> tuple[Endpoint, dict[str, str]]:
        match = _VERSION.match(request.path)
        if match is None:
            raise ApiError(36009009, "Invalid path", 404)
        domain, version = match.groups()
        plain = f"/{domain}" + request.path[match.end() - 1 :]
        problem = ApiError(36009009, "Invalid path", 404)
        for endpoint, pattern in self._table:
            found = pattern.match(plain)
            if found is None:
                continue
            if version not in endpoint.versions:
                problem = ApiError(36009014, f"Invalid version {version}", 404)
            elif endpoint.method != request.method:
                problem = ApiError(36009010, f"Invalid method {request.method}", 405)
            else:
                return endpoint, found.groupdict()
        raise problem

    def _check_app(self, query: Mapping[str, str]) -> None:
        if query.get("app_key") != self.world.authority.app_key:
            raise invalid("The app_key parameter is invalid", 400)
        stamp = query.get("timestamp", "")
        if not (stamp.isascii() and stamp.isdigit()):
            raise invalid("The timestamp parameter is invalid")
        late = time.time() + self.world.settings.gateway_skew - int(stamp)
        if late > _BEHIND or late < -_AHEAD:
            raise invalid("The timestamp parameter is expired or ahead of time")

    def _check_sign(self, request: Request, query: Mapping[str, str]) -> None:
        if not query.get("sign"):
            raise invalid("The sign parameter is missing")
        fits = request_signature_matches(
            query["sign"],
            self.world.authority.app_secret,
            request.path,
            request.query,
            request.body,
            request.headers.get("content-type", ""),
            request.method,
        )
        if not fits:
            raise ApiError(106001, "The sign parameter is invalid", 401)

    def _check_token(self, request: Request, endpoint: Endpoint) -> None:
        token = request.headers.get("x-tts-access-token", "")
        faults = self.world.faults
        if faults.take("token_expired", request.path) is not None:
            raise ApiError(105002, "The access token is expired", 401)
        self.world.authority.check(token, "")
        if faults.take("scope_missing", request.path) is not None:
            raise ApiError(105005, f"The access token lacks the scope {endpoint.scope}", 401)
        self.world.authority.check(token, endpoint.scope)

    def _check_cipher(self, query: Mapping[str, str], endpoint: Endpoint) -> Shop | None:
        cipher = query.get("shop_cipher", "")
        if endpoint.cipher == CIPHER_FORBIDDEN:
            if cipher:
                raise invalid("The shop_cipher parameter is unexpected")
            return None
        if not cipher:
            raise ApiError(106013, "The shop_cipher parameter is missing")
        shop = self.world.shop_by_cipher(cipher)
        if shop is None or shop.number not in self.world.authority.shop_numbers:
            raise ApiError(101000, "The shop_cipher does not fit the access token")
        return shop

    @staticmethod
    def _read_body(request: Request, endpoint: Endpoint) -> dict[str, Any]:
        if request.method == "GET" or not endpoint.body:
            return {}
        if request.body and "json" not in request.headers.get("content-type", ""):
            raise ApiError(36009023, "The content-type is invalid")
        try:
            decoded = json.loads(request.body) if request.body else {}
        except ValueError as error:
            raise ApiError(36009022, "The body is not JSON") from error
        if not isinstance(decoded, dict):
            raise ApiError(36009022, "The body is not a JSON object")
        return read_body(decoded, endpoint.body)

    def _check_rate(self, query: Mapping[str, str], endpoint: Endpoint) -> None:
        settings = self.world.settings
        key = (query["app_key"], query.get("shop_cipher", ""), endpoint.method + endpoint.path)
        wait = self._buckets.take(key, settings.rate_limit, settings.rate_burst)
        if wait:
            raise _too_many(max(1, int(wait)))

    def _strike(self, path: str) -> None:
        faults = self.world.faults
        limited = faults.take("rate_limit", path)
        if limited is not None:
            raise _too_many(limited.get("retry_after", 1))
        if faults.take("internal_error", path) is not None:
            raise ApiError(36009003, "Internal error, the system is busy")
        if faults.take("region_refused", path) is not None:
            raise ApiError(21008106, "This interface is not open in this region")


def _too_many(retry_after: int | None) -> ApiError:
    error = ApiError(36009002, "Too many requests", 429)
    if retry_after is not None:
        error.headers["Retry-After"] = str(retry_after)
    return error
