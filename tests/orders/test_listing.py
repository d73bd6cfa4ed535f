"""Orders as they are listed: in step, parked, waiting; brought over or not."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from saleor_tiktok_stripe.errors import InvalidInput
from saleor_tiktok_stripe.models import Connection, MarketplaceRequest
from saleor_tiktok_stripe.orders.listing import Counted, Sync, counted, lines_of, listed, one
from tests.graphql.rows import START, a_job, a_problem, an_order
from tests.support.factories import make_connection

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Connection:
    return make_connection()


def ids(page) -> list[str]:
    return [line.order_id for line in page.items]


def through(shop: Connection, size: int, **filters: str) -> list[str]:
    seen, after = [], ""
    while True:
        page = listed(shop, after=after, size=size, **filters)
        seen += ids(page)
        after = page.next
        if not after:
            return seen


def a_mixture(shop: Connection) -> None:
    """1 in step, 2 parked in Saleor, 3 parked by two jobs, 4 queued, 5 in step and old, 6
    parked and not in Saleor, 7 waits and is not in Saleor."""
    for number in (1, 2, 3, 4):
        an_order(shop, number)
    an_order(shop, 5, placed_at=START - timedelta(days=9))
    a_job(shop, "order.sync", "57000002", problem=a_problem("LINES_DIFFER"))
    a_job(shop, "order.push", "57000003", problem=a_problem("CARRIER_UNKNOWN"))
    a_job(shop, "order.sync", "57000003", problem=a_problem("LINES_DIFFER"))
    a_job(shop, "order.sync", "57000004")
    a_job(shop, "order.sync", "57000006", problem=a_problem(), created_at=START)
    a_job(shop, "order.sync", "57000007", created_at=START + timedelta(minutes=2, seconds=30))
    a_job(shop, "order.sync", "57000001", status="done")
    a_job(shop, "orders.poll", "")


def test_all_orders_the_newest_first_each_with_where_it_stands(shop: Connection):
    a_mixture(shop)

    page = listed(shop)

    assert [(line.order_id[-1], line.sync.value, line.code) for line in page.items] == [
        ("4", "waiting", ""),
        ("3", "parked", "LINES_DIFFER"),
        ("7", "waiting", ""),
        ("2", "parked", "LINES_DIFFER"),
        ("1", "in_step", ""),
        ("6", "parked", "SKU_NOT_LINKED"),
        ("5", "in_step", ""),
    ]
    first = page.items[4]
    assert (first.saleor_number, first.buyer, first.currency) == ("1", Decimal("21.50"), "USD")
    assert (page.items[5].saleor_order_id, page.items[5].buyer) == ("", None)
    assert page.items[5].cure == "Cure of SKU_NOT_LINKED."


@pytest.mark.parametrize("size", [1, 2, 3])
def test_pages_hold_every_order_once(shop: Connection, size: int):
    a_mixture(shop)

    assert through(shop, size) == ids(listed(shop))
    assert sorted(through(shop, size, sync="parked")) == ["57000002", "57000003", "57000006"]
    assert sorted(through(shop, size, sync="waiting")) == ["57000004", "57000007"]
    assert through(shop, size, sync="in_step") == ["57000001", "57000005"]


def test_counts_agree_with_the_lists(shop: Connection):
    a_mixture(shop)
    an_order(make_connection("tiktok-uk", shop_id="2"), 9)

    assert counted(shop) == Counted(in_step=2, parked=3, waiting=2)


@pytest.mark.parametrize("name", ["57000002", "T3JkZXI62", "2", "#2", " 57000002 "])
def test_an_order_is_found_by_any_of_its_names(shop: Connection, name: str):
    a_mixture(shop)

    assert ids(listed(shop, search=name)) == ["57000002"]
    assert ids(listed(shop, search=name, sync="parked")) == ["57000002"]


def test_states_filter_what_is_in_saleor(shop: Connection):
    a_mixture(shop)
    an_order(shop, 8, state="delivered")
    a_job(shop, "order.sync", "57000008", problem=a_problem())

    assert ids(listed(shop, state="delivered")) == ["57000008"]
    assert ids(listed(shop, state="delivered", sync="parked")) == ["57000008"]
    assert ids(listed(shop, state="delivered", sync="in_step")) == []


def test_a_page_costs_as_many_queries_for_many_orders_as_for_few(shop: Connection):
    a_mixture(shop)
    with CaptureQueriesContext(database) as few:
        listed(shop, size=1)
    for number in range(10, 60):
        an_order(shop, number)
        a_job(shop, "order.sync", str(57_000_000 + number), problem=a_problem())

    with CaptureQueriesContext(database) as many:
        assert len(listed(shop, size=50).items) == 50

    assert len(many) <= len(few) <= 4


def test_one_order_with_what_the_marketplace_was_asked(shop: Connection):
    a_mixture(shop)
    asked = MarketplaceRequest.objects.create(
        connection=shop, kind="ship", order_id="57000002", subject="RnVsZmlsbG1lbnQ6MQ=="
    )

    found = one(shop, "T3JkZXI62")

    assert (found.line.order_id, found.line.sync) == ("57000002", Sync.PARKED)
    assert found.requests == (asked,)
    assert found.units == {"u2": "T3JkZXJMaW5lOj2"}
    assert one(shop, "57000006").line.code == "SKU_NOT_LINKED"


@pytest.mark.parametrize("name", ["", "57", "57000099"])
def test_an_unknown_order_is_told_as_such(shop: Connection, name: str):
    a_mixture(shop)

    with pytest.raises(InvalidInput) as unknown:
        one(shop, name)

    assert unknown.value.code == "ORDER_UNKNOWN"


def test_lines_of_some_orders(shop: Connection):
    a_mixture(shop)

    found = lines_of(shop, ["57000001", "57000002", "57000006"])

    assert {order_id: line.sync for order_id, line in found.items()} == {
        "57000001": Sync.IN_STEP,
        "57000002": Sync.PARKED,
    }
