"""Saleor sends errors to Sentry where SENTRY_DSN is set: no secret of ours may go with them."""

from __future__ import annotations

import json

import pytest
import sentry_sdk
from sentry_sdk.transport import Transport as SentryTransport

from saleor_tiktok_stripe.errors import NeedsReauthorization, VendorBug
from saleor_tiktok_stripe.stripe_api.client import StripeAccess, StripeClient, open_door
from saleor_tiktok_stripe.transport import Call, Transport
from tests.transport.servers import answer, serving

CANARY = "CANARYvalue4711"


def test_the_query_of_a_call_reaches_no_breadcrumb_and_no_span():
    sent: list[object] = []

    class Kept(SentryTransport):
        def capture_envelope(self, envelope):
            sent.extend(item.payload.json for item in envelope.items)

    client = sentry_sdk.Client("http://key@127.0.0.1:9/1", transport=Kept, traces_sample_rate=1.0)
    door = Transport([], user_agent="t", allow_loopback=True)

    with sentry_sdk.new_scope() as scope, serving(answer(), answer()) as server:
        scope.set_client(client)
        with sentry_sdk.start_transaction(op="task", name="refresh"):
            for label in ("token.get", "token.refresh"):
                url = f"{server.url}/{label}"
                door.send(Call("GET", url, label, params=(("app_secret", CANARY),), safe=True))
            sentry_sdk.capture_message("an error right after")
        requests = list(server.requests)

    assert [CANARY.encode() in request for request in requests] == [True, True]
    assert "an error right after" in json.dumps(sent, default=str)
    assert CANARY not in json.dumps(sent, default=str)


class _Broken:
    """Something unforeseen between the stripe package and the network."""

    def send(self, call, judge):
        raise RuntimeError("unforeseen")


def _client(door, url: str) -> StripeClient:
    return StripeClient(StripeAccess(f"rk_live_{CANARY}"), door, api_url=url, files_url=url)


def _told(error: Exception) -> str:
    """What an error tracker is sent of it: the variables of every frame, too."""
    sent: list[object] = []

    class Kept(SentryTransport):
        def capture_envelope(self, envelope):
            sent.extend(item.payload.json for item in envelope.items)

    with sentry_sdk.new_scope() as scope:
        scope.set_client(sentry_sdk.Client("http://key@127.0.0.1:9/1", transport=Kept))
        sentry_sdk.capture_exception(error)
    return json.dumps(sent, default=str)


@pytest.mark.parametrize(
    "ask",
    [
        lambda client: client.payment("pi_1"),
        lambda client: client.cancel("pi_1", key="k"),
        lambda client: client.upload_evidence_file("a.pdf", "application/pdf", b"x", key="k"),
    ],
    ids=["read", "write", "upload"],
)
def test_a_call_to_stripe_that_fails_unforeseen_tells_no_key(ask):
    with pytest.raises(VendorBug, match="^STRIPE_CALL_FAILED: .*: RuntimeError") as failed:
        ask(_client(_Broken(), "http://127.0.0.1:9"))

    told = _told(failed.value)
    assert "STRIPE_CALL_FAILED" in told
    assert CANARY not in told


def test_a_refusal_of_stripe_tells_no_key():
    refusal = answer(status="401 Unauthorized", body=b'{"error":{"message":"no such key"}}')

    with serving(refusal) as server, pytest.raises(NeedsReauthorization) as refused:
        _client(open_door(allow_loopback=True), server.url).payment("pi_1")

    told = _told(refused.value)
    assert "STRIPE_KEY_REFUSED" in told
    assert CANARY not in told
