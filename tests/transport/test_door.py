from __future__ import annotations

import gzip
import socket
import threading

import pytest

from saleor_tiktok_stripe.errors import ChannelError, InDoubt, RetryLater, VendorBug
from saleor_tiktok_stripe.transport import Call, Transport

from .servers import answer, closed_port, hanging, raw, reset, serving

AGENT = "saleor-tiktok-stripe/test"
NO_LENGTH = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"


@pytest.fixture
def slept():
    return []


@pytest.fixture
def door(slept):
    return Transport(
        [], user_agent=AGENT, allow_loopback=True, sleep=slept.append, body_limit=100_000
    )


def make(url, **kwargs):
    given = {"method": "GET", "label": "thing.read", "safe": True, "timeout": (30.0, 30.0)}
    return Call(url=url + "/path", **{**given, **kwargs})


def test_answer_is_handed_over_with_status_headers_and_body(door):
    with serving(answer(b"hello", "201 Created", X_Thing="1")) as server:
        reply = door.send(make(server.url, params=(("a", "b c,ü"),), headers={"x-one": "2"}))

    assert (reply.status, reply.body, reply.headers["x-thing"]) == (201, b"hello", "1")
    head = server.requests[0].decode()
    assert head.startswith("GET /path?a=b+c%2C%C3%BC HTTP/1.1\r\n")
    assert "x-one: 2" in head
    assert f"User-Agent: {AGENT}" in head
    assert door.counters() == {("thing.read", "ok"): 1}


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/x",
        "https://example.com/x",
        "https://api.example.org:secret@evil.example/x",
        "https://api.example.org/x?app_secret=canary",
        "ftp://127.0.0.1/x",
        "file:///etc/passwd",
        "//127.0.0.1/x",
    ],
)
def test_other_hosts_schemes_and_decorated_addresses_are_refused(url):
    door = Transport(["api.example.org"], user_agent=AGENT, allow_loopback=True)

    with pytest.raises(VendorBug) as refused:
        door.send(Call("GET", url, "thing.read"))

    assert refused.value.code == "HOST_NOT_ALLOWED"
    assert "canary" not in str(refused.value)


def test_loopback_needs_permission_even_when_it_is_a_listed_host():
    with serving(answer()) as server:
        door = Transport(["127.0.0.1"], user_agent=AGENT)

        with pytest.raises(VendorBug):
            door.send(make(server.url))
        with pytest.raises(VendorBug) as refused:
            door.send(make(server.url.replace("http:", "https:")))

    assert refused.value.code == "FORBIDDEN_ADDRESS"
    assert server.requests == []


def test_redirects_are_not_followed_and_cookies_not_kept(door):
    moved = answer(b"", "302 Found", Location="http://127.0.0.1:1/x", Set_Cookie="a=1")
    with serving(moved) as server:
        first = door.send(make(server.url))
        door.send(make(server.url))

    assert first.status == 302
    assert b"ookie" not in server.requests[1]


@pytest.mark.parametrize("safe", [True, False])
def test_refused_connection_is_retried_twice_because_nothing_was_sent(door, slept, safe):
    with pytest.raises(RetryLater) as failed:
        door.send(make(f"http://127.0.0.1:{closed_port()}", safe=safe, method="POST", body=b"{}"))

    assert failed.value.code == "UNREACHABLE"
    assert not isinstance(failed.value, InDoubt)
    assert len(slept) == 2
    assert 0 <= slept[0] <= 0.4
    assert 0 <= slept[1] <= 0.8


def test_safe_call_cut_off_is_repeated_and_succeeds(door, slept):
    with serving(reset, raw(NO_LENGTH + b"half"), answer(b"whole")) as server:
        reply = door.send(make(server.url))

    assert reply.body == b"whole"
    assert len(server.requests) == 3
    assert len(slept) == 2


def test_safe_call_cut_off_each_time_is_tried_three_times(door):
    with serving(reset) as server, pytest.raises(RetryLater) as failed:
        door.send(make(server.url))

    assert failed.value.code == "BROKEN_OFF"
    assert not isinstance(failed.value, InDoubt)
    assert len(server.requests) == 3


