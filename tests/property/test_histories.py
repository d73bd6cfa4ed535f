"""Whatever happens to orders, and however the news about it goes astray, both sides end equal."""

from __future__ import annotations

import json
import os
import random
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from saleor_tiktok_stripe import accounts, jobs
from saleor_tiktok_stripe.errors import RetryLater
from saleor_tiktok_stripe.models import OrderLink, SyncCursor
from saleor_tiktok_stripe.orders.following import Known, plan
from saleor_tiktok_stripe.orders.mapping import MappingContext, to_new_order
from saleor_tiktok_stripe.orders.polling import CURSOR
from saleor_tiktok_stripe.orders.summary import summarize
from saleor_tiktok_stripe.saleor_api import get_saleor
from saleor_tiktok_stripe.sandbox.saleor import SaleorSandbox
from saleor_tiktok_stripe.sandbox.saleor.server import run
from saleor_tiktok_stripe.tiktok.types import Cancellation, Order
from saleor_tiktok_stripe.transport.types import Call, Reply
from tests.support.shop import ConnectedShop, connected_shop

from .histories import Life, Post

HISTORIES = int(os.environ.get("TIKTOK_STRIPE_HISTORIES", "200"))
ROUNDS = 9


@pytest.mark.timeout(900)
@pytest.mark.parametrize(("region", "share"), [("US", 0.6), ("ID", 0.4)])
def test_both_sides_end_equal_whatever_happens(transactional_db: None, region: str, share: float):
    with connected_shop(region=region, seed=5, products=40) as shop:
        get_saleor()._client._transport = Direct(shop.saleor)
        rng = random.Random(f"{region}-histories")
        lives = _live(shop, rng, round(HISTORIES * share))

        _catch_up(shop)

        summary = summarize(shop.connection, shop.client)
        assert summary.disagreeing == {}, _stories(lives, summary.disagreeing)
        assert summary.parked == (), _stories(lives, [one.order_id for one in summary.parked])
        assert summary.agrees
        assert sum(row.theirs for row in summary.rows) == len(lives)
        _compare_each(shop, lives)
        orders = shop.saleor.state.orders.values()
        references = Counter(one.external_reference for one in orders)
        assert set(references.values()) == {1}


class Direct:
    """The sandbox Saleor without sockets: the same requests and answers, several times faster."""

    def __init__(self, saleor: SaleorSandbox) -> None:
        self._saleor = saleor

    def send(self, call: Call) -> Reply:
        body = json.loads(call.body)
        status, answer = run(self._saleor.state, self._saleor.token, body["query"],
                             body["variables"])  # fmt: skip
        return Reply(status, {}, json.dumps(answer, default=str).encode(), 0.0)


def _live(shop: ConnectedShop, rng: random.Random, count: int) -> list[Life]:
    """All orders live side by side; now and then somebody works."""
    lives: list[Life] = []
    post = Post(rng)
    for number in range(ROUNDS):
        if number < 3:
            lives += [Life(shop.tiktok, shop.tiktok.create_order(), rng) for _ in range(count // 3)]
        news: list[str] = []
        for position, life in enumerate(lives):
            for _ in range(rng.choice((0, 1, 1, 2))):
                news += life.step(lives[position + 1 : position + 2])
        jobs.enqueue_many("order.sync", shop.connection, post.deliver(news))
        shop.work()
    for life in lives:
        life.settle()
    return lives


def _catch_up(shop: ConnectedShop) -> None:
    """What the notifications did not tell, the sweep finds; and what is in no list, the look after
    refunds."""
    SyncCursor.objects.filter(resource=CURSOR).delete()
    jobs.enqueue("orders.poll", shop.connection)
    shop.run_all()
    waiting = OrderLink.objects.filter(refunds_open=True).values_list("order_id", flat=True)
    jobs.enqueue_many("order.sync", shop.connection, list(waiting))
    shop.run_all()


def _stories(lives: list[Life], order_ids: object) -> str:
    wanted = list(order_ids)[:3]  # type: ignore[call-overload]
    return "\n".join(f"{one.order_id}: {one.steps}" for one in lives if one.order_id in wanted)


def _compare_each(shop: ConnectedShop, lives: list[Life]) -> None:
    """Unit by unit, package by package, coin by coin; and planning again gives nothing."""
    region = shop.connection.region
    links = {link.order_id: link for link in OrderLink.objects.all()}
    saleor = get_saleor()
    found = saleor.orders([link.saleor_order_id for link in links.values()])
    orders, cases = _theirs(shop, list(links))
    channel = saleor.channel(shop.connection.channel_slug)
    for order in orders:
        link, ours = links[order.id], found[links[order.id].saleor_order_id]
        cancellations = tuple(one for one in cases if one.order_id == order.id)
        story = _stories(lives, [order.id])
        known = Known(link.line_map, link.address_hash, region)
        assert plan(order, ours, known, cancellations) == (), story
        variants = {unit.sku_id: None for unit in order.units}
        fresh = to_new_order(
            order,
            MappingContext(channel, region, variants, placeholder=True,
                           cancellations=cancellations),
        )  # fmt: skip
        assert ours.status is fresh.status, story
        assert _money(ours.transactions) == _money(fresh.transactions), story
        if fresh.fulfillments or ours.status.value != "CANCELED":
            assert _tracking(ours) == _tracking_wanted(order), story
    assert len(found) == len(links)


def _theirs(shop: ConnectedShop, ids: list[str]) -> tuple[list[Order], list[Cancellation]]:
    """Orders and cancellations by the marketplace's own word, not too fast for its limits."""
    client, orders, cases = accounts.client(shop.connection), [], []
    for at in range(0, len(ids), 50):
        orders += _patiently(lambda: client.orders(ids[at : at + 50])).orders  # noqa: B023
        token = ""
        while True:
            page = _patiently(
                lambda: client.search_cancellations(order_ids=ids[at : at + 50], page_token=token)  # noqa: B023
            )
            cases += page.cancellations
            token = page.next_token
            if not token:
                break
    return orders, cases


def _patiently(call: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + 120
    while True:
        try:
            return call()
        except RetryLater as error:
            if time.monotonic() > deadline:
                raise
            time.sleep(error.retry_after or 0.1)


def _money(transactions: object) -> dict[str, tuple[object, ...]]:
    return {
        one.psp_reference: (one.authorized, one.charged, one.refunded)
        for one in transactions  # type: ignore[attr-defined]
    }


def _tracking(ours: object) -> Counter[str]:
    """Units by the number they are tracked with."""
    tracked: Counter[str] = Counter()
    for one in ours.fulfillments:  # type: ignore[attr-defined]
        if one.status == "FULFILLED":
            tracked[one.tracking_number] += sum(one.quantities.values())
    return tracked


def _tracking_wanted(order: Order) -> Counter[str]:
    gone = ("awaiting_collection", "in_transit", "delivered", "completed")
    return Counter(unit.tracking_number for unit in order.units if unit.state.value in gone)
