"""Sandboxes and a caller that signs with the independent client's signer."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
import requests
from tiktok_shop_api.signing import Signer

from saleor_tiktok_stripe.sandbox.tiktok import TikTokSandbox


@dataclass(frozen=True)
class Caller:
    """Calls the gateway as an app would; any part of a call can be made wrong."""

    base_url: str
    app_key: str
    app_secret: str
    token: str
    cipher: str
    session: requests.Session = field(default_factory=requests.Session)

    def but(self, **changes: str) -> Caller:
        return replace(self, **changes)

    def call(
        self,
        method: str,
        path: str,
        query: dict[str, Any] | tuple[tuple[str, Any], ...] = (),
        body: Any = None,
        *,
        sign: str | None = None,
        timestamp: int | None = None,
        content_type: str = "application/json",
    ) -> requests.Response:
        given = query.items() if isinstance(query, dict) else query
        pairs = [(key, str(value)) for key, value in given]
        pairs.append(("app_key", self.app_key))
        pairs.append(("timestamp", str(int(time.time()) if timestamp is None else timestamp)))
        if self.cipher:
            pairs.append(("shop_cipher", self.cipher))
        raw = body if isinstance(body, bytes) else None
        if raw is None and body is not None:
            raw = json.dumps(body).encode()
        if sign is None:
            sign = Signer.sign(
                path=path,
                query=pairs,
                content_type=content_type,
                body=raw,
                app_secret=self.app_secret,
            )
        if sign:
            pairs.append(("sign", sign))
        headers = {"content-type": content_type}
        if self.token:
            headers["x-tts-access-token"] = self.token
        return self.session.request(
            method, self.base_url + path, params=pairs, data=raw, headers=headers, timeout=60
        )

    def data(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        answer = self.call(*args, **kwargs).json()
        assert answer["code"] == 0, answer
        return answer["data"]

    def code(self, *args: Any, **kwargs: Any) -> tuple[int, int]:
        response = self.call(*args, **kwargs)
        return response.status_code, response.json()["code"]

    def search(self, **query: Any) -> dict[str, Any]:
        body = query.pop("body", {})
        return self.data("POST", "/order/202309/orders/search", {"page_size": 50, **query}, body)


def authorize(sandbox: TikTokSandbox) -> Caller:
    given = sandbox.credentials
    tokens = requests.get(
        f"{given['auth_url']}/api/v2/token/get",
        params={
            "app_key": given["app_key"],
            "app_secret": given["app_secret"],
            "auth_code": given["auth_code"],
            "grant_type": "authorized_code",
        },
        timeout=60,
    ).json()["data"]
    return Caller(
        given["base_url"],
        given["app_key"],
        given["app_secret"],
        tokens["access_token"],
        given["shop_cipher"],
    )


@pytest.fixture(scope="session")
def sandbox_server() -> Iterator[Callable[..., TikTokSandbox]]:
    """Makes sandboxes that all end with the session."""
    started: list[TikTokSandbox] = []

    def make(**options: Any) -> TikTokSandbox:
        sandbox = TikTokSandbox(**{"orders": 40, "seed": 7, **options}).start()
        started.append(sandbox)
        return sandbox

    yield make
    for sandbox in started:
        sandbox.stop()


@pytest.fixture
def sandbox() -> Iterator[TikTokSandbox]:
    with TikTokSandbox(orders=40, seed=7) as running:
        yield running


@pytest.fixture
def caller(sandbox: TikTokSandbox) -> Caller:
    return authorize(sandbox)


@pytest.fixture(scope="session")
def connect() -> Callable[[TikTokSandbox], Caller]:
    return authorize
