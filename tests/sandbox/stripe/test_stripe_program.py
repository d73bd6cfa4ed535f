"""`saleor-tiktok-stripe sandbox stripe`: one line, then a Stripe that works by itself."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest
import requests
import stripe


def _start(*words: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "saleor_tiktok_stripe.cli", "sandbox", "stripe", *words]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


@pytest.fixture
def program() -> Iterator[tuple[subprocess.Popen[str], dict[str, str]]]:
    running = _start("--port", "0", "--seed", "11")
    assert running.stdout is not None
    yield running, json.loads(running.stdout.readline())
    running.kill()
    running.wait(timeout=60)


class _Receiver(BaseHTTPRequestHandler):
    got: list[tuple[bytes, str]]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.got.append((body, self.headers["stripe-signature"]))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Nothing goes to the console."""


def test_it_says_one_line_works_by_itself_and_ends_when_told(program: Any) -> None:
    running, said = program
    assert set(said) == {
        "base_url", "connect_url", "files_url", "account_id", "secret_key", "publishable_key",
        "webhook_secret",
    }  # fmt: skip
    addresses = {"api": said["base_url"], "files": said["files_url"]}
    api = stripe.StripeClient(said["secret_key"], base_addresses=addresses).v1
    receiver = HTTPServer(("127.0.0.1", 0), type("Receiver", (_Receiver,), {"got": []}))
    Thread(target=receiver.serve_forever, args=(0.01,), daemon=True).start()
    url = f"http://127.0.0.1:{receiver.server_port}/hook"
    made = api.webhook_endpoints.create({"url": url, "enabled_events": ["charge.dispute.created"]})

    paid = api.payment_intents.create(
        {
            "amount": 4200,
            "currency": "usd",
            "payment_method": "pm_card_createDispute",
            "payment_method_types": ["card"],
            "confirm": True,
        }
    )

    got = receiver.RequestHandlerClass.got  # type: ignore[attr-defined]
    deadline = time.monotonic() + 60
    while not got and time.monotonic() < deadline:
        time.sleep(0.05)
    receiver.shutdown()
    receiver.server_close()
    assert made.secret == said["webhook_secret"]
    event = stripe.Webhook.construct_event(*got[0], said["webhook_secret"])
    assert (event.type, event.data.object.payment_intent) == ("charge.dispute.created", paid.id)
    running.send_signal(signal.SIGTERM)
    assert running.wait(timeout=60) == 0
    assert running.stdout.read() == ""


def test_its_controls_are_there_over_http(program: Any) -> None:
    _, said = program
    control = said["base_url"] + "/_sandbox/"

    turned = requests.post(control + "turn", json={"seconds": 86400}, timeout=60)
    unknown = requests.post(control + "make_me_rich", timeout=60)

    assert turned.json()["ok"] is True
    assert turned.json()["result"] >= time.time() + 86000
    assert unknown.status_code == 400
    assert unknown.json() == {"ok": False, "error": "'no control make_me_rich'"}


def test_the_same_seed_has_the_same_keys(program: Any) -> None:
    _, said = program
    twin = _start("--seed", "11")
    assert twin.stdout is not None

    again = json.loads(twin.stdout.readline())
    twin.kill()
    twin.wait(timeout=60)
    twin.stdout.close()

    assert {k: v for k, v in again.items() if not k.endswith("_url")} == {
        k: v for k, v in said.items() if not k.endswith("_url")
    }
