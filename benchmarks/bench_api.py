"""Our API's address against Saleor's own ``/graphql/``, for the same page of the same orders.

Runs beside a real Saleor: both are asked over HTTP by a member of the staff for 20 of the orders,
with as many fields of each, turn by turn.
"""

from __future__ import annotations

import json
import uuid
from datetime import timedelta
from functools import partial
from typing import Any

from benchmarks import load
from benchmarks.bench_webhook import _saleor
from benchmarks.measuring import report, turn_by_turn

REQUESTS, ROUNDS, ORDERS, PAGE = 80, 11, 200, 20
OURS = """{ tiktokStripe { orders(first: 20) {
  edges { cursor node { id orderId saleorNumber state sync placedAt updatedAt
    total { amount currency } } }
  pageInfo { hasNextPage endCursor } } } }"""
SALEORS = """query ($channel: String) { orders(first: 20, channel: $channel) {
  edges { cursor node { id externalReference number status paymentStatus created updatedAt
    total { gross { amount currency } } } }
  pageInfo { hasNextPage endCursor } } }"""


def main() -> None:
    """Print the ratio."""
    import django

    django.setup()
    slug, token = _prepare()
    from saleor_tiktok_stripe import conf

    address = f"/plugins/channel/{slug}/{conf.PLUGIN_ID}/graphql/"
    headers = {"Authorization": f"Bearer {token}"}
    asked = {
        "ours": _request(address, headers, {"query": OURS}),
        "saleors": _request(
            "/graphql/", headers, {"query": SALEORS, "variables": {"channel": slug}}
        ),
    }
    with _saleor() as port:
        for name, request in asked.items():
            _check(port, name, request)
        runs = {
            name: partial(load.per_second, port, [request] * REQUESTS)
            for name, request in asked.items()
        }
        speed = turn_by_turn(runs, ROUNDS)
    report(
        "api_overhead",
        speed["saleors"] / speed["ours"],
        f"our address {1000 / speed['ours']:.1f} ms an answer",
        f"Saleor's own {1000 / speed['saleors']:.1f} ms",
        f"{PAGE} orders, 8 fields each, uvicorn, {load.CONNECTIONS} connections",
    )


def _request(path: str, headers: dict[str, str], body: dict[str, Any]) -> bytes:
    return load.post(path, json.dumps(body).encode(), headers)


def _check(port: int, name: str, request: bytes) -> None:
    """Both really answer with the page."""
    import requests

    head, _, body = request.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines[1:] if "Length" not in line)
    url = f"http://127.0.0.1:{port}{lines[0].split()[1]}"
    answer = requests.post(url, data=body, headers=headers, timeout=60)
    if answer.status_code != 200 or "errors" in answer.json():
        raise SystemExit(f"{name}: {answer.status_code} {answer.text[:2000]}")
    data = answer.json()["data"]
    page = (data["tiktokStripe"] if name == "ours" else data)["orders"]["edges"]
    if len(page) != PAGE:
        raise SystemExit(f"{name}: {len(page)} orders")


def _prepare() -> tuple[str, str]:
    """A channel with orders of a TikTok shop, and somebody of its staff."""
    from django.utils import timezone

    from saleor_tiktok_stripe.models import Connection, OrderLink
    from saleor_tiktok_stripe.saleor_api import get_saleor, writer
    from tests.saleor import merchant, payments
    from tests.saleor.shop import line, make_shop, order

    with writer():
        merchant.make_site()
        shop = make_shop(slug=f"bench-{uuid.uuid4().hex[:8]}", stocks=(10_000_000,))
        payments.switch(shop)
        slug = shop.channel.slug
        connection = Connection.objects.create(
            vendor="tiktok", channel_slug=slug, state="active", account_id="7495000000000000001"
        )
        placed, made = timezone.now(), []
        for start in range(0, ORDERS, 50):
            new = [
                order(shop, line(shop, 0, 1), external_reference=f"tiktok:{start + n}")
                for n in range(50)
            ]
            made += get_saleor().create_orders(new, lambda results: None)
        OrderLink.objects.bulk_create(
            OrderLink(
                connection=connection,
                order_id=f"57647000000000{n:04}",
                saleor_order_id=one.order_id,
                saleor_number=one.number,
                state="awaiting_shipment",
                marketplace_updated_at=placed,
                fingerprint="0" * 64,
                placed_at=placed - timedelta(minutes=n),
                money={"currency": "USD", "buyer": "12.30"},
            )
            for n, one in enumerate(made)
        )
        return slug, merchant.sign_in("manage_orders", "manage_plugins")


if __name__ == "__main__":
    main()