@pytest.mark.parametrize(
    ("behaviour", "code"),
    [
        (reset, "BROKEN_OFF"),
        (raw(b""), "BROKEN_OFF"),
        (raw(NO_LENGTH + b"half"), "BROKEN_OFF"),
        (raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"), "BROKEN_OFF"),
        (raw(b"garbage\r\n\r\n"), "BROKEN_OFF"),
        (answer(b"no gzip at all", Content_Encoding="gzip"), "UNDECODABLE"),
        (
            raw(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok"),
            "UNDECODABLE",
        ),
        (raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nab"), "UNDECODABLE"),
        (answer(b"", "302 Found", Location="http://[::1"), "UNDECODABLE"),
        (raw(b"HTTP/1.1 302 Found\r\nLocation: \xff\r\nContent-Length: 0\r\n\r\n"), "UNDECODABLE"),
        (answer(b"x" * 200_000), "ANSWER_TOO_LARGE"),
        (answer(gzip.compress(b"\0" * 5_000_000), Content_Encoding="gzip"), "ANSWER_TOO_LARGE"),
    ],
)
def test_write_whose_answer_was_not_seen_is_in_doubt_and_sent_once(door, behaviour, code):
    with serving(behaviour) as server, pytest.raises(ChannelError) as failed:
        door.send(make(server.url, method="POST", body=b'{"a":1}', safe=False))

    assert type(failed.value) is InDoubt
    assert failed.value.code == code
    assert len(server.requests) == 1
    assert door.counters() == {("thing.read", code.lower()): 1}


def test_silence_is_a_timeout_and_not_repeated_at_once(door):
    with hanging() as server:
        short = (30.0, 0.3)
        with pytest.raises(RetryLater) as read:
            door.send(make(server.url, timeout=short))
        with pytest.raises(InDoubt) as write:
            door.send(make(server.url, method="POST", safe=False, timeout=short))

    assert (read.value.code, write.value.code) == ("TIMED_OUT", "TIMED_OUT")
    assert not isinstance(read.value, InDoubt)
    server.heard(2)
    assert len(server.requests) == 2


def test_answer_that_drips_for_ever_is_cut_at_the_deadline(door, monkeypatch):
    monkeypatch.setattr("saleor_tiktok_stripe.transport.door.BODY_SECONDS", 0.2)
    stop = threading.Event()

    def drip(connection: socket.socket, request: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while not stop.wait(0.02):
            connection.sendall(b"1\r\nx\r\n")

    with serving(drip) as server, pytest.raises(RetryLater) as failed:
        door.send(make(server.url))
    stop.set()

    assert failed.value.code == "TIMED_OUT"


def test_too_large_answer_to_a_read_is_a_bug_not_a_retry(door):
    with serving(answer(b"x" * 200_000)) as server, pytest.raises(VendorBug) as failed:
        door.send(make(server.url))

    assert failed.value.code == "ANSWER_TOO_LARGE"
    assert len(server.requests) == 1


def test_connection_is_reused_within_a_thread(door):
    peers = []

    def keep(connection: socket.socket, request: bytes) -> None:
        reply = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
        peers.append(connection.getpeername())
        connection.sendall(reply)
        from .servers import read_request

        while read_request(connection):
            peers.append(connection.getpeername())
            connection.sendall(reply)

    with serving(keep) as server:
        for _ in range(3):
            door.send(make(server.url))

    assert len(peers) == 3
    assert len(set(peers)) == 1


def test_proxy_and_netrc_of_the_environment_are_ignored(door, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{closed_port()}")
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{closed_port()}")

    with serving(answer(b"direct")) as server:
        assert door.send(make(server.url)).body == b"direct"


def test_a_forked_child_does_not_use_its_parents_connection(door, monkeypatch):
    parents = door._session()
    assert door._session() is parents

    monkeypatch.setattr("saleor_tiktok_stripe.transport.door.os.getpid", lambda: -1)

    assert door._session() is not parents


def test_threads_have_sessions_of_their_own(door):
    sessions = {id(door._session()): door._session()}

    def work():
        session = door._session()
        sessions[id(session)] = session

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()

    assert len(sessions) == 2
