"""The guide: what it says to run runs, and its table is that of the code."""

from __future__ import annotations

import json

from saleor_tiktok_stripe import notices
from saleor_tiktok_stripe.accounts import NoticeKind
from saleor_tiktok_stripe.jobs import clock
from tests.docs.pages import blocks, page, row

from .stage import CHANNEL, parked, tell_me, told_at_once

GUIDE = page("notices.md")


def test_the_guides_code_knows_our_calls_from_others(tiktok, hook):
    [snippet] = blocks(GUIDE, "python")
    program: dict = {}
    exec(snippet, program)
    tell_me(recipients="", webhook_url=hook.url)
    secret = notices.rotate_secret(CHANNEL, "staff")
    parked(tiktok, ["1"])
    told_at_once(clock.now())
    [given] = hook.calls

    verify = program["verify"]
    assert verify(secret, given.headers, given.body) is True
    assert verify(secret, given.headers, given.body + b" ") is False
    assert verify("whsec_AAAA", given.headers, given.body) is False
    old = {**given.headers, "webhook-timestamp": "1700000000"}
    assert verify(secret, old, given.body) is False


def test_the_guides_example_has_the_fields_of_a_real_call(tiktok, hook):
    [example] = blocks(GUIDE, "json")
    told = json.loads(example)
    tell_me(recipients="", webhook_url=hook.url)
    parked(tiktok, ["1"])
    told_at_once(clock.now())

    real = json.loads(hook.calls[0].body)

    assert list(told) == list(real)
    assert list(told["data"]) == list(real["data"])
    assert list(told["data"]["notices"][0]) == list(real["data"]["notices"][0])
    assert told["version"] == real["version"]


def test_every_kind_has_its_row():
    assert all(row(GUIDE, kind).startswith(f"| `{kind}` |") for kind in NoticeKind)
