"""``python -m saleor_tiktok_stripe.sandbox.saleor --port P``: runs it until interrupted.

Prints one JSON line when ready: ``api_url``, ``token``, ``channel``.
"""

from __future__ import annotations

import argparse
import json
import signal
import threading
from decimal import Decimal

from .server import DEFAULT_TOKEN, SaleorSandbox
from .state import Product


def main() -> None:
    """Run it until interrupted."""
    options = _options()
    sandbox = SaleorSandbox(port=options.port, token=options.token)
    sandbox.add_channel(
        options.channel, options.currency, options.country, _catalog(options.catalog)
    )
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with sandbox:
        ready = {"api_url": sandbox.url, "token": sandbox.token, "channel": options.channel}
        print(json.dumps(ready), flush=True)
        stop.wait()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="saleor_tiktok_stripe.sandbox.saleor")
    parser.add_argument("--port", type=int, default=0, help="0: a free one")
    parser.add_argument("--token", default=DEFAULT_TOKEN)
    parser.add_argument("--channel", default="default-channel")
    parser.add_argument("--currency", default="USD")
    parser.add_argument("--country", default="US")
    parser.add_argument("--catalog", help="a JSON file: a list of [sku, barcode, name, price]")
    return parser.parse_args()


def _catalog(path: str | None) -> list[Product]:
    if path is None:
        return []
    with open(path, encoding="utf-8") as file:
        rows = json.load(file)
    return [
        Product(sku=sku, barcode=barcode, name=name, price=Decimal(str(price)))
        for sku, barcode, name, price in rows
    ]


if __name__ == "__main__":
    main()
