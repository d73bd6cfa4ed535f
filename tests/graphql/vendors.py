"""Both vendors' addresses on loopback, where every call is counted and refused."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from django.test import override_settings

from saleor_tiktok_stripe.accounts.stripe import vendor as stripe
from saleor_tiktok_stripe.accounts.tiktok import vendor as tiktok


@contextmanager
def counted_vendors() -> Iterator[list[str]]:
    """The calls that they got, as they come in."""
    calls: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            calls.append(f"{self.command} {self.path.partition('?')[0]}")
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self.send_response(400)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        do_GET = do_POST = do_PUT = do_DELETE = _answer

        def log_message(self, *args: object) -> None:
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    address = f"http://127.0.0.1:{server.server_address[1]}"
    names = ("TIKTOK_API", "TIKTOK_AUTH", "STRIPE_API", "STRIPE_FILES", "STRIPE_CONNECT")
    settings = {f"TIKTOK_STRIPE_{name}_URL": address for name in names}
    try:
        with override_settings(TIKTOK_STRIPE_SANDBOX="1", **settings):
            tiktok._door.cache_clear()
            stripe._door.cache_clear()
            yield calls
    finally:
        tiktok._door.cache_clear()
        stripe._door.cache_clear()
        server.shutdown()
        thread.join()
        server.server_close()
