"""Saleor sends errors to Sentry where SENTRY_DSN is set: no secret of ours may go with them."""

from __future__ import annotations

import json

import sentry_sdk
from sentry_sdk.transport import Transport as SentryTransport

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
