"""The sandbox Saleor as a program of its own."""

from __future__ import annotations

import json
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from pathlib import Path

from ..components.loopback import run_program
from ..components.processes import ComponentError
from .server import DEFAULT_TOKEN, SaleorSandbox
from .state import Product


def run(
    port: int = 0,
    *,
    channel: str = "default-channel",
    currency: str = "USD",
    country: str = "US",
    products: Iterable[Product] = (),
    token: str = DEFAULT_TOKEN,
) -> None:
    """Run it until interrupted; prints one JSON line when ready: ``api_url``, ``token``,
    ``channel``. Port 0 takes a free one.
    """
    sandbox = SaleorSandbox(port=port, token=token)
    sandbox.add_channel(channel, currency, country, products)
    run_program(
        sandbox, lambda: {"api_url": sandbox.url, "token": sandbox.token, "channel": channel}
    )


def read_catalog(path: str) -> list[Product]:
    """Products from a JSON file: a list of [sku, barcode, name, price].

    Raises:
        ComponentError: the file holds something else.

    """
    try:
        rows = json.loads(Path(path).read_text(encoding="utf-8"))
        return [
            Product(sku=sku, barcode=barcode, name=name, price=Decimal(str(price)))
            for sku, barcode, name, price in rows
        ]
    except (ValueError, TypeError, InvalidOperation) as error:
        raise ComponentError(
            f"{path} is no list of [sku, barcode, name, price]: {error}"
        ) from error
