"""Canaries: no secret of a call may appear in a log, an error, a traceback or a repr."""

from __future__ import annotations

import logging
import traceback

import pytest

from saleor_tiktok_stripe.errors import ChannelError
from saleor_tiktok_stripe.transport import Call, Reply, Transport, redact

from .servers import answer, closed_port, hanging, raw, reset, serving

CANARY = "CANARYvalue4711"


def call(url, safe=True, read_timeout=30.0):
    return Call(
        "GET",
        url + "/api/v2/token/get",
        "token.get",
        params=(("app_secret", CANARY), ("auth_code", CANARY)),
        headers={"x-tts-access-token": CANARY},
        body=CANARY.encode(),
        safe=safe,
        timeout=(30.0, read_timeout),
    )


def everything_about(error: BaseException) -> str:
    """The error as an error tracker would show it, with the locals of this package's frames."""
    trace = traceback.TracebackException.from_exception(error, capture_locals=True)
    ours = (frame for frame in trace.stack if "/saleor_tiktok_stripe/" in frame.filename)
    return str(error) + repr(error) + "".join(str(frame.locals) for frame in ours)


@pytest.mark.parametrize("safe", [True, False])
@pytest.mark.parametrize(
    "behaviour",
    [
        reset,
        raw(b"junk\r\n\r\n"),
        answer(b"no gzip at all", Content_Encoding="gzip"),
        answer(b"x" * 5000),
    ],
)
def test_failures_show_no_secret(behaviour, safe, caplog):
    caplog.set_level(logging.DEBUG)
    door = Transport([], user_agent="t", allow_loopback=True, sleep=lambda _: None, body_limit=1000)

    with serving(behaviour) as server, pytest.raises(ChannelError) as failed:
        door.send(call(server.url, safe))

    assert CANARY.encode() in server.requests[0]
    assert CANARY not in everything_about(failed.value)
    assert CANARY not in caplog.text
    context = failed.value.__cause__ or failed.value.__context__
    assert context is None


def test_no_connection_and_silence_show_no_secret(caplog):
    caplog.set_level(logging.DEBUG)
    door = Transport([], user_agent="t", allow_loopback=True, sleep=lambda _: None)

    with pytest.raises(ChannelError) as refused:
        door.send(call(f"http://127.0.0.1:{closed_port()}"))
    with hanging() as server, pytest.raises(ChannelError) as silent:
        door.send(call(server.url, read_timeout=0.2))

    for failed in (refused, silent):
        assert CANARY not in everything_about(failed.value)
        assert failed.value.__context__ is None
    assert CANARY not in caplog.text


def test_success_is_logged_without_query_also_by_urllib3(caplog):
    caplog.set_level(logging.DEBUG)
    door = Transport([], user_agent="t", allow_loopback=True)

    with serving(answer(CANARY.encode())) as server:
        reply = door.send(call(server.url))

    assert "token.get: ok, HTTP 200" in caplog.text
    assert "/api/v2/token/get?***" in caplog.text
    assert CANARY not in caplog.text
    assert CANARY not in repr(reply)


def test_reprs_show_no_secret():
    made = call("https://api.example.org")

    assert CANARY not in repr(made)
    assert repr(made).startswith("Call(method='GET', label='token.get'")
    assert CANARY not in repr(Reply(200, {"x": CANARY}, CANARY.encode(), 1.0))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("GET /a?app_secret=x HTTP/1.1", "GET /a?*** HTTP/1.1"),
        ("app_secret=hidden&x=1", "app_secret=***&x=1"),
        ('{"refresh_token": "hidden"}', '{"refresh_token": "***"}'),
        ("Authorization: hidden", "Authorization: ***"),
        ("nothing to see", "nothing to see"),
        ("the value hidden itself", "the value *** itself"),
    ],
)
def test_redact(text, expected):
    assert redact(text, ["hidden", "", "x"]) == expected
