"""Saleor's own Stripe plugin lives in the same process and sets the package's globals."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
import types
import warnings
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path

import pytest
import stripe

from saleor_tiktok_stripe.errors import RetryLater
from saleor_tiktok_stripe.stripe_api import NewPayment, Refused, package, webhooks
from tests.stripe_api import samples
from tests.stripe_api.stub import SECRET, refuses, says, seen
from tests.transport.servers import reset, serving

SALEORS_GLOBALS = {
    "api_key": "sk_test_saleors_own_plugin",
    "api_version": "2020-08-27",
    "api_base": "http://127.0.0.1:1",
    "connect_api_base": "http://127.0.0.1:1",
    "upload_api_base": "http://127.0.0.1:1",
    "max_network_retries": 5,
    "proxy": "http://127.0.0.1:1",
    "verify_ssl_certs": False,
    "app_info": {"name": "Saleor", "version": "1", "url": "https://saleor.io", "partner_id": ""},
    "enable_telemetry": True,
    "log": None,
    "client_id": "ca_saleors_own",
}


@pytest.fixture
def saleors_own_plugin(monkeypatch):
    """The package as another user of it leaves it."""
    for name, value in SALEORS_GLOBALS.items():
        monkeypatch.setattr(stripe, name, value, raising=False)


def all_globals() -> dict[tuple[str, str], object]:
    """Every global and class attribute of every module of the package that was loaded."""
    found: dict[tuple[str, str], object] = {}
    for module_name, module in sorted(sys.modules.items()):
        if module_name.partition(".")[0] != "stripe" or not isinstance(module, types.ModuleType):
            continue
        for name, value in vars(module).items():
            found[module_name, name] = value
            if isinstance(value, type) and value.__module__.startswith("stripe"):
                found.update(
                    ((f"{module_name}.{name}", attribute), one)
                    for attribute, one in vars(value).items()
                    if not attribute.startswith(("__", "_abc_"))
                )
    return found


def use_everything(client_for) -> None:
    with serving(says(samples.payment())) as server:
        client = client_for(server)
        client.create_payment(NewPayment(Decimal(1), "USD"), key="k1")
        client.payment("pi_1")
    with serving(says({"id": "file_1", "size": 1})) as server:
        client_for(server).upload_evidence_file("a.pdf", "application/pdf", b"x", key="k2")
    with serving(refuses(400, type="invalid_request_error")) as server, pytest.raises(Refused):
        client_for(server).cancel("pi_1", key="k3")
    with serving(reset) as server, pytest.raises(RetryLater):
        client_for(server).cancel("pi_1", key="k4")
    webhooks.verify(["whsec_x"], b"{}", "t=1,v1=0", 1.0)


def changed(before, after):
    return [key for key in {**before, **after} if before.get(key) is not after.get(key)]


def test_nothing_of_the_package_is_changed(client_for, saleors_own_plugin):
    use_everything(client_for)  # what is imported late is now there
    before = all_globals()
    values = {key: repr(value) for key, value in before.items() if key[0] == "stripe"}

    use_everything(client_for)

    after = all_globals()
    assert changed(before, after) == []
    assert {key: repr(after[key]) for key in values} == values
    assert len(before) > 100


def test_a_first_call_sets_no_default_client(tmp_path):
    """In a process of its own: nobody used the package before us."""
    script = (
        "import sys, types, stripe\n"
        "from tests.stripe_api import test_shared_process as t\n"
        "from saleor_tiktok_stripe.stripe_api import StripeAccess, StripeClient, open_door\n"
        "door = open_door(allow_loopback=True)\n"
        "def client_for(server):\n"
        "    return StripeClient(StripeAccess(t.SECRET), door, api_url=server.url,\n"
        "                        files_url=server.url)\n"
        "names = set(dir(stripe))\n"
        "before = {n: v for n, v in vars(stripe).items() if not isinstance(v, types.ModuleType)}\n"
        "t.use_everything(client_for)\n"
        "after = {n: v for n, v in vars(stripe).items() if not isinstance(v, types.ModuleType)}\n"
        "print(sorted(n for n in {**before, **after} if before.get(n) is not after.get(n)))\n"
        "print(stripe.default_http_client, stripe.api_key)\n"
    )
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        cwd=root,
        env={**os.environ, "HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)},
    )

    assert done.stdout.splitlines() == ["[]", "None None"]
    assert list(tmp_path.iterdir()) == []


def test_globals_of_others_never_reach_our_calls(client_for, saleors_own_plugin):
    with serving(says(samples.payment())) as server:
        client_for(server).payment("pi_1")

    headers = seen(server).headers
    assert headers["authorization"] == f"Bearer {SECRET}"
    assert headers["stripe-version"] == "2025-10-29.clover"
    assert "Saleor" not in str(headers).replace("saleor-tiktok-stripe", "")


def test_calls_hold_while_others_change_the_globals(client_for, monkeypatch):
    """Each of several threads keeps its own key while another one sets the package's."""
    for name in ("api_key", "api_version"):
        monkeypatch.setattr(stripe, name, None)
    stop = threading.Event()

    def saleors_own_plugin() -> None:
        while not stop.is_set():
            stripe.api_key, stripe.api_version = "sk_test_one", "2020-08-27"
            stripe.api_key, stripe.api_version = "sk_test_two", "2022-11-15"

    other = threading.Thread(target=saleors_own_plugin)
    with serving(says(samples.payment())) as server:
        clients = [client_for(server, key=f"rk_live_number{i}_0123456789") for i in range(4)]
        other.start()
        try:
            with ThreadPoolExecutor(4) as pool:
                list(pool.map(lambda i: clients[i % 4].payment(f"pi_{i % 4}"), range(60)))
        finally:
            stop.set()
            other.join()
        asked = [seen(server, number) for number in range(len(server.requests))]

    assert len(asked) == 60
    for one in asked:
        number = one.path.rpartition("_")[2]
        assert one.headers["authorization"] == f"Bearer rk_live_number{number}_0123456789"
        assert one.headers["stripe-version"] == "2025-10-29.clover"


