import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis as client

from saleor_tiktok_stripe.sandbox.components.redis import Redis

needs_redis = pytest.mark.skipif(
    shutil.which("redis-server") is None, reason="redis-server is not installed"
)


@pytest.fixture(autouse=True)
def no_given_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv("REDIS_URL", raising=False)
    return


@needs_redis
def test_a_server_of_our_own_wants_a_password_and_is_gone_afterwards():
    with Redis() as server:
        assert server.url is not None
        with client.Redis.from_url(server.url) as connection:
            assert connection.set("key", "value")
            assert connection.config_get("bind") == {"bind": "127.0.0.1"}
            assert connection.config_get("save") == {"save": ""}
        stranger = client.Redis.from_url(f"redis://{server.url.rpartition('@')[2]}")
        with pytest.raises(client.AuthenticationError):
            stranger.ping()
        stranger.close()
        url, pid = server.url, server.pid
        assert server.line == "Redis: a redis-server of our own"

    assert server.url is None
    assert not Path(f"/proc/{pid}").exists()
    with pytest.raises(client.ConnectionError):
        client.Redis.from_url(url).ping()


def test_redis_url_is_taken_as_it_is(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1/3")

    with Redis() as server:
        assert server.url == "redis://127.0.0.1:1/3"
        assert server.pid is None

    assert server.url == "redis://127.0.0.1:1/3"


def test_without_a_server_there_is_one_line_with_the_cure(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PATH", os.devnull)

    with Redis() as server:
        assert server.url is None
        assert server.line.startswith("Redis: none (set REDIS_URL, or install redis-server")