def test_the_packages_own_calls_still_use_the_globals(saleors_own_plugin, client_for, monkeypatch):
    """What Saleor's plugin does goes where it went before, after ours did something."""
    monkeypatch.setattr(stripe, "proxy", None)
    monkeypatch.setattr(stripe, "max_network_retries", 0)
    monkeypatch.setattr(stripe, "default_http_client", None)
    monkeypatch.setattr(stripe, "verify_ssl_certs", True)
    with serving(says(samples.payment())) as ours, serving(says(samples.payment())) as theirs:
        monkeypatch.setattr(stripe, "api_base", theirs.url)
        client_for(ours).payment("pi_ours")
        found = stripe.PaymentIntent.retrieve(
            "pi_theirs", api_key="sk_test_saleors", stripe_version="2020-08-27"
        )
        client_for(ours).payment("pi_ours")

    assert found["id"] == "pi_1"
    assert [seen(ours, number).path for number in (0, 1)] == ["/v1/payment_intents/pi_ours"] * 2
    assert seen(theirs).path == "/v1/payment_intents/pi_theirs"
    assert seen(theirs).headers["authorization"] == "Bearer sk_test_saleors"
    assert len(theirs.requests) == 1


def test_the_packages_log_is_silent_about_our_calls_only(client_for, caplog):
    caplog.set_level(logging.DEBUG, logger="stripe")
    with serving(says(samples.payment())) as server:
        client_for(server).update_payment("pi_1", metadata={"note": "buyers-words"}, key="k1")
    logging.getLogger("stripe").info("of another user")

    told = [record.getMessage() for record in caplog.records if record.name == "stripe"]
    assert told == ["of another user"]


def test_no_deprecated_corner_of_the_package_is_used(client_for):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        use_everything(client_for)


def test_the_version_under_test_is_told():
    major = int(package.version().partition(".")[0])

    assert 3 <= major < 17
